package link

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// A silent gateway is asked between three quarters of a keep-alive and all of it, three times, 2 s apart; then it is lost.
func TestNodeKeepAlive(t *testing.T) {
	for answered := range pingsLost + 1 { // 0: none is
		var waits []time.Duration
		for seed := range uint64(100) {
			h := connected(t, func(c *NodeConfig) { c.Random = seeded(seed) })
			heard := h.now
			var ping *espnow.Pingreq
			last := time.Duration(0)
			for i := range pingsLost {
				f := h.frame(time.Minute)
				ping = h.packets(f)[0].(*espnow.Pingreq)
				if i == 0 {
					waits = append(waits, f.at-heard)
				} else if f.at-last != pingEvery {
					t.Fatalf("PINGREQ after %v", f.at-last)
				}
				last = f.at
				if i+1 == answered {
					break
				}
			}
			h.wait(pingEvery - 1)
			if !h.Connected() {
				t.Fatalf("lost after %v", h.now-last)
			}
			if answered > 0 {
				h.sent = nil
				h.pong(ping)
				h.quiet(44 * time.Second)
				if len(h.links) != 1 {
					t.Fatalf("%+v", h.links)
				}
				continue
			}
			h.wait(1)
			if len(h.links) != 2 || h.links[1] != (Connection{Gateway: gwAddr, Reason: ReasonSilent}) || h.Connected() {
				t.Fatalf("%+v", h.links)
			}
			if f := h.frame(firstSearch); f.Dst != gwAddr || h.connect(f).Flags&espnow.ConnectJoin != 0 {
				t.Fatalf("after the loss: %x", f.Body)
			}
		}
		slices.Sort(waits)
		if waits[0] < 45*time.Second || waits[len(waits)-1] > time.Minute {
			t.Errorf("pinged after %v to %v", waits[0], waits[len(waits)-1])
		}
	}
}

// A message without an answer has the node ask early whether the gateway lives, and only so often.
func TestNodePingsEarly(t *testing.T) {
	h := connected(t, nil)
	h.publishes("x", true)
	questions, pings, last := 0, 0, time.Duration(0)
	for f := h.frame(0); h.Connected(); f = h.frame(time.Minute) {
		if h.tunnel == nil || f.Dst != gwAddr || f.Body[0]>>4 != byte(espnow.TypeSealed) {
			break
		}
		for _, p := range h.packets(f) {
			switch p := p.(type) {
			case *espnow.Publish:
				if p.Flags&espnow.PublishAck == 0 || p.MessageID != 0 {
					t.Errorf("%+v", p)
				}
				questions++
			case *espnow.Pingreq:
				if pings++; pings == 1 && questions != silentAsks && questions != silentAsks+1 {
					t.Errorf("the first PINGREQ after %d questions", questions)
				}
				if f.at-last < 100*time.Millisecond {
					t.Fatalf("PINGREQ %v after another", f.at-last)
				}
				last = f.at
				h.pong(p) // it lives, and only does not answer about the message
			}
		}
	}
	if pings < 3 || h.Connected() || h.links[len(h.links)-1].Reason != ReasonSilent {
		t.Errorf("%d questions, %d pings, %+v", questions, pings, h.links)
	}
}

// Giving a message up is losing the gateway; the message goes again, whole and under its id, and has one result.
func TestNodeMessageOutlivesSession(t *testing.T) {
	h := connected(t, nil)
	payload := strings.Repeat("abc", 200)
	h.publishes("first", false)
	h.publishes(payload, true)
	if p := one[*espnow.Publish](h, 0); p.MessageID != 0 {
		t.Errorf("%+v", p)
	}
	h.waitFor(time.Minute, func() bool { return !h.Connected() })
	h.sent = nil
	h.welcome.Session, h.welcome.MaxFrame = 6, 1470
	h.connects2(t)
	var whole []byte
	var id uint16
	h.transmit()
	for len(h.sent) > 0 {
		for _, p := range h.next(0) {
			if p, ok := p.(*espnow.Publish); ok {
				whole, id = append(whole, p.Data...), p.MessageID
			}
		}
	}
	if id != 1 || string(whole) != "\x00"+payload {
		t.Errorf("message %d: %d bytes, want %d", id, len(whole), len(payload)+1)
	}
	h.says(pubackOf(1, espnow.PubackStatusComplete, len(whole)))
	if len(h.results) != 1 || h.results[0].Err != nil || h.results[0].Ticket != 1 || h.Stats().Messages != 2 {
		t.Errorf("%+v, %+v", h.results, h.Stats())
	}
	h.says(pubackOf(1, espnow.PubackStatusComplete, len(whole)))
	if len(h.results) != 1 || h.Stats().Drops[espnow.DropReasonUnexpected] != 1 {
		t.Errorf("%+v, %v", h.results, h.Stats().Drops)
	}
}

