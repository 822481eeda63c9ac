package espnow_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
)

// reasonNames are the codec's errors by the names that the vectors give them.
var reasonNames = map[espnow.Error]string{
	espnow.ErrShort: "short", espnow.ErrRange: "range", espnow.ErrUnknownFlag: "unknown_flag", espnow.ErrMissingFlag: "missing_flag",
	espnow.ErrUnknownType: "unknown_type", espnow.ErrReservedType: "reserved_type", espnow.ErrOverrun: "overrun",
}

func result(err error) string {
	var e espnow.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &e):
		return reasonNames[e]
	}
	return err.Error()
}

func TestVectors(t *testing.T) {
	for _, v := range vectortest.Read(t, "../testdata/vectors") {
		t.Run(v.Name, func(t *testing.T) {
			frame := v.Frame()
			w := espnow.Walk(frame)
			var again []byte
			for i, want := range v.Packets {
				if want.Type == vectortest.Unwalked {
					continue
				}
				raw, ok := w.Next()
				if !ok {
					t.Fatalf("%s:%d: the walk ended before packet %d: %v", v.File, v.Line, i, w.Err())
				}
				if got := raw.Type.String(); got != want.Type {
					t.Errorf("packet %d is of type %s, want %s", i, got, want.Type)
				}
				p := new(espnow.Decoder)
				packet, err := p.Decode(raw)
				if got := result(err); got != want.Result {
					t.Fatalf("%s:%d: packet %d: %s, want %s", v.File, v.Line, i, got, want.Result)
				}
				if err != nil {
					continue
				}
				checkFields(t, packet, want)
				if again, err = appendPacket(again, packet, i == len(v.Packets)-1); err != nil {
					t.Errorf("packet %d does not encode: %v", i, err)
				}
				checkTruncations(t, raw)
				checkDirtyTarget(t, raw, packet)
			}
			if raw, ok := w.Next(); ok {
				t.Errorf("a packet more: %+v", raw)
			}
			if got := result(w.Err()); got != v.End {
				t.Errorf("the walk ended with %s, want %s", got, v.End)
			}
			if v.Reproducible() && !bytes.Equal(again, frame) {
				t.Errorf("encoded again:\n%s", cmp.Diff(fmt.Sprintf("% x", frame), fmt.Sprintf("% x", again)))
			}
		})
	}
}

func appendPacket(b []byte, p espnow.Packet, last bool) ([]byte, error) {
	if last {
		return p.AppendLast(b)
	}
	return p.Append(b)
}

// checkFields compares every field that the vector annotates with the decoded value, put into bytes by this test alone.
func checkFields(t *testing.T, p espnow.Packet, want vectortest.Packet) {
	t.Helper()
	got := map[string][]byte{}
	flatten(t, got, "", p.Fields())
	wanted := map[string][]byte{}
	for _, f := range want.Fields {
		if f.Name != "header" && f.Name != "length" && f.Name != "tail" {
			wanted[f.Name] = append([]byte{}, f.Bytes...)
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("fields (-vector +decoded):\n%s", diff)
	}
}

func flatten(t *testing.T, into map[string][]byte, prefix string, fields iter.Seq2[string, any]) {
	t.Helper()
	for name, value := range fields {
		if name == "flags" {
			continue
		}
		if s, ok := value.(interface {
			Fields() iter.Seq2[string, any]
		}); ok {
			flatten(t, into, prefix+name+".", s.Fields())
			continue
		}
		switch v := reflect.ValueOf(value); v.Kind() {
		case reflect.Slice:
			into[prefix+name] = append([]byte{}, v.Bytes()...)
		default:
			wide := binary.LittleEndian.AppendUint64(nil, v.Uint())
			into[prefix+name] = wide[:v.Type().Size()]
		}
	}
}

// checkTruncations cuts the body everywhere: what is left is refused, or it is a shorter packet that encodes to itself.
func checkTruncations(t *testing.T, raw espnow.RawPacket) {
	t.Helper()
	for n := range len(raw.Body) {
		cut := raw
		cut.Body = raw.Body[:n:n]
		var d espnow.Decoder
		p, err := d.Decode(cut)
		if err != nil {
			continue
		}
		b, err := p.AppendLast(nil)
		if err != nil {
			t.Errorf("cut to %d bytes it decodes, and does not encode: %v", n, err)
			continue
		}
		if got := b[2:]; !bytes.HasPrefix(cut.Body, got) {
			t.Errorf("cut to %d bytes it decodes to another packet: % x", n, got)
		}
	}
}

// checkDirtyTarget decodes into a target in which nothing is zero.
func checkDirtyTarget(t *testing.T, raw espnow.RawPacket, want espnow.Packet) {
	t.Helper()
	target := reflect.New(reflect.TypeOf(want).Elem())
	soil(target.Elem())
	if _, err := target.Interface().(espnow.Packet).Decode(raw.Flags, raw.Body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, target.Interface()); diff != "" {
		t.Errorf("a dirty target decodes to something else (-fresh +dirty):\n%s", diff)
	}
}

func soil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			soil(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			soil(v.Index(i))
		}
	case reflect.Slice:
		v.SetBytes([]byte{0xa5, 0xa5, 0xa5})
	default:
		v.SetUint(0xa5)
	}
}

