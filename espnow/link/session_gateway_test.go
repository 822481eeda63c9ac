package link

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

const askAck = espnow.PublishAck

func TestGatewayJoin(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	here := n.search()
	if here.Status != espnow.ConnackStatusHere || here.Load != 0 || here.Channel != 1 {
		t.Errorf("%+v", here)
	}
	j := n.joinWith(here.Cookie)
	d.hear(n.addr, gwAddr, j.packet)
	first := d.one(n.addr)
	if len(d.presence) != 0 || d.Stats().HalfOpen != 1 || d.Stats().Sessions != 0 {
		t.Errorf("%+v before the node was heard in its session", d.Stats())
	}
	d.hear(n.addr, gwAddr, j.packet) // a byte-identical repeat
	if again := d.one(n.addr); !bytes.Equal(first, again) {
		t.Error("a repeated join has another answer")
	}
	if got := d.Stats().KeyExchanges; got != 2 {
		t.Errorf("%d X25519 operations for one join", got)
	}
	welcome := n.accept(j, first)
	if welcome.MaxFrame != 250 || welcome.KeepAlive != 60 || welcome.Channel != 1 || welcome.MaxMessage != 1<<20 || welcome.Window != 64 {
		t.Errorf("%+v", welcome)
	}
	n.ping(5)
	if got, ok := n.hears()[0].(*espnow.Pingresp); !ok || got.Time != 5 || got.UnixMs != 0 || got.Flags != 0 {
		t.Errorf("%+v", got)
	}
	want := []Presence{{Addr: n.addr, Present: true, Boot: 7, RSSI: -50, Channel: 1}}
	if diff := cmp.Diff(want, d.presence); diff != "" {
		t.Error(diff)
	}
	d.hear(n.addr, gwAddr, j.packet) // after promotion it is ignored
	if len(d.take(n.addr)) != 0 || d.Stats().HalfOpen != 0 {
		t.Error("a join is repeated after its session is whole")
	}
	d.wantDrop(espnow.DropReasonReplay, 1)
}

func TestGatewayTime(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.SetUnixTime(d.now, time.UnixMilli(1_700_000_000_000))
	d.wait(1500 * time.Millisecond)
	n.ping(9)
	if got := n.hears()[0].(*espnow.Pingresp); got.UnixMs != 1_700_000_001_500 {
		t.Errorf("%+v", got)
	}
}

// Nothing that is not proven gets an answer, or leaves a trace but a counter.
func TestGatewayRefusesStrangers(t *testing.T) {
	for _, c := range []struct {
		name string
		body func(*scripted) []byte
		want espnow.DropReason
	}{
		{"a search of another key", func(n *scripted) []byte {
			n.keys = NetworkKey{n.key.derive("other")}.Device(n.addr).deviceKeys()
			return n.searchPacket()
		}, espnow.DropReasonBadProof},
		{"a search of another node's", func(n *scripted) []byte {
			n.keys = n.key.Device(gwAddr).deviceKeys()
			return n.searchPacket()
		}, espnow.DropReasonBadProof},
		{"a key_id that is unknown", func(n *scripted) []byte { n.keyID = 2; return n.searchPacket() }, espnow.DropReasonUnknownKey},
		{"a search in the clear", func(n *scripted) []byte {
			return n.must((&espnow.Connect{Version: 1, Nonce: 1}).Append(nil))
		}, espnow.DropReasonPlainOnSecure},
		{"a message in the clear", func(n *scripted) []byte { return n.must(n.message(1, 0, "", "x").AppendLast(nil)) }, espnow.DropReasonPlainOnSecure},
		{"a goodbye in the clear", func(n *scripted) []byte { return n.must((&espnow.Disconnect{}).Append(nil)) }, espnow.DropReasonPlainOnSecure},
		{"a join with a cookie of nobody's", func(n *scripted) []byte { return n.joinWith([8]byte{1}).packet }, espnow.DropReasonBadCookie},
		{"a join with a flag that was flipped", func(n *scripted) []byte {
			packet := n.joinWith(n.search().Cookie).packet
			packet[0] ^= byte(espnow.ConnectSleepy)
			return packet
		}, espnow.DropReasonForged},
		{"a join with a nonce that was changed", func(n *scripted) []byte {
			packet := n.joinWith(n.search().Cookie).packet
			packet[4]++
			return packet
		}, espnow.DropReasonForged},
		{"a join with its tag cut by a byte", func(n *scripted) []byte {
			packet := n.joinWith(n.search().Cookie).packet
			packet[1]--
			return packet[:len(packet)-1]
		}, espnow.DropReasonForged},
		{"a CONNACK", func(n *scripted) []byte {
			return n.must((&espnow.Connack{Flags: espnow.ConnackSecure, Status: espnow.ConnackStatusBusy}).Append(nil))
		}, espnow.DropReasonWrongDirection},
		{"a reset", func(n *scripted) []byte {
			return n.must((&espnow.Disconnect{Flags: espnow.DisconnectReset}).Append(nil))
		}, espnow.DropReasonWrongDirection},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, nil)
			n := d.node(nodeAddr)
			body := c.body(n)
			d.take(n.addr)
			before := d.Stats()
			d.hear(n.addr, gwAddr, body)
			if got := d.take(n.addr); len(got) != 0 {
				t.Errorf("answered with %x", got)
			}
			after := d.Stats()
			if after.Drops[c.want] != before.Drops[c.want]+1 || after.Drops.Total() != before.Drops.Total()+1 {
				t.Errorf("drops %v, want one more %v", d.drops(), c.want)
			}
			if after.HalfOpen != 0 || after.Known != 0 || after.KeyExchanges != 0 {
				t.Errorf("%+v", after)
			}
		})
	}
}

