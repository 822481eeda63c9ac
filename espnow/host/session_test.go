package host_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
	"github.com/esp-now-network/esp-now-network/frag"
)

const networkKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// home is a secure network in the air.
type home struct {
	*testing.T
	air     *sim.Air
	key     link.NetworkKey
	gateway *host.Gateway
	radio   *sim.Radio

	mu   sync.Mutex // guards what was told
	told map[espnow.Addr][]link.Event
	slow bool // the gateway's application settles nothing by itself
}

func inHome(t *testing.T, cfg sim.Config, f func(*home)) {
	inAir(t, cfg, func(t *testing.T, a *sim.Air) {
		key, err := link.ParseNetworkKey(networkKey)
		if err != nil {
			t.Fatal(err)
		}
		h := &home{T: t, air: a, key: key, told: map[espnow.Addr][]link.Event{}}
		h.startGateway(nil)
		defer func() { h.gateway.Close() }()
		f(h)
	})
}

// keep returns what tells events of a station, to be asked for by told.
func (h *home) keep(addr espnow.Addr) func(link.Event) {
	return func(e link.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		switch e := e.(type) {
		case *link.Message:
			m := *e
			m.Topic, m.Payload = bytes.Clone(e.Topic), bytes.Clone(e.Payload)
			h.told[addr] = append(h.told[addr], &m)
		case *link.Result:
			r := *e
			h.told[addr] = append(h.told[addr], &r)
		case *link.Presence:
			p := *e
			h.told[addr] = append(h.told[addr], &p)
		case *link.Connection:
			c := *e
			h.told[addr] = append(h.told[addr], &c)
		}
	}
}

// told returns the events of one kind of a station so far.
func told[E link.Event](h *home, addr espnow.Addr) (events []E) {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.told[addr] {
		if e, ok := e.(E); ok {
			events = append(events, e)
		}
	}
	return events
}

func (h *home) startGateway(set func(*link.GatewayConfig)) {
	h.Helper()
	h.radio = newStation(h.T, h.air, gatewayAddr)
	h.runGateway(h.radio, set)
}

func (h *home) runGateway(r radio.Radio, set func(*link.GatewayConfig)) {
	h.Helper()
	cfg := link.DefaultGatewayConfig(gatewayAddr)
	if err := cfg.Keys.Add(1, h.key); err != nil {
		h.Fatal(err)
	}
	if set != nil {
		set(&cfg)
	}
	keep := h.keep(gatewayAddr)
	g, err := host.StartGateway(r, cfg, func(g *host.Gateway, e link.Event) {
		keep(e)
		if m, ok := e.(*link.Message); ok && !h.slow {
			g.Settle(m.Receipt, true)
		}
	}, nil)
	if err != nil {
		h.Fatal(err)
	}
	h.gateway = g
}

func (h *home) nodeConfig(addr espnow.Addr) link.NodeConfig {
	cfg := link.DefaultNodeConfig(addr)
	cfg.Key, cfg.KeyID = h.key.Device(addr), 1
	return cfg
}

func (h *home) startNode(r radio.Radio) *host.Node {
	h.Helper()
	n, err := host.StartNode(r, h.nodeConfig(r.Addr()), h.keep(r.Addr()), nil)
	if err != nil {
		h.Fatal(err)
	}
	return n
}

func (h *home) node(i byte) *host.Node {
	h.Helper()
	return h.startNode(newStation(h.T, h.air, nodeAddr(i)))
}

func (h *home) until(what string, so func() bool) {
	h.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("not within a minute: %s", what)
		}
	}
}

var important = link.Outgoing{Topic: "door", Payload: []byte("open"), Acknowledge: true}

func TestPublishWaitsForResponsibility(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.Loss, cfg.Seed = .2, 2
	inHome(t, cfg, func(h *home) {
		h.slow = true
		n := h.node(1)
		defer n.Close()
		for _, c := range []struct {
			taken bool
			want  error
		}{
			{true, nil},
			{false, frag.StatusError{Status: frag.StatusRefused}},
		} {
			before := len(told[*link.Message](h, gatewayAddr))
			done := make(chan error, 1)
			go func() { done <- n.Publish(h.Context(), important) }()
			h.until("told", func() bool { return len(told[*link.Message](h, gatewayAddr)) > before })
			time.Sleep(10 * time.Second)
			select {
			case err := <-done:
				h.Fatalf("Publish returns %v before anybody has decided", err)
			default:
			}
			h.gateway.Settle(told[*link.Message](h, gatewayAddr)[before].Receipt, c.taken)
			if err := <-done; !errors.Is(err, c.want) {
				h.Errorf("Publish: %v, want %v", err, c.want)
			}
		}
		if n := len(told[*link.Message](h, gatewayAddr)); n != 2 {
			h.Errorf("told %d messages, want 2", n)
		}
	})
}

