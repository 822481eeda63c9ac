package cgen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// messageEncoder writes the functions length and encode. length makes every check, so that encode only writes.
type messageEncoder struct {
	*messageCodec
	*source
}

func (r *messageCodec) length(s *source) { (&messageEncoder{r, s}).length() }
func (r *messageCodec) put(s *source)    { (&messageEncoder{r, s}).put() }

// lengthName is the function that checks a value and returns its size.
func (r *messageCodec) lengthName() string {
	if r.message != nil {
		return r.name + "_length"
	}
	return r.P() + "_wire_length_" + r.snake()
}

func (e *messageEncoder) length() {
	e.function("int "+e.lengthName(), "const "+e.name+"_t *in")
	fixed, exact, parts := e.fixed()
	if !exact {
		e.line("size_t n = %d;", fixed)
		if parts {
			e.line("int part;")
		}
		e.text("\n")
	}
	body := e.aside(func() {
		for _, step := range e.body.Steps {
			e.lengthStep(step)
		}
	})
	if exact && body == "" {
		e.line("(void)in;")
	}
	e.text("%s", body)
	if exact {
		e.line("return %d;", fixed)
	} else {
		e.line("return (int)n;")
	}
	e.close()
}

// fixed returns the bytes that are there in any case, whether there are no others, and whether structs have a part.
func (e *messageEncoder) fixed() (fixed int, exact, parts bool) {
	exact = true
	if e.message != nil {
		fixed = 1
	}
	nested := func(f *schema.Field) bool { return scalar(&f.Type).Struct != nil || f.Type.Kind == schema.Union }
	for _, step := range e.body.Steps {
		switch s := step.(type) {
		case *schema.Run:
			fixed += s.Size
		case *schema.Presence:
			fixed++
		case *schema.Var:
			exact = false
			fixed += head(&s.Field.Type)
			parts = parts || nested(s.Field)
		case *schema.Optional:
			exact = false
			parts = parts || nested(s.Field)
		}
	}
	return fixed, exact, parts
}

// head is the bytes that a type of no fixed size has in any case.
func head(t *schema.Type) int {
	if t.Kind == schema.Union {
		return unionHead
	}
	return t.Prefix
}

func (e *messageEncoder) lengthStep(step schema.Step) {
	switch s := step.(type) {
	case *schema.Run:
		for _, f := range s.Fields {
			e.valueChecks(f, fmt.Sprint(f.Type.Count))
		}
	case *schema.Var:
		e.lengthVar(s.Field)
	case *schema.Optional:
		e.line("if (in->has_%s) {", s.Field.Name.Snake())
		e.nested(func() {
			if n := s.Field.Type.Size + head(&s.Field.Type); n > 0 {
				e.line("n += %d;", n)
			}
			if s.Field.Type.Size > 0 {
				e.valueChecks(s.Field, fmt.Sprint(s.Field.Type.Count))
			} else {
				e.lengthVar(s.Field)
			}
		})
		e.line("}")
	}
}

// lengthVar checks one field of no fixed size and adds its bytes but for the head.
func (e *messageEncoder) lengthVar(f *schema.Field) {
	member, t := "in->"+f.Name.Snake(), &f.Type
	limit := func(size string) {
		if t.MaxLen < 1<<(8*t.Prefix)-1 {
			e.fail(fmt.Sprintf("%s > %d", size, t.MaxLen), e.errorName("LENGTH"))
		}
	}
	switch t.Kind {
	case schema.String:
		limit(member + "_len")
		e.fail(fmt.Sprintf("!%s_wire_utf8(%s, %s_len)", e.P(), member, member), e.errorName("TEXT"))
		e.line("n += %s_len;", member)
	case schema.SizedBytes:
		limit(member + "_len")
		e.line("n += %s_len;", member)
	case schema.StructValue:
		e.part(t.Struct, member)
	case schema.Array:
		count := fmt.Sprint(t.Count)
		if t.Count == 0 {
			count = member + "_count"
			limit(count)
		}
		if t.Elem.Struct != nil {
			e.loop(count, func() { e.part(t.Elem.Struct, member+"[i]") })
			return
		}
		e.valueChecks(f, count)
		e.line("n += (size_t)%s * %d;", count, t.Elem.Kind.Size())
	case schema.Union:
		e.line("switch (%s_tag) {", member)
		for _, v := range t.Variants {
			e.line("case %s:", e.tagMacro(f, v))
			e.nested(func() {
				e.part(v.Struct, member+"."+v.Name.Snake())
				e.line("break;")
			})
		}
		e.line("case 0:")
		e.nested(func() { e.line("break;") })
		e.line("default:")
		e.nested(func() {
			e.fail(member+".unknown.len > UINT16_MAX", e.errorName("LENGTH"))
			e.line("n += %s.unknown.len;", member)
			e.line("break;")
		})
		e.line("}")
	}
}

