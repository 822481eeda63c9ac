package pygen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// record writes a message, a packet or a struct as a dataclass.
type record struct {
	*source
	name    schema.Name
	body    *schema.Body
	message bool           // or a struct that messages hold
	packet  *schema.Packet // nil: it is none
}

func (r *record) class() string { return class(r.name) }

// where names a field for people who read an error.
func (r *record) where(f *schema.Field) string {
	return strconv.Quote(string(r.name) + "." + f.Name.Snake())
}

// declare writes the class; its methods follow from methods.
func (r *record) declare(doc string, constants, methods func()) {
	r.from("dataclasses", "dataclass")
	r.line("")
	r.line("")
	r.line("@dataclass(slots=True)")
	r.block("class "+r.class()+":", func() {
		r.doc(oneOr(doc, string(r.name)+"."))
		constants()
		for _, f := range r.body.Fields {
			r.line("")
			r.attribute(f)
		}
		r.metadata()
		methods()
	})
}

// oneOr returns a text, or another one where there is none.
func oneOr(text, other string) string {
	if strings.TrimSpace(text) == "" {
		return other
	}
	return text
}

// constant writes a constant of the class.
func (r *record) constant(name, typ, value string) {
	r.line("%s: %s[%s] = %s", name, r.from("typing", "ClassVar"), typ, value)
}

// method writes a method with the decorators it has; its head has everything but the colon.
func (r *record) method(head, doc string, body func(), decorators ...string) {
	r.line("")
	for _, d := range decorators {
		r.line("@%s", d)
	}
	r.block(head+":", func() {
		r.doc(doc)
		body()
	})
}

// annotation is the type of a field.
func (r *record) annotation(f *schema.Field) string {
	t := r.typeOf(f, &f.Type)
	if f.Presence != nil {
		t += " | None"
	}
	return t
}

func (r *record) typeOf(f *schema.Field, t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return r.from(".values", class(t.Enum.Name)) + " | int"
	case t.Flags != nil:
		return r.from(".values", class(t.Flags.Name))
	case t.Kind.Integer():
		return "int"
	case t.Kind.Float():
		return "float"
	}
	switch t.Kind {
	case schema.Bool:
		return "bool"
	case schema.String:
		return "str"
	case schema.StructValue:
		return class(t.Struct.Name)
	case schema.Union:
		return unionClass(r.name, f)
	case schema.Array:
		return "list[" + r.typeOf(f, t.Elem) + "]"
	case schema.TLVs:
		return "list[tuple[int, bytes]]"
	case schema.FixedBytes, schema.SizedBytes, schema.RestBytes:
		return "bytes"
	}
	r.fault("%s.%s: a type of kind %d", r.name, f.Name, t.Kind)
	return ""
}

// attribute writes the declaration of a field.
func (r *record) attribute(f *schema.Field) {
	head := attribute(f.Name) + ": " + r.annotation(f) + " = "
	if arg := r.factory(f); arg != "" {
		r.list(head+r.from("dataclasses", "field")+"(", []string{arg}, ")")
	} else {
		r.line("%s%s", head, initial(f))
	}
	r.doc(r.fieldDoc(f))
}

// factory is how a field gets a value that is made anew for each object, or by a call; "" for others.
func (r *record) factory(f *schema.Field) string {
	t := &f.Type
	switch {
	case f.Presence != nil:
		return ""
	case t.Kind == schema.TLVs || t.Kind == schema.Array && t.Count == 0:
		return "default_factory=list"
	case t.Kind == schema.Array && t.Elem.Kind == schema.StructValue:
		return fmt.Sprintf("default_factory=lambda: [%s() for _ in range(%d)]", class(t.Elem.Struct.Name), t.Count)
	case t.Kind == schema.Array:
		return fmt.Sprintf("default_factory=lambda: [%s] * %d", zero(t.Elem), t.Count)
	case t.Kind == schema.StructValue || t.Kind == schema.Union:
		return "default_factory=" + r.typeOf(f, t)
	case t.Flags != nil:
		return "default=" + zero(t)
	}
	return ""
}

