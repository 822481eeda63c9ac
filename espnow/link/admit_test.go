package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
)

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
		{"a CONNACK too short, if it were looked at", func(*scripted) []byte {
			return []byte{byte(espnow.TypeConnack) << 4, 0}
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
	d.wantDrop(espnow.DropReasonVersion, 1)
	n.version = 2
	d.hear(n.addr, gwAddr, n.joinWith(n.search().Cookie).packet)
	if c := n.connack(d.one(n.addr)); c.Status != espnow.ConnackStatusRefused || c.Reason != espnow.RefuseReasonVersion {
		t.Errorf("a join: %+v", c)
	}
	d.wantDrop(espnow.DropReasonVersion, 2)
	n.version = espnow.Version
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

// Mail for nodes that never come takes no place from those that do: who has been away longest loses it, and that is told.
func TestGatewayMailKeepsNobodyOut(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 2 })
	send := func(to espnow.Addr) error {
		d.now++
		_, err := d.Send(d.now, to, Outgoing{Payload: []byte("x"), Acknowledge: true})
		return err
	}
	for i := range byte(4) {
		if err := send(espnow.Addr{2, 9, i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(espnow.Addr{2, 9, 4}); !errors.Is(err, ErrFull) {
		t.Errorf("mail for a stranger takes the place of another's: %v", err)
	}
	d.node(nodeAddr).joins()
	d.node(espnow.Addr{2, 2}).joins()
	if s := d.Stats(); s.Sessions != 2 || s.Known != 4 || s.Mail == 0 {
		t.Errorf("%+v", s)
	}
	var lost []espnow.Addr
	for _, r := range d.results {
		if !errors.Is(r.Err, ErrFull) {
			t.Errorf("%+v", r)
		}
		lost = append(lost, r.To)
	}
	if diff := cmp.Diff([]espnow.Addr{{2, 9, 0}, {2, 9, 1}}, lost); diff != "" {
		t.Error(diff)
	}
}

// A node remembers the ids of a gateway that had to forget it: what is sent to it after that must be new to it.
func TestGatewayForgetsEarly(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 2 })
	n := d.node(nodeAddr)
	boot := n.joins().Boot
	n.says(&espnow.Disconnect{})
	if again := n.joins().Boot; again != boot {
		t.Errorf("boot %d and %d of one memory", boot, again)
	}
	n.says(&espnow.Disconnect{})
	here := n.search()
	joining := n.joinWith(here.Cookie)
	d.hear(n.addr, gwAddr, joining.packet)
	welcome := d.one(n.addr)
	for i := range byte(4) { // others come and go
		d.now += time.Second
		other := d.node(espnow.Addr{2, 8, i})
		other.joins()
		other.says(&espnow.Disconnect{})
	}
	if d.peers[nodeAddr] != nil || d.Stats().HalfOpen != 0 {
		t.Fatal("it is known still")
	}
	n.accept(joining, welcome) // of a memory that is gone
	n.ping(1)
	d.wantDrop(espnow.DropReasonNoSession, 1)
	d.take(n.addr)
	if again := n.joins().Boot; again == boot {
		t.Errorf("boot %d after the node was forgotten", again)
	}
}

// A join that could not be remembered could be repeated by anybody: while there is no room, nodes are told to come later.
func TestGatewayRemembersAllJoins(t *testing.T) {
	d := newDesk(t, nil)
	for i := range joinsKept - 1 {
		d.door.joins.add(d.now, joinHash{byte(i), byte(i >> 8), 1})
	}
	first, second := d.node(nodeAddr), d.node(espnow.Addr{2, 2})
	first.joins()
	d.now += time.Second
	d.hear(second.addr, gwAddr, second.joinWith(second.search().Cookie).packet)
	if c := second.connack(d.one(second.addr)); c.Status != espnow.ConnackStatusBusy {
		t.Errorf("%+v", c)
	}
	d.wait(2 * cookiePeriod)
	second.joins()
	for d.door.joins.free(d.now) > 1 { // there is room for one, and that waits for its turn
		d.door.joins.add(d.now, joinHash{byte(d.door.joins.size), byte(d.door.joins.size >> 8), 2})
	}
	d.door.nextJoin = d.now + time.Second
	third, fourth := d.node(espnow.Addr{2, 3}), d.node(espnow.Addr{2, 4})
	d.hear(third.addr, gwAddr, third.joinWith(third.search().Cookie).packet)
	d.hear(fourth.addr, gwAddr, fourth.joinWith(fourth.search().Cookie).packet)
	if c := fourth.connack(d.one(fourth.addr)); c.Status != espnow.ConnackStatusBusy || len(d.take(third.addr)) != 0 {
		t.Errorf("%+v", c)
	}
}

// What a node was told of is what counts, though mail began the memory of it before its first packet.
func TestGatewayMailDuringJoin(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 2 })
	for i := range byte(4) {
		d.now += time.Second
		other := d.node(espnow.Addr{2, 8, i})
		other.joins()
		other.says(&espnow.Disconnect{})
	}
	n := d.node(nodeAddr)
	joining := n.joinWith(n.search().Cookie)
	d.hear(n.addr, gwAddr, joining.packet)
	welcome := n.accept(joining, d.one(n.addr))
	if _, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("x")}); err != nil { // another is forgotten for it
		t.Fatal(err)
	}
	n.ping(1)
	d.take(n.addr)
	d.now += time.Second
	if again := n.joins().Boot; again != welcome.Boot {
		t.Errorf("boot %d, then %d, of one memory", welcome.Boot, again)
	}
}

