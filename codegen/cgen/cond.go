package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// terms say what a condition is written with.
type terms struct {
	flag   func(f *schema.Flag, set bool) string
	equals func(f *schema.Field, v *schema.EnumValue, yes bool) string
}

// write writes a condition; "" where it always holds.
func (t terms) write(c schema.Cond) string {
	switch c := c.(type) {
	case *schema.FlagSet:
		return t.flag(c.Flag, true)
	case *schema.Equals:
		return t.equals(c.Field, c.Value, true)
	case *schema.Not:
		switch inner := c.C.(type) {
		case *schema.FlagSet:
			return t.flag(inner.Flag, false)
		case *schema.Equals:
			return t.equals(inner.Field, inner.Value, false)
		case *schema.Not:
			return t.write(inner.C)
		}
		return "!(" + t.write(c.C) + ")"
	case *schema.And:
		return t.operand(c.A) + " && " + t.operand(c.B)
	case *schema.Or:
		return t.operand(c.A) + " || " + t.operand(c.B)
	}
	return ""
}

// operand writes a condition that stands beside an operator. Compilers ask for parentheses around && beside ||.
func (t terms) operand(c schema.Cond) string { return parenthesized(t.write(c)) }

// parenthesized encloses a condition that has an operator of its own.
func parenthesized(cond string) string {
	if len(breakable(cond)) > 1 {
		return "(" + cond + ")"
	}
	return cond
}

// both joins two conditions, either of which may be "".
func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return conjunct(a) + " && " + conjunct(b)
}

// conjunct encloses what may not stand beside && as it is.
func conjunct(cond string) string {
	for _, part := range breakable(cond) {
		if strings.HasSuffix(part, " ||") {
			return "(" + cond + ")"
		}
	}
	return cond
}

// words is a condition for people.
func words(c schema.Cond) string {
	return terms{
		flag: func(f *schema.Flag, set bool) string {
			if set {
				return f.Name.Upper()
			}
			return "!" + f.Name.Upper()
		},
		equals: func(f *schema.Field, v *schema.EnumValue, yes bool) string {
			return f.Name.Snake() + " " + equality(yes) + " " + v.Name.Upper()
		},
	}.write(c)
}

// test returns how C asks for flags and fields: flags is an expression, value writes that of a field.
func (m *packetCodec) test(flags string, value func(*schema.Field) string) terms {
	return terms{
		flag: func(f *schema.Flag, set bool) string {
			return fmt.Sprintf("(%s & %s) %s 0", flags, m.FlagMacro(m.packet, f), equality(!set))
		},
		equals: func(f *schema.Field, v *schema.EnumValue, yes bool) string {
			return fmt.Sprintf("%s %s %s", value(f), equality(yes), m.valueMacro(f.Type.Enum, v))
		},
	}
}

func equality(yes bool) string {
	if yes {
		return "=="
	}
	return "!="
}

// opposite reports whether one condition is written as the negation of the other.
func opposite(a, b schema.Cond) bool {
	return a != nil && b != nil &&
		(words(a) == words(&schema.Not{C: b}) || words(b) == words(&schema.Not{C: a}))
}

// presence returns when the fields of a body are there: their own conditions and those of their cases; nil is always.
func presence(b *schema.Body) map[*schema.Field]schema.Cond {
	there := map[*schema.Field]schema.Cond{}
	for _, it := range b.Items {
		switch it := it.(type) {
		case *schema.Field:
			there[it] = it.If
		case *schema.Switch:
			for _, c := range it.Cases {
				chosen := &schema.Equals{Field: it.On, Value: c.Value}
				for _, f := range c.Fields {
					if f.If == nil {
						there[f] = chosen
					} else {
						there[f] = &schema.And{A: chosen, B: f.If}
					}
				}
			}
		}
	}
	return there
}

// group is a row of steps under one condition.
type group struct {
	cond  schema.Cond // nil: always
	steps []schema.Step
}

func groups(steps []schema.Step) []group {
	var out []group
	for _, s := range steps {
		var cond schema.Cond
		switch s := s.(type) {
		case *schema.Run:
			cond = s.If
		case *schema.Var:
			cond = s.If
		}
		if n := len(out); n > 0 && schema.CondString(out[n-1].cond) == schema.CondString(cond) {
			out[n-1].steps = append(out[n-1].steps, s)
			continue
		}
		out = append(out, group{cond, []schema.Step{s}})
	}
	return out
}

// conditional writes groups, each within an if where it has a condition; two that exclude each other become if and
// else. cond writes a condition, steps the steps of a group.
func (s *source) conditional(gs []group, cond func(schema.Cond) string, steps func(group)) {
	for i := 0; i < len(gs); i++ {
		g := gs[i]
		if g.cond == nil {
			steps(g)
			continue
		}
		s.list("if (", []string{cond(g.cond)}, "", ") {")
		s.nested(func() { steps(g) })
		if i+1 < len(gs) && opposite(g.cond, gs[i+1].cond) {
			i++
			s.line("} else {")
			s.nested(func() { steps(gs[i]) })
		}
		s.line("}")
	}
}
