package cgen

import (
	"encoding/json"
	"strings"
)

// Sources are the paths of the component's C files.
func (e *emitter) Sources() []string {
	var out []string
	if e.HasPackets() {
		out = append(out, "src/walk.c")
	}
	if e.HasTLVs() {
		out = append(out, "src/tlv.c")
	}
	for _, m := range e.packetCodecs() {
		out = append(out, m.file())
	}
	if e.HasMessages() {
		out = append(out, e.wireSource())
	}
	for _, r := range e.messageCodecs() {
		out = append(out, r.file())
	}
	return out
}

// wireSource is the path of what codecs of messages share.
func (e *emitter) wireSource() string { return "src/" + e.spec.C.Component + "_wire.c" }

// Description says in a line what the component is.
func (e *emitter) Description() string {
	if e.spec.C.Description != "" {
		return e.spec.C.Description
	}
	first, _, _ := strings.Cut(prose(e.spec.Doc), "\n")
	return first
}

// Cell makes a text of the spec fit for a cell of a table in Markdown.
func (e *emitter) Cell(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;").Replace(strings.Join(clean(prose(text)), " "))
}

// YAML writes a string so that YAML reads it back, whatever it holds. JSON's strings are YAML's.
func (e *emitter) YAML(s string) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimSpace(b.String()), err
}

// MIT reports whether the licence is the one whose text is known here.
func (e *emitter) MIT() bool { return e.spec.License == "MIT" }
