package gogen

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// goTaken are names that a generated function cannot use for a local.
var goTaken = map[string]bool{
	"b": true, "p": true, "n": true, "body": true, "limit": true, "flags": true, "set": true, "err": true, "yield": true, "range": true,
	"type": true, "func": true, "len": true, "append": true, "map": true, "chan": true, "var": true, "default": true,
	"interface": true, "select": true, "package": true, "import": true, "go": true, "defer": true, "fallthrough": true,
	"string": true, "byte": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true, "error": true, "nil": true,
	"true": true, "false": true, "min": true, "max": true, "cap": true, "copy": true, "any": true, "bool": true, "const": true,
}

// codec emits the fields of one struct or packet. A struct within is spelt out in place: its fields are those of the
// outer value under a prefix, so that a packet is encoded by one function without calls.
type codec struct {
	*generator
	recv   string // "p"
	packet string // name of the packet, for its flags; "" for a struct
	path   string // of a struct within: "Hello."
	local  string // prefix of locals: "hello"
}

func (c codec) within(f *schema.Field) codec {
	name := f.Name.Pascal()
	inner := c
	inner.path += name + "."
	if c.local == "" {
		inner.local = local(name)
	} else {
		inner.local += name
	}
	inner.packet = ""
	return inner
}

func (c codec) member(f *schema.Field) string { return c.recv + "." + c.path + f.Name.Pascal() }

func (c codec) variable(f *schema.Field) string {
	if c.local == "" {
		return local(f.Name.Pascal())
	}
	return c.local + f.Name.Pascal()
}

func (c codec) memberCond(x schema.Cond) string {
	return condition(x, c.packet, c.recv+".Flags", c.member)
}

func (c codec) localCond(x schema.Cond) string {
	return condition(x, c.packet, "set", c.variable)
}

// guarded emits what f emits, within an if where there is a condition.
func guarded(b *jen.Group, cond string, f func(*jen.Group)) {
	if cond == "true" {
		f(b)
		return
	}
	b.If(jen.Id(cond)).BlockFunc(f)
}

func goType(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return t.Enum.Name.Pascal()
	case t.Kind.Integer():
		return goInt(t.Kind)
	}
	switch t.Kind {
	case schema.FixedBytes:
		return fmt.Sprintf("[%d]byte", t.Size)
	case schema.TLVs:
		return "TLVs"
	case schema.StructValue:
		return t.Struct.Name.Pascal()
	}
	return "[]byte"
}

// fieldDoc says what a field is, in which unit and when it is there.
func fieldDoc(f *schema.Field, inCase string) string {
	var parts []string
	if f.Doc != "" {
		parts = append(parts, strings.TrimSuffix(f.Doc, "."))
	}
	if f.Unit != "" {
		parts = append(parts, "in "+f.Unit)
	}
	for _, r := range f.Ranges {
		s := fmt.Sprintf("%s..%s", r.Min, r.Max)
		if r.If != nil {
			s += " if " + schema.CondString(r.If)
		}
		parts = append(parts, s)
	}
	when := inCase
	if f.If != nil {
		if when != "" {
			when += " && "
		}
		when += schema.CondString(f.If)
	}
	if when != "" {
		parts = append(parts, "there if "+when)
	}
	return strings.Join(wrap(strings.Join(parts, "; "), 1<<20), " ")
}

func (g *generator) fieldList(s *jen.Group, body *schema.Body) {
	field := func(f *schema.Field, inCase string) {
		st := s.Id(f.Name.Pascal()).Id(goType(&f.Type))
		if doc := fieldDoc(f, inCase); doc != "" {
			st.Comment(doc)
		}
	}
	for _, it := range body.Items {
		switch it := it.(type) {
		case *schema.Field:
			field(it, "")
		case *schema.Switch:
			for _, c := range it.Cases {
				for _, f := range c.Fields {
					field(f, fmt.Sprintf("%s == %s", it.On.Name, c.Value.Name))
				}
			}
		}
	}
}