// junkSealed is a SEALED packet of a made-up node: no key is needed for it.
func junkSealed(i int) (espnow.Addr, []byte) {
	b := make([]byte, 23)
	b[0], b[1], b[2] = byte(espnow.TypeSealed)<<4, 21, 9
	binary.LittleEndian.PutUint32(b[3:], uint32(i))
	return espnow.Addr{2, 9, 0, 0, byte(i >> 8), byte(i)}, b
}

// One junk packet of made-up nodes for each frame that the gateway sends keeps it from no node.
func TestGatewayServesNodesFirst(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	junk := func(i int) {
		src, b := junkSealed(i % 1000)
		d.Handle(d.now, Frame{Src: src, Dst: gwAddr, RSSI: -50, Channel: 1, Body: b})
		d.poll()
	}
	junk(0)
	d.Handle(d.now, Frame{Src: nodeAddr, Dst: gwAddr, RSSI: -50, Channel: 1, Body: n.sealed(&espnow.Pingreq{Time: 5})})
	d.poll()
	for i := 1; i < 3; i++ {
		f, ok := d.Transmit(d.now)
		if !ok {
			t.Fatal("nothing to send")
		}
		if f.Dst == nodeAddr {
			return
		}
		d.now += 2 * time.Millisecond // airtime of one frame
		junk(i)
	}
	t.Error("a node's PINGREQ waits behind answers to strangers")
}

// However many addresses are made up, those who have proven nothing get so many answers and no more.
func TestGatewayStrangersHaveARate(t *testing.T) {
	for name, c := range map[string]struct {
		keys Keyring
		dst  espnow.Addr
		body func(i int) []byte
	}{
		"resets": {keys: newDesk(t, nil).cfg.Keys.clone(), dst: gwAddr, body: func(i int) []byte { _, b := junkSealed(i); return b }},
		"resets of an open network": {dst: gwAddr, body: func(int) []byte {
			b, _ := (&espnow.Pingreq{Time: 1}).Append(nil)
			return b
		}},
		"searches of an open network": {dst: espnow.Broadcast, body: func(i int) []byte {
			b, _ := (&espnow.Connect{Version: espnow.Version, Nonce: uint32(i)}).Append(nil)
			return b
		}},
	} {
		d := newDesk(t, func(c2 *GatewayConfig) { c2.Keys = c.keys })
		flood := func(span time.Duration, n int) (answers int) {
			d.sent = nil
			for i := range n {
				addr, _ := junkSealed(i)
				d.hear(addr, c.dst, c.body(i))
				answers += len(d.take(addr))
				d.now += span / time.Duration(n)
			}
			return answers
		}
		if got := flood(0, 500); got != strangerBurst {
			t.Errorf("%s: %d answers at once, want %d", name, got, strangerBurst)
		}
		if got, want := flood(time.Second, 1000), int(time.Second/strangerEvery); got < want-1 || got > want+1 {
			t.Errorf("%s: %d answers in a second, want %d", name, got, want)
		}
	}
}

// Searches that somebody has recorded over days are answered at the rate of repeats, when there are too many to be known again.
func TestGatewayRecordedSearches(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	var recorded [][]byte
	for range searchesKept + 76 {
		recorded = append(recorded, n.searchPacket())
	}
	for round := range 3 {
		d.sent = nil
		for _, b := range recorded { // 100 a second
			d.now += 10 * time.Millisecond
			d.hear(nodeAddr, espnow.Broadcast, b)
		}
		if got := len(d.take(nodeAddr)); round > 0 && got > 100 {
			t.Errorf("round %d: %d answers to one address within 11 s, want 2 a second", round, got)
		}
	}
}

// A join is accepted only if it can be answered, for its repeats would not be: they are replays then.
func TestGatewayJoinWithoutRoomForAnswer(t *testing.T) {
	d := newDesk(t, nil)
	n, other := d.node(nodeAddr), d.node(espnow.Addr{2, 2})
	j, waits := n.joinWith(n.search().Cookie), other.joinWith(other.search().Cookie)
	handle := func(from espnow.Addr, body []byte) {
		d.Handle(d.now, Frame{Src: from, Dst: gwAddr, RSSI: -50, Channel: 1, Body: bytes.Clone(body)})
		d.poll()
	}
	d.door.nextJoin = d.now + time.Second
	handle(other.addr, waits.packet)
	for !d.door.full() {
		d.door.push(espnow.Addr{2, 3})
	}
	handle(n.addr, j.packet)
	d.wantDrop(espnow.DropReasonNoRoom, 1)
	d.now += time.Second // the other's turn
	d.poll()
	if s := d.Stats(); s.HalfOpen != 0 || s.KeyExchanges != 0 {
		t.Errorf("%+v", s)
	}
	if at, ok := d.NextDeadline(); ok && at <= d.now {
		t.Error("the gateway waits for what it cannot do")
	}
	d.door.waiting = 0
	d.poll()
	d.transmit()
	other.accept(waits, d.one(other.addr))
	d.now += time.Second
	handle(n.addr, j.packet)
	d.transmit()
	n.accept(j, d.one(n.addr))
	d.wantDrop(espnow.DropReasonReplay, 0)
}

// New keys take no place in the table.
func TestGatewayRenewalTakesNoPlace(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 2 })
	a := d.node(nodeAddr)
	a.joins()
	j := a.joinWith(a.search().Cookie) // new keys
	d.hear(nodeAddr, gwAddr, j.packet)
	d.take(nodeAddr)
	b := d.node(espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 2})
	jb := b.joinWith(b.search().Cookie)
	d.hear(b.addr, gwAddr, jb.packet)
	if c := b.connack(d.one(b.addr)); c.Status != espnow.ConnackStatusAccepted {
		t.Errorf("one session of two is free, but a join is answered %+v", c)
	}
}