func TestGatewayCookieGrowsOld(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		ok   bool
	}{{118 * time.Second, true}, {119 * time.Second, false}} { // made at 1 s, in the first minute
		d := newDesk(t, nil)
		n := d.node(nodeAddr)
		j := n.joinWith(n.search().Cookie)
		d.wait(c.wait)
		d.hear(n.addr, gwAddr, j.packet)
		if got := d.Stats().HalfOpen == 1; got != c.ok {
			t.Errorf("after %v: taken %v", c.wait, got)
		}
	}
}

func TestGatewayRepeatedSearchesHaveARate(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	packet := n.searchPacket()
	for range 10 {
		d.hear(n.addr, espnow.Broadcast, packet)
	}
	if got := len(d.take(n.addr)); got != 1+tokenBurst {
		t.Errorf("%d answers to a search that was repeated 9 times, want %d", got, 1+tokenBurst)
	}
	d.wantDrop(espnow.DropReasonRate, 9-tokenBurst)
	d.hear(n.addr, espnow.Broadcast, n.searchPacket()) // a new one needs no token
	if got := len(d.take(n.addr)); got != 1 {
		t.Errorf("%d answers to a new search", got)
	}
}

func TestGatewayHalfOpenLimits(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.JoinEvery = 0 })
	n := d.node(nodeAddr)
	for range addrHalfOpen {
		d.hear(n.addr, gwAddr, n.joinWith(n.search().Cookie).packet)
		if c := n.connack(d.one(n.addr)); c.Status != espnow.ConnackStatusAccepted {
			t.Fatalf("%+v", c)
		}
	}
	d.hear(n.addr, gwAddr, n.joinWith(n.search().Cookie).packet)
	if c := n.connack(d.one(n.addr)); c.Status != espnow.ConnackStatusBusy || c.RetryAfter == 0 {
		t.Errorf("a third half-open join: %+v", c)
	}
	for i := byte(2); d.Stats().HalfOpen < maxHalfOpen; i++ {
		other := d.node(espnow.Addr{2, 0, 0, 0, 0, i})
		d.hear(other.addr, gwAddr, other.joinWith(other.search().Cookie).packet)
		d.take(other.addr)
	}
	last := d.node(espnow.Addr{2, 0, 0, 0, 1, 0})
	d.hear(last.addr, gwAddr, last.joinWith(last.search().Cookie).packet)
	if c := last.connack(d.one(last.addr)); c.Status != espnow.ConnackStatusBusy {
		t.Errorf("half-open join %d: %+v", maxHalfOpen+1, c)
	}
	d.wait(halfOpenFor - 1)
	if got := d.Stats().HalfOpen; got != maxHalfOpen {
		t.Errorf("%d half-open just before their time", got)
	}
	d.wait(1)
	if got := d.Stats(); got.HalfOpen != 0 || got.Known != 0 {
		t.Errorf("%+v after their time", got)
	}
}

