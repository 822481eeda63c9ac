package cgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packetDecoder writes the function decode of a message. Its target is filled when all checks are behind it. Until then what
// is read waits in locals; where there would be many, in a whole value of the type.
type packetDecoder struct {
	*packetCodec
	*source
	staged bool // in a whole value, v
	asked  map[*schema.Field]bool
	pos    position
	at     bool        // the variable at is declared
	last   schema.Step // that always is the last; nil where none is
	fills  []func()    // of the target, in order
}

// position is a place in the input: off bytes behind the start (base ""), behind the variable at or another sum, or
// before the end (base "len", off negative).
type position struct {
	base string
	off  int
	some bool // behind the start for sure
}

func (p position) plus(n int) position { return position{p.base, p.off + n, p.some || n > 0} }

func (p position) String() string {
	switch {
	case p.base == "":
		return fmt.Sprint(p.off)
	case p.off > 0:
		return fmt.Sprintf("%s + %d", p.base, p.off)
	case p.off < 0:
		return fmt.Sprintf("%s - %d", p.base, -p.off)
	}
	return p.base
}

// pointer writes the address of a position. Nothing is added to the input while it may be a null pointer.
func (d *packetDecoder) pointer(p position) string {
	switch {
	case p.base == "" && p.off == 0:
		return d.input()
	case !p.some:
		return fmt.Sprintf("(at > 0 ? %s + at : %s)", d.input(), d.input())
	}
	return d.input() + " + " + p.String()
}

func (m *packetCodec) decode(s *source) {
	d := &packetDecoder{packetCodec: m, source: s, asked: map[*schema.Field]bool{}, staged: crowded(m.body)}
	for _, f := range m.body.Fields {
		ask(f.If, d.asked)
		for _, r := range f.Ranges {
			ask(r.If, d.asked)
		}
	}
	if gs := groups(m.body.Steps); len(gs) > 0 && gs[len(gs)-1].cond == nil {
		d.last = m.body.Steps[len(m.body.Steps)-1]
	}
	d.decode()
}

// crowded reports whether the fields that are not always there are too many or too large for locals.
func crowded(b *schema.Body) bool {
	for _, s := range b.Steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				if s.If != nil && f.Type.Kind == schema.FixedBytes {
					return true
				}
			}
		case *schema.Var:
			if s.Field.Type.Kind == schema.StructValue {
				return true
			}
		case *schema.Choose:
			return true
		}
	}
	return false
}

// ask notes the fields that a condition asks for.
func ask(c schema.Cond, asked map[*schema.Field]bool) {
	switch c := c.(type) {
	case *schema.Equals:
		asked[c.Field] = true
	case *schema.Not:
		ask(c.C, asked)
	case *schema.And:
		ask(c.A, asked)
		ask(c.B, asked)
	case *schema.Or:
		ask(c.A, asked)
		ask(c.B, asked)
	}
}

func (d *packetDecoder) decode() {
	name, params := d.decodeParams()
	d.function("int "+name, params...)
	d.declare()
	if d.packet != nil {
		d.flagChecks(d.source, "flags")
	}
	if d.packet == nil && d.body.Max == schema.Unbounded {
		d.fail("len > INT_MAX", d.errorName("TOO_LONG"))
	}
	if d.staged {
		d.line("%s_init(&v);", d.name)
		if d.flagged() {
			d.line("v.flags = flags;")
		}
	}
	d.steps(d.body.Steps)
	if len(d.body.Steps) == 0 {
		d.line("(void)%s;", d.input())
		d.line("(void)len;")
	}

	if len(d.body.Steps) > 0 {
		d.text("\n")
	}
	switch {
	case d.staged:
		d.line("*out = v;")
	case d.flagged():
		d.line("out->flags = flags;")
	case len(d.fills) == 0:
		d.line("(void)out;")
	}
	for _, fill := range d.fills {
		fill()
	}
	switch {
	case d.pos.base == "":
		d.line("return %d;", d.pos.off)
	case d.pos.off == 0:
		d.line("return (int)%s;", d.pos)
	default:
		d.line("return (int)(%s);", d.pos)
	}
	d.close()
}

// declare writes what must be known before the first step: fields that may turn out not to be there.
func (d *packetDecoder) declare() {
	if d.staged {
		d.line("%s_t v;", d.name)
		d.text("\n")
		return
	}
	declared := false
	for _, f := range d.body.Fields {
		if f.If == nil {
			continue
		}
		declared = true
		zero := "0"
		if !f.Type.Kind.Integer() {
			zero = "{NULL, 0}"
		}
		d.line("%s %s = %s;", d.cType(&f.Type), d.local(f, ""), zero)
	}
	if declared {
		d.text("\n")
	}
}

func (d *packetDecoder) cond(c schema.Cond) string { return d.test("flags", d.value).write(c) }