// The end of a context ends the waiting, not the sending; Close ends both.
func TestPublishGivesUpWaiting(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		h.slow = true
		n := h.node(1)
		defer n.Close()
		ctx, cancel := context.WithTimeout(h.Context(), 5*time.Second)
		defer cancel()
		if err := n.Publish(ctx, important); !errors.Is(err, context.DeadlineExceeded) {
			h.Errorf("Publish: %v", err)
		}
		h.gateway.Settle(told[*link.Message](h, gatewayAddr)[0].Receipt, true)
		h.until("the result", func() bool { return len(told[*link.Result](h, nodeAddr(1))) == 1 })
		if r := told[*link.Result](h, nodeAddr(1))[0]; r.Err != nil || r.To != gatewayAddr {
			h.Errorf("%+v", r)
		}
		done := make(chan error, 1)
		go func() { done <- n.Publish(h.Context(), important) }()
		time.Sleep(time.Second)
		n.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			h.Errorf("Publish at Close: %v", err)
		}
		if err := n.Publish(h.Context(), important); !errors.Is(err, net.ErrClosed) {
			h.Errorf("Publish after Close: %v", err)
		}
	})
}

func TestDownlinkAndGoodbye(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		n := h.node(1)
		h.until("joined", n.Connected)
		ticket, err := h.gateway.Send(nodeAddr(1), important)
		if err != nil {
			h.Fatal(err)
		}
		h.until("the result", func() bool { return len(told[*link.Result](h, gatewayAddr)) == 1 })
		if r := told[*link.Result](h, gatewayAddr)[0]; r.Ticket != ticket || r.Err != nil {
			h.Errorf("%+v", r)
		}
		if m := told[*link.Message](h, nodeAddr(1)); len(m) != 1 || string(m[0].Payload) != "open" {
			h.Errorf("the node is told %v", m)
		}
		if now, ok := n.UnixTime(); !ok || time.Until(now).Abs() > time.Second {
			h.Errorf("the gateway says it is %v, %t; it is %v", now, ok, time.Now())
		}
		n.Close()
		h.until("left", func() bool { return len(told[*link.Presence](h, gatewayAddr)) == 2 })
		if p := told[*link.Presence](h, gatewayAddr); !p[0].Present || p[1].Present || p[1].Reason != link.ReasonNormal {
			h.Errorf("joined %+v, left %+v", p[0], p[1])
		}
		other := h.node(2)
		defer other.Close()
		h.until("joined", other.Connected)
		h.gateway.Close()
		h.until("told", func() bool { return !other.Connected() })
		if c := told[*link.Connection](h, nodeAddr(2)); len(c) != 2 || c[1].Up || c[1].Reason != link.ReasonShutdown {
			h.Errorf("the node is told %+v", c)
		}
		if p := told[*link.Presence](h, gatewayAddr); len(p) != 4 || p[3].Reason != link.ReasonShutdown {
			h.Errorf("told %d of presence", len(p))
		}
		if _, err := h.gateway.Send(nodeAddr(1), important); !errors.Is(err, net.ErrClosed) {
			h.Errorf("Send after Close: %v", err)
		}
	})
}

func TestManagement(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		n := h.node(1)
		defer n.Close()
		last := func() link.Presence {
			all := told[*link.Presence](h, gatewayAddr)
			return *all[len(all)-1]
		}
		h.until("joined", n.Connected)
		h.gateway.Deny(nodeAddr(1))
		h.until("gone", func() bool { return !n.Connected() })
		time.Sleep(time.Minute)
		if s := h.gateway.Status(); len(s.Denied) != 1 || s.Stats.Sessions != 0 || last().Reason != link.ReasonDenied {
			h.Errorf("denied: %+v, left for %v", s, last().Reason)
		}
		h.gateway.Allow(nodeAddr(1))
		h.until("back", n.Connected)
		h.gateway.Elsewhere(nodeAddr(1))
		h.until("elsewhere", func() bool { return last().Reason == link.ReasonElsewhere })
	})
}

