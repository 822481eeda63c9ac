package conformance

import (
	"math"
	"math/big"
	"math/rand"
	"slices"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// habit is how a maker picks values.
type habit int

const (
	least habit = iota // the shortest and lowest that an encoder writes
	most               // the longest and highest
	valid              // any that an encoder writes
	wild               // any that a decoder takes
	habits
)

// maker makes values.
type maker struct {
	*rand.Rand
	habit habit
}

func (m maker) record(b *schema.Body) *record {
	r := initial(b)
	for _, f := range fieldsOf(b) {
		if optional(f) && !m.some() {
			continue
		}
		r.values[f] = m.value(f, &f.Type)
	}
	return r
}

// some decides about what may be there or not.
func (m maker) some() bool { return m.habit == most || m.habit != least && m.Intn(2) == 0 }

func (m maker) value(f *schema.Field, t *schema.Type) any {
	switch t.Kind {
	case schema.F32, schema.F64:
		return m.float(f.Bounds, t.Kind)
	case schema.Bool:
		return m.some()
	case schema.FixedBytes:
		return m.bytes(t.Size)
	case schema.SizedBytes:
		return m.bytes(m.length(t.MaxLen))
	case schema.String:
		return m.text(m.length(t.MaxLen))
	case schema.Array:
		count := t.Count
		if count == 0 {
			count = m.length(t.MaxLen)
		}
		elements := make([]any, count)
		for i := range elements {
			elements[i] = m.value(f, t.Elem)
		}
		return elements
	case schema.StructValue:
		return m.record(&t.Struct.Body)
	case schema.Union:
		return m.choice(t)
	}
	return m.integer(f, t)
}

func (m maker) length(limit int) int {
	switch m.habit {
	case least:
		return 0
	case most:
		return limit
	}
	return [...]int{0, limit, m.Intn(limit + 1), min(m.Intn(4), limit)}[m.Intn(4)]
}

func (m maker) bytes(n int) []byte {
	b := make([]byte, n)
	m.Read(b)
	if m.habit == least {
		clear(b)
	}
	return b
}

// text returns UTF-8 of exactly so many bytes.
func (m maker) text(n int) []byte {
	runes := []rune{'a', ' ', '"', '\\', 0, 0x7f, 'é', 0x7ff, '€', 0xfffd, 0xffff, 0xd7ff, 0x1f321, utf8.MaxRune}
	var b []byte
	for len(b) < n {
		r := runes[m.Intn(len(runes))]
		if len(b)+utf8.RuneLen(r) > n {
			r = 'z'
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

func (m maker) float(bounds *schema.Bounds, k schema.Kind) float {
	if bounds == nil || m.habit == wild {
		bounds = &schema.Bounds{Min: math.Inf(-1), Max: math.Inf(1)}
	}
	switch m.habit {
	case least:
		return floatOf(bounds.Min, k)
	case most:
		return floatOf(bounds.Max, k)
	}
	tiny, huge := math.SmallestNonzeroFloat64, math.MaxFloat64
	if k == schema.F32 {
		tiny, huge = math.SmallestNonzeroFloat32, math.MaxFloat32
	}
	candidates := []float64{
		bounds.Min, bounds.Max, 0, math.Copysign(0, -1), 1, -1, 0.1, tiny, -tiny, huge, -huge, math.Inf(1), math.Inf(-1), m.NormFloat64() * 100,
		bounds.Min + m.Float64()*(bounds.Max-bounds.Min),
	}
	if !bounds.HasMin && !bounds.HasMax {
		candidates = append(candidates, math.NaN(), math.NaN())
	}
	for {
		f := floatOf(candidates[m.Intn(len(candidates))], k)
		v := f.value()
		if !math.IsNaN(v) && v >= bounds.Min && v <= bounds.Max {
			return f
		}
		if math.IsNaN(v) && !bounds.HasMin && !bounds.HasMax {
			return floatOf(math.Float64frombits(0x7ff8000000000000), k)
		}
	}
}

func (m maker) choice(t *schema.Type) *choice {
	i := 0
	switch m.habit {
	case least:
		return &choice{}
	case most:
		i = slices.IndexFunc(t.Variants, func(v *schema.Variant) bool { return v == longest(t) })
	default:
		i = m.Intn(len(t.Variants) + 2)
	}
	switch i {
	case len(t.Variants):
		return &choice{}
	case len(t.Variants) + 1:
		tag := uint8(1 + m.Intn(255))
		if !slices.ContainsFunc(t.Variants, func(v *schema.Variant) bool { return v.Tag == tag }) {
			return &choice{tag: tag, raw: m.bytes(m.Intn(6))}
		}
		i = 0
	}
	v := t.Variants[i]
	return &choice{tag: v.Tag, variant: v, value: m.record(&v.Struct.Body)}
}

func longest(t *schema.Type) *schema.Variant {
	return slices.MaxFunc(t.Variants, func(a, b *schema.Variant) int { return a.Struct.Max - b.Struct.Max })
}

func (m maker) integer(f *schema.Field, t *schema.Type) *big.Int {
	lo, hi := limits(t.Kind)
	if m.habit == wild {
		return m.between(lo, hi)
	}
	if t.Enum != nil {
		values := t.Enum.Values
		return values[m.Intn(len(values))].Value
	}
	if mask := named(t); mask != nil {
		n := m.between(lo, hi)
		if m.habit == most {
			n = hi
		}
		return new(big.Int).And(n, mask)
	}
	for _, r := range f.Ranges {
		lo, hi = r.Min, r.Max
	}
	switch m.habit {
	case least:
		return lo
	case most:
		return hi
	}
	return m.between(lo, hi)
}

// between picks a number of a range, its edges more often than others.
func (m maker) between(lo, hi *big.Int) *big.Int {
	n := new(big.Int).Sub(hi, lo)
	n.Rand(m.Rand, n.Add(n, big.NewInt(1))).Add(n, lo)
	one := big.NewInt(1)
	candidates := []*big.Int{lo, hi, new(big.Int), one, big.NewInt(-1), new(big.Int).Add(lo, one), new(big.Int).Sub(hi, one), n, n, n}
	if picked := candidates[m.Intn(len(candidates))]; picked.Cmp(lo) >= 0 && picked.Cmp(hi) <= 0 {
		return picked
	}
	return n
}
