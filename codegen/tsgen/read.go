package tsgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// read writes the function that reads a body, and those of its unions.
func (r record) read() {
	for _, f := range r.body.Fields {
		if f.Type.Kind == schema.Union {
			r.readUnion(f)
		}
	}
	head := fmt.Sprintf("function read%s(r«: wire.Reader»)«: %s»", r.name, r.name)
	if r.packet != nil {
		head = fmt.Sprintf("function read%s(r«: wire.Reader», flags«: number»)«: %s»", r.name, r.name)
	}
	r.gap()
	r.block(func() {
		if r.packet != nil {
			r.flagChecks("flags")
		}
		r.line("const v = new %s();", r.name)
		if r.packet != nil && len(r.packet.Flags) > 0 {
			r.line("v.flags = flags;")
		}
		r.readSteps(r.body.Steps)
		r.line("return v;")
	}, "%s", head)
}

func (r record) readSteps(steps []schema.Step) {
	for _, g := range grouped(steps) {
		r.guarded(g.If, func() {
			for _, s := range g.steps {
				r.readStep(s)
			}
		})
	}
}

func (r record) readStep(s schema.Step) {
	switch s := s.(type) {
	case *schema.Run:
		r.line("r.need(%d);", s.Size)
		for _, f := range s.Fields {
			r.readField(f)
		}
		if r.strict {
			for _, f := range s.Fields {
				r.ranges(f, f.Ranges)
			}
		}
	case *schema.Var:
		r.readField(s.Field)
	case *schema.Choose:
		r.choose(s.Switch, r.readSteps)
	case *schema.Presence:
		r.line("r.need(1);")
		r.line("const presence%d = r.u8();", s.Index)
	case *schema.Optional:
		r.block(func() {
			if s.Field.Type.Size > 0 {
				r.line("r.need(%d);", s.Field.Type.Size)
			}
			r.readField(s.Field)
		}, "if ((presence%d & %d) !== 0)", s.Field.Presence.Index, 1<<s.Field.Bit)
	case *schema.Generation:
		r.block(func() { r.line("return v;") }, "if (r.left === 0)")
	default:
		r.fault("%s: a step %T", r.name, s)
	}
}

func (r record) readField(f *schema.Field) {
	r.line("v.%s = %s;", camel(f.Name), r.reading(f, &f.Type))
}

// reading returns an expression that reads a value.
func (r record) reading(f *schema.Field, t *schema.Type) string {
	switch t.Kind {
	case schema.FixedBytes:
		return fmt.Sprintf("r.take(%d)", t.Size)
	case schema.SizedBytes:
		if r.strict {
			return fmt.Sprintf("r.sized(%d, %d, %d)", t.Prefix, t.MinLen, t.MaxLen)
		}
		return fmt.Sprintf("r.data(%d, %d)", t.Prefix, t.MaxLen)
	case schema.RestBytes:
		return fmt.Sprintf("r.rest(%d, %d, %d)", t.Less, t.MinLen, longest(t))
	case schema.TLVs:
		return "r.tlvs()"
	case schema.String:
		return fmt.Sprintf("r.text(%d, %d)", t.Prefix, t.MaxLen)
	case schema.StructValue:
		return fmt.Sprintf("read%s(r)", t.Struct.Name)
	case schema.Union:
		return fmt.Sprintf("read%s(r)", r.unionName(f))
	case schema.Array:
		each := r.reading(f, t.Elem)
		if t.Count > 0 {
			return fmt.Sprintf("wire.times(%d, () => %s)", t.Count, each)
		}
		return fmt.Sprintf("r.list(%d, %d, %d, () => %s)", t.Prefix, t.MaxLen, t.Elem.Size, each)
	}
	return "r." + r.call(f, t)
}

// call returns a call of the method of a number or a bool.
func (r record) call(f *schema.Field, t *schema.Type, args ...string) string {
	if typeWords[t.Kind] == "" {
		r.fault("%s.%s: a type of kind %d", r.name, f.Name, t.Kind)
	}
	return fmt.Sprintf("%s(%s)", typeWords[t.Kind], joined(args))
}

// longest is the most that rest bytes can be.
func longest(t *schema.Type) int {
	if t.MaxLen == schema.Unbounded {
		return schema.MaxPacketBody
	}
	return t.MaxLen
}

func (r record) readUnion(f *schema.Field) {
	name := r.unionName(f)
	r.gap()
	r.block(func() {
		r.line("const { tag, body } = r.union();")
		r.block(func() {
			r.line("case 0:")
			r.nested(func() { r.line("return { tag, value: new Uint8Array(0) };") })
			for _, v := range f.Type.Variants {
				r.line("case %d:", v.Tag)
				r.nested(func() { r.line("return { tag: %q, value: body.whole(read%s) };", v.Name.Snake(), v.Struct.Name) })
			}
			r.line("default:")
			r.nested(func() { r.line("return { tag, value: body.take(body.left) };") })
		}, "switch (tag)")
	}, "function read%s(r«: wire.Reader»)«: %s»", name, name)
}
