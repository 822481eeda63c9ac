package conformance

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/pygen"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// runPython runs the vectors of all samples and checks the types of all packages at once.
func runPython(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	runner, err := filepath.Abs("../pygen/testdata/run_vectors.py")
	if err != nil {
		t.Fatal(err)
	}
	python, mypy := tooltest.Find(t, "python3"), tooltest.Find(t, "mypy")
	args := []string{"--strict", "--python-version=3.10", "--cache-dir=mypy"}
	for _, s := range samples {
		for _, f := range s.files(t, pygen.Files) {
			write(t, filepath.Join(dir, s.Spec.Name, f.Path), f.Data)
		}
		source := filepath.Join(dir, s.Spec.Name, "src")
		name := strings.ReplaceAll(s.Spec.Name, "-", "_")
		args = append(args, filepath.Join(source, name))
		tooling{dir, []string{"PYTHONPATH=" + source}, python, append([]string{"-W", "error", runner, name}, s.vectorsPaths()...)}.passes(t)
	}
	tooling{dir: dir, name: mypy, args: args}.run(t)
}
