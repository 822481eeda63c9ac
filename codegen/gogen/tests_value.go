package gogen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// subject is a type that tests fill and write: a packet, a message, or a struct of either.
type subject struct {
	*suite
	name   string // of the Go type
	packet string // of the packet, for its flags; "" for others
	body   *schema.Body
}

func (s subject) member(f *schema.Field) string { return "p." + f.Name.Pascal() }

func (s subject) cond(c schema.Cond) string { return condition(c, s.packet, "p.Flags", s.member) }

// when emits what f emits, within an if where there is a condition.
func (s subject) when(cond string, f func()) {
	if cond == "true" {
		f()
		return
	}
	s.line("if %s {", cond)
	f()
	s.line("}")
}

// each calls f for each field, where there is code that makes sure that the field is there.
func (s subject) each(f func(*schema.Field)) {
	for _, it := range s.body.Items {
		switch it := it.(type) {
		case *schema.Field:
			s.when(s.cond(it.If), func() { f(it) })
		case *schema.Switch:
			s.line("switch %s {", s.member(it.On))
			for _, c := range it.Cases {
				s.line("case %s:", enumConst(it.On, c.Value))
				for _, field := range c.Fields {
					s.when(s.cond(field.If), func() { f(field) })
				}
			}
			s.line("}")
		}
	}
}

// random emits the function that returns a value that can be encoded.
func (s subject) random(first func()) {
	s.line("func random%s(r *rand.Rand) %s {\nvar p %s", s.name, s.name, s.name)
	first()
	s.each(func(f *schema.Field) {
		if f.Presence != nil {
			has := "p.Has" + f.Name.Pascal()
			s.line("if %s = r.IntN(2) == 0; %s {", has, has)
			s.fill(f, &f.Type, s.member(f))
			s.line("}")
			return
		}
		s.fill(f, &f.Type, s.member(f))
	})
	s.line("return p\n}\n")
}

// fill emits the filling of a value.
func (s subject) fill(f *schema.Field, t *schema.Type, v string) {
	switch {
	case t.Enum != nil:
		s.line("%s = one(r, %s)", v, strings.Join(s.choices(f, t), ", "))
		return
	case t.Flags != nil || len(t.Bits) > 0:
		s.line("%s = %s(r.Uint64())&%#x", v, goType(t), mask(t))
		return
	case t.Kind.Integer():
		s.fillInteger(f, t, v)
		return
	}
	switch t.Kind {
	case schema.F32, schema.F64:
		s.line("%s = one[%s](r, %s)", v, goType(t), strings.Join(floats(f), ", "))
	case schema.Bool:
		s.line("%s = r.IntN(2) == 0", v)
	case schema.String:
		s.line("%s = text(r, %d)", v, t.MaxLen)
	case schema.FixedBytes:
		s.line("%s = [%d]byte(blob(r, %d, %d))", v, t.Size, t.Size, t.Size)
	case schema.SizedBytes:
		s.line("%s = blob(r, %d, %d)", v, t.MinLen, t.MaxLen)
	case schema.RestBytes:
		most := t.MaxLen
		if most == schema.Unbounded {
			most = t.MinLen + max(0, schema.MaxShortBody+1-s.body.Min) // with the least of all others, a byte too long for Append
		}
		s.line("%s = blob(r, %d, %d)", v, t.MinLen, most)
	case schema.TLVs:
		s.line("%s = extensions(r)", v)
	case schema.StructValue:
		s.line("%s = random%s(r)", v, goType(t))
	case schema.Union:
		s.line("%s = random%s(r)", v, s.unionType(f))
	case schema.Array:
		if t.Count == 0 {
			s.line("%s = make(%s, between(r, 0, %d))", v, goType(t), t.MaxLen)
		}
		s.line("for i := range %s {", v)
		s.fill(f, t.Elem, v+"[i]")
		s.line("}")
	}
}

func (s subject) unionType(f *schema.Field) string { return s.name + f.Name.Pascal() }

// choices returns the values of an enum: those with a case where the field decides what follows.
func (s subject) choices(f *schema.Field, t *schema.Type) []string {
	var values []string
	for _, it := range s.body.Items {
		if sw, ok := it.(*schema.Switch); ok && sw.On == f {
			for _, c := range sw.Cases {
				values = append(values, enumConst(f, c.Value))
			}
			return values
		}
	}
	for _, v := range t.Enum.Values {
		values = append(values, t.Enum.Name.Pascal()+v.Name.Pascal())
	}
	return values
}

func (s subject) fillInteger(f *schema.Field, t *schema.Type, v string) {
	lo, hi := f.Limits()
	conditional := slices.DeleteFunc(slices.Clone(f.Ranges), func(r schema.Range) bool { return r.If == nil })
	if len(conditional) == 0 {
		s.line("%s = between[%s](r, %s, %s)", v, goType(t), lo, hi)
		return
	}
	s.line("{\nlo, hi := %s(%s), %s(%s)", goType(t), lo, goType(t), hi)
	for _, r := range conditional {
		s.line("if %s {", s.cond(r.If))
		if r.HasMin {
			s.line("lo = max(lo, %s)", r.Min)
		}
		if r.HasMax {
			s.line("hi = min(hi, %s)", r.Max)
		}
		s.line("}")
	}
	s.line("%s = between(r, lo, hi)\n}", v)
}

