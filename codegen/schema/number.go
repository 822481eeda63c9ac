package schema

import (
	"fmt"
	"math"
	"math/big"
)

// maxExact bounds the whole numbers that binary64 holds exactly.
var maxExact = new(big.Int).Lsh(big.NewInt(1), 53)

// scale reads what an integer stands for.
func (b *bodyParser) scale(o *object, f *Field) {
	if !o.has("scale") && !o.has("offset") {
		return
	}
	t := f.Type.number()
	if t.Kind != 0 && (!t.Kind.Integer() || t.named()) {
		for _, key := range []string{"scale", "offset"} {
			if o.has(key) {
				b.nodeFault(o.keys[key], key+" of a field that is no integer", "", "remove it")
			}
		}
		return
	}
	s := &Scale{Factor: "1", Offset: "0", Accessor: f.Name + "_scaled"}
	factor, add := big.NewRat(1, 1), new(big.Rat)
	if n, ok := o.decimal("scale"); ok {
		factor, s.Factor = n, o.values["scale"].Value
		if n.Sign() <= 0 {
			b.nodeFault(o.values["scale"], "scale is "+s.Factor, "it must be above 0", "take one such as 0.01")
			return
		}
	}
	if n, ok := o.decimal("offset"); ok {
		add, s.Offset = n, o.values["offset"].Value
	}
	if !s.set(factor, add) {
		b.nodeFault(o.node, fmt.Sprintf("scale %s and offset %s", s.Factor, s.Offset), "binary64 cannot hold both exactly", "take fewer digits")
		return
	}
	if f.UnitName != "" {
		s.Accessor = f.Name + "_" + Name(f.UnitName.Snake())
	}
	o.claim(b.given, "", s.Accessor)
	o.claim(b.given, "set_", s.Accessor)
	f.Scale = s
}

// set resolves factor and offset to whole numbers; false where they are too large to be exact.
func (s *Scale) set(factor, add *big.Rat) bool {
	gcd := new(big.Int).GCD(nil, nil, factor.Denom(), add.Denom())
	den := new(big.Int).Mul(factor.Denom(), new(big.Int).Quo(add.Denom(), gcd))
	whole := func(n *big.Rat) Int { return new(big.Int).Mul(n.Num(), new(big.Int).Quo(den, n.Denom())) }
	for _, n := range []struct {
		to   *int64
		from Int
	}{{&s.Num, whole(factor)}, {&s.Den, den}, {&s.Add, whole(add)}} {
		if n.from.CmpAbs(maxExact) > 0 {
			return false
		}
		*n.to = n.from.Int64()
	}
	s.Decimals = max(decimals(s.Factor), decimals(s.Offset))
	return true
}

// raw returns the number on the wire for a value, not rounded.
func (s *Scale) raw(value *big.Rat) *big.Rat {
	n := new(big.Rat).Mul(value, new(big.Rat).SetInt64(s.Den))
	n.Sub(n, new(big.Rat).SetInt64(s.Add))
	return n.Quo(n, new(big.Rat).SetInt64(s.Num))
}

// Text prints the value of a number on the wire.
func (s *Scale) Text(raw Int) string {
	n := new(big.Rat).Mul(new(big.Rat).SetInt(raw), new(big.Rat).SetInt64(s.Num))
	n.Add(n, new(big.Rat).SetInt64(s.Add))
	return n.Quo(n, new(big.Rat).SetInt64(s.Den)).FloatString(s.Decimals)
}

// ranges reads min, max and ranges.
func (b *bodyParser) ranges(o *object, f *Field) {
	t := f.Type.number()
	switch {
	case t.Kind == 0:
		return // an unknown type, reported
	case t.Kind.Float():
		b.bounds(o, f)
		return
	case !t.Kind.Integer() || t.named():
		for _, key := range []string{"min", "max", "ranges"} {
			if o.has(key) {
				b.nodeFault(o.keys[key], key+" of a field that is no number", "", "remove it")
			}
		}
		return
	}
	if o.has("min") || o.has("max") {
		b.addRange(o, f, nil)
	}
	if b.owner.use.side == forMessages {
		return // ranges are reported
	}
	for _, n := range o.list("ranges") {
		r := b.object(n, rangeObject)
		if r == nil {
			continue
		}
		var c Cond
		if r.has("if") {
			c = b.cond(r.values["if"], b.scope)
		}
		if !r.has("min") && !r.has("max") {
			b.nodeFault(n, "a range without bounds", "", "say min, max or both")
		}
		b.addRange(r, f, c)
	}
}

