package espnow_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
)

// FuzzFrame walks any bytes: the packets lie one behind the other and end where the frame does, or where the error is.
func FuzzFrame(f *testing.F) {
	for _, v := range vectortest.Read(f, "../testdata/vectors") {
		f.Add(v.Frame())
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		w := espnow.Walk(frame)
		end, count := 0, 0
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			count++
			if int(raw.Offset) != end {
				t.Fatalf("packet %d starts at %d, the one before ends at %d", count, raw.Offset, end)
			}
			end += 2 + len(raw.Body)
			if length := frame[raw.Offset+1]; length != 255 && int(length) != len(raw.Body) || length == 255 && (len(raw.Body) < 255 || end != len(frame)) {
				t.Fatalf("a body of %d bytes under the length %d", len(raw.Body), length)
			}
		}
		if err := w.Err(); (err == nil) != (end == len(frame)) || w.Offset() != end {
			t.Fatalf("%v at %d; packets end at %d of %d", err, w.Offset(), end, len(frame))
		}
		if raw, ok := w.Next(); ok {
			t.Fatalf("a packet after the end: %+v", raw)
		}
		seen := 0
		for p, err := range espnow.Packets(frame) {
			seen++
			if (p == nil) == (err == nil) {
				t.Fatalf("packet %v with error %v", p, err)
			}
		}
		if w.Err() != nil {
			count++
		}
		if seen != count {
			t.Fatalf("the iterator yields %d, the walk %d", seen, count)
		}
	})
}

// FuzzPacket decodes any body as any type: what decodes encodes to what was taken of the body, and decodes to the same
// again.
func FuzzPacket(f *testing.F) {
	for _, v := range vectortest.Read(f, "../testdata/vectors") {
		w := espnow.Walk(v.Frame())
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			f.Add(uint8(raw.Type), raw.Flags, raw.Body)
		}
	}
	f.Fuzz(func(t *testing.T, typ, flags uint8, body []byte) {
		if len(body) > espnow.MaxFrameV2-2 {
			return
		}
		p := newPacket(espnow.Type(typ))
		if p == nil {
			return
		}
		n, err := p.Decode(flags, body)
		if err != nil {
			var known espnow.Error
			if !errors.As(err, &known) || reasonNames[known] == "" || n != 0 {
				t.Fatalf("%d, %v", n, err)
			}
			return
		}
		if n > len(body) || n != p.Length() {
			t.Fatalf("%d bytes taken of %d, Length says %d", n, len(body), p.Length())
		}
		b, err := p.AppendLast(nil)
		if err != nil {
			t.Fatalf("it decodes and does not encode: %v", err)
		}
		if !bytes.Equal(b[2:], body[:n]) {
			t.Fatalf("% x encodes to % x", body[:n], b[2:])
		}
		again := newPacket(espnow.Type(typ))
		if _, err := again.Decode(b[0]&15, b[2:]); err != nil || cmp.Diff(p, again) != "" {
			t.Fatalf("%v\n%s", err, cmp.Diff(p, again))
		}
	})
}

// FuzzMessage takes any bytes for a whole message.
func FuzzMessage(f *testing.F) {
	for _, b := range [][]byte{{}, {0}, {1}, {1, 'a'}, {5, 'h', 'e', 'l', 'l', 'o', 1, 2, 3}, {255}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m espnow.Message
		n, err := m.Decode(data)
		if err != nil {
			if !errors.Is(err, espnow.ErrShort) {
				t.Fatal(err)
			}
			return
		}
		b, err := m.Append(nil)
		if err != nil || n != len(data) || !bytes.Equal(b, data) {
			t.Fatalf("% x encodes to % x (%v)", data, b, err)
		}
	})
}
