package cgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// unionHead is the bytes of a union's tag and length.
const unionHead = 3

// messageCodec is a message, or a struct that messages hold: what has a codec by the rules of messages.
type messageCodec struct {
	*emitter
	name    string // what its functions begin with
	macro   string // what its macros begin with
	doc     string
	message *schema.Message // nil of a struct
	group   *schema.Struct  // the one of the two that it is
	body    *schema.Body
}

func messageStruct(e *emitter, g *schema.Struct) *messageCodec {
	return &messageCodec{
		emitter: e, name: e.StructName(g), macro: e.M() + "_" + g.Name.Upper(), doc: g.Doc, group: g, body: &g.Body,
	}
}

func messageOf(e *emitter, m *schema.Message) *messageCodec {
	return &messageCodec{emitter: e, name: e.MessageName(m), macro: e.MessageMacro(m), doc: m.Doc, message: m, body: &m.Body}
}

// messageCodecs are all that have a file of their own, in the order of the spec.
func (e *emitter) messageCodecs() []*messageCodec {
	var out []*messageCodec
	for _, g := range e.spec.Structs {
		if g.Message {
			out = append(out, messageStruct(e, g))
		}
	}
	for _, m := range e.spec.Messages {
		out = append(out, messageOf(e, m))
	}
	return out
}

func (r *messageCodec) specName() schema.Name {
	if r.message != nil {
		return r.message.Name
	}
	return r.group.Name
}

func (r *messageCodec) snake() string { return r.specName().Snake() }

func (r *messageCodec) file() string { return "src/" + r.snake() + ".c" }

// HasMessages reports whether anything follows the rules of messages.
func (e *emitter) HasMessages() bool { return len(e.messageCodecs()) > 0 }

// Groups are the structs that messages hold.
func (e *emitter) Groups() []*schema.Struct {
	var out []*schema.Struct
	for _, g := range e.spec.Structs {
		if g.Message {
			out = append(out, g)
		}
	}
	return out
}

// MessageEnums are the enums whose values encoders of messages look up.
func (e *emitter) MessageEnums() []*schema.Enum {
	used := map[*schema.Enum]bool{}
	for _, r := range e.messageCodecs() {
		for _, f := range r.body.Fields {
			used[scalar(&f.Type).Enum] = true
		}
	}
	var out []*schema.Enum
	for _, n := range e.spec.Enums {
		if used[n] {
			out = append(out, n)
		}
	}
	return out
}

// MessageName is what the functions of a message begin with.
func (e *emitter) MessageName(m *schema.Message) string { return e.P() + "_" + m.Name.Snake() }

// MessageMacro is what the macros of a message begin with.
func (e *emitter) MessageMacro(m *schema.Message) string { return e.M() + "_" + m.Name.Upper() }

// EnumType is the type of an enum.
func (e *emitter) EnumType(n *schema.Enum) string { return e.enumName(n) }

// ValueMacro names a value of an enum.
func (e *emitter) ValueMacro(n *schema.Enum, v *schema.EnumValue) string { return e.valueMacro(n, v) }

// scalar is the type of the elements of an array, and a type itself where it is none.
func scalar(t *schema.Type) *schema.Type {
	if t.Kind == schema.Array {
		return t.Elem
	}
	return t
}

// bytewise reports whether a value is on the wire as it is in memory on every machine.
func bytewise(t *schema.Type) bool {
	return t.Kind == schema.FixedBytes || t.Kind == schema.Array && t.Elem.Kind == schema.U8
}

// member is one member of a C struct.
type member struct {
	name string
	decl string
}

// members are those that hold a field.
func (r *messageCodec) members(f *schema.Field) []member {
	name, t := f.Name.Snake(), &f.Type
	var out []member
	if f.Presence != nil {
		out = append(out, member{"has_" + name, "bool has_" + name})
	}
	counter := func(suffix string) {
		out = append(out, member{name + suffix, fmt.Sprintf("uint%d_t %s%s", 8*t.Prefix, name, suffix)})
	}
	array := func(typ string, n int) { out = append(out, member{name, fmt.Sprintf("%s %s[%d]", typ, name, n)}) }
	switch t.Kind {
	case schema.String:
		counter("_len")
		array("char", t.MaxLen+1)
	case schema.SizedBytes:
		counter("_len")
		array("uint8_t", t.MaxLen)
	case schema.FixedBytes:
		array("uint8_t", t.Size)
	case schema.Array:
		if t.Count == 0 {
			counter("_count")
			array(r.memberType(t.Elem), t.MaxLen)
		} else {
			array(r.memberType(t.Elem), t.Count)
		}
	case schema.Union:
		var b strings.Builder
		fmt.Fprintf(&b, "union {\n")
		for _, v := range t.Variants {
			fmt.Fprintf(&b, "        %s_t %s;\n", r.StructName(v.Struct), v.Name.Snake())
		}
		fmt.Fprintf(&b, "        /** Of another tag than these: the bytes as they came. */\n")
		fmt.Fprintf(&b, "        %s_bytes_t unknown;\n    } %s", r.P(), name)
		out = append(out, member{name + "_tag", "uint8_t " + name + "_tag"}, member{name, b.String()})
	default:
		out = append(out, member{name, r.memberType(t) + " " + name})
	}
	return out
}

