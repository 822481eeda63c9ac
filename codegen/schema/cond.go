package schema

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// scope is what a condition may speak of.
type scope struct {
	flags  []*Flag
	fields []*Field // those before
}

var condToken = regexp.MustCompile(`^\s*(&&|\|\||==|!|\(|\)|[A-Za-z_][A-Za-z0-9_]*|\S)`)

// maxCondDepth bounds the nesting of a condition.
const maxCondDepth = 20

type condParser struct {
	*parser
	node  *yaml.Node
	scope scope
	toks  []string
	depth int
	bad   bool
}

// cond reads `if:`: flags, !, &&, ||, parentheses and field == EnumValue. nil where it is faulty (reported).
func (p *parser) cond(n *yaml.Node, s scope) Cond {
	text := p.scalar(n, "a condition")
	if text == "" {
		if len(p.errs) == 0 || p.errs[len(p.errs)-1].Line != n.Line {
			p.nodeFault(n, "an empty condition", "", "remove the key, or name a flag")
		}
		return nil
	}
	c := &condParser{parser: p, node: n, scope: s}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := condToken.FindStringSubmatch(rest)
		c.toks = append(c.toks, m[1])
		rest = rest[len(m[0]):]
	}
	cond := c.or()
	if !c.bad && len(c.toks) > 0 {
		c.fail(fmt.Sprintf("%q is left over in the condition %q", c.toks[0], text))
	}
	if c.bad {
		return nil
	}
	return cond
}

func (c *condParser) fail(what string) Cond {
	if !c.bad {
		c.nodeFault(c.node, what, "conditions are made of flags, !, &&, ||, ( ) and field == EnumValue", "")
	}
	c.bad = true
	return Always
}

func (c *condParser) next() string {
	if len(c.toks) == 0 {
		return ""
	}
	t := c.toks[0]
	c.toks = c.toks[1:]
	return t
}

func (c *condParser) take(tok string) bool {
	if len(c.toks) > 0 && c.toks[0] == tok {
		c.toks = c.toks[1:]
		return true
	}
	return false
}

func (c *condParser) or() Cond {
	a := c.and()
	for !c.bad && c.take("||") {
		a = &Or{a, c.and()}
	}
	return a
}

func (c *condParser) and() Cond {
	a := c.unary()
	for !c.bad && c.take("&&") {
		a = &And{a, c.unary()}
	}
	return a
}

func (c *condParser) unary() Cond {
	if c.depth++; c.depth > maxCondDepth {
		return c.fail(fmt.Sprintf("a condition nested deeper than %d", maxCondDepth))
	}
	defer func() { c.depth-- }()
	switch t := c.next(); {
	case t == "":
		return c.fail("the condition ends too early")
	case t == "!":
		return &Not{c.unary()}
	case t == "(":
		inner := c.or()
		if !c.bad && !c.take(")") {
			return c.fail("a ( without its )")
		}
		return inner
	case !word(t):
		return c.fail(fmt.Sprintf("%q in a condition", t))
	case c.take("=="):
		return c.equals(t, c.next())
	default:
		return c.flagSet(t)
	}
}

func word(t string) bool { return t != "" && (t[0] == '_' || upper(t[0]) || lower(t[0])) }

func (c *condParser) flagSet(name string) Cond {
	var names []string
	for _, f := range c.scope.flags {
		if string(f.Name) == name {
			return &FlagSet{f}
		}
		names = append(names, string(f.Name))
	}
	if !c.bad {
		c.nodeFault(c.node, fmt.Sprintf("unknown flag %q", name), "", closest(name, names, "the packet has "+orNone(names)))
	}
	c.bad = true
	return Always
}

func (c *condParser) equals(field, value string) Cond {
	var names []string
	for _, f := range c.scope.fields {
		if f.Type.Enum == nil {
			continue
		}
		if string(f.Name) != field {
			names = append(names, string(f.Name))
			continue
		}
		if v := f.Type.Enum.value(value); v != nil {
			return &Equals{f, v}
		}
		c.nodeFault(c.node, fmt.Sprintf("unknown value %q of %s", value, f.Type.Enum.Name), "",
			closest(value, f.Type.Enum.names(), "it has "+orNone(f.Type.Enum.names())))
		c.bad = true
		return Always
	}
	if !c.bad {
		c.nodeFault(c.node, fmt.Sprintf("%q is no enum field that stands before", field), "", closest(field, names, "there are "+orNone(names)))
	}
	c.bad = true
	return Always
}

func (e *Enum) value(name string) *EnumValue {
	for _, v := range e.Values {
		if string(v.Name) == name {
			return v
		}
	}
	return nil
}

func (e *Enum) names() []string {
	names := make([]string, len(e.Values))
	for i, v := range e.Values {
		names[i] = string(v.Name)
	}
	return names
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// CondString prints a condition in the language of the spec; "" for nil.
func CondString(c Cond) string {
	switch c := c.(type) {
	case *FlagSet:
		return string(c.Flag.Name)
	case *Equals:
		return fmt.Sprintf("%s == %s", c.Field.Name, c.Value.Name)
	case *Not:
		if _, leaf := c.C.(*FlagSet); leaf {
			return "!" + CondString(c.C)
		}
		return "!(" + CondString(c.C) + ")"
	case *And:
		return condOperand(c.A) + " && " + condOperand(c.B)
	case *Or:
		return condOperand(c.A) + " || " + condOperand(c.B)
	}
	return ""
}

// condOperand puts parentheses around an || that stands beside another operator.
func condOperand(c Cond) string {
	if _, or := c.(*Or); or {
		return "(" + CondString(c) + ")"
	}
	return CondString(c)
}