func (g *generator) packetCodec(p *schema.Packet) {
	name := p.Name.Pascal()
	if len(p.Flags) > 0 {
		g.doc("%sFlags are the flags of a %s packet.", name, p.Name.Upper())
		g.file.Type().Id(name + "Flags").Uint8()
		g.doc("The flags of a %s packet.", p.Name.Upper())
		g.file.Const().DefsFunc(func(d *jen.Group) {
			for _, f := range p.Flags {
				d.Id(name + f.Name.Pascal()).Id(name + "Flags").Op("=").Id(fmt.Sprintf("1 << %d", f.Bit)).
					Comment(strings.Join(wrap(f.Doc, 1<<20), " "))
			}
		})
		g.flagNames(p)
	}
	g.doc("%s", sentence(name, p.Doc))
	g.file.Type().Id(name).StructFunc(func(s *jen.Group) {
		if len(p.Flags) > 0 {
			s.Id("Flags").Id(name + "Flags")
		}
		g.fieldList(s, &p.Body)
	})
	method := func() *jen.Statement { return g.file.Func().Params(jen.Id("p").Op("*").Id(name)) }
	c := codec{generator: g, recv: "p", packet: name}

	g.doc("Type returns Type%s.", name)
	method().Id("Type").Params().Id("Type").Block(jen.Return(jen.Id("Type" + name)))

	g.doc("Broadcast reports whether the packet, as it is, may be sent to everybody.")
	broadcast := "false"
	if p.Broadcast != nil {
		broadcast = c.memberCond(p.Broadcast)
	}
	method().Id("Broadcast").Params().Bool().Block(jen.Return(jen.Id(broadcast)))

	g.doc("Length returns the bytes of the body.")
	method().Id("Length").Params().Int().BlockFunc(func(b *jen.Group) { c.measure(b, p.Steps, nil); b.Return(jen.Id("n")) })

	g.doc("Append appends the packet. b is unchanged on error: a value out of range, or a body of more than 254 bytes.")
	method().Id("Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(jen.Id("p.append").Call(jen.Id("b"), jen.Lit(schema.MaxShortBody))))
	g.doc("AppendLast appends the packet as the last of its frame: its body may have up to 1468 bytes.")
	method().Id("AppendLast").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(jen.Id("p.append").Call(jen.Id("b"), jen.Lit(schema.MaxPacketBody))))

	method().Id("append").Params(jen.Id("b").Index().Byte(), jen.Id("limit").Int()).Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(b *jen.Group) {
		fail := func(err string) jen.Code { return jen.Return(jen.Id("b"), jen.Id(err)) }
		flagChecks(b, p, "p.Flags", fail)
		c.measure(b, p.Steps, fail)
		b.If(jen.Id("n > limit")).Block(fail("ErrTooLong"))
		header := fmt.Sprintf("byte(Type%s)<<4", name)
		if len(p.Flags) > 0 {
			header += "|byte(p.Flags)"
		}
		c.appends(b, p.Steps, []string{header, "byte(min(n, 255))"})
		b.Return(jen.Id("b"), jen.Nil())
	})

	g.doc("Decode fills p from the flags and the body of a packet and returns how many bytes of the body its fields took;\na longer tail is ignored. p views body, and is unchanged on error.")
	method().Id("Decode").Params(jen.Id("flags").Uint8(), jen.Id("body").Index().Byte()).Params(jen.Int(), jen.Error()).BlockFunc(func(b *jen.Group) {
		fail := func(err string) jen.Code { return jen.Return(jen.Lit(0), jen.Id(err)) }
		if len(p.Flags) > 0 {
			b.Id("set").Op(":=").Id(name + "Flags").Call(jen.Id("flags"))
		}
		flagChecks(b, p, "set", fail)
		c.decode(b, &p.Body, func(b *jen.Group) {
			if len(p.Flags) > 0 {
				b.Id("p.Flags").Op("=").Id("set")
			}
		}, fail)
	})

	g.doc("Fields yields the names in the spec and the values of the flags and of the fields that are there, in order.")
	method().Id("Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()).BlockFunc(func(b *jen.Group) {
		c.fields(b, p.Steps, len(p.Flags) > 0)
	})
}

func (g *generator) flagNames(p *schema.Packet) {
	name := p.Name.Pascal() + "Flags"
	g.doc("Names returns the names of the flags that are set.")
	g.file.Func().Params(jen.Id("f").Id(name)).Id("Names").Params().Index().String().BlockFunc(func(b *jen.Group) {
		b.Id("names").Op(":=").Index().String().Values()
		for _, f := range p.Flags {
			b.If(jen.Id(fmt.Sprintf("f&%s%s != 0", p.Name.Pascal(), f.Name.Pascal()))).Block(
				jen.Id("names").Op("=").Append(jen.Id("names"), jen.Lit(f.Name.Upper())))
		}
		b.Return(jen.Id("names"))
	})
}

