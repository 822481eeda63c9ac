package conformance

import (
	"math"
	"math/big"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// The reference codec is the arbiter of what the languages do. It follows the declarations, [schema.Body].Items, and works
// out by itself what emitters are told: rows, presence bits, prefixes and sizes.

// fault is the name of a codec's error, as vectors have it; "" is none.
type fault string

const (
	short     fault = "short"
	outside   fault = "range"
	unknownID fault = "unknown_id"
	badBool   fault = "bool"
	badText   fault = "text"
	tooLong   fault = "length"
	trailing  fault = "trailing"
)

// record is a value of a body: what each of its fields has.
//
//	integers      *big.Int
//	F32, F64      float
//	Bool          bool
//	bytes, String []byte
//	Array         []any
//	StructValue   *record
//	Union         *choice
//	absent        nil
type record struct {
	body   *schema.Body
	values map[*schema.Field]any
}

// float is the bits of a number, 32 or 64 of them.
type float struct {
	bits uint64
	size int // bytes
}

// choice is what a union holds: nothing (tag 0), one of its variants, or bytes that mean nothing to this version.
type choice struct {
	tag     uint8
	variant *schema.Variant // nil where the tag has none
	value   *record         // of the variant
	raw     []byte
}

func floatOf(v float64, k schema.Kind) float {
	if k == schema.F32 {
		return float{uint64(math.Float32bits(float32(v))), 4}
	}
	return float{math.Float64bits(v), 8}
}

func (f float) value() float64 {
	if f.size == 4 {
		return float64(math.Float32frombits(uint32(f.bits)))
	}
	return math.Float64frombits(f.bits)
}

// odd reports whether f is a NaN that codecs need not keep as it is.
func (f float) odd() bool {
	return math.IsNaN(f.value()) && f.bits != 0x7fc00000 && f.bits != 0x7ff8000000000000
}

// fieldsOf returns the fields of a body of messages.
func fieldsOf(b *schema.Body) []*schema.Field {
	fields := make([]*schema.Field, len(b.Items))
	for i, it := range b.Items {
		fields[i] = it.(*schema.Field)
	}
	return fields
}

func optional(f *schema.Field) bool { return f.Presence != nil }

// fixedSize returns the bytes of a value, 0 where the wire decides.
func fixedSize(t *schema.Type) int {
	switch t.Kind {
	case schema.FixedBytes:
		return t.Size
	case schema.Array:
		return t.Count * fixedSize(t.Elem)
	}
	return t.Kind.Size()
}

// prefixOf returns the bytes of a length or count up to most.
func prefixOf(most int) int {
	if most > 255 {
		return 2
	}
	return 1
}

// initial returns a record in which each field has its default.
func initial(b *schema.Body) *record {
	r := &record{b, map[*schema.Field]any{}}
	for _, f := range fieldsOf(b) {
		if !optional(f) {
			r.values[f] = initialValue(&f.Type, f.Default)
		}
	}
	return r
}

func initialValue(t *schema.Type, d *schema.Default) any {
	if d == nil {
		d = &schema.Default{}
	}
	switch t.Kind {
	case schema.F32, schema.F64:
		return floatOf(d.Float, t.Kind)
	case schema.Bool:
		return d.Bool
	case schema.String:
		return []byte(d.Text)
	case schema.SizedBytes, schema.FixedBytes:
		return make([]byte, fixedSize(t))
	case schema.Array:
		elements := make([]any, t.Count)
		for i := range elements {
			elements[i] = initialValue(t.Elem, nil)
		}
		return elements
	case schema.StructValue:
		return initial(&t.Struct.Body)
	case schema.Union:
		return &choice{}
	}
	if d.Raw == nil {
		return new(big.Int)
	}
	return d.Raw
}
