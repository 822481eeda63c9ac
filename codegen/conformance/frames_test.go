package conformance

import (
	"fmt"
	"math/big"
	"math/rand"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// longestFrame is what a radio carries.
const longestFrame = 1470

// frameVectors returns random vectors of the packets of a spec, in the format of testdata/vectors/README.md.
func frameVectors(spec *schema.Spec, rng *rand.Rand, each int) string {
	var w strings.Builder
	if len(spec.Packets) == 0 {
		return ""
	}
	m := frameMaker{maker{rng, valid}, spec}
	n := 0
	add := func(about string, frame []byte) {
		if len(frame) <= longestFrame {
			n++
			writeFrame(&w, spec, fmt.Sprintf("frame_%d", n), about, frame)
		}
	}
	add("No packets.", nil)
	for _, p := range spec.Packets {
		for h := range habits {
			for range each {
				m.habit = h
				packet := m.packet(p)
				add("One packet.", packet)
				add("With a tail, or longer.", m.longer(packet))
				add("Cut short.", m.cut(packet))
				add("With bytes changed.", m.changed(packet))
			}
		}
	}
	for range each * 3 {
		m.habit = pick(rng, []habit{valid, wild})
		var frame []byte
		for range 1 + rng.Intn(4) {
			frame = append(frame, m.packet(pick(rng, spec.Packets))...)
		}
		add("Some packets.", frame)
		add("Some packets, bytes changed.", m.changed(frame))
	}
	return w.String()
}

// writeFrame writes what the reference makes of a frame.
func writeFrame(w *strings.Builder, spec *schema.Spec, name, about string, frame []byte) {
	fmt.Fprintf(w, "vector %s\nabout %s\n", name, about)
	packets, rest, end := walk(spec, frame)
	for _, p := range packets {
		typ := fmt.Sprint(p.typ)
		if p.packet != nil {
			typ = p.packet.Name.Upper()
		}
		fmt.Fprintf(w, "packet %s %s\n  header=%02x length=%02x\n", typ, resultOf(p.result), p.bytes[0], p.bytes[1])
		switch {
		case p.result != "" && len(p.bytes) > headerSize:
			fmt.Fprintf(w, "  rest=%x\n", p.bytes[headerSize:])
		case p.result == "":
			for _, s := range p.spans {
				fmt.Fprintf(w, "  %s=%x\n", s.path, s.bytes)
			}
			if len(p.tail) > 0 {
				fmt.Fprintf(w, "  tail=%x\n", p.tail)
			}
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(w, "unwalked\n  rest=%x\n", rest)
	}
	fmt.Fprintf(w, "end %s\n\n", resultOf(end))
}

func resultOf(f fault) fault {
	if f == "" {
		return "ok"
	}
	return f
}

// frameMaker makes packets, more or less valid.
type frameMaker struct {
	maker
	spec *schema.Spec
}

func (m frameMaker) packet(p *schema.Packet) []byte {
	if p.Forbidden {
		return []byte{p.Type << 4, 0}
	}
	set := map[*schema.Flag]bool{}
	for _, f := range p.Flags {
		set[f] = m.some()
	}
	for range p.Flags { // as often as requirements can follow each other
		for _, f := range p.Flags {
			if set[f] && f.Requires != nil && (m.habit != wild || m.Intn(8) > 0) {
				set[f.Requires] = true
			}
		}
	}
	header := p.Type << 4
	for f, there := range set {
		if there {
			header |= 1 << f.Bit
		}
	}
	body := m.body(nil, &p.Body, set)
	return slices.Concat([]byte{header, byte(min(len(body), 255))}, body)
}

func (m frameMaker) body(out []byte, b *schema.Body, set map[*schema.Flag]bool) []byte {
	r := &record{b, map[*schema.Field]any{}}
	return m.items(out, b.Items, truth{set, r})
}

func (m frameMaker) items(out []byte, items []schema.Item, t truth) []byte {
	for _, it := range items {
		switch it := it.(type) {
		case *schema.Switch:
			fields, _ := t.chosen(it)
			out = m.items(out, fields, t)
		case *schema.Field:
			if t.holds(it.If) {
				out = m.field(out, it, t)
			}
		}
	}
	return out
}

func (m frameMaker) field(out []byte, f *schema.Field, t truth) []byte {
	e := encoder{out: out, lenient: true}
	switch k := f.Type.Kind; k {
	case schema.StructValue:
		return m.body(out, &f.Type.Struct.Body, nil)
	case schema.FixedBytes:
		return append(out, m.bytes(f.Type.Size)...)
	case schema.SizedBytes:
		b := m.bytes(f.Type.MinLen + m.length(f.Type.MaxLen-f.Type.MinLen))
		e.number(big.NewInt(int64(len(b))), prefixOf(f.Type.MaxLen))
		return append(e.out, b...)
	case schema.RestBytes:
		most := f.Type.MaxLen
		if most == schema.Unbounded {
			most = f.Type.MinLen + pick(m.Rand, []int{0, 3, 30, 260})
		}
		return append(out, m.bytes(f.Type.MinLen+m.length(most-f.Type.MinLen))...)
	case schema.TLVs:
		for range m.length(3) {
			value := m.bytes(m.length(4))
			out = slices.Concat(out, []byte{byte(m.Intn(256)), byte(len(value))}, value)
		}
		return out
	default:
		n := m.inRange(f, t)
		t.of.values[f] = n
		e.number(n, k.Size())
		return e.out
	}
}

// inRange picks a number that the ranges allow that hold, if there is one.
func (m frameMaker) inRange(f *schema.Field, t truth) *big.Int {
	lo, hi := limits(f.Type.Kind)
	for _, r := range f.Ranges {
		if t.holds(r.If) {
			if r.Min.Cmp(lo) > 0 {
				lo = r.Min
			}
			if r.Max.Cmp(hi) < 0 {
				hi = r.Max
			}
		}
	}
	if lo.Cmp(hi) > 0 {
		return lo
	}
	bounded := *f
	bounded.Ranges = []schema.Range{{Min: lo, Max: hi}}
	return m.integer(&bounded, &f.Type)
}

// longer adds bytes to the body of a packet.
func (m frameMaker) longer(packet []byte) []byte {
	packet = slices.Concat(packet, m.bytes(1+m.Intn(4)))
	packet[1] = byte(min(len(packet)-headerSize, 255))
	return packet
}

// cut takes bytes from the end of a packet, and often says so in its header.
func (m frameMaker) cut(packet []byte) []byte {
	packet = slices.Clone(packet[:m.Intn(len(packet))])
	if len(packet) >= headerSize && m.Intn(4) > 0 {
		packet[1] = byte(min(len(packet)-headerSize, 255))
	}
	return packet
}

func (m frameMaker) changed(frame []byte) []byte {
	frame = slices.Clone(frame)
	for range 1 + m.Intn(3) {
		frame[m.Intn(len(frame))] = [...]byte{0, 1, 0xff, 0x80, byte(m.Intn(256))}[m.Intn(5)]
	}
	return frame
}
