package cgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// messageChecker writes the first pass of a decoder, which finds out whether and where the body ends. The second fills
// the target, which so needs no copy of itself on the stack to stay as it is on error.
type messageChecker struct {
	*messageCodec
	*source
	pos    position // base "" or "at"
	at     bool     // the variable at is declared
	prefix int      // bytes of the prefix at pos of which is known that they are there
}

func (r *messageCodec) check(s *source) {
	c := &messageChecker{messageCodec: r, source: s}
	const data, size = "const uint8_t *body", "size_t len"
	if r.message != nil {
		c.function("static int check", data, size)
	} else {
		c.function("int "+r.checkName(), data, size)
	}
	steps := c.aside(func() {
		for i, step := range r.body.Steps {
			c.step(step, r.body.Steps[i+1:])
		}
		c.result()
	})
	if strings.Contains(steps, "part = ") {
		c.line("int part;")
		c.text("\n")
	}
	if !strings.Contains(steps, "body") {
		c.line("(void)body;")
	}
	if len(r.body.Steps) == 0 {
		c.line("(void)len;")
	}
	c.text("%s", steps)
	c.close()
}

func (r *messageCodec) checkName() string { return r.P() + "_wire_check_" + r.snake() }

func (c *messageChecker) result() {
	if c.pos.base == "" {
		c.line("return %d;", c.pos.off)
		return
	}
	c.line("return (int)at;")
}

// materialize puts the position into the variable at.
func (c *messageChecker) materialize() {
	if !c.at {
		c.line("size_t at = %d;", c.pos.off)
		c.at = true
	}
	c.pos = position{base: "at"}
}

func (c *messageChecker) advance(n int) {
	if c.pos.base == "" {
		c.pos.off += n
		return
	}
	c.line("at += %d;", n)
}

// need refuses an input that ends within the next n bytes.
func (c *messageChecker) need(n int) {
	if c.pos.base == "" {
		c.fail(fmt.Sprintf("len < %d", c.pos.off+n), c.errorName("SHORT"))
		return
	}
	c.fail(fmt.Sprintf("len - at < %d", n), c.errorName("SHORT"))
}

// rest writes the input from a position on, and its length. Nothing is added to the input while it may be a null pointer.
func (c *messageChecker) rest(p position) (data, size string) {
	switch {
	case p.base == "" && p.off == 0:
		return "body", "len"
	case p.base == "":
		return "body + " + p.String(), fmt.Sprintf("len - %d", p.off)
	case p.off == 0:
		return "body + at", "len - at"
	}
	return "body + " + p.String(), fmt.Sprintf("len - at - %d", p.off)
}

func (c *messageChecker) step(step schema.Step, next []schema.Step) {
	switch s := step.(type) {
	case *schema.Run:
		c.prefix = joined(s, next)
		c.need(s.Size + c.prefix)
		off := 0
		for _, f := range s.Fields {
			c.bools(f, c.pos.plus(off))
			off += f.Type.Size
		}
		c.advance(s.Size)
	case *schema.Var:
		c.variable(s.Field)
	case *schema.Presence:
		c.need(1)
		c.line("const uint8_t presence%d = body[%s];", s.Index, c.pos)
		c.advance(1)
	case *schema.Optional:
		c.materialize()
		c.line("if (%s) {", present(s.Field))
		c.nested(func() {
			f := s.Field
			if f.Type.Size == 0 {
				c.variable(f)
				return
			}
			c.need(f.Type.Size)
			c.bools(f, c.pos)
			c.advance(f.Type.Size)
		})
		c.line("}")
	case *schema.Generation:
		if c.pos.base == "" {
			c.line("if (len == %d) {", c.pos.off)
		} else {
			c.line("if (len == at) {")
		}
		c.nested(c.result)
		c.line("}")
	}
}

// joined returns the bytes of the prefix behind a run, where the lack of them is no other error than the lack of the run: one
// check does for both.
func joined(run *schema.Run, next []schema.Step) int {
	if len(next) == 0 || slices.ContainsFunc(run.Fields, holdsBools) {
		return 0
	}
	if v, ok := next[0].(*schema.Var); ok {
		return v.Field.Type.Prefix
	}
	return 0
}

