package gogen

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// codec emits the fields of one struct or packet. A struct within is spelt out in place: its fields are those of the
// outer value under a prefix, so that a packet is encoded by one function without calls.
type codec struct {
	*generator
	recv   string  // "p"
	packet string  // name of the packet, for its flags; "" for a struct
	path   string  // of a struct within: "Hello."
	prefix string  // of the locals of a struct within, in snake case: "hello_"
	locals *locals // of the decoder

	loaded map[*schema.Field]string // locals of the encoder: what decides more than once is loaded once
	flags  string                   // the same for the flags; "": they are those of recv
}

func (c codec) within(f *schema.Field) codec {
	inner := c
	inner.path += f.Name.Pascal() + "."
	inner.prefix += f.Name.Snake() + "_"
	inner.packet = ""
	return inner
}

func (c codec) member(f *schema.Field) string {
	if local, ok := c.loaded[f]; ok {
		return local
	}
	return c.recv + "." + c.path + f.Name.Pascal()
}

func (c codec) memberCond(x schema.Cond) string {
	return condition(x, c.packet, c.flagsOf(), c.member)
}

// flagsOf is where the flags of a packet are.
func (c codec) flagsOf() string {
	if c.flags != "" {
		return c.flags
	}
	return c.recv + ".Flags"
}

// load emits the locals of an encoder that has a choice to make, and returns a codec that uses them. Without them each is
// read again after every append, since what is appended to might be what it is read from: a tenth of the time of a CONNACK.
// Where there is no choice keeping flags costs more than reading them: 4 % of the time of a PUBLISH.
func (c codec) load(b *jen.Group, p *schema.Packet) codec {
	loaded := map[*schema.Field]string{}
	for _, it := range p.Items {
		if s, ok := it.(*schema.Switch); ok && loaded[s.On] == "" {
			if len(p.Flags) > 0 && len(loaded) == 0 {
				c.flags = "set"
				b.Id(c.flags).Op(":=").Id(c.recv + ".Flags")
			}
			name := "choice"
			if len(loaded) > 0 {
				name += fmt.Sprint(len(loaded) + 1)
			}
			b.Id(name).Op(":=").Id(c.member(s.On))
			loaded[s.On] = name
		}
	}
	c.loaded = loaded
	return c
}

// guarded emits what f emits of each group, within an if where it has a condition, and an else where that is the contrary of
// the one before.
func guarded(b *jen.Group, groups []group, cond func(schema.Cond) string, f func(*jen.Group, group)) {
	var branch *jen.Statement // of the group before, if it may have an else
	for i, g := range groups {
		emit := func(b *jen.Group) { f(b, g) }
		switch {
		case g.If == nil:
			emit(b)
			branch = nil
		case branch != nil && g.contrary(groups[i-1]):
			branch.Else().BlockFunc(emit)
			branch = nil
		default:
			branch = b.If(jen.Id(cond(g.If))).BlockFunc(emit)
		}
	}
}

func goType(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return t.Enum.Name.Pascal()
	case t.Flags != nil:
		return t.Flags.Name.Pascal()
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
	case schema.F32:
		return "float32"
	case schema.F64:
		return "float64"
	case schema.Bool:
		return "bool"
	case schema.String:
		return "string"
	case schema.Array:
		if t.Count > 0 {
			return fmt.Sprintf("[%d]%s", t.Count, goType(t.Elem))
		}
		return "[]" + goType(t.Elem)
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
	return strings.Join(parts, "; ")
}

func (g *generator) fieldList(s *jen.Group, body *schema.Body) {
	field := func(f *schema.Field, inCase string) {
		s.Id(f.Name.Pascal()).Id(goType(&f.Type)).Add(remark(fieldDoc(f, inCase)))
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
		g.flags(p)
	}
	g.doc("%s", sentence(name, p.Doc))
	g.file.Type().Id(name).StructFunc(func(s *jen.Group) {
		if len(p.Flags) > 0 {
			s.Id("Flags").Id(name + "Flags")
		}
		g.fieldList(s, &p.Body)
	})
	c := codec{generator: g, recv: "p", packet: name}

	g.doc("Type returns Type%s.", name)
	g.method(name, "Type").Params().Id("Type").Block(jen.Return(jen.Id("Type" + name)))

	g.doc("Broadcast reports whether the packet, as it is, may be sent to everybody.")
	broadcast := "false"
	if p.Broadcast != nil {
		broadcast = c.memberCond(p.Broadcast)
	}
	g.method(name, "Broadcast").Params().Bool().Block(jen.Return(jen.Id(broadcast)))

	c.packetEncoder(p)
	c.packetDecoder(p)

	g.doc("Fields yields the names in the spec and the values of the flags and of the fields that are there, in order.")
	g.method(name, "Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()).BlockFunc(func(b *jen.Group) {
		c.fields(b, p.Steps, len(p.Flags) > 0)
	})
}

// method begins a method of the type of that name.
func (g *generator) method(typ, name string) *jen.Statement {
	return g.file.Func().Params(jen.Id("p").Op("*").Id(typ)).Id(name)
}

