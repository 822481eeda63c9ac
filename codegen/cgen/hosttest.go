package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// hostTest emits a program for packets and one for messages, with what they share above both.
func (e *emitter) hostTest() {
	if !e.HasPackets() && len(e.spec.Messages) == 0 {
		return
	}
	e.hostFiles("", "CMakeLists.txt", "check.h", "check.c", "vectors.h", "vectors.c")
	if e.HasPackets() {
		e.hostFiles("packets/", "codecs.h", "codecs.c", "frames.h", "frames.c", "test_packets.c")
	}
	if len(e.spec.Messages) > 0 {
		e.hostFiles("messages/", "codecs.h", "codecs.c", "dump.h", "dump.c", "payloads.h", "payloads.c", "test_messages.c")
	}
}

func (e *emitter) hostFiles(folder string, names ...string) {
	for _, name := range names {
		path := "host_test/" + folder + name
		e.template(path, strings.ReplaceAll(path, "/", "_")+".tmpl")
	}
}

// Long reports whether a packet has an encode_last.
func (e *emitter) Long(p *schema.Packet) bool { return packetOf(e, p).long() }

// Members are the members of a packet as the host test lists them, those of structs within included.
func (e *emitter) Members(p *schema.Packet) []string {
	return members(e.PacketName(p)+"_t", "", &p.Body)
}

func members(typ, path string, b *schema.Body) []string {
	var out []string
	for _, f := range b.Fields {
		member := path + f.Name.Snake()
		switch f.Type.Kind {
		case schema.StructValue:
			out = append(out, members(typ, member+".", &f.Type.Struct.Body)...)
		case schema.FixedBytes:
			out = append(out, fmt.Sprintf("ARRAY(%s, %s)", typ, member))
		case schema.SizedBytes, schema.RestBytes, schema.TLVs:
			out = append(out, fmt.Sprintf("VIEW(%s, %s, %d)", typ, member, f.Type.Prefix))
		default:
			out = append(out, fmt.Sprintf("NUMBER(%s, %s)", typ, member))
		}
	}
	return out
}

// RecordNames are the messages, and the structs that they hold, as the host test lists them.
func (e *emitter) RecordNames() []string {
	var out []string
	for _, r := range e.messageCodecs() {
		out = append(out, r.snake())
	}
	return out
}

// Ends counts where a payload of zeros, which has no optional field, may end before it is whole. A generation all of whose
// fields are absent and whose presence byte is an older one has no bytes.
func (e *emitter) Ends(m *schema.Message) int {
	later := map[int]bool{}
	for _, f := range m.Fields {
		if f.Since > 1 && (f.Presence == nil || f.Bit == 0) {
			later[f.Since] = true
		}
	}
	return len(later)
}

// RecordTables say what the members of each record are.
func (e *emitter) RecordTables() []string {
	var out []string
	for _, r := range e.messageCodecs() {
		out = append(out, r.table())
	}
	return out
}

func (r *messageCodec) table() string {
	s := &source{}
	for _, f := range r.body.Fields {
		r.tablesOf(s, f)
	}
	s.line("static const member_t %s_members[] = {", r.snake())
	s.nested(func() {
		for _, f := range r.body.Fields {
			s.list("{", r.row(f), ",", "},")
		}
	})
	s.line("    {.kind = KIND_END},\n};")
	record := []string{fmt.Sprintf("\"%s\"", r.specName()), "sizeof(" + r.name + "_t)", r.snake() + "_members"}
	s.list("static const record_t "+r.snake()+"_record = {", record, ",", "};")
	return s.String()
}

// tablesOf writes what the row of a field points to.
func (r *messageCodec) tablesOf(s *source, f *schema.Field) {
	group := r.snake() + "_" + f.Name.Snake()
	for _, b := range f.Type.Bits {
		s.line("PART(%s, %s, %s)", group, b.Name.Snake(), intType(f.Type.Kind))
	}
	if len(f.Type.Bits) > 0 {
		s.line("static const part_t %s_parts[] = {", group)
		for _, b := range f.Type.Bits {
			part := b.Name.Snake()
			s.line("    {\"%s\", %s_get_%s, %s_with_%s},", part, group, part, group, part)
		}
		s.line("    {NULL, NULL, NULL},\n};")
	}
	if f.Scale != nil {
		macro := "SCALE"
		if f.Type.Kind == schema.Array {
			macro = "SCALES"
		}
		s.line("%s(%s, %s)", macro, r.snake(), f.Scale.Accessor.Snake())
	}
	if len(f.Type.Variants) > 0 {
		s.line("static const variant_t %s_variants[] = {", group)
		for _, v := range f.Type.Variants {
			s.line("    {\"%s\", %s, &%s_record},", v.Name.Snake(), r.tagMacro(f, v), v.Struct.Name.Snake())
		}
		s.line("    {NULL, 0, NULL},\n};")
	}
}

// row is the name of a field, its kind and where its members are.
func (r *messageCodec) row(f *schema.Field) []string {
	typ, name, t := r.name+"_t", f.Name.Snake(), &f.Type
	place := func(macro, suffix string) string { return fmt.Sprintf("%s(%s, %s%s)", macro, typ, name, suffix) }
	out := []string{`"` + name + `"`, rowKind(scalar(t))}
	if t.Kind == schema.Array {
		out = append(out, place("ELEMENTS", ""))
		if t.Count == 0 {
			out = append(out, place("COUNTER", "_count"))
		}
	} else {
		out = append(out, place("AT", ""))
	}
	if f.Presence != nil {
		out = append(out, fmt.Sprintf("OPTIONAL(%s, has_%s)", typ, name))
	}
	switch {
	case t.Kind == schema.String || t.Kind == schema.SizedBytes:
		out = append(out, place("COUNTER", "_len"))
	case t.Kind == schema.Union:
		out = append(out, place("TAG", "_tag"), fmt.Sprintf(".variants = %s_%s_variants", r.snake(), name))
	case len(t.Bits) > 0:
		out = append(out, fmt.Sprintf(".parts = %s_%s_parts", r.snake(), name))
	case f.Scale != nil:
		out = append(out, fmt.Sprintf(".scale = &%s_%s_scale", r.snake(), f.Scale.Accessor.Snake()))
	case scalar(t).Struct != nil:
		out = append(out, fmt.Sprintf(".record = &%s_record", scalar(t).Struct.Name.Snake()))
	}
	return out
}

func rowKind(t *schema.Type) string {
	switch t.Kind {
	case schema.F32, schema.F64:
		return "KIND_FLOAT"
	case schema.Bool:
		return "KIND_BOOL"
	case schema.String:
		return "KIND_STRING"
	case schema.FixedBytes, schema.SizedBytes:
		return "KIND_BYTES"
	case schema.StructValue:
		return "KIND_STRUCT"
	case schema.Union:
		return "KIND_UNION"
	}
	if t.Kind.Signed() {
		return "KIND_SIGNED"
	}
	return "KIND_UNSIGNED"
}