func TestDecodeLeavesTargetOnError(t *testing.T) {
	for _, v := range vectortest.Read(t, "../testdata/vectors") {
		w := espnow.Walk(v.Frame())
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			var d espnow.Decoder
			if _, err := d.Decode(raw); err == nil || errors.Is(err, espnow.ErrUnknownType) {
				continue
			}
			target := newPacket(raw.Type)
			soil(reflect.ValueOf(target).Elem())
			want := fmt.Sprintf("%+v", target)
			if _, err := target.Decode(raw.Flags, raw.Body); err == nil {
				t.Fatalf("%s: decoded", v.Name)
			}
			if got := fmt.Sprintf("%+v", target); got != want {
				t.Errorf("%s: the target changed:\n%s", v.Name, cmp.Diff(want, got))
			}
		}
	}
}

func newPacket(t espnow.Type) espnow.Packet {
	switch t {
	case espnow.TypeConnect:
		return new(espnow.Connect)
	case espnow.TypeConnack:
		return new(espnow.Connack)
	case espnow.TypePublish:
		return new(espnow.Publish)
	case espnow.TypePuback:
		return new(espnow.Puback)
	case espnow.TypeSubscribe:
		return new(espnow.Subscribe)
	case espnow.TypeSuback:
		return new(espnow.Suback)
	case espnow.TypeUnsubscribe:
		return new(espnow.Unsubscribe)
	case espnow.TypeUnsuback:
		return new(espnow.Unsuback)
	case espnow.TypePingreq:
		return new(espnow.Pingreq)
	case espnow.TypePingresp:
		return new(espnow.Pingresp)
	case espnow.TypeDisconnect:
		return new(espnow.Disconnect)
	case espnow.TypeSealed:
		return new(espnow.Sealed)
	}
	return nil
}

func TestPacketsIterator(t *testing.T) {
	frame := []byte{
		0xc0, 0x04, 1, 0, 0, 0, // PINGREQ
		0x50, 0x01, 0xff, // a type that does not exist
		0xc0, 0x03, 1, 0, 0, // a PINGREQ too short
		0xc0, 0x04, 2, 0, 0, 0,
		0xc0, 0x09, // goes past the end
	}
	type seen struct {
		time   uint32
		err    error
		offset int
	}
	var got []seen
	for p, err := range espnow.Packets(frame) {
		var pe *espnow.PacketError
		if errors.As(err, &pe) {
			got = append(got, seen{err: pe.Err, offset: pe.Offset})
			continue
		}
		got = append(got, seen{time: p.(*espnow.Pingreq).Time})
	}
	want := []seen{{time: 1}, {err: espnow.ErrUnknownType, offset: 6}, {err: espnow.ErrShort, offset: 9}, {time: 2}, {err: espnow.ErrOverrun, offset: 20}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(seen{}), cmp.Comparer(errors.Is)); diff != "" {
		t.Error(diff)
	}
}

// TestReasons keeps the counters' names in step with the codec's errors.
func TestReasons(t *testing.T) {
	for err, name := range reasonNames {
		if got := espnow.Reason(err).String(); got != name {
			t.Errorf("Reason(%v) = %s, want %s", err, got, name)
		}
	}
	if got := espnow.Reason(errors.New("other")); got != 0 {
		t.Errorf("a reason for a foreign error: %v", got)
	}
}

