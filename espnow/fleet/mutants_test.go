package fleet_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Machines that do what no machine may, to see that each invariant can break.

// tellingGateway changes or repeats what its machine tells.
type tellingGateway struct {
	fleet.GatewayMachine
	change func(link.Event)      // what it tells; nil: nothing
	again  func(link.Event) bool // what it tells twice; nil: nothing
	twist  func(link.Event)      // the second time; nil: nothing
	copied link.Event
}

func (g *tellingGateway) Poll(now time.Duration) (link.Event, bool) {
	if e := g.copied; e != nil {
		g.copied = nil
		if g.twist != nil {
			g.twist(e)
		}
		return e, true
	}
	e, ok := g.GatewayMachine.Poll(now)
	if ok && g.change != nil {
		g.change(e)
	}
	if ok && g.again != nil && g.again(e) {
		g.copied = e
		if m, is := e.(*link.Message); is {
			twice := *m
			twice.Topic, twice.Payload = bytes.Clone(m.Topic), bytes.Clone(m.Payload)
			g.copied = &twice
		}
	}
	return e, ok
}

func isMessage(e link.Event) bool { _, ok := e.(*link.Message); return ok }

func isPresence(e link.Event) bool { _, ok := e.(*link.Presence); return ok }

func isResult(e link.Event) bool { _, ok := e.(*link.Result); return ok }

func onPresence(change func(*link.Presence)) func(link.Event) {
	return func(e link.Event) {
		if p, ok := e.(*link.Presence); ok {
			change(p)
		}
	}
}

func onMessage(change func(*link.Message)) func(link.Event) {
	return func(e link.Event) {
		if m, ok := e.(*link.Message); ok {
			change(m)
		}
	}
}

// hastyGateway acknowledges what its application has not accepted.
type hastyGateway struct {
	fleet.GatewayMachine
	receipt link.Receipt
}

func (g *hastyGateway) Poll(now time.Duration) (link.Event, bool) {
	if g.receipt != (link.Receipt{}) {
		g.Accept(now, g.receipt)
		g.receipt = link.Receipt{}
	}
	e, ok := g.GatewayMachine.Poll(now)
	if m, is := e.(*link.Message); is {
		g.receipt = m.Receipt
	}
	return e, ok
}

// deafGateway never acknowledges.
type deafGateway struct{ fleet.GatewayMachine }

func (deafGateway) Accept(time.Duration, link.Receipt) bool { return true }

// elephantGateway tells what a gateway before it was told, twice, instead of what it is told itself.
type elephantGateway struct {
	fleet.GatewayMachine
	old  *link.Message // told to the gateway before; nil: there was none
	keep func(*link.Message)
	left int
}

func (g *elephantGateway) Poll(now time.Duration) (link.Event, bool) {
	if g.left > 0 {
		g.left--
		return g.old, true
	}
	e, ok := g.GatewayMachine.Poll(now)
	if m, is := e.(*link.Message); is && g.old == nil {
		old := *m
		old.Topic, old.Payload, old.Receipt = bytes.Clone(m.Topic), bytes.Clone(m.Payload), link.Receipt{}
		g.keep(&old)
	}
	return e, ok
}

// discreetGateway tells of nobody who comes or goes.
type discreetGateway struct{ fleet.GatewayMachine }

func (g discreetGateway) Poll(now time.Duration) (link.Event, bool) {
	e, ok := g.GatewayMachine.Poll(now)
	for ok && isPresence(e) {
		e, ok = g.GatewayMachine.Poll(now)
	}
	return e, ok
}

// strayGateway sends to another node than it is asked to.
type strayGateway struct{ fleet.GatewayMachine }

func (g strayGateway) Send(now time.Duration, to espnow.Addr, m link.Outgoing) (link.Ticket, error) {
	to[5] ^= 1
	return g.GatewayMachine.Send(now, to, m)
}

// hoardingGateway says that it holds too much.
type hoardingGateway struct {
	fleet.GatewayMachine
	too func(*link.GatewayStats)
}

func (g hoardingGateway) Stats() link.GatewayStats {
	s := g.GatewayMachine.Stats()
	g.too(&s)
	return s
}

// hoardingNode says that it holds too much.
type hoardingNode struct {
	fleet.NodeMachine
	queued, held int
}

func (n hoardingNode) Memory() (queued, held int) { return n.queued, n.held }

// restlessGateway waits for what is past.
type restlessGateway struct{ fleet.GatewayMachine }

func (restlessGateway) NextDeadline() (time.Duration, bool) { return 0, true }

// peerGateway never adds to its radio's list of peers, or always does.
type peerGateway struct {
	fleet.GatewayMachine
	add bool
}

