package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Times of a session (SPEC.md, section 6).
const (
	pingEvery   = 2 * time.Second // while none is answered
	pingsLost   = 3               // unanswered, and the gateway is lost
	silentAsks  = 3               // questions about a message without an answer, and the gateway is pinged
	afterMail   = 2 * time.Second // a sleepy node listens after each message to it
	firstPoll   = 100 * time.Millisecond
	maxPoll     = 2 * time.Second
	maxUnixMs   = 1<<63/1000000 - 1 // what nanoseconds can tell
	resetsApart = 5 * time.Second   // of an open network, which prove nothing
)

// alive is how a node knows that its session works.
type alive struct {
	next      time.Duration // when to ping, or when the last ping counts as lost
	pings     int           // unanswered; those that ask for mail do not count
	wantsKeys bool          // the gateway asks to join anew
	resetAt   time.Duration // when the last reset of an open network was obeyed; 0: none was
	heardAt   time.Duration // when the gateway was heard last
	down      Reason        // what was told last; ReasonNone: it is up, or has not been

	awake   time.Duration // a sleepy node listens until then
	pending bool          // mail waits
	poll    time.Duration // when to ask for it
	pause   time.Duration
}

// begin starts a session's time.
func (a *alive) begin(now time.Duration) {
	a.next, a.pings, a.wantsKeys, a.pending, a.awake = now, 0, false, false, now+awakeFor
}

// heard notes a verified packet of the gateway: the next ping is due when nothing more comes for the better part of a
// keep-alive.
func (n *Node) heard(now time.Duration) {
	a := &n.alive
	a.pings, a.heardAt, n.outbox.unheard = 0, now, 0
	a.next = now + n.session.keepAlive*3/4 + n.jitter(n.session.keepAlive/8)
	n.radio.heard(now, n.session.peer)
	if m := n.remembered(); m != nil {
		m.heard = now
	}
	if n.frame.RSSI != 0 {
		n.seek.rssi = n.frame.RSSI
	}
	if n.seek.phase == seekConfirm {
		n.confirmed()
	}
}

// lose ends the session in use, and has the node search.
func (n *Node) lose(now time.Duration, why Reason) {
	told, peer := n.up, n.session.peer
	n.session.wipe()
	n.session, n.up = nil, false
	n.answers = n.answers[:0]
	n.outbox.restart()
	if !told {
		n.backOff(now) // it is as if the join had failed
		return
	}
	n.alive.down = why
	n.notices.connection(Connection{Gateway: peer, Reason: why})
	n.seek.renew, n.seek.failures = false, 0
	wait := n.jitter(firstSearch)
	if why == ReasonDenied {
		wait = n.jitter(maxBackOff)
	}
	n.rest(now, wait)
}

// wantsKeys reports whether the session is to have new keys.
func (n *Node) wantsKeys(now time.Duration) bool {
	return n.alive.wantsKeys || n.session.tunnel != nil && n.session.tunnel.rekeyDue(now)
}

// between reports that no message is under way in either direction, which another session would tear. One to the node that
// nobody has asked about does not count for long: its rest may never come.
func (n *Node) between(now time.Duration) bool {
	return n.outbox.between() && n.inbox.parts.Awaited() == 0 && (now >= n.alive.awake || n.inbox.parts.Stats().Partial == 0)
}

// aliveDue finds out whether the gateway is lost.
func (n *Node) aliveDue(now time.Duration) {
	a := &n.alive
	if !n.up || n.seek.phase == seekConfirm {
		return
	}
	switch {
	case n.outbox.stalled, a.pings >= pingsLost && now >= a.next:
		n.lose(now, ReasonSilent)
	case a.pings == 0 && n.outbox.silent() >= silentAsks:
		a.next = now
	}
}

// appendAlive appends a PINGREQ if one is due.
func (n *Node) appendAlive(now time.Duration, b []byte) []byte {
	a := &n.alive
	switch {
	case !n.up || n.seek.phase == seekConfirm:
		return b
	case now >= a.next && a.pings < pingsLost:
		a.pings++
		a.next = now + pingEvery
	case a.pending && now >= a.poll:
		a.poll = now + a.pause
		a.pause = min(2*a.pause, maxPoll)
	default:
		return b
	}
	return n.appendPing(now, b)
}

func (n *Node) appendPing(now time.Duration, b []byte) []byte {
	n.stats.Pings++
	return must((&espnow.Pingreq{Time: uint32(now / time.Millisecond)}).Append(b))
}

// setPending notes whether the gateway has mail. A node that sleeps asks for it as long as it does.
func (n *Node) setPending(now time.Duration, pending bool) {
	a := &n.alive
	if pending && n.cfg.Sleepy && !a.pending {
		a.pause, a.poll = firstPoll, now+firstPoll
	}
	a.pending = pending && n.cfg.Sleepy
}

// reset takes a gateway's word that it does not know the session.
func (n *Node) reset(now time.Duration, p *espnow.Disconnect) {
	if n.session == nil || n.frame.Src != n.session.peer {
		n.drop(espnow.DropReasonUnexpected)
		return
	}
	a := &n.alive
	if !n.cfg.secure() {
		waits := a.pings > 0 || n.seek.phase == seekConfirm || !n.outbox.between()
		if !waits || a.resetAt != 0 && now-a.resetAt < resetsApart {
			n.drop(espnow.DropReasonUnexpected)
			return
		}
		a.resetAt = now
	} else if !n.tags.check(now, n.keys.reset, n.session.peer, n.cfg.Addr, p) {
		n.drop(espnow.DropReasonBadProof)
		return
	}
	n.lose(now, ReasonUnknown)
}

// Resting reports that the node has a session and nothing to do: no message is under way in either direction or waits, no
// mail is known of, and it has listened for as long as it must. Then it may sleep.
func (n *Node) Resting(now time.Duration) bool {
	return n.up && n.stopped == nil && n.seek.phase == seekIdle && n.outbox.idle() && len(n.answers) == 0 &&
		n.inbox.parts.Awaited() == 0 && !n.alive.pending && n.alive.pings == 0 && now >= n.alive.awake
}