func TestBodyLimits(t *testing.T) {
	for _, c := range []struct {
		data        int
		short, last error
	}{
		{252, nil, nil}, // 254 with the id
		{253, espnow.ErrTooLong, nil},
		{1466, espnow.ErrTooLong, nil},
		{1467, espnow.ErrTooLong, espnow.ErrTooLong},
	} {
		p := &espnow.Publish{MessageID: 1, Data: make([]byte, c.data)}
		prefix := []byte{1, 2, 3}
		b, err := p.Append(prefix)
		if !errors.Is(err, c.short) || err != nil && !bytes.Equal(b, prefix) {
			t.Errorf("Append of %d bytes: %v, %d bytes", c.data, err, len(b))
		}
		b, err = p.AppendLast(prefix)
		if !errors.Is(err, c.last) || err != nil && !bytes.Equal(b, prefix) {
			t.Errorf("AppendLast of %d bytes: %v, %d bytes", c.data, err, len(b))
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	welcome := espnow.Welcome{MaxFrame: 250, KeepAlive: 1, Session: 1, Window: 1}
	with := func(f func(*espnow.Welcome)) *espnow.Connack { w := welcome; f(&w); return &espnow.Connack{Welcome: w} }
	for _, c := range []struct {
		packet espnow.Packet
		want   error
	}{
		{&espnow.Publish{Flags: 0x10}, espnow.ErrUnknownFlag},
		{&espnow.Publish{Flags: espnow.PublishMore}, espnow.ErrMissingFlag},
		{&espnow.Connect{KeyID: 1}, espnow.ErrRange},
		{&espnow.Connect{Flags: espnow.ConnectSecure}, espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.MaxFrame = 249 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.MaxFrame = 1471 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.KeepAlive = 0 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.Session = 0 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.Window = 0 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.Window = 65 }), espnow.ErrRange},
		{with(func(w *espnow.Welcome) { w.TLVs = espnow.TLVs{1, 2, 3} }), espnow.ErrShort},
		{&espnow.Connack{Status: 4}, espnow.ErrRange},
		{&espnow.Puback{Bitmap: make([]byte, 9)}, espnow.ErrRange},
		{&espnow.Sealed{}, espnow.ErrRange},
		{&espnow.Connack{Welcome: welcome}, nil},
		{&espnow.Puback{Bitmap: make([]byte, 8)}, nil},
		{&espnow.Sealed{Session: 1}, nil},
	} {
		b, err := c.packet.Append(nil)
		if !errors.Is(err, c.want) || err != nil && b != nil {
			t.Errorf("%+v: %v (%d bytes), want %v", c.packet, err, len(b), c.want)
		}
		if err == nil && len(b) != 2+c.packet.Length() {
			t.Errorf("%+v: %d bytes, Length says %d", c.packet, len(b), c.packet.Length())
		}
	}
}

func TestTLVs(t *testing.T) {
	var tlvs espnow.TLVs
	tlvs, err := tlvs.Append(2, []byte("even"))
	if err != nil {
		t.Fatal(err)
	}
	tlvs, err = tlvs.Append(1, make([]byte, 255))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tlvs.Append(1, make([]byte, 256)); !errors.Is(err, espnow.ErrTooLong) {
		t.Errorf("256 bytes: %v", err)
	}
	var types []uint8
	var lengths []int
	for typ, value := range tlvs.All() {
		types, lengths = append(types, typ), append(lengths, len(value))
	}
	if diff := cmp.Diff([]uint8{2, 1}, types) + cmp.Diff([]int{4, 255}, lengths); diff != "" {
		t.Error(diff)
	}
}

func TestAllocations(t *testing.T) {
	connack := &espnow.Connack{Welcome: espnow.Welcome{MaxFrame: 250, KeepAlive: 1, Session: 1, Window: 1}}
	publish := &espnow.Publish{Flags: espnow.PublishFragment, Data: make([]byte, 200)}
	b := make([]byte, 0, 1470)
	var d espnow.Decoder
	if n := testing.AllocsPerRun(100, func() {
		b, _ = connack.Append(b[:0])
		b, _ = publish.Append(b)
		w := espnow.Walk(b)
		count := 0
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			if _, err := d.Decode(raw); err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != 2 {
			t.Fatal(count)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
