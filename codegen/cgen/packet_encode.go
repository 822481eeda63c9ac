package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packetEncoder writes the functions length and encode of a message. length makes every check, so that encode only writes.
type packetEncoder struct {
	*packetCodec
	*source
}

func (m *packetCodec) length(s *source) { (&packetEncoder{m, s}).length() }
func (m *packetCodec) encode(s *source) { (&packetEncoder{m, s}).encode() }

func (e *packetEncoder) cond(c schema.Cond) string { return e.test("in->flags", e.member).write(c) }

func (e *packetEncoder) member(f *schema.Field) string { return "in->" + f.Name.Snake() }

func (e *packetEncoder) length() {
	name, params := e.lengthParams()
	e.function("int "+name, params...)
	fixed, exact := e.always()
	if !exact {
		e.line("size_t n = %d;", fixed)
		e.text("\n")
	}
	if e.flagged() {
		e.flagChecks(e.source, "in->flags")
	} else if exact && !anyChecks(e.body) {
		e.line("(void)in;")
	}
	e.lengthSteps(e.body.Steps, 0)
	switch longest := e.body.Max; {
	case exact:
		e.line("return %d;", fixed)
	case longest != schema.Unbounded && (e.packet == nil || longest <= schema.MaxPacketBody):
		e.line("return (int)n;")
	default:
		most := "INT_MAX"
		if e.packet != nil {
			most = e.M() + "_MAX_BODY"
		}
		e.fail("n > "+most, e.errorName("TOO_LONG"))
		e.line("return (int)n;")
	}
	e.close()
}

// always returns the bytes that are there in any case, and whether there are no others.
func (e *packetEncoder) always() (fixed int, exact bool) {
	exact = true
	for _, s := range e.body.Steps {
		switch s := s.(type) {
		case *schema.Run:
			if s.If == nil {
				fixed += s.Size
			} else {
				exact = false
			}
		case *schema.Var:
			exact = false
			if s.If == nil {
				fixed += s.Field.Type.Prefix
			}
		default:
			exact = false
		}
	}
	return fixed, exact
}

// anyChecks reports whether any value of a body of fixed size is refused.
func anyChecks(b *schema.Body) bool {
	for _, f := range b.Fields {
		if ranged(f) {
			return true
		}
	}
	return false
}

// lengthSteps checks steps and adds up their bytes; those always there are counted already.
func (e *packetEncoder) lengthSteps(steps []schema.Step, depth int) {
	e.conditional(groups(steps), e.cond, func(g group) { e.lengthGroup(g, g.cond != nil || depth > 0) })
}

func (e *packetEncoder) lengthGroup(g group, count bool) {
	var terms []string
	fixed := 0
	for _, s := range g.steps {
		switch s := s.(type) {
		case *schema.Run:
			e.rangeChecks(e.source, s.Fields, e.member, e.cond)
			fixed += s.Size
		case *schema.Var:
			fixed += s.Field.Type.Prefix
			if term := e.lengthVar(s.Field); term != "" {
				terms = append(terms, term)
			}
		case *schema.Choose:
			e.flush(&fixed, &terms, count)
			e.switchOn(e.member(s.Switch.On), s.Switch, func(c *schema.Case) { e.lengthSteps(c.Steps, 1) }, e.errorName("RANGE"))
		}
	}
	e.flush(&fixed, &terms, count)
}

// flush adds what was counted to n.
func (e *packetEncoder) flush(fixed *int, terms *[]string, count bool) {
	if count && *fixed > 0 {
		*terms = append([]string{fmt.Sprint(*fixed)}, *terms...)
	}
	if len(*terms) > 0 {
		e.line("n += %s;", strings.Join(*terms, " + "))
	}
	*fixed, *terms = 0, nil
}

// lengthVar checks one field of no fixed size and returns its length but for a prefix.
func (e *packetEncoder) lengthVar(f *schema.Field) string {
	member, t := e.member(f), &f.Type
	switch t.Kind {
	case schema.StructValue:
		n := e.local(f, "_len")
		e.call("const int "+n, e.StructName(t.Struct)+"_length", "&"+member)
		e.fail(n+" < 0", n)
		return "(size_t)" + n
	case schema.TLVs:
		e.fail(fmt.Sprintf("!%s_wire_whole(%s)", e.P(), member), e.errorName("SHORT"))
	default:
		if test := sizeTest(t, member+".len"); test != "" {
			e.fail(test, e.errorName("RANGE"))
		}
		if t.MaxLen != schema.Unbounded {
			return member + ".len"
		}
	}
	return fmt.Sprintf("%s_wire_clip(%s.len)", e.P(), member)
}

// switchOnValue writes a switch. other is the error of a value without a case; where it is "", there is none left.
func (s *source) switchOnValue(value string, labels []string, bodies []func(), other string) {
	s.line("switch (%s) {", value)
	for i, label := range labels {
		body := s.aside(func() { s.nested(bodies[i]) })
		last := "case " + label + ":"
		if other == "" && i == len(labels)-1 {
			s.line("%s", last)
			last = "default: /* length refused any other */"
		}
		block := s.declares(body) // no declaration may follow a label
		if block {
			last += " {"
		}
		s.line("%s", last)
		s.text("%s", body)
		s.nested(func() { s.line("break;") })
		if block {
			s.line("}")
		}
	}
	if other != "" {
		s.line("default:")
		s.nested(func() { s.line("return %s;", other) })
	}
	s.line("}")
}