// part checks a struct within and adds its bytes.
func (e *messageEncoder) part(g *schema.Struct, member string) {
	e.line("part = %s(&%s);", messageStruct(e.emitter, g).lengthName(), member)
	e.fail("part < 0", "part")
	e.line("n += (size_t)part;")
}

// bound writes a number to compare with. A machine that calculates with more bits than the type has would give them to a
// literal too; a cast takes them off.
func bound(k schema.Kind, v float64) string {
	text := float(k, v)
	exact, _ := new(big.Rat).SetString(strings.TrimSuffix(text, "f"))
	if exact.Cmp(new(big.Rat).SetFloat64(v)) == 0 {
		return text
	}
	return "(" + map[schema.Kind]string{schema.F32: "float", schema.F64: "double"}[k] + ")" + text
}

// valueChecks refuses numbers that may not be written; count is the elements of an array.
func (e *messageEncoder) valueChecks(f *schema.Field, count string) {
	member := "in->" + f.Name.Snake()
	if f.Type.Kind == schema.Array {
		member += "[i]"
	}
	var tests []string
	for _, r := range f.Ranges {
		if test := rangeTest(scalar(&f.Type).Kind, r, member); test != "" {
			tests = append(tests, test)
		}
	}
	t := scalar(&f.Type)
	if b := f.Bounds; b != nil {
		if b.HasMin {
			tests = append(tests, fmt.Sprintf("!(%s >= %s)", member, bound(t.Kind, b.Min)))
		}
		if b.HasMax {
			tests = append(tests, fmt.Sprintf("!(%s <= %s)", member, bound(t.Kind, b.Max)))
		}
	}
	if t.Enum != nil {
		tests = append(tests, fmt.Sprintf("!%s_wire_has_%s(%s)", e.P(), t.Enum.Name.Snake(), member))
	}
	if unnamed, some := unnamedBits(t); some {
		tests = append(tests, fmt.Sprintf("(%s & %s) != 0", member, unnamed))
	}
	if len(tests) == 0 {
		return
	}
	fail := func() { e.fail(strings.Join(tests, " || "), e.errorName("RANGE")) }
	if f.Type.Kind == schema.Array {
		e.loop(count, fail)
		return
	}
	fail()
}

// unnamedBits are the bits of flags or a byte group that have no name, and whether there are any.
func unnamedBits(t *schema.Type) (string, bool) {
	var mask uint64
	switch {
	case t.Flags != nil:
		mask = t.Flags.Mask()
	case t.Bits != nil:
		for _, b := range t.Bits {
			mask |= b.Mask()
		}
	default:
		return "", false
	}
	all := ^uint64(0) >> (64 - 8*t.Kind.Size())
	return hex(t.Kind, all&^mask), all&^mask != 0
}

// hex writes bits of an unsigned kind.
func hex(k schema.Kind, v uint64) string {
	suffix := "u"
	if k == schema.U64 {
		suffix = "ULL"
	}
	return fmt.Sprintf("0x%0*x%s", 2*k.Size(), v, suffix)
}

func (r *messageCodec) putName() string { return r.P() + "_wire_put_" + r.snake() }

func (e *messageEncoder) put() {
	if e.message == nil {
		e.function("uint8_t *"+e.putName(), "uint8_t *p", "const "+e.name+"_t *in")
		e.putSteps()
		if len(e.body.Steps) == 0 {
			e.line("(void)in;")
		}
		e.line("return p;")
		e.close()
		return
	}
	e.function("int "+e.name+"_encode", "const "+e.name+"_t *in", "uint8_t *buf", "size_t cap")
	e.line("const int n = %s(in);", e.lengthName())
	e.line("uint8_t *p = buf;")
	e.text("\n")
	e.fail("n < 0", "n")
	e.fail("cap < (size_t)n", e.errorName("CAPACITY"))
	e.line("p = %s_wire_put8(p, %s_ID);", e.P(), e.macro)
	e.putSteps()
	e.line("return (int)(p - buf);")
	e.close()
}

