package gogen

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// scaled emits the accessors of a field that stands for another number. Conversions between the operations keep compilers
// from fusing them, so that all machines get the same bits.
func (r record) scaled(f *schema.Field) {
	s := f.Scale
	if s == nil {
		return
	}
	name, t, v := s.Accessor.Pascal(), &f.Type, "p."+f.Name.Pascal()
	index, get, what := "", "", f.Name.Snake()
	if t.Kind == schema.Array {
		t, v, index, get, what = t.Elem, v+"[i]", "i int, ", "i int", "element i of "+what
	}
	if f.Unit != "" {
		what += " in " + f.Unit
	}
	r.doc("%s returns %s.", name, what)
	r.method(name, get, "float64", lines{code("return %s", scaledValue(s, v))})

	r.doc("Set%s sets %s, rounded to the nearest that there is, half away from zero. ErrRange, and nothing set, where it is out of range or not a number.",
		name, what)
	if f.Presence != nil {
		r.doc("The field is there then.")
	}
	lo, hi := limits(f)
	body := lines{code("raw := math.Round(%s)", rawValue(s, "v"))}
	body.fail("", "ErrRange", "!(raw >= %s && raw <= %s)", lo, hi)
	if f.Presence != nil {
		body.add("p.Has%s = true", f.Name.Pascal())
	}
	body.add("%s = %s(raw)", v, goType(t))
	r.method("Set"+name, index+"v float64", "error", append(body, code("return nil")))
}

