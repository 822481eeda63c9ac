package gogen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// messageTests emits the tests of messages and what they need of the structs within.
func (s *suite) messageTests() {
	reset := func() { s.line("p.Reset()") }
	met := map[string]bool{}
	for _, m := range s.spec.Messages {
		sub := subject{s, m.Name.Pascal(), "", &m.Body}
		sub.message(m, met)
		sub.random(reset)
		sub.wire(fmt.Sprintf("uint8(%d)", m.ID), generations(m))
		sub.unions()
	}
	for _, st := range s.spec.Structs {
		if st.Message {
			sub := subject{s, st.Name.Pascal(), "", &st.Body}
			sub.random(reset)
			sub.wire("", 0)
			sub.unions()
		}
	}
	s.accessorTests()
}

func (s subject) unions() {
	for _, f := range s.body.Fields {
		if f.Type.Kind == schema.Union {
			s.union(f)
		}
	}
}

// message emits the test of a message.
func (s subject) message(m *schema.Message, met map[string]bool) {
	last := generations(m)
	wire := "wireOf" + s.name
	if last > 0 {
		wire = fmt.Sprintf("func(p %s) []byte { return wireOf%s(p, %d) }", s.name, s.name, last)
	}
	s.line("func TestMessage%s(t *testing.T) {\ntestMessage(t, messageTest[%s]{\nrandom: random%s,\nwire: %s,\ninitial: %s,", s.name, s.name, s.name, wire, s.initial())
	if last > 0 {
		s.line("older: []func(*%s) []byte{", s.name)
		before := 1
		for _, step := range m.Steps {
			g, ok := step.(*schema.Generation)
			if !ok {
				continue
			}
			s.line("func(p *%s) []byte { // before generation %d\npayload := wireOf%s(*p, %d)", s.name, g.Since, s.name, before)
			for _, f := range g.Fields {
				if f.Presence != nil {
					s.line("p.Has%s = false", f.Name.Pascal())
				}
				value, zero := s.defaultOf(f)
				if value == "" {
					value = zero
				}
				s.line("p.%s = %s", f.Name.Pascal(), value)
			}
			s.line("return payload\n},")
			before = g.Since
		}
		s.line("},")
	}
	s.changes(met, func(changes) {})
	s.line("})\n}\n")
}

// initial returns a literal of the defaults.
func (s subject) initial() string {
	var set []string
	for _, f := range s.body.Fields {
		if value, _ := s.defaultOf(f); value != "" {
			set = append(set, f.Name.Pascal()+": "+value)
		}
	}
	return s.name + "{" + strings.Join(set, ", ") + "}"
}

// defaultOf returns a literal of a field's default, "" where it is zero, and its zero.
func (s subject) defaultOf(f *schema.Field) (value, zero string) {
	of := func(st *schema.Struct) string {
		literal := subject{s.suite, st.Name.Pascal(), "", &st.Body}.initial()
		if strings.HasSuffix(literal, "{}") {
			return ""
		}
		return literal
	}
	t := &f.Type
	switch t.Kind {
	case schema.StructValue:
		return of(t.Struct), goType(t) + "{}"
	case schema.Union:
		name := s.unionType(f)
		var set []string
		for _, v := range t.Variants {
			if literal := of(v.Struct); literal != "" {
				set = append(set, v.Name.Pascal()+": "+literal)
			}
		}
		if len(set) > 0 {
			value = name + "{" + strings.Join(set, ", ") + "}"
		}
		return value, name + "{}"
	case schema.Array:
		if t.Count == 0 {
			return "", "nil"
		}
		if t.Elem.Kind == schema.StructValue {
			if literal := of(t.Elem.Struct); literal != "" {
				value = goType(t) + "{" + strings.Join(repeated(literal, t.Count), ", ") + "}"
			}
		}
		return value, goType(t) + "{}"
	case schema.SizedBytes:
		return "", "nil"
	case schema.FixedBytes:
		return "", goType(t) + "{}"
	case schema.String:
		if f.Default != nil && f.Default.Text != "" {
			value = strconv.Quote(f.Default.Text)
		}
		return value, `""`
	}
	zero = "0"
	if t.Kind == schema.Bool {
		zero = "false"
	}
	if value = (record{generator: s.generator}).initial(f); value == zero {
		value = ""
	}
	return value, zero
}

func repeated(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// accessorTests emits the test of scaled numbers and of parts of byte groups.
func (s *suite) accessorTests() {
	if !s.messageFields(func(f *schema.Field) bool { return f.Scale != nil || len(f.Type.Bits) > 0 }) {
		return
	}
	s.line("func TestAccessors(t *testing.T) {\nr := rand.New(rand.NewPCG(1, 2))\nfor range rounds {")
	for _, m := range s.spec.Messages {
		subject{s, m.Name.Pascal(), "", &m.Body}.accessors()
	}
	for _, st := range s.spec.Structs {
		if st.Message {
			subject{s, st.Name.Pascal(), "", &st.Body}.accessors()
		}
	}
	s.line("}\n}\n")
}

func (s subject) accessors() {
	begun := false
	for _, f := range s.body.Fields {
		if f.Scale == nil && len(f.Type.Bits) == 0 {
			continue
		}
		if !begun {
			s.line("{\np := random%s(r)", s.name)
			begun = true
		}
		field := func() {
			if f.Scale != nil {
				s.scaled(f)
			} else {
				s.parts(f)
			}
		}
		if f.Presence != nil {
			s.when("p.Has"+f.Name.Pascal(), field)
		} else {
			field()
		}
	}
	if begun {
		s.line("}")
	}
}

func (s subject) scaled(f *schema.Field) {
	v, name := s.member(f), f.Scale.Accessor.Pascal()
	get, set := "p."+name, "p.Set"+name
	if f.Type.Kind == schema.Array {
		s.line("for i := range %s {", v)
		v += "[i]"
		get = fmt.Sprintf("func() float64 { return %s(i) }", get)
		set = fmt.Sprintf("func(v float64) error { return %s(i, v) }", set)
	}
	s.line("testScaled(t, %q, &%s, %s, %s%s)", s.name+"."+name, v, get, set, beyond(f))
	if f.Type.Kind == schema.Array {
		s.line("}")
	}
}

// beyond returns the scaled values next to the range of a field, where they are exact.
func beyond(f *schema.Field) string {
	k, sc := f.Type.Kind, f.Scale
	if f.Type.Kind == schema.Array {
		k = f.Type.Elem.Kind
	}
	if k.Size() > 4 {
		return ""
	}
	lo, hi := f.Limits()
	values := ""
	for _, raw := range []float64{float64(lo.Int64() - 1), float64(hi.Int64() + 1)} {
		values += ", " + strconv.FormatFloat((raw*float64(sc.Num)+float64(sc.Add))/float64(sc.Den), 'g', -1, 64)
	}
	return values
}

func (s subject) parts(f *schema.Field) {
	for _, b := range f.Type.Bits {
		name := f.Name.Pascal() + b.Name.Pascal()
		s.line("testPart(t, %q, &%s, %#x, %#x, p.%s, p.Set%s)", s.name+"."+name, s.member(f), b.Mask(), uint64(1)<<b.Width-1, name, name)
	}
}
