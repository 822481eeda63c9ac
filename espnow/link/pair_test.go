package link

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// world lets machines run against each other: frames take a millisecond, and what filter refuses is lost.
type world struct {
	testing.TB
	now      time.Duration
	key      NetworkKey
	nodes    []*worldNode
	gateways []*worldGateway
	filter   func(from, to espnow.Addr, channel uint8, body []byte) bool
	flying   []flight
	hold     time.Duration // until the application accepts; negative: it never does
	accepts  []accepting
}

type flight struct {
	at       time.Duration
	from, to espnow.Addr
	channel  uint8
	body     []byte
}

type accepting struct {
	at      time.Duration
	gateway *worldGateway
	receipt Receipt
}

type worldNode struct {
	*Node
	cfg     NodeConfig
	channel uint8
	busy    time.Duration
	rssi    map[espnow.Addr]int8 // of gateways; none is -50
	results []Result
	told    []Message
	links   []Connection
	off     bool
}

type worldGateway struct {
	*Gateway
	cfg      GatewayConfig
	busy     time.Duration
	told     []Message
	presence []Presence
	results  []Result
	off      bool
}

func newWorld(t testing.TB) *world {
	return &world{TB: t, now: time.Second, key: testNetworkKey(t)}
}

func (w *world) addGateway(i byte, set func(*GatewayConfig)) *worldGateway {
	w.Helper()
	cfg := DefaultGatewayConfig(espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, i})
	cfg.Random, cfg.RecentIDs = seeded(uint64(i)<<32), 16
	if err := cfg.Keys.Add(1, w.key); err != nil {
		w.Fatal(err)
	}
	if set != nil {
		set(&cfg)
	}
	g := &worldGateway{cfg: cfg}
	w.start(g)
	w.gateways = append(w.gateways, g)
	return g
}

// start switches a gateway on, as after a power cut.
func (w *world) start(g *worldGateway) {
	w.Helper()
	var err error
	if g.Gateway, err = NewGateway(g.cfg); err != nil {
		w.Fatal(err)
	}
	g.off = false
}

func (w *world) addNode(i byte, set func(*NodeConfig)) *worldNode {
	w.Helper()
	cfg := DefaultNodeConfig(espnow.Addr{0x24, 0x6f, 0x28, 0, 0, i})
	cfg.Random, cfg.Key, cfg.KeyID = seeded(uint64(i)), w.key.Device(cfg.Addr), 1
	cfg.Channels = []uint8{1, 6, 11}
	if set != nil {
		set(&cfg)
	}
	n := &worldNode{cfg: cfg, channel: 1, rssi: map[espnow.Addr]int8{}}
	var err error
	if n.Node, err = NewNode(cfg); err != nil {
		w.Fatal(err)
	}
	w.nodes = append(w.nodes, n)
	return n
}

func (w *world) send(from espnow.Addr, channel uint8, f *Transmission) {
	if w.filter == nil || w.filter(from, f.Dst, channel, f.Body) {
		w.flying = append(w.flying, flight{w.now + time.Millisecond, from, f.Dst, channel, bytes.Clone(f.Body)})
	}
}

func (w *world) pollNode(n *worldNode) {
	for e, ok := n.Poll(w.now); ok; e, ok = n.Poll(w.now) {
		switch e := e.(type) {
		case *Result:
			n.results = append(n.results, *e)
		case *Message:
			m := *e
			m.Topic, m.Payload = bytes.Clone(e.Topic), bytes.Clone(e.Payload)
			n.told = append(n.told, m)
		case *Connection:
			n.links = append(n.links, *e)
		}
	}
	if w.now >= n.busy {
		if f, ok := n.Transmit(w.now); ok {
			if f.Channel != 0 {
				n.channel = f.Channel
			}
			n.busy = w.now + time.Millisecond
			w.send(n.Addr(), n.channel, f)
			w.pollNode(n)
		}
	}
}