// limits returns the least and the most of a raw number as floating-point numbers that are no further out.
func limits(f *schema.Field) (lo, hi string) {
	low, high := f.Limits()
	within := func(n schema.Int, mode big.RoundingMode) string {
		x, _ := new(big.Float).SetPrec(53).SetMode(mode).SetInt(n).Float64()
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return within(low, big.ToPositiveInf), within(high, big.ToNegativeInf)
}

// scaledValue writes the scaled value of a raw one. Steps that change nothing are left out.
func scaledValue(s *schema.Scale, v string) string {
	x := "float64(" + v + ")"
	if s.Num != 1 {
		x = fmt.Sprintf("float64(%s * %d)", x, s.Num)
	}
	if s.Add != 0 {
		x = fmt.Sprintf("float64(%s + %d)", x, s.Add)
	}
	if s.Den != 1 {
		x = fmt.Sprintf("%s / %d", x, s.Den)
	}
	return x
}

// rawValue writes the raw value of a scaled one, not yet rounded.
func rawValue(s *schema.Scale, v string) string {
	if s.Den != 1 {
		v = fmt.Sprintf("float64(%s * %d)", v, s.Den)
	}
	if s.Add != 0 {
		v = fmt.Sprintf("float64(%s - %d)", v, s.Add)
	}
	if s.Num != 1 {
		v = fmt.Sprintf("%s / %d", v, s.Num)
	}
	return v
}

// parts emits the accessors of the parts of a byte group.
func (r record) parts(f *schema.Field) {
	group, typ := f.Name.Pascal(), goType(&f.Type)
	for _, b := range f.Type.Bits {
		name, part := group+b.Name.Pascal(), partType(b.Width)
		r.doc("%s", sentence(name, b.Doc))
		value := fmt.Sprintf("p.%s>>%d&%#x", group, b.Shift, uint64(1)<<b.Width-1)
		if part != typ {
			value = part + "(" + value + ")"
		}
		r.method(name, "", part, lines{code("return %s", value)})
		r.doc("Set%s sets %s; ErrRange, and nothing set, above %d.", name, name, uint64(1)<<b.Width-1)
		var body lines
		if b.Width&(b.Width-1) != 0 || b.Width < 8 {
			body.fail("", "ErrRange", "v > %#x", uint64(1)<<b.Width-1)
		}
		body.add("p.%s = p.%s&^%#x | %s(v)<<%d", group, group, b.Mask(), typ, b.Shift)
		r.method("Set"+name, "v "+part, "error", append(body, code("return nil")))
	}
}

// partType returns the smallest unsigned type of so many bits.
func partType(width uint8) string {
	for _, bits := range []uint8{8, 16, 32} {
		if width <= bits {
			return fmt.Sprintf("uint%d", bits)
		}
	}
	return "uint64"
}

// union emits the type of a field that is one of several structs.
func (r record) union(f *schema.Field) {
	u := record{r.generator, r.goType(f), nil}
	tag := u.name + "Tag"
	r.doc("%s says what a %s holds. 0 is nothing, and has no bytes.", tag, u.name)
	r.file.Type().Id(tag).Uint8()
	r.doc("The tags of %s.", u.name)
	var names []namedCase
	r.file.Const().DefsFunc(func(d *jen.Group) {
		for _, v := range f.Type.Variants {
			id := u.name + v.Name.Pascal()
			d.Id(id).Id(tag).Op("=").Lit(int(v.Tag)).Add(remark(v.Doc))
			names = append(names, namedCase{id, v.Name.Snake(), big.NewInt(int64(v.Tag))})
		}
	})
	r.doc("String returns the name in the spec of what it stands for, and its number where it has none.")
	r.stringer("t", tag, schema.U8, names)

	r.doc("%s holds what Tag says. Set the Tag too: with tag 0 nothing is sent.", u.name)
	r.file.Type().Id(u.name).StructFunc(func(s *jen.Group) {
		s.Id("Tag").Id(tag)
		for _, v := range f.Type.Variants {
			s.Id(v.Name.Pascal()).Id(v.Struct.Name.Pascal()).Add(remark(v.Doc))
		}
		s.Id("Raw").Index().Byte().Comment("what a tag without a name holds: up to 65535 bytes, a view of what was decoded")
	})
	cases := func(nothing string, each func(id, member string) lines, otherwise ...jen.Code) lines {
		l := lines{jen.Case(jen.Lit(0)).Block(code("%s", nothing))}
		for _, v := range f.Type.Variants {
			l = append(l, jen.Case(jen.Id(u.name+v.Name.Pascal())).Block(each(u.name+v.Name.Pascal(), "p."+v.Name.Pascal())...))
		}
		if len(otherwise) > 0 {
			l = append(l, jen.Default().Block(otherwise...))
		}
		return l
	}
	var length, validate, appends lines
	length.block(cases("return 3", func(_, m string) lines { return lines{code("return 3 + %s.length()", m)} }, code("return 3 + len(p.Raw)")), "switch p.Tag")
	var tooLong lines
	tooLong.fail("", "ErrLength", "len(p.Raw) > 65535")
	validate.block(cases("return nil", func(_, m string) lines { return lines{code("return %s.validate()", m)} }, append(tooLong, code("return nil"))...), "switch p.Tag")
	appends.add("n := p.length() - 3")
	appends.add("b = append(b, byte(p.Tag), byte(n), byte(n>>8))")
	appends.block(cases("return b", func(_, m string) lines { return lines{code("return %s.append(b)", m)} }, code("return append(b, p.Raw...)")), "switch p.Tag")
	u.unionMethods(length, validate, appends, u.unionDecode(f, cases))

	r.doc("Reset makes it hold nothing.")
	reset := lines{code("p.Tag = 0"), code("p.Raw = nil")}
	for _, v := range f.Type.Variants {
		reset.add("p.%s.Reset()", v.Name.Pascal())
	}
	u.method("Reset", "", "", reset)
}

func (r record) unionMethods(length, validate, appends, decode lines) {
	r.doc("length returns the bytes of the encoding.")
	r.method("length", "", "int", length)
	r.doc("validate reports what cannot be encoded.")
	r.method("validate", "", "error", validate)
	r.doc("append appends what validate has passed.")
	r.method("append", "b []byte", "[]byte", appends)
	r.doc("decode fills p, unless it is nil, and returns how many bytes it took. p is unchanged on error.")
	r.method("decode", "body []byte", "(n int, err error)", decode)
}

func (r record) unionDecode(f *schema.Field, cases func(string, func(id, member string) lines, ...jen.Code) lines) lines {
	l := lines{}
	l.fail("0, ", "ErrShort", "len(body) < 3")
	l.add("tag, end := %sTag(body[0]), 3+int(binary.LittleEndian.Uint16(body[1:]))", r.name)
	l.fail("0, ", "ErrShort", "len(body) < end")
	l.add("b := body[3:end:end]")
	types := map[string]string{}
	for _, v := range f.Type.Variants {
		types["p."+v.Name.Pascal()] = v.Struct.Name.Pascal()
	}
	l.block(cases("", func(_, m string) lines {
		c := lines{code("n, err := (*%s)(nil).decode(b)", types[m])}
		c.block(lines{code("return 0, err")}, "if err != nil")
		c.fail("0, ", "ErrTrailing", "n < len(b)")
		return c
	}), "switch tag")
	l.block(lines{code("return end, nil")}, "if p == nil")
	l.add("p.Tag = tag")
	l.add("p.Raw = nil")
	for _, v := range f.Type.Variants {
		l.block(lines{code("p.%s.Reset()", v.Name.Pascal())}, "if tag != %s%s", r.name, v.Name.Pascal())
	}
	l.block(cases("", func(_, m string) lines { return lines{code("%s.decode(b) // which has passed", m)} }, code("p.Raw = b")), "switch tag")
	l.add("return end, nil")
	return l
}
