package gogen

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// decode emits the reading of a body into locals, and when all checks are behind it, the filling of the target: so that
// the target is unchanged on error, without a copy of it.
func (c codec) decode(b *jen.Group, body *schema.Body, first func(*jen.Group), fail func(string) jen.Code) {
	c.locals = &locals{map[string]string{}, map[string]bool{}}
	c.declare(b, body, body.Steps)
	b.Id("b").Op(":=").Id("body")
	c.reads(b, body.Steps, ":=", fail)
	first(b)
	c.assigns(b, body)
	b.Return(jen.Id("len(body) - len(b)"), jen.Nil())
}

// locals are the names of a decoder's locals, by what they stand for.
type locals struct {
	of    map[string]string
	given map[string]bool
}

// name returns the local for key, the same each time: wish, or something like it where that is taken.
func (l *locals) name(key string, wish schema.Name) string {
	if name, ok := l.of[key]; ok {
		return name
	}
	name := local(wish)
	for l.given[name] {
		name += "_"
	}
	l.of[key], l.given[name] = name, true
	return name
}

// local returns the form of a local variable's name that Go and generated functions leave free.
func local(n schema.Name) string {
	name := n.Camel()
	if slices.Contains([]string{"b", "p", "body", "flags", "set"}, name) || token.IsKeyword(name) || types.Universe.Lookup(name) != nil {
		return name + "_"
	}
	return name
}

func (c codec) variable(f *schema.Field) string {
	return c.locals.name(c.path+f.Name.Pascal(), schema.Name(c.prefix+f.Name.Snake()))
}

// lengthVariable holds what a length prefix states.
func (c codec) lengthVariable(f *schema.Field) string {
	return c.locals.name("len "+c.path+f.Name.Pascal(), schema.Name(c.prefix+f.Name.Snake()+"_len"))
}

func (c codec) localCond(x schema.Cond) string {
	return condition(x, c.packet, "set", c.variable)
}

// always reports which fields are read in every case, so that reading declares them.
func always(steps []schema.Step) map[*schema.Field]bool {
	set := map[*schema.Field]bool{}
	for _, s := range steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				set[f] = s.If == nil
			}
		case *schema.Var:
			set[s.Field] = s.If == nil
		}
	}
	return set
}

// declare emits the locals of fields that are not always there.
func (c codec) declare(b *jen.Group, body *schema.Body, steps []schema.Step) {
	there := always(steps)
	var defs []jen.Code
	for _, f := range body.Fields {
		if !there[f] {
			defs = c.declareField(defs, f)
		}
	}
	for _, f := range body.Fields {
		if there[f] && f.Type.Kind == schema.StructValue {
			c.within(f).declare(b, &f.Type.Struct.Body, f.Type.Struct.Steps)
		}
	}
	switch len(defs) {
	case 0:
	case 1:
		b.Var().Add(defs...)
	default:
		b.Var().Defs(defs...)
	}
}

func (c codec) declareField(defs []jen.Code, f *schema.Field) []jen.Code {
	if f.Type.Kind == schema.StructValue {
		in := c.within(f)
		for _, inner := range f.Type.Struct.Fields {
			defs = in.declareField(defs, inner)
		}
		return defs
	}
	typ := goType(&f.Type)
	if f.Type.Kind == schema.FixedBytes {
		typ = "[]byte"
	}
	return append(defs, jen.Id(c.variable(f)).Id(typ))
}

// reads reads with := where reading declares, with = where the locals were declared before.
func (c codec) reads(b *jen.Group, steps []schema.Step, op string, fail func(string) jen.Code) {
	guarded(b, grouped(steps), c.localCond, func(b *jen.Group, g group) {
		op := op
		if g.If != nil {
			op = "="
		}
		for _, s := range g.steps {
			switch s := s.(type) {
			case *schema.Run:
				c.readRun(b, s, op, fail)
			case *schema.Var:
				c.readVar(b, s.Field, op, fail)
			case *schema.Choose:
				b.Switch(jen.Id(c.variable(s.Switch.On))).BlockFunc(func(b *jen.Group) {
					for _, cs := range s.Switch.Cases {
						b.Case(jen.Id(enumConst(s.Switch.On, cs.Value))).BlockFunc(func(b *jen.Group) { c.reads(b, cs.Steps, "=", fail) })
					}
					b.Default().Block(fail("ErrRange"))
				})
			}
		}
	})
}

func (c codec) readRun(b *jen.Group, s *schema.Run, op string, fail func(string) jen.Code) {
	b.If(jen.Id(fmt.Sprintf("len(b) < %d", s.Size))).Block(fail("ErrShort"))
	offset := 0
	for _, f := range s.Fields {
		v := c.variable(f)
		if f.Type.Kind == schema.FixedBytes {
			b.Id(v).Op(op).Id(fmt.Sprintf("b[%d:%d]", offset, offset+f.Type.Size))
		} else {
			b.Id(v).Op(op).Id(readInt(&f.Type, offset))
		}
		offset += f.Type.Size
	}
	rangeChecks(b, s.Fields, c.variable, c.localCond, fail)
	b.Id("b").Op("=").Id(fmt.Sprintf("b[%d:]", s.Size))
}