func holdsBools(f *schema.Field) bool {
	return f.Type.Kind == schema.Bool || f.Type.Kind == schema.Array && f.Type.Elem.Kind == schema.Bool
}

// present writes whether an optional field is there.
func present(f *schema.Field) string {
	return fmt.Sprintf("(presence%d & 0x%02xu) != 0", f.Presence.Index, 1<<f.Bit)
}

// bools refuses a bool of fixed size that is neither 0 nor 1.
func (c *messageChecker) bools(f *schema.Field, at position) {
	switch data, _ := c.rest(at); {
	case f.Type.Kind == schema.Bool:
		c.fail(fmt.Sprintf("body[%s] > 1", at), c.errorName("BOOL"))
	case f.Type.Kind == schema.Array && f.Type.Elem.Kind == schema.Bool:
		c.fail(fmt.Sprintf("!%s_wire_bools(%s, %d)", c.P(), data, f.Type.Count), c.errorName("BOOL"))
	}
}

// variable checks one field of no fixed size.
func (c *messageChecker) variable(f *schema.Field) {
	t := &f.Type
	data, size := c.rest(c.pos)
	switch t.Kind {
	case schema.String, schema.SizedBytes:
		c.counted(t, 1)
		return
	case schema.StructValue:
		c.part("wire_check_"+t.Struct.Name.Snake(), data, size)
	case schema.Union:
		c.union(f)
		return
	case schema.Array:
		c.array(t)
		return
	}
	c.take()
}

// count reads the prefix at the position.
func (c *messageChecker) count(t *schema.Type) {
	if c.prefix == 0 {
		c.need(t.Prefix)
	}
	c.prefix = 0
	at, _ := c.rest(c.pos)
	if t.Prefix == 1 {
		c.line("part = body[%s];", c.pos)
	} else {
		c.line("part = %s_wire_get16(%s);", c.P(), at)
	}
	if t.MaxLen < 1<<(8*t.Prefix)-1 {
		c.fail(fmt.Sprintf("part > %d", t.MaxLen), c.errorName("LENGTH"))
	}
}

// counted checks a prefix and as many elements of a size.
func (c *messageChecker) counted(t *schema.Type, size int) {
	c.count(t)
	c.advance(t.Prefix)
	data, left := c.rest(c.pos)
	bytes := "(size_t)part"
	if size > 1 {
		bytes += fmt.Sprintf(" * %d", size)
	}
	c.fail(left+" < "+bytes, c.errorName("SHORT"))
	switch {
	case t.Kind == schema.String:
		c.fail(fmt.Sprintf("!%s_wire_utf8(%s, %s)", c.P(), data, bytes), c.errorName("TEXT"))
	case t.Kind == schema.Array && t.Elem.Kind == schema.Bool:
		c.fail(fmt.Sprintf("!%s_wire_bools(%s, %s)", c.P(), data, bytes), c.errorName("BOOL"))
	}
	switch {
	case c.pos.base != "":
		c.line("at += %s;", bytes)
	case c.at:
		c.line("at = %d + %s;", c.pos.off, bytes)
	default:
		c.line("size_t at = %d + %s;", c.pos.off, bytes)
	}
	c.at, c.pos = true, position{base: "at"}
}

// part calls a function of the wire, which returns the bytes of the next part or an error.
func (c *messageChecker) part(function string, args ...string) {
	c.list("part = "+c.P()+"_"+function+"(", args, ",", ");")
	c.fail("part < 0", "part")
}

// take steps over the part.
func (c *messageChecker) take() {
	switch {
	case c.at:
		c.line("at += (size_t)part;")
	case c.pos.off > 0:
		c.line("size_t at = %d + (size_t)part;", c.pos.off)
	default:
		c.line("size_t at = (size_t)part;")
	}
	c.at, c.pos = true, position{base: "at"}
}

func (c *messageChecker) array(t *schema.Type) {
	switch {
	case t.Elem.Struct == nil:
		c.counted(t, t.Elem.Kind.Size())
	case t.Count > 0:
		if c.pos == (position{}) {
			c.need(1) // nothing may be added to a null pointer
		}
		c.materialize()
		c.loop(fmt.Sprint(t.Count), func() { c.element(t) })
	default:
		c.count(t)
		c.advance(t.Prefix)
		c.materialize()
		c.loop("(size_t)part", func() { c.element(t) })
	}
}

