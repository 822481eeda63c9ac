package pygen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// checks writes the refusal of what cannot be encoded.
func (r *record) checks(steps []schema.Step) {
	for _, g := range grouped(steps) {
		r.guarded(g.cond, "self", func() {
			for _, s := range g.steps {
				r.checkStep(s)
			}
		})
	}
}

func (r *record) checkStep(s schema.Step) {
	switch s := s.(type) {
	case *schema.Run:
		for _, f := range s.Fields {
			r.check(f)
		}
	case *schema.Var:
		r.check(s.Field)
	case *schema.Choose:
		r.choose(s.Switch, "self", func(c *schema.Case) { r.checks(c.Steps) }, func() { r.caseless("self", s.Switch.On) })
	case *schema.Optional:
		r.guard(func() { r.line("if self.%s is not None:", attribute(s.Field.Name)) }, func() { r.check(s.Field) })
	}
}

func (r *record) check(f *schema.Field) {
	t, v := &f.Type, "self."+attribute(f.Name)
	if t.Kind != schema.Array {
		r.checkValue(f, t, v)
		return
	}
	least, most := 0, t.MaxLen
	if t.Count > 0 {
		least, most = t.Count, t.Count
	}
	r.checkCall("check_length", v, fmt.Sprint(least), fmt.Sprint(most), r.where(f))
	each := eachOf(t.Elem)
	r.guard(func() { r.line("for %s in %s:", each, v) }, func() { r.checkValue(f, t.Elem, each) })
}

// eachOf is the variable of a loop over values of a type: in Python a variable has one type in all of a function.
func eachOf(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return "each_of_" + t.Enum.Name.Snake()
	case t.Flags != nil:
		return "each_of_" + t.Flags.Name.Snake()
	case t.Struct != nil:
		return "each_of_" + t.Struct.Name.Snake()
	case t.Kind.Float():
		return "each_float"
	case t.Kind == schema.Bool:
		return "each_bool"
	}
	return "each_int"
}

func (r *record) checkCall(function string, args ...string) { r.list(r.wire(function)+"(", args, ")") }

func (r *record) checkValue(f *schema.Field, t *schema.Type, v string) {
	switch t.Kind {
	case schema.StructValue, schema.Union:
		r.checkCall("check_type", v, r.typeOf(f, t), r.where(f))
		r.line("%s.validate()", v)
	case schema.String:
		r.checkCall("check_text", v, fmt.Sprint(t.MaxLen), r.where(f))
	case schema.FixedBytes:
		r.checkSize(f, v, t.Size, fmt.Sprint(t.Size))
	case schema.SizedBytes:
		r.checkSize(f, v, t.MinLen, fmt.Sprint(t.MaxLen))
	case schema.RestBytes:
		most := "None"
		if t.MaxLen != schema.Unbounded {
			most = fmt.Sprint(t.MaxLen)
		}
		r.checkSize(f, v, t.MinLen, most)
	case schema.TLVs:
		r.checkCall("check_tlvs", v, r.where(f))
	case schema.F32, schema.F64:
		r.checkFloat(f, t, v)
	case schema.Bool:
	default:
		r.checkInteger(f, t, v)
	}
}

// checkSize writes the refusal of bytes of a wrong length.
func (r *record) checkSize(f *schema.Field, v string, least int, most string) {
	function := "check_size"
	if r.message {
		function = "check_bytes"
	}
	r.checkCall(function, v, fmt.Sprint(least), most, r.where(f))
}

func (r *record) checkFloat(f *schema.Field, t *schema.Type, v string) {
	args := []string{v, r.where(f)}
	if b := f.Bounds; b != nil && b.HasMin {
		args = append(args, "least="+float(b.Min))
	}
	if b := f.Bounds; b != nil && b.HasMax {
		args = append(args, "most="+float(b.Max))
	}
	function := "check_f64"
	if t.Kind == schema.F32 {
		function = "check_f32"
	}
	r.checkCall(function, args...)
}

func (r *record) checkInteger(f *schema.Field, t *schema.Type, v string) {
	within := func(least, most schema.Int) {
		r.checkCall("check_range", v, least.String(), most.String(), r.where(f))
	}
	whole := len(f.Ranges) == 0 || f.Ranges[0].If != nil
	switch {
	case r.message && t.Enum != nil:
		r.checkCall("check_enum", v, r.from(".values", class(t.Enum.Name)), r.where(f))
	case r.message && t.Flags != nil:
		r.checkCall("check_bits", v, fmt.Sprintf("0x%X", t.Flags.Mask()), r.where(f))
	case r.message && len(t.Bits) > 0:
		r.checkCall("check_bits", v, fmt.Sprintf("0x%X", mask(t.Bits)), r.where(f))
	case whole:
		within(t.Kind.Limits())
	}
	for _, rng := range f.Ranges {
		r.guarded(rng.If, "self", func() { within(rng.Min, rng.Max) })
	}
}

func mask(parts []*schema.Bits) uint64 {
	var mask uint64
	for _, b := range parts {
		mask |= b.Mask()
	}
	return mask
}