func (w *world) pollGateway(g *worldGateway) {
	for e, ok := g.Poll(w.now); ok; e, ok = g.Poll(w.now) {
		switch e := e.(type) {
		case *Message:
			m := *e
			m.Topic, m.Payload = bytes.Clone(e.Topic), bytes.Clone(e.Payload)
			g.told = append(g.told, m)
			if w.hold >= 0 && e.Receipt != (Receipt{}) {
				w.accepts = append(w.accepts, accepting{w.now + w.hold, g, e.Receipt})
			}
		case *Presence:
			g.presence = append(g.presence, *e)
		case *Result:
			g.results = append(g.results, *e)
		}
	}
	if w.now >= g.busy {
		if f, ok := g.Transmit(w.now); ok {
			g.busy = w.now + time.Millisecond
			w.send(g.cfg.Addr, g.Gateway.cfg.Channel, f)
			w.pollGateway(g)
		}
	}
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	w.Helper()
	for end := w.now + d; w.now < end; {
		w.now = min(w.next(), end)
		w.step()
	}
}

// until lets time pass until something is so.
func (w *world) until(what string, most time.Duration, so func() bool) {
	w.Helper()
	for end := w.now + most; !so(); w.step() {
		if w.now >= end {
			w.Fatalf("not within %v: %s", most, what)
		}
		w.now = min(w.next(), end)
	}
}

// next returns when something happens next, a millisecond from now at the latest where a machine was left busy.
func (w *world) next() time.Duration {
	next := w.now + time.Hour
	for _, f := range w.flying {
		next = min(next, f.at)
	}
	for _, a := range w.accepts {
		next = min(next, a.at)
	}
	for _, n := range w.nodes {
		if n.off {
			continue
		}
		if n.busy > w.now {
			next = min(next, n.busy)
		}
		if at, ok := n.NextDeadline(); ok {
			next = min(next, at)
		}
	}
	for _, g := range w.gateways {
		if g.off {
			continue
		}
		if g.busy > w.now {
			next = min(next, g.busy)
		}
		if at, ok := g.NextDeadline(); ok {
			next = min(next, at)
		}
	}
	return max(next, w.now+1)
}

func (w *world) step() {
	landed := w.flying
	w.flying = nil
	for _, f := range landed {
		if f.at > w.now {
			w.flying = append(w.flying, f)
			continue
		}
		for _, n := range w.nodes {
			if n.off || n.Addr() != f.to && !f.to.IsBroadcast() || n.Addr() == f.from || n.channel != f.channel {
				continue
			}
			rssi := n.rssi[f.from]
			if rssi == 0 {
				rssi = -50
			}
			n.Handle(w.now, Frame{Src: f.from, Dst: f.to, RSSI: rssi, Channel: n.channel, Body: f.body})
			w.pollNode(n)
		}
		for _, g := range w.gateways {
			if g.off || g.cfg.Addr != f.to && !f.to.IsBroadcast() || g.Gateway.cfg.Channel != f.channel {
				continue
			}
			g.Handle(w.now, Frame{Src: f.from, Dst: f.to, RSSI: -50, Channel: g.Gateway.cfg.Channel, Body: f.body})
			w.pollGateway(g)
		}
	}
	due := w.accepts
	w.accepts = nil
	for _, a := range due {
		if a.at > w.now {
			w.accepts = append(w.accepts, a)
		} else {
			a.gateway.Accept(w.now, a.receipt)
		}
	}
	for _, n := range w.nodes {
		if !n.off {
			w.pollNode(n)
		}
	}
	for _, g := range w.gateways {
		if !g.off {
			w.pollGateway(g)
		}
	}
}

// lossy loses a share of all frames.
func lossy(p float64, seed uint64) func(espnow.Addr, espnow.Addr, uint8, []byte) bool {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(espnow.Addr, espnow.Addr, uint8, []byte) bool { return r.Float64() >= p }
}

func (w *world) publish(n *worldNode, m Outgoing) Ticket {
	w.Helper()
	ticket, err := n.Publish(w.now, m)
	if err != nil {
		w.Fatal(err)
	}
	w.step()
	return ticket
}