// initial is what a field has at first.
func initial(f *schema.Field) string {
	t := &f.Type
	switch {
	case f.Presence != nil:
		return "None"
	case f.Default == nil:
		return zero(t)
	}
	switch d := f.Default; {
	case d.Enum != nil:
		return enumMember(t.Enum, d.Enum)
	case t.Kind == schema.Bool:
		return boolean(d.Bool)
	case t.Kind == schema.String:
		return quoted(d.Text)
	case t.Kind.Float():
		return float(d.Float)
	default:
		return d.Raw.String()
	}
}

// zero is the value whose bytes are 0, or that has none.
func zero(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		for _, v := range t.Enum.Values {
			if v.Value.Sign() == 0 {
				return enumMember(t.Enum, v)
			}
		}
	case t.Flags != nil:
		return class(t.Flags.Name) + "(0)"
	case t.Kind.Float():
		return "0.0"
	}
	switch t.Kind {
	case schema.Bool:
		return "False"
	case schema.String:
		return `""`
	case schema.FixedBytes:
		return fmt.Sprintf("bytes(%d)", t.Size)
	case schema.SizedBytes, schema.RestBytes:
		return `b""`
	}
	return "0"
}

func boolean(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// float writes a number so that Python reads the same and ruff leaves it.
func float(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	text = strings.Replace(text, "e+", "e", 1)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// fieldDoc says what a field is, in which unit and when it is there.
func (r *record) fieldDoc(f *schema.Field) string {
	var parts []string
	if s := f.Scale; s != nil {
		part := "In " + s.Factor
		if f.Unit != "" {
			part += " " + f.Unit
		}
		if s.Offset != "0" {
			part += " from " + s.Offset
		}
		parts = append(parts, part+"; see "+s.Accessor.Snake())
	} else if f.Unit != "" {
		parts = append(parts, "In "+f.Unit)
	}
	for _, rng := range f.Ranges {
		s := fmt.Sprintf("%s..%s", rng.Min, rng.Max)
		if rng.If != nil {
			s += " if " + schema.CondString(rng.If)
		}
		parts = append(parts, s)
	}
	if b := f.Bounds; b != nil && (b.HasMin || b.HasMax) {
		parts = append(parts, bounds(b))
	}
	if s := sizes(&f.Type); s != "" {
		parts = append(parts, s)
	}
	if when := there(f.If, r.caseOf(f)); when != "" {
		parts = append(parts, "There if "+when)
	}
	if f.Since > 1 {
		parts = append(parts, fmt.Sprintf("Since generation %d", f.Since))
	}
	text := strings.Join(parts, ". ")
	if text != "" {
		text += "."
	}
	return strings.TrimSpace(strings.TrimSpace(f.Doc) + " " + text)
}

func bounds(b *schema.Bounds) string {
	switch {
	case !b.HasMax:
		return "At least " + float(b.Min)
	case !b.HasMin:
		return "At most " + float(b.Max)
	}
	return float(b.Min) + ".." + float(b.Max)
}

func sizes(t *schema.Type) string {
	switch t.Kind {
	case schema.String:
		return fmt.Sprintf("Up to %d bytes of UTF-8", t.MaxLen)
	case schema.SizedBytes:
		return fmt.Sprintf("%d..%d bytes", t.MinLen, t.MaxLen)
	case schema.FixedBytes:
		return fmt.Sprintf("%d bytes", t.Size)
	case schema.RestBytes:
		if t.MaxLen != schema.Unbounded {
			return fmt.Sprintf("%d..%d bytes", t.MinLen, t.MaxLen)
		}
		return fmt.Sprintf("At least %d bytes", t.MinLen)
	case schema.Array:
		if t.Count > 0 {
			return fmt.Sprintf("Always %d", t.Count)
		}
		return fmt.Sprintf("Up to %d", t.MaxLen)
	case schema.TLVs:
		return "Types and values. Those with an odd type are critical: who does not know one refuses"
	}
	return ""
}

// caseOf returns the choice that a field belongs to, nil where there is none.
func (r *record) caseOf(f *schema.Field) *schema.Equals {
	for _, it := range r.body.Items {
		if s, ok := it.(*schema.Switch); ok {
			for _, c := range s.Cases {
				for _, inner := range c.Fields {
					if inner == f {
						return &schema.Equals{Field: s.On, Value: c.Value}
					}
				}
			}
		}
	}
	return nil
}

// metadata writes what is known of the fields.
func (r *record) metadata() {
	open := "FIELDS: " + r.from("typing", "ClassVar") + "[tuple[" + r.wire("Field") + ", ...]] = "
	var items []string
	for _, f := range r.body.Fields {
		items = append(items, "Field("+strings.Join(known(f), ", ")+")")
	}
	r.line("")
	if line := open + tuple(items); r.fits(line) {
		r.line("%s", line)
	} else {
		r.line("%s(", open)
		r.nested(func() {
			for i, f := range r.body.Fields {
				r.knownField(f, items[i]+",")
			}
		})
		r.line(")")
	}
	r.line(`"""The fields in the order of the wire."""`)
}

// known says what is known of a field; its parts are last.
func known(f *schema.Field) []string {
	args := []string{quoted(attribute(f.Name)), quoted(typeName(&f.Type))}
	if f.Unit != "" {
		args = append(args, "unit="+quoted(oneLine(f.Unit)))
	}
	if f.Scale != nil {
		args = append(args, "scaled="+quoted(f.Scale.Accessor.Snake()))
	}
	if len(f.Type.Bits) > 0 {
		args = append(args, "parts="+tuple(partNames(f)))
	}
	return args
}

func partNames(f *schema.Field) []string {
	var names []string
	for _, b := range f.Type.Bits {
		names = append(names, quoted(partName(f, b)))
	}
	return names
}

// knownField writes what is known of a field: the line if it fits.
func (r *record) knownField(f *schema.Field, line string) {
	if r.fits(line) {
		r.line("%s", line)
		return
	}
	r.line("Field(")
	r.nested(func() {
		for _, arg := range known(f) {
			if strings.HasPrefix(arg, "parts=") && !r.fits(arg+",") {
				r.list("parts=(", partNames(f), "),")
			} else {
				r.line("%s,", arg)
			}
		}
	})
	r.line("),")
}

// tuple writes a tuple of some items.
func tuple(items []string) string {
	if len(items) == 1 {
		return "(" + items[0] + ",)"
	}
	return "(" + strings.Join(items, ", ") + ")"
}

// typeName is a type in the words of the spec, or the name of its class.
func typeName(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return class(t.Enum.Name)
	case t.Flags != nil:
		return class(t.Flags.Name)
	case t.Kind == schema.StructValue:
		return class(t.Struct.Name)
	case t.Kind == schema.Array && t.Count > 0:
		return fmt.Sprintf("%s[%d]", typeName(t.Elem), t.Count)
	case t.Kind == schema.Array:
		return typeName(t.Elem) + "[]"
	}
	return kindNames[t.Kind]
}

var kindNames = map[schema.Kind]string{
	schema.U8: "u8", schema.U16: "u16", schema.U32: "u32", schema.U64: "u64", schema.I8: "i8", schema.I16: "i16", schema.I32: "i32",
	schema.I64: "i64", schema.F32: "f32", schema.F64: "f64", schema.Bool: "bool", schema.String: "string", schema.Union: "union",
	schema.FixedBytes: "bytes", schema.SizedBytes: "bytes", schema.RestBytes: "bytes", schema.TLVs: "tlv",
}