func (r *messageCodec) memberType(t *schema.Type) string {
	switch {
	case t.Flags != nil:
		return r.flagsName(t.Flags)
	case t.Kind == schema.F32:
		return "float"
	case t.Kind == schema.F64:
		return "double"
	case t.Kind == schema.Bool:
		return "bool"
	}
	return r.cType(t)
}

func (e *emitter) flagsName(f *schema.Flags) string { return e.P() + "_" + f.Name.Snake() + "_t" }

// supported refuses what this emitter has no code for.
func (r *messageCodec) supported() error {
	for _, f := range r.body.Fields {
		if err := supportedField(f); err != nil {
			return fmt.Errorf("%s.%s: %w", r.snake(), f.Name.Snake(), err)
		}
	}
	for _, step := range r.body.Steps {
		switch s := step.(type) {
		case *schema.Run, *schema.Var, *schema.Presence, *schema.Optional, *schema.Generation:
		default:
			return fmt.Errorf("%s: a step %T is not for messages", r.snake(), s)
		}
	}
	return nil
}

func supportedField(f *schema.Field) error {
	if f.If != nil {
		return fmt.Errorf("messages have no conditions")
	}
	t := scalar(&f.Type)
	switch {
	case t.Kind.Integer() || t.Kind == schema.F32 || t.Kind == schema.F64 || t.Kind == schema.Bool || t.Kind == schema.StructValue:
		return nil
	case f.Type.Kind == schema.Array:
		return fmt.Errorf("arrays of kind %d are not supported", t.Kind)
	}
	switch t.Kind {
	case schema.FixedBytes, schema.SizedBytes, schema.String, schema.Union:
		return nil
	}
	return fmt.Errorf("messages have no fields of kind %d", t.Kind)
}

// init writes the function that sets defaults.
func (r *messageCodec) init(s *source) {
	s.function("void "+r.name+"_init", r.name+"_t *out")
	s.line("memset(out, 0, sizeof *out);")
	for _, f := range r.body.Fields {
		r.initField(s, f)
	}
	s.close()
}

func (r *messageCodec) initField(s *source, f *schema.Field) {
	target, t := "out->"+f.Name.Snake(), &f.Type
	if g := scalar(t).Struct; g != nil {
		switch {
		case !hasDefaults(&g.Body):
		case t.Kind == schema.Array:
			s.loop(most(t), func() { s.line("%s_init(&%s[i]);", r.StructName(g), target) })
		default:
			s.line("%s_init(&%s);", r.StructName(g), target)
		}
		return
	}
	if f.Default == nil {
		return
	}
	if t.Kind == schema.String {
		if n := len(f.Default.Text); n > 0 {
			s.line("memcpy(%s, %s, %d);", target, cString(f.Default.Text), n)
			s.line("%s_len = %d;", target, n)
		}
		return
	}
	s.line("%s = %s;", target, r.defaultValue(t, f.Default))
}

// most is the largest number of elements of an array.
func most(t *schema.Type) string {
	if t.Count > 0 {
		return fmt.Sprint(t.Count)
	}
	return fmt.Sprint(t.MaxLen)
}

func (r *messageCodec) defaultValue(t *schema.Type, d *schema.Default) string {
	switch {
	case d.Enum != nil:
		return r.valueMacro(t.Enum, d.Enum)
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		return float(t.Kind, d.Float)
	case t.Kind == schema.Bool:
		return strconv.FormatBool(d.Bool)
	}
	return literal(t.Kind, d.Raw)
}

// hasDefaults reports whether a fresh value is other than all zeros.
func hasDefaults(b *schema.Body) bool {
	for _, f := range b.Fields {
		g := scalar(&f.Type).Struct
		if f.Default != nil || g != nil && hasDefaults(&g.Body) {
			return true
		}
	}
	return false
}

// float writes a number so that C reads it back exactly.
func float(k schema.Kind, v float64) string {
	bits, suffix := 64, ""
	if k == schema.F32 {
		bits, suffix = 32, "f"
	}
	text := strconv.FormatFloat(v, 'g', -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text + suffix
}

// cString writes a text as a literal in which nothing but ASCII stands as it is.
func cString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c >= 0x7f || strings.IndexByte(`"\?`, c) >= 0:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// loop writes a loop over i.
func (s *source) loop(count string, body func()) {
	s.line("for (size_t i = 0; i < %s; i++) {", count)
	s.nested(body)
	s.line("}")
}
