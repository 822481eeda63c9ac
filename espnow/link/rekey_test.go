package link

import (
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

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

// New keys wait for a message to the node whose sender has asked about it, and no longer than 2 s for one that it has not.
func TestNodeRekeyWaitsForMessages(t *testing.T) {
	for _, asked := range []espnow.PublishFlags{0, espnow.PublishAck} {
		h := connected(t, nil)
		h.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore | asked, MessageID: 1, Data: []byte("\x00x")})
		h.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonRekey})
		h.wait(afterMail - 1)
		if h.seek.renew {
			t.Errorf("asked %v: searches at once", asked != 0)
		}
		h.wait(1)
		h.says(&espnow.Pingresp{Time: uint32(h.now / time.Millisecond)}) // something happens
		if h.seek.renew != (asked == 0) {
			t.Errorf("asked %v: searches %v", asked != 0, h.seek.renew)
		}
	}
}
