package link

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

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

// elsewhere has the node be with other gateways.
func (h *house) elsewhere(gateways byte) {
	for i := range gateways {
		g := h.gateway(espnow.Addr{2, 2, 2, 2, 2, i})
		g.connects()
		g.says(&espnow.Disconnect{Reason: espnow.DisconnectReasonShutdown})
		g.sent = nil
	}
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