// Joins have turns, so that the gateway hears others in between. Four wait; who comes then is told when to come again.
func TestGatewayJoinsHaveTurns(t *testing.T) {
	const every = 150 * time.Millisecond
	d := newDesk(t, func(c *GatewayConfig) { c.JoinEvery = every })
	start := d.now
	var waits []uint16
	var taken []time.Duration
	var nodes []*scripted
	answers := func() {
		sent := d.sent
		d.sent = nil
		for _, f := range sent {
			for _, n := range nodes {
				if n.addr != f.to {
					continue
				}
				switch c := n.connack(f.body); c.Status {
				case espnow.ConnackStatusBusy:
					waits = append(waits, c.RetryAfter)
				case espnow.ConnackStatusAccepted:
					taken = append(taken, d.now-start)
				}
			}
		}
	}
	for i := byte(1); i <= 8; i++ {
		n := d.node(espnow.Addr{2, 0, 0, 0, 0, i})
		nodes = append(nodes, n)
		j := n.joinWith(n.search().Cookie)
		d.hear(n.addr, gwAddr, j.packet)
		answers()
		if i > 1 && i <= 1+maxPending {
			d.hear(n.addr, gwAddr, j.packet) // it waits already
			answers()
		}
	}
	d.wantDrop(espnow.DropReasonDuplicate, maxPending)
	if diff := cmp.Diff([]uint16{900, 1050, 1200}, waits); diff != "" { // behind the four that wait
		t.Error(diff)
	}
	for range 20 {
		d.wait(every / 3)
		answers()
	}
	if diff := cmp.Diff([]time.Duration{0, every, 2 * every, 3 * every, 4 * every}, taken); diff != "" {
		t.Error(diff)
	}
	if s := d.Stats(); s.HalfOpen != 1+maxPending || s.Busy != 3 {
		t.Errorf("%+v", s)
	}
}

