//go:build enow_ccore

package machine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/frag"
)

var (
	gatewaySeeds = flag.Int("gateway.seeds", 40, "how many gateways TestGatewayTwins has")
	gatewaySeed  = flag.Uint64("gateway.seed", 1, "the seed of the first of them")
)

// Gateways of open networks in Go and in C, in small memories, are given packets of every kind in any order and say the same.
func TestGatewayTwins(t *testing.T) {
	told := map[string]int{}
	for i := range uint64(*gatewaySeeds) {
		seed := *gatewaySeed + i
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playGateway(t, seed, told) })
	}
	for _, kind := range []string{
		"*link.Message", "*link.Result", "*link.Presence", "*espnow.Puback", "*espnow.Pingresp", "*espnow.Publish", "*espnow.Disconnect",
		"connack 0", "connack 1", "connack 2", "connack 3",
	} {
		if told[kind] == 0 {
			t.Errorf("no gateway has told or sent %s, so nothing of it is compared: %v", kind, told)
		}
	}
}

// stranger is who sends the packets: it knows what the gateway gave it.
type stranger struct {
	addr   espnow.Addr
	boot   uint32
	cookie [8]byte
	nonce  uint32
	id     uint16
	sent   map[uint16]uint32 // what the gateway has sent: ids, and where they end
}

type player struct {
	*rand.Rand
	twin     *twinGateway
	now      time.Duration
	nodes    []*stranger
	receipts []link.Receipt
	told     map[string]int
}

func playGateway(t *testing.T, seed uint64, told map[string]int) {
	r := rand.New(rand.NewPCG(seed, 7))
	cfg := link.DefaultGatewayConfig(espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0})
	cfg.Random = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	cfg.Sessions, cfg.Peers, cfg.RecentIDs = 1+r.IntN(4), 3+r.IntN(3), 1+r.IntN(8)
	cfg.JoinEvery = time.Duration(r.IntN(4)) * 100 * time.Millisecond
	cfg.Mail = link.MailLimits{NodeMessages: 1 + r.IntN(4), NodeBytes: 300, Bytes: 900, Keep: time.Duration(1+r.IntN(2000)) * time.Second}
	cfg.Fragments = frag.Limits{
		MaxMessage: 400, MaxParts: 10, MaxMessages: 2 + r.IntN(6), MaxBytes: 4096, SourceMessages: 1 + r.IntN(2), SourceBytes: 2048,
		Timeout: 5 * time.Second,
	}
	cfg.Passthrough = link.Passthrough(r.IntN(8) / 6)
	cfg.MaxFrame = []int{espnow.MaxFrameV1, espnow.MaxFrameV2}[r.IntN(2)]
	twin, err := Twins().NewGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{Rand: r, twin: twin.(*twinGateway), now: time.Duration(r.IntN(1000)) * time.Microsecond, told: told}
	for i := range 2 + r.IntN(10) {
		p.nodes = append(p.nodes, &stranger{addr: espnow.Addr{0x24, 0x6f, 0x28, 0, 0, byte(i)}, boot: uint32(i), sent: map[uint16]uint32{}})
	}
	for range 3000 {
		p.step(cfg.Addr)
		p.settle()
		p.pass()
	}
	twin.Stats()
}

// pass lets time pass: mostly a little, sometimes up to a deadline or far beyond.
func (p *player) pass() {
	at, ok := p.twin.NextDeadline()
	switch p.IntN(20) {
	case 0, 1, 2, 3:
		if ok {
			p.now = max(p.now, at)
		}
	case 4:
		p.now += time.Duration(p.IntN(700)) * time.Second
	case 5, 6:
		p.now += time.Duration(p.IntN(5000)) * time.Millisecond
	default:
		p.now += time.Duration(p.IntN(20000)) * time.Microsecond
	}
}

func (p *player) settle() {
	for range 200 {
		for e, ok := p.twin.Poll(p.now); ok; e, ok = p.twin.Poll(p.now) {
			p.told[fmt.Sprintf("%T", e)]++
			if m, is := e.(*link.Message); is && m.Receipt != (link.Receipt{}) {
				p.receipts = append(p.receipts, m.Receipt)
			}
			if p.IntN(4) == 0 {
				p.settleOne()
			}
		}
		if p.IntN(8) == 0 {
			return // the radio is busy
		}
		f, ok := p.twin.Transmit(p.now)
		if !ok {
			return
		}
		p.hear(f)
	}
}

func (p *player) settleOne() {
	if len(p.receipts) == 0 {
		return
	}
	i := p.IntN(len(p.receipts))
	r := p.receipts[i]
	if p.IntN(3) > 0 {
		p.twin.Accept(p.now, r)
	} else {
		p.twin.Refuse(p.now, r)
	}
	if p.IntN(4) > 0 {
		p.receipts = append(p.receipts[:i], p.receipts[i+1:]...)
	}
}

