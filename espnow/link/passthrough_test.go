package link_test

import (
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func TestPassthrough(t *testing.T) {
	const (
		dropped = iota // not told of
		parsed         // told as a message of this protocol
		passed         // told byte for byte
	)
	hi := publish(0, 7, 0, wire("", "hi"))
	long := publish(0, 7, 0, wire("", "hi")) + strings.Repeat("-", 250-7)
	for _, c := range []struct {
		name              string
		frame             link.Frame
		off, unknown, all int
	}{
		{"text", broadcast(nodeA, "Hello"), dropped, passed, passed},
		{"no byte", broadcast(nodeA, ""), dropped, passed, passed},
		{"zeros", broadcast(nodeA, strings.Repeat("\x00", 250)), dropped, passed, passed},
		{"valid", broadcast(nodeA, hi), parsed, parsed, passed},
		{"valid, several", broadcast(nodeA, connectSearch+hi), parsed, parsed, passed},
		{"valid, but a fragment", broadcast(nodeA, publish(more, 7, 0, "\x00hi")), dropped, dropped, passed},
		{"valid, but secure", broadcast(nodeA, connectSecure), dropped, dropped, passed},
		{"valid, with a longer body", broadcast(nodeA, "\x10\x07\x01\x00\x78\x56\x34\x12+"), dropped, dropped, passed},
		{"valid, but no message", broadcast(nodeA, publish(0, 7, 0, "\x05hi")), dropped, dropped, passed},
		{"half a header behind", broadcast(nodeA, hi+"\xc0"), parsed, passed, passed},
		{"a zero behind", broadcast(nodeA, hi+"\x00"), parsed, passed, passed},
		{"garbage behind up to 250 bytes", broadcast(nodeA, long), parsed, passed, passed},
		{"garbage behind up to 251 bytes", broadcast(nodeA, long+"-"), dropped, dropped, dropped},
		{"unknown type behind", broadcast(nodeA, hi+"\x60\x00"), parsed, passed, passed},
		{"unknown flag", broadcast(nodeA, "\x18\x06\x01\x00\x78\x56\x34\x12"), dropped, passed, passed},
		{"missing flag", broadcast(nodeA, "\x38\x03ab\x00"), dropped, passed, passed},
		{"short body", broadcast(nodeA, "\x30\x01a"), dropped, passed, passed},
		{"value out of range", broadcast(nodeA, "\x10\x06\x01\x01\x78\x56\x34\x12"), dropped, passed, passed},
		{"SEALED", broadcast(nodeA, sealed), dropped, passed, passed},
		{"CONNACK", broadcast(nodeA, connackBusy), dropped, passed, passed},
		{"a join", broadcast(nodeA, connectJoin), dropped, passed, passed},
		{"PINGREQ behind", broadcast(nodeA, hi+pingreq), parsed, passed, passed},
		{"text by unicast", unicast(nodeA, "Hello"), dropped, dropped, passed},
		{"valid by unicast", unicast(nodeA, hi), parsed, parsed, passed},
		{"longest by unicast", unicast(nodeA, strings.Repeat("-", 1470)), dropped, dropped, passed},
		{"too long by unicast", unicast(nodeA, strings.Repeat("-", 1471)), dropped, dropped, dropped},
		{"to somebody else", link.Frame{Src: nodeA, Dst: nodeB, Body: []byte("Hello")}, dropped, dropped, dropped},
	} {
		for mode, want := range map[link.Passthrough]int{
			link.PassOff: c.off, link.PassUnknown: c.unknown, link.PassAll: c.all,
		} {
			t.Run(c.name+", "+mode.String(), func(t *testing.T) {
				g := newGateway(t, func(cfg *link.GatewayConfig) { cfg.Passthrough = mode })
				var all []told
				raw := told{From: nodeA, Payload: string(c.frame.Body), Raw: true, Broadcast: c.frame.Dst.IsBroadcast()}
				switch want {
				case parsed:
					all = []told{{From: nodeA, Payload: "hi", Broadcast: c.frame.Dst.IsBroadcast(), ID: 7}}
				case passed:
					all = []told{raw}
				}
				wantTold(t, handle(t, g, 0, c.frame), all)
				s := g.Stats()
				if rawCount := s.Raw == 1; rawCount != (want == passed) || s.Raw+s.Messages != uint64(len(all)) {
					t.Errorf("%+v", s)
				}
				if want == passed && (s.Packets != 0 || s.Drops != (link.Drops{}) || s.Partial != 0) {
					t.Errorf("a frame passed through changed more than its counter: %+v", s)
				}
				if want == passed {
					wantTold(t, handle(t, g, 0, c.frame), all) // there are no ids to know a repeat by
				}
			})
		}
	}
}

func TestParsePassthrough(t *testing.T) {
	for p := link.PassOff; p <= link.PassAll; p++ {
		if got, err := link.ParsePassthrough(p.String()); got != p || err != nil {
			t.Errorf("%v reads as %v, %v", p, got, err)
		}
	}
	for _, s := range []string{"", "Off", "raw", "passthrough 3"} {
		if _, err := link.ParsePassthrough(s); err == nil || !strings.Contains(err.Error(), `"`+s+`"`) {
			t.Errorf("%q: error %v", s, err)
		}
	}
}

func TestDropsJSON(t *testing.T) {
	var d link.Drops
	d[espnow.DropReasonDuplicate], d[espnow.DropReasonShort] = 3, 1
	for want, got := range map[string]link.Drops{`{"duplicate":3,"short":1}`: d, `{}`: {}} {
		if b, err := got.MarshalJSON(); string(b) != want || err != nil {
			t.Errorf("%s, %v, want %s", b, err, want)
		}
	}
	if d.Total() != 4 {
		t.Errorf("total %d", d.Total())
	}
}
