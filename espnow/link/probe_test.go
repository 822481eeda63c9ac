package link

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// What the tests of a node have in common: a node with a clock, and gateways made of the package's parts that do one step at
// a time, so that a test can leave steps out, repeat them and get them wrong.

// probe is a node and a clock, and what the node has told and sent.
type probe struct {
	testing.TB
	*Node
	now      time.Duration
	sent     []nodeFrame
	links    []Connection
	messages []Message
	results  []Result
}

type nodeFrame struct {
	at time.Duration
	Transmission
}

// newProbe makes a node of a secure network that is set before it starts.
func newProbe(t testing.TB, set func(*NodeConfig)) *probe {
	t.Helper()
	cfg := DefaultNodeConfig(nodeAddr)
	cfg.Random, cfg.Key, cfg.KeyID = seeded(3), testNetworkKey(t).Device(nodeAddr), 1
	cfg.Channels = []uint8{1, 6, 11}
	if set != nil {
		set(&cfg)
	}
	n, err := NewNode(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{TB: t, Node: n, now: time.Second}
	p.poll()
	return p
}

// open makes a node of an open network.
func open(c *NodeConfig) { c.Key, c.KeyID = DeviceKey{}, 0 }

// poll takes what the node tells.
func (p *probe) poll() {
	for e, ok := p.Poll(p.now); ok; e, ok = p.Poll(p.now) {
		switch e := e.(type) {
		case *Message:
			m := *e
			m.Topic, m.Payload = bytes.Clone(e.Topic), bytes.Clone(e.Payload)
			p.messages = append(p.messages, m)
		case *Connection:
			p.links = append(p.links, *e)
		case *Result:
			p.results = append(p.results, *e)
		}
	}
}

// transmit takes what the node sends.
func (p *probe) transmit() {
	p.poll()
	for f, ok := p.Transmit(p.now); ok; f, ok = p.Transmit(p.now) {
		sent := nodeFrame{p.now, *f}
		sent.Body = bytes.Clone(f.Body)
		p.sent = append(p.sent, sent)
		p.poll()
	}
	p.poll()
}

// hear gives the node a frame, and lets it do all that follows.
func (p *probe) hear(from espnow.Addr, body []byte) {
	p.hearFrame(Frame{Src: from, Dst: nodeAddr, Body: body})
}

func (p *probe) hearFrame(f Frame) {
	before := bytes.Clone(f.Body)
	if f.RSSI == 0 {
		f.RSSI, f.Channel = -50, 6
	}
	p.Handle(p.now, f)
	p.transmit()
	if !bytes.Equal(before, f.Body) {
		p.Fatal("the node wrote into the frame")
	}
}

// wait lets time pass, and the node do what is due.
func (p *probe) wait(d time.Duration) {
	p.Helper()
	p.waitFor(d, func() bool { return false })
}

// waitFor lets time pass until something is so, and reports whether it was.
func (p *probe) waitFor(d time.Duration, so func() bool) bool {
	p.Helper()
	end := p.now + d
	p.transmit()
	for !so() {
		at, ok := p.NextDeadline()
		if !ok || at > end {
			p.now = end
			p.transmit()
			return so()
		}
		if at < p.now {
			p.Fatalf("at %v the node waits until %v", p.now, at)
		}
		p.now = at
		p.transmit()
		if again, ok := p.NextDeadline(); ok && again <= p.now {
			p.Fatalf("at %v the node waits until %v, again", p.now, again)
		}
	}
	return true
}

// frame waits for the next frame and takes it.
func (p *probe) frame(d time.Duration) nodeFrame {
	p.Helper()
	if !p.waitFor(d, func() bool { return len(p.sent) > 0 }) {
		p.Fatalf("no frame within %v", d)
	}
	f := p.sent[0]
	p.sent = p.sent[1:]
	return f
}

// quiet wants nothing to be sent for a while.
func (p *probe) quiet(d time.Duration) {
	p.Helper()
	p.wait(d)
	if len(p.sent) > 0 {
		p.Fatalf("sent %x to %v", p.sent[0].Body, p.sent[0].Dst)
	}
}

// dropped counts all drops.
func (p *probe) dropped() uint64 {
	drops := p.Stats().Drops
	return drops.Total()
}

// wantDrop wants exactly one packet to be dropped by what do does, for a reason, and nothing else to change.
func (p *probe) wantDrop(reason espnow.DropReason, do func()) {
	p.Helper()
	before, state := p.Stats().Drops, p.state()
	do()
	after := p.Stats().Drops
	if after[reason] != before[reason]+1 || after.Total() != before.Total()+1 {
		p.Errorf("want one drop as %v, have %v after %v", reason, after, before)
	}
	if now := p.state(); now != state {
		p.Errorf("a packet dropped as %v changed the node:\n%s\n%s", reason, state, now)
	}
}

// state is what no bad packet may change.
func (p *probe) state() string {
	n, session := p.Node, "none"
	if s := n.session; s != nil {
		session = fmt.Sprint(s.id, s.boot, s.maxFrame)
		if s.tunnel != nil {
			session += fmt.Sprint(s.tunnel.next, s.tunnel.window)
		}
	}
	k := n.seek
	seek := fmt.Sprint(k.phase, k.at, k.send, k.renew, k.failures, k.failed, k.nonce, k.best, k.answers, k.retry, k.refused, k.sent)
	return fmt.Sprint(session, n.up, seek, n.alive, n.home, n.unix, n.stopped, len(n.answers), len(n.outbox.queue), n.memory,
		len(p.links), len(p.messages), len(p.results), len(p.sent))
}

// connect reads a CONNECT.
func (p *probe) connect(f nodeFrame) espnow.Connect {
	p.Helper()
	for packet, err := range espnow.Packets(f.Body) {
		if c, ok := packet.(*espnow.Connect); ok && err == nil {
			return *c
		}
	}
	p.Fatalf("no CONNECT: %x", f.Body)
	return espnow.Connect{}
}

// house is a gateway.
type house struct {
	*probe
	addr    espnow.Addr
	keys    deviceKeys // of the node; none on an open network
	welcome espnow.Welcome
	cookie  [8]byte
	load    uint8
	rssi    int8
	random  *rand.ChaCha8

	tunnel  *tunnel // the newest
	unix    uint64
	pending bool
}

// gateway makes a gateway on channel 6.
func (p *probe) gateway(addr espnow.Addr) *house {
	h := &house{
		probe: p, addr: addr, cookie: [8]byte{1, 2, 3}, rssi: -50, random: seeded(uint64(addr[5]) + 1000),
		welcome: espnow.Welcome{Boot: 9, MaxMessage: 1000, MaxFrame: 250, KeepAlive: 60, Session: 5, Window: 8, Channel: 6},
	}
	if p.cfg.secure() {
		h.keys = testNetworkKey(p).Device(nodeAddr).deviceKeys()
	}
	return h
}

func (h *house) must(b []byte, err error) []byte {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
	return b
}

// connack makes a proven CONNACK.
func (h *house) connack(c *espnow.Connack) []byte {
	h.Helper()
	if h.keys.search.bytes == nil {
		return h.must(c.AppendLast(nil))
	}
	c.Flags |= espnow.ConnackSecure
	return h.must(appendAnswer(nil, h.keys.search, h.addr, nodeAddr, c))
}

// here answers a search.
func (h *house) here(search nodeFrame) []byte {
	h.Helper()
	return h.connack(&espnow.Connack{
		Status: espnow.ConnackStatusHere, Echo: h.connect(search).Nonce, Cookie: h.cookie, Load: h.load, Channel: h.welcome.Channel,
	})
}

// accept accepts a join; the next frames are of the new session.
func (h *house) accept(join nodeFrame) []byte {
	h.Helper()
	c := h.connect(join)
	answer := espnow.Connack{Status: espnow.ConnackStatusAccepted, Echo: c.Nonce, Welcome: h.welcome}
	if h.keys.psk.bytes != nil {
		request, err := readJoin(h.random, h.keys.psk, nodeAddr, h.addr, &c, join.Body)
		if err != nil {
			h.Fatal(err)
		}
		accepted, keys, err := request.accept(&h.welcome)
		if err != nil {
			h.Fatal(err)
		}
		answer, h.tunnel = accepted, newGatewayTunnel(h.now, keys, h.welcome.Session)
	}
	return h.connack(&answer)
}

// says sends packets in the session, as hear does.
func (h *house) says(packets ...espnow.Packet) { h.Helper(); h.hear(h.addr, h.frameOf(packets...)) }

// frameOf makes a frame of the session.
func (h *house) frameOf(packets ...espnow.Packet) []byte {
	h.Helper()
	var b []byte
	if h.tunnel != nil {
		b = make([]byte, sealedClearLen)
	}
	for _, p := range packets {
		b = h.must(p.AppendLast(b))
	}
	if h.tunnel == nil {
		return b
	}
	return h.must(h.tunnel.seal(b, 0))
}

// packets opens a frame of the node's.
func (h *house) packets(f nodeFrame) (all []espnow.Packet) {
	h.Helper()
	if f.Dst != h.addr {
		h.Fatalf("a frame to %v", f.Dst)
	}
	inner := bytes.Clone(f.Body)
	if h.tunnel != nil {
		var err error
		if inner, err = h.tunnel.open(inner); err != nil {
			h.Fatal(err)
		}
	}
	w := espnow.Walk(inner)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			h.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// next waits for the next frame of the session, and returns its packets.
func (h *house) next(d time.Duration) []espnow.Packet {
	h.Helper()
	return h.packets(h.frame(d))
}

// one waits for a frame with one packet of a type.
func one[P espnow.Packet](h *house, d time.Duration) P {
	h.Helper()
	all := h.next(d)
	p, ok := all[0].(P)
	if len(all) != 1 || !ok {
		h.Fatalf("the node says %+v", all)
	}
	return p
}

// pong answers a PINGREQ.
func (h *house) pong(p *espnow.Pingreq) {
	h.Helper()
	r := &espnow.Pingresp{Time: p.Time, UnixMs: h.unix}
	if h.pending {
		r.Flags |= espnow.PingrespPending
	}
	h.says(r)
}

// pubackOf makes a PUBACK.
func pubackOf(id uint16, status espnow.PubackStatus, received int) *espnow.Puback {
	return &espnow.Puback{MessageID: id, Status: status, Received: uint32(received)}
}

// search waits for the first question that this gateway can hear.
func (h *house) search() nodeFrame {
	h.Helper()
	for {
		f := h.frame(maxBackOff + time.Second)
		if f.Channel == h.welcome.Channel && (f.Dst == h.addr || f.Dst.IsBroadcast()) && h.connect(f).Flags&espnow.ConnectJoin == 0 {
			return f
		}
	}
}

// offers answers the next search, and returns the join that follows.
func (h *house) offers() nodeFrame {
	h.Helper()
	h.hearFrame(Frame{Src: h.addr, Dst: nodeAddr, RSSI: h.rssi, Channel: h.welcome.Channel, Body: h.here(h.search())})
	for {
		f := h.frame(time.Second)
		if c := h.connect(f); c.Flags&espnow.ConnectJoin != 0 {
			if f.Dst != h.addr || f.Channel != h.welcome.Channel {
				h.Fatalf("joins %v on channel %d", f.Dst, f.Channel)
			}
			return f
		}
	}
}

// connects does all until the session is whole.
func (h *house) connects() {
	h.Helper()
	h.hear(h.addr, h.accept(h.offers()))
	h.pong(one[*espnow.Pingreq](h, 0))
	if !h.Connected() || len(h.sent) != 0 {
		h.Fatalf("not connected: %+v", h.links)
	}
}

// connected is a node that has a session, and its gateway.
func connected(t testing.TB, set func(*NodeConfig)) *house {
	t.Helper()
	h := newProbe(t, set).gateway(gwAddr)
	h.connects()
	return h
}

// publishes queues a message and lets the node send.
func (p *probe) publishes(payload string, acknowledge bool) {
	p.Helper()
	if _, err := p.Publish(p.now, Outgoing{Payload: []byte(payload), Acknowledge: acknowledge}); err != nil {
		p.Fatal(err)
	}
	p.transmit()
}