// value is where a field that was read waits.
func (d *packetDecoder) value(f *schema.Field) string {
	if d.staged {
		return "v." + f.Name.Snake()
	}
	return d.local(f, "")
}

func (d *packetDecoder) steps(steps []schema.Step) {
	gs := groups(steps)
	for i := 0; i < len(gs); i++ {
		if gs[i].cond == nil {
			d.groupSteps(gs[i])
			continue
		}
		d.materialize()
		alternatives := gs[i : i+1]
		if i+1 < len(gs) && opposite(gs[i].cond, gs[i+1].cond) {
			alternatives = gs[i : i+2]
			i++
		}
		d.conditional(alternatives, d.cond, func(g group) { d.branch(func() { d.groupSteps(g) }) })
	}
}

// branch writes steps that are not always taken: behind them the position is what the variable says.
func (d *packetDecoder) branch(steps func()) {
	before := d.pos
	steps()
	d.materialize()
	d.pos = position{"at", 0, before.some}
}

// materialize puts the position into the variable at.
func (d *packetDecoder) materialize() {
	switch {
	case !d.at:
		d.line("size_t at = %s;", d.pos)
		d.at = true
	case d.pos.base != "at":
		d.line("at = %s;", d.pos)
	}
	d.pos = position{"at", 0, d.pos.some}
}

// advance moves the position.
func (d *packetDecoder) advance(n int, step schema.Step) {
	if d.pos.base != "at" || step == d.last {
		d.pos = d.pos.plus(n)
		return
	}
	d.line("at += %d;", n)
	d.pos.some = true
}

func (d *packetDecoder) groupSteps(g group) {
	for _, s := range g.steps {
		switch s := s.(type) {
		case *schema.Run:
			d.run(s)
		case *schema.Var:
			d.variable(s)
		case *schema.Choose:
			d.materialize()
			var bodies []func()
			for _, c := range s.Switch.Cases {
				bodies = append(bodies, func() { d.branch(func() { d.steps(c.Steps) }) })
			}
			d.switchOnValue(d.value(s.Switch.On), d.switchLabels(s.Switch), bodies, d.errorName("RANGE"))
		}
	}
}

// need refuses an input that ends within the next n bytes.
func (d *packetDecoder) need(n int) {
	switch d.pos.base {
	case "":
		d.fail(fmt.Sprintf("len < %d", d.pos.off+n), d.errorName("SHORT"))
	case "len": // a field that takes the rest has left them
	default:
		d.fail(fmt.Sprintf("len - at < %d", n), d.errorName("SHORT"))
	}
	d.pos.some = true
}

func (d *packetDecoder) run(s *schema.Run) {
	d.need(s.Size)
	at := d.pos
	var checked []*schema.Field
	for _, f := range s.Fields {
		d.fixed(s, f, at)
		at = at.plus(f.Type.Size)
		if ranged(f) {
			checked = append(checked, f)
		}
	}
	d.rangeChecks(d.source, checked, d.value, d.cond)
	d.advance(s.Size, s)
}

// stays reports whether a position that a step has read at can still be named when all checks are done.
func (d *packetDecoder) stays(at position, step schema.Step) bool {
	return at.base != "at" || step == d.last
}

// fixed reads a field of fixed size at a position, or leaves the reading for later.
func (d *packetDecoder) fixed(s *schema.Run, f *schema.Field, at position) {
	if f.Type.Kind == schema.FixedBytes {
		if d.staged {
			d.copyBytes("v", f, d.pointer(at))
			return
		}
		from := d.pointer(at)
		if !d.stays(at, s) {
			from = d.local(f, "")
			d.line("const uint8_t *const %s = %s;", from, d.pointer(at))
		}
		d.later(func() { d.copyBytes("out", f, from) })
		return
	}
	read := d.read(&f.Type, at)
	target := "out->" + f.Name.Snake()
	switch {
	case d.staged:
		d.line("%s = %s;", d.value(f), read)
	case s.If != nil:
		d.line("%s = %s;", d.value(f), read)
		d.later(func() { d.line("%s = %s;", target, d.value(f)) })
	case ranged(f) || d.asked[f] || !d.stays(at, s):
		d.line("const %s %s = %s;", d.cType(&f.Type), d.value(f), read)
		d.later(func() { d.line("%s = %s;", target, d.value(f)) })
	default:
		d.later(func() { d.line("%s = %s;", target, read) })
	}
}

func (d *packetDecoder) later(fill func()) { d.fills = append(d.fills, fill) }

func (d *packetDecoder) copyBytes(target string, f *schema.Field, from string) {
	member := target + "->" + f.Name.Snake()
	if target == "v" {
		member = "v." + f.Name.Snake()
	}
	d.line("memcpy(%s, %s, sizeof %s);", member, from, member)
}

