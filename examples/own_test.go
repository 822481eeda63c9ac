package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// ownFiles are the files that the section "Your own messages" has its reader write, by the languages of its blocks.
var ownFiles = map[string]string{
	"c": "main/sensor.c", "go": "main.go", "python": "reader.py", "js": "reader.mjs",
}

// TestOwnMessages follows that section word by word, from an empty folder. What a snippet says that it prints is the end of
// what the next commands print.
func TestOwnMessages(t *testing.T) {
	for _, name := range []string{"gcc", "python3", "node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			tooltest.Missing(t, err.Error())
		}
	}
	offline(t)
	dir := t.TempDir()
	if err := os.Symlink(root(t), filepath.Join(dir, "esp-now-network")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	prints, left := "", len(ownFiles)
	for _, b := range readme(t) {
		if b.label != "own" {
			continue
		}
		file := ownFiles[b.language]
		switch {
		case b.language == "sh":
			out := strings.TrimSuffix(output(t, dir, "bash", "-ec", b.text+"echo; pwd"), "\n")
			at := strings.LastIndex(out, "\n")
			out, dir = out[:at], out[at+1:] // the folder where it ends
			if !strings.HasSuffix(out, prints) {
				t.Errorf("%s prints\n%s\nwant at its end %s", b.text, out, prints)
			}
			prints = ""
		case b.language == "yaml":
			excerpt(t, b.text, filepath.Join(dir, "climate.yaml"))
		case file == "" || !strings.Contains(string(text), "`"+file+"`:"):
			t.Errorf("the README does not say which file this is:\n%s", b.text)
		default:
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, b.text)
			prints = wantedOutput(t, b.text)
			left--
		}
	}
	if left != 0 || prints != "" {
		t.Errorf("%d of the files %v are not written, and %q is never printed", left, ownFiles, prints)
	}
}

// excerpt wants the lines of a text in a file, in their order; more may stand between them, and comments behind them.
func excerpt(t *testing.T, text, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for _, want := range strings.Split(strings.TrimSpace(text), "\n") {
		at := slices.IndexFunc(lines, func(line string) bool {
			code, _, _ := strings.Cut(line, " #")
			return strings.TrimRight(code, " ") == want
		})
		if at < 0 {
			t.Errorf("%s has no line %q, or not there", filepath.Base(path), want)
			return
		}
		lines = lines[at+1:]
	}
}

// offline lets pip and npm install the generated packages without a registry: pip with the build backend that is here.
func offline(t *testing.T) {
	t.Helper()
	backend, err := exec.Command("python3", "-c", "import flit_core, pip, venv; print(flit_core.__path__[0])").Output()
	if err != nil {
		tooltest.Missing(t, "no flit_core, pip and venv for python3: "+err.Error())
	}
	t.Setenv("PYTHONPATH", filepath.Dir(strings.TrimSpace(string(backend))))
	t.Setenv("PIP_NO_BUILD_ISOLATION", "0") // pip takes the opposite of a word for the option that says no
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
	t.Setenv("npm_config_offline", "true")
	t.Setenv("npm_config_audit", "false")
}
