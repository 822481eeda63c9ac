package tsgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// record is a struct, a message or a packet: a class, and functions beside it that read and write its body.
type record struct {
	*generator
	name   string
	body   *schema.Body
	packet *schema.Packet           // nil: a struct or a message
	strict bool                     // it follows the rules of packets, whose decoder checks ranges
	maybe  map[*schema.Field]bool   // fields that are not always there
	when   map[*schema.Field]string // the case of a switch in which a field stands
}

func (g *generator) record(name schema.Name, body *schema.Body, strict bool) record {
	r := record{
		generator: g, name: string(name), body: body, strict: strict, maybe: map[*schema.Field]bool{}, when: map[*schema.Field]string{},
	}
	for _, it := range body.Items {
		switch it := it.(type) {
		case *schema.Field:
			r.maybe[it] = it.If != nil || it.Presence != nil
		case *schema.Switch:
			for _, c := range it.Cases {
				for _, f := range c.Fields {
					r.maybe[f] = true
					r.when[f] = fmt.Sprintf("%s == %s", it.On.Name, c.Value.Name)
				}
			}
		}
	}
	return r
}

func (g *generator) structure(s *schema.Struct) {
	r := g.record(s.Name, &s.Body, !s.Message)
	r.class(s.Doc, func() {}, func() {
		if s.Message {
			return
		}
		r.method("Decodes what a packet holds; what follows the last field is ignored. Throws a CodecError.",
			fmt.Sprintf("static decode(bytes«: Uint8Array»)«: %s»", r.name), fmt.Sprintf("return read%s(new wire.Reader(bytes));", r.name))
		r.method("Returns the bytes. Throws a CodecError where a value is out of its range.", "encode()«: Uint8Array»",
			"const w = new wire.Writer();", fmt.Sprintf("write%s(w, this);", r.name), "return w.bytes();")
	})
	r.codec()
}

func (g *generator) message(m *schema.Message) {
	r := g.record(m.Name, &m.Body, false)
	r.class(m.Doc, func() {
		r.constant("The first byte of a payload.", "ID", strconv.Itoa(int(m.ID)))
		r.constant("Below the device's own topic; empty for that itself.", "TOPIC", quote(m.Topic))
		r.constant("Bytes of the longest payload, the id included.", "MAX_SIZE", strconv.Itoa(m.MaxSize()))
	}, func() {
		r.method("Decodes a payload, the id included; what follows the last field is ignored. Throws an UnknownIdError where it is of "+
			"another message, and else a CodecError.",
			fmt.Sprintf("static decode(payload«: Uint8Array»)«: %s»", r.name),
			"const r = new wire.Reader(payload);", fmt.Sprintf("r.id(%s.ID, %q);", r.name, r.name), fmt.Sprintf("return read%s(r);", r.name))
		r.kind()
		r.method("Returns the payload, the id included. Throws what validate throws.", "encode()«: Uint8Array»",
			"const w = new wire.Writer();", fmt.Sprintf("w.u8(%s.ID);", r.name), fmt.Sprintf("write%s(w, this);", r.name), "return w.bytes();")
		r.method("Throws a CodecError where there is what cannot be encoded: a value out of its range or without a name, a length out of "+
			"its limits, text that UTF-8 has no bytes for.", "validate()«: void»", "this.encode();")
	})
	r.codec()
}

// class writes the class. Its constants stand first, its methods before those that all have.
func (r record) class(doc string, constants, methods func()) {
	for _, f := range r.body.Fields {
		if f.Type.Kind == schema.Union {
			r.union(f)
		}
	}
	r.gap()
	r.comment(doc)
	r.block(func() {
		constants()
		if r.packet != nil && len(r.packet.Flags) > 0 {
			r.line("flags«: %sFlags» = 0;", r.name)
			r.gap()
		}
		for _, f := range r.body.Fields {
			r.comment(r.fieldDoc(f))
			r.line("%s«: %s» = %s;", camel(f.Name), r.property(f), r.initial(f))
			r.gap()
		}
		r.function(fmt.Sprintf("constructor(fields«?: wire.Init<%s>»)", r.name), "Object.assign(this, fields);")
		for _, f := range r.body.Fields {
			r.scaled(f)
			r.parts(f)
		}
		methods()
		r.method("Returns the fields that are there, and their values.", "fields()«: [wire.FieldInfo, unknown][]»",
			fmt.Sprintf("return wire.present(this, %s.FIELDS);", r.name))
		r.metadata()
	}, "export class %s", r.name)
}