func (e *messageEncoder) putSteps() {
	for _, step := range e.body.Steps {
		switch s := step.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				e.putField(f)
			}
		case *schema.Var:
			e.putField(s.Field)
		case *schema.Presence:
			e.putPresence(s)
		case *schema.Optional:
			e.line("if (in->has_%s) {", s.Field.Name.Snake())
			e.nested(func() { e.putField(s.Field) })
			e.line("}")
		}
	}
}

func (e *messageEncoder) putPresence(s *schema.Presence) {
	if len(s.Fields) == 1 {
		e.line("p = %s_wire_put8(p, in->has_%s ? 1 : 0);", e.P(), s.Fields[0].Name.Snake())
		return
	}
	var bits []string
	for _, f := range s.Fields {
		bits = append(bits, fmt.Sprintf("(in->has_%s ? 0x%02xu : 0u)", f.Name.Snake(), 1<<f.Bit))
	}
	e.list(fmt.Sprintf("p = %s_wire_put8(p, (uint8_t)(", e.P()), bits, " |", "));")
}

// putField writes what length has found to be in order.
func (e *messageEncoder) putField(f *schema.Field) {
	member, t := "in->"+f.Name.Snake(), &f.Type
	prefix := func(size string) {
		if t.Prefix > 0 {
			e.line("p = %s_wire_put%d(p, %s);", e.P(), 8*t.Prefix, size)
		}
	}
	switch t.Kind {
	case schema.FixedBytes:
		e.line("p = %s_wire_put(p, %s, sizeof %s);", e.P(), member, member)
	case schema.String:
		prefix(member + "_len")
		e.line("memcpy(p, %s, %s_len);", member, member)
		e.line("p += %s_len;", member)
	case schema.SizedBytes:
		prefix(member + "_len")
		e.line("p = %s_wire_put(p, %s, %s_len);", e.P(), member, member)
	case schema.Array:
		count := fmt.Sprint(t.Count)
		if t.Count == 0 {
			count = member + "_count"
			prefix(count)
		}
		if bytewise(t) {
			e.line("p = %s_wire_put(p, %s, %s);", e.P(), member, count)
			return
		}
		e.loop(count, func() { e.putScalar(t.Elem, member+"[i]") })
	case schema.Union:
		e.putUnion(f)
	default:
		e.putScalar(t, member)
	}
}

func (e *messageEncoder) putScalar(t *schema.Type, member string) {
	put := fmt.Sprintf("p = %s_wire_put", e.P())
	switch {
	case t.Struct != nil:
		e.line("p = %s(p, &%s);", messageStruct(e.emitter, t.Struct).putName(), member)
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		e.line("%sf%d(p, %s);", put, 8*t.Kind.Size(), member)
	case t.Kind.Signed() || t.Kind == schema.Bool:
		bits := 8 * t.Kind.Size()
		e.line("%s%d(p, (uint%d_t)%s);", put, bits, bits, member)
	default:
		e.line("%s%d(p, %s);", put, 8*t.Kind.Size(), member)
	}
}

// putUnion leaves room for the head and fills it in when the body has been written.
func (e *messageEncoder) putUnion(f *schema.Field) {
	member := "in->" + f.Name.Snake()
	e.line("{")
	e.nested(func() {
		e.line("uint8_t *const head = p;")
		e.text("\n")
		e.line("p += %d;", unionHead)
		e.line("switch (%s_tag) {", member)
		for _, v := range f.Type.Variants {
			e.line("case %s:", e.tagMacro(f, v))
			e.nested(func() {
				e.line("p = %s(p, &%s.%s);", messageStruct(e.emitter, v.Struct).putName(), member, v.Name.Snake())
				e.line("break;")
			})
		}
		e.line("case 0:")
		e.nested(func() { e.line("break;") })
		e.line("default:")
		e.nested(func() {
			e.line("p = %s_wire_put(p, %s.unknown.data, %s.unknown.len);", e.P(), member, member)
			e.line("break;")
		})
		e.line("}")
		e.line("(void)%s_wire_put16(%s_wire_put8(head, %s_tag), (uint16_t)(p - head - %d));", e.P(), e.P(), member, unionHead)
	})
	e.line("}")
}

// tagMacro names the tag of a union's variant.
func (r *messageCodec) tagMacro(f *schema.Field, v *schema.Variant) string {
	return r.macro + "_" + f.Name.Upper() + "_" + v.Name.Upper()
}
