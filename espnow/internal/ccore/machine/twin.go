//go:build enow_ccore

package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Twins are machines in Go and in C at once: they are given the same, at the same whole microsecond and with the same
// randomness, and it panics where they do not say the same.
func Twins() fleet.Machines {
	return fleet.Machines{
		NewNode: func(cfg link.NodeConfig) (fleet.NodeMachine, error) {
			p := newPair(cfg.Random, cfg.Sealed)
			goes, goErr := link.NewNode(p.goNode(cfg))
			c, cErr := NewNode(p.cNode(cfg))
			return startedNode(p, goes, goErr, c, cErr)
		},
		ResumeNode: func(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (fleet.NodeMachine, error) {
			p := newPair(cfg.Random, cfg.Sealed)
			again := bytes.Clone(snapshot)
			goes, goErr := link.ResumeNode(p.goNode(cfg), whole(now), whole(slept), snapshot)
			c, cErr := ResumeNode(p.cNode(cfg), now, slept, again)
			p.same("the snapshot after it was used", snapshot, again)
			return startedNode(p, goes, goErr, c, cErr)
		},
		NewGateway: func(cfg link.GatewayConfig) (fleet.GatewayMachine, error) {
			p := newPair(cfg.Random, cfg.Sealed)
			cfg.JoinEvery = whole(cfg.JoinEvery)
			goCfg, cCfg := cfg, cfg
			goCfg.Random, goCfg.Sealed = &p.drawn, p.goSealed
			cCfg.Random, cCfg.Sealed = &p.left, p.cSealed
			goes, goErr := link.NewGateway(goCfg)
			c, cErr := NewGateway(cCfg)
			p.same("whether it starts", goErr == nil, cErr == nil)
			if goErr != nil {
				return nil, goErr
			}
			p.settled("a start")
			return &twinGateway{twin{p, goes, c}, goes, c}, nil
		},
	}
}

// pair is what two machines share.
type pair struct {
	drawn  drawn        // of Go, which comes first
	left   bytes.Buffer // of it, for C
	seals  []seal       // of Go, that C has not made yet
	sealed func(key [8]byte, counter uint32)
}

type seal struct {
	key     [8]byte
	counter uint32
}

// drawn keeps what is read from a source for another reader.
type drawn struct {
	source io.Reader
	kept   *bytes.Buffer
}

func (d *drawn) Read(b []byte) (int, error) {
	n, err := d.source.Read(b)
	d.kept.Write(b[:n])
	return n, err
}

func newPair(random io.Reader, sealed func(key [8]byte, counter uint32)) *pair {
	p := &pair{sealed: sealed}
	p.drawn = drawn{random, &p.left}
	return p
}

func (p *pair) goNode(cfg link.NodeConfig) link.NodeConfig {
	cfg.Random, cfg.Sealed = &p.drawn, p.goSealed
	return cfg
}

func (p *pair) cNode(cfg link.NodeConfig) link.NodeConfig {
	cfg.Random, cfg.Sealed = &p.left, p.cSealed
	return cfg
}

func (p *pair) goSealed(key [8]byte, counter uint32) {
	p.seals = append(p.seals, seal{key, counter})
	if p.sealed != nil {
		p.sealed(key, counter)
	}
}

func (p *pair) cSealed(key [8]byte, counter uint32) {
	p.same("what is sealed next", p.seals[:min(1, len(p.seals))], []seal{{key, counter}})
	p.seals = p.seals[1:]
}

// same wants two things to be the same.
func (p *pair) same(what string, goes, c any) {
	if g, c := fmt.Sprintf("%+v", goes), fmt.Sprintf("%+v", c); g != c {
		panic(fmt.Sprintf("%s differs: %s in Go, %s in C", what, g, c))
	}
}

// sameError wants two errors to mean the same.
func (p *pair) sameError(what string, goes, c error) {
	if !errors.Is(goes, c) {
		panic(fmt.Sprintf("%s differs: %v in Go, %v in C", what, goes, c))
	}
}

// holds wants C to hold no more bytes of buffers than Go, which keeps some for reuse, and makes the two equal.
func (p *pair) holds(goes int, c *int) {
	if *c > goes {
		panic(fmt.Sprintf("%d bytes are held in Go, %d in C", goes, *c))
	}
	*c = goes
}

// settled wants both to have drawn the same randomness and sealed the same packets.
func (p *pair) settled(after string) {
	p.same("randomness left behind "+after, 0, p.left.Len())
	p.same("packets sealed by "+after, []seal{}, slices.Clone(p.seals))
}

func startedNode(p *pair, goes *link.Node, goErr error, c *Node, cErr error) (fleet.NodeMachine, error) {
	p.same("whether it starts", goErr == nil, cErr == nil)
	if goErr != nil {
		return nil, goErr
	}
	p.settled("a start")
	return &twinNode{twin{p, goes, c}, goes, c}, nil
}

func whole(t time.Duration) time.Duration { return t.Truncate(time.Microsecond) }

// twin is what twins of both kinds have.
type twin struct {
	*pair
	goes, c fleet.Machine
}

func (t *twin) Handle(now time.Duration, f link.Frame) {
	t.goes.Handle(whole(now), f)
	t.c.Handle(now, f)
	t.settled("Handle")
}

func (t *twin) Poll(now time.Duration) (link.Event, bool) {
	goes, ok := t.goes.Poll(whole(now))
	c, cOK := t.c.Poll(now)
	t.same("whether there is an event", ok, cOK)
	if r, is := goes.(*link.Result); is {
		t.sameError("a result", r.Err, c.(*link.Result).Err)
		without := *r
		without.Err = nil
		other := *c.(*link.Result)
		other.Err = nil
		t.same("a result", without, other)
	} else {
		t.same("an event", goes, c)
	}
	t.settled("Poll")
	return goes, ok
}

func (t *twin) Transmit(now time.Duration) (*link.Transmission, bool) {
	goes, ok := t.goes.Transmit(whole(now))
	c, cOK := t.c.Transmit(now)
	t.same("whether there is a frame", ok, cOK)
	t.same("a frame", goes, c)
	t.settled("Transmit")
	t.deadlines()
	return goes, ok
}

func (t *twin) NextDeadline() (time.Duration, bool) {
	t.deadlines()
	return t.goes.NextDeadline()
}

func (t *twin) deadlines() {
	goes, ok := t.goes.NextDeadline()
	c, cOK := t.c.NextDeadline()
	t.same("whether it waits", ok, cOK)
	if ok {
		t.same("the deadline", goes, c)
	}
}

func (t *twin) RadioReset() {
	t.goes.RadioReset()
	t.c.RadioReset()
}

func (t *twin) KeyExchanges() uint64 {
	t.same("key exchanges", t.goes.KeyExchanges(), t.c.KeyExchanges())
	return t.goes.KeyExchanges()
}

type twinNode struct {
	twin
	goes *link.Node
	c    *Node
}

func (t *twinNode) Publish(now time.Duration, m link.Outgoing) (link.Ticket, error) {
	ticket, err := t.goes.Publish(whole(now), m)
	cTicket, cErr := t.c.Publish(now, m)
	t.sameError("what Publish says", err, cErr)
	if err == nil {
		t.same("a ticket", ticket, cTicket)
	}
	return ticket, err
}

func (t *twinNode) Resting(now time.Duration) bool {
	rests := t.goes.Resting(whole(now))
	t.same("whether it rests", rests, t.c.Resting(now))
	return rests
}

func (t *twinNode) Snapshot(now time.Duration) ([]byte, error) {
	b, err := t.goes.Snapshot(whole(now))
	cb, cErr := t.c.Snapshot(now)
	t.sameError("what Snapshot says", err, cErr)
	t.same("a snapshot", b, cb)
	return b, err
}

func (t *twinNode) Goodbye(now time.Duration) {
	t.goes.Goodbye(whole(now))
	t.c.Goodbye(now)
}

func (t *twinNode) Stats() link.NodeStats {
	s, c := t.goes.Stats(), t.c.Stats()
	t.holds(s.Held, &c.Held)
	t.same("the counters", s, c)
	return s
}

func (t *twinNode) Memory() (queued, held int) {
	queued, held = t.goes.Memory()
	cQueued, cHeld := t.c.Memory()
	t.holds(held, &cHeld)
	t.same("memory", queued, cQueued)
	return queued, held
}

type twinGateway struct {
	twin
	goes *link.Gateway
	c    *Gateway
}

func (t *twinGateway) Accept(now time.Duration, r link.Receipt) bool {
	waited := t.goes.Accept(whole(now), r)
	t.same("whether a message waited", waited, t.c.Accept(now, r))
	return waited
}

func (t *twinGateway) Refuse(now time.Duration, r link.Receipt) bool {
	waited := t.goes.Refuse(whole(now), r)
	t.same("whether a message waited", waited, t.c.Refuse(now, r))
	return waited
}

func (t *twinGateway) Send(now time.Duration, to espnow.Addr, m link.Outgoing) (link.Ticket, error) {
	ticket, err := t.goes.Send(whole(now), to, m)
	cTicket, cErr := t.c.Send(now, to, m)
	t.sameError("what Send says", err, cErr)
	if err == nil {
		t.same("a ticket", ticket, cTicket)
	}
	return ticket, err
}

func (t *twinGateway) Deny(now time.Duration, addr espnow.Addr) {
	t.goes.Deny(whole(now), addr)
	t.c.Deny(now, addr)
}

func (t *twinGateway) Allow(addr espnow.Addr) {
	t.goes.Allow(addr)
	t.c.Allow(addr)
}

func (t *twinGateway) Elsewhere(now time.Duration, addr espnow.Addr) {
	t.goes.Elsewhere(whole(now), addr)
	t.c.Elsewhere(now, addr)
}

func (t *twinGateway) SetChannel(channel uint8) {
	t.goes.SetChannel(channel)
	t.c.SetChannel(channel)
}

func (t *twinGateway) SetUnixTime(now time.Duration, unix time.Time) {
	t.goes.SetUnixTime(whole(now), unix.Truncate(time.Microsecond))
	t.c.SetUnixTime(now, unix)
}

func (t *twinGateway) Shutdown(now time.Duration) {
	t.goes.Shutdown(whole(now))
	t.c.Shutdown(now)
}

func (t *twinGateway) Stats() link.GatewayStats {
	s, c := t.goes.Stats(), t.c.Stats()
	t.holds(s.Held, &c.Held)
	t.same("the counters", s, c)
	return s
}