func (g peerGateway) Transmit(now time.Duration) (*link.Transmission, bool) {
	t, ok := g.GatewayMachine.Transmit(now)
	if ok {
		t.Add = g.add
	}
	return t, ok
}

// sloppyGateway sends more than its packets.
type sloppyGateway struct {
	fleet.GatewayMachine
	more []byte
}

func (g sloppyGateway) Transmit(now time.Duration) (*link.Transmission, bool) {
	t, ok := g.GatewayMachine.Transmit(now)
	if ok {
		t.Body = append(t.Body, g.more...)
	}
	return t, ok
}

// stammeringNode tells each result twice.
type stammeringNode struct {
	fleet.NodeMachine
	result *link.Result
}

func (n *stammeringNode) Poll(now time.Duration) (link.Event, bool) {
	if r := n.result; r != nil {
		n.result = nil
		return r, true
	}
	e, ok := n.NodeMachine.Poll(now)
	if r, is := e.(*link.Result); is {
		twice := *r
		n.result = &twice
	}
	return e, ok
}

// sullenNode says that each message failed.
type sullenNode struct{ fleet.NodeMachine }

func (n sullenNode) Poll(now time.Duration) (link.Event, bool) {
	e, ok := n.NodeMachine.Poll(now)
	if r, is := e.(*link.Result); is {
		r.Err = errors.New("no")
	}
	return e, ok
}

// sleeplessNode rests, and cannot sleep.
type sleeplessNode struct{ fleet.NodeMachine }

func (sleeplessNode) Snapshot(time.Duration) ([]byte, error) { return nil, errors.New("no") }

