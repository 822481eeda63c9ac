package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// sample is a spec and vectors of it, in a folder of its own.
type sample struct {
	Spec   *schema.Spec
	source []byte
	dir    string
}

// newSample writes a spec into a folder below dir.
func newSample(t *testing.T, dir string, source []byte) *sample {
	t.Helper()
	spec, err := schema.Parse("spec.yaml", source)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	s := &sample{spec, source, filepath.Join(dir, "specs", spec.Name)}
	write(t, s.specPath(), source)
	return s
}

// kinds returns what there are vectors of: messages, packets or both.
func (s *sample) kinds() []string {
	var kinds []string
	if len(s.Spec.Messages) > 0 {
		kinds = append(kinds, messages)
	}
	if len(s.Spec.Packets) > 0 {
		kinds = append(kinds, packets)
	}
	return kinds
}

const (
	messages = "messages"
	packets  = "packets"
)

func (s *sample) specPath() string             { return filepath.Join(s.dir, "spec.yaml") }
func (s *sample) vectorsPath(of string) string { return filepath.Join(s.dir, of+".txt") }

func (s *sample) vectorsPaths() []string {
	var paths []string
	for _, of := range s.kinds() {
		paths = append(paths, s.vectorsPath(of))
	}
	return paths
}

func (s *sample) writeVectors(t *testing.T, of string, texts ...string) {
	t.Helper()
	write(t, s.vectorsPath(of), []byte(strings.Join(texts, "")))
}

// Package returns the name of the Go package.
func (s *sample) Package() string { return s.Spec.Go.Package }

// files returns what an emitter makes of the spec, which must be the same whenever the spec is read.
func (s *sample) files(t *testing.T, emit func(*schema.Spec) ([]output.File, error)) []output.File {
	t.Helper()
	first, err := emit(s.Spec)
	if err != nil {
		t.Fatalf("%s: %v", s.specPath(), err)
	}
	again, err := schema.Parse("spec.yaml", s.source)
	if err != nil {
		t.Fatal(err)
	}
	second, err := emit(again)
	if err != nil || len(first) != len(second) {
		t.Fatalf("%s: %d files, then %d: %v", s.specPath(), len(first), len(second), err)
	}
	for i, f := range first {
		if f.Path != second[i].Path || !bytes.Equal(f.Data, second[i].Data) {
			t.Errorf("%s: %s is generated anew and differs", s.specPath(), f.Path)
		}
	}
	return first
}

// workspace returns a folder that stays behind when the test fails.
func workspace(t *testing.T) string {
	t.Helper()
	const root = "../../.build/conformance"
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("specs, vectors and generated code are in %s; ENOW_SEED=N ENOW_SPECS=1 go test -run TestSpecs makes sample-N again", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// tooling is a command to run.
type tooling struct {
	dir  string
	env  []string // more of it
	name string
	args []string
}

// run runs a tool, which must not fail, and returns what it printed.
func (c tooling) run(t *testing.T) string {
	t.Helper()
	out, err := c.try()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(c.name), strings.Join(c.args[:min(len(c.args), 4)], " "), err, head(out))
	}
	return out
}

func (c tooling) try() (string, error) {
	cmd := exec.Command(c.name, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var vectorsOK = regexp.MustCompile(`(?m)^[1-9]\d* vectors.* ok$`)

// passes runs a runner, which must say that it ran vectors.
func (c tooling) passes(t *testing.T) {
	t.Helper()
	if out, err := c.try(); err != nil || !vectorsOK.MatchString(out) {
		t.Errorf("%s %s: %v\n%s", filepath.Base(c.name), strings.Join(c.args, " "), err, head(out))
	}
}

// head shortens what a tool printed.
func head(out string) string {
	const most = 2500
	if len(out) > most {
		return out[:most] + "\n..."
	}
	return out
}

func readSpec(t *testing.T, path string) *schema.Spec {
	t.Helper()
	spec, err := schema.Parse(path, read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