// readInt reads a little-endian integer at offset.
func readInt(t *schema.Type, offset int) string {
	size := t.Kind.Size()
	unsigned := fmt.Sprintf("uint%d", 8*size)
	parts := make([]string, size)
	for i := range parts {
		parts[i] = fmt.Sprintf("%s(b[%d])", unsigned, offset+i)
		if size == 1 {
			parts[i] = fmt.Sprintf("b[%d]", offset)
		}
		if i > 0 {
			parts[i] += fmt.Sprintf("<<%d", 8*i)
		}
	}
	value := strings.Join(parts, " | ")
	if typ := goType(t); typ != unsigned {
		return typ + "(" + value + ")"
	}
	return value
}

func (c codec) readVar(b *jen.Group, f *schema.Field, op string, fail func(string) jen.Code) {
	v, t := c.variable(f), &f.Type
	short := func(cond string) { b.If(jen.Id(cond)).Block(fail("ErrShort")) }
	switch t.Kind {
	case schema.StructValue:
		c.within(f).reads(b, t.Struct.Steps, op, fail)
	case schema.TLVs:
		b.Id(v).Op(op).Id("TLVs(b)")
		short("!" + v + ".whole()")
		b.Id("b").Op("=").Id("b[len(b):]")
	case schema.SizedBytes:
		length := c.lengthVariable(f)
		short(fmt.Sprintf("len(b) < %d", t.Prefix))
		prefix := schema.Type{Kind: schema.U8}
		if t.Prefix == 2 {
			prefix.Kind = schema.U16
		}
		b.Id(length).Op(":=").Id(fmt.Sprintf("int(%s)", readInt(&prefix, 0)))
		short(fmt.Sprintf("len(b) < %d+%s", t.Prefix, length))
		if test := sizeCheck(t, length); test != "" {
			b.If(jen.Id(test)).Block(fail("ErrRange"))
		}
		b.Id(v).Op(op).Id(fmt.Sprintf("b[%d : %d+%s : %d+%s]", t.Prefix, t.Prefix, length, t.Prefix, length))
		b.Id("b").Op("=").Id(fmt.Sprintf("b[%d+%s:]", t.Prefix, length))
	case schema.RestBytes:
		if t.Less+t.MinLen > 0 {
			short(fmt.Sprintf("len(b) < %d", t.Less+t.MinLen))
		}
		if t.MaxLen != schema.Unbounded {
			b.If(jen.Id(fmt.Sprintf("len(b) > %d", t.Less+t.MaxLen))).Block(fail("ErrRange"))
		}
		if t.Less == 0 {
			b.Id(v).Op(op).Id("b")
			b.Id("b").Op("=").Id("b[len(b):]")
			return
		}
		b.Id(v).Op(op).Id(fmt.Sprintf("b[: len(b)-%d : len(b)-%d]", t.Less, t.Less))
		b.Id("b").Op("=").Id(fmt.Sprintf("b[len(b)-%d:]", t.Less))
	}
}

// sizeCheck returns the condition under which a length that a prefix states is out of range.
func sizeCheck(t *schema.Type, length string) string {
	var tests []string
	if t.MinLen > 0 {
		tests = append(tests, fmt.Sprintf("%s < %d", length, t.MinLen))
	}
	if t.MaxLen < 1<<(8*t.Prefix)-1 {
		tests = append(tests, fmt.Sprintf("%s > %d", length, t.MaxLen))
	}
	return strings.Join(tests, " || ")
}

// assigns fills the target from the locals.
func (c codec) assigns(b *jen.Group, body *schema.Body) {
	there := always(body.Steps)
	for _, f := range body.Fields {
		c.assign(b, f, there[f])
	}
}

func (c codec) assign(b *jen.Group, f *schema.Field, there bool) {
	member, v := c.member(f), c.variable(f)
	switch f.Type.Kind {
	case schema.StructValue:
		in := c.within(f)
		inner := always(f.Type.Struct.Steps)
		for _, g := range f.Type.Struct.Fields {
			in.assign(b, g, there && inner[g])
		}
	case schema.FixedBytes:
		set := jen.Id(member).Op("=").Id(fmt.Sprintf("[%d]byte(%s)", f.Type.Size, v))
		if there {
			b.Add(set)
			return
		}
		b.If(jen.Id(v + " != nil")).Block(set).Else().Block(jen.Id(member).Op("=").Id(fmt.Sprintf("[%d]byte{}", f.Type.Size)))
	default:
		b.Id(member).Op("=").Id(v)
	}
}