func TestGatewayFullTable(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 2 })
	a, b, c := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2}), d.node(espnow.Addr{2, 3})
	a.joins()
	if here := b.search(); here.Load != 127 {
		t.Errorf("load %d with 1 of 2", here.Load)
	}
	b.joins()
	here := c.search()
	if here.Load != 255 {
		t.Errorf("load %d", here.Load)
	}
	d.hear(c.addr, gwAddr, c.joinWith(here.Cookie).packet)
	if ack := c.connack(d.one(c.addr)); ack.Status != espnow.ConnackStatusBusy || ack.RetryAfter != uint16(tableRetryAfter/time.Millisecond) {
		t.Errorf("%+v", ack)
	}
	a.joins() // who has a session is never busy for want of a place
	d.wait(80 * time.Second)
	b.ping(2)
	d.take(b.addr)
	d.wait(11 * time.Second) // a is silent for 91 s now
	c.joins()
	want := []string{"present", "present", "silent", "present"}
	var got []string
	for _, p := range d.presence {
		if p.Present {
			got = append(got, "present")
		} else {
			got = append(got, p.Reason.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGatewaySilence(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.wait(90*time.Second - 1)
	if d.Stats().Sessions != 1 {
		t.Error("gone before 1.5 keep-alives")
	}
	d.wait(1)
	if len(d.presence) != 2 || d.presence[1].Present || d.presence[1].Reason != ReasonSilent || d.Stats().Sessions != 0 {
		t.Errorf("%+v", d.presence)
	}
	d.wait(forgetAfter - 1)
	if d.Stats().Known != 1 {
		t.Error("forgotten too early")
	}
	d.wait(1)
	if d.Stats().Known != 0 {
		t.Error("remembered for ever")
	}
}

func TestGatewayGoodbye(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(&espnow.Disconnect{}, n.message(1, 0, "", "too late"))
	if len(d.presence) != 2 || d.presence[1].Reason != ReasonNormal || len(d.messages) != 0 {
		t.Errorf("%+v %+v", d.presence, d.messages)
	}
}

func TestGatewayMessages(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(n.message(1, 0, "t", "free"))
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure"))
	if len(d.messages) != 2 {
		t.Fatalf("%+v", d.messages)
	}
	free, sure := d.messages[0], d.messages[1]
	if free.Receipt != (Receipt{}) || string(free.Payload) != "free" || string(free.Topic) != "t" || free.Boot != 7 || free.From != n.addr {
		t.Errorf("%+v", free)
	}
	if sure.Receipt == (Receipt{}) || !sure.Retain || sure.ID != 2 {
		t.Errorf("%+v", sure)
	}
	want := func(status espnow.PubackStatus, received uint32) {
		t.Helper()
		got := n.hears()
		if len(got) != 1 {
			t.Fatalf("%v", got)
		}
		if ack, ok := got[0].(*espnow.Puback); !ok || ack.MessageID != 2 || ack.Status != status || ack.Received != received || ack.Flags != 0 {
			t.Errorf("%+v, want %v with %d received", got[0], status, received)
		}
	}
	want(espnow.PubackStatusPartial, 5)
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure")) // asked again, nobody has taken responsibility yet
	want(espnow.PubackStatusPartial, 5)
	if !d.Accept(d.now, sure.Receipt) || d.Accept(d.now, sure.Receipt) {
		t.Error("accepted not once")
	}
	d.transmit()
	want(espnow.PubackStatusComplete, 5) // unasked
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure"))
	want(espnow.PubackStatusComplete, 0)
	n.says(n.message(1, 0, "t", "free"))
	if len(d.messages) != 2 {
		t.Errorf("told again: %+v", d.messages[2:])
	}
	d.wantDrop(espnow.DropReasonDuplicate, 3)
}

func TestGatewayAcceptAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.Handle(d.now, Frame{Src: n.addr, Dst: gwAddr, Body: n.sealed(n.message(3, askAck, "", "x"))})
	d.poll()
	d.Accept(d.now, d.messages[0].Receipt)
	d.transmit()
	if got := n.hears(); len(got) != 1 || got[0].(*espnow.Puback).Status != espnow.PubackStatusComplete {
		t.Errorf("%+v: want one answer, the final one", got)
	}
}

func TestGatewayRefuse(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(n.message(1, askAck, "", "x"), n.message(2, askAck, "$bad", "x"), &espnow.Publish{Flags: askAck, MessageID: 3, Data: []byte{9}})
	if len(d.messages) != 1 {
		t.Fatalf("%+v", d.messages)
	}
	d.take(n.addr)
	if !d.Refuse(d.now, d.messages[0].Receipt) {
		t.Error("not refused")
	}
	d.transmit()
	for _, id := range []uint16{1, 2, 3} {
		n.says(n.message(id, askAck, "", "x"))
	}
	statuses := map[espnow.PubackStatus]int{}
	for _, body := range d.take(n.addr) {
		inner, err := n.tunnel.open(body)
		if err != nil {
			continue
		}
		w := espnow.Walk(inner)
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			var p espnow.Puback
			if _, err := p.Decode(raw.Flags, raw.Body); err == nil {
				statuses[p.Status]++
			}
		}
	}
	if statuses[espnow.PubackStatusRefused] < 4 || len(statuses) != 1 {
		t.Errorf("%v", statuses)
	}
	d.wantDrop(espnow.DropReasonBadTopic, 1)
	d.wantDrop(espnow.DropReasonBadMessage, 1)
}

// A message that is told and not accepted outlives the session, and is acknowledged in the next one of the same boot.
func TestGatewayAcceptAcrossSessions(t *testing.T) {
	for _, boot := range []uint32{7, 8} {
		d := newDesk(t, nil)
		n := d.node(nodeAddr)
		n.joins()
		n.says(n.message(1, askAck, "", "x"), n.message(2, 0, "", "y"))
		d.take(n.addr)
		n.hello.Boot = boot
		n.joins()
		if len(d.messages) != 2 {
			t.Fatalf("%+v", d.messages)
		}
		n.says(n.message(1, askAck, "", "x"), n.message(2, 0, "", "y"))
		told := len(d.messages)
		d.take(n.addr)
		if !d.Accept(d.now, d.messages[0].Receipt) {
			t.Error("not accepted")
		}
		d.transmit()
		answers := n.hears()
		if boot == 7 && (told != 2 || len(answers) != 1) || boot == 8 && (told != 4 || len(answers) != 0) {
			t.Errorf("boot %d: %d messages told, answers %v", boot, told, answers)
		}
		joins := 0
		for _, p := range d.presence {
			if p.Present {
				joins++
			}
		}
		if want := map[uint32]int{7: 1, 8: 2}[boot]; joins != want {
			t.Errorf("boot %d: %+v", boot, d.presence)
		}
	}
}

// The old session, its mail and its presence stay as they are until the first packet of a new one.
func TestGatewayOldSessionLivesOn(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	old := n.joins()
	oldTunnel := n.tunnel
	j := n.joinWith(n.search().Cookie)
	d.hear(n.addr, gwAddr, j.packet)
	answer := d.one(n.addr)
	n.says(n.message(1, 0, "", "in the old one"))
	if len(d.messages) != 1 {
		t.Fatal("the old session is dead before the new one lives")
	}
	if got := n.accept(j, answer); got.Session == old.Session {
		t.Error("a live session id was given again")
	}
	n.says(n.message(2, 0, "", "in the new one"))
	newTunnel := n.tunnel
	n.tunnel = oldTunnel
	n.says(n.message(3, 0, "", "too late"))
	n.tunnel = newTunnel
	if len(d.messages) != 2 || len(d.presence) != 1 {
		t.Errorf("%+v %+v", d.messages, d.presence)
	}
	d.wantDrop(espnow.DropReasonNoSession, 1)
}

func TestGatewayReplayAndForgery(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	frame := n.sealed(n.message(1, 0, "", "x"))
	for i := range frame {
		if i >= 2 && i != 2 { // not the type, the length, the session
			bad := bytes.Clone(frame)
			bad[i] ^= 0x10
			d.hear(n.addr, gwAddr, bad)
		}
	}
	if len(d.messages) != 0 {
		t.Fatal("a forged frame was taken")
	}
	d.hear(espnow.Addr{2, 9}, gwAddr, frame) // of another address
	d.hear(n.addr, gwAddr, frame)
	d.hear(n.addr, gwAddr, frame)
	if len(d.messages) != 1 {
		t.Errorf("%d messages", len(d.messages))
	}
	d.wantDrop(espnow.DropReasonReplay, 1)
	d.wantDrop(espnow.DropReasonNoSession, 1)
	d.wantDrop(espnow.DropReasonForged, uint64(len(frame)-3))
}

func TestGatewayNested(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(&espnow.Connect{Version: 1}, &espnow.Connack{Status: espnow.ConnackStatusBusy}, &espnow.Sealed{Session: 1})
	n.says(&espnow.Pingresp{}, &espnow.Subscribe{Filter: []byte("a")}, &espnow.Puback{MessageID: 4})
	d.wantDrop(espnow.DropReasonNested, 3)
	d.wantDrop(espnow.DropReasonWrongDirection, 1)
	d.wantDrop(espnow.DropReasonUnserved, 1)
	d.wantDrop(espnow.DropReasonUnexpected, 1)
	if len(d.take(n.addr)) != 0 {
		t.Error("answered")
	}
}

func TestGatewayReset(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(&espnow.Disconnect{})
	d.take(n.addr)
	n.ping(3)
	var p espnow.Disconnect
	w := espnow.Walk(d.one(n.addr))
	raw, _ := w.Next()
	if _, err := p.Decode(raw.Flags, raw.Body); err != nil || raw.Type != espnow.TypeDisconnect {
		t.Fatal(raw.Type, err)
	}
	if !n.tags.check(d.now, n.keys.reset, gwAddr, n.addr, &p) {
		t.Errorf("%+v does not prove itself", p)
	}
	for range 10 {
		n.ping(4)
	}
	if got := len(d.take(n.addr)); got != tokenBurst-1 {
		t.Errorf("%d resets more, want %d", got, tokenBurst-1)
	}
	// One for each network key, in one frame.
	if err := d.cfg.Keys.Add(9, NetworkKey{d.key.derive("next")}); err != nil {
		t.Fatal(err)
	}
	d.now += time.Minute
	n.ping(5)
	count := 0
	for p, err := range espnow.Packets(d.one(n.addr)) {
		if _, ok := p.(*espnow.Disconnect); ok && err == nil {
			count++
		}
	}
	if count != 2 {
		t.Errorf("%d resets with two network keys", count)
	}
}

func TestGatewayDeny(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	ticket, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("x"), Acknowledge: true})
	if err != nil {
		t.Fatal(err)
	}
	d.Deny(d.now, n.addr)
	n.says(n.message(1, 0, "", "x"))
	if got := n.hears(); len(got) != 1 || got[0].(*espnow.Disconnect).Reason != espnow.DisconnectReasonDenied {
		t.Errorf("%+v", got)
	}
	if len(d.messages) != 0 || len(d.presence) != 2 || d.presence[1].Reason != ReasonDenied {
		t.Errorf("%+v %+v", d.messages, d.presence)
	}
	if len(d.results) != 1 || d.results[0].Ticket != ticket || !errors.Is(d.results[0].Err, ErrDenied) {
		t.Errorf("%+v", d.results)
	}
	if c := n.search(); c.Status != espnow.ConnackStatusRefused || c.Reason != espnow.RefuseReasonDenied {
		t.Errorf("%+v", c)
	}
	if _, err := d.Send(d.now, n.addr, Outgoing{}); !errors.Is(err, ErrDenied) {
		t.Error(err)
	}
	d.Allow(n.addr)
	n.joins()
}

