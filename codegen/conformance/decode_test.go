package conformance

import (
	"fmt"
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// span says which bytes of a payload are those of what.
type span struct {
	path  string
	bytes []byte
	value bool // or they are none: an id, presence bits, a tail
}

// decoder decodes one payload and notes what its bytes are.
type decoder struct {
	payload []byte
	at, end int
	spans   []span
	ends    []int // of older generations, before the payload's own
	spoils  []spoil
}

// spoil is bytes that make a payload faulty where they stand.
type spoil struct {
	at    int
	bytes []byte
}

// decoded is a message and what its payload was made of.
type decoded struct {
	message *schema.Message
	value   *record
	spans   []span
	tail    []byte
	ends    []int
	spoils  []spoil
}

// decode decodes a payload. Where it has a fault, of the result there is only the message, if that much is known.
func decode(spec *schema.Spec, payload []byte) (decoded, fault) {
	if len(payload) == 0 {
		return decoded{}, short
	}
	i := slices.IndexFunc(spec.Messages, func(m *schema.Message) bool { return m.ID == payload[0] })
	if i < 0 {
		return decoded{}, unknownID
	}
	m := spec.Messages[i]
	d := &decoder{payload: payload, end: len(payload)}
	d.skip("id", 1)
	value, err := d.body(&m.Body, "")
	if err != "" {
		return decoded{message: m}, err
	}
	return decoded{m, value, d.spans, d.take(d.left()), d.ends, d.spoils}, ""
}

func (d *decoder) left() int { return d.end - d.at }

// take returns the next bytes, which are there.
func (d *decoder) take(n int) []byte {
	d.at += n
	return d.payload[d.at-n : d.at]
}

// skip takes bytes that are no value.
func (d *decoder) skip(path string, n int) { d.spans = append(d.spans, span{path, d.take(n), false}) }

// note says what the bytes from a place on are.
func (d *decoder) note(path string, from int) {
	d.spans = append(d.spans, span{path, d.payload[from:d.at], true})
}

// number takes an unsigned number.
func (d *decoder) number(size int) int {
	n := 0
	for i, b := range d.take(size) {
		n |= int(b) << (8 * i)
	}
	return n
}

// spoil notes which bytes would be faulty, so far from here.
func (d *decoder) spoil(from int, bytes []byte) {
	d.spoils = append(d.spoils, spoil{d.at + from, bytes})
}

func (d *decoder) body(b *schema.Body, path string) (*record, fault) {
	r := initial(b)
	fields := fieldsOf(b)
	since, optionals, there := 1, 0, 0
	var presence byte
	for i, f := range fields {
		if f.Since > since {
			since = f.Since
			if d.left() == 0 {
				return r, ""
			}
			d.ends = append(d.ends, d.at)
		}
		if optional(f) {
			if optionals%8 == 0 {
				if d.left() < 1 {
					return nil, short
				}
				presence = d.payload[d.at]
				d.skip(path+"presence", 1)
			}
			absent := presence>>(optionals%8)&1 == 0
			optionals++
			if absent {
				continue
			}
		}
		if i >= there {
			n, size := row(fields[i:])
			if d.left() < size {
				return nil, short
			}
			there = i + n
		}
		v, err := d.field(&f.Type, path+f.Name.Snake())
		if err != "" {
			return nil, err
		}
		r.values[f] = v
	}
	return r, ""
}

// row returns how many fields are checked for their length at once, and their bytes.
func row(fields []*schema.Field) (n, size int) {
	first := fields[0]
	size = fixedSize(&first.Type)
	if size == 0 || optional(first) {
		return 1, size
	}
	for n = 1; n < len(fields); n++ {
		f := fields[n]
		more := fixedSize(&f.Type)
		if more == 0 || optional(f) || f.Since != first.Since {
			break
		}
		size += more
	}
	return n, size
}

func (d *decoder) field(t *schema.Type, path string) (any, fault) {
	from := d.at
	switch {
	case t.Kind == schema.StructValue:
		return pass(d.body(&t.Struct.Body, path+"."))
	case t.Kind == schema.Union:
		return pass(d.union(t, path))
	case t.Kind == schema.Array && t.Elem.Kind == schema.StructValue:
		return d.structs(t, path)
	}
	v, err := d.leaf(t)
	d.note(path, from)
	return v, err
}

// pass makes a typed value any.
func pass[T any](v T, err fault) (any, fault) { return v, err }

func (d *decoder) structs(t *schema.Type, path string) (any, fault) {
	count := t.Count
	if count == 0 {
		from := d.at
		var err fault
		if count, err = d.length(t.MaxLen); err != "" {
			return nil, err
		}
		d.note(path, from)
	}
	elements := make([]any, count)
	for i := range elements {
		v, err := d.body(&t.Elem.Struct.Body, fmt.Sprintf("%s[%d].", path, i))
		if err != "" {
			return nil, err
		}
		elements[i] = v
	}
	return elements, ""
}

// length takes a length or count up to most.
func (d *decoder) length(most int) (int, fault) {
	prefix := prefixOf(most)
	if d.left() < prefix {
		return 0, short
	}
	if more := most + 1; more < 1<<(8*prefix) {
		d.spoil(0, []byte{byte(more), byte(more >> 8)}[:prefix])
	}
	n := d.number(prefix)
	if n > most {
		return 0, tooLong
	}
	return n, ""
}

func (d *decoder) union(t *schema.Type, path string) (*choice, fault) {
	const head = 3
	if d.left() < head {
		return nil, short
	}
	c := &choice{tag: d.take(1)[0]}
	d.note(path+".tag", d.at-1)
	d.skip(path+".length", 2)
	n := int(d.payload[d.at-2]) | int(d.payload[d.at-1])<<8
	if d.left() < n {
		return nil, short
	}
	i := slices.IndexFunc(t.Variants, func(v *schema.Variant) bool { return v.Tag == c.tag })
	switch {
	case c.tag == 0:
		d.skip(path+".void", n)
	case i < 0:
		c.raw = d.take(n)
		d.note(path+".unknown", d.at-n)
	default:
		c.variant = t.Variants[i]
		outer := d.end
		d.end = d.at + n
		var err fault
		if c.value, err = d.body(&c.variant.Struct.Body, path+"."+c.variant.Name.Snake()+"."); err != "" {
			return nil, err
		}
		if d.left() > 0 {
			return nil, trailing
		}
		d.spoil(-n-2, []byte{byte(n + 1), byte((n + 1) >> 8)}) // trailing, where so much follows
		d.end = outer
	}
	return c, ""
}

// leaf decodes what is no struct. What is of fixed size is there.
func (d *decoder) leaf(t *schema.Type) (any, fault) {
	switch t.Kind {
	case schema.F32, schema.F64:
		return float{littleEndian(d.take(t.Kind.Size())).Uint64(), t.Kind.Size()}, ""
	case schema.Bool:
		d.spoil(0, []byte{2})
		b := d.take(1)[0]
		if b > 1 {
			return nil, badBool
		}
		return b == 1, ""
	case schema.FixedBytes:
		return d.take(t.Size), ""
	case schema.SizedBytes, schema.String:
		n, err := d.length(t.MaxLen)
		if err != "" {
			return nil, err
		}
		if d.left() < n {
			return nil, short
		}
		if t.Kind == schema.String && n > 0 {
			d.spoil(n-1, []byte{0xff})
			d.spoil(n-1, []byte{0xc3}) // the rest of the character is missing
		}
		b := d.take(n)
		if t.Kind == schema.String && !utf8.Valid(b) {
			return nil, badText
		}
		return b, ""
	case schema.Array:
		return d.array(t)
	}
	n := littleEndian(d.take(t.Kind.Size()))
	if bits := uint(8 * t.Kind.Size()); t.Kind.Signed() && n.Bit(int(bits)-1) == 1 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), bits))
	}
	return n, ""
}

func (d *decoder) array(t *schema.Type) (any, fault) {
	count := t.Count
	if count == 0 {
		var err fault
		if count, err = d.length(t.MaxLen); err != "" {
			return nil, err
		}
		if d.left() < count*fixedSize(t.Elem) {
			return nil, short
		}
	}
	elements := make([]any, count)
	for i := range elements {
		var err fault
		if elements[i], err = d.leaf(t.Elem); err != "" {
			return nil, err
		}
	}
	return elements, ""
}

func littleEndian(b []byte) *big.Int {
	reversed := slices.Clone(b)
	slices.Reverse(reversed)
	return new(big.Int).SetBytes(reversed)
}