// connects2 is connects where messages wait.
func (h *house) connects2(t *testing.T) {
	t.Helper()
	h.hear(h.addr, h.accept(h.offers()))
	h.pong(one[*espnow.Pingreq](h, 0))
}

// Whoever asks for an acknowledgement gets one result, whatever it is.
func TestNodeResults(t *testing.T) {
	for status, want := range map[espnow.PubackStatus]error{
		espnow.PubackStatusComplete: nil, espnow.PubackStatusTooLarge: frag.StatusError{Status: 128}, espnow.PubackStatusRefused: frag.StatusError{Status: 129},
		200: frag.StatusError{Status: 200},
	} {
		h := connected(t, nil)
		h.publishes("x", true)
		one[*espnow.Publish](h, 0)
		h.says(pubackOf(0, status, 0))
		if len(h.results) != 1 || !errors.Is(h.results[0].Err, want) || h.results[0].To != gwAddr {
			t.Errorf("%v: %+v", status, h.results)
		}
		s := h.Stats()
		if ok := want == nil; s.Messages != uint64(int(boolByte(ok))) || s.Failed != uint64(boolByte(!ok)) || s.Queued != 0 {
			t.Errorf("%v: %+v", status, s)
		}
	}
	for _, status := range []espnow.PubackStatus{espnow.PubackStatusPartial, espnow.PubackStatusBusy} {
		h := connected(t, nil)
		h.publishes("x", true)
		one[*espnow.Publish](h, 0)
		for range 100 { // nobody has taken responsibility, for as long as it takes
			received := 0
			if status == espnow.PubackStatusPartial {
				received = 2
			}
			h.says(pubackOf(0, status, received))
			for asked := false; !asked; {
				for _, p := range h.next(2 * time.Second) {
					switch p := p.(type) {
					case *espnow.Publish:
						asked = true
					case *espnow.Pingreq:
						h.pong(p)
					}
				}
			}
		}
		if len(h.results) != 0 || !h.Connected() {
			t.Errorf("%v: %+v", status, h.results)
		}
	}
}

// resets makes the reset that answers a frame of the node's.
func (h *house) resets(f nodeFrame, set func(*espnow.Disconnect)) []byte {
	h.Helper()
	var s *espnow.Sealed
	for p, err := range espnow.Packets(f.Body) {
		if err != nil {
			h.Fatal(err)
		}
		s = p.(*espnow.Sealed)
	}
	r := espnow.Disconnect{
		Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession, Session: s.Session, Counter: s.Counter,
	}
	r.Proof = resetProof(h.keys.reset, h.addr, nodeAddr, &r, s.Tag)
	if set != nil {
		set(&r)
	}
	return h.must(r.Append(nil))
}

// pings has the node send a frame, and takes it.
func (h *house) sends() nodeFrame {
	h.Helper()
	h.publishes("x", false)
	return h.frame(0)
}

