package main

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	modulePath    = "github.com/esp-now-network/esp-now-network"
	moduleVersion = "v0.0.1"
)

// TestFromOutside does what a user does: it takes the generator into a module of its own with go get -tool, generates with
// go generate and runs a program that uses the result. The module comes from a proxy of files made of the tree as it
// stands, what it needs from the module cache, and nothing from a network.
func TestFromOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the generator in a module of its own")
	}
	proxy, dir := t.TempDir(), t.TempDir()
	publish(t, proxy)
	cache := strings.TrimSpace(runGo(t, ".", nil, "env", "GOMODCACHE"))
	env := []string{
		"GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"GOPROXY=file://" + filepath.ToSlash(proxy) + ",file://" + filepath.ToSlash(cache) + "/cache/download",
	}
	for name, text := range map[string]string{
		"climate.yaml": "spec: 1\nname: climate\nversion: 1.0.0\nmessages:\n" +
			"  - {name: Reading, id: 1, fields: [{name: temperature, type: i16, scale: 0.01, unit: \"°C\"}]}\n",
		"main.go": `package main

import (
	"fmt"

	"example.org/outside/climate"
)

` + "//go:" + `generate go tool enowgen gen climate.yaml --go climate --tests

func main() {
	r := climate.Reading{Temperature: 2150}
	payload, err := r.Append(nil)
	fmt.Printf("%x %v %v\n", payload, r.TemperatureCelsius(), err)
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runGo(t, dir, env, "mod", "init", "example.org/outside")
	runGo(t, dir, env, "get", "-tool", modulePath+"/codegen/cmd/enowgen@"+moduleVersion)
	if got := runGo(t, dir, env, "tool", "enowgen", "--version"); !strings.HasPrefix(got, "enowgen "+moduleVersion+" go") {
		t.Errorf("the tool is %q", got)
	}
	runGo(t, dir, env, "generate", "./...")
	runGo(t, dir, env, "vet", "./...")
	runGo(t, dir, env, "test", "./...")
	if got, want := runGo(t, dir, env, "run", "."), "016608 21.5 <nil>\n"; got != want {
		t.Errorf("the program prints %q, want %q", got, want)
	}
	runGo(t, dir, env, "tool", "enowgen", "gen", "climate.yaml", "--go", "climate", "--tests", "--check")
}

// runGo runs a command of Go and returns what it prints.
func runGo(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// publish writes this module into a proxy of files, as https://go.dev/ref/mod#goproxy-protocol has it.
func publish(t *testing.T, proxy string) {
	t.Helper()
	dir := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": moduleVersion + "\n", moduleVersion + ".mod": string(mod),
		moduleVersion + ".info": `{"Version": "` + moduleVersion + `", "Time": "2026-01-01T00:00:00Z"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(dir, moduleVersion+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return pack(w, root, path, d)
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// pack adds a file of the module that is at root. Hidden folders and modules within are no part of it.
func pack(w *zip.Writer, root, path string, d fs.DirEntry) error {
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	if d.IsDir() {
		_, err := os.Stat(filepath.Join(path, "go.mod"))
		if path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || err == nil) {
			return filepath.SkipDir
		}
		return nil
	}
	if !d.Type().IsRegular() {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entry, err := w.Create(modulePath + "@" + moduleVersion + "/" + filepath.ToSlash(name))
	if err != nil {
		return err
	}
	_, err = entry.Write(data)
	return err
}