// element checks one struct of an array.
func (c *messageChecker) element(t *schema.Type) {
	c.line("const int element = %s(body + at, len - at);", messageStruct(c.emitter, t.Elem.Struct).checkName())
	c.text("\n")
	c.fail("element < 0", "element")
	c.line("at += (size_t)element;")
}

// union checks the variant in its own bytes, all of which it must take.
func (c *messageChecker) union(f *schema.Field) {
	data, size := c.rest(c.pos)
	c.part("wire_union", data, size)
	at := c.pos
	body, _ := c.rest(at.plus(unionHead))
	c.line("switch (body[%s]) {", at)
	for _, v := range f.Type.Variants {
		c.line("case %s: {", c.tagMacro(f, v))
		c.nested(func() {
			c.call("const int variant", messageStruct(c.emitter, v.Struct).checkName(), body, fmt.Sprintf("(size_t)part - %d", unionHead))
			c.text("\n")
			c.fail("variant < 0", "variant")
			c.fail(fmt.Sprintf("variant < part - %d", unionHead), c.errorName("TRAILING"))
			c.line("break;")
		})
		c.line("}")
	}
	c.line("default:")
	c.nested(func() { c.line("break;") })
	c.line("}")
	c.take()
}

// messageFiller writes the second pass of a decoder: what the first has found to be in order.
type messageFiller struct {
	*messageCodec
	*source
	last bool // no step follows that asks where it begins
}

func (r *messageCodec) getName() string { return r.P() + "_wire_get_" + r.snake() }

func (r *messageCodec) get(s *source) {
	g := &messageFiller{messageCodec: r, source: s}
	steps := len(r.body.Steps)
	if r.message == nil {
		g.function("const uint8_t *"+r.getName(), r.name+"_t *out", "const uint8_t *p")
		if hasDefaults(r.body) { // else the message's own init did it
			g.line("%s_init(out);", r.name)
		}
		g.fill()
		g.line("return p;")
		g.close()
		return
	}
	g.function("int "+r.name+"_decode", r.name+"_t *out", "const uint8_t *body", "size_t len")
	g.line("const int n = check(body, len);")
	if steps > 0 {
		g.line("const uint8_t *p = body;")
	}
	g.text("\n")
	g.fail("n < 0", "n")
	if steps == 0 || !settled(r.body) {
		g.line("%s_init(out);", r.name)
	}
	g.fill()
	g.line("return n;")
	g.close()
}

// settled reports whether a decoder sets each member of a body, whatever the input.
func settled(b *schema.Body) bool {
	for _, step := range b.Steps {
		switch s := step.(type) {
		case *schema.Run:
		case *schema.Var:
			t := &s.Field.Type
			if t.Kind == schema.Array {
				t = t.Elem
			}
			if t.Kind == schema.Union || t.Struct != nil && !settled(&t.Struct.Body) {
				return false
			}
		default: // it may be absent
			return false
		}
	}
	return true
}

func (g *messageFiller) fill() {
	for i, step := range g.body.Steps {
		g.last = g.message != nil && i == len(g.body.Steps)-1
		switch s := step.(type) {
		case *schema.Run:
			g.run(s.Fields)
		case *schema.Var:
			g.variable(s.Field)
		case *schema.Presence:
			g.line("const uint8_t presence%d = p[0];", s.Index)
			g.advance("1")
		case *schema.Optional:
			g.line("if (%s) {", present(s.Field))
			g.nested(func() {
				g.line("out->has_%s = true;", s.Field.Name.Snake())
				if s.Field.Type.Size > 0 {
					g.run([]*schema.Field{s.Field})
				} else {
					g.variable(s.Field)
				}
			})
			g.line("}")
		case *schema.Generation:
			g.line("if (p - body == n) { /* an older writer's */")
			g.nested(func() { g.line("return n;") })
			g.line("}")
		}
	}
}

func (g *messageFiller) advance(n string) {
	if !g.last {
		g.line("p += %s;", n)
	}
}