// A reset is obeyed if it answers one of the last 16 frames of this session, within 5 s.
func TestNodeReset(t *testing.T) {
	refused := func(name string, do func(*house) []byte) {
		t.Helper()
		h := connected(t, nil)
		b := do(h)
		h.sent = nil
		h.wantDrop(espnow.DropReasonBadProof, func() { h.hear(gwAddr, b) })
		if t.Failed() {
			t.Fatal(name)
		}
	}
	obeyed := func(name string, do func(*house) []byte) {
		t.Helper()
		h := connected(t, nil)
		h.hear(gwAddr, do(h))
		if h.Connected() || len(h.links) != 2 || h.links[1] != (Connection{Gateway: gwAddr, Reason: ReasonUnknown}) {
			t.Fatalf("%s: %+v, %v", name, h.links, h.Stats().Drops)
		}
	}
	after := func(frames int, d time.Duration) func(*house) []byte {
		return func(h *house) []byte {
			f := h.sends()
			for range frames {
				h.sends()
			}
			h.wait(d)
			return h.resets(f, nil)
		}
	}
	obeyed("at once", after(0, 0))
	obeyed("16th last", after(15, 0))
	refused("17th last", after(16, 0))
	obeyed("5 s", after(0, resetAge))
	refused("more than 5 s", after(0, resetAge+1))
	for name, set := range map[string]func(*espnow.Disconnect){
		"proof":   func(d *espnow.Disconnect) { d.Proof[7]++ },
		"reason":  func(d *espnow.Disconnect) { d.Reason = espnow.DisconnectReasonDenied },
		"session": func(d *espnow.Disconnect) { d.Session++ },
		"counter": func(d *espnow.Disconnect) { d.Counter-- },
		"zeros":   func(d *espnow.Disconnect) { *d = espnow.Disconnect{Flags: espnow.DisconnectReset, Reason: 1} },
	} {
		refused(name, func(h *house) []byte { return h.resets(h.sends(), set) })
	}
	h := connected(t, nil)
	answer := h.resets(h.sends(), nil)
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(otherGw, answer) })

	// One of an earlier session is worth nothing in the next, though its id be the same.
	h = connected(t, nil)
	old := h.resets(h.sends(), nil)
	h.hear(gwAddr, old)
	h.connects()
	h.wantDrop(espnow.DropReasonBadProof, func() { h.hear(gwAddr, old) })
	if !h.Connected() {
		t.Error("killed by an old reset")
	}
}

// On an open network a reset proves nothing: it is obeyed while the node waits for an answer, and once in 5 s.
func TestNodeResetOpen(t *testing.T) {
	h := connected(t, open)
	reset := h.must((&espnow.Disconnect{Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession}).Append(nil))
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, reset) })
	h.publishes("x", true)
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(otherGw, reset) })
	h.hear(gwAddr, reset)
	if h.Connected() || h.links[1].Reason != ReasonUnknown {
		t.Fatalf("%+v", h.links)
	}
	obeyed := h.now
	h.sent = nil
	h.connects2(t)
	h.wait(resetsApart - 1 - (h.now - obeyed))
	h.sent = nil
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, reset) })
	h.wait(1)
	h.hear(gwAddr, reset)
	if h.Connected() {
		t.Error("not obeyed after 5 s")
	}
	h.hear(gwAddr, h.accept(h.offers())) // while it waits for the first answer in a session too
	h.now += resetsApart
	h.hear(gwAddr, reset)
	if h.session != nil {
		t.Error("not obeyed where a session is not confirmed")
	}
	// Also when a PINGREQ is what waits.
	h = connected(t, open)
	one[*espnow.Pingreq](h, time.Minute)
	h.hear(gwAddr, reset)
	if h.Connected() {
		t.Error("not obeyed while PINGREQ waits")
	}
}

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