func flagChecks(b *jen.Group, p *schema.Packet, flags string, fail func(string) jen.Code) {
	if len(p.Flags) == 0 {
		if flags == "set" { // an encoder has no flags to get wrong
			b.If(jen.Id("flags != 0")).Block(fail("ErrUnknownFlag"))
		}
		return
	}
	b.If(jen.Id(fmt.Sprintf("%s&^%#02x != 0", flags, p.FlagMask()))).Block(fail("ErrUnknownFlag"))
	for _, f := range p.Flags {
		if f.Requires != nil {
			n := p.Name.Pascal()
			b.If(jen.Id(fmt.Sprintf("%s&%s != 0 && %s&%s == 0", flags, n+f.Name.Pascal(), flags, n+f.Requires.Name.Pascal()))).
				Block(fail("ErrMissingFlag"))
		}
	}
}

func (g *generator) structCodec(s *schema.Struct) {
	name := s.Name.Pascal()
	g.doc("%s", sentence(name, s.Doc))
	g.file.Type().Id(name).StructFunc(func(st *jen.Group) { g.fieldList(st, &s.Body) })
	method := func() *jen.Statement { return g.file.Func().Params(jen.Id("p").Op("*").Id(name)) }
	c := codec{generator: g, recv: "p"}

	g.doc("Length returns the bytes of the encoding.")
	method().Id("Length").Params().Int().BlockFunc(func(b *jen.Group) { c.measure(b, s.Steps, nil); b.Return(jen.Id("n")) })

	g.doc("Append appends the encoding. b is unchanged on error: a value out of range.")
	method().Id("Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(b *jen.Group) {
		c.measure(b, s.Steps, func(err string) jen.Code { return jen.Return(jen.Id("b"), jen.Id(err)) })
		b.Id("b").Op("=").Qual("slices", "Grow").Call(jen.Id("b"), jen.Id("n"))
		c.appends(b, s.Steps, nil)
		b.Return(jen.Id("b"), jen.Nil())
	})

	g.doc("Decode fills p and returns how many bytes its fields took. p views body, and is unchanged on error.")
	method().Id("Decode").Params(jen.Id("body").Index().Byte()).Params(jen.Int(), jen.Error()).BlockFunc(func(b *jen.Group) {
		c.decode(b, &s.Body, func(*jen.Group) {}, func(err string) jen.Code { return jen.Return(jen.Lit(0), jen.Id(err)) })
	})

	g.doc("Fields yields the names in the spec and the values of the fields that are there, in order.")
	method().Id("Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()).BlockFunc(func(b *jen.Group) {
		c.fields(b, s.Steps, false)
	})
}

// group is a row of steps under one condition.
type group struct {
	If    schema.Cond
	steps []schema.Step
}

func grouped(steps []schema.Step) []group {
	var groups []group
	for _, s := range steps {
		cond := condOf(s)
		if last := len(groups) - 1; last >= 0 && schema.CondString(groups[last].If) == schema.CondString(cond) {
			groups[last].steps = append(groups[last].steps, s)
			continue
		}
		groups = append(groups, group{cond, []schema.Step{s}})
	}
	return groups
}

func condOf(s schema.Step) schema.Cond {
	switch s := s.(type) {
	case *schema.Run:
		return s.If
	case *schema.Var:
		return s.If
	}
	return nil
}

// measure declares n, the bytes of the steps. With fail it also emits what an encoder refuses.
func (c codec) measure(b *jen.Group, steps []schema.Step, fail func(string) jen.Code) {
	fixed, terms := c.unconditional(steps)
	b.Id("n").Op(":=").Id(strings.Join(append([]string{fmt.Sprint(fixed)}, terms...), " + "))
	c.measureRest(b, steps, fail)
}

// unconditional returns what is there whatever the conditions are: a sum of bytes and the lengths of views.
func (c codec) unconditional(steps []schema.Step) (fixed int, terms []string) {
	for _, g := range grouped(steps) {
		if g.If == nil {
			n, t := c.sizes(g.steps)
			fixed, terms = fixed+n, append(terms, t...)
		}
	}
	return fixed, terms
}

