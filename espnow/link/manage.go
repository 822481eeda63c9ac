package link

import (
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Deny puts a node on the deny-list: its session ends at once, its mail is void, and it is let in no more.
func (g *Gateway) Deny(now time.Duration, addr espnow.Addr) {
	g.denied[addr] = struct{}{}
	g.door.halfOpenOf(addr)
	if p := g.peers[addr]; p != nil {
		g.void(now, p, ErrDenied)
		g.dismiss(p, ReasonDenied)
	}
}

func (g *Gateway) isDenied(addr espnow.Addr) bool {
	_, denied := g.denied[addr]
	return denied
}

// Allow takes a node off the deny-list.
func (g *Gateway) Allow(addr espnow.Addr) { delete(g.denied, addr) }

// Elsewhere says that another gateway holds a node: its session here ends without a word, and its mail is void.
func (g *Gateway) Elsewhere(now time.Duration, addr espnow.Addr) {
	g.door.halfOpenOf(addr)
	if p := g.peers[addr]; p != nil {
		g.void(now, p, ErrElsewhere)
		g.leave(now, p, ReasonElsewhere)
	}
}

// Shutdown says goodbye to all nodes. The gateway is done when Transmit has nothing more to send and Poll to say.
func (g *Gateway) Shutdown(now time.Duration) {
	g.door.pending = nil
	for len(g.door.half) > 0 {
		g.door.close(g.door.half[0])
	}
	for _, n := range g.Status(now).Nodes { // in an order that does not depend on a map
		g.dismiss(g.peers[n.Addr], ReasonShutdown)
	}
}

// dismiss has a node told that its session ends, after which it does.
func (g *Gateway) dismiss(p *peer, why Reason) {
	if p.session != nil {
		p.goodbye = why
		g.makeReady(p)
	}
}

// Keys returns the network keys, to add the next one or remove the last while the gateway runs. Sessions go on when the key
// that they began with is removed. On an open network it stays empty: a key does not make it secure.
func (g *Gateway) Keys() *Keyring { return &g.cfg.Keys }

// SetChannel says on which channel, 1..14, the radio is now. Nodes find out by searching.
func (g *Gateway) SetChannel(channel uint8) { g.cfg.Channel = channel }

// SetUnixTime says what time it is, which nodes are told.
func (g *Gateway) SetUnixTime(now time.Duration, t time.Time) {
	g.unix = time.Duration(t.UnixNano()) - now
}

// RadioReset says that the radio's list of peers is empty, as it is after a start of ESP-NOW.
func (g *Gateway) RadioReset() { g.radio.forget() }

// halfOpenOf closes the half-open sessions of a node, and forgets its joins.
func (d *door) halfOpenOf(addr espnow.Addr) {
	d.pending = slices.DeleteFunc(d.pending, func(p pendingJoin) bool { return p.addr == addr })
	for _, h := range slices.Clone(d.half) {
		if h.addr == addr {
			d.close(h)
		}
	}
}
