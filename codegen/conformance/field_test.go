package conformance

import (
	"math/big"

	"gopkg.in/yaml.v3"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

type integerType struct {
	name string
	kind schema.Kind
	size int
}

func (i integerType) limits() (lo, hi *big.Int) { return limits(i.kind) }

var (
	unsigned = []integerType{{"u8", schema.U8, 1}, {"u16", schema.U16, 2}, {"u32", schema.U32, 4}, {"u64", schema.U64, 8}}
	integers = append([]integerType{{"i8", schema.I8, 1}, {"i16", schema.I16, 2}, {"i32", schema.I32, 4}, {"i64", schema.I64, 8}}, unsigned...)
)

// bodyMaker makes the fields of a body.
type bodyMaker struct {
	*specMaker
	owner string
	given naming
	size  int  // the most bytes so far
	plain bool // packets could have all fields so far

	mostlyOptional bool // for more than one byte of presence bits
}

// room is what a body may take before only small fields are added.
const room = 300

func (m *specMaker) body(owner string) *bodyMaker {
	return &bodyMaker{specMaker: m, owner: owner, given: naming{"id": true, "topic": true, "reset": true}, plain: true}
}

// field is what a field is made of until it has a name.
type field struct {
	pairs    []any
	optional bool
	since    int
	zero     bool // is a value of it
}

func (f *field) add(pairs ...any) { f.pairs = append(f.pairs, pairs...) }

func (b *bodyMaker) name(more ...string) string {
	return b.given.fresh(func() string { return snakeName(b.Rand) }, func(n string) []string {
		derived := []string{"has_" + n, "set_" + n, n + "_len", n + "_count", n + "_tag"}
		for _, suffix := range more {
			derived = append(derived, n+"_"+suffix, "set_"+n+"_"+suffix)
		}
		return derived
	})
}

// field makes one of the generation.
func (b *bodyMaker) field(since int) *yaml.Node {
	f := &field{optional: b.rarely() || b.mostlyOptional && b.often(), since: since, zero: true}
	name, size := b.kind(f)
	b.size += size
	n := mapping("name", name)
	n.Content = append(n.Content, mapping(f.pairs...).Content...)
	if f.optional {
		b.plain = false
		b.size++
		set(n, "optional", true)
	}
	if since > 1 {
		set(n, "since", since)
	}
	set(n, "doc", b.doc())
	return n
}

// kind decides what a field is, and returns its name and the most bytes that it takes.
func (b *bodyMaker) kind(f *field) (name string, size int) {
	for {
		switch b.Intn(12) {
		case 0, 1, 2:
			return b.integer(f)
		case 3:
			return b.scaled(f)
		case 4:
			return b.float(f)
		case 5:
			b.plain = false
			f.add("type", "bool")
			return b.name(), b.one(f, 1, func() any { return b.Intn(2) == 0 })
		case 6:
			return b.bitGroup(f)
		case 7:
			return b.text(f)
		case 8:
			return b.bytes(f)
		case 9:
			if len(b.enums) > 0 {
				return b.enumField(f)
			}
		case 10:
			if len(b.flags) > 0 {
				b.plain = false
				f.add("type", pick(b.Rand, b.flags))
				size, _ := b.array(f, 8)
				return b.name(), size
			}
		case 11:
			if len(b.structs) > 0 {
				return b.nested(f)
			}
		}
	}
}

// most picks a limit of a length or count: a small one as a rule, seldom one that needs a prefix of two bytes.
func (b *bodyMaker) most(unit int) (limit int, text any) {
	if len(b.constants) > 0 && b.rarely() {
		c := pick(b.Rand, b.constants)
		if int(c.value)*unit <= room {
			return int(c.value), number(c.name)
		}
	}
	limit = 1 + b.Intn(9)
	if b.Intn(10) == 0 && unit <= 2 && b.size < room {
		limit = pick(b.Rand, []int{255, 256, 300})
	}
	return limit, limit
}

// array makes some fields arrays of what they were, unit bytes each, and returns the most bytes that they take.
func (b *bodyMaker) array(f *field, unit int) (size int, counted bool) {
	if b.often() || b.size+unit*9 > 2*room {
		return unit, false
	}
	b.plain = false
	limit, text := b.most(unit)
	if b.rarely() && (f.zero || f.since == 1 || f.optional) {
		f.add("count", text)
		return limit * unit, true
	}
	f.add("count", mapping("max", text))
	f.zero = true // it is empty at first
	return 2 + limit*unit, true
}

// one makes the field an array, or adds a default where there must be one, and sometimes where not.
func (b *bodyMaker) one(f *field, unit int, pick func() any) (size int) {
	size, array := b.array(f, unit)
	if !array && !f.optional && (b.rarely() || !f.zero && f.since > 1) {
		b.plain = false
		f.add("default", pick())
	}
	return size
}

// someUnit returns a unit, or nil, and the end of accessors' names.
func (b *bodyMaker) someUnit(f *field) (suffix string) {
	if b.Intn(2) == 0 {
		return "scaled"
	}
	u := pick(b.Rand, [][2]string{{"°C", "celsius"}, {"%", "percent"}, {"m/s²", "meters_per_second_squared"}, {"V", "volts"}, {"µS/cm", "microsiemens_per_centimeter"}, {"*/", ""}, {"\"\\", ""}})
	f.add("unit", u[0])
	if u[1] == "" {
		f.add("unit_name", "ThingsPerHour")
		return "things_per_hour"
	}
	return u[1]
}

func (b *bodyMaker) integer(f *field) (string, int) {
	kind := pick(b.Rand, integers)
	f.add("type", kind.name)
	if b.rarely() {
		b.someUnit(f)
	}
	lo, hi := kind.limits()
	if b.Intn(3) == 0 {
		lo, hi = b.narrow(f, lo, hi, func(n *big.Int) any { return n })
	}
	f.zero = lo.Sign() <= 0 && hi.Sign() >= 0
	return b.name(), b.one(f, kind.size, func() any { return b.number(lo, hi) })
}

// narrow adds min, max or both.
func (b *bodyMaker) narrow(f *field, lo, hi *big.Int, text func(*big.Int) any) (newLo, newHi *big.Int) {
	a, c := b.number(lo, hi), b.number(lo, hi)
	if a.Cmp(c) > 0 {
		a, c = c, a
	}
	if b.often() {
		f.add("min", text(a))
		lo = a
	}
	if b.often() {
		f.add("max", text(c))
		hi = c
	}
	return lo, hi
}

// Factors and offsets, which binary64 holds in all combinations.
var (
	factors = []string{"0.01", "0.1", "0.5", "0.001", "0.0625", "0.000001", "2", "10", "250", "0.018", "3", "1.5", "0.3", "7", "0.007", "1"}
	offsets = []string{"-40", "-273.15", "900", "0.5", "-459.67", "1000000", "-0.001", "0"}
)

func rational(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return n
}

func (b *bodyMaker) scaled(f *field) (string, int) {
	b.plain = false
	kind := pick(b.Rand, integers)
	f.add("type", kind.name)
	factor, offset := big.NewRat(1, 1), new(big.Rat)
	if both := b.Intn(3); both != 0 {
		text := pick(b.Rand, factors)
		factor = rational(text)
		f.add("scale", number(text))
		if both == 2 {
			text := pick(b.Rand, offsets)
			offset = rational(text)
			f.add("offset", number(text))
		}
	} else {
		text := pick(b.Rand, offsets)
		offset = rational(text)
		f.add("offset", number(text))
	}
	name := b.name(b.someUnit(f))
	text := func(raw *big.Int) any {
		value := new(big.Rat).SetInt(raw)
		return number(value.Mul(value, factor).Add(value, offset).FloatString(6))
	}
	lo, hi := kind.limits()
	if b.Intn(2) == 0 || kind.size == 8 { // whose own bounds have too many digits to be written
		most := big.NewInt(1_000_000_000_000)
		if hi.Cmp(most) > 0 {
			hi = most
		}
		if lo.Sign() < 0 && lo.CmpAbs(most) > 0 {
			lo = new(big.Int).Neg(most)
		}
		lo, hi = b.narrow(f, lo, hi, text)
	}
	f.zero = lo.Sign() <= 0 && hi.Sign() >= 0
	return name, b.one(f, kind.size, func() any { return text(b.number(lo, hi)) })
}

func (b *bodyMaker) float(f *field) (string, int) {
	b.plain = false
	size := pick(b.Rand, []int{4, 8})
	f.add("type", map[int]string{4: "f32", 8: "f64"}[size])
	if b.rarely() {
		b.someUnit(f)
	}
	decimals := []string{"-1000000", "-40.5", "-0.1", "0", "0.1", "0.3", "16777217", "123456789012345678"}
	lo, hi := 0, len(decimals)-1
	if b.rarely() {
		lo = b.Intn(len(decimals))
		f.add("min", number(decimals[lo]))
	}
	if b.rarely() {
		hi = lo + b.Intn(len(decimals)-lo)
		f.add("max", number(decimals[hi]))
	}
	f.zero = lo <= 3 && hi >= 3
	return b.name(), b.one(f, size, func() any { return number(decimals[lo+b.Intn(hi-lo+1)]) })
}

func (b *bodyMaker) bitGroup(f *field) (string, int) {
	b.plain = false
	kind := pick(b.Rand, unsigned)
	f.add("type", kind.name)
	var parts []*yaml.Node
	var names []string
	for left := 8 * kind.size; left > 0 && (len(parts) == 0 || b.often()); {
		width := 1 + b.Intn(left)
		if b.rarely() {
			width = left
		}
		left -= width
		name := snakeName(b.Rand)
		for n := range names {
			if lower(names[n]) == lower(name) {
				name = ""
			}
		}
		if name == "" {
			continue
		}
		names = append(names, name)
		parts = append(parts, mapping("name", name, "width", width, "doc", b.doc()))
	}
	f.add("bits", parts)
	return b.name(names...), kind.size
}

func (b *bodyMaker) text(f *field) (string, int) {
	b.plain = false
	limit, text := b.most(1)
	f.add("type", "string", "size", mapping("max", text))
	if !f.optional && b.rarely() {
		words := []string{"none", "", "\"", "\\x", "é", "*/", "??/", "${a}", "`", "'", "🌡", "%s", "\\", "#"}
		words = append(words, "null", "0")
		if word := pick(b.Rand, words); len(word) <= limit {
			n := scalar("!!str", word)
			n.Style = yaml.DoubleQuotedStyle
			f.add("default", n)
		}
	}
	return b.name(), 2 + limit
}

func (b *bodyMaker) bytes(f *field) (string, int) {
	limit, text := b.most(1)
	if b.Intn(2) == 0 {
		f.add("type", "bytes", "size", text)
		return b.name(), limit
	}
	f.add("type", "bytes", "size", mapping("max", text))
	return b.name(), 2 + limit
}

func (b *bodyMaker) enumField(f *field) (string, int) {
	e := pick(b.Rand, b.enums)
	f.add("type", e.name)
	f.zero = e.zero
	return b.name(), b.one(f, 8, func() any { return pick(b.Rand, e.values) })
}

// nested makes a struct, an array of them, or a union.
func (b *bodyMaker) nested(f *field) (string, int) {
	s := pick(b.Rand, b.structs)
	b.plain = false
	if b.Intn(3) > 0 {
		f.add("type", s.name)
		size, _ := b.array(f, s.size)
		return b.name(), size
	}
	tags := b.Perm(255)
	inner := naming{"tag": true, "raw": true, "unknown": true}
	var variants []*yaml.Node
	size := 0
	var name string
	for {
		name = b.name()
		if own := lower(b.owner + name); !b.named[own] && !b.named[own+"tag"] {
			b.named[own], b.named[own+"tag"] = true, true
			break
		}
	}
	for i := range 1 + b.Intn(3) {
		s := pick(b.Rand, b.structs)
		size = max(size, s.size)
		own := b.owner + name
		variant := inner.fresh(func() string {
			for {
				if n := snakeName(b.Rand); !b.named[lower(own+n)] {
					b.named[lower(own+n)] = true
					return n
				}
			}
		}, nothing)
		variants = append(variants, mapping("name", variant, "tag", tags[i]+1, "type", s.name, "doc", b.doc()))
	}
	f.add("type", "union", "variants", variants)
	return name, 3 + size
}