func (c codec) sizes(steps []schema.Step) (fixed int, terms []string) {
	for _, s := range steps {
		switch s := s.(type) {
		case *schema.Run:
			fixed += s.Size
		case *schema.Var:
			n, t := s.Field.Type.Prefix, []string{"len(" + c.member(s.Field) + ")"}
			if s.Field.Type.Kind == schema.StructValue {
				n, t = c.within(s.Field).unconditional(s.Field.Type.Struct.Steps)
			}
			fixed, terms = fixed+n, append(terms, t...)
		}
	}
	return fixed, terms
}

// measureRest adds to n what unconditional has left out.
func (c codec) measureRest(b *jen.Group, steps []schema.Step, fail func(string) jen.Code) {
	add := func(b *jen.Group, fixed int, terms []string) {
		if fixed > 0 {
			terms = append([]string{fmt.Sprint(fixed)}, terms...)
		}
		switch {
		case len(terms) == 1 && fixed == 1:
			b.Id("n").Op("++")
		case len(terms) > 0:
			b.Id("n").Op("+=").Id(strings.Join(terms, " + "))
		}
	}
	for _, g := range grouped(steps) {
		guarded(b, c.memberCond(g.If), func(b *jen.Group) {
			if g.If != nil {
				fixed, terms := c.sizes(g.steps)
				add(b, fixed, terms)
			}
			for _, s := range g.steps {
				switch s := s.(type) {
				case *schema.Run:
					if fail != nil {
						rangeChecks(b, s.Fields, c.member, c.memberCond, fail)
					}
				case *schema.Var:
					if s.Field.Type.Kind == schema.StructValue {
						c.within(s.Field).measureRest(b, s.Field.Type.Struct.Steps, fail)
					} else if fail != nil {
						c.sizeChecks(b, s.Field, fail)
					}
				case *schema.Choose:
					b.Switch(jen.Id(c.member(s.Switch.On))).BlockFunc(func(b *jen.Group) {
						for _, cs := range s.Switch.Cases {
							b.Case(jen.Id(enumConst(s.Switch.On, cs.Value))).BlockFunc(func(b *jen.Group) {
								fixed, terms := c.unconditional(cs.Steps)
								add(b, fixed, terms)
								c.measureRest(b, cs.Steps, fail)
							})
						}
						if fail != nil {
							b.Default().Block(fail("ErrRange"))
						}
					})
				}
			}
		})
	}
}

func enumConst(on *schema.Field, v *schema.EnumValue) string {
	return on.Type.Enum.Name.Pascal() + v.Name.Pascal()
}

// rangeCheck returns the condition under which value is out of the range; "" where the type itself is the range.
func rangeCheck(r schema.Range, value string) string {
	var tests []string
	if r.HasMin {
		if r.Min.IsUint64() && r.Min.Uint64() == 1 && !r.HasMax {
			tests = append(tests, value+" == 0")
		} else {
			tests = append(tests, fmt.Sprintf("%s < %s", value, r.Min))
		}
	}
	if r.HasMax {
		if r.Max.Sign() == 0 && !r.HasMin {
			tests = append(tests, value+" != 0")
		} else {
			tests = append(tests, fmt.Sprintf("%s > %s", value, r.Max))
		}
	}
	return strings.Join(tests, " || ")
}

func withCond(cond, test string) string {
	if cond == "true" {
		return test
	}
	if strings.Contains(test, "||") {
		test = "(" + test + ")"
	}
	if strings.Contains(cond, "||") {
		cond = "(" + cond + ")"
	}
	return cond + " && " + test
}

// rangeChecks emits the refusal of values out of range.
func rangeChecks(b *jen.Group, fields []*schema.Field, value func(*schema.Field) string, cond func(schema.Cond) string, fail func(string) jen.Code) {
	for _, f := range fields {
		for _, r := range f.Ranges {
			if test := rangeCheck(r, value(f)); test != "" {
				b.If(jen.Id(withCond(cond(r.If), test))).Block(fail("ErrRange"))
			}
		}
	}
}

// sizeChecks emits the refusal of a view that cannot be encoded.
func (c codec) sizeChecks(b *jen.Group, f *schema.Field, fail func(string) jen.Code) {
	member := c.member(f)
	if f.Type.Kind == schema.TLVs {
		b.If(jen.Id("!" + member + ".whole()")).Block(fail("ErrShort"))
		return
	}
	var tests []string
	if f.Type.MinLen > 0 {
		tests = append(tests, fmt.Sprintf("len(%s) < %d", member, f.Type.MinLen))
	}
	if f.Type.MaxLen != schema.Unbounded {
		tests = append(tests, fmt.Sprintf("len(%s) > %d", member, f.Type.MaxLen))
	}
	if len(tests) > 0 {
		b.If(jen.Id(strings.Join(tests, " || "))).Block(fail("ErrRange"))
	}
}