// codec writes the functions beside the class.
func (r record) codec() {
	r.read()
	r.write()
}

// constant writes a static property.
func (r record) constant(doc, name, value string) {
	r.comment(doc)
	r.line("static «readonly »%s«: %s» = %s;", name, value, value)
	r.gap()
}

// kind writes the property that tells the classes of a union apart.
func (r record) kind() {
	r.method("Its name in the spec.", fmt.Sprintf("get type()«: %q»", r.name), fmt.Sprintf("return %q;", r.name))
}

func (r record) method(doc, head string, body ...string) {
	r.gap()
	r.comment(doc)
	r.function(head, body...)
}

func (r record) function(head string, body ...string) {
	r.block(func() {
		for _, line := range body {
			r.line("%s", line)
		}
	}, "%s", head)
}

// metadata writes what is known of the fields.
func (r record) metadata() {
	r.gap()
	r.comment("What is known of the fields, in order.")
	const head = "static «readonly »FIELDS«: readonly wire.FieldInfo[]» = ["
	if len(r.body.Fields) == 0 {
		r.line(head + "];")
		return
	}
	r.line(head)
	r.nested(func() {
		for _, f := range r.body.Fields {
			r.line("{ %s },", strings.Join(describe(f), ", "))
		}
	})
	r.line("];")
}

// describe returns the members of a wire.FieldInfo.
func describe(f *schema.Field) []string {
	members := []string{"name: " + quote(f.Name.Snake()), "property: " + quote(camel(f.Name))}
	t := &f.Type
	if t.Kind == schema.Array {
		t = t.Elem
	}
	members = append(members, "type: "+quote(typeWord(t)))
	switch {
	case f.Type.Kind == schema.Array && f.Type.Count > 0:
		members = append(members, `array: "fixed"`)
	case f.Type.Kind == schema.Array:
		members = append(members, `array: "counted"`)
	}
	if f.Type.Prefix > 0 {
		members = append(members, fmt.Sprintf("max: %d", f.Type.MaxLen))
	}
	if f.Unit != "" {
		members = append(members, "unit: "+quote(f.Unit))
	}
	if t.Enum != nil {
		members = append(members, "names: "+string(t.Enum.Name))
	}
	if t.Flags != nil {
		members = append(members, "names: "+string(t.Flags.Name))
	}
	if s := f.Scale; s != nil {
		members = append(members, fmt.Sprintf("scaled: { name: %q, property: %q, decimals: %d }", s.Accessor.Snake(), camel(s.Accessor), s.Decimals))
	}
	if len(t.Bits) > 0 {
		parts := make([]string, len(t.Bits))
		for i, b := range t.Bits {
			parts[i] = fmt.Sprintf("{ name: %q, property: %q }", b.Name.Snake(), partName(f, b))
		}
		members = append(members, "parts: ["+strings.Join(parts, ", ")+"]")
	}
	if len(t.Variants) > 0 {
		tags := make([]string, len(t.Variants))
		for i, v := range t.Variants {
			tags[i] = fmt.Sprintf("%s: %d", v.Name.Snake(), v.Tag)
		}
		members = append(members, "variants: { "+strings.Join(tags, ", ")+" }")
	}
	return members
}

var typeWords = map[schema.Kind]string{
	schema.U8: "u8", schema.U16: "u16", schema.U32: "u32", schema.U64: "u64", schema.I8: "i8", schema.I16: "i16", schema.I32: "i32", schema.I64: "i64",
	schema.F32: "f32", schema.F64: "f64", schema.Bool: "bool", schema.String: "string", schema.FixedBytes: "bytes", schema.SizedBytes: "bytes",
	schema.RestBytes: "bytes", schema.TLVs: "tlv", schema.StructValue: "struct", schema.Union: "union",
}