// A network key is replaced while the gateway runs, which moves to another channel besides.
func TestKeyRotation(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		next, err := link.ParseNetworkKey(networkKey[2:] + "ff")
		if err != nil {
			h.Fatal(err)
		}
		if err := h.gateway.AddKey(2, next); err != nil {
			h.Fatal(err)
		}
		if err := h.gateway.AddKey(2, next); !errors.Is(err, link.ErrKeyID) {
			h.Errorf("the same key again: %v", err)
		}
		h.gateway.RemoveKey(1)
		if err := h.radio.Tune(h.Context(), 11); err != nil {
			h.Fatal(err)
		}
		h.gateway.SetChannel(11)
		cfg := h.nodeConfig(nodeAddr(1))
		cfg.Key, cfg.KeyID = next.Device(nodeAddr(1)), 2
		n, err := host.StartNode(newStation(h.T, h.air, nodeAddr(1)), cfg, nil, nil)
		if err != nil {
			h.Fatal(err)
		}
		defer n.Close()
		h.until("joined", n.Connected)
		if s := h.gateway.Status(); s.Channel != 11 || len(s.Keys) != 1 || s.Keys[0] != 2 {
			h.Errorf("%+v", s)
		}
		h.gateway.Close()
		if err := h.gateway.AddKey(3, next); !errors.Is(err, net.ErrClosed) {
			h.Errorf("AddKey after Close: %v", err)
		}
	})
}

func TestGatewayLosesPower(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		nodes := []*host.Node{h.node(1), h.node(2), h.node(3)}
		for _, n := range nodes {
			defer n.Close()
			h.until("joined", n.Connected)
		}
		h.gateway.Kill()
		_ = h.radio.Close()
		done := make(chan error, len(nodes))
		for _, n := range nodes {
			go func() { done <- n.Publish(h.Context(), important) }()
		}
		time.Sleep(3 * time.Second)
		h.startGateway(func(c *link.GatewayConfig) { c.Channel = 6 })
		for range nodes {
			if err := <-done; err != nil {
				h.Error(err)
			}
		}
		for i := range nodes {
			c := told[*link.Connection](h, nodeAddr(byte(i+1)))
			if len(c) != 3 || c[1].Reason != link.ReasonSilent || !c[2].Up || c[2].Boot == c[0].Boot || c[2].Channel != 6 {
				h.Errorf("node %d is told %+v", i+1, c)
			}
		}
		if m := told[*link.Message](h, gatewayAddr); len(m) != len(nodes) {
			h.Errorf("told %d messages, want %d", len(m), len(nodes))
		}
	})
}

func TestDeepSleep(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		r := newStation(h.T, h.air, nodeAddr(1))
		n := h.startNode(r)
		if _, err := n.Snapshot(); !errors.Is(err, link.ErrUnfinished) {
			h.Errorf("a snapshot of a node without a session: %v", err)
		}
		if err := n.Publish(h.Context(), important); err != nil {
			h.Fatal(err)
		}
		h.until("resting", n.Resting)
		snapshot, err := n.Snapshot()
		if err != nil {
			h.Fatal(err)
		}
		n.Close()
		if _, err := n.Snapshot(); !errors.Is(err, net.ErrClosed) {
			h.Errorf("a snapshot after Close: %v", err)
		}
		time.Sleep(30 * time.Second)
		n, err = host.ResumeNode(r, h.nodeConfig(nodeAddr(1)), 30*time.Second, snapshot, nil, nil)
		if err != nil {
			h.Fatal(err)
		}
		defer n.Close()
		if err := n.Publish(h.Context(), important); err != nil {
			h.Fatal(err)
		}
		if s := h.gateway.Stats(); s.Joins != 1 || s.Messages != 2 {
			h.Errorf("%+v", s)
		}
	})
}

// Eight nodes at a radio with four peers, and a second gateway on the radio of one that was closed.
func TestRadioWithFewPeers(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.MaxPeers = 4
	few := func(c *link.GatewayConfig) { c.Peers = 4 }
	inHome(t, cfg, func(h *home) {
		h.gateway.Close()
		h.runGateway(h.radio, few)
		var nodes []*host.Node
		for i := range byte(8) {
			n := h.node(i + 1)
			defer n.Close()
			nodes = append(nodes, n)
		}
		everybody := func() {
			h.Helper()
			for _, n := range nodes {
				if err := n.Publish(h.Context(), important); err != nil {
					h.Error(err)
				}
			}
			if s := h.gateway.RadioStats(); s != (host.RadioStats{}) {
				h.Errorf("%+v", s)
			}
		}
		everybody()
		everybody()
		if peers := len(h.gateway.Status().Radio); peers != 4 {
			h.Errorf("%d peers, want all 4 used", peers)
		}
		h.gateway.Close()
		h.runGateway(h.radio, few)
		everybody()
	})
}