// declares reports whether the body of a case declares something outside of blocks of its own.
func (s *source) declares(body string) bool {
	return strings.Contains("\n"+body, "\n"+strings.Repeat(" ", (s.depth+1)*indent)+"const ")
}

func (m *packetCodec) switchLabels(w *schema.Switch) []string {
	var labels []string
	for _, c := range w.Cases {
		labels = append(labels, m.valueMacro(w.On.Type.Enum, c.Value))
	}
	return labels
}

func (e *packetEncoder) switchOn(value string, w *schema.Switch, body func(*schema.Case), other string) {
	var bodies []func()
	for _, c := range w.Cases {
		bodies = append(bodies, func() { body(c) })
	}
	e.switchOnValue(value, e.switchLabels(w), bodies, other)
}

func (e *packetEncoder) encode() {
	if e.packet == nil {
		e.encodeStruct()
		return
	}
	e.encodePacket()
}

func (e *packetEncoder) encodeStruct() {
	put, params := "put", []string{"uint8_t *p", "const " + e.name + "_t *in"}
	if e.embedded(e.group) {
		put = e.P() + "_wire_put_" + e.group.Name.Snake()
		e.function("uint8_t *"+put, params...)
	} else {
		e.function("static uint8_t *put", params...)
	}
	e.writeSteps(e.body.Steps)
	e.line("return p;")
	e.close()

	name, params := e.encodeParams("")
	e.function("int "+name, params...)
	e.line("const int n = %s_length(in);", e.name)
	e.text("\n")
	e.fail("n < 0", "n")
	e.fail("cap < (size_t)n", e.errorName("CAPACITY"))
	e.line("(void)%s(buf, in);", put)
	e.line("return n;")
	e.close()
}

func (e *packetEncoder) encodePacket() {
	name, params := e.encodeParams("")
	first, most := e.TypeMacro(e.packet)+" << 4", e.M()+"_MAX_SHORT_BODY"
	if e.flagged() {
		first += " | in->flags"
	}
	if e.long() {
		e.function("static int encode", append(params, "int most")...)
		most = "most"
	} else {
		e.function("int "+name, params...)
	}
	e.line("const uint8_t first = (uint8_t)(%s);", first)
	e.call("const int n", e.P()+"_wire_begin", "buf", "cap", "first", e.name+"_length(in)", most)
	if len(e.body.Steps) == 0 {
		e.text("\n")
		e.line("return n;")
		e.close()
		return
	}
	e.line("uint8_t *p = buf;")
	e.text("\n")
	e.fail("n < 0", "n")
	e.line("p += %s_HEADER_SIZE;", e.M())
	e.writeSteps(e.body.Steps)
	e.line("return (int)(p - buf);")
	e.close()
	if !e.long() {
		return
	}
	for _, v := range []struct{ suffix, most string }{{"", "_MAX_SHORT_BODY"}, {"_last", "_MAX_BODY"}} {
		name, params := e.encodeParams(v.suffix)
		e.function("int "+name, params...)
		e.line("return encode(in, buf, cap, %s%s);", e.M(), v.most)
		e.close()
	}
}

// writeSteps writes what length has found to be in order.
func (e *packetEncoder) writeSteps(steps []schema.Step) {
	e.conditional(groups(steps), e.cond, func(g group) {
		for _, s := range g.steps {
			switch s := s.(type) {
			case *schema.Run:
				for _, f := range s.Fields {
					e.writeField(f)
				}
			case *schema.Var:
				e.writeField(s.Field)
			case *schema.Choose:
				e.switchOn(e.member(s.Switch.On), s.Switch, func(c *schema.Case) { e.writeSteps(c.Steps) }, "")
			}
		}
	})
}

func (e *packetEncoder) writeField(f *schema.Field) {
	member, t := e.member(f), &f.Type
	put := func(what string, args ...string) {
		e.line("p = %s_wire_put%s(p, %s);", e.P(), what, strings.Join(args, ", "))
	}
	switch {
	case t.Kind.Integer():
		bits := fmt.Sprint(8 * t.Size)
		if t.Kind.Signed() {
			member = fmt.Sprintf("(uint%s_t)%s", bits, member)
		}
		put(bits, member)
	case t.Kind == schema.FixedBytes:
		put("", member, "sizeof "+member)
	case t.Kind == schema.StructValue:
		put("_"+t.Struct.Name.Snake(), "&"+member)
	default:
		if t.Prefix > 0 {
			bits := fmt.Sprint(8 * t.Prefix)
			put(bits, fmt.Sprintf("(uint%s_t)%s.len", bits, member))
		}
		put("", member+".data", member+".len")
	}
}
