// Package examples_test runs what the README tells its readers to run.
package examples_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// block is a fenced block of the README.
type block struct {
	language, label string
	text            string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: ([a-z]+))?\n(.*?)^```$")

func readme(t *testing.T) []block {
	t.Helper()
	var blocks []block
	for _, m := range fence.FindAllStringSubmatch(read(t, "../README.md"), -1) {
		blocks = append(blocks, block{m[1], m[2], m[3]})
	}
	return blocks
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// output runs a command in dir and returns what it prints.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestReadme runs every command and every snippet of the README, each in the way that its kind allows.
func TestReadme(t *testing.T) {
	commands := map[string]func(t *testing.T, b block, next block){
		"go run ./examples/home\n": func(t *testing.T, _, _ block) { demo(t) },
		"make test\n":              func(t *testing.T, _, _ block) { makeTest(t) },
		"go generate ./...\n":      func(t *testing.T, _, _ block) { generates(t) },
		"go run ./examples/home --for 10s --kill-gateway 4s\n": func(t *testing.T, b, _ block) { // its own tests check what it prints
			output(t, root(t), "bash", "-ec", b.text)
		},
		"go run ./espnow/cmd/enow sim --nodes 50 --gateways 2 --loss 0.1 --for 10m --faults gateway-reboot,partition\n": func(t *testing.T, b, _ block) {
			if got := output(t, root(t), "bash", "-ec", b.text); !strings.Contains(got, "all invariants held") {
				t.Errorf("it prints\n%s", got)
			}
		},
		"go run ./espnow/cmd/enow keys new | go run ./espnow/cmd/enow keys derive --addr 24:6f:28:aa:bb:cc\n": func(t *testing.T, b, _ block) {
			if got := output(t, root(t), "bash", "-ec", b.text); !regexp.MustCompile(`^device 1 24:6f:28:aa:bb:cc [0-9a-f]{64}\n$`).MatchString(got) {
				t.Error("it prints no device's key") // not what it prints: it may be a key
			}
		},
		"make host-demo\n": func(t *testing.T, _, _ block) { hostDemo(t) },
		"go run ./examples/hostdemo --for 30s --kill gateway@5s,broker@8s,node@11s,ap@15s\n": func(t *testing.T, b, _ block) {
			args := strings.TrimPrefix(strings.TrimSpace(b.text), "go run ./examples/hostdemo ")
			if test := read(t, "hostdemo/network_test.go"); !strings.Contains(test, `"`+args+`"`) {
				t.Errorf("the test of hostdemo does not run it with %s", args)
			}
		},
		"go run ./examples/climate --for 10s\n": func(t *testing.T, b, _ block) { // likewise
			output(t, root(t), "bash", "-ec", b.text)
		},
	}
	labelled := map[string]func(t *testing.T, b block){
		"broker": func(t *testing.T, b block) { // run against a real broker by the tests of examples/home
			const subscribe, house = "mosquitto_sub -v -t '/device/#'", "go run ./examples/home --for 10s --broker tcp://"
			if !strings.HasPrefix(b.text, subscribe) && !strings.HasPrefix(b.text, house) {
				t.Errorf("%q is neither %q nor %q", b.text, subscribe, house)
			}
		},
		"firmware": func(t *testing.T, b block) { // compiled by the host test of enow_node
			if !strings.Contains(read(t, "../components/enow_node/README.md"), b.text) {
				t.Error("the README of enow_node has it otherwise")
			}
		},
		"get": func(t *testing.T, b block) {
			if !strings.Contains(b.text, "go get github.com/esp-now-network/esp-now-network\n") {
				t.Errorf("%q names another module", b.text)
			}
		},
	}
	blocks := readme(t)
	if len(blocks) < 2 || blocks[0].text != "go run ./examples/home\n" || blocks[1].text != "make test\n" {
		t.Fatal("the README does not begin with its two commands")
	}
	for i, b := range blocks {
		name := b.language + " " + strings.SplitN(b.text, "\n", 2)[0]
		t.Run(name, func(t *testing.T) {
			next := block{}
			if i+1 < len(blocks) {
				next = blocks[i+1]
			}
			switch {
			case b.label == "own": // in their order, by TestOwnMessages
			case labelled[b.label] != nil:
				labelled[b.label](t, b)
			case b.language == "go":
				goSnippet(t, b.text)
			case b.language == "c":
				cSnippet(t, b.text)
			case b.language == "json": // compared with the command before it
			case commands[b.text] != nil:
				commands[b.text](t, b, next)
			case next.language == "json":
				if got := output(t, root(t), "bash", "-ec", b.text); got != next.text {
					t.Errorf("it prints\n%swant\n%s", got, next.text)
				}
			default:
				t.Errorf("no way to check this block")
			}
		})
	}
}

// demo starts the example as a reader does, waits for a picture and presses Ctrl-C.
func demo(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "home")
	output(t, root(t), "go", "build", "-o", binary, "./examples/home")
	cmd := exec.Command(binary)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	heard := map[string]bool{}
	picture, pressed := false, false
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		if m := regexp.MustCompile(`/device/([0-9a-f:]{17})`).FindStringSubmatch(lines.Text()); m != nil {
			heard[m[1]] = true
		}
		picture = picture || strings.Contains(lines.Text(), "20480 bytes, equal to the one sent")
		if len(heard) == 5 && picture && !pressed {
			pressed = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil || len(heard) != 5 || !picture {
		t.Errorf("%v; heard %v, a picture %t", err, heard, picture)
	}
}

// makeTest checks that the command exists and that continuous integration runs it and nothing else: to run it here would
// never end, for it runs this test.
func makeTest(t *testing.T) {
	if plan := output(t, root(t), "make", "-n", "test"); !strings.Contains(plan, "go-test") {
		t.Errorf("make test does not run the Go tests:\n%s", plan)
	}
	var steps []string
	for _, line := range strings.Split(read(t, "../.ci/run"), "\n") {
		if strings.Contains(line, "make") && !strings.HasPrefix(line, "#") {
			steps = append(steps, line)
		}
	}
	if len(steps) != 1 || steps[0] != "exec make test" {
		t.Errorf(".ci/run does %q", steps)
	}
}

// hostDemo runs what make does once it has installed what is missing.
func hostDemo(t *testing.T) {
	plan := output(t, root(t), "make", "-n", "host-demo")
	command := regexp.MustCompile(`(?m)^go run ./examples/hostdemo .*$`).FindString(plan)
	if command == "" {
		t.Fatalf("make host-demo does not run the demo:\n%s", plan)
	}
	cmd := exec.Command("bash", "-ec", strings.Replace(command, "--for 20s", "--for 6s", 1))
	cmd.Dir = root(t)
	out, err := cmd.CombinedOutput()
	if missing := regexp.MustCompile(`hostdemo: missing: .*`).FindString(string(out)); missing != "" {
		tooltest.Missing(t, missing)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}

// generates checks that go generate would run the generator; that what it writes is what is committed is a step of its own.
func generates(t *testing.T) {
	plan := output(t, root(t), "go", "generate", "-n", "./...")
	for _, want := range []string{"enowgen gen protocol.yaml --go . --c ../components/enow_proto", "enowgen doc protocol.yaml ../SPEC.md", "enowgen gen climate.yaml --go climate"} {
		if !strings.Contains(plan, want) {
			t.Errorf("go generate does not run %q:\n%s", want, plan)
		}
	}
}

var wanted = regexp.MustCompile(`Output: (.*?)(?: \*/)?\n`)

func wantedOutput(t *testing.T, source string) string {
	t.Helper()
	m := wanted.FindStringSubmatch(source)
	if m == nil {
		t.Fatal("the snippet does not say what it prints")
	}
	return m[1] + "\n"
}

// goSnippet runs a program in a module of its own that requires this one.
func goSnippet(t *testing.T, source string) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), source)
	write(t, filepath.Join(dir, "go.mod"), "module example.org/reader\n\ngo 1.25.0\n\n"+
		"require github.com/esp-now-network/esp-now-network v0.0.0\n\n"+
		"replace github.com/esp-now-network/esp-now-network => "+root(t)+"\n")
	if got, want := output(t, dir, "go", "run", "-mod=mod", "."), wantedOutput(t, source); got != want {
		t.Errorf("it prints %q, want %q", got, want)
	}
}

// cSnippet compiles a program with the sources of the component, as plainly as a reader would.
func cSnippet(t *testing.T, source string) {
	tooltest.Find(t, "gcc")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.c"), source)
	component := filepath.Join(root(t), "components", "enow_proto")
	sources, err := filepath.Glob(filepath.Join(component, "src", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s (%v)", component, err)
	}
	binary := filepath.Join(dir, "main")
	args := append([]string{"-std=c99", "-Wall", "-Wextra", "-Werror", "-I", filepath.Join(component, "include"), "-o", binary, filepath.Join(dir, "main.c")}, sources...)
	output(t, dir, "gcc", args...)
	if got, want := output(t, dir, binary), wantedOutput(t, source); got != want {
		t.Errorf("it prints %q, want %q", got, want)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
