package cgen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// exampleDir is found by the component registry, which makes a project of its own of it.
const exampleDir = "examples/round_trip/"

// example scaffolds an ESP-IDF project that encodes a message, or else a packet, and decodes it again.
func (e *emitter) example() {
	if len(e.spec.Messages) == 0 && !e.HasPackets() {
		return
	}
	for path, name := range map[string]string{
		"CMakeLists.txt":         "example_project.cmake.tmpl",
		"README.md":              "example_README.md.tmpl",
		"main/CMakeLists.txt":    "example_main.cmake.tmpl",
		"main/idf_component.yml": "example_idf_component.yml.tmpl",
		"main/main.c":            "example_main.c.tmpl",
	} {
		e.scaffold(exampleDir+path, name)
	}
}

// RegistryName is what others call the component.
func (e *emitter) RegistryName() string {
	if e.spec.C.Namespace == "" {
		return e.spec.C.Component
	}
	return e.spec.C.Namespace + "/" + e.spec.C.Component
}

// ExampleMessage is the first message that says something, nil where there are packets only.
func (e *emitter) ExampleMessage() *schema.Message {
	for _, m := range e.spec.Messages {
		if len(m.Fields) > 0 || m == e.spec.Messages[len(e.spec.Messages)-1] {
			return m
		}
	}
	return nil
}

// ExamplePacket is the first packet that can be encoded as init leaves it; the first of all where none can.
func (e *emitter) ExamplePacket() *schema.Packet {
	for _, p := range e.Packets() {
		if len(p.Fields) > 0 && allowsZero(&p.Body) {
			return p
		}
	}
	return e.Packets()[0]
}

// allowsZero reports whether a body of a packet may be all zeros and empty.
func allowsZero(b *schema.Body) bool {
	for _, it := range b.Items {
		if _, choice := it.(*schema.Switch); choice {
			return false
		}
	}
	for _, f := range b.Fields {
		t := &f.Type
		if f.If == nil && (!inRanges(f, new(big.Int)) || t.MinLen > 0 || t.Struct != nil && !allowsZero(&t.Struct.Body)) {
			return false
		}
	}
	return true
}

func inRanges(f *schema.Field, v schema.Int) bool {
	for _, r := range f.Ranges {
		if v.Cmp(r.Min) < 0 || v.Cmp(r.Max) > 0 {
			return false
		}
	}
	return true
}

// Shown are the numbers of the example that it prints when it has decoded them: what prints as long anywhere.
func (e *emitter) Shown(b *schema.Body) []string {
	var out []string
	for _, f := range b.Fields {
		if f.If == nil && f.Presence == nil && f.Type.Kind.Integer() && f.Type.Kind.Size() < 4 && len(out) < 3 {
			out = append(out, f.Name.Snake())
		}
	}
	return out
}

// FillMessage sets members of the example's message: those that are a number, and those that may not stay as init
// leaves them.
func (e *emitter) FillMessage(m *schema.Message) string {
	s := &source{depth: 1}
	for _, f := range m.Fields {
		messageOf(e, m).fill(s, "sent."+f.Name.Snake(), f, true)
	}
	return alignNotes(s.String())
}

// FillPacket sets numbers of the example's packet.
func (e *emitter) FillPacket(p *schema.Packet) string {
	s := &source{depth: 1}
	for _, f := range p.Fields {
		if f.If == nil && f.Type.Kind.Integer() {
			s.line("sent.%s = %s;%s", f.Name.Snake(), e.sample(f), unitNote(f))
		}
	}
	return alignNotes(s.String())
}

// fill sets a member. Where all is false, only if it must be set.
func (r *messageCodec) fill(s *source, member string, f *schema.Field, all bool) {
	t := &f.Type
	if f.Presence != nil || t.Kind == schema.Array && t.Count == 0 {
		return // absent, or empty
	}
	if t.Kind == schema.Array {
		element := *f
		element.Type = *t.Elem
		body := s.aside(func() { s.nested(func() { r.fill(s, member+"[i]", &element, false) }) })
		if body != "" {
			s.line("for (size_t i = 0; i < %d; i++) {", t.Count)
			s.text("%s", body)
			s.line("}")
		}
		return
	}
	if t.Struct != nil {
		for _, inner := range t.Struct.Fields {
			messageStruct(r.emitter, t.Struct).fill(s, member+"."+inner.Name.Snake(), inner, false)
		}
		return
	}
	if value := r.sample(f); value != "" && (all && f.Default == nil || r.mustBeSet(f)) {
		s.line("%s = %s;%s", member, value, unitNote(f))
	}
}

// mustBeSet reports whether zero cannot be encoded.
func (r *messageCodec) mustBeSet(f *schema.Field) bool {
	switch {
	case f.Default != nil:
		return false
	case f.Type.Enum != nil:
		return !hasValue(f.Type.Enum, new(big.Int))
	case f.Bounds != nil:
		return f.Bounds.Min > 0 || f.Bounds.Max < 0
	}
	return !inRanges(f, new(big.Int))
}

func hasValue(n *schema.Enum, v schema.Int) bool {
	for _, value := range n.Values {
		if value.Value.Cmp(v) == 0 {
			return true
		}
	}
	return false
}

// sample is a value that can be encoded; "" where a kind has none that fits into one expression.
func (e *emitter) sample(f *schema.Field) string {
	t := &f.Type
	switch {
	case t.Enum != nil:
		return e.valueMacro(t.Enum, t.Enum.Values[0])
	case t.Flags != nil:
		return fmt.Sprintf("%s_%s_%s", e.M(), t.Flags.Name.Upper(), t.Flags.Bits[0].Name.Upper())
	case t.Kind == schema.Bool:
		return "true"
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		v := 1.0
		if b := f.Bounds; b != nil {
			v = max(b.Min, min(b.Max, v))
		}
		return float(t.Kind, v)
	case t.Kind.Integer():
		v := big.NewInt(1)
		for _, r := range f.Ranges {
			if r.If == nil && v.Cmp(r.Min) < 0 {
				v = r.Min
			}
			if r.If == nil && v.Cmp(r.Max) > 0 {
				v = r.Max
			}
		}
		return strings.Trim(literal(t.Kind, v), "()")
	}
	return ""
}

// unitNote says what a number counts.
func unitNote(f *schema.Field) string {
	note := f.Unit
	if f.Scale != nil {
		note = strings.TrimRight(f.Scale.Factor+" "+f.Unit, " ")
		if f.Scale.Offset != "0" {
			note += " from " + f.Scale.Offset + " on"
		}
	}
	if note == "" {
		return ""
	}
	return " /* " + strings.Join(clean(note), " ") + " */"
}

// alignNotes puts the comments of neighbouring lines below each other, as clang-format does.
func alignNotes(code string) string {
	const note = "; /* "
	lines := strings.Split(code, "\n")
	for start := 0; start < len(lines); start++ {
		end, column := start, 0
		for ; end < len(lines) && strings.Contains(lines[end], note); end++ {
			column = max(column, strings.Index(lines[end], note))
		}
		for i := start; i < end; i++ {
			at := strings.Index(lines[i], note)
			lines[i] = lines[i][:at+1] + strings.Repeat(" ", column-at) + lines[i][at+1:]
		}
		start = max(start, end-1)
	}
	return strings.Join(lines, "\n")
}
