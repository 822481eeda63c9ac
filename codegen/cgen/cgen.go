// Package cgen emits a spec as C: an ESP-IDF component that is a plain static library elsewhere, with a host test.
//
// What is the same for every spec stands in templates; headers, encoders and decoders are written by the emitter.
package cgen

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"text/template"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Files returns the component's files by their paths, sorted. The error says which names of the spec became one in C.
func Files(spec *schema.Spec) ([]output.File, error) {
	e := newEmitter(spec)
	e.component()
	return e.sorted()
}

// Names returns what goes with [Files] on request: a header that tells what numbers are called.
func Names(spec *schema.Spec) ([]output.File, error) {
	e := newEmitter(spec)
	e.template("include/"+spec.C.Component+"_names.h", "names.h.tmpl")
	return e.sorted()
}

func newEmitter(spec *schema.Spec) *emitter { return &emitter{spec: spec, layout: layoutHash(spec)} }

func (e *emitter) sorted() ([]output.File, error) {
	if e.err != nil {
		return nil, fmt.Errorf("c: %w", e.err)
	}
	sort.Slice(e.files, func(i, j int) bool { return e.files[i].Path < e.files[j].Path })
	if err := e.clashes(); err != nil {
		return nil, fmt.Errorf("c: %w", err)
	}
	return e.files, nil
}

type emitter struct {
	spec   *schema.Spec
	layout uint32
	files  []output.File
	err    error // the first
}

func (e *emitter) component() {
	header := e.spec.C.Component + ".h"
	e.template("include/"+header, "header.h.tmpl")
	e.template("src/"+e.spec.C.Component+"_wire.h", "wire.h.tmpl")
	if e.HasPackets() {
		e.template("src/walk.c", "walk.c.tmpl")
	}
	if e.HasTLVs() {
		e.template("src/tlv.c", "tlv.c.tmpl")
	}
	for _, m := range e.packetCodecs() {
		e.source(m.file(), m.init, m.length, m.encode, m.decode)
	}
	if e.HasMessages() {
		e.template(e.wireSource(), "wire.c.tmpl")
	}
	for _, r := range e.messageCodecs() {
		if err := r.supported(); err != nil {
			e.err = cmp.Or(e.err, err)
			continue
		}
		e.source(r.file(), r.init, r.length, r.put, r.check, r.get)
	}
	if e.HasScales() {
		e.template("include/"+e.spec.C.Component+"_float.h", "float.h.tmpl")
	}
	e.template("CMakeLists.txt", "CMakeLists.txt.tmpl")
	e.template("idf_component.yml", "idf_component.yml.tmpl")
	e.hostTest()
	e.example()
	for _, path := range []string{"README.md", "CHANGELOG.md", "LICENSE"} {
		e.scaffold(path, path+".tmpl")
	}
}

// scaffold emits a file that is the user's once it is there.
func (e *emitter) scaffold(path, name string) {
	e.template(path, name)
	e.files[len(e.files)-1].Once = true
}

func (e *emitter) add(path string, data []byte) {
	if strings.HasSuffix(path, ".c") || strings.HasSuffix(path, ".h") {
		data = joinShortFunctions(data)
	}
	e.files = append(e.files, output.File{Path: path, Data: data})
}

//go:embed templates
var templateFiles embed.FS

// templates name the emitter's methods and fields.
var templates = template.Must(template.New("").ParseFS(templateFiles, "templates/*"))

func (e *emitter) template(path, name string) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, e); err != nil && e.err == nil {
		e.err = err
	}
	e.add(path, b.Bytes())
}

// source emits a C file of functions.
func (e *emitter) source(path string, functions ...func(*source)) {
	s := &source{}
	s.text("%s", e.Banner())
	s.text("#include \"%s.h\"\n#include \"%s_wire.h\"\n\n#include <string.h>\n", e.spec.C.Component, e.spec.C.Component)
	s.text("%s", e.LayoutCheck(strings.TrimPrefix(path, "src/")))
	for _, write := range functions {
		write(s)
	}
	e.add(path, []byte(s.String()))
}

// symbol finds the names that a public header gives to the world: macros, types, enumerators and functions.
var symbol = regexp.MustCompile(
	`(?m)^(?:#define (\w+)|typedef [^;{]*\b(\w+);|\} (\w+);|    ([A-Z]\w+) = |[a-z][^(;]*\b(\w+)\()`)

// clashes reports two names of the spec that became one, which the spec's own rules cannot see.
func (e *emitter) clashes() error {
	paths, names := map[string]bool{}, map[string]bool{}
	for _, f := range e.files {
		if paths[f.Path] {
			return fmt.Errorf("two parts of the spec are written to %s: rename one of them", f.Path)
		}
		paths[f.Path] = true
		if !strings.HasPrefix(f.Path, "include/") {
			continue
		}
		for _, m := range symbol.FindAllStringSubmatch(string(f.Data), -1) {
			name := strings.Join(m[1:], "") // one of them
			if names[name] {
				return fmt.Errorf("two parts of the spec are named %s: rename one of them", name)
			}
			names[name] = true
		}
	}
	return nil
}