func typeWord(t *schema.Type) string { return typeWords[t.Kind] }

// property returns the type of a field's property.
func (r record) property(f *schema.Field) string {
	if r.maybe[f] {
		return r.value(f, &f.Type) + " | undefined"
	}
	return r.value(f, &f.Type)
}

// value returns the type of a field's values.
func (r record) value(f *schema.Field, t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return string(t.Enum.Name)
	case t.Flags != nil:
		return string(t.Flags.Name)
	}
	switch t.Kind {
	case schema.Bool:
		return "boolean"
	case schema.String:
		return "string"
	case schema.FixedBytes, schema.SizedBytes, schema.RestBytes:
		return "Uint8Array"
	case schema.StructValue:
		return string(t.Struct.Name)
	case schema.Union:
		return r.unionName(f)
	case schema.TLVs:
		return "wire.Tlv[]"
	case schema.Array:
		return r.value(f, t.Elem) + "[]"
	}
	return scalar(t.Kind)
}

// initial returns what a property is at first.
func (r record) initial(f *schema.Field) string {
	if r.maybe[f] {
		return "undefined"
	}
	t, d := &f.Type, f.Default
	switch {
	case d == nil:
		return zero(t)
	case d.Enum != nil:
		return string(t.Enum.Name) + "." + string(d.Enum.Name)
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		return float(d.Float)
	case t.Kind == schema.Bool:
		return strconv.FormatBool(d.Bool)
	case t.Kind == schema.String:
		return quote(d.Text)
	}
	return literal(t.Kind, d.Raw)
}

func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// zero returns the value whose bytes are zero, or that has none.
func zero(t *schema.Type) string {
	switch t.Kind {
	case schema.U64, schema.I64:
		return "0n"
	case schema.Bool:
		return "false"
	case schema.String:
		return `""`
	case schema.FixedBytes:
		return fmt.Sprintf("new Uint8Array(%d)", t.Size)
	case schema.SizedBytes, schema.RestBytes:
		return "new Uint8Array(0)"
	case schema.StructValue:
		return fmt.Sprintf("new %s()", t.Struct.Name)
	case schema.Union:
		return "{ tag: 0, value: new Uint8Array(0) }"
	case schema.TLVs:
		return "[]"
	case schema.Array:
		if t.Count == 0 {
			return "[]"
		}
		return fmt.Sprintf("wire.times(%d, () => %s)", t.Count, zero(t.Elem))
	}
	return "0"
}

// fieldDoc says what a field is, how it is scaled, and when it is there.
func (r record) fieldDoc(f *schema.Field) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if f.Doc != "" {
		add("%s", strings.TrimSuffix(strings.TrimSpace(f.Doc), "."))
	}
	unit := f.Unit
	if s := f.Scale; s != nil {
		unit = strings.TrimSpace(s.Factor + " " + f.Unit)
		if s.Offset != "0" {
			unit += " from " + s.Offset
		}
	}
	if unit != "" {
		add("in %s", unit)
	}
	for _, rng := range f.Ranges {
		if rng.If != nil {
			add("%s..%s if %s", rng.Min, rng.Max, schema.CondString(rng.If))
		} else {
			add("%s..%s", rng.Min, rng.Max)
		}
	}
	if b := f.Bounds; b != nil {
		add("%g..%g", b.Min, b.Max)
	}
	switch t := &f.Type; {
	case t.Kind == schema.FixedBytes:
		add("%d bytes", t.Size)
	case t.Kind == schema.String || t.Kind == schema.SizedBytes:
		add("up to %d bytes", t.MaxLen)
	case t.Kind == schema.Array && t.Count == 0:
		add("up to %d", t.MaxLen)
	case t.Kind == schema.Array:
		add("%d of them", t.Count)
	}
	when := r.when[f]
	if cond := schema.CondString(f.If); cond != "" {
		when = strings.TrimPrefix(when+" and "+cond, " and ")
	}
	if when != "" {
		add("there if %s", when)
	}
	if f.Since > 1 {
		add("since generation %d", f.Since)
	}
	if len(parts) == 0 {
		return ""
	}
	return capital(strings.Join(parts, "; ")) + "."
}
