// Package tooltest finds and runs the programs that tests need.
package tooltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Find returns the path of the first of some tools that there is, and skips the test where there is none. What npm has
// installed here need not be in PATH.
func Find(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		if path, err := exec.LookPath(filepath.Join(root(t), ".tools/npm/node_modules/.bin", name)); err == nil {
			return path
		}
	}
	Missing(t, "no "+strings.Join(names, ", ")+" here")
	return ""
}

// Missing skips a test for what it lacks, or fails it where ENOW_REQUIRE_TOOLS says that nothing may be missing.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("ENOW_REQUIRE_TOOLS") != "" {
		t.Fatalf("%s: make tools installs it", why)
	}
	t.Skipf("%s; make test has it", why)
}

// Run runs a tool in a folder and returns what it printed.
func Run(dir, tool string, args ...string) (string, error) {
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// root is the folder above the test's package into which make tools installs, if there is one.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".tools")); err == nil {
			return at
		}
	}
	return dir
}