// New keys: the node asks its own gateway and joins; the old session goes on until the CONNACK, and no message is torn.
func TestNodeRekey(t *testing.T) {
	h := connected(t, nil)
	h.publishes("during", true)
	one[*espnow.Publish](h, 0)
	h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonRekey})
	if len(h.sent) != 0 {
		t.Fatalf("sent %x while a message is under way", h.sent[0].Body)
	}
	part := &espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 1, Data: []byte("\x00down")}
	h.says(part)
	h.says(pubackOf(0, espnow.PubackStatusComplete, 7))
	if len(h.sent) != 0 {
		t.Fatalf("sent %x while a message to the node is under way", h.sent[0].Body)
	}
	old := h.tunnel
	h.says(&espnow.Publish{Flags: espnow.PublishFragment, MessageID: 1, Offset: 5, Data: []byte("link")})
	if len(h.messages) != 1 || len(h.results) != 1 {
		t.Fatalf("%+v, %+v", h.messages, h.results)
	}
	h.publishes("later", true)
	search := h.frame(0)
	if search.Dst != gwAddr || search.Channel != 6 || h.connect(search).Flags&espnow.ConnectJoin != 0 {
		t.Fatalf("%x to %v on %d", search.Body, search.Dst, search.Channel)
	}
	other := h.gateway(otherGw)
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(otherGw, other.here(search)) })
	h.says(&espnow.Publish{MessageID: 2, Data: []byte("\x00old session")}) // goes on
	h.hear(gwAddr, h.here(search))
	join := h.frame(0)
	h.says(&espnow.Publish{MessageID: 3, Data: []byte("\x00old session")})
	h.welcome.Session = 9
	accepted := h.accept(join)
	h.tunnel, old = old, h.tunnel
	h.says(&espnow.Publish{MessageID: 4, Data: []byte("\x00old session")})
	late := h.frameOf(&espnow.Publish{MessageID: 5, Data: []byte("\x00old session")})
	h.tunnel = old
	if len(h.sent) != 0 || len(h.messages) != 4 {
		t.Fatalf("%d sent, %d messages", len(h.sent), len(h.messages))
	}
	h.hear(gwAddr, accepted)
	h.wantDrop(espnow.DropReasonNoSession, func() { h.hear(gwAddr, late) })
	h.pong(one[*espnow.Pingreq](h, 0))
	if p := one[*espnow.Publish](h, 0); string(p.Data) != "\x00later" || p.MessageID != 1 {
		t.Errorf("%+v", p)
	}
	if len(h.links) != 1 || h.Stats().Sessions != 2 {
		t.Errorf("%+v", h.links)
	}
	h.says(pubackOf(1, 0, 6))
	h.quiet(44 * time.Second) // and not again
}

// The session goes on if new keys cannot be had, and the node tries again.
func TestNodeRekeyFails(t *testing.T) {
	for name, answer := range map[string]func(*house){
		"no answer": func(h *house) { h.frame(maxBackOff) },
		"busy": func(h *house) {
			h.hear(gwAddr, h.here(h.frame(maxBackOff)))
			h.hear(gwAddr, h.connack(&espnow.Connack{Status: espnow.ConnackStatusBusy, Echo: h.connect(h.frame(0)).Nonce, RetryAfter: 50}))
		},
		"refused": func(h *house) {
			h.hear(gwAddr, h.here(h.frame(maxBackOff)))
			h.hear(gwAddr, h.connack(&espnow.Connack{Status: espnow.ConnackStatusRefused, Echo: h.connect(h.frame(0)).Nonce, Reason: 2}))
		},
		"search refused": func(h *house) {
			h.hear(gwAddr, h.connack(&espnow.Connack{
				Status: espnow.ConnackStatusRefused, Echo: h.connect(h.frame(maxBackOff)).Nonce, Reason: 2,
			}))
		},
	} {
		h := connected(t, nil)
		h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonRekey})
		answer(h)
		h.wait(h.cfg.Listen)
		h.publishes("x", true)
		if p := one[*espnow.Publish](h, 0); string(p.Data) != "\x00x" {
			t.Errorf("%s: %+v", name, p)
		}
		h.says(pubackOf(0, 0, 2))
		if len(h.links) != 1 || !h.Connected() || len(h.results) != 1 {
			t.Errorf("%s: %+v", name, h.links)
		}
		h.connectsAgain(t)
	}
}

func (h *house) connectsAgain(t *testing.T) {
	t.Helper()
	h.sent = nil
	h.hear(gwAddr, h.here(h.frame(maxBackOff)))
	h.hear(gwAddr, h.accept(h.frame(0)))
	h.pong(one[*espnow.Pingreq](h, 0))
	if h.Stats().Sessions != 2 || len(h.links) != 1 {
		t.Errorf("%+v", h.links)
	}
}

