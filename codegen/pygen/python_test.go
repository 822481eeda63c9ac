package pygen

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// run runs a tool in a folder and returns what it printed.
func run(t *testing.T, dir, tool string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a tool that does not fail.
func must(t *testing.T, dir, tool string, args ...string) string {
	t.Helper()
	out, err := run(t, dir, tool, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(tool), strings.Join(args, " "), err, out)
	}
	return out
}

// project writes what a spec gives, as enowgen does, and returns the folder.
func project(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	writeSealed(t, dir, files(t, readSpec(t, path)))
	return dir
}

func writeSealed(t *testing.T, dir string, fs []output.File) {
	t.Helper()
	for i := range fs {
		fs[i].Data = output.Seal(fs[i].Data)
	}
	write(t, dir, fs)
}

func absolute(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// vectors runs vectors against a package in a folder.
func vectors(t *testing.T, dir, pkg string, paths ...string) (string, error) {
	t.Helper()
	runner := absolute(t, "testdata/run_vectors.py")[0]
	return run(t, filepath.Join(dir, "src"), tooltest.Find(t, "python3"), append([]string{"-W", "error", "-c", viaRunner, runner, pkg}, paths...)...)
}

// viaRunner runs a script with the folder it is started in as the place of packages.
const viaRunner = "import runpy, sys; sys.argv.pop(0); sys.path.insert(0, '.'); runpy.run_path(sys.argv[0], run_name='__main__')"

func TestVectors(t *testing.T) {
	for _, test := range []struct{ spec, pkg, vectors string }{
		{everything, "everything", "../../testdata/specs/everything_*.txt"},
		{protocol, "enow", "../../testdata/vectors/*.txt"},
	} {
		out, err := vectors(t, project(t, test.spec), test.pkg, absolute(t, test.vectors)...)
		if err != nil || !strings.HasSuffix(out, " vectors ok\n") {
			t.Errorf("%s: %v\n%s", test.spec, err, out)
		}
	}
}

func TestAPI(t *testing.T) {
	script := absolute(t, "testdata/api_test.py")[0]
	must(t, filepath.Join(project(t, everything), "src"), tooltest.Find(t, "python3"), "-W", "error", "-c", viaRunner, script)
}

func TestNoVectors(t *testing.T) {
	dir := project(t, climate)
	path := filepath.Join(dir, "none.txt")
	if err := os.WriteFile(path, []byte("# nothing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := vectors(t, dir, "climate", path); err == nil {
		t.Errorf("no vectors are ok: %s", out)
	}
}

// TestTyped holds what is generated, and the scripts of these tests, to what a maintainer of Python would.
func TestTyped(t *testing.T) {
	mypy, ruff := tooltest.Find(t, "mypy"), tooltest.Find(t, "ruff")
	paths := absolute(t, "testdata/*.py")
	for spec, pkg := range map[string]string{everything: "everything", climate: "climate", protocol: "enow"} {
		paths = append(paths, filepath.Join(project(t, spec), "src", pkg))
	}
	dir := t.TempDir()
	must(t, dir, mypy, append([]string{"--strict", "--python-version=3.10", "--cache-dir=" + dir, "--scripts-are-modules"}, paths...)...)
	must(t, dir, ruff, append([]string{"check", "--isolated", "--no-cache", "--target-version=py310"}, paths...)...)
	must(t, dir, ruff, append([]string{"format", "--isolated", "--no-cache", "--target-version=py310", "--diff"}, paths...)...)
}

// TestInstall installs projects where there is nothing else, and runs what a README shows.
func TestInstall(t *testing.T) {
	python := tooltest.Find(t, "python3")
	dir := t.TempDir()
	if out, err := run(t, dir, python, "-c", "import flit_core, pip, venv"); err != nil {
		tooltest.Missing(t, "flit_core: "+out)
	}
	from := project(t, climate)
	must(t, dir, python, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir=.", from, project(t, everything))
	must(t, dir, python, "-m", "venv", "--without-pip", "env")
	installed := filepath.Join(dir, "env", "bin", "python")
	must(t, dir, python, append([]string{"-m", "pip", "--python=" + installed, "install", "--quiet", "--no-index"}, absolute(t, filepath.Join(dir, "*.whl"))...)...)

	readme, err := os.ReadFile(filepath.Join(from, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(readme), "```python\n")
	code, _, found := strings.Cut(code, "```")
	if !found {
		t.Fatal("no Python in the README")
	}
	out := must(t, dir, installed, "-c", "import climate\npayload = climate.Reading(temperature=2150).encode()\n"+code)
	if want := "21.5\n"; out != want {
		t.Errorf("the README prints %q, want %q", out, want)
	}
	out = must(t, dir, installed, "-c", `
import everything, importlib.metadata
project = importlib.metadata.metadata("everything")
print(project["Version"], project["Summary"])`)
	if want := "2.0.0b1 Every feature of the language. Comments cannot be left: */ int escaped; /* nor ??/ by a trigraph, nor by \"\"\" quotes \\ or `.\n"; out != want {
		t.Errorf("%q, want %q", out, want)
	}
}

// The runner fails for each of these faults, which stand for what it checks.
func TestRunnerFindsFaults(t *testing.T) {
	messages := absolute(t, "../../testdata/specs/everything_messages.txt")
	packets := absolute(t, "../../testdata/specs/everything_packets.txt")
	wire := absolute(t, "../../testdata/vectors/*.txt")
	mixed, enow := project(t, everything), project(t, protocol)
	for i, f := range []struct {
		dir          string
		vectors      []string
		file         string
		right, wrong string
	}{
		{mixed, messages, "_wire.py", "if value > 1:", "if value > 2:"},
		{mixed, messages, "_wire.py", "if length > most:", "if length > most + 1:"},
		{mixed, messages, "_wire.py", "if self.left() > 0:", "if self.left() > 1:"},
		{mixed, messages, "_wire.py", "self.take(length).decode()", `self.take(length).decode(errors="replace")`},
		{mixed, messages, "_wire.py", "1 if value > 0 else -1", "1"},
		{mixed, messages, "_wire.py", ">= 0.5", "> 0.5"},
		{mixed, messages, "_wire.py", "not math.isfinite(value)", "math.isinf(value)"},
		{mixed, messages, "_wire.py", "if integer(value, where) & ~mask:", "if False:"},
		{mixed, messages, "_wire.py", "not value >= least", "value < least"},
		{mixed, messages, "messages.py", "if r.left() == 0:", "if r.left() <= 1:"},
		{mixed, messages, "messages.py", "pack(\"<BH\", self.tag", "pack(\">BH\", self.tag"},
		{mixed, messages, "messages.py", "presence1 & 1", "presence0 & 1"},
		{mixed, messages, "messages.py", "body.finish()", "pass"},
		{mixed, messages, "messages.py", "if tag == 0:", "if tag == 256:"},
		{mixed, messages, "messages.py", "float(self.temperature) / 100.0", "float(self.temperature) / 10.0"},
		{mixed, messages, "messages.py", "self.status >> 3 & 0x1", "self.status >> 2 & 0x1"},
		{mixed, messages, "messages.py", "raise UnknownIdError(id)", "raise UnknownIdError(0)"},
		{mixed, messages, "messages.py", "second: int = 1013", "second: int = 1014"},
		{mixed, packets, "packets.py", "1468 if last else 254", "1468"},
		{mixed, packets, "packets.py", "raise CodecError(ErrorCode.MISSING_FLAG)", "pass"},
		{mixed, packets, "packets.py", "r.rest(7, 2, 6)", "r.rest(7, 1, 6)"},
		{mixed, packets, "packets.py", "data[at] & 0x0F", "data[at] & 0x07"},
		{mixed, packets, "_wire.py", "not least <= len(data) <= most", "not least <= len(data)"},
		{enow, wire, "_wire.py", "self.take(self.prefix(1))))", "self.take(min(self.prefix(1), self.left()))))"},
		{enow, wire, "packets.py", "end = max(end, len(data))", "end = len(data)"},
		{enow, wire, "packets.py", "if kind == Type.RESERVED:", "if False:"},
		{enow, wire, "packets.py", "min(len(body), 255)", "len(body) & 255"},
		{enow, wire, "packets.py", "raise CodecError(ErrorCode.UNKNOWN_FLAG)", "pass"},
	} {
		t.Run(fmt.Sprintf("%d %s", i, f.wrong), func(t *testing.T) {
			t.Parallel()
			pkg := map[string]string{mixed: "everything", enow: "enow"}[f.dir]
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "src", pkg, f.file)
			right, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wrong := strings.ReplaceAll(string(right), f.right, f.wrong)
			if wrong == string(right) {
				t.Fatalf("%q is not in %s", f.right, f.file)
			}
			if err := os.WriteFile(path, []byte(wrong), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := vectors(t, dir, pkg, f.vectors...); err == nil {
				t.Errorf("it finds nothing wrong: %s", out)
			}
		})
	}
}