// floats returns numbers within the bounds of a field, among them the bounds.
func floats(f *schema.Field) []string {
	var values []string
	add := func(v float64) { values = append(values, strconv.FormatFloat(v, 'g', -1, 64)) }
	if b := f.Bounds; b != nil {
		if b.HasMin {
			add(b.Min)
		}
		if b.HasMax {
			add(b.Max)
		}
	}
	for _, v := range []float64{0, 0.1, -1.5, 1e30, -1e-30} {
		if b := f.Bounds; b == nil || b.Min <= v && v <= b.Max {
			add(v)
		}
	}
	return values
}

// union emits the functions of a union's type.
func (s subject) union(f *schema.Field) {
	name := s.unionType(f)
	s.line("func random%s(r *rand.Rand) %s {\nvar p %s\np.Reset()", name, name, name)
	tags := "0"
	for _, v := range f.Type.Variants {
		tags += ", " + name + v.Name.Pascal()
	}
	unknown, some := unnamedTag(f)
	if some {
		tags += fmt.Sprintf(", %d", unknown)
	}
	s.line("switch p.Tag = one(r, %s); p.Tag {", tags)
	for _, v := range f.Type.Variants {
		s.line("case %s:\np.%s = random%s(r)", name+v.Name.Pascal(), v.Name.Pascal(), v.Struct.Name.Pascal())
	}
	if some {
		s.line("case %d:\np.Raw = blob(r, 0, 9)", unknown)
	}
	s.line("}\nreturn p\n}\n")

	s.line("func wireOf%s(p %s) []byte {\nvar body []byte\nswitch p.Tag {", name, name)
	for _, v := range f.Type.Variants {
		s.line("case %s:\nbody = wireOf%s(p.%s)", name+v.Name.Pascal(), v.Struct.Name.Pascal(), v.Name.Pascal())
	}
	s.line("}\nbody = append(body, p.Raw...)\nreturn append(put(nil, p.Tag, uint16(len(body))), body...)\n}\n")
}

// unnamedTag returns the least tag of a union without a variant, if there is one.
func unnamedTag(f *schema.Field) (tag int, ok bool) {
	named := map[int]bool{}
	for _, v := range f.Type.Variants {
		named[int(v.Tag)] = true
	}
	for tag = 1; tag < 256; tag++ {
		if !named[tag] {
			return tag, true
		}
	}
	return 0, false
}

// wire emits the function that writes a value field by field. One of a message with generations writes up to one of them.
func (s subject) wire(id string, generations int) {
	until := ""
	if generations > 0 {
		until = ", until int"
	}
	s.line("func wireOf%s(p %s%s) []byte {", s.name, s.name, until)
	w := subject{&suite{generator: s.generator}, s.name, s.packet, s.body}
	w.line("var b []byte")
	if id != "" {
		w.line("b = put(b, %s)", id)
	}
	since := 1
	w.each(func(f *schema.Field) {
		if f.Since > since {
			since = f.Since
			w.line("if until < %d {\nreturn b\n}", since)
		}
		if f.Presence == nil {
			w.write(f, &f.Type, w.member(f))
			return
		}
		if f.Bit == 0 {
			var bits []string
			for _, f := range f.Presence.Fields {
				bits = append(bits, "p.Has"+f.Name.Pascal())
			}
			w.line("b = put(b, presence(%s))", strings.Join(bits, ", "))
		}
		w.line("if p.Has%s {", f.Name.Pascal())
		w.write(f, &f.Type, w.member(f))
		w.line("}")
	})
	s.line("%sreturn b\n}\n", joinPuts(w.Code()))
}

// joinPuts joins what is put in a row.
func joinPuts(code string) string {
	var out []string
	for line := range strings.Lines(code) {
		values, put := strings.CutPrefix(line, "b = put(b, ")
		last := len(out) - 1
		switch {
		case put && out[last] == "var b []byte\n":
			out[last] = "b := put(nil, " + values
		case put && strings.Contains(out[last], " put(") && len(out[last])+len(values) < 110:
			out[last] = strings.TrimSuffix(out[last], ")\n") + ", " + values
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// write emits the writing of a value.
func (s subject) write(f *schema.Field, t *schema.Type, v string) {
	prefix := ""
	if t.Prefix > 0 {
		prefix = fmt.Sprintf("uint%d(len(%s)), ", 8*t.Prefix, v)
	}
	switch t.Kind {
	case schema.String:
		s.line("b = put(b, %s[]byte(%s))", prefix, v)
	case schema.StructValue:
		s.line("b = put(b, wireOf%s(%s))", goType(t), v)
	case schema.Union:
		s.line("b = put(b, wireOf%s(%s))", s.unionType(f), v)
	case schema.Array:
		if t.Elem.Kind != schema.StructValue {
			s.line("b = put(b, %s%s)", prefix, v)
			return
		}
		if prefix != "" {
			s.line("b = put(b, %s)", strings.TrimSuffix(prefix, ", "))
		}
		s.line("for _, v := range %s {\nb = put(b, wireOf%s(v))\n}", v, goType(t.Elem))
	default:
		s.line("b = put(b, %s%s)", prefix, v)
	}
}