func (g *messageFiller) run(fields []*schema.Field) {
	off := 0
	for _, f := range fields {
		target := "out->" + f.Name.Snake()
		at := fmt.Sprint(off)
		switch {
		case bytewise(&f.Type):
			g.line("memcpy(%s, %s, sizeof %s);", target, offset(at), target)
		case f.Type.Kind == schema.Array:
			g.loop(fmt.Sprint(f.Type.Count), func() {
				g.line("%s[i] = %s;", target, g.read(f.Type.Elem, sum(at, index(f.Type.Elem))))
			})
		default:
			g.line("%s = %s;", target, g.read(&f.Type, at))
		}
		off += f.Type.Size
	}
	g.advance(fmt.Sprint(off))
}

// index writes where element i of an array begins.
func index(elem *schema.Type) string {
	if n := elem.Kind.Size(); n > 1 {
		return fmt.Sprintf("i * %d", n)
	}
	return "i"
}

func sum(a, b string) string {
	if a == "0" {
		return b
	}
	return a + " + " + b
}

// offset writes the address of what is at bytes on.
func offset(at string) string {
	if at == "0" {
		return "p"
	}
	return "p + " + at
}

// read writes the expression that reads a number.
func (g *messageFiller) read(t *schema.Type, at string) string {
	size := t.Kind.Size()
	get := fmt.Sprintf("%s_wire_get%d(%s)", g.P(), 8*size, offset(at))
	if size == 1 {
		get = "p[" + at + "]"
	}
	switch {
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		return fmt.Sprintf("%s_wire_getf%d(%s)", g.P(), 8*size, offset(at))
	case t.Kind == schema.Bool:
		return get + " != 0"
	case t.Kind.Signed():
		return fmt.Sprintf("(%s)%s", g.memberType(t), get)
	}
	return get
}

func (g *messageFiller) variable(f *schema.Field) {
	target, t := "out->"+f.Name.Snake(), &f.Type
	prefix := func(size string) {
		g.line("%s = %s;", size, g.read(&schema.Type{Kind: map[int]schema.Kind{1: schema.U8, 2: schema.U16}[t.Prefix]}, "0"))
		g.line("p += %d;", t.Prefix)
	}
	switch t.Kind {
	case schema.String, schema.SizedBytes:
		prefix(target + "_len")
		g.line("memcpy(%s, p, %s_len);", target, target)
		if t.Kind == schema.String {
			g.line("%s[%s_len] = '\\0';", target, target)
		}
		g.advance(target + "_len")
	case schema.StructValue:
		g.structure(t, target)
	case schema.Union:
		g.union(f)
	case schema.Array:
		count := fmt.Sprint(t.Count)
		if t.Count == 0 {
			count = target + "_count"
			prefix(count)
		}
		if t.Elem.Struct != nil {
			g.loop(count, func() { g.line("p = %s(&%s[i], p);", messageStruct(g.emitter, t.Elem.Struct).getName(), target) })
			return
		}
		if bytewise(t) {
			g.line("memcpy(%s, p, %s);", target, count)
			g.advance(count)
			return
		}
		g.loop(count, func() { g.line("%s[i] = %s;", target, g.read(t.Elem, index(t.Elem))) })
		if size := t.Elem.Kind.Size(); size > 1 {
			count = fmt.Sprintf("(size_t)%s * %d", count, size)
		}
		g.advance(count)
	}
}

func (g *messageFiller) structure(t *schema.Type, target string) {
	result := "p = "
	if g.last {
		result = "(void)"
	}
	g.line("%s%s(&%s, p);", result, messageStruct(g.emitter, t.Struct).getName(), target)
}

func (g *messageFiller) union(f *schema.Field) {
	target := "out->" + f.Name.Snake()
	g.line("%s_tag = p[0];", target)
	g.line("switch (%s_tag) {", target)
	for _, v := range f.Type.Variants {
		g.line("case %s:", g.tagMacro(f, v))
		g.nested(func() {
			g.line("(void)%s(&%s.%s, p + %d);", messageStruct(g.emitter, v.Struct).getName(), target, v.Name.Snake(), unionHead)
			g.line("break;")
		})
	}
	g.line("case 0:")
	g.nested(func() { g.line("break;") })
	g.line("default:")
	g.nested(func() {
		g.line("%s.unknown.data = p + %d;", target, unionHead)
		g.line("%s.unknown.len = %s_wire_get16(p + 1);", target, g.P())
		g.line("break;")
	})
	g.line("}")
	g.advance(fmt.Sprintf("%d + %s_wire_get16(p + 1)", unionHead, g.P()))
}
