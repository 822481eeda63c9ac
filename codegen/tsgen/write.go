package tsgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// write writes the function that writes a body, and those of its unions.
func (r record) write() {
	for _, f := range r.body.Fields {
		if f.Type.Kind == schema.Union {
			r.writeUnion(f)
		}
	}
	r.gap()
	r.block(func() {
		if r.packet != nil && len(r.packet.Flags) > 0 {
			r.flagChecks("v.flags")
		}
		r.writeSteps(r.body.Steps)
	}, "function write%s(w«: wire.Writer», v«: %s»)«: void»", r.name, r.name)
}

func (r record) writeSteps(steps []schema.Step) {
	for _, g := range grouped(steps) {
		r.guarded(g.If, func() {
			for _, s := range g.steps {
				r.writeStep(s)
			}
		})
	}
}

func (r record) writeStep(s schema.Step) {
	switch s := s.(type) {
	case *schema.Run:
		for _, f := range s.Fields {
			r.writeField(f)
		}
	case *schema.Var:
		r.writeField(s.Field)
	case *schema.Choose:
		r.choose(s.Switch, r.writeSteps)
	case *schema.Presence:
		members := make([]string, len(s.Fields))
		for i, f := range s.Fields {
			members[i] = member(f)
		}
		r.line("w.presence(%s);", joined(members))
	case *schema.Optional:
		r.block(func() { r.writeValue(s.Field, member(s.Field)) }, "if (%s !== undefined)", member(s.Field))
	case *schema.Generation:
	default:
		r.fault("%s: a step %T", r.name, s)
	}
}

func member(f *schema.Field) string { return "v." + camel(f.Name) }

// stated returns the value of a field that must be there now.
func (r record) stated(f *schema.Field) string {
	if r.maybe[f] {
		return fmt.Sprintf("wire.given(%s, %s)", r.where(f), member(f))
	}
	return member(f)
}

func (r record) writeField(f *schema.Field) { r.writeValue(f, r.stated(f)) }

func (r record) writeValue(f *schema.Field, v string) {
	r.line("w.of(%s).%s;", r.where(f), r.writing(f, &f.Type, v))
	if f.Type.Kind.Integer() && !single(f.Ranges) {
		r.ranges(f, f.Ranges)
	}
}

// single reports whether there is one range, which holds always: the call that writes a number checks it.
func single(ranges []schema.Range) bool { return len(ranges) == 1 && ranges[0].If == nil }

// where names a field for people who read an error.
func (r record) where(f *schema.Field) string { return quote(r.name + "." + camel(f.Name)) }

// writing returns the call of a writer's method that writes a value.
func (r record) writing(f *schema.Field, t *schema.Type, v string) string {
	switch t.Kind {
	case schema.F32, schema.F64:
		if b := f.Bounds; b != nil {
			return r.call(f, t, v, fmt.Sprintf("[%s, %s]", bound(b.Min, b.HasMin, "-Infinity"), bound(b.Max, b.HasMax, "Infinity")))
		}
		return r.call(f, t, v)
	case schema.FixedBytes:
		if r.strict {
			return fmt.Sprintf("rest(%s, %d, %d)", v, t.Size, t.Size)
		}
		return fmt.Sprintf("fixed(%s, %d)", v, t.Size)
	case schema.SizedBytes:
		if r.strict {
			return fmt.Sprintf("sized(%s, %d, %d, %d)", v, t.Prefix, t.MinLen, t.MaxLen)
		}
		return fmt.Sprintf("data(%s, %d, %d)", v, t.Prefix, t.MaxLen)
	case schema.RestBytes:
		return fmt.Sprintf("rest(%s, %d, %d)", v, t.MinLen, longest(t))
	case schema.TLVs:
		return fmt.Sprintf("tlvs(%s)", v)
	case schema.String:
		return fmt.Sprintf("text(%s, %d, %d)", v, t.Prefix, t.MaxLen)
	case schema.StructValue:
		return fmt.Sprintf("record(%s, write%s)", v, t.Struct.Name)
	case schema.Union:
		return fmt.Sprintf("record(%s, write%s)", v, r.unionName(f))
	case schema.Array:
		each := r.writing(f, t.Elem, "each")
		if t.Count > 0 {
			return fmt.Sprintf("array(%s, %d, (each) => w.%s)", v, t.Count, each)
		}
		return fmt.Sprintf("list(%s, %d, %d, (each) => w.%s)", v, t.Prefix, t.MaxLen, each)
	}
	args := []string{r.checked(t, v)}
	if single(f.Ranges) {
		args = append(args, literal(t.Kind, f.Ranges[0].Min), literal(t.Kind, f.Ranges[0].Max))
	}
	return r.call(f, t, args...)
}

func bound(v float64, there bool, none string) string {
	if there {
		return float(v)
	}
	return none
}

// checked returns a value of which an encoder of messages asks more than that it is in range.
func (r record) checked(t *schema.Type, v string) string {
	if r.strict {
		return v
	}
	suffix := ""
	if t.Kind.Size() == 8 {
		suffix = "64"
	}
	switch all := ^uint64(0) >> (64 - 8*t.Kind.Size()); {
	case t.Enum != nil:
		return fmt.Sprintf("w.known(%s, %s)", t.Enum.Name, v)
	case t.Flags != nil && t.Flags.Mask() != all:
		return fmt.Sprintf("w.masked%s(%s, %s)", suffix, v, mask(t.Kind, t.Flags.Mask()))
	case len(t.Bits) > 0:
		var bits uint64
		for _, b := range t.Bits {
			bits |= b.Mask()
		}
		if bits != all {
			return fmt.Sprintf("w.masked%s(%s, %s)", suffix, v, mask(t.Kind, bits))
		}
	}
	return v
}

func (r record) writeUnion(f *schema.Field) {
	name := r.unionName(f)
	r.gap()
	r.block(func() {
		r.block(func() {
			var tags []string
			for _, v := range f.Type.Variants {
				r.line("case %q: {", v.Name.Snake())
				r.nested(func() {
					r.line("const length = w.begin(%d);", v.Tag)
					r.line("w.record(v.value, write%s);", v.Struct.Name)
					r.line("w.end(length);")
					r.line("break;")
				})
				r.line("}")
				tags = append(tags, fmt.Sprint(v.Tag))
			}
			r.line("default:")
			r.nested(func() { r.line("w.unknown(v.tag, v.value, [%s]);", joined(tags)) })
		}, "switch (v.tag)")
	}, "function write%s(w«: wire.Writer», v«: %s»)«: void»", name, name)
}

func joined(list []string) string { return strings.Join(list, ", ") }
