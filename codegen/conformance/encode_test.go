package conformance

import (
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// encoder appends values. One that is lenient writes what decoders accept, which is more than encoders are to write.
type encoder struct {
	out     []byte
	lenient bool
}

// encode returns the payload of a message.
func encode(m *schema.Message, r *record) ([]byte, fault) {
	e := &encoder{out: []byte{m.ID}}
	err := e.record(r)
	return e.out, err
}

// encodeAny returns the payload of a message whatever its numbers are.
func encodeAny(m *schema.Message, r *record) []byte {
	e := &encoder{out: []byte{m.ID}, lenient: true}
	if err := e.record(r); err != "" {
		panic(err) // a mistake in the test: no decoder would give such a value
	}
	return e.out
}

func (e *encoder) record(r *record) fault {
	fields := fieldsOf(r.body)
	optionals := 0
	for i, f := range fields {
		if optional(f) {
			if optionals%8 == 0 {
				e.out = append(e.out, r.presence(fields[i:]))
			}
			optionals++
			if r.values[f] == nil {
				continue
			}
		}
		if err := e.value(f, &f.Type, r.values[f]); err != "" {
			return err
		}
	}
	return ""
}

// presence returns the bits of the next eight optional fields.
func (r *record) presence(fields []*schema.Field) byte {
	var bits byte
	i := 0
	for _, f := range fields {
		if !optional(f) {
			continue
		}
		if r.values[f] != nil {
			bits |= 1 << i
		}
		if i++; i == 8 {
			break
		}
	}
	return bits
}

// number appends an integer of so many bytes, negative ones as two's complement.
func (e *encoder) number(n *big.Int, size int) {
	mask := new(big.Int).Lsh(big.NewInt(1), uint(8*size))
	b := new(big.Int).Mod(n, mask).FillBytes(make([]byte, size))
	slices.Reverse(b)
	e.out = append(e.out, b...)
}

// length appends a length or count.
func (e *encoder) length(n, most int) fault {
	if n > most {
		return tooLong
	}
	e.number(big.NewInt(int64(n)), prefixOf(most))
	return ""
}

// value appends the value of a field, or an element of it.
func (e *encoder) value(f *schema.Field, t *schema.Type, v any) fault {
	switch v := v.(type) {
	case *record:
		return e.record(v)
	case *choice:
		return e.choice(v)
	case []any:
		if t.Count == 0 {
			if err := e.length(len(v), t.MaxLen); err != "" {
				return err
			}
		}
		for _, element := range v {
			if err := e.value(f, t.Elem, element); err != "" {
				return err
			}
		}
	case []byte:
		if t.Kind != schema.FixedBytes {
			if err := e.length(len(v), t.MaxLen); err != "" {
				return err
			}
		}
		if t.Kind == schema.String && !utf8.Valid(v) {
			return badText
		}
		e.out = append(e.out, v...)
	case bool:
		e.out = append(e.out, map[bool]byte{true: 1}[v])
	case float:
		if b := f.Bounds; b != nil && !(v.value() >= b.Min && v.value() <= b.Max) && !e.lenient {
			return outside
		}
		e.number(new(big.Int).SetUint64(v.bits), v.size)
	case *big.Int:
		if !allowed(f, t, v) && !e.lenient {
			return outside
		}
		e.number(v, t.Kind.Size())
	}
	return ""
}

func (e *encoder) choice(c *choice) fault {
	head := len(e.out)
	e.out = append(e.out, c.tag, 0, 0)
	if c.value != nil {
		if err := e.record(c.value); err != "" {
			return err
		}
	}
	e.out = append(e.out, c.raw...)
	n := len(e.out) - head - 3
	if n > 1<<16-1 {
		return tooLong
	}
	e.out[head+1], e.out[head+2] = byte(n), byte(n>>8)
	return ""
}

// allowed reports whether an encoder is to write an integer.
func allowed(f *schema.Field, t *schema.Type, n *big.Int) bool {
	if t.Enum != nil {
		return slices.ContainsFunc(t.Enum.Values, func(v *schema.EnumValue) bool { return v.Value.Cmp(n) == 0 })
	}
	if mask := named(t); mask != nil {
		return new(big.Int).AndNot(n, mask).Sign() == 0
	}
	for _, r := range f.Ranges {
		if n.Cmp(r.Min) < 0 || n.Cmp(r.Max) > 0 {
			return false
		}
	}
	return true
}

// named returns the bits that have names, nil where bits need none.
func named(t *schema.Type) *big.Int {
	mask := new(big.Int)
	switch {
	case t.Flags != nil:
		for _, b := range t.Flags.Bits {
			mask.SetBit(mask, int(b.Bit), 1)
		}
	case t.Bits != nil:
		width := uint(0)
		for _, b := range t.Bits {
			width += uint(b.Width)
		}
		mask.Sub(mask.Lsh(big.NewInt(1), width), big.NewInt(1))
	default:
		return nil
	}
	return mask
}
