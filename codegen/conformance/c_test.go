package conformance

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/cgen"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

const warnings = "-Wall -Wextra -Wconversion -Wsign-conversion -Wcast-qual -Wshadow -pedantic -Werror"

// runC compiles the components of all samples, as C and as C++, and runs their vectors in their host tests.
func runC(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	var sources []string
	var headers strings.Builder
	for _, s := range samples {
		for _, f := range s.files(t, cgen.Files) {
			path := filepath.Join(s.Spec.Name, f.Path)
			write(t, filepath.Join(dir, path), f.Data)
			switch {
			case strings.HasPrefix(f.Path, "src/") && filepath.Ext(f.Path) == ".c":
				sources = append(sources, path)
			case strings.HasPrefix(f.Path, "include/"):
				fmt.Fprintf(&headers, "#include \"%s\"\n", filepath.Base(f.Path))
			}
		}
		sources = append(sources, "-I"+filepath.Join(s.Spec.Name, "include"))
	}
	write(t, filepath.Join(dir, "headers.c"), []byte(headers.String()+"extern int translation_units_are_not_empty;\n"))
	sources = append(sources, "headers.c")
	for _, compiler := range []string{"clang -std=c11", "g++ -x c++"} {
		args := strings.Fields(compiler + " -fsyntax-only " + warnings)
		tooling{dir: dir, name: tooltest.Find(t, args[0], args[0]+"-14"), args: append(args[1:], sources...)}.run(t)
	}
	for _, s := range samples {
		for _, of := range s.kinds() {
			t.Run(s.Spec.Name+" "+of, func(t *testing.T) {
				t.Parallel()
				hostTest(t, filepath.Join(dir, s.Spec.Name), of, s.vectorsPath(of))
			})
		}
	}
}

// hostTest compiles the host test of a component, with the component itself, and runs vectors of messages or packets.
func hostTest(t *testing.T, dir, of string, vectors string) {
	t.Helper()
	var sources []string
	for _, pattern := range []string{"src/*.c", "host_test/*.c", "host_test/" + of + "/*.c"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s in %s: %v", pattern, dir, err)
		}
		sources = append(sources, paths...)
	}
	program := filepath.Join(dir, "test_"+of)
	args := strings.Fields("-std=c99 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude -Isrc -o " + program + " " + warnings)
	tooling{dir: dir, name: tooltest.Find(t, "gcc"), args: append(args, sources...)}.run(t)
	tooling{dir: dir, name: program, args: []string{vectors}}.passes(t)
}
