package breaking

import (
	"fmt"
	"strconv"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// field compares a field of a message.
func (b body) field(o, n *schema.Field) {
	what := fmt.Sprintf("field %q of %s", n.Name, b.owner)
	if (n.Presence != nil) != (o.Presence != nil) {
		b.layout(fieldOptional, n.At, "%s is %s, it was %s", what, presence(n), presence(o))
	}
	if n.Since != o.Since {
		b.layout(fieldSince, n.At, "%s is of generation %d, it was of %d", what, n.Since, o.Since)
	}
	if n.Type.String() != o.Type.String() {
		b.layout(typeRule(&o.Type, &n.Type), n.At, "%s is %s, it was %s", what, &n.Type, &o.Type)
		return // the rest cannot be compared
	}
	if !sameScale(o.Scale, n.Scale) {
		b.layout(fieldScale, n.At, "%s has %s, it was %s", what, scale(n), scale(o))
	}
	if n.UnitName != o.UnitName && (o.UnitName != "" || n.Scale != nil) {
		b.layout(fieldUnit, n.At, "%s has %s, it was %s", what, unit(n), unit(o))
	}
	if was, is := initial(o), initial(n); was != is && o.Since > 1 && o.Presence == nil {
		b.layout(fieldDefault, n.At, "%s is %s where it is left out, it was %s", what, is, was)
	}
	b.narrowed(o, n, what)
	b.bits(o, n, what)
	b.variants(o, n, what)
}

func presence(f *schema.Field) string {
	if f.Presence != nil {
		return "optional"
	}
	return "always there"
}

// typeRule tells a change of the limit alone from one of the size and both from one of the type.
func typeRule(o, n *schema.Type) *Rule {
	switch {
	case o.Kind != n.Kind || o.Kind == schema.Array && o.Elem.String() != n.Elem.String():
		return fieldType
	case o.Kind == schema.Array && (o.Count > 0) != (n.Count > 0):
		return fieldType
	case o.MaxLen != n.MaxLen && o.Prefix == n.Prefix:
		return fieldLimit
	case o.Size != n.Size || o.Prefix != n.Prefix:
		return fieldSize
	case o.Count != n.Count: // of structs, which have no size
		return fieldSize
	}
	return fieldType
}

// sameScale reports whether two scales give the same values, however they are written.
func sameScale(o, n *schema.Scale) bool {
	if o == nil || n == nil {
		return o == n
	}
	return o.Num == n.Num && o.Den == n.Den && o.Add == n.Add
}

func scale(f *schema.Field) string {
	if f.Scale == nil {
		return "no scale"
	}
	return fmt.Sprintf("scale %s and offset %s", f.Scale.Factor, f.Scale.Offset)
}

func unit(f *schema.Field) string {
	if f.Unit == "" {
		return "no unit"
	}
	return fmt.Sprintf("the unit %s (%s)", f.Unit, f.UnitName)
}

// initial is the value of a field before it is set.
func initial(f *schema.Field) string {
	d := f.Default
	switch {
	case d == nil && f.Type.Kind == schema.Bool:
		return "false"
	case d == nil && f.Type.Kind == schema.String:
		return `""`
	case d == nil:
		return "0"
	case d.Raw != nil:
		return d.Raw.String()
	case f.Type.Kind == schema.Bool:
		return strconv.FormatBool(d.Bool)
	case f.Type.Kind == schema.String:
		return strconv.Quote(d.Text)
	}
	return strconv.FormatFloat(d.Float, 'g', -1, 64)
}

// narrowed compares what encoders accept.
func (b body) narrowed(o, n *schema.Field, what string) {
	for _, now := range n.Ranges {
		least, most := bounds(o)
		if least == nil && (now.HasMin || now.HasMax) || least != nil && (now.Min.Cmp(least) > 0 || now.Max.Cmp(most) < 0) {
			b.add(rangeNarrowed, n.At, "%s is %s on the wire, it was %s", what, rangeText(n), rangeText(o))
		}
	}
	if now := n.Bounds; now != nil {
		if o.Bounds == nil || now.Min > o.Bounds.Min || now.Max < o.Bounds.Max {
			b.add(rangeNarrowed, n.At, "%s is %s, it was %s", what, boundsText(now), boundsText(o.Bounds))
		}
	}
}

// bounds are those of an integer; nil where it has none but those of its type.
func bounds(f *schema.Field) (least, most schema.Int) {
	if len(f.Ranges) == 0 {
		return nil, nil
	}
	return f.Ranges[0].Min, f.Ranges[0].Max
}

func rangeText(f *schema.Field) string {
	least, most := bounds(f)
	if least == nil {
		return "any"
	}
	return fmt.Sprintf("%s to %s", least, most)
}

func boundsText(b *schema.Bounds) string {
	if b == nil {
		return "any"
	}
	return fmt.Sprintf("%v to %v", b.Min, b.Max)
}

func (b body) bits(o, n *schema.Field, what string) {
	if o.Type.Bits == nil && n.Type.Bits != nil {
		b.layout(bitsChanged, n.At, "%s has parts, it had none", what)
	}
	for _, ob := range o.Type.Bits {
		nb := named(n.Type.Bits, ob.Name, func(p *schema.Bits) schema.Name { return p.Name })
		switch {
		case nb == nil:
			b.layout(bitsChanged, n.At, "part %q of %s is gone %s", ob.Name, what, was(ob.At))
		case nb.Shift != ob.Shift || nb.Width != ob.Width:
			b.layout(bitsChanged, nb.At, "part %q of %s is %s, it was %s", nb.Name, what, bitText(nb), bitText(ob))
		}
	}
}

func bitText(b *schema.Bits) string {
	if b.Width == 1 {
		return fmt.Sprintf("bit %d", b.Shift)
	}
	return fmt.Sprintf("bits %d to %d", b.Shift, b.Shift+b.Width-1)
}

func (b body) variants(o, n *schema.Field, what string) {
	for _, ov := range o.Type.Variants {
		nv := named(n.Type.Variants, ov.Name, func(v *schema.Variant) schema.Name { return v.Name })
		switch {
		case nv == nil:
			b.layout(variantChanged, n.At, "variant %q of %s is gone %s", ov.Name, what, was(ov.At))
		case nv.Tag != ov.Tag || nv.Struct.Name != ov.Struct.Name:
			b.layout(variantChanged, nv.At, "variant %q of %s is %s with tag %d, it was %s with tag %d", nv.Name, what,
				nv.Struct.Name, nv.Tag, ov.Struct.Name, ov.Tag)
		}
	}
}
