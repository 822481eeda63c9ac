//go:build enow_ccore

package ccore

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
)

// goPackets is Packets in Go.
func goPackets(frame []byte) (packets []Packet, end espnow.DropReason) {
	w := espnow.Walk(frame)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		p := Packet{Type: raw.Type, Flags: raw.Flags, Offset: int(raw.Offset), BodyLen: len(raw.Body)}
		decoded, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			p.Drop = espnow.Reason(err)
		} else {
			p.Took = decoded.Length()
			p.Encoded, err = decoded.AppendLast(nil)
			if err != nil {
				p.Encoded = nil
			}
		}
		packets = append(packets, p)
	}
	if err := w.Err(); err != nil {
		end = espnow.Reason(err)
	}
	return packets, end
}

// FuzzPackets has both codecs read any frame: what one accepts the other accepts, and writes again to the same bytes.
func FuzzPackets(f *testing.F) {
	for _, v := range vectortest.Read(f, "../../../testdata/vectors") {
		f.Add(v.Frame())
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) > espnow.MaxFrameV2 {
			return
		}
		want, wantEnd := goPackets(frame)
		got, gotEnd := Packets(frame)
		if diff := cmp.Diff(want, got); diff != "" || wantEnd != gotEnd {
			t.Errorf("%x ends with %v in Go, %v in C (-Go +C):\n%s", frame, wantEnd, gotEnd, diff)
		}
	})
}

// The vectors have packets that decode, and every reason why one does not.
func TestPacketsOfVectors(t *testing.T) {
	decoded, dropped := 0, map[espnow.DropReason]bool{}
	for _, v := range vectortest.Read(t, "../../../testdata/vectors") {
		packets, end := Packets(v.Frame())
		dropped[end] = true
		for _, p := range packets {
			if dropped[p.Drop] = true; p.Drop == 0 {
				decoded++
			}
			if p.Drop == 0 && !bytes.Equal(p.Encoded[2:], v.Frame()[p.Offset+2:][:p.Took]) {
				t.Errorf("%s: %x", v.Name, p.Encoded)
			}
		}
	}
	for _, err := range []error{
		espnow.ErrShort, espnow.ErrRange, espnow.ErrUnknownFlag, espnow.ErrMissingFlag, espnow.ErrUnknownType, espnow.ErrReservedType,
		espnow.ErrOverrun,
	} {
		if !dropped[espnow.Reason(err)] {
			t.Errorf("nothing is dropped in C for %v", err)
		}
	}
	if decoded < 50 {
		t.Errorf("%d packets decode in C", decoded)
	}
}
