package espnow_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/esp-now-network/esp-now-network/"

// deps lists the packages that go list names, and all that they import.
func deps(t *testing.T, arguments ...string) []string {
	t.Helper()
	// go test repeats a remembered result until something changes that the test itself read: the sources, here.
	for _, folder := range []string{"codegen", "espnow", "frag"} {
		err := filepath.WalkDir("../"+folder, func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"list", "-deps"}, arguments...)
	command := exec.Command("go", args...)
	command.Dir = ".."
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return strings.Fields(string(out))
}

// A user of the library pulls in the standard library; a user of the link also Noise, with the cryptography it is made of.
func TestLibraryImportsOnlyItself(t *testing.T) {
	for layer, allowed := range map[string][]string{
		"frag":        {"frag"},
		"espnow":      {"espnow"},
		"espnow/link": {"espnow", "espnow/link", "frag", "github.com/flynn/noise", "golang.org/x/crypto", "golang.org/x/sys"},
	} {
		var outside []string
		// Our own packages, and the modules of others.
		format := "{{if .Standard}}{{else if .Module.Main}}{{.ImportPath}}{{else}}{{.Module.Path}}{{end}}"
		for _, path := range deps(t, "-f", format, "./"+layer) {
			outside = append(outside, strings.TrimPrefix(path, module))
		}
		slices.Sort(outside)
		outside = slices.Compact(outside)
		if !slices.Equal(outside, allowed) {
			t.Errorf("%s is made of %v, want %v and the standard library", layer, outside, allowed)
		}
	}
}

// The generator knows specs and not this protocol; the protocol uses what it writes. That binds their tests too.
func TestGeneratorAndProtocolAreApart(t *testing.T) {
	for _, side := range []struct{ from, never []string }{
		{[]string{"./codegen/..."}, []string{"espnow", "frag"}},
		{[]string{"./espnow/...", "./frag/..."}, []string{"codegen"}},
	} {
		all := deps(t, append([]string{"-test"}, side.from...)...)
		own := strings.TrimSuffix(strings.TrimPrefix(side.from[0], "./"), "/...")
		if !slices.ContainsFunc(all, func(path string) bool { return strings.HasPrefix(path, module+own) }) {
			t.Fatalf("%v lists none of its own packages", side.from)
		}
		for _, path := range all {
			for _, never := range side.never {
				if path == module+never || strings.HasPrefix(path, module+never+"/") {
					t.Errorf("%v import %s", side.from, path)
				}
			}
		}
	}
}
