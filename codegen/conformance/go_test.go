package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"text/template"

	"github.com/esp-now-network/esp-now-network/codegen/gogen"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
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
		codec := gorun.Codec{Errors: map[string]error{}}
		for code, name := range map[int]string{ {{- range $code, $name := $.Errors}}{{$code}}: "{{$name}}", {{end -}} } {
			codec.Errors[name] = {{.Package}}.Error(code)
		}
{{- if .Spec.Messages}}
		var messages {{.Package}}.{{if .Spec.Packets}}MessageDecoder{{else}}Decoder{{end}}
		codec.Decode = func(payload []byte) (any, error) { return messages.Decode(payload) }
		codec.Records = map[string]any{
{{- $package := .Package}}
{{- range .Spec.Messages}}
			"{{.Name}}": &{{$package}}.{{.Name.Pascal}}{},
{{- end}}
{{- range .Spec.Structs}}{{if .Message}}
			"{{.Name}}": &{{$package}}.{{.Name.Pascal}}{},
{{- end}}{{end}}
		}
		codec.MaxSize = map[string]int{
{{- range .Spec.Messages}}
			"{{.Name}}": {{$package}}.{{.Name.Pascal}}MaxSize,
{{- end}}
		}
{{- end}}
{{- if .Spec.Packets}}
		codec.Walk = func(frame []byte) (packets []gorun.Raw, err error) {
			w := {{.Package}}.Walk(frame)
			for raw, ok := w.Next(); ok; raw, ok = w.Next() {
				packets = append(packets, gorun.Raw{Type: uint8(raw.Type), Flags: raw.Flags, Offset: int(raw.Offset), Body: raw.Body})
			}
			return packets, w.Err()
		}
		var packets {{.Package}}.Decoder
		codec.DecodePacket = func(raw gorun.Raw) (any, error) {
			return packets.Decode({{.Package}}.RawPacket{Type: {{.Package}}.Type(raw.Type), Flags: raw.Flags, Offset: uint32(raw.Offset), Body: raw.Body})
		}
{{- end}}
		codecs["{{.Spec.Name}}"] = codec
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
		Errors  map[int]string
	}{repository + filepath.ToSlash(path), samples, errorNames()}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), main.Bytes())
	tooling{dir: dir, name: "go", args: []string{"vet", "./..."}}.run(t)
	tooling{dir: dir, name: "go", args: []string{"build", "-o", "batch", "."}}.run(t)
	var args []string
	for _, s := range samples {
		for _, of := range s.kinds() {
			args = append(args, of, s.specPath(), s.vectorsPath(of))
		}
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

// errorNames are those of vectors, by their codes.
func errorNames() map[int]string {
	names := map[int]string{}
	for _, e := range append(slices.Clone(schema.CodecErrors), schema.MessageErrors...) {
		names[e.Code] = e.Name.Snake()
	}
	return names
}
