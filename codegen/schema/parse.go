package schema

import (
	"fmt"
	"go/token"
	"path/filepath"
	"regexp"
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
		types: append(slices.Clone(integerTypes), "f32", "f64", "bool", "string", "bytes", "union", "tlv"),
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

const wantSlug = "lower-case words joined by - or _, the first of which begins with a letter"

var (
	packageName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	slug        = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	prefix      = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	semver      = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-~+][0-9A-Za-z.-]+)*$`)
	license     = regexp.MustCompile(`^[A-Za-z0-9.+() -]+$`)
	url         = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[!#-;=?-~]+$`) // no spaces, quotes, < and >
	target      = regexp.MustCompile(`^esp32[a-z0-9]*$`)
	registryTag = regexp.MustCompile(`^[A-Za-z0-9_-]{3,32}$`)
)

func (p *parser) parseSpec(root *yaml.Node) {
	o := p.object(root, "the spec", "spec", "name", "version", "license", "doc", "go", "c", "constants", "enums", "flags", "structs",
		"messages", "reserved", "packets")
	if o == nil {
		return
	}
	if !o.has("spec") {
		o.nodeFault(root, `the spec has no "spec: 1"`, "it says which version of this language it is written in", "add it")
	}
	o.require("name", "version")
	if n, ok := o.number("spec"); ok && n.String() != "1" {
		o.nodeFault(o.values["spec"], fmt.Sprintf("spec is %s", n), "only version 1 of this language is known here", "write 1, or take a newer enowgen")
	}
	s := p.spec
	s.Name = o.pattern("name", slug, wantSlug)
	s.Version = o.pattern("version", semver, "a semantic version such as 1.2.0")
	s.License = o.pattern("license", license, "an SPDX expression such as MIT")
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
		if g := p.object(v, "go", "package"); g != nil && g.has("package") {
			pkg, at = g.pattern("package", packageName, "lower-case letters and digits"), g.at("package")
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
		if components[s.C.Component] || strings.HasPrefix(s.C.Component, "esp_driver_") {
			p.nodeFault(component, "a component named "+quote(s.C.Component), "ESP-IDF has one", "choose another with c: {component: ...}")
		}
	}()
	v := o.values["c"]
	if v == nil {
		return
	}
	c := p.object(v, "c", "prefix", "component", "namespace", "description", "url", "repository", "tags", "targets")
	if c == nil {
		return
	}
	if c.has("prefix") {
		s.C.Prefix = c.pattern("prefix", prefix, "lower-case words joined by _")
	}
	if c.has("component") {
		s.C.Component, component = c.pattern("component", slug, wantSlug), c.at("component")
	}
	if c.has("description") {
		s.C.Description = c.text("description")
	}
	s.C.Namespace = c.pattern("namespace", slug, wantSlug)
	s.C.URL = c.pattern("url", url, "a URL such as https://example.org/climate")
	s.C.Repository = c.pattern("repository", url, "a URL such as https://example.org/climate.git")
	for _, t := range c.list("tags") {
		tag, ok := p.scalar(t, "a tag")
		if ok && !registryTag.MatchString(tag) {
			p.nodeFault(t, "tag "+quote(tag), "the component registry takes 3 to 32 letters, digits, _ and -", "")
		}
		s.C.Tags = append(s.C.Tags, tag)
	}
	for _, t := range c.list("targets") {
		chip, ok := p.scalar(t, "a target")
		if ok && !target.MatchString(chip) {
			p.nodeFault(t, "target "+quote(chip), "it must be a chip such as esp32 or esp32c3", "")
		}
		s.C.Targets = append(s.C.Targets, chip)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
