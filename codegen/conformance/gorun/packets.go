package gorun

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Raw is a packet as it stands in a frame.
type Raw struct {
	Type, Flags uint8
	Offset      int
	Body        []byte
}

// PacketValue is what generated packets have.
type PacketValue interface {
	Length() int
	Append(b []byte) ([]byte, error)
	AppendLast(b []byte) ([]byte, error)
	Decode(flags uint8, body []byte) (n int, err error)
	fielded
}

type fielded interface{ Fields() iter.Seq2[string, any] }

const (
	headerSize   = 2
	maxShortBody = 254
)

func (r *runner) frame(f *Frame) {
	raws, err := r.Walk(f.Wire())
	if f.End == "ok" && err != nil || f.End != "ok" && !r.is(err, f.End) {
		r.fail("the walk ends with %v, want %s", err, f.End)
	}
	if len(raws) != len(f.Packets) {
		r.fail("%d packets, want %d", len(raws), len(f.Packets))
		return
	}
	offset := 0
	for i, raw := range raws {
		want := &f.Packets[i]
		wire := want.Wire()
		if raw.Offset != offset || raw.Type != wire[0]>>4 || raw.Flags != wire[0]&0x0f || !bytes.Equal(raw.Body, wire[headerSize:]) {
			r.fail("packet %d is %+v", i, raw)
		}
		offset += len(wire)
		r.packet(f, want, raw)
	}
}

func (r *runner) packet(f *Frame, want *Packet, raw Raw) {
	decoded, err := r.DecodePacket(raw)
	if want.Result != "ok" {
		if !r.is(err, want.Result) || decoded != nil {
			r.fail("%s gives %v, want %s", want.Type, err, want.Result)
		}
		return
	}
	if err != nil {
		r.fail("%s: %v", want.Type, err)
		return
	}
	if i := slices.IndexFunc(r.spec.Packets, func(p *schema.Packet) bool { return p.Type == raw.Type }); r.spec.Packets[i].Name.Upper() != want.Type {
		r.fail("it is a %s, want %s", r.spec.Packets[i].Name.Upper(), want.Type)
	}
	fresh := reflect.New(reflect.TypeOf(decoded).Elem()).Interface().(PacketValue)
	body := raw.Body[:len(raw.Body)-len(want.Tail())]
	if n, err := fresh.Decode(raw.Flags, raw.Body); err != nil || n != len(body) {
		r.fail("%s: the fields take %d bytes, want %d: %v", want.Type, n, len(body), err)
	}
	r.sameFields(want, decoded.(fielded))
	r.sameFields(want, fresh)
	r.cutBody(want, fresh, raw)
	if f.DecodeOnly {
		return
	}
	header := []byte{raw.Type<<4 | raw.Flags, byte(min(len(body), 255))}
	r.encodesTo(want, fresh, slices.Concat(header, body))
}

func (r *runner) encodesTo(want *Packet, p PacketValue, wire []byte) {
	front := []byte{0xee}
	got, err := p.AppendLast(slices.Clip(front))
	if err != nil || !bytes.Equal(got[1:], wire) || p.Length() != len(wire)-headerSize {
		r.fail("%s: %d bytes, encoded to %x %v, want %x", want.Type, p.Length(), got[1:], err, wire)
	}
	got, err = p.Append(slices.Clip(front))
	if len(wire)-headerSize > maxShortBody {
		if !r.is(err, "too_long") || !bytes.Equal(got, front) {
			r.fail("%s: not the last, encoded to %x %v, want too_long", want.Type, got, err)
		}
	} else if err != nil || !bytes.Equal(got[1:], wire) {
		r.fail("%s: not the last, encoded to %x %v, want %x", want.Type, got[1:], err, wire)
	}
}

// sameFields compares values with their bytes on the wire.
func (r *runner) sameFields(want *Packet, p fielded) {
	var fields []Bytes
	for _, f := range want.Fields {
		if f.Path != "header" && f.Path != "length" && f.Path != "tail" {
			fields = append(fields, f)
		}
	}
	for path, value := range flat(p, "") {
		if path == "flags" {
			continue
		}
		if len(fields) == 0 || fields[0].Path != path || !sameValue(value, fields[0].Wire) {
			r.fail("%s has %s = %v, want %v", want.Type, path, value, fields)
			return
		}
		fields = fields[1:]
	}
	if len(fields) > 0 {
		r.fail("%s lacks %v", want.Type, fields)
	}
}

// flat yields the fields, those of structs within too.
func flat(p fielded, prefix string) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for name, value := range p.Fields() {
			if inner, ok := value.(fielded); ok {
				for path, value := range flat(inner, prefix+name+".") {
					if !yield(path, value) {
						return
					}
				}
			} else if !yield(prefix+name, value) {
				return
			}
		}
	}
}

func sameValue(value any, wire []byte) bool {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Slice {
		b := v.Bytes()
		prefix := len(wire) - len(b)
		if prefix < 0 || !bytes.Equal(wire[prefix:], b) {
			return false
		}
		length := make([]byte, 8)
		binary.LittleEndian.PutUint64(length, uint64(len(b)))
		return bytes.Equal(wire[:prefix], length[:prefix])
	}
	reversed := slices.Clone(wire)
	slices.Reverse(reversed)
	want := new(big.Int).SetBytes(reversed)
	size := new(big.Int).Lsh(big.NewInt(1), uint(8*len(wire)))
	return new(big.Int).Mod(integer(v), size).Cmp(want) == 0
}

// cutBody cuts a body everywhere: it is refused, which changes nothing, or is a packet that encodes to it.
func (r *runner) cutBody(want *Packet, p PacketValue, raw Raw) {
	for n := range len(raw.Body) {
		before := printed(p)
		cut := reflect.New(reflect.TypeOf(p).Elem()).Interface().(PacketValue)
		if _, err := cut.Decode(raw.Flags, slices.Clip(raw.Body[:n])); err == nil {
			again, err := cut.AppendLast(nil)
			if err != nil || !bytes.HasPrefix(raw.Body[:n], again[headerSize:]) {
				r.fail("%s cut to %d bytes encodes to %x %v", want.Type, n, again, err)
			}
			continue
		}
		if _, err := p.Decode(raw.Flags, slices.Clip(raw.Body[:n])); err == nil || printed(p) != before {
			r.fail("%s cut to %d bytes: %v, and the target changes", want.Type, n, err)
		}
	}
}

func printed(p fielded) string {
	var b strings.Builder
	for path, value := range flat(p, "") {
		fmt.Fprintln(&b, path, value)
	}
	return b.String()
}
