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