// read writes the expression that reads an integer.
func (d *packetDecoder) read(t *schema.Type, at position) string {
	expr := fmt.Sprintf("%s_wire_get%d(%s)", d.P(), 8*t.Size, d.pointer(at))
	if t.Size == 1 {
		expr = fmt.Sprintf("%s[%s]", d.input(), at)
	}
	if t.Kind.Signed() {
		return fmt.Sprintf("(%s)%s", d.cType(t), expr)
	}
	return expr
}

func (d *packetDecoder) variable(s *schema.Var) {
	f, t := s.Field, &s.Field.Type
	switch t.Kind {
	case schema.StructValue:
		d.structure(s)
	case schema.SizedBytes:
		d.sized(s)
	case schema.TLVs:
		if d.staged || s.If != nil {
			d.view(s, d.pos, d.left())
			d.fail(fmt.Sprintf("!%s_wire_whole(%s)", d.P(), d.value(f)), d.errorName("SHORT"))
		} else {
			d.line("const %s %s = {%s, %s};", d.cType(t), d.value(f), d.pointer(d.pos), d.left())
			d.fail(fmt.Sprintf("!%s_wire_whole(%s)", d.P(), d.value(f)), d.errorName("SHORT"))
			d.later(func() { d.line("out->%s = %s;", f.Name.Snake(), d.value(f)) })
		}
		d.pos = position{"len", 0, d.pos.some}
	case schema.RestBytes:
		if t.Less+t.MinLen > 0 {
			d.need(t.Less + t.MinLen)
		}
		if t.MaxLen != schema.Unbounded {
			d.fail(fmt.Sprintf("%s > %d", d.left(), t.MaxLen+t.Less), d.errorName("RANGE"))
		}
		rest := position{"", d.pos.off + t.Less, true}
		length := "len - " + rest.String()
		if d.pos.base == "at" {
			length = d.left()
			if t.Less > 0 {
				length += fmt.Sprintf(" - %d", t.Less)
			}
		} else if rest.off == 0 {
			length = "len"
		}
		d.view(s, d.pos, length)
		d.pos = position{"len", -t.Less, d.pos.some || t.Less > 0}
	}
}

// left writes how many bytes are left.
func (d *packetDecoder) left() string {
	if d.pos.base == "" && d.pos.off == 0 {
		return "len"
	}
	return "len - " + d.pos.String()
}

// view keeps a view of the input.
func (d *packetDecoder) view(s *schema.Var, at position, length string) {
	set := func(target string) {
		d.line("%s.data = %s;", target, d.pointer(at))
		d.line("%s.len = %s;", target, length)
	}
	f := s.Field
	switch {
	case d.staged:
		set(d.value(f))
	case s.If != nil:
		set(d.value(f))
		d.later(func() { d.line("out->%s = %s;", f.Name.Snake(), d.value(f)) })
	case !d.stays(at, s):
		d.line("const %s %s = {%s, %s};", d.cType(&f.Type), d.value(f), d.pointer(at), length)
		d.later(func() { d.line("out->%s = %s;", f.Name.Snake(), d.value(f)) })
	default:
		d.later(func() { set("out->" + f.Name.Snake()) })
	}
}

func (d *packetDecoder) sized(s *schema.Var) {
	f, t := s.Field, &s.Field.Type
	d.need(t.Prefix)
	n := d.local(f, "_len")
	prefix := schema.Type{Kind: schema.U8, Size: t.Prefix}
	d.line("const size_t %s = %s;", n, d.read(&prefix, d.pos))
	start := d.pos.plus(t.Prefix)
	left := fmt.Sprintf("len - %d", start.off)
	if start.base != "" {
		left = fmt.Sprintf("len - at - %d", t.Prefix)
	}
	d.fail(left+" < "+n, d.errorName("SHORT"))
	bounds := *t
	if t.MaxLen == 1<<(8*t.Prefix)-1 {
		bounds.MaxLen = schema.Unbounded
	}
	if test := sizeTest(&bounds, n); test != "" {
		d.fail(test, d.errorName("RANGE"))
	}
	d.view(s, start, n)
	end := position{n, start.off, true}
	if start.base != "" {
		end.base = start.base + " + " + n
	}
	switch {
	case s == d.last:
		d.pos = end
	case d.at:
		d.line("at += %d + %s;", t.Prefix, n)
		d.pos = position{"at", 0, true}
	default:
		d.pos = end
		d.materialize()
	}
}

func (d *packetDecoder) structure(s *schema.Var) {
	f, t := s.Field, s.Field.Type.Struct
	n := d.local(f, "_len")
	d.call("const int "+n, d.StructName(t)+"_decode", "&"+d.value(f), d.pointer(d.pos), d.left())
	d.fail(n+" < 0", n)
	switch {
	case t.Min == t.Max:
		d.advance(t.Min, s)
	case d.at:
		d.line("at += (size_t)%s;", n)
	default:
		d.pos.base = "(size_t)" + n
		d.materialize()
	}
	d.pos.some = d.pos.some || t.Min > 0
}
