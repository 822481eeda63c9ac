package link

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
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
	h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishAck, MessageID: 2, Offset: 1, Data: []byte("x")})
	h.wait(afterMail)
	rests("a part of a message is here, and its sender has asked", false)
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

// A part that never comes, of a message that need not be acknowledged, keeps no node awake.
func TestNodeSleepsWithoutLostPart(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
	h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 1, Data: []byte{0, 1}})
	start := h.now
	for !h.Resting(h.now) && h.now-start < time.Minute {
		h.wait(100 * time.Millisecond)
	}
	if took := h.now - start; took > 3*time.Second {
		t.Errorf("awake for %v after a part, want 2 s", took)
	}
}