func TestInvariantsBreak(t *testing.T) {
	gateway := func(wrap func(fleet.GatewayMachine) fleet.GatewayMachine) func(*fleet.Config) {
		return func(cfg *fleet.Config) {
			build := cfg.Machines.NewGateway
			cfg.Machines.NewGateway = func(c link.GatewayConfig) (fleet.GatewayMachine, error) {
				m, err := build(c)
				return wrap(m), err
			}
		}
	}
	node := func(wrap func(fleet.NodeMachine) fleet.NodeMachine) func(*fleet.Config) {
		return func(cfg *fleet.Config) {
			build := cfg.Machines.NewNode
			cfg.Machines.NewNode = func(c link.NodeConfig) (fleet.NodeMachine, error) {
				m, err := build(c)
				return wrap(m), err
			}
		}
	}
	telling := func(g tellingGateway) func(*fleet.Config) {
		return gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine {
			wrapped := g
			wrapped.GatewayMachine = m
			return &wrapped
		})
	}
	hoarding := func(too func(*link.GatewayStats)) func(*fleet.Config) {
		return gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return hoardingGateway{m, too} })
	}
	sloppy := func(more ...byte) func(*fleet.Config) {
		return gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return sloppyGateway{m, more} })
	}
	for name, test := range map[string]struct {
		invariant string
		mutate    func(*fleet.Config)
	}{
		"a message twice":             {"once", telling(tellingGateway{again: isMessage})},
		"another id the second time":  {"naming", telling(tellingGateway{again: isMessage, twist: onMessage(func(m *link.Message) { m.ID++ })})},
		"a result of a gateway twice": {"results", telling(tellingGateway{again: isResult})},
		"to another node":             {"origin", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return strayGateway{m} })},
		"a join of a stranger":        {"origin", telling(tellingGateway{change: onPresence(func(p *link.Presence) { p.Addr[0]++ })})},
		"nobody comes":                {"liveness", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return discreetGateway{m} })},
		"twice after a restart": {"once", func(cfg *fleet.Config) {
			var old *link.Message
			gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine {
				g := &elephantGateway{GatewayMachine: m, old: old, keep: func(m *link.Message) { old = m }}
				if old != nil {
					g.left = 2
				}
				return g
			})(cfg)
		}},
		"rest without sleep": {"progress", func(cfg *fleet.Config) {
			cfg.Sleepy = 1
			node(func(m fleet.NodeMachine) fleet.NodeMachine { return sleeplessNode{m} })(cfg)
		}},
		"a join twice":               {"presence", telling(tellingGateway{again: isPresence})},
		"a wrong byte":               {"content", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Payload[len(m.Payload)-1]++ })})},
		"a byte less":                {"content", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Payload = m.Payload[:len(m.Payload)-1] })})},
		"another topic":              {"content", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Topic = []byte("x") })})},
		"retained":                   {"content", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Retain = !m.Retain })})},
		"out of nothing":             {"origin", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Payload = []byte("hello") })})},
		"a message not yet sent":     {"origin", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Payload[11]++ })})},
		"from another":               {"origin", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.From[5]++ })})},
		"one id for all":             {"naming", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.ID = 7 })})},
		"a boot for each message":    {"naming", telling(tellingGateway{change: onMessage(func(m *link.Message) { m.Boot = uint32(m.ID) })})},
		"yes before the application": {"results", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return &hastyGateway{GatewayMachine: m} })},
		"never yes":                  {"liveness", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return deafGateway{m} })},
		"no for an answer":           {"results", node(func(m fleet.NodeMachine) fleet.NodeMachine { return sullenNode{m} })},
		"too many sessions":          {"memory", hoarding(func(s *link.GatewayStats) { s.Sessions = 257 })},
		"too many half-open":         {"memory", hoarding(func(s *link.GatewayStats) { s.HalfOpen = 17 })},
		"too many remembered":        {"memory", hoarding(func(s *link.GatewayStats) { s.Known = 513 })},
		"too much mail":              {"memory", hoarding(func(s *link.GatewayStats) { s.Mail = 1 << 40 })},
		"too many messages":          {"memory", hoarding(func(s *link.GatewayStats) { s.Waiting = 1 << 40 })},
		"too much":                   {"memory", hoarding(func(s *link.GatewayStats) { s.Held = 1 << 40 })},
		"a deadline in the past":     {"progress", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return restlessGateway{m} })},
		"a peer not on the list":     {"radio", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return peerGateway{m, false} })},
		"a peer on the list already": {"radio", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return peerGateway{m, true} })},
		"a byte too many":            {"frames", sloppy(0x30)},
		"a packet too short":         {"frames", sloppy(0xd0, 0)},
		"too much queued":            {"memory", node(func(m fleet.NodeMachine) fleet.NodeMachine { return hoardingNode{m, 17, 0} })},
		"too much held":              {"memory", node(func(m fleet.NodeMachine) fleet.NodeMachine { return hoardingNode{m, 0, 1 << 40} })},
		"a result twice":             {"results", node(func(m fleet.NodeMachine) fleet.NodeMachine { return &stammeringNode{NodeMachine: m} })},
		"a counter twice": {"nonces", func(cfg *fleet.Config) {
			cfg.Node = func(_ int, c *link.NodeConfig) {
				tell := c.Sealed
				c.Sealed = func(key [8]byte, counter uint32) { tell(key, counter&^1) }
			}
		}},
		"counters that nobody is told of": {"nonces", func(cfg *fleet.Config) {
			cfg.Node = func(_ int, c *link.NodeConfig) { c.Sealed = nil }
		}},
		"the same randomness at each start": {"nonces", func(cfg *fleet.Config) {
			build := cfg.Machines.NewNode
			cfg.Machines.NewNode = func(c link.NodeConfig) (fleet.NodeMachine, error) {
				c.Random = rand.NewChaCha8([32]byte{c.Addr[5]})
				return build(c)
			}
		}},
		"a snapshot used twice": {"nonces", func(cfg *fleet.Config) {
			var old []byte
			cfg.Nodes, cfg.Sleepy = 1, 1
			build := cfg.Machines.ResumeNode
			cfg.Machines.ResumeNode = func(c link.NodeConfig, now, slept time.Duration, snapshot []byte) (fleet.NodeMachine, error) {
				if old == nil {
					old = bytes.Clone(snapshot)
				}
				return build(c, now, slept, bytes.Clone(old))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fleet.DefaultConfig()
			cfg.Seed, cfg.Nodes, cfg.Repeat = 1, 2, "this again"
			cfg.Traffic.Every, cfg.Traffic.Sleep, cfg.Traffic.Down, cfg.Traffic.Until = time.Second, time.Second, time.Second, 20*time.Second
			test.mutate(&cfg)
			var v *fleet.Violation
			if err := breaking(cfg); !errors.As(err, &v) || v.Invariant.String() != test.invariant {
				t.Fatalf("error %v, want %s broken", err, test.invariant)
			}
			if v.Seed != 1 || !strings.Contains(v.Error(), test.invariant) || !strings.Contains(v.Error(), "this again") {
				t.Errorf("the violation says %+v", v)
			}
		})
	}
}

// breaking is the error of a fleet in which everybody restarts.
func breaking(cfg fleet.Config) error {
	f, err := fleet.New(cfg)
	if err != nil {
		return err
	}
	for _, g := range f.Gateways() {
		f.At(9*time.Second, func() { g.Reboot(time.Second / 2) })
	}
	for _, n := range f.Nodes() {
		f.At(10*time.Second, func() { n.Reboot(time.Second) })
	}
	return f.Trial(nil, 20*time.Second, 30*time.Second)
}
