package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	// forgetAfter is how long a node is remembered that has left: its ids, so that a repeat is known for one.
	forgetAfter = 10 * time.Minute
	// awakeFor is how long a sleepy node listens after each of its frames.
	awakeFor = 100 * time.Millisecond
	// rekeyAgain is how long a gateway waits for a node that it has asked to join anew.
	rekeyAgain = 10 * time.Second
)

// peer is what a gateway knows of a node: while it has a session, for a while after, and while mail waits for it.
type peer struct {
	addr    espnow.Addr
	session *session // nil: the node has left, or was never here
	since   time.Duration
	seen    time.Duration // when its last verified packet came; without a session, when it left
	rssi    int8          // of that packet
	sleepy  bool
	lastID  uint8  // of its sessions
	boot    uint32 // of the gateway, as the node knows it

	sender  sender
	outbox  outbox
	counted int // bytes of the outbox that Gateway.mail has counted

	ping    bool // a PINGREQ waits for its answer
	time    uint32
	answers answers
	rekeyed time.Duration // when it was asked to join anew; 0: it was not
	goodbye Reason        // it is to be told so, and then forgotten

	ready bool // it is in Gateway.ready
	at    time.Duration
	timer int // its place in Gateway.timers, plus 1; 0: it is not there
}

// sessionWith returns the session with an id, or nil.
func (p *peer) sessionWith(id uint8) *session {
	if p == nil || p.session == nil || p.session.id != id {
		return nil
	}
	return p.session
}

// newPeer begins the memory of a node. Twice as many are remembered as can have sessions, so of a full memory somebody has
// none: first to go is who left first and has no mail, then who left first.
func (g *Gateway) newPeer(now time.Duration, addr espnow.Addr) *peer {
	if len(g.peers) == g.memory() {
		oldest := g.oldestIdle()
		if oldest == nil {
			oldest = g.oldest(func(p *peer) bool { return p.session == nil })
			g.void(now, oldest, ErrFull)
		}
		g.forget(oldest)
	}
	p := &peer{addr: addr, boot: g.bootFor(addr), seen: now}
	p.outbox.maxMessages, p.outbox.maxBytes = g.cfg.Mail.NodeMessages, g.cfg.Mail.NodeBytes
	g.peers[addr] = p
	return p
}

// memory is how many nodes are remembered at most.
func (g *Gateway) memory() int { return 2 * g.cfg.Sessions }

// bootFor returns the boot that a node is told: another one each time that the memory of it begins, since a node that
// remembers more than its gateway would take the ids that begin anew for repeats.
func (g *Gateway) bootFor(addr espnow.Addr) uint32 {
	if p := g.peers[addr]; p != nil {
		return p.boot
	}
	return g.boot + g.forgotten
}

// oldestIdle returns who left first of those that nothing is kept for; nil: there is none.
func (g *Gateway) oldestIdle() *peer {
	return g.oldest(func(p *peer) bool { return p.session == nil && p.outbox.idle() })
}

// oldest returns who was heard, or left, first of those that may go; nil: none may.
func (g *Gateway) oldest(mayGo func(*peer) bool) (oldest *peer) {
	for _, p := range g.peers {
		if !mayGo(p) {
			continue
		}
		if oldest == nil || p.seen < oldest.seen || p.seen == oldest.seen && p.addr.Compare(oldest.addr) < 0 {
			oldest = p
		}
	}
	return oldest
}

// forget ends the memory of a node without a session, and its joins, which speak of the memory that goes.
func (g *Gateway) forget(p *peer) {
	g.door.halfOpenOf(p.addr)
	g.forgotten++
	g.timers.remove(p)
	g.inbox.parts.Forget(p.sender.source)
	delete(g.sources, p.sender.source)
	delete(g.peers, p.addr)
}