// A late answer to the search for new keys does not tear a message.
func TestNodeRekeyLate(t *testing.T) {
	h := connected(t, nil)
	h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonRekey})
	search := h.frame(0)
	h.wait(h.cfg.Listen)
	h.publishes("x", true)
	one[*espnow.Publish](h, 0)
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, h.here(search)) })
	h.says(pubackOf(0, espnow.PubackStatusComplete, 2))
	h.hear(gwAddr, h.here(search))
	if c := h.connect(h.frame(0)); c.Flags&espnow.ConnectJoin == 0 {
		t.Errorf("%+v", c)
	}
}

// After so many packets, or so long, a node wants new keys by itself.
func TestNodeWantsKeys(t *testing.T) {
	for _, c := range []struct {
		set  func(*tunnel)
		want bool
	}{
		{func(u *tunnel) { u.next = rekeyPackets - 2 }, false},
		{func(u *tunnel) { u.next = rekeyPackets - 1 }, true}, // the message's frame is one more
		{func(u *tunnel) { u.born -= rekeyAge - time.Second }, false},
		{func(u *tunnel) { u.born -= rekeyAge }, true},
	} {
		h := connected(t, nil)
		c.set(h.session.tunnel)
		h.publishes("x", false)
		wants := slices.ContainsFunc(h.sent, func(f nodeFrame) bool { return f.Body[0]>>4 == byte(espnow.TypeConnect) })
		if wants != c.want {
			t.Errorf("wants new keys: %v, want %v", wants, c.want)
		}
	}
	// The last counter is never used: the session ends.
	h := connected(t, nil)
	h.session.tunnel.next = counterEnd
	h.publishes("x", true)
	h.waitFor(time.Second, func() bool { return !h.Connected() }) // between two attempts to get new keys
	if h.Connected() || h.links[1].Reason != ReasonSpent {
		t.Errorf("%+v", h.links)
	}
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

// elsewhere has the node be with other gateways.
func (h *house) elsewhere(gateways byte) {
	for i := range gateways {
		g := h.gateway(espnow.Addr{2, 2, 2, 2, 2, i})
		g.connects()
		g.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonShutdown})
		g.sent = nil
	}
}

// While mail waits, a node that sleeps asks for it, after 100 ms doubling to 2 s; another node does not.
func TestNodeAsksForMail(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
	h.pending = true
	h.says(&espnow.Pingresp{Flags: espnow.PingrespPending, Time: uint32(h.now / time.Millisecond)})
	last := h.now
	for i, want := range []time.Duration{100, 100, 200, 400, 800, 1600, 2000, 2000} {
		f := h.frame(3 * time.Second)
		if f.at-last != want*time.Millisecond {
			t.Errorf("%d: asked after %v, want %v", i, f.at-last, want*time.Millisecond)
		}
		last = f.at
		h.pong(h.packets(f)[0].(*espnow.Pingreq))
	}
	h.says(&espnow.Publish{MessageID: 1, Data: []byte("\x00mail")}) // it comes: more may
	if f := h.frame(3 * time.Second); f.at-h.now != 0 || f.at-last > 300*time.Millisecond {
		t.Errorf("asked after %v", f.at-last)
	}
	h.pending = false
	h.says(pubackOf(3, 0, 0)) // PENDING is not set in it
	h.quiet(40 * time.Second)
	h.publishes("x", true)
	one[*espnow.Publish](h, 0)
	p := pubackOf(0, 0, 2)
	p.Flags |= espnow.PubackPending
	h.says(p)
	one[*espnow.Pingreq](h, firstPoll)

	h = connected(t, nil)
	h.pending = true
	h.says(&espnow.Pingresp{Flags: espnow.PingrespPending, Time: uint32(h.now / time.Millisecond)})
	h.quiet(40 * time.Second)
}