func (b *bodyParser) addRange(o *object, f *Field, c Cond) {
	kind := f.Type.number().Kind
	lo, hi := kind.Limits()
	r := Range{If: c, Min: lo, Max: hi}
	if n, ok := o.bound("min", kind, f.Scale, ceil); ok {
		r.Min = n
	}
	if n, ok := o.bound("max", kind, f.Scale, floor); ok {
		r.Max = n
	}
	r.HasMin, r.HasMax = r.Min.Cmp(lo) > 0, r.Max.Cmp(hi) < 0
	switch gap := new(big.Int).Sub(r.Min, r.Max); {
	case gap.Sign() <= 0:
	case f.Scale != nil && gap.Cmp(big.NewInt(1)) == 0: // not the same number, yet rounded to neighbours
		b.nodeFault(o.values["min"], "no value lies between min and max", "the next ones are "+f.Scale.Text(r.Max)+" and "+f.Scale.Text(r.Min), "widen them")
	default:
		b.nodeFault(o.values["min"], fmt.Sprintf("min %s is above max %s", o.values["min"].Value, o.values["max"].Value), "", "exchange them")
	}
	f.Ranges = append(f.Ranges, r)
}

// bound returns the bound at key as it is on the wire, the next whole number by next.
func (o *object) bound(key string, k Kind, s *Scale, next func(*big.Rat) Int) (n Int, ok bool) {
	if s == nil {
		return o.value(key, k)
	}
	value, ok := o.decimal(key)
	if !ok {
		return nil, false
	}
	raw := s.raw(value)
	n = next(raw)
	lo, hi := k.Limits()
	if floor(raw).Cmp(lo) < 0 || ceil(raw).Cmp(hi) > 0 {
		o.nodeFault(o.values[key], fmt.Sprintf("%s is %s", key, o.values[key].Value), fmt.Sprintf("scaled, its type holds %s to %s", s.Text(lo), s.Text(hi)), k.fit())
		return nil, false
	}
	return n, true
}

// bounds reads min and max of a floating-point number.
func (b *bodyParser) bounds(o *object, f *Field) {
	if !o.has("min") && !o.has("max") {
		return
	}
	kind := f.Type.number().Kind
	r := &Bounds{Min: math.Inf(-1), Max: math.Inf(1)}
	if n, ok := o.decimal("min"); ok {
		r.Min, r.HasMin = kind.float(n), true
	}
	if n, ok := o.decimal("max"); ok {
		r.Max, r.HasMax = kind.float(n), true
	}
	if r.Min > r.Max {
		b.nodeFault(o.values["min"], fmt.Sprintf("min %v is above max %v", r.Min, r.Max), "", "exchange them")
	}
	f.Bounds = r
}

// float returns the number of the kind that is nearest to n.
func (k Kind) float(n *big.Rat) float64 {
	if k == F32 {
		v, _ := n.Float32()
		return float64(v)
	}
	v, _ := n.Float64()
	return v
}

// Limits are the least and the greatest integer that an encoder writes, as on the wire, whatever the conditions of other
// ranges: of an array, of each element.
func (f *Field) Limits() (least, most Int) {
	least, most = f.Type.number().Kind.Limits()
	for _, r := range f.Ranges {
		if r.If == nil && r.Min.Cmp(least) > 0 {
			least = r.Min
		}
		if r.If == nil && r.Max.Cmp(most) < 0 {
			most = r.Max
		}
	}
	return least, most
}

// allows reports whether an encoder writes the number.
func (f *Field) allows(raw Int) bool {
	for _, r := range f.Ranges {
		if r.If == nil && (raw.Cmp(r.Min) < 0 || raw.Cmp(r.Max) > 0) {
			return false
		}
	}
	return true
}

func (r *Bounds) allow(v float64) bool { return r == nil || r.Min <= v && v <= r.Max }
