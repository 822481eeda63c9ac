package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"enowgen": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE") != "",
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode},
		Condition: toolThere,
		Setup:     goEnv,
	})
}

// toolThere is the condition [tool:NAME]: whether there is the program, which must be where ENOW_REQUIRE_TOOLS is set.
func toolThere(cond string) (bool, error) {
	name, ok := strings.CutPrefix(cond, "tool:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := exec.LookPath(name)
	if err != nil && os.Getenv("ENOW_REQUIRE_TOOLS") != "" {
		return false, fmt.Errorf("no %s here: make tools installs it", name)
	}
	return err == nil, nil
}

// goEnv lets scripts run Go with the caches of whoever runs the tests, and without a network.
func goEnv(env *testscript.Env) error {
	for _, key := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", key).Output()
		if err != nil {
			return err
		}
		env.Setenv(key, strings.TrimSpace(string(out)))
	}
	env.Setenv("GOFLAGS", "-mod=mod")
	env.Setenv("GOPROXY", "off")
	return nil
}

// TestHelp wants each command to explain itself, in lines that fit, with an example that names it.
func TestHelp(t *testing.T) {
	const width = 100
	root := rootCommand()
	for _, c := range append(root.Commands(), root) {
		if c.Short == "" || c.Long == "" || !strings.Contains(c.Example, "  "+c.CommandPath()) {
			t.Errorf("%s: %q\n%s\n%s", c.Name(), c.Short, c.Long, c.Example)
		}
		for _, line := range strings.Split(c.UsageString()+c.Long, "\n") {
			if utf8.RuneCountInString(line) > width {
				t.Errorf("%s: a line of %d characters: %s", c.Name(), utf8.RuneCountInString(line), line)
			}
		}
	}
}

// exitCode runs enowgen and wants it to end with the code: exitcode CODE ARGS...
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exitcode CODE ARGS...")
	}
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec("enowgen", args[1:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("enowgen: %v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("enowgen ends with %d, not %s", got, args[0])
	}
}
