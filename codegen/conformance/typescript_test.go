package conformance

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/tsgen"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

const tsconfig = `{
  "compilerOptions": {
    "target": "es2022", "module": "nodenext", "lib": ["es2022", "dom"], "types": [], "rootDir": "sources", "outDir": "compiled",
    "strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true
  },
  "include": ["sources"]
}
`

// runTypeScript compiles the sources of all samples at once, which must give the JavaScript that was generated beside them,
// and runs their vectors.
func runTypeScript(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	runner, err := filepath.Abs("../tsgen/testdata/run_vectors.mjs")
	if err != nil {
		t.Fatal(err)
	}
	node, tsc := tooltest.Find(t, "node"), tooltest.Find(t, "tsc")
	write(t, filepath.Join(dir, "tsconfig.json"), []byte(tsconfig))
	write(t, filepath.Join(dir, "package.json"), []byte(`{"type": "module"}`))
	generated := map[string]string{} // JavaScript, by where the compiler writes it
	for _, s := range samples {
		for _, f := range s.files(t, tsgen.Files) {
			write(t, filepath.Join(dir, s.Spec.Name, f.Path), f.Data)
			if name, source := strings.CutPrefix(f.Path, "src/"); source {
				write(t, filepath.Join(dir, "sources", s.Spec.Name, name), f.Data)
			} else if filepath.Ext(f.Path) == ".js" {
				generated[filepath.Join(dir, "compiled", s.Spec.Name, f.Path)] = string(f.Data)
			}
		}
		tooling{dir: dir, name: node, args: append([]string{runner, filepath.Join(s.Spec.Name, "index.js")}, s.vectorsPaths()...)}.passes(t)
	}
	tooling{dir: dir, name: tsc, args: []string{"-p", "."}}.run(t)
	for path, want := range generated {
		if withoutEmptyLines(string(read(t, path))) != withoutEmptyLines(want) {
			t.Errorf("%s is not what was generated", path)
		}
	}
}

// withoutEmptyLines drops what the compiler drops.
func withoutEmptyLines(code string) string {
	lines := strings.Split(code, "\n")
	kept := lines[:0]
	for _, line := range lines {
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
