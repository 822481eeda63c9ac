package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// result runs the example and returns its exit status and what it prints.
func result(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

// needsCompiler skips a test where there is no C compiler.
func needsCompiler(t *testing.T) {
	t.Helper()
	if _, err := compiler(); err != nil {
		tooltest.Missing(t, err.Error())
	}
}

// TestSensorCompiles wants of the sensor what users want of their firmware: no warning.
func TestSensorCompiles(t *testing.T) {
	for _, cc := range []string{"gcc", "clang"} {
		if _, err := exec.LookPath(cc); err != nil {
			tooltest.Missing(t, err.Error())
		}
		t.Setenv("CC", cc+" -Wall -Wextra -Wconversion -Wsign-conversion -Wcast-qual -Wshadow -pedantic -Werror")
		if _, err := buildSensor(t.Context(), ".", t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}

func TestChain(t *testing.T) {
	needsCompiler(t)
	code, stdout, stderr := result(t, "--for", "4s", "--nodes", "4")
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, want := range []string{
		"24:6f:28:00:00:04 reading  uptime 5 s  ", " °C  ", "  heating", `room "attic"`, "trouble  alarms 0x01 frost  since 5 s",
		" 0 printed that nobody sent",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestChainFails(t *testing.T) {
	needsCompiler(t)
	code, stdout, stderr := result(t, "--for", "1s", "--loss", "1", "--nodes", "1")
	if code != cli.ExitFailed || !strings.Contains(stderr, "never heard 24:6f:28:00:00:01") {
		t.Errorf("with all frames lost: exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestNoCompiler(t *testing.T) {
	path, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(path, filepath.Join(bin, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("CC", "")
	code, stdout, stderr := result(t, "--for", "1s")
	if code != cli.ExitFailed || !strings.Contains(stderr, "no C compiler") || !strings.Contains(stderr, "apt-get install gcc") || stdout != "" {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestTally(t *testing.T) {
	sensor, other := house.Address(1), house.Address(2)
	const words = "trouble  alarms 0x00  since 5 s"
	for _, c := range []struct {
		name   string
		prints []string
		want   string // in the verdict; "" for a success
	}{
		{"all", []string{sensor.String() + " " + words}, ""},
		{"nothing", nil, "never heard " + sensor.String()},
		{"another house's", []string{sensor.String() + " " + words, other.String() + " " + words}, ""},
		{"another value", []string{sensor.String() + " " + words, sensor.String() + " trouble  alarms 0x01 frost  since 5 s"}, "2 lines that no sensor sent"},
		{"no address", []string{words}, "never heard"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			y := newTally(&out, []string{"go"})
			y.sending(sensor, words)
			for _, line := range c.prints {
				y.shown(0, line)
				y.shown(0, line) // at least once
			}
			err := y.verdict()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			for _, line := range c.prints {
				if !strings.Contains(out.String(), line) {
					t.Errorf("%q is not printed:\n%s", line, &out)
				}
			}
		})
	}
}

func TestWrongCalls(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--frobnicate"}, "--frobnicate"},
		{[]string{"--nodes", "0"}, "--nodes 0"},
		{[]string{"--nodes", "201"}, "--nodes 201"},
		{[]string{"--loss", "NaN"}, "--loss NaN"},
		{[]string{"--for", "-1s"}, "--for -1s"},
		{[]string{"--broker", "gopher://x"}, "gopher"},
		{[]string{"--broker="}, "--broker is empty"},
		{[]string{"--consumers="}, "--consumers is empty"},
		{[]string{"--consumers", "go,cobol"}, `"cobol": want some of go,python,node`},
		{[]string{"--consumers", "go,go"}, `"go"`},
		{[]string{"surplus"}, "surplus"},
	} {
		code, stdout, stderr := result(t, c.args...)
		if code != cli.ExitUsage || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, stderr, stdout)
		}
	}
}

func TestParse(t *testing.T) {
	topic, payload, text, err := parse("reading 01ff reading  uptime 5 s")
	if topic != "reading" || !bytes.Equal(payload, []byte{1, 0xff}) || text != "reading  uptime 5 s" || err != nil {
		t.Errorf("%q, %x, %q, %v", topic, payload, text, err)
	}
	for _, line := range []string{"", "reading", "reading 01", "reading 0 text", "reading zz text"} {
		if _, _, _, err := parse(line); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}
