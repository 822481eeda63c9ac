package link

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// What the tests of a gateway's sessions have in common: a gateway, and nodes made of the package's parts that do one step
// at a time, so that a test can leave steps out, repeat them and get them wrong.

var (
	gwAddr   = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}
	nodeAddr = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}
)

// seeded is randomness from a seed.
func seeded(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

func testNetworkKey(t testing.TB) NetworkKey {
	t.Helper()
	k, err := NewNetworkKey(seeded(77))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// desk is a gateway and a clock, and what the gateway has told and sent.
type desk struct {
	testing.TB
	*Gateway
	key      NetworkKey
	now      time.Duration
	sent     []sentFrame
	messages []Message
	presence []Presence
	results  []Result
}

type sentFrame struct {
	to     espnow.Addr
	body   []byte
	remove espnow.Addr
	add    bool
}

func newDesk(t testing.TB, set func(*GatewayConfig)) *desk {
	t.Helper()
	cfg := DefaultGatewayConfig(gwAddr)
	cfg.Random, cfg.RecentIDs, cfg.JoinEvery = seeded(1), 16, 0
	key := testNetworkKey(t)
	if err := cfg.Keys.Add(1, key); err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(&cfg)
	}
	g, err := NewGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{TB: t, Gateway: g, key: key, now: time.Second}
}

// poll takes what the gateway tells.
func (d *desk) poll() {
	for e, ok := d.Poll(d.now); ok; e, ok = d.Poll(d.now) {
		switch e := e.(type) {
		case *Message:
			m := *e
			m.Topic, m.Payload = bytes.Clone(e.Topic), bytes.Clone(e.Payload)
			d.messages = append(d.messages, m)
		case *Presence:
			d.presence = append(d.presence, *e)
		case *Result:
			d.results = append(d.results, *e)
		}
	}
}

// transmit takes what the gateway sends.
func (d *desk) transmit() {
	for f, ok := d.Transmit(d.now); ok; f, ok = d.Transmit(d.now) {
		d.sent = append(d.sent, sentFrame{f.Dst, bytes.Clone(f.Body), f.Remove, f.Add})
	}
	d.poll()
}

// hear gives the gateway a frame, and lets it do all that follows.
func (d *desk) hear(from, to espnow.Addr, body []byte) {
	before := bytes.Clone(body)
	d.Handle(d.now, Frame{Src: from, Dst: to, RSSI: -50, Channel: 1, Body: body})
	d.poll()
	d.transmit()
	if !bytes.Equal(before, body) {
		d.Fatal("the gateway wrote into the frame")
	}
}

// wait lets time pass, and the gateway do what is due.
func (d *desk) wait(t time.Duration) {
	end := d.now + t
	for at, ok := d.NextDeadline(); ok && at <= end; at, ok = d.NextDeadline() {
		before := d.now
		d.now = max(d.now, at)
		d.poll()
		d.transmit()
		if again, ok := d.NextDeadline(); ok && again <= at && d.now == before {
			d.Fatalf("at %v the gateway waits until %v, again", d.now, again)
		}
	}
	d.now = end
	d.poll()
	d.transmit()
}

// take returns the frames that were sent to an address since the last take.
func (d *desk) take(to espnow.Addr) (bodies [][]byte) {
	for _, f := range d.sent {
		if f.to == to {
			bodies = append(bodies, f.body)
		}
	}
	d.sent = nil
	return bodies
}

// one returns the one frame that was sent to an address since the last take.
func (d *desk) one(to espnow.Addr) []byte {
	d.Helper()
	bodies := d.take(to)
	if len(bodies) != 1 {
		d.Fatalf("%d frames to %v, want 1 (drops %v)", len(bodies), to, d.drops())
	}
	return bodies[0]
}

func (d *desk) drops() map[espnow.DropReason]uint64 {
	all := map[espnow.DropReason]uint64{}
	stats := d.Stats()
	for reason, n := range stats.Drops.All() {
		all[reason] = n
	}
	return all
}

// wantDrop wants a reason to have been counted so often.
func (d *desk) wantDrop(reason espnow.DropReason, n uint64) {
	d.Helper()
	if got := d.Stats().Drops[reason]; got != n {
		d.Errorf("%d dropped as %v, want %d (%v)", got, reason, n, d.drops())
	}
}

// scripted is a node.
type scripted struct {
	*desk
	addr    espnow.Addr
	version uint8
	keyID   uint8
	keys    deviceKeys
	random  *rand.ChaCha8
	hello   espnow.Hello
	sleepy  bool

	tunnel *tunnel
	tags   sentTags
}

func (d *desk) node(addr espnow.Addr) *scripted {
	return &scripted{
		desk: d, addr: addr, version: espnow.Version, keyID: 1, keys: d.key.Device(addr).deviceKeys(),
		random: seeded(uint64(addr[5])<<8 | uint64(addr[4])),
		hello:  espnow.Hello{Boot: 7, MaxMessage: 1000, MaxFrame: 250, KeepAlive: 60, Window: 64},
	}
}

func (n *scripted) nonce() uint32 { return uint32(n.random.Uint64()) }

// searchPacket makes a search.
func (n *scripted) searchPacket() []byte {
	return n.must(appendSearch(nil, n.keys.search, n.addr, &espnow.Connect{
		Flags: espnow.ConnectSecure, Version: 1, KeyID: n.keyID, Nonce: n.nonce(),
	}))
}

func (n *scripted) must(b []byte, err error) []byte {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
	return b
}

// connack reads the frame as a proven CONNACK.
func (n *scripted) connack(body []byte) espnow.Connack {
	n.Helper()
	if !checkAnswer(n.keys.search, gwAddr, n.addr, body) {
		n.Fatal("the answer is not proven")
	}
	for p, err := range espnow.Packets(body) {
		if c, ok := p.(*espnow.Connack); ok && err == nil {
			return *c
		}
	}
	n.Fatalf("no CONNACK: %x", body)
	return espnow.Connack{}
}

// search returns the answer to a search.
func (n *scripted) search() espnow.Connack {
	n.Helper()
	n.hear(n.addr, espnow.Broadcast, n.searchPacket())
	return n.connack(n.one(n.addr))
}

// joinWith makes a join.
func (n *scripted) joinWith(cookie [8]byte) *join {
	n.Helper()
	c := espnow.Connect{Version: n.version, KeyID: n.keyID, Nonce: n.nonce(), Cookie: cookie}
	if n.sleepy {
		c.Flags |= espnow.ConnectSleepy
	}
	j, err := newJoin(n.random, n.keys.psk, n.addr, gwAddr, c, &n.hello)
	if err != nil {
		n.Fatal(err)
	}
	return j
}

// accept takes the gateway's answer to a join.
func (n *scripted) accept(j *join, body []byte) espnow.Welcome {
	n.Helper()
	c := n.connack(body)
	if c.Status != espnow.ConnackStatusAccepted {
		n.Fatalf("%+v", c)
	}
	welcome, keys, err := j.finish(&c)
	if err != nil {
		n.Fatal(err)
	}
	n.tunnel = newNodeTunnel(n.now, keys, welcome.Session)
	n.tags = sentTags{session: welcome.Session}
	return welcome
}

// joins does all until the session is whole.
func (n *scripted) joins() espnow.Welcome {
	n.Helper()
	j := n.joinWith(n.search().Cookie)
	n.hear(n.addr, gwAddr, j.packet)
	welcome := n.accept(j, n.one(n.addr))
	n.ping(1)
	if got := n.packets(n.one(n.addr)); len(got) != 1 || got[0].Type() != espnow.TypePingresp {
		n.Fatalf("answer to PINGREQ: %v", got)
	}
	return welcome
}

// sealed makes a frame of packets.
func (n *scripted) sealed(packets ...espnow.Packet) []byte {
	n.Helper()
	b := make([]byte, sealedClearLen)
	for _, p := range packets {
		b = n.must(p.AppendLast(b))
	}
	counter := n.tunnel.next
	b = n.must(n.tunnel.seal(b, 0))
	n.tags.add(n.now, counter, [tagLen]byte(b[len(b)-tagLen:]))
	return b
}

// says sends packets.
func (n *scripted) says(packets ...espnow.Packet) { n.hear(n.addr, gwAddr, n.sealed(packets...)) }

func (n *scripted) ping(time uint32) { n.says(&espnow.Pingreq{Time: time}) }

// packets opens a frame of the gateway's.
func (n *scripted) packets(body []byte) (all []espnow.Packet) {
	n.Helper()
	inner, err := n.tunnel.open(bytes.Clone(body))
	if err != nil {
		n.Fatal(err)
	}
	w := espnow.Walk(inner)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			n.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// hears returns the packets of all frames to the node since the last take.
func (n *scripted) hears() (all []espnow.Packet) {
	n.Helper()
	for _, body := range n.take(n.addr) {
		all = append(all, n.packets(body)...)
	}
	return all
}

// publishes makes a whole message.
func (n *scripted) message(id uint16, flags espnow.PublishFlags, topic, payload string) *espnow.Publish {
	return &espnow.Publish{Flags: flags, MessageID: id, Data: append([]byte{byte(len(topic))}, topic+payload...)}
}

const askAck = espnow.PublishAck