// appends emits the bytes. pending are expressions of single bytes that stand before the first step.
func (c codec) appends(b *jen.Group, steps []schema.Step, pending []string) {
	flush := func(b *jen.Group) {
		if len(pending) > 0 {
			b.Id("b").Op("=").Id("append(b, " + strings.Join(pending, ", ") + ")")
			pending = nil
		}
	}
	integer := func(b *jen.Group, value string, size int) {
		if size == 1 {
			pending = append(pending, "byte("+value+")")
			return
		}
		flush(b)
		b.Id("b").Op("=").Qual("encoding/binary", "LittleEndian").Dot(fmt.Sprintf("AppendUint%d", 8*size)).
			Call(jen.Id("b"), jen.Id(fmt.Sprintf("uint%d(%s)", 8*size, value)))
	}
	for _, g := range grouped(steps) {
		if g.If != nil {
			flush(b)
		}
		guarded(b, c.memberCond(g.If), func(b *jen.Group) {
			for _, s := range g.steps {
				switch s := s.(type) {
				case *schema.Run:
					for _, f := range s.Fields {
						if f.Type.Kind == schema.FixedBytes {
							flush(b)
							b.Id("b").Op("=").Id("append(b, " + c.member(f) + "[:]...)")
							continue
						}
						integer(b, c.member(f), f.Type.Size)
					}
				case *schema.Var:
					f := s.Field
					if f.Type.Kind == schema.StructValue {
						c.within(f).appends(b, f.Type.Struct.Steps, pending)
						pending = nil
						continue
					}
					if f.Type.Prefix > 0 {
						integer(b, "len("+c.member(f)+")", f.Type.Prefix)
					}
					flush(b)
					b.Id("b").Op("=").Id("append(b, " + c.member(f) + "...)")
				case *schema.Choose:
					flush(b)
					b.Switch(jen.Id(c.member(s.Switch.On))).BlockFunc(func(b *jen.Group) {
						for _, cs := range s.Switch.Cases {
							b.Case(jen.Id(enumConst(s.Switch.On, cs.Value))).BlockFunc(func(b *jen.Group) { c.appends(b, cs.Steps, nil) })
						}
					})
				}
			}
			if g.If != nil {
				flush(b)
			}
		})
	}
	flush(b)
}

// fields emits an iterator over what is there.
func (c codec) fields(b *jen.Group, steps []schema.Step, flags bool) {
	b.Return(jen.Func().Params(jen.Id("yield").Func().Params(jen.String(), jen.Any()).Bool()).BlockFunc(func(b *jen.Group) {
		if flags {
			b.If(jen.Id(`!yield("flags", p.Flags)`)).Block(jen.Return())
		}
		c.yields(b, steps)
	}))
}

func (c codec) yields(b *jen.Group, steps []schema.Step) {
	one := func(b *jen.Group, f *schema.Field) {
		value := c.member(f)
		switch f.Type.Kind {
		case schema.StructValue:
			value = "&" + value
		case schema.FixedBytes:
			value += "[:]"
		case schema.TLVs:
			value = "[]byte(" + value + ")"
		}
		b.If(jen.Id(fmt.Sprintf("!yield(%q, %s)", f.Name, value))).Block(jen.Return())
	}
	for _, g := range grouped(steps) {
		guarded(b, c.memberCond(g.If), func(b *jen.Group) {
			for _, s := range g.steps {
				switch s := s.(type) {
				case *schema.Run:
					for _, f := range s.Fields {
						one(b, f)
					}
				case *schema.Var:
					one(b, s.Field)
				case *schema.Choose:
					b.Switch(jen.Id(c.member(s.Switch.On))).BlockFunc(func(b *jen.Group) {
						for _, cs := range s.Switch.Cases {
							b.Case(jen.Id(enumConst(s.Switch.On, cs.Value))).BlockFunc(func(b *jen.Group) { c.yields(b, cs.Steps) })
						}
					})
				}
			}
		})
	}
}
