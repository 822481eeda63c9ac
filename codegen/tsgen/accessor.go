package tsgen

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// scaled writes the accessors of a field that stands for another number.
func (r record) scaled(f *schema.Field) {
	s := f.Scale
	if s == nil {
		return
	}
	t, member, name, typ := &f.Type, "this."+camel(f.Name), camel(s.Accessor), "number"
	get, set := scaledValue(s, t.Kind, member), ""
	if t.Kind == schema.Array {
		typ = "number[]"
		get = fmt.Sprintf("%s.map((raw) => %s)", member, scaledValue(s, t.Elem.Kind, "raw"))
		set = fmt.Sprintf("wire.list(%s, value).map((each) => %s)", r.whereAccessor(name), r.nearest(f, t.Elem.Kind, rawValue(s, "each")))
	} else {
		set = r.nearest(f, t.Kind, rawValue(s, "value"))
	}
	if r.maybe[f] {
		typ += " | undefined"
		get = fmt.Sprintf("%s === undefined ? undefined : %s", member, get)
		set = "value === undefined ? undefined : " + set
	}
	what := f.Name.Snake()
	if f.Unit != "" {
		what += " in " + f.Unit
	}
	r.method(capital(what)+". What is set is rounded to the nearest that there is; a CodecError where it is out of range.",
		fmt.Sprintf("get %s()«: %s»", name, typ), fmt.Sprintf("return %s;", get))
	r.method("", fmt.Sprintf("set %s(value«: %s»)", name, typ), fmt.Sprintf("%s = %s;", member, set))
}

// nearest writes the rounding of a raw number, not yet rounded, to what a field can have.
func (r record) nearest(f *schema.Field, k schema.Kind, raw string) string {
	lo, hi := limits(f)
	function := "nearest"
	if k.Size() == 8 {
		function = "nearest64"
	}
	return fmt.Sprintf("wire.%s(%s, %s, %s, %s)", function, r.whereAccessor(camel(f.Scale.Accessor)), raw, lo, hi)
}

func (r record) whereAccessor(name string) string { return quote(r.name + "." + name) }

// limits returns the least and the most of a raw number as floating-point numbers that are no further out.
func limits(f *schema.Field) (lo, hi string) {
	low, high := f.Limits()
	within := func(n schema.Int, mode big.RoundingMode) string {
		x, _ := new(big.Float).SetPrec(53).SetMode(mode).SetInt(n).Float64()
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return within(low, big.ToPositiveInf), within(high, big.ToNegativeInf)
}

// scaledValue writes the scaled value of a raw one. Steps that change nothing are left out.
func scaledValue(s *schema.Scale, k schema.Kind, v string) string {
	if k.Size() == 8 {
		v = "Number(" + v + ")"
	}
	return chain(v, operation{"*", s.Num, 1}, operation{"+", s.Add, 0}, operation{"/", s.Den, 1})
}

// rawValue writes the raw value of a scaled one, not yet rounded.
func rawValue(s *schema.Scale, v string) string {
	return chain(v, operation{"*", s.Den, 1}, operation{"-", s.Add, 0}, operation{"/", s.Num, 1})
}

// operation is one with a number, which changes nothing if it is neutral.
type operation struct {
	op          string
	by, neutral int64
}

// chain writes operations one after the other.
func chain(v string, operations ...operation) string {
	for _, o := range operations {
		op, by := o.op, fmt.Sprint(o.by)
		switch {
		case o.by == o.neutral:
			continue
		case o.by < 0 && op == "+":
			op, by = "-", by[1:]
		case o.by < 0 && op == "-":
			op, by = "+", by[1:]
		}
		if strings.ContainsAny(v, " ") {
			v = "(" + v + ")"
		}
		v = fmt.Sprintf("%s %s %s", v, op, by)
	}
	return v
}

func partName(f *schema.Field, b *schema.Bits) string { return camel(f.Name + "_" + b.Name) }

// parts writes the accessors of the parts of a byte group.
func (r record) parts(f *schema.Field) {
	member := "this." + camel(f.Name)
	typ, suffix, n := scalar(f.Type.Kind), "", ""
	if f.Type.Kind.Size() == 8 {
		suffix, n = "64", "n"
	}
	for _, b := range f.Type.Bits {
		group, place, own := member, fmt.Sprintf("%d%s, %d%s", b.Shift, n, b.Width, n), typ
		get := fmt.Sprintf("wire.part%s(%s, %s)", suffix, group, place)
		if r.maybe[f] {
			group, own = fmt.Sprintf("%s ?? 0%s", member, n), typ+" | undefined"
			get = fmt.Sprintf("%s === undefined ? undefined : %s", member, get)
		}
		set := fmt.Sprintf("wire.withPart%s(%s, %s, %s, value)", suffix, r.whereAccessor(partName(f, b)), group, place)
		if r.maybe[f] {
			set = "value === undefined ? undefined : " + set
		}
		doc := b.Doc
		if doc == "" {
			doc = fmt.Sprintf("Part %s of %s.", b.Name.Snake(), f.Name.Snake())
		}
		r.method(doc, fmt.Sprintf("get %s()«: %s»", partName(f, b), own), fmt.Sprintf("return %s;", get))
		r.method("", fmt.Sprintf("set %s(value«: %s»)", partName(f, b), own), fmt.Sprintf("%s = %s;", member, set))
	}
}

func (r record) unionName(f *schema.Field) string { return r.name + capital(camel(f.Name)) }

// union writes the type of a field that is one of several structs.
func (r record) union(f *schema.Field) {
	types := make([]string, 0, len(f.Type.Variants)+1)
	for _, v := range f.Type.Variants {
		types = append(types, fmt.Sprintf("{ tag: %q; value: %s }", v.Name.Snake(), v.Struct.Name))
	}
	types = append(types, "{ tag: number; value: Uint8Array }")
	r.oneOf(r.unionName(f), strings.TrimSpace(f.Doc+"\nA tag that has no name is a number, its value as it came; 0 is nothing."), types)
}