// promote makes a half-open session the node's: its first packet has come. It returns nil if there is no room any more.
func (g *Gateway) promote(now time.Duration, h *halfOpen) *peer {
	p := g.peers[h.addr]
	if (p == nil || p.session == nil) && g.sessions == g.cfg.Sessions {
		g.door.close(h)
		g.drop(espnow.DropReasonNoRoom)
		return nil
	}
	if p == nil {
		p = g.newPeer(now, h.addr)
	}
	p.boot = h.boot
	restarted := p.sender.source != 0 && p.sender.boot != h.session.boot
	joined := p.session == nil
	if p.session != nil {
		p.session.wipe()
	} else {
		g.sessions++
	}
	if restarted && !joined {
		g.tellPresence(p, false, ReasonRestarted)
		joined = true
	}
	g.inbox.parts.Forget(p.sender.source)
	if p.sender.source == 0 || restarted {
		delete(g.sources, p.sender.source)
		p.sender = g.inbox.newSender(h.session.boot)
		g.sources[p.sender.source] = p
	}
	if joined {
		p.since = now
	}
	p.session, p.sleepy, p.lastID, p.rekeyed, p.ping, p.answers = h.session, h.sleepy, h.session.id, 0, false, p.answers[:0]
	p.outbox.restart()
	p.rssi = g.frame.RSSI
	g.door.take(h)
	g.stats.Joined++
	if joined {
		g.tellPresence(p, true, ReasonNone)
	}
	return p
}

// heard notes a verified packet of a node with a session.
func (g *Gateway) heard(now time.Duration, p *peer) {
	p.seen, p.rssi = now, g.frame.RSSI
	g.radio.heard(now, p.addr)
	if p.outbox.stalled {
		p.outbox.restart()
	}
	if !p.outbox.idle() {
		g.makeReady(p)
	}
	if p.timer == 0 {
		g.arm(now, p)
	}
}

// leave ends a node's session. What waits for it is kept, except that one who is denied or elsewhere gets it no more.
func (g *Gateway) leave(now time.Duration, p *peer, why Reason) {
	p.goodbye = ReasonNone
	if p.session == nil {
		return
	}
	p.session.wipe()
	p.session = nil
	g.sessions--
	p.seen, p.ping, p.answers = now, false, p.answers[:0]
	g.inbox.parts.Forget(p.sender.source)
	p.outbox.restart()
	g.tellPresence(p, false, why)
	g.arm(now, p)
}

func (g *Gateway) tellPresence(p *peer, present bool, why Reason) {
	g.notices.presence(Presence{
		Addr: p.addr, Present: present, Reason: why, Boot: p.sender.boot, RSSI: p.rssi, Channel: g.cfg.Channel, Sleepy: p.sleepy,
	})
}

// silentAt returns when a node with a session is taken as gone.
func (p *peer) silentAt() time.Duration { return p.seen + p.session.keepAlive*3/2 }

// arm sets the timer of a node for the first thing that time alone brings about.
func (g *Gateway) arm(now time.Duration, p *peer) {
	g.mail += p.outbox.bytes - p.counted
	p.counted = p.outbox.bytes
	g.stats.MailDropped += p.outbox.dropped
	p.outbox.dropped = 0
	if at, ok := p.outbox.expiry(); ok {
		g.timers.set(p, at)
	}
	if p.session == nil {
		if forget := p.seen + forgetAfter; p.outbox.idle() || now < forget {
			g.timers.set(p, forget)
		}
		return
	}
	g.timers.set(p, p.silentAt())
	if at, ok := p.outbox.nextDeadline(); ok && !p.ready && p.mayReceive(now) && (!p.sleepy || at < p.seen+awakeFor) {
		g.timers.set(p, at)
	}
}

// peerDue does what is due of a node. Its timer may have come too early.
func (g *Gateway) peerDue(now time.Duration, p *peer) {
	switch {
	case p.session != nil && now >= p.silentAt():
		g.leave(now, p, ReasonSilent)
	case p.session != nil:
		if at, ok := p.outbox.nextDeadline(); ok && now >= at {
			g.makeReady(p)
		}
	case now >= p.seen+forgetAfter && p.outbox.idle():
		g.forget(p)
		return
	case now >= p.seen+forgetAfter: // its mail is kept, but it may count on elsewhere
		p.sender.done = idWindow{}
	}
	g.settle(now, p)
}

// makeReady has Transmit ask a node for a frame.
func (g *Gateway) makeReady(p *peer) {
	if p.session != nil && !p.ready {
		p.ready = true
		g.ready = append(g.ready, p)
	}
}
