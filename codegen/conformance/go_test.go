package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"text/template"

	"github.com/esp-now-network/esp-now-network/codegen/gogen"
)

const repository = "github.com/esp-now-network/esp-now-network/"

var goMain = template.Must(template.New("main").Parse(`// Command batch runs vectors over generated packages.
package main

import (
	"` + repository + `codegen/conformance/gorun"
{{- range .Samples}}
	{{.Package}} "{{$.Root}}/{{.Package}}"
{{- end}}
)

func main() {
	codecs := map[string]gorun.Codec{}
{{- range .Samples}}
	{
		var messages {{.Package}}.{{if .Spec.Packets}}MessageDecoder{{else}}Decoder{{end}}
		codecs["{{.Spec.Name}}"] = gorun.Codec{
			Decode: func(payload []byte) (any, error) { return messages.Decode(payload) },
			Records: map[string]any{
{{- $package := .Package}}
{{- range .Spec.Messages}}
				"{{.Name}}": &{{$package}}.{{.Name.Pascal}}{},
{{- end}}
{{- range .Spec.Structs}}
				"{{.Name}}": &{{$package}}.{{.Name.Pascal}}{},
{{- end}}
			},
			MaxSize: map[string]int{
{{- range .Spec.Messages}}
				"{{.Name}}": {{$package}}.{{.Name.Pascal}}MaxSize,
{{- end}}
			},
			Errors: map[string]error{
				"short": {{.Package}}.ErrShort, "range": {{.Package}}.ErrRange, "unknown_id": {{.Package}}.ErrUnknownID, "bool": {{.Package}}.ErrBool,
				"text": {{.Package}}.ErrText, "length": {{.Package}}.ErrLength, "trailing": {{.Package}}.ErrTrailing,
			},
		}
	}
{{- end}}
	gorun.Main(codecs)
}
`))

// runGo vets the Go of all samples and runs their vectors. The workspace is within the module, so that it needs no other.
func runGo(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	for _, s := range samples {
		for _, f := range s.files(t, gogen.Files) {
			write(t, filepath.Join(dir, s.Package(), f.Path), f.Data)
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Rel(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	var main bytes.Buffer
	if err := goMain.Execute(&main, struct {
		Root    string
		Samples []*sample
	}{repository + filepath.ToSlash(path), samples}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), main.Bytes())
	tooling{dir: dir, name: "go", args: []string{"vet", "./..."}}.run(t)
	tooling{dir: dir, name: "go", args: []string{"build", "-o", "batch", "."}}.run(t)
	var args []string
	for _, s := range samples {
		args = append(args, s.specPath(), s.vectorsPath())
	}
	tooling{dir: dir, name: "./batch", args: args}.passes(t)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
