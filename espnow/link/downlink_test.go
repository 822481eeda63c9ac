package link

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// What a gateway says in the session ends it.
func TestNodeDisconnect(t *testing.T) {
	for _, set := range []func(*NodeConfig){nil, open} {
		for reason, want := range map[espnow.DisconnectReason]Reason{
			espnow.DisconnectReasonNormal: ReasonNormal, espnow.DisconnectReasonUnknownSession: ReasonUnknown,
			espnow.DisconnectReasonDenied: ReasonDenied, espnow.DisconnectReasonShutdown: ReasonShutdown, 99: ReasonNormal,
		} {
			h := connected(t, set)
			h.says(&espnow.Disconnect{Reason: reason}, pubackOf(1, 0, 0)) // what follows has no session
			if h.Connected() || len(h.links) != 2 || h.links[1] != (Connection{Gateway: gwAddr, Reason: want}) {
				t.Errorf("%v: %+v", reason, h.links)
			}
			if h.Stats().Drops[espnow.DropReasonNoSession] != 1 {
				t.Errorf("%v", h.Stats().Drops)
			}
		}
	}
	h := connected(t, nil)
	plain := h.must((&espnow.Disconnect{}).Append(nil))
	h.wantDrop(espnow.DropReasonPlainOnSecure, func() { h.hear(gwAddr, plain) })
}

// PINGRESP counts for a PINGREQ that may still be answered, and tells the time.
func TestNodeTime(t *testing.T) {
	h := connected(t, nil)
	if _, ok := h.UnixTime(h.now); ok {
		t.Error("knows the time before it was told")
	}
	unix := time.Date(2026, 11, 26, 1, 2, 3, 4e6, time.UTC)
	ms := uint32(h.now / time.Millisecond)
	h.wait(10 * time.Second)
	say := func(age time.Duration, unixMs uint64) *espnow.Pingresp {
		return &espnow.Pingresp{Time: uint32((h.now - age) / time.Millisecond), UnixMs: unixMs}
	}
	h.says(say(6*time.Second, uint64(unix.UnixMilli())))
	if got, ok := h.UnixTime(h.now + time.Second); !ok || !got.Equal(unix.Add(time.Second)) {
		t.Errorf("%v, want %v", got, unix)
	}
	for _, bad := range []*espnow.Pingresp{say(6*time.Second+time.Millisecond, 1), say(-time.Millisecond, 1), {Time: ms, UnixMs: 1}} {
		h.says(bad)
	}
	if n := h.Stats().Drops[espnow.DropReasonUnexpected]; n != 3 {
		t.Errorf("%d dropped, want 3", n)
	}
	h.says(say(0, 0), say(0, maxUnixMs+1)) // unknown, and absurd
	if got, _ := h.UnixTime(h.now); !got.Equal(unix) {
		t.Errorf("%v, want %v", got, unix)
	}
	h.says(say(0, maxUnixMs))
	if got, _ := h.UnixTime(h.now); got.UnixMilli() != maxUnixMs {
		t.Errorf("%v", got)
	}
}

