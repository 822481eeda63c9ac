package fleet_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Machines that do what no machine may, to see that each invariant can break.

// tellingGateway changes or repeats what its machine tells.
type tellingGateway struct {
	fleet.GatewayMachine
	change func(link.Event)      // what it tells; nil: nothing
	again  func(link.Event) bool // what it tells twice; nil: nothing
	copied link.Event
}

func (g *tellingGateway) Poll(now time.Duration) (link.Event, bool) {
	if e := g.copied; e != nil {
		g.copied = nil
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

// hoardingGateway says that it holds too much.
type hoardingGateway struct{ fleet.GatewayMachine }

func (g hoardingGateway) Stats() link.GatewayStats {
	s := g.GatewayMachine.Stats()
	s.Held = 1 << 40
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

// strangerGateway sends to who is not on its radio's list.
type strangerGateway struct{ fleet.GatewayMachine }

func (g strangerGateway) Transmit(now time.Duration) (*link.Transmission, bool) {
	t, ok := g.GatewayMachine.Transmit(now)
	if ok {
		t.Add = false
	}
	return t, ok
}

// sloppyGateway sends a byte more than its packets have.
type sloppyGateway struct{ fleet.GatewayMachine }

func (g sloppyGateway) Transmit(now time.Duration) (*link.Transmission, bool) {
	t, ok := g.GatewayMachine.Transmit(now)
	if ok {
		t.Body = append(t.Body, 0x30)
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
	for name, test := range map[string]struct {
		invariant string
		mutate    func(*fleet.Config)
	}{
		"a message twice":            {"once", telling(tellingGateway{again: isMessage})},
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
		"too much":                   {"memory", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return hoardingGateway{m} })},
		"a deadline in the past":     {"progress", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return restlessGateway{m} })},
		"a peer not on the list":     {"radio", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return strangerGateway{m} })},
		"a byte too many":            {"frames", gateway(func(m fleet.GatewayMachine) fleet.GatewayMachine { return sloppyGateway{m} })},
		"too much queued":            {"memory", node(func(m fleet.NodeMachine) fleet.NodeMachine { return hoardingNode{m, 17, 0} })},
		"too much held":              {"memory", node(func(m fleet.NodeMachine) fleet.NodeMachine { return hoardingNode{m, 0, 1 << 40} })},
		"a result twice":             {"results", node(func(m fleet.NodeMachine) fleet.NodeMachine { return &stammeringNode{NodeMachine: m} })},
		"a counter twice": {"nonces", func(cfg *fleet.Config) {
			cfg.Node = func(_ int, c *link.NodeConfig) {
				tell := c.Sealed
				c.Sealed = func(key [8]byte, counter uint32) { tell(key, counter&^1) }
			}
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
			cfg.Traffic.Every, cfg.Traffic.Sleep, cfg.Traffic.Until = time.Second, time.Second, 20*time.Second
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
