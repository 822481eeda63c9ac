package tsgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// group is a row of steps under one condition.
type group struct {
	If    schema.Cond
	steps []schema.Step
}

func grouped(steps []schema.Step) []group {
	var groups []group
	for _, s := range steps {
		cond := condOf(s)
		if last := len(groups) - 1; last >= 0 && schema.CondString(groups[last].If) == schema.CondString(cond) {
			groups[last].steps = append(groups[last].steps, s)
			continue
		}
		groups = append(groups, group{cond, []schema.Step{s}})
	}
	return groups
}

func condOf(s schema.Step) schema.Cond {
	switch s := s.(type) {
	case *schema.Run:
		return s.If
	case *schema.Var:
		return s.If
	}
	return nil
}

// guarded writes what inner writes, within an if where there is a condition.
func (r record) guarded(c schema.Cond, inner func()) {
	if cond := r.cond(c); cond != "" {
		r.block(inner, "if (%s)", cond)
		return
	}
	inner()
}

// cond writes a condition on the fields of v: "" for none.
func (r record) cond(c schema.Cond) string {
	return schema.FormatCond(c, func(f *schema.Flag, set bool) string {
		return fmt.Sprintf("(v.flags & %sFlags.%s) %s 0", r.name, f.Name, operator(!set))
	}, func(f *schema.Field, v *schema.EnumValue, equal bool) string {
		return fmt.Sprintf("«(»%s« as %s)» %s %s.%s", member(f), widest(f), operator(equal), f.Type.Enum.Name, v.Name)
	})
}

// widest is the type by which fields are compared: one that the compiler has narrowed in a condition or case around it could
// not be compared with the values that are left out.
func widest(f *schema.Field) string {
	if f.Type.Kind.Size() == 8 {
		return "bigint"
	}
	return "number"
}

func operator(equal bool) string {
	if equal {
		return "==="
	}
	return "!=="
}

// choose writes a switch.
func (r record) choose(s *schema.Switch, steps func([]schema.Step)) {
	r.block(func() {
		for _, c := range s.Cases {
			r.line("case %s.%s:", s.On.Type.Enum.Name, c.Value.Name)
			r.nested(func() {
				steps(c.Steps)
				r.line("break;")
			})
		}
		r.line("default:")
		r.nested(func() {
			r.line("throw new wire.CodecError(wire.ErrorCode.Range, `%s.%s: ${%s} has no case`);", r.name, camel(s.On.Name), member(s.On))
		})
	}, "switch (%s« as %s»)", member(s.On), widest(s.On))
}

// ranges writes the refusal of numbers out of range.
func (r record) ranges(f *schema.Field, ranges []schema.Range) {
	for _, rng := range ranges {
		r.guarded(rng.If, func() {
			r.line("wire.between(%s, %s, %s, %s);", r.where(f), r.stated(f), literal(f.Type.Kind, rng.Min), literal(f.Type.Kind, rng.Max))
		})
	}
}

// flagChecks writes the refusal of flags that a packet cannot have.
func (r record) flagChecks(flags string) {
	p := r.packet
	r.line("wire.knownFlags(%s, %d);", flags, p.FlagMask())
	for _, f := range p.Flags {
		if f.Requires != nil {
			r.line("wire.requiredFlag(%s, %sFlags.%s, %sFlags.%s);", flags, p.Name, f.Name, p.Name, f.Requires.Name)
		}
	}
}
