package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestKeyFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	name := filepath.Join(t.TempDir(), "network.key")
	if got := run([]string{"keys", "new", "--out", name}, strings.NewReader(""), io.Discard, io.Discard); got != 0 {
		t.Fatalf("exit %d", got)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for mode, want := range map[os.FileMode]int{
		0o600: 0, 0o400: 0, 0o640: exitFailed, 0o604: exitFailed, 0o620: exitFailed, 0o601: exitFailed,
	} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if got := run([]string{"keys", "check", name}, nil, io.Discard, io.Discard); got != want {
			t.Errorf("mode %04o: exit %d, want %d", mode, got, want)
		}
	}
}

func TestKeyFileSize(t *testing.T) {
	line := "network 1 e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n"
	longest := line + strings.Repeat("#", maxKeyFile-len(line))
	for text, want := range map[string]int{longest: 0, longest + "#": exitFailed} {
		if got := run([]string{"keys", "check", "-"}, strings.NewReader(text), io.Discard, io.Discard); got != want {
			t.Errorf("%d bytes: exit %d, want %d", len(text), got, want)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestKeysOutputFails(t *testing.T) {
	line := "network 1 e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n"
	for _, command := range []string{"keys new", "keys check -", "keys derive --addr 24:6f:28:aa:bb:cc"} {
		var stderr strings.Builder
		got := run(strings.Fields(command), strings.NewReader(line), fullDisk{}, &stderr)
		if got != exitFailed || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("enow %s: exit %d: %s", command, got, &stderr)
		}
	}
}