func (c codec) packetEncoder(p *schema.Packet) {
	name := p.Name.Pascal()
	c.doc("Length returns the bytes of the body.")
	c.method(name, "Length").Params().Int().BlockFunc(func(b *jen.Group) { c.measure(b, p.Steps, nil); b.Return(jen.Id("n")) })

	c.doc("Append appends the packet. b is unchanged on error: a value out of range, or a body of more than %d bytes.", schema.MaxShortBody)
	c.method(name, "Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(jen.Id("p.append").Call(jen.Id("b"), jen.Lit(schema.MaxShortBody))))
	c.doc("AppendLast appends the packet as the last of its frame: its body may have up to %d bytes.", schema.MaxPacketBody)
	c.method(name, "AppendLast").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(jen.Id("p.append").Call(jen.Id("b"), jen.Lit(schema.MaxPacketBody))))

	c.doc("append appends the packet if its body has no more than limit bytes.")
	c.method(name, "append").Params(jen.Id("b").Index().Byte(), jen.Id("limit").Int()).Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(b *jen.Group) {
		fail := func(err string) jen.Code { return jen.Return(jen.Id("b"), jen.Id(err)) }
		c := c.load(b, p)
		flagChecks(b, p, c.flagsOf(), fail)
		c.measure(b, p.Steps, fail)
		b.If(jen.Id("n > limit")).Block(fail("ErrTooLong"))
		header := fmt.Sprintf("byte(Type%s)<<4", name)
		if len(p.Flags) > 0 {
			header += "|byte(" + c.flagsOf() + ")"
		}
		c.appends(b, p.Steps, []string{header, "byte(min(n, 255))"})
		b.Return(jen.Id("b"), jen.Nil())
	})
}

func (c codec) packetDecoder(p *schema.Packet) {
	name := p.Name.Pascal()
	c.doc("Decode fills p from the flags and the body of a packet and returns how many bytes of the body its fields took;\na longer tail is ignored. p views body, and is unchanged on error.")
	c.method(name, "Decode").Params(jen.Id("flags").Uint8(), jen.Id("body").Index().Byte()).Params(jen.Int(), jen.Error()).BlockFunc(func(b *jen.Group) {
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
}

// flags emits the type of a packet's flags.
func (g *generator) flags(p *schema.Packet) {
	name := p.Name.Pascal()
	g.doc("%sFlags are the flags of a %s packet.", name, p.Name.Upper())
	g.file.Type().Id(name + "Flags").Uint8()
	g.doc("The flags of a %s packet.", p.Name.Upper())
	g.file.Const().DefsFunc(func(d *jen.Group) {
		for _, f := range p.Flags {
			d.Id(name + f.Name.Pascal()).Id(name + "Flags").Op("=").Id(fmt.Sprintf("1 << %d", f.Bit)).Add(remark(f.Doc))
		}
	})
	g.flagNames(p)
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
			alone := p.Name.Pascal() + f.Name.Pascal()
			both := alone + "|" + p.Name.Pascal() + f.Requires.Name.Pascal()
			b.If(jen.Id(fmt.Sprintf("%s&(%s) == %s", flags, both, alone))).Block(fail("ErrMissingFlag"))
		}
	}
}

func (g *generator) structCodec(s *schema.Struct) {
	name := s.Name.Pascal()
	g.doc("%s", sentence(name, s.Doc))
	g.file.Type().Id(name).StructFunc(func(st *jen.Group) { g.fieldList(st, &s.Body) })
	c := codec{generator: g, recv: "p"}

	g.doc("Length returns the bytes of the encoding.")
	g.method(name, "Length").Params().Int().BlockFunc(func(b *jen.Group) { c.measure(b, s.Steps, nil); b.Return(jen.Id("n")) })

	g.doc("Append appends the encoding. b is unchanged on error: a value out of range.")
	g.method(name, "Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(b *jen.Group) {
		c.measure(b, s.Steps, func(err string) jen.Code { return jen.Return(jen.Id("b"), jen.Id(err)) })
		b.Id("b").Op("=").Qual("slices", "Grow").Call(jen.Id("b"), jen.Id("n"))
		c.appends(b, s.Steps, nil)
		b.Return(jen.Id("b"), jen.Nil())
	})

	g.doc("Decode fills p and returns how many bytes its fields took. p views body, and is unchanged on error.")
	g.method(name, "Decode").Params(jen.Id("body").Index().Byte()).Params(jen.Int(), jen.Error()).BlockFunc(func(b *jen.Group) {
		c.decode(b, &s.Body, func(*jen.Group) {}, func(err string) jen.Code { return jen.Return(jen.Lit(0), jen.Id(err)) })
	})

	g.doc("Fields yields the names in the spec and the values of the fields that are there, in order.")
	g.method(name, "Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()).BlockFunc(func(b *jen.Group) {
		c.fields(b, s.Steps, false)
	})
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
	guarded(b, grouped(steps), c.memberCond, func(b *jen.Group, g group) {
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
