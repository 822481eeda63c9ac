package gogen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

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

// contrary reports whether the condition holds just while that of another group does not.
func (g group) contrary(other group) bool {
	is := func(a, b schema.Cond) bool {
		not, ok := a.(*schema.Not)
		return ok && schema.CondString(not.C) == schema.CondString(b)
	}
	return is(g.If, other.If) || is(other.If, g.If)
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
	guarded(b, grouped(steps), c.memberCond, func(b *jen.Group, g group) {
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

func enumConst(on *schema.Field, v *schema.EnumValue) string {
	return on.Type.Enum.Name.Pascal() + v.Name.Pascal()
}

// rangeCheck returns the condition under which value is out of the range; "" where the type itself is the range.
func rangeCheck(r schema.Range, k schema.Kind, value string) string {
	switch {
	case !k.Signed() && r.HasMin && !r.HasMax && r.Min.Cmp(big.NewInt(1)) == 0:
		return value + " == 0"
	case !k.Signed() && r.HasMax && r.Max.Sign() == 0:
		return value + " != 0"
	}
	var tests []string
	if r.HasMin {
		tests = append(tests, fmt.Sprintf("%s < %s", value, r.Min))
	}
	if r.HasMax {
		tests = append(tests, fmt.Sprintf("%s > %s", value, r.Max))
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
			if test := rangeCheck(r, f.Type.Kind, value(f)); test != "" {
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
	integer := func(b *jen.Group, value, typ string, size int) {
		if bits := fmt.Sprintf("uint%d", 8*size); typ != bits {
			value = bits + "(" + value + ")"
		}
		if size == 1 {
			pending = append(pending, value)
			return
		}
		flush(b)
		b.Id("b").Op("=").Qual("encoding/binary", "LittleEndian").Dot(fmt.Sprintf("AppendUint%d", 8*size)).Call(jen.Id("b"), jen.Id(value))
	}
	groups := grouped(steps)
	if len(groups) == 0 || groups[0].If != nil {
		flush(b)
	}
	guarded(b, groups, c.memberCond, func(b *jen.Group, g group) {
		for _, s := range g.steps {
			switch s := s.(type) {
			case *schema.Run:
				for _, f := range s.Fields {
					if f.Type.Kind == schema.FixedBytes {
						flush(b)
						b.Id("b").Op("=").Id("append(b, " + c.member(f) + "[:]...)")
						continue
					}
					integer(b, c.member(f), goType(&f.Type), f.Type.Size)
				}
			case *schema.Var:
				f := s.Field
				if f.Type.Kind == schema.StructValue {
					c.within(f).appends(b, f.Type.Struct.Steps, pending)
					pending = nil
					continue
				}
				if f.Type.Prefix > 0 {
					integer(b, "len("+c.member(f)+")", "int", f.Type.Prefix)
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
		flush(b)
	})
}
