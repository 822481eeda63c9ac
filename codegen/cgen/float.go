package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// HasScales reports whether any number stands for another.
func (e *emitter) HasScales() bool { return e.scaled(func(schema.Kind) bool { return true }) }

// HasScale64 reports whether any of them does not fit into an int64_t.
func (e *emitter) HasScale64() bool {
	return e.scaled(func(k schema.Kind) bool { return k == schema.U64 })
}

// HasScaleSmall reports whether any of them does.
func (e *emitter) HasScaleSmall() bool {
	return e.scaled(func(k schema.Kind) bool { return k != schema.U64 })
}

func (e *emitter) scaled(of func(schema.Kind) bool) bool {
	for _, r := range e.messageCodecs() {
		for _, f := range r.body.Fields {
			if f.Scale != nil && of(scalar(&f.Type).Kind) {
				return true
			}
		}
	}
	return false
}

// Scales are the functions between numbers and what they stand for.
func (e *emitter) Scales() string {
	s := &source{}
	for _, r := range e.messageCodecs() {
		for _, f := range r.body.Fields {
			if f.Scale != nil {
				r.scale(s, f)
			}
		}
	}
	return s.String()
}

func (r *messageCodec) scale(s *source, f *schema.Field) {
	accessor, k := f.Scale.Accessor.Snake(), scalar(&f.Type).Kind
	member, index, which := f.Name.Snake(), []string(nil), f.Name.Snake()
	if f.Type.Kind == schema.Array {
		member, index, which = member+"[i]", []string{"size_t i"}, fmt.Sprintf("element i of %s (i < %s)", which, most(&f.Type))
	}
	unit := ""
	if f.Unit != "" {
		unit = " in " + f.Unit
	}

	s.text("\n")
	s.comment(fmt.Sprintf("The value of %s%s.", which, unit))
	s.list("static inline double "+r.name+"_"+accessor+"(", append([]string{"const " + r.name + "_t *in"}, index...), ",", ")")
	s.line("{")
	s.nested(func() { r.unscale(s, f.Scale, "in->"+member) })
	s.line("}")

	lowest, highest := limits(f)
	round := r.P() + "_float_round"
	if k == schema.U64 {
		round += "_u64"
	}
	s.text("\n")
	s.comment(fmt.Sprintf("Sets %s to the nearest value; %s, and nothing changes, if that is out of range.", which, r.errorName("RANGE")))
	params := append([]string{r.name + "_t *out"}, index...)
	s.list("static inline int "+r.name+"_set_"+accessor+"(", append(params, "double value"), ",", ")")
	s.line("{")
	s.nested(func() {
		raw := r.scaleRaw(s, f.Scale)
		s.line("%s raw;", map[bool]string{true: "uint64_t", false: "int64_t"}[k == schema.U64])
		s.text("\n")
		s.list("if (!"+round+"(", []string{raw, lowest, highest, "&raw"}, ",", ")) {")
		s.nested(func() { s.line("return %s;", r.errorName("RANGE")) })
		s.line("}")
		s.line("out->%s = (%s)raw;", member, intType(k))
		s.line("return %s_OK;", r.M())
	})
	s.line("}")
}

// unscale writes the value of a number. What a compiler could fuse into one operation goes through a variable that it
// may not touch, so that every machine has the same result.
func (r *messageCodec) unscale(s *source, c *schema.Scale, member string) {
	value := "(double)" + member
	if c.Num != 1 {
		value += fmt.Sprintf(" * %d.0", c.Num)
	}
	if c.Add != 0 {
		if c.Num != 1 {
			s.line("const volatile double product = %s;", value)
			s.text("\n")
			value = "product"
		}
		value = signed(value, c.Add)
	}
	if c.Den != 1 {
		if strings.Contains(value, " ") {
			value = "(" + value + ")"
		}
		value += fmt.Sprintf(" / %d.0", c.Den)
	}
	s.line("return %s;", value)
}

// scaleRaw writes the number, not yet rounded, of a value. Rounding subtracts from it, so that it too must not be fused.
func (r *messageCodec) scaleRaw(s *source, c *schema.Scale) string {
	raw := "value"
	if c.Den != 1 {
		s.line("const volatile double product = value * %d.0;", c.Den)
		raw = "product"
	}
	if c.Add != 0 {
		raw = signed(raw, -c.Add)
	}
	if c.Num != 1 {
		if strings.Contains(raw, " ") {
			raw = "(" + raw + ")"
		}
		raw += fmt.Sprintf(" / %d.0", c.Num)
	}
	return raw
}

// signed adds a number, or subtracts it.
func signed(value string, add int64) string {
	if add < 0 {
		return fmt.Sprintf("%s - %s.0", value, strings.TrimPrefix(fmt.Sprint(add), "-"))
	}
	return fmt.Sprintf("%s + %d.0", value, add)
}

// limits are the least and the greatest number that a field can be.
func limits(f *schema.Field) (lowest, highest string) {
	k := scalar(&f.Type).Kind
	wide := schema.I64
	if k == schema.U64 {
		wide = schema.U64
	}
	for _, r := range f.Ranges {
		if r.If == nil {
			return strings.Trim(literal(wide, r.Min), "()"), strings.Trim(literal(wide, r.Max), "()")
		}
	}
	if k.Signed() {
		return fmt.Sprintf("INT%d_MIN", 8*k.Size()), fmt.Sprintf("INT%d_MAX", 8*k.Size())
	}
	return "0", fmt.Sprintf("UINT%d_MAX", 8*k.Size())
}
