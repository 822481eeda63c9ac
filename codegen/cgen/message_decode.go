package cgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

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
	g.function("int "+r.name+"_decode", r.name+"_t *out", "const uint8_t *payload", "size_t len")
	g.fail("len < 1", g.errorName("SHORT"))
	g.fail(fmt.Sprintf("payload[0] != %s_ID", r.macro), g.errorName("UNKNOWN_ID"))
	g.line("const int n = check(payload + 1, len - 1);")
	g.fail("n < 0", "n")
	if steps > 0 {
		g.line("const uint8_t *p = payload + 1;")
	}
	if steps == 0 || !settled(r.body) {
		g.line("%s_init(out);", r.name)
	}
	g.fill()
	g.line("return 1 + n;")
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
			g.line("if (p - payload == 1 + n) { /* an older writer's */")
			g.nested(func() { g.line("return 1 + n;") })
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