// What does not belong is dropped, counted, and changes nothing.
func TestNodeDrops(t *testing.T) {
	h := connected(t, nil)
	bytesOf := func(p espnow.Packet) []byte { return h.must(p.AppendLast(nil)) }
	drop := func(reason espnow.DropReason, f Frame) {
		t.Helper()
		h.wantDrop(reason, func() { h.hearFrame(f) })
	}
	from := func(a espnow.Addr, b []byte) Frame {
		return Frame{Src: a, Dst: nodeAddr, RSSI: -1, Channel: 6, Body: b}
	}
	publish := bytesOf(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
	for _, p := range []espnow.Packet{
		&espnow.Publish{MessageID: 1, Data: []byte("\x00x")}, pubackOf(0, 0, 0), &espnow.Pingresp{}, &espnow.Disconnect{},
	} {
		drop(espnow.DropReasonPlainOnSecure, from(gwAddr, bytesOf(p)))
	}
	for _, p := range []espnow.Packet{&espnow.Pingreq{}, &espnow.Connect{Version: 1, KeyID: 1, Flags: espnow.ConnectSecure}} {
		drop(espnow.DropReasonWrongDirection, from(gwAddr, bytesOf(p)))
	}
	drop(espnow.DropReasonWrongDirection, from(gwAddr, []byte{byte(espnow.TypePingreq) << 4, 0})) // too short, if it were looked at
	drop(espnow.DropReasonUnknownType, from(gwAddr, []byte{0x50, 0}))
	drop(espnow.DropReasonFrameTooLong, from(gwAddr, make([]byte, espnow.MaxFrameV2+1)))
	for _, f := range []Frame{
		{Src: gwAddr, Dst: espnow.Broadcast, Body: publish},
		{Src: gwAddr, Dst: otherGw, Body: publish},
		{Src: nodeAddr, Dst: nodeAddr, Body: publish},
		{Src: espnow.Broadcast, Dst: nodeAddr, Body: publish},
	} {
		drop(espnow.DropReasonWrongAddress, f)
	}
	sealed := h.frameOf(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
	drop(espnow.DropReasonNoSession, from(otherGw, sealed))
	for i := range sealed {
		if i > 1 { // the header is what makes it a packet
			bad := bytes.Clone(sealed)
			bad[i] ^= 0x80
			before := h.state()
			h.hear(gwAddr, bad)
			if h.state() != before {
				t.Fatalf("byte %d changed the node", i)
			}
		}
	}
	h.hear(gwAddr, sealed)
	drop(espnow.DropReasonReplay, from(gwAddr, sealed))
	if len(h.messages) != 1 {
		t.Errorf("%d messages", len(h.messages))
	}
	for reason, packets := range map[espnow.DropReason][]espnow.Packet{
		espnow.DropReasonNested: {
			&espnow.Sealed{Session: 5}, &espnow.Connack{Status: espnow.ConnackStatusBusy},
			&espnow.Connect{Version: 1},
		},
		espnow.DropReasonWrongDirection: {&espnow.Pingreq{}, &espnow.Disconnect{Flags: espnow.DisconnectReset}},
		espnow.DropReasonUnserved:       {&espnow.Suback{}},
		espnow.DropReasonUnexpected:     {pubackOf(0, 0, 0)},
	} {
		for _, p := range packets {
			before := h.Stats().Drops[reason]
			h.says(p)
			if h.Stats().Drops[reason] != before+1 || !h.Connected() {
				t.Errorf("%v within SEALED is not dropped as %v", p.Type(), reason)
			}
		}
	}
	o := connected(t, open)
	o.wantDrop(espnow.DropReasonSealedOnOpen, func() { o.hear(gwAddr, sealed) })
	o.wantDrop(espnow.DropReasonNoSession, func() { o.hear(otherGw, publish) })
	o.hear(gwAddr, publish)
	if len(o.messages) != 1 {
		t.Error("an open network's message is not taken")
	}
}

// A message to the node is told once, and acknowledged as often as it is asked.
func TestNodeDownlink(t *testing.T) {
	for _, set := range []func(*NodeConfig){nil, open} {
		h := connected(t, set)
		m := &espnow.Publish{Flags: espnow.PublishAck | espnow.PublishRetain, MessageID: 40, Data: []byte("\x03a/bhi")}
		for range 3 {
			h.says(m)
			if a := one[*espnow.Puback](h, 0); a.MessageID != 40 || a.Status != espnow.PubackStatusComplete {
				t.Errorf("%+v", a)
			}
		}
		want := Message{From: gwAddr, Topic: []byte("a/b"), Payload: []byte("hi"), Retain: true, RSSI: -50, Channel: 6, Boot: 9, ID: 40}
		if len(h.messages) != 1 || fmt.Sprint(h.messages[0]) != fmt.Sprint(want) || h.Stats().Received != 1 {
			t.Errorf("%+v, want %+v", h.messages, want)
		}
		for _, bad := range [][]byte{{}, {5, 'x'}} { // malformed: told nobody, and refused
			m := &espnow.Publish{Flags: espnow.PublishAck, MessageID: 41 + uint16(len(bad)), Data: bad}
			for range 2 {
				h.says(m)
				if a := one[*espnow.Puback](h, 0); a.Status != espnow.PubackStatusRefused {
					t.Errorf("%+v", a)
				}
			}
		}
		h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: 45, Data: []byte("\x00")})
		h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 46, Data: []byte("\x00one,")})
		h.sent = nil
		h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishAck, MessageID: 46, Offset: 5, Data: []byte("two")})
		if a := one[*espnow.Puback](h, 0); a.Status != espnow.PubackStatusComplete || string(h.messages[2].Payload) != "one,two" {
			t.Errorf("%+v", a)
		}
		h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: 0xffff - 17, Data: []byte("\x00")})
		if a := one[*espnow.Puback](h, 0); a.Status != espnow.PubackStatusRefused || len(h.messages) != 3 {
			t.Errorf("behind the window: %+v", a)
		}
		// A partial answer that nothing follows goes once more, unasked.
		h.says(&espnow.Publish{
			Flags: espnow.PublishFragment | espnow.PublishMore | espnow.PublishAck, MessageID: 47, Data: []byte("\x00one,"),
		})
		one[*espnow.Puback](h, 0)
		if a := one[*espnow.Puback](h, 10*time.Millisecond); a.Status != espnow.PubackStatusPartial || a.Received != 5 {
			t.Errorf("%+v", a)
		}
		h.quiet(time.Second)
	}
}

// Ids are remembered over sessions, by the gateway and its boot, for 10 minutes; four gateways of them.
func TestNodeRemembers(t *testing.T) {
	tell := func(h *house) {
		h.says(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
	}
	lose := func(h *house) { h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonShutdown}) }
	for _, c := range []struct {
		name  string
		after func(*house)
		again bool
	}{
		{"another session", func(h *house) { h.welcome.Session++ }, false},
		{"another boot", func(h *house) { h.welcome.Boot++ }, true},
		{"10 minutes", func(h *house) { h.now += forgetAfter }, false},
		{"more than 10 minutes", func(h *house) { h.now += forgetAfter + 1 }, true},
		{"3 other gateways", func(h *house) { h.elsewhere(3) }, false},
		{"4 other gateways", func(h *house) { h.elsewhere(4) }, true},
	} {
		h := connected(t, nil)
		tell(h)
		lose(h)
		c.after(h)
		h.sent = nil
		h.connects()
		tell(h)
		if again := len(h.messages) == 2; again != c.again {
			t.Errorf("%s: told again: %v, want %v", c.name, again, c.again)
		}
		if len(h.memory) > maxGateways {
			t.Errorf("%d remembered", len(h.memory))
		}
	}
}

// A malformed message that nobody asked about is not answered.
func TestNodeRefusesInSilence(t *testing.T) {
	h := connected(t, nil)
	h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 1, Data: []byte{9, 1}})
	h.says(&espnow.Publish{Flags: espnow.PublishFragment, MessageID: 1, Offset: 2, Data: []byte{1}})
	if len(h.sent) > 0 {
		t.Errorf("unasked: %+v", h.packets(h.sent[0]))
	}
}