// hear has a node remember what it needs.
func (p *player) hear(f *link.Transmission) {
	for _, n := range p.nodes {
		if n.addr != f.Dst {
			continue
		}
		for packet, err := range espnow.Packets(f.Body) {
			if err != nil {
				continue
			}
			p.told[fmt.Sprintf("%T", packet)]++
			switch q := packet.(type) {
			case *espnow.Connack:
				p.told[fmt.Sprintf("connack %d", q.Status)]++
				if q.Status == espnow.ConnackStatusHere {
					n.cookie = q.Cookie
				}
			case *espnow.Publish:
				n.sent[q.MessageID] = q.Offset + uint32(len(q.Data))
			}
		}
	}
}

func (p *player) step(gateway espnow.Addr) {
	n := p.nodes[p.IntN(len(p.nodes))]
	switch p.IntN(40) {
	case 0:
		p.twin.Deny(p.now, n.addr)
	case 1, 2, 3:
		p.twin.Allow(n.addr)
	case 4:
		p.twin.Elsewhere(p.now, n.addr)
	case 5:
		p.twin.RadioReset()
	case 6:
		p.twin.SetChannel(uint8(1 + p.IntN(13)))
	case 7:
		p.twin.SetUnixTime(p.now, time.UnixMilli(1_700_000_000_000).Add(p.now))
	case 8:
		if p.IntN(20) == 0 {
			p.twin.Shutdown(p.now)
		}
	case 9, 10, 11, 12, 13, 14:
		_, _ = p.twin.Send(p.now, n.addr, link.Outgoing{
			Topic: "topic"[:p.IntN(6)], Payload: make([]byte, p.IntN(320)), Retain: p.IntN(2) == 0, Acknowledge: p.IntN(3) > 0,
		})
	default:
		p.frame(n, gateway)
	}
}

func (p *player) frame(n *stranger, gateway espnow.Addr) {
	var body []byte
	dst := gateway
	if p.IntN(6) == 0 {
		dst = espnow.Broadcast
	}
	for range 1 + p.IntN(3) {
		b, err := p.packet(n).AppendLast(body)
		if err == nil {
			body = b
		}
		if len(body) > 200 {
			break
		}
	}
	if p.IntN(30) == 0 && len(body) > 0 {
		body[p.IntN(len(body))] ^= 1 << p.IntN(8)
	}
	if p.IntN(30) == 0 && len(body) > 0 {
		body = body[:p.IntN(len(body))]
	}
	p.twin.Handle(p.now, link.Frame{Src: n.addr, Dst: dst, RSSI: int8(-p.IntN(100)), Channel: 1, Body: body})
}

type packet interface {
	AppendLast(b []byte) ([]byte, error)
}

func (p *player) packet(n *stranger) packet {
	id := n.id + uint16(p.IntN(3)) - uint16(p.IntN(4)*p.IntN(20))
	n.id += uint16(p.IntN(2))
	switch p.IntN(16) {
	case 0, 1:
		n.nonce += uint32(p.IntN(3))
		return &espnow.Connect{Version: byte(1 + p.IntN(40)/39), Nonce: n.nonce}
	case 2, 3, 4:
		n.nonce += uint32(p.IntN(3))
		if p.IntN(20) == 0 {
			n.boot++
		}
		c := &espnow.Connect{
			Flags: espnow.ConnectJoin, Version: 1, Nonce: n.nonce, Cookie: n.cookie,
			Hello: espnow.Hello{Boot: n.boot, MaxMessage: uint32(100 + p.IntN(300)), MaxFrame: 250, KeepAlive: uint16(p.IntN(100)), Window: uint8(1 + p.IntN(64))},
		}
		if p.IntN(3) == 0 {
			c.Flags |= espnow.ConnectSleepy
		}
		return c
	case 5, 6:
		return &espnow.Pingreq{Time: p.Uint32()}
	case 7, 8, 9:
		for id, end := range firstOf(n.sent) {
			ack := &espnow.Puback{MessageID: id, Status: []espnow.PubackStatus{0, 0, 0, 1, 1, 2, 3, 128, 129}[p.IntN(9)], Received: end}
			if ack.Status > 1 {
				ack.Received = 0
			}
			if p.IntN(3) > 0 {
				delete(n.sent, id)
			}
			return ack
		}
		return &espnow.Puback{MessageID: id}
	case 10:
		return &espnow.Disconnect{}
	case 11:
		return &espnow.Subscribe{MessageID: id, Filter: []byte("a/b")}
	}
	q := &espnow.Publish{MessageID: id, Data: append([]byte{1, 't'}, make([]byte, p.IntN(60))...)}
	if p.IntN(2) == 0 {
		q.Flags |= espnow.PublishAck
	}
	if p.IntN(3) == 0 {
		q.Flags |= espnow.PublishFragment
		q.Data = make([]byte, 40)
		q.Data[0] = 1
		q.Data[1] = 't'
		q.Offset = uint32(40 * p.IntN(4))
		if q.Offset > 0 {
			q.Data = make([]byte, 40)
		}
		if q.Offset < 80 {
			q.Flags |= espnow.PublishMore
		} else {
			q.Data = q.Data[:p.IntN(41)]
		}
	}
	return q
}

// firstOf yields the entry of the least id.
func firstOf(m map[uint16]uint32) map[uint16]uint32 {
	least, found := uint16(0), false
	for id := range m {
		if !found || id < least {
			least, found = id, true
		}
	}
	if !found {
		return nil
	}
	return map[uint16]uint32{least: m[least]}
}
