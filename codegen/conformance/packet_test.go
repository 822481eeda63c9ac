package conformance

import (
	"slices"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// The reference codec of packets: SPEC.md, section 1, says how a frame is read.

const (
	unknownFlag  fault = "unknown_flag"
	missingFlag  fault = "missing_flag"
	unknownType  fault = "unknown_type"
	reservedType fault = "reserved_type"
	overrun      fault = "overrun"
)

const headerSize = 2

// walkedPacket is a packet that the walk over a frame has found.
type walkedPacket struct {
	typ    uint8
	packet *schema.Packet // nil for a type without one
	bytes  []byte         // header included
	spans  []span         // of its fields, where the result is ""
	tail   []byte
	result fault
}

// walk reads a frame up to its end or a fault, which leaves the rest of it.
func walk(spec *schema.Spec, frame []byte) (packets []walkedPacket, rest []byte, end fault) {
	for len(frame) > 0 {
		w := walkedPacket{typ: frame[0] >> 4}
		if i := slices.IndexFunc(spec.Packets, func(p *schema.Packet) bool { return p.Type == w.typ }); i >= 0 {
			w.packet = spec.Packets[i]
		}
		if w.packet != nil && w.packet.Forbidden {
			return packets, frame, reservedType
		}
		if len(frame) < headerSize {
			return packets, frame, overrun
		}
		size := headerSize + int(frame[1])
		if frame[1] == 255 {
			size = max(size, len(frame))
		}
		if len(frame) < size {
			return packets, frame, overrun
		}
		w.bytes, frame = frame[:size], frame[size:]
		w.decode()
		packets = append(packets, w)
	}
	return packets, nil, ""
}

func (w *walkedPacket) decode() {
	if w.packet == nil {
		w.result = unknownType
		return
	}
	flags := w.bytes[0] & 0x0f
	set := map[*schema.Flag]bool{}
	for _, f := range w.packet.Flags {
		set[f] = flags>>f.Bit&1 == 1
		flags &^= 1 << f.Bit
	}
	if flags != 0 {
		w.result = unknownFlag
		return
	}
	for _, f := range w.packet.Flags {
		if set[f] && f.Requires != nil && !set[f.Requires] {
			w.result = missingFlag
			return
		}
	}
	body := w.bytes[headerSize:]
	d := &packetDecoder{&decoder{payload: body, end: len(body)}, set}
	_, w.result = d.body(&w.packet.Body, "")
	w.spans, w.tail = d.spans, d.take(d.left())
}

// truth decides conditions.
type truth struct {
	set map[*schema.Flag]bool
	of  *record // has the enum fields
}

func (t truth) holds(c schema.Cond) bool {
	switch c := c.(type) {
	case *schema.FlagSet:
		return t.set[c.Flag]
	case *schema.Equals:
		return enumOf(t.of, c.Field).Cmp(c.Value.Value) == 0
	case *schema.Not:
		return !t.holds(c.C)
	case *schema.And:
		return t.holds(c.A) && t.holds(c.B)
	case *schema.Or:
		return t.holds(c.A) || t.holds(c.B)
	}
	return true
}

// allows reports whether a number is in the ranges that hold.
func (t truth) allows(f *schema.Field, v any) bool {
	for _, r := range f.Ranges {
		if n := v.(schema.Int); t.holds(r.If) && (n.Cmp(r.Min) < 0 || n.Cmp(r.Max) > 0) {
			return false
		}
	}
	return true
}

// chosen returns the fields of the case of a switch; ok is false where there is none.
func (t truth) chosen(s *schema.Switch) (fields []schema.Item, ok bool) {
	for _, c := range s.Cases {
		if enumOf(t.of, s.On).Cmp(c.Value.Value) == 0 {
			for _, f := range c.Fields {
				fields = append(fields, f)
			}
			return fields, true
		}
	}
	return nil, false
}

func enumOf(r *record, f *schema.Field) schema.Int { return r.values[f].(schema.Int) }

// packetDecoder decodes bodies of packets.
type packetDecoder struct {
	*decoder
	set map[*schema.Flag]bool
}

func (d *packetDecoder) body(b *schema.Body, path string) (*record, fault) {
	r := &record{b, map[*schema.Field]any{}}
	return r, d.items(b.Items, truth{d.set, r}, path)
}

func (d *packetDecoder) items(items []schema.Item, t truth, path string) fault {
	there := 0 // fields before that were checked for their length
	for i, it := range items {
		if s, ok := it.(*schema.Switch); ok {
			fields, ok := t.chosen(s)
			if !ok {
				return outside
			}
			if err := d.items(fields, t, path); err != "" {
				return err
			}
			continue
		}
		f := it.(*schema.Field)
		if !t.holds(f.If) {
			continue
		}
		if i >= there {
			n, size := packetRow(items[i:])
			if d.left() < size {
				return short
			}
			there = i + n
		}
		v, err := d.field(&f.Type, path+f.Name.Snake())
		if err != "" {
			return err
		}
		t.of.values[f] = v
		if !t.allows(f, v) {
			return outside
		}
	}
	return ""
}

// packetRow returns how many fields are checked for their length at once, and their bytes.
func packetRow(items []schema.Item) (n, size int) {
	first := items[0].(*schema.Field)
	for _, it := range items {
		f, ok := it.(*schema.Field)
		if !ok || fixedSize(&f.Type) == 0 || schema.CondString(f.If) != schema.CondString(first.If) {
			break
		}
		n++
		size += fixedSize(&f.Type)
	}
	return max(n, 1), size
}

func (d *packetDecoder) field(t *schema.Type, path string) (any, fault) {
	from := d.at
	var v any
	var err fault
	switch t.Kind {
	case schema.StructValue:
		return pass(d.body(&t.Struct.Body, path+"."))
	case schema.SizedBytes:
		v, err = d.sized(t)
	case schema.RestBytes:
		v, err = d.rest(t)
	case schema.TLVs:
		v, err = d.tlvs()
	default:
		v, err = d.leaf(t)
	}
	d.note(path, from)
	return v, err
}

func (d *packetDecoder) sized(t *schema.Type) (any, fault) {
	prefix := prefixOf(t.MaxLen)
	if d.left() < prefix {
		return nil, short
	}
	n := d.number(prefix)
	if d.left() < n {
		return nil, short
	}
	if n < t.MinLen || n > t.MaxLen {
		return nil, outside
	}
	return d.take(n), ""
}

func (d *packetDecoder) rest(t *schema.Type) (any, fault) {
	n := d.left() - t.Less
	if n < t.MinLen {
		return nil, short
	}
	if t.MaxLen != schema.Unbounded && n > t.MaxLen {
		return nil, outside
	}
	return d.take(n), ""
}

func (d *packetDecoder) tlvs() (any, fault) {
	list := d.take(d.left())
	for b := list; len(b) > 0; b = b[2+int(b[1]):] {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil, short
		}
	}
	return list, ""
}
