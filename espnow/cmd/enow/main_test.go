package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"enow": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("LONG", strings.Repeat("00", espnow.MaxFrameV2+1))
			lines := strings.Repeat("0", 3*maxLine) + "\nc0042a000000"
			return os.WriteFile(filepath.Join(e.WorkDir, "long.txt"), []byte(lines), 0o600)
		},
	})
}

// A run that is interrupted says so at once, and how far it came.
func TestSimInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	o := simOptions{nodes: 2, gateways: 1, duration: 1000 * time.Hour, bound: time.Minute, every: time.Minute, size: 50}
	err := simulate(ctx, o, &out, io.Discard)
	if want := "interrupted at 1s of 1000h0m0s"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if text := out.String(); !strings.HasPrefix(text, "fleet ") || strings.Contains(text, "all invariants held") {
		t.Errorf("the report:\n%s", text)
	}
}

// Who calls at a terminal without input hears what is waited for, on stderr; the device stands in for one.
func TestAnnouncesInput(t *testing.T) {
	terminal, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for command, want := range map[string]string{
		"decode":                               "reading frames, one a line, from standard input; enow decode HEX",
		"decode c0042a000000":                  "",
		"keys derive --addr 24:6f:28:aa:bb:cc": "reading the network's keys from standard input; --keys FILE",
		"keys check -":                         "",
	} {
		var announced, silent bytes.Buffer
		run(strings.Fields(command), terminal, io.Discard, &announced)
		if got := announced.String(); strings.HasPrefix(got, "reading ") != (want != "") || !strings.HasPrefix(got, want) {
			t.Errorf("enow %s: %q, want %q", command, got, want)
		}
		run(strings.Fields(command), strings.NewReader(""), io.Discard, &silent)
		if got := silent.String(); strings.HasPrefix(got, "reading ") {
			t.Errorf("enow %s with a pipe: %q", command, got)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for args, want := range map[string]int{
		"": 0, "--help": 0, "decode c0042a000000": 0,
		"decode c004": exitFailed, "decode zz": exitFailed,
		"--version": 0, "keys": 0, "keys check": exitUsage, "keys check -": exitFailed, "keys derive --addr 24:6f:28:aa:bb:cc": exitFailed,
		"keys derive": exitUsage, "keys derive --addr 1": exitUsage, "keys frobnicate": exitUsage,
		"sim --for 10s": 0, "sim --nodes 0": exitUsage, "sim --gateways 0": exitUsage, "sim --for 0": exitUsage, "sim --size 11": exitUsage,
		"sim --loss 1.1": exitUsage, "sim --faults fire": exitUsage, "sim now": exitUsage, "sim --loss 1 --for 5s --bound 5s": exitFailed,
		"frobnicate": exitUsage, "--frobnicate": exitUsage, "decode --frobnicate": exitUsage,
	} {
		if got := run(strings.Fields(args), strings.NewReader(""), io.Discard, io.Discard); got != want {
			t.Errorf("enow %s: exit %d, want %d", args, got, want)
		}
	}
	broken := iotest.ErrReader(errors.New("broken"))
	for _, command := range []string{"decode", "keys check -"} {
		if got := run(strings.Fields(command), broken, io.Discard, io.Discard); got != exitFailed {
			t.Errorf("enow %s with a broken standard input: exit %d, want %d", command, got, exitFailed)
		}
	}
}