func TestGatewayRefusesWhatItCannotSpeak(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	later := n.must(appendSearch(nil, n.keys.search, n.addr, &espnow.Connect{
		Flags: espnow.ConnectSecure, Version: 2, KeyID: 1, Nonce: 1,
	}))
	d.hear(n.addr, espnow.Broadcast, later)
	if c := n.connack(d.one(n.addr)); c.Status != espnow.ConnackStatusRefused || c.Reason != espnow.RefuseReasonVersion {
		t.Errorf("%+v", c)
	}
	n.hello.TLVs = espnow.TLVs{2, 1, 0} // may be skipped
	n.joins()
	n.hello.TLVs = espnow.TLVs{3, 1, 0}
	d.hear(n.addr, gwAddr, n.joinWith(n.search().Cookie).packet)
	if c := n.connack(d.one(n.addr)); c.Status != espnow.ConnackStatusRefused || c.Reason != espnow.RefuseReasonCriticalTLV {
		t.Errorf("%+v", c)
	}
	if d.Stats().KeyExchanges != 2 {
		t.Error("Diffie-Hellman for a join that is refused")
	}
}

func TestGatewaySend(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	ticket, err := d.Send(d.now, n.addr, Outgoing{Topic: "a/b", Payload: []byte("hi"), Retain: true, Acknowledge: true})
	if err != nil {
		t.Fatal(err)
	}
	d.transmit()
	got := n.hears()
	p, ok := got[0].(*espnow.Publish)
	if !ok || len(got) != 1 || string(p.Data) != "\x03a/bhi" || p.Flags != askAck|espnow.PublishRetain {
		t.Fatalf("%+v", got)
	}
	n.ping(1)
	if got := n.hears()[0].(*espnow.Pingresp); got.Flags != espnow.PingrespPending {
		t.Errorf("%+v", got)
	}
	n.says(&espnow.Puback{MessageID: p.MessageID, Status: espnow.PubackStatusComplete, Received: 6})
	if diff := cmp.Diff([]Result{{Ticket: ticket, To: n.addr}}, d.results); diff != "" {
		t.Error(diff)
	}
	if d.Stats().Mail != 0 {
		t.Errorf("%+v", d.Stats())
	}
	// The second has the next id, and is refused for good.
	if _, err = d.Send(d.now, n.addr, Outgoing{Payload: []byte("no"), Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.transmit()
	next := n.hears()[0].(*espnow.Publish)
	if next.MessageID != p.MessageID+1 {
		t.Errorf("id %d after %d", next.MessageID, p.MessageID)
	}
	n.says(&espnow.Puback{MessageID: next.MessageID, Status: espnow.PubackStatusRefused})
	var status frag.StatusError
	if len(d.results) != 2 || !errors.As(d.results[1].Err, &status) || status.Status != frag.StatusRefused {
		t.Errorf("%+v", d.results)
	}
}

func TestGatewaySendLimits(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) {
		c.Sessions = 1
		c.Mail = MailLimits{NodeMessages: 2, NodeBytes: 2000, Bytes: 3000, Keep: time.Hour}
	})
	n := d.node(nodeAddr)
	n.joins()
	send := func(to espnow.Addr, size int, want error) {
		t.Helper()
		if _, err := d.Send(d.now, to, Outgoing{Payload: make([]byte, size-1), Acknowledge: true}); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
	send(n.addr, 1001, ErrTooLarge) // its hello says 1000
	send(n.addr, 1000, nil)
	away := espnow.Addr{2, 2}
	send(away, 2001, ErrTooLarge)
	send(away, 1000, nil)
	send(away, 1001, ErrFull) // in all
	send(away, 1000, nil)
	send(n.addr, 1, ErrFull) // in all
	send(espnow.Addr{2, 3}, 1, ErrFull)
	if _, err := d.Send(d.now, espnow.Broadcast, Outgoing{}); err == nil {
		t.Error("sent to everybody")
	}
	if _, err := d.Send(d.now, n.addr, Outgoing{Topic: strings.Repeat("t", 256)}); !errors.Is(err, espnow.ErrTopic) {
		t.Error(err)
	}
	d.wait(time.Hour - 1)
	if len(d.results) != 0 {
		t.Errorf("%+v", d.results)
	}
	d.wait(1)
	if len(d.results) != 3 || !errors.Is(d.results[0].Err, ErrExpired) || d.Stats().Mail != 0 {
		t.Errorf("%+v %+v", d.results, d.Stats())
	}
}

func TestGatewaySleepyMail(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.sleepy = true
	n.joins()
	d.wait(awakeFor)
	if _, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("mail"), Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.wait(30 * time.Second)
	if got := d.take(n.addr); len(got) != 0 {
		t.Fatalf("%d frames to a node that sleeps", len(got))
	}
	n.says(n.message(1, 0, "", "awake"))
	got := n.hears()
	p, ok := got[0].(*espnow.Publish)
	if !ok {
		t.Fatalf("%+v", got)
	}
	d.wait(time.Second)
	if again := n.hears(); len(again) != 0 {
		t.Errorf("%+v after it went to sleep again", again)
	}
	n.ping(1) // it comes back, and has not acknowledged
	again := n.hears()
	if len(again) != 2 || again[0].(*espnow.Pingresp).Flags != espnow.PingrespPending || again[1].(*espnow.Publish).MessageID != p.MessageID {
		t.Errorf("%+v", again)
	}
	n.says(&espnow.Puback{MessageID: p.MessageID})
	if len(d.results) != 1 || d.results[0].Err != nil {
		t.Errorf("%+v", d.results)
	}
}

func TestGatewayElsewhere(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	if _, err := d.Send(d.now, n.addr, Outgoing{Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.transmit()
	d.take(n.addr)
	d.Elsewhere(d.now, n.addr)
	d.transmit()
	if len(d.take(n.addr)) != 0 || len(d.presence) != 2 || d.presence[1].Reason != ReasonElsewhere {
		t.Errorf("%+v", d.presence)
	}
	if len(d.results) != 1 || !errors.Is(d.results[0].Err, ErrElsewhere) {
		t.Errorf("%+v", d.results)
	}
}

func TestGatewayShutdown(t *testing.T) {
	d := newDesk(t, nil)
	a, b := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	b.joins()
	a.joins()
	d.Shutdown(d.now)
	d.transmit()
	if len(d.sent) != 2 || d.sent[0].to != a.addr || d.sent[1].to != b.addr {
		t.Fatalf("%+v", d.sent)
	}
	if got := a.packets(d.sent[0].body)[0].(*espnow.Disconnect); got.Reason != espnow.DisconnectReasonShutdown {
		t.Errorf("%+v", got)
	}
	if d.Stats().Sessions != 0 || len(d.presence) != 4 {
		t.Errorf("%+v", d.presence)
	}
}

func TestGatewayAsksForRekey(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	asked := func() (n2 int) {
		for _, p := range n.hears() {
			if g, ok := p.(*espnow.Disconnect); ok && g.Reason == espnow.DisconnectReasonRekey {
				n2++
			}
		}
		return n2
	}
	n.tunnel.next = rekeyPackets - 2
	n.ping(1)
	if asked() != 0 {
		t.Error("asked too early")
	}
	n.ping(2)
	if asked() != 1 {
		t.Error("not asked")
	}
	n.ping(3)
	if asked() != 0 {
		t.Error("asked again at once")
	}
	d.wait(rekeyAgain)
	n.ping(4)
	if asked() != 1 || d.Stats().Sessions != 1 {
		t.Error("not asked again, or the session has ended")
	}
}

// More nodes than the radio has peers are all served, and those heard longest ago make room.
func TestGatewayRadioPeers(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Peers = 4 })
	radio := map[espnow.Addr]bool{}
	for i := byte(1); i <= 9; i++ {
		n := d.node(espnow.Addr{2, 0, 0, 0, 0, i})
		d.wait(time.Second)
		search := n.searchPacket()
		d.hear(n.addr, espnow.Broadcast, search)
		for _, f := range d.sent {
			if f.remove != (espnow.Addr{}) {
				if !radio[f.remove] {
					t.Errorf("%v removed, which is not there", f.remove)
				}
				delete(radio, f.remove)
			}
			if f.add == radio[f.to] {
				t.Errorf("%v: add %v though there %v", f.to, f.add, radio[f.to])
			}
			radio[f.to] = true
			if len(radio) > 4 {
				t.Errorf("%d peers", len(radio))
			}
		}
		d.sent = nil
	}
	d.RadioReset()
	if got := d.Status(d.now).Radio; len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestGatewayOpenNetwork(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Keys = Keyring{} })
	addr := nodeAddr
	frame := func(p espnow.Packet) []byte {
		b, err := p.AppendLast(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	read := func(body []byte) espnow.Packet {
		w := espnow.Walk(body)
		raw, _ := w.Next()
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	d.hear(addr, espnow.Broadcast, frame(&espnow.Connect{Version: 1, Nonce: 5}))
	here := read(d.one(addr)).(*espnow.Connack)
	join := &espnow.Connect{
		Flags: espnow.ConnectJoin, Version: 1, Nonce: 6, Cookie: here.Cookie,
		Hello: espnow.Hello{Boot: 7, MaxMessage: 1000, MaxFrame: 250, Window: 8},
	}
	before := *join
	before.Nonce, before.Hello.Boot = 4, 8
	d.hear(addr, gwAddr, frame(&before)) // and a restart
	d.wait(time.Second)
	d.take(addr)
	d.hear(addr, gwAddr, frame(join))
	ack := read(d.one(addr)).(*espnow.Connack)
	if ack.Status != espnow.ConnackStatusAccepted || ack.Echo != 6 || ack.Welcome.KeepAlive != 60 || ack.Welcome.Session == 0 {
		t.Fatalf("%+v", ack)
	}
	d.hear(addr, gwAddr, frame(&espnow.Pingreq{Time: 3}))
	if got := read(d.one(addr)).(*espnow.Pingresp); got.Time != 3 || d.Stats().Sessions != 1 {
		t.Errorf("%+v", got)
	}
	d.hear(addr, gwAddr, frame(&espnow.Pingreq{Time: 4}))
	if len(d.presence) != 1 || d.presence[0].Boot != 7 {
		t.Errorf("%+v: want the boot of the last join, once", d.presence)
	}
	d.take(addr)
	d.hear(addr, gwAddr, frame(&espnow.Publish{Flags: askAck, MessageID: 1, Data: []byte("\x00x")}))
	d.Accept(d.now, d.messages[0].Receipt)
	d.take(addr)
	d.hear(addr, gwAddr, frame(&espnow.Publish{Flags: askAck, MessageID: 1, Data: []byte("\x00x")}))
	if got := read(d.one(addr)).(*espnow.Puback); got.Status != espnow.PubackStatusComplete || len(d.messages) != 1 {
		t.Errorf("%+v", got)
	}
	last := frame(&espnow.Publish{MessageID: 2, Data: []byte("\x00y")})
	d.hear(addr, gwAddr, last)
	d.hear(addr, gwAddr, frame(&espnow.Disconnect{}))
	if d.hear(addr, gwAddr, last); len(d.messages) != 2 || d.Stats().Sessions != 0 {
		t.Errorf("a message and its repeat after a goodbye: %d messages were told, want 2; %d sessions", len(d.messages), d.Stats().Sessions)
	}
	d.hear(espnow.Addr{2, 9}, gwAddr, frame(&espnow.Pingreq{}))
	if got := read(d.one(espnow.Addr{2, 9})).(*espnow.Disconnect); got.Flags != espnow.DisconnectReset || got.Reason != espnow.DisconnectReasonUnknownSession {
		t.Errorf("%+v", got)
	}
}

func TestGatewayStatus(t *testing.T) {
	d := newDesk(t, nil)
	a, b := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	b.joins()
	a.joins()
	d.Deny(d.now, espnow.Addr{2, 3})
	d.wait(5 * time.Second)
	b.says(&espnow.Disconnect{})
	d.take(b.addr)
	s := d.Status(d.now)
	s.Stats, s.Radio, s.Boot = GatewayStats{}, nil, 0
	want := Status{
		Addr: gwAddr, Channel: 1, Secure: true, Keys: []uint8{1}, Denied: []espnow.Addr{{2, 3}},
		Nodes: []NodeStatus{
			{Addr: a.addr, Present: true, Boot: 7, Session: s.Nodes[0].Session, Since: 5 * time.Second, Seen: 5 * time.Second, RSSI: -50, MaxFrame: 250, Sealed: 1},
			{Addr: b.addr, Boot: 7, RSSI: -50},
		},
	}
	if diff := cmp.Diff(want, s); diff != "" || s.Nodes[0].Session == 0 {
		t.Error(diff)
	}
}

// A frame is the caller's until he asks for the next one, however many answers come to wait behind it.
func TestGatewayFrameStaysValid(t *testing.T) {
	d := newDesk(t, nil)
	search := func(i byte) {
		n := d.node(espnow.Addr{2, 0, 0, 0, 0, i})
		d.Handle(d.now, Frame{Src: n.addr, Dst: espnow.Broadcast, Body: n.searchPacket()})
		d.poll()
	}
	for i := range byte(maxReplies) {
		search(i)
	}
	f, ok := d.Transmit(d.now)
	if !ok {
		t.Fatal("no answer")
	}
	before := bytes.Clone(f.Body)
	search(maxReplies) // in the place of the first
	if !bytes.Equal(before, f.Body) {
		t.Error("a frame in flight was overwritten")
	}
	d.wantDrop(espnow.DropReasonNoRoom, 0)
	search(maxReplies + 1)
	d.wantDrop(espnow.DropReasonNoRoom, 1)
}

// While a key is replaced by the next one, devices of both are let in; then those of the old one are strangers, but for the
// sessions that they have. A network stays secure without any key.
func TestGatewayKeyRotation(t *testing.T) {
	d := newDesk(t, nil)
	next, err := NewNetworkKey(seeded(99))
	if err != nil {
		t.Fatal(err)
	}
	old, moved := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	moved.keyID, moved.keys = 2, next.Device(moved.addr).deviceKeys()
	d.hear(moved.addr, espnow.Broadcast, moved.searchPacket())
	d.wantDrop(espnow.DropReasonUnknownKey, 1)
	if err := d.Keys().Add(2, next); err != nil {
		t.Fatal(err)
	}
	old.joins()
	moved.joins()
	if got := d.Status(d.now).Keys; !slices.Equal(got, []uint8{1, 2}) {
		t.Errorf("keys %v", got)
	}
	d.Keys().Remove(1)
	old.ping(1)
	if got := old.hears(); len(got) != 1 {
		t.Errorf("a session ends with its network key: %v", got)
	}
	d.hear(old.addr, espnow.Broadcast, old.searchPacket())
	d.wantDrop(espnow.DropReasonUnknownKey, 2)
	d.Keys().Remove(2)
	if !d.Status(d.now).Secure {
		t.Error("the network is open")
	}
	d.hear(old.addr, gwAddr, old.must(old.message(1, 0, "", "x").AppendLast(nil)))
	d.wantDrop(espnow.DropReasonPlainOnSecure, 1)
}
