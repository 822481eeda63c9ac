package pygen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// condition is one in Python; its zero value always holds.
type condition struct {
	text     string
	operator string   // the outermost, "" where there is none
	operands []string // of it
}

// terms say what a condition is written with: the class whose flags it asks for, and whose fields, those of value.
type terms struct {
	class string
	value string
}

func (t terms) write(c schema.Cond) condition {
	switch c := c.(type) {
	case *schema.FlagSet:
		return condition{text: fmt.Sprintf("%s.flags & %s.Flags.%s", t.value, t.class, c.Flag.Name.Upper())}
	case *schema.Equals:
		return t.equals(c, "==")
	case *schema.Not:
		switch inner := c.C.(type) {
		case *schema.Not:
			return t.write(inner.C)
		case *schema.Equals:
			return t.equals(inner, "!=")
		}
		return condition{text: "not " + t.operand(c.C)}
	case *schema.And:
		return t.join("and", c.A, c.B)
	case *schema.Or:
		return t.join("or", c.A, c.B)
	}
	return condition{}
}

func (t terms) equals(c *schema.Equals, operator string) condition {
	return condition{text: fmt.Sprintf("%s.%s %s %s", t.value, attribute(c.Field.Name), operator, enumMember(c.Field.Type.Enum, c.Value))}
}

func (t terms) join(operator string, a, b schema.Cond) condition {
	operands := []string{t.operand(a)}
	if left := t.write(a); left.operator == operator {
		operands = left.operands
	}
	operands = append(operands, t.operand(b))
	return condition{strings.Join(operands, " "+operator+" "), operator, operands}
}

// operand encloses a condition that has an operator of its own.
func (t terms) operand(c schema.Cond) string {
	cond := t.write(c)
	if cond.operator != "" {
		return "(" + cond.text + ")"
	}
	return cond.text
}

// there says in the words of the spec when a field is there; "" is always.
func there(c schema.Cond, in *schema.Equals) string {
	own := schema.CondString(c)
	switch {
	case in == nil:
		return own
	case own == "":
		return schema.CondString(in)
	}
	return schema.CondString(&schema.And{A: in, B: c})
}