// A node rests when nothing is under way and it has listened for long enough.
func TestNodeResting(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
	rests := func(what string, want bool) {
		t.Helper()
		if h.Resting(h.now) != want {
			t.Fatalf("%s: resting %v", what, !want)
		}
		_, err := (func() ([]byte, error) {
			if want {
				return nil, nil // it would stop the node
			}
			return h.Snapshot(h.now)
		})()
		if (err == nil) != want || err != nil && !errors.Is(err, ErrUnfinished) {
			t.Fatalf("%s: snapshot: %v", what, err)
		}
	}
	rests("just connected", false)
	h.wait(awakeFor - 1)
	rests("99 ms after its frame", false)
	h.wait(1)
	rests("100 ms after", true)
	h.publishes("x", true)
	rests("a message waits for its answer", false)
	one[*espnow.Publish](h, 0)
	h.wait(awakeFor)
	rests("still", false)
	h.sent = nil
	h.says(pubackOf(0, 0, 2))
	h.wait(awakeFor)
	rests("acknowledged", true)
	h.says(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
	h.wait(afterMail - 1)
	rests("less than 2 s after a message to it", false)
	h.wait(1)
	rests("2 s after", true)
	h.says(&espnow.Publish{Flags: espnow.PublishFragment, MessageID: 2, Offset: 1, Data: []byte("x")})
	h.wait(afterMail)
	rests("a part of a message is here", false)
	h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 2, Data: []byte("\x00")})
	h.wait(afterMail)
	rests("all of it is", true)
	h.says(&espnow.Pingresp{Flags: espnow.PingrespPending, Time: uint32(h.now / time.Millisecond)})
	h.now += time.Millisecond
	rests("mail waits", false)
	h.says(&espnow.Pingresp{Time: uint32(h.now / time.Millisecond)})
	rests("no more mail", true)
	h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonRekey})
	rests("it wants new keys", false)
	h.connectsAgain(t)
	h.wait(awakeFor)
	rests("it has them", true)
	h.says(&espnow.Disconnect{})
	rests("it has no session", false)
}

// Goodbye is said once, in the session, and then the node is still.
func TestNodeGoodbye(t *testing.T) {
	for _, set := range []func(*NodeConfig){nil, open} {
		h := connected(t, set)
		h.publishes("never", true)
		h.sent = nil
		h.Goodbye(h.now)
		h.transmit()
		if d := one[*espnow.Disconnect](h, 0); d.Flags != 0 || d.Reason != espnow.DisconnectReasonNormal {
			t.Errorf("%+v", d)
		}
		h.quiet(time.Hour)
		if _, err := h.Publish(h.now, Outgoing{}); !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		if _, err := h.Snapshot(h.now); !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		h.Goodbye(h.now)
		h.says(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
		h.quiet(time.Hour)
		if at, ok := h.NextDeadline(); ok || len(h.messages) != 0 {
			t.Errorf("waits until %v", at)
		}
	}
	p := newProbe(t, nil)
	p.Goodbye(p.now)
	p.quiet(time.Hour)
}

// Every frame says what the radio needs for it.
func TestNodeRadio(t *testing.T) {
	h := newProbe(t, func(c *NodeConfig) { c.Channels = []uint8{6} }).gateway(gwAddr)
	if f := h.search(); !f.Add || f.Dst != espnow.Broadcast {
		t.Errorf("%+v", f)
	}
	join := h.offers()
	if !join.Add || join.Channel != 6 {
		t.Errorf("%+v", join)
	}
	h.hear(gwAddr, h.accept(join))
	f := h.frame(0)
	h.pong(h.packets(f)[0].(*espnow.Pingreq))
	if f.Add || f.Channel != 6 {
		t.Errorf("%+v", f)
	}
	h.RadioReset()
	if f := h.sends(); !f.Add || f.Channel != 6 {
		t.Errorf("after a start of ESP-NOW: %+v", f)
	}
	if f := h.sends(); f.Add {
		t.Errorf("%+v", f)
	}
}

// A message that was on its way, and need not be acknowledged, makes room like any other once its session is lost.
func TestNodeDropsWhatHadBegun(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.QueueMessages = 1 })
	if _, err := h.Publish(h.now, Outgoing{Payload: make([]byte, 900)}); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Transmit(h.now); !ok {
		t.Fatal("nothing is sent")
	}
	if _, err := h.Publish(h.now, Outgoing{}); !errors.Is(err, ErrFull) {
		t.Errorf("while it is sent: %v", err)
	}
	h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonShutdown})
	if _, err := h.Publish(h.now, Outgoing{}); err != nil || h.Stats().Dropped != 1 {
		t.Errorf("%v, %+v", err, h.Stats())
	}
}
