package conformance

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/cgen"
)

const warnings = "-Wall -Wextra -Wconversion -Wsign-conversion -Wcast-qual -Wshadow -pedantic -Werror"

// compileC compiles the components of all samples, as C and as C++.
func compileC(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	var files []string
	var headers strings.Builder
	for _, s := range samples {
		for _, f := range s.files(t, cgen.Files) {
			path := filepath.Join(s.Spec.Name, f.Path)
			write(t, filepath.Join(dir, path), f.Data)
			if strings.HasPrefix(f.Path, "src/") && filepath.Ext(f.Path) == ".c" {
				files = append(files, path)
			}
			if strings.HasPrefix(f.Path, "include/") {
				fmt.Fprintf(&headers, "#include \"%s\"\n", filepath.Base(f.Path))
			}
		}
		files = append(files, "-I"+filepath.Join(s.Spec.Name, "include"))
	}
	write(t, filepath.Join(dir, "headers.c"), []byte(headers.String()+"extern int translation_units_are_not_empty;\n"))
	files = append(files, "headers.c")
	for _, compiler := range []string{"gcc -std=c99", "clang -std=c11", "g++ -x c++"} {
		args := strings.Fields(compiler + " -fsyntax-only " + warnings)
		tooling{dir: dir, name: tool(t, args[0], args[0]+"-14"), args: append(args[1:], files...)}.run(t)
	}
}