func TestPairFindsAndJoins(t *testing.T) {
	for _, channel := range []uint8{1, 6, 11} {
		w := newWorld(t)
		g := w.addGateway(1, func(c *GatewayConfig) { c.Channel = channel })
		n := w.addNode(1, nil)
		w.until("connected", time.Second, n.Connected)
		want := Connection{Up: true, Gateway: g.cfg.Addr, Channel: channel, RSSI: -50, Boot: g.boot}
		if len(n.links) != 1 || n.links[0] != want || n.Home() != (Home{g.cfg.Addr, channel}) {
			t.Errorf("%+v, want %+v; home %v", n.links, want, n.Home())
		}
		if len(g.presence) != 1 || !g.presence[0].Present || g.presence[0].Boot != n.boot {
			t.Errorf("%+v", g.presence)
		}
		w.run(10 * time.Minute) // pings alone keep it
		if len(n.links) != 1 || len(g.presence) != 1 || n.Stats().Pings < 10 || n.Stats().Pings > 16 {
			t.Errorf("%+v %+v %+v", n.links, g.presence, n.Stats())
		}
	}
}

func TestPairMessages(t *testing.T) {
	for _, secure := range []bool{true, false} {
		for _, loss := range []float64{0, 0.1, 0.3} {
			t.Run(fmt.Sprintf("secure %v, loss %v", secure, loss), func(t *testing.T) {
				w := newWorld(t)
				g := w.addGateway(1, func(c *GatewayConfig) {
					if !secure {
						c.Keys = Keyring{}
					}
				})
				n := w.addNode(1, func(c *NodeConfig) {
					if !secure {
						c.Key, c.KeyID = DeviceKey{}, 0
					}
				})
				w.hold = 30 * time.Millisecond
				w.until("connected", time.Minute, n.Connected)
				w.filter = lossy(loss, 7)
				var want []string
				for i, size := range []int{0, 1, 220, 221, 1000, 20000, 5, 3000} {
					payload := bytes.Repeat([]byte{byte('a' + i)}, size)
					w.publish(n, Outgoing{Topic: "t", Payload: payload, Acknowledge: true})
					want = append(want, string(payload))
				}
				w.until("all results", 2*time.Minute, func() bool { return len(n.results) == len(want) })
				var got []string
				for _, m := range g.told {
					got = append(got, string(m.Payload))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d messages, want %d, in order", len(got), len(want))
				}
				for i, r := range n.results {
					if r.Err != nil || r.Ticket != Ticket(i) || r.To != g.cfg.Addr {
						t.Errorf("%+v", r)
					}
				}
				if s := n.Stats(); s.Queued != 0 || s.Messages != uint64(len(want)) {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

func TestPairDownlink(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(1, nil)
	n := w.addNode(1, nil)
	w.until("connected", time.Minute, n.Connected)
	w.filter = lossy(0.2, 3)
	sizes := []int{0, 5, 4000, 1}
	for _, size := range sizes {
		if _, err := g.Send(w.now, n.Addr(), Outgoing{Topic: "x", Payload: make([]byte, size), Acknowledge: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.until("all delivered", time.Minute, func() bool { return len(g.results) == len(sizes) })
	if len(n.told) != len(sizes) {
		t.Fatalf("%d messages, want %d", len(n.told), len(sizes))
	}
	for i, m := range n.told {
		if len(m.Payload) != sizes[i] || string(m.Topic) != "x" || m.From != g.cfg.Addr || m.Boot != g.boot {
			t.Errorf("%d: %+v", i, m)
		}
	}
}

// A gateway that restarts knows no session: its reset has the node join anew, and the message goes again.
func TestPairGatewayRestarts(t *testing.T) {
	for _, secure := range []bool{true, false} {
		w := newWorld(t)
		g := w.addGateway(1, func(c *GatewayConfig) {
			if !secure {
				c.Keys = Keyring{}
			}
		})
		n := w.addNode(1, func(c *NodeConfig) {
			if !secure {
				c.Key, c.KeyID = DeviceKey{}, 0
			}
		})
		w.until("connected", time.Minute, n.Connected)
		w.start(g)
		w.publish(n, Outgoing{Payload: []byte("x"), Acknowledge: true})
		w.until("acknowledged", 2*time.Second, func() bool { return len(n.results) == 1 })
		var reasons []string
		for _, c := range n.links {
			reasons = append(reasons, strings.TrimSpace(fmt.Sprint(c.Up, " ", c.Reason)))
		}
		if want := []string{"true", "false unknown session", "true"}; !slices.Equal(reasons, want) {
			t.Errorf("secure %v: %q, want %q", secure, reasons, want)
		}
	}
}

// Without an answer the node gives its gateway up after 3 PINGREQ, 2 s apart, at the end of a keep-alive, and sooner when a
// message is not answered. The message survives.
func TestPairGatewayVanishes(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(1, nil)
	n := w.addNode(1, nil)
	w.until("connected", time.Minute, n.Connected)
	g.off = true
	w.until("lost", 70*time.Second, func() bool { return !n.Connected() })
	if c := n.links[1]; c.Reason != ReasonSilent || c.Gateway != g.cfg.Addr {
		t.Errorf("%+v", c)
	}
	w.start(g)
	w.until("connected again", 40*time.Second, n.Connected)
	g.off = true
	w.publish(n, Outgoing{Payload: []byte("x"), Acknowledge: true})
	w.until("lost", 10*time.Second, func() bool { return !n.Connected() })
	w.run(time.Minute)
	w.start(g)
	w.until("acknowledged", 40*time.Second, func() bool { return len(n.results) == 1 })
	if n.results[0].Err != nil || len(g.told) != 1 {
		t.Errorf("%+v", n.results)
	}
}

func TestPairBackOff(t *testing.T) {
	w := newWorld(t)
	n := w.addNode(1, nil)
	var sent []time.Duration
	w.filter = func(_, to espnow.Addr, channel uint8, _ []byte) bool {
		if to.IsBroadcast() && channel == 1 {
			sent = append(sent, w.now)
		}
		return true
	}
	w.run(30 * time.Minute)
	if searches := n.Stats().Searches; int(searches) != len(sent) || searches < 60 || searches > 300 {
		t.Errorf("%d searches, %d seen, in 30 minutes: want one in 15 s on average, and more at first", searches, len(sent))
	}
	longest := time.Duration(0)
	for i := range sent[1:] {
		longest = max(longest, sent[i+1]-sent[i])
	}
	if longest < 25*time.Second || longest > 31*time.Second {
		t.Errorf("longest wait %v", longest)
	}
}

func TestPairChoosesGateway(t *testing.T) {
	for _, c := range []struct {
		name       string
		rssi       [2]int8
		load       [2]int // of 4
		home       int    // 0: none
		hysteresis int
		want       int
	}{
		{name: "the louder", rssi: [2]int8{-60, -50}, want: 1},
		{name: "the louder, the other way round", rssi: [2]int8{-50, -60}, want: 0},
		{name: "the one that has room", rssi: [2]int8{-50, -80}, load: [2]int{4, 0}, want: 1},
		{name: "the less crowded", rssi: [2]int8{-50, -51}, load: [2]int{2, 0}, want: 1},
		{name: "one that is heard well", rssi: [2]int8{-86, -85}, load: [2]int{0, 3}, want: 1},
		{name: "none is heard well", rssi: [2]int8{-86, -87}, want: 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for i := range 2 {
				g := w.addGateway(byte(i), func(cfg *GatewayConfig) { cfg.Channel, cfg.Sessions = uint8(1+5*i), 4 })
				g.sessions = c.load[i]
			}
			n := w.addNode(1, nil)
			n.rssi[w.gateways[0].cfg.Addr], n.rssi[w.gateways[1].cfg.Addr] = c.rssi[0], c.rssi[1]
			w.run(400 * time.Millisecond)
			if n.seek.gateway != w.gateways[c.want].cfg.Addr {
				t.Errorf("joins %v", n.seek.gateway)
			}
		})
	}
}

func TestPairHomeFirst(t *testing.T) {
	for _, c := range []struct {
		home, other int8
		want        int
	}{
		{-85, -40, 0}, // it answers well enough, and nobody else is asked
		{-86, -40, 1},
		{-86, -93, 0}, // hysteresis or not, it is the louder
	} {
		w := newWorld(t)
		for i := range 2 {
			w.addGateway(byte(i), func(cfg *GatewayConfig) { cfg.Channel = uint8(1 + 5*i) })
		}
		n := w.addNode(1, func(cfg *NodeConfig) { cfg.Home = Home{w.gateways[0].cfg.Addr, 1} })
		n.rssi[w.gateways[0].cfg.Addr], n.rssi[w.gateways[1].cfg.Addr] = c.home, c.other
		w.until("connected", time.Second, n.Connected)
		if n.Home().Gateway != w.gateways[c.want].cfg.Addr {
			t.Errorf("%+v: joined %v", c, n.Home())
		}
	}
	n := &Node{cfg: NodeConfig{MinRSSI: -85, Hysteresis: 6}}
	n.home.Gateway = gwAddr
	had := answer{gateway: gwAddr, rssi: -60}
	for rssi, want := range map[int8]bool{-54: false, -53: true} {
		if got := n.better(answer{gateway: nodeAddr, rssi: rssi}, had); got != want {
			t.Errorf("%d dB against -60 of the gateway it had: better %v", rssi, got)
		}
	}
}

// A busy gateway is obeyed.
func TestPairBusy(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(1, func(c *GatewayConfig) { c.Sessions = 1 })
	a, b := w.addNode(1, nil), w.addNode(2, nil)
	w.until("one is in", time.Second, func() bool { return a.Connected() || b.Connected() })
	in, out := a, b
	if b.Connected() {
		in, out = b, a
	}
	w.until("told to come later", time.Second, func() bool { return g.Stats().Busy == 1 })
	told := w.now
	in.Goodbye(w.now)
	w.until("the place is free", time.Second, func() bool { return g.Stats().Sessions == 0 })
	w.until("the other one is in", 15*time.Second, out.Connected)
	if waited := w.now - told; waited < tableRetryAfter {
		t.Errorf("came after %v, was told %v", waited, tableRetryAfter)
	}
	if _, err := in.Publish(w.now, Outgoing{}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestPairDenied(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(1, nil)
	n := w.addNode(1, nil)
	w.until("connected", time.Second, n.Connected)
	g.Deny(w.now, n.Addr())
	w.step()
	w.until("told", time.Second, func() bool { return !n.Connected() })
	w.run(5 * time.Minute)
	if len(n.links) != 2 || n.links[1].Reason != ReasonDenied {
		t.Errorf("%+v: want to be told once", n.links)
	}
	if s := n.Stats().Searches; s > 30 {
		t.Errorf("%d searches in 5 minutes of a node that is denied", s)
	}
	g.Allow(n.Addr())
	w.until("connected again", time.Minute, n.Connected)
}

// New keys come without a gap: no message is lost or comes twice, and nobody is told of it.
func TestPairRekey(t *testing.T) {
	for _, byGateway := range []bool{false, true} {
		w := newWorld(t)
		g := w.addGateway(1, nil)
		n := w.addNode(1, nil)
		w.until("connected", time.Second, n.Connected)
		first := n.session.id
		if byGateway {
			g.peers[n.Addr()].session.tunnel.born -= rekeyAge
		} else {
			n.session.tunnel.born -= rekeyAge
		}
		w.filter = lossy(0.1, 5)
		for i := range 10 {
			w.publish(n, Outgoing{Payload: bytes.Repeat([]byte{byte(i)}, 2000), Acknowledge: true})
			w.run(200 * time.Millisecond)
		}
		w.until("acknowledged", time.Minute, func() bool { return len(n.results) == 10 })
		w.until("rekeyed", 90*time.Second, func() bool { return n.Stats().Sessions == 2 })
		if len(n.links) != 1 || len(g.presence) != 1 || n.session.id == first || len(g.told) != 10 {
			t.Errorf("by the gateway %v: %+v %+v, %d told", byGateway, n.links, g.presence, len(g.told))
		}
	}
}

// What is acknowledged is never dropped: the queue says that it is full.
func TestPairQueueWhileAway(t *testing.T) {
	w := newWorld(t)
	n := w.addNode(1, func(c *NodeConfig) { c.QueueMessages = 3 })
	w.publish(n, Outgoing{Payload: []byte("old")})
	for range 3 {
		w.publish(n, Outgoing{Payload: []byte("kept"), Acknowledge: true})
	}
	if _, err := n.Publish(w.now, Outgoing{Acknowledge: true}); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	if _, err := n.Publish(w.now, Outgoing{}); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	w.run(time.Minute)
	g := w.addGateway(1, nil)
	w.until("acknowledged", time.Minute, func() bool { return len(n.results) == 3 })
	if len(g.told) != 3 || n.Stats().Dropped != 1 {
		t.Errorf("%d told, %+v", len(g.told), n.Stats())
	}
}

func TestPairTooLargeForTheGateway(t *testing.T) {
	w := newWorld(t)
	n := w.addNode(1, nil)
	w.publish(n, Outgoing{Payload: make([]byte, 500), Acknowledge: true})
	w.publish(n, Outgoing{Payload: make([]byte, 100), Acknowledge: true})
	w.addGateway(1, func(c *GatewayConfig) { c.Fragments.MaxMessage = 200 })
	w.until("results", time.Minute, func() bool { return len(n.results) == 2 })
	if !errors.Is(n.results[0].Err, ErrTooLarge) || n.results[1].Err != nil {
		t.Errorf("%+v", n.results)
	}
	if _, err := n.Publish(w.now, Outgoing{Payload: make([]byte, 200)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	w.publish(n, Outgoing{Payload: make([]byte, 199)})
}

// A sleepy node fetches its mail, over deep sleeps.
func TestPairSleepyMail(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(1, nil)
	n := w.addNode(1, func(c *NodeConfig) { c.Sleepy = true })
	w.until("resting", 2*time.Second, func() bool { return n.Resting(w.now) })
	boot := n.boot
	w.filter = lossy(0.2, 9)
	for range 3 {
		if _, err := g.Send(w.now, n.Addr(), Outgoing{Payload: make([]byte, 700), Acknowledge: true}); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; len(g.results) < 3; i++ {
		if i == 40 {
			t.Fatalf("%d of 3 after %d wakes", len(g.results), i)
		}
		snapshot, err := n.Snapshot(w.now)
		if err != nil {
			t.Fatal(err)
		}
		n.off = true
		w.run(20 * time.Second)
		if n.Node, err = ResumeNode(n.cfg, w.now, 20*time.Second, snapshot); err != nil {
			t.Fatal(err)
		}
		n.off = false
		w.publish(n, Outgoing{Payload: []byte{byte(i)}, Acknowledge: true})
		w.until("resting", 30*time.Second, func() bool { return n.Resting(w.now) })
	}
	if len(n.told) != 3 || n.boot != boot || len(g.presence) != 1 {
		t.Errorf("%d told, %+v", len(n.told), g.presence)
	}
}

// In a long frame a packet of up to 254 bytes can be followed by another; a longer one ends it, in both directions.
func TestPacketsBehindLongOnes(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(0, func(c *GatewayConfig) { c.MaxFrame = espnow.MaxFrameV2 })
	n := w.addNode(1, func(c *NodeConfig) { c.MaxFrame = espnow.MaxFrameV2 })
	w.run(5 * time.Second)
	if !n.Connected() {
		t.Fatal("no session")
	}
	const around = 2 + 1 // message_id, topic_length
	for _, size := range []int{254 - around, 255 - around, 256 - around, 257 - around} {
		long, short := bytes.Repeat([]byte{'x'}, size), []byte("y")
		n.told, g.told = nil, nil
		for _, payload := range [][]byte{long, short} {
			if _, err := n.Publish(w.now, Outgoing{Payload: payload}); err != nil {
				t.Fatal(err)
			}
			if _, err := g.Send(w.now, n.Addr(), Outgoing{Payload: payload}); err != nil {
				t.Fatal(err)
			}
		}
		w.step()
		w.run(time.Second)
		for _, told := range [][]Message{n.told, g.told} {
			if len(told) != 2 || !bytes.Equal(told[0].Payload, long) || !bytes.Equal(told[1].Payload, short) {
				t.Errorf("a body of %d bytes and one behind it: %d messages were told, and not those", size+around, len(told))
			}
		}
	}
}
