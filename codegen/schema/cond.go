package schema

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// scope is what a condition may speak of: what is sure to be there where it is asked.
type scope struct {
	flags []*Flag
	enums []*Field // enum fields that always stand before
}

// enum returns the enum field of that name, nil where there is none.
func (s scope) enum(name string) *Field {
	for _, f := range s.enums {
		if string(f.Name) == name {
			return f
		}
	}
	return nil
}

func (s scope) hint(name string) string {
	names := make([]string, len(s.enums))
	for i, f := range s.enums {
		names[i] = string(f.Name)
	}
	return Closest(name, names, "there are "+listed(names))
}

var condToken = regexp.MustCompile(`^\s*(&&|\|\||==|!|\(|\)|[A-Za-z_][A-Za-z0-9_]*|\S)`)

// What bounds a condition: compilers do not nest parentheses without end either.
const (
	maxCondLength = 500
	maxCondDepth  = 20
)

type condParser struct {
	*parser
	node  *yaml.Node
	scope scope
	toks  []string
	depth int
	bad   bool // reported
}

// cond reads `if:`: flags, !, &&, ||, parentheses and field == EnumValue. nil where it is faulty (reported).
func (p *parser) cond(n *yaml.Node, s scope) Cond {
	text, ok := p.scalar(n, "a condition")
	if !ok {
		return nil
	}
	if len(text) > maxCondLength {
		p.nodeFault(n, fmt.Sprintf("a condition of %d bytes", len(text)), fmt.Sprintf("the limit is %d", maxCondLength), "shorten it")
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
		c.fail(fmt.Sprintf("%s is left over in a condition", quote(c.toks[0])))
	}
	if c.bad {
		return nil
	}
	return cond
}

// fault reports the first fault of the condition: what follows it is likely to be one because of it.
func (c *condParser) fault(what, why, do string) Cond {
	if !c.bad {
		c.nodeFault(c.node, what, why, do)
	}
	c.bad = true
	return Always
}

func (c *condParser) fail(what string) Cond {
	return c.fault(what, "conditions are made of flags, !, &&, ||, ( ) and field == EnumValue", "")
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
		return c.fail(quote(t) + " in a condition")
	case c.take("=="):
		return c.equals(t, c.next())
	default:
		return c.flagSet(t)
	}
}

func word(t string) bool { return t != "" && (t[0] == '_' || upper(t[0]) || lower(t[0])) }

func (c *condParser) flagSet(name string) Cond {
	names := make([]string, len(c.scope.flags))
	for i, f := range c.scope.flags {
		if string(f.Name) == name {
			return &FlagSet{f}
		}
		names[i] = string(f.Name)
	}
	return c.fault("unknown flag "+quote(name), "", Closest(name, names, "the packet has "+listed(names)))
}

func (c *condParser) equals(field, value string) Cond {
	f := c.scope.enum(field)
	if f == nil {
		return c.fault(quote(field)+" is no enum field that always stands before", "", c.scope.hint(field))
	}
	if v := f.Type.Enum.value(value); v != nil {
		return &Equals{f, v}
	}
	names := f.Type.Enum.names()
	return c.fault(fmt.Sprintf("unknown value %s of %s", quote(value), f.Type.Enum.Name), "", Closest(value, names, "it has "+listed(names)))
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

// CondString prints a condition in the language of the spec; "" for nil and Always.
func CondString(c Cond) string {
	flag := func(f *Flag, set bool) string {
		if set {
			return string(f.Name)
		}
		return "!" + string(f.Name)
	}
	equals := func(f *Field, v *EnumValue, equal bool) string {
		s := fmt.Sprintf("%s == %s", f.Name, v.Name)
		if equal {
			return s
		}
		return "!(" + s + ")"
	}
	return FormatCond(c, flag, equals)
}

// FormatCond prints a condition whose terms are in the words of flag (is it set or not?) and equals (does the field have
// the value or not?); "" for nil and Always. !, && and || are the same in all languages.
func FormatCond(c Cond, flag func(f *Flag, set bool) string, equals func(f *Field, v *EnumValue, equal bool) string) string {
	format := func(c Cond) string { return FormatCond(c, flag, equals) }
	operand := func(c Cond) string { // of &&, which binds closer than ||
		if _, or := c.(*Or); or {
			return "(" + format(c) + ")"
		}
		return format(c)
	}
	switch c := c.(type) {
	case *FlagSet:
		return flag(c.Flag, true)
	case *Equals:
		return equals(c.Field, c.Value, true)
	case *Not:
		switch inner := c.C.(type) {
		case *FlagSet:
			return flag(inner.Flag, false)
		case *Equals:
			return equals(inner.Field, inner.Value, false)
		}
		return "!(" + format(c.C) + ")"
	case *And:
		return operand(c.A) + " && " + operand(c.B)
	case *Or:
		return format(c.A) + " || " + format(c.B)
	}
	return ""
}
