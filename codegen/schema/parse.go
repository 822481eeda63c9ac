package schema

import (
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// parser walks the nodes and collects every fault instead of stopping at the first.
type parser struct {
	file      string
	errs      Errors
	spec      *Spec
	constants map[string]*Constant
	enums     map[string]*Enum
	flags     map[string]*Flags
	structs   map[string]*Struct
	known     struct{ constants, structs []string } // their names, for hints
	uses      map[*Struct]*use
	types     []string // that fields can have, so far
	named     names    // of everything that generated code names at its top level
}

// Parse reads and checks a spec. file is its name for messages. Where the spec has faults the error is [Errors], all of
// them, and the spec nil.
func Parse(file string, src []byte) (*Spec, error) {
	p := &parser{
		file: file, spec: &Spec{Source: filepath.Base(file)},
		constants: map[string]*Constant{}, enums: map[string]*Enum{}, flags: map[string]*Flags{},
		structs: map[string]*Struct{}, uses: map[*Struct]*use{},
		types: slices.Clone(builtinTypes),
		named: generatedNames(),
	}
	if root := p.document(src); root != nil {
		p.parseSpec(root)
	}
	if len(p.errs) > 0 {
		p.errs.sort()
		return nil, p.errs
	}
	p.spec.Hash = layoutHash(p.spec)
	return p.spec, nil
}

func (p *parser) parseSpec(root *yaml.Node) {
	o := p.object(root, Grammar)
	if o == nil {
		return
	}
	if n, ok := o.number("spec"); ok && n.String() != "1" {
		o.nodeFault(o.values["spec"], fmt.Sprintf("spec is %s", n), "only version 1 of this language is known here", "write 1, or take a newer enowgen")
	}
	s := p.spec
	s.Name = o.formed("name")
	s.Version = o.formed("version")
	s.License = o.formed("license")
	s.Doc = o.text("doc")
	p.parseGo(o)
	p.parseC(o)
	if o.has("messages") {
		p.named.addMessages()
	}
	for _, n := range o.list("constants") {
		p.parseConstant(n)
	}
	for _, n := range o.list("enums") {
		p.parseEnum(n)
	}
	for _, n := range o.list("flags") {
		p.parseFlagSet(n)
	}
	for _, n := range o.list("structs") {
		p.parseStruct(n)
	}
	reserved := p.parseReserved(o)
	for _, n := range o.list("messages") {
		p.parseMessage(n, reserved)
	}
	types := map[uint8]int{}
	for _, n := range o.list("packets") {
		p.parsePacket(n, types)
	}
	for _, st := range s.Structs {
		side := p.uses[st].side
		st.Message = side == forMessages || side == 0 && len(s.Packets) == 0 && len(s.Messages) > 0
	}
}

func (p *parser) parseGo(o *object) {
	pkg, at := strings.NewReplacer("_", "", "-", "").Replace(p.spec.Name), o.at("name")
	if v := o.values["go"]; v != nil {
		if g := p.object(v, goObject); g != nil && g.has("package") {
			pkg, at = g.formed("package"), g.at("package")
		}
	}
	if token.IsKeyword(pkg) {
		p.nodeFault(at, fmt.Sprintf("a Go package named %q", pkg), "it is a reserved word", "choose another with go: {package: ...}")
	}
	p.spec.Go.Package = pkg
}

func (p *parser) parseC(o *object) {
	s := p.spec
	s.C = C{Prefix: strings.ReplaceAll(s.Name, "-", "_"), Component: s.Name, Description: firstLine(s.Doc)}
	component := o.at("name")
	defer func() {
		if cHeaders[s.C.Component] {
			p.nodeFault(component, "a component named "+quote(s.C.Component), "its header would hide C's <"+s.C.Component+".h>",
				"choose another with c: {component: ...}")
		}
		if components[s.C.Component] || strings.HasPrefix(s.C.Component, "esp_driver_") {
			p.nodeFault(component, "a component named "+quote(s.C.Component), "ESP-IDF has one", "choose another with c: {component: ...}")
		}
	}()
	v := o.values["c"]
	if v == nil {
		return
	}
	c := p.object(v, cObject)
	if c == nil {
		return
	}
	if c.has("prefix") {
		s.C.Prefix = c.formed("prefix")
	}
	if c.has("component") {
		s.C.Component, component = c.formed("component"), c.at("component")
	}
	if c.has("description") {
		s.C.Description = c.text("description")
	}
	s.C.Namespace = c.formed("namespace")
	s.C.URL = c.formed("url")
	s.C.Repository = c.formed("repository")
	for _, t := range c.list("tags") {
		s.C.Tags = append(s.C.Tags, p.single(t, "tag", Text{Form: registryTag}).formed("tag"))
	}
	for _, t := range c.list("targets") {
		s.C.Targets = append(s.C.Targets, p.single(t, "target", Text{Form: chip}).formed("target"))
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
