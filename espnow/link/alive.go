package link

import (
	"errors"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
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

// between reports that no message is under way in either direction, which another session would tear.
func (n *Node) between() bool { return n.outbox.between() && n.inbox.parts.Stats().Partial == 0 }

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

// packet takes one packet that is not within SEALED, and reports whether n.message is complete with it.
func (n *Node) packet(now time.Duration, raw espnow.RawPacket) bool {
	p, err := n.decoder.Decode(raw)
	if err != nil {
		n.drop(espnow.Reason(err))
		return false
	}
	if !down(p) {
		n.drop(espnow.DropReasonWrongDirection)
		return false
	}
	packet := n.frame.Body[raw.Offset:][:2+len(raw.Body)]
	switch p := p.(type) {
	case *espnow.Connack:
		n.connack(now, p, packet)
		return false
	case *espnow.Disconnect:
		if p.Flags&espnow.DisconnectReset != 0 {
			n.reset(now, p)
			return false
		}
	case *espnow.Sealed:
		if !n.cfg.secure() {
			n.drop(espnow.DropReasonSealedOnOpen)
			return false
		}
		n.open(now, p, packet)
		return false
	}
	switch {
	case n.cfg.secure():
		n.drop(espnow.DropReasonPlainOnSecure)
		return false
	case n.session == nil || n.frame.Src != n.session.peer:
		n.drop(espnow.DropReasonNoSession)
		return false
	}
	n.heard(now)
	return n.of(now, p)
}

// down reports whether a gateway may send p.
func down(p espnow.Packet) bool { return p.Type().Down() }

// open takes a SEALED packet. What it holds is walked by step.
func (n *Node) open(now time.Duration, p *espnow.Sealed, packet []byte) {
	if n.session == nil || n.frame.Src != n.session.peer || p.Session != n.session.id {
		n.drop(espnow.DropReasonNoSession)
		return
	}
	packets, err := n.session.tunnel.open(n.opened[:copy(n.opened[:], packet)])
	switch {
	case err == nil:
		n.heard(now)
		n.inner, n.sealed = espnow.Walk(packets), true
	case errors.Is(err, errReplay):
		n.drop(espnow.DropReasonReplay)
	default:
		n.drop(espnow.DropReasonForged)
	}
}

// sessionPacket takes a packet from within SEALED, and reports whether n.message is complete with it.
func (n *Node) sessionPacket(now time.Duration, raw espnow.RawPacket) bool {
	p, err := n.decoder.Decode(raw)
	if err != nil {
		n.drop(espnow.Reason(err))
		return false
	}
	switch p.(type) {
	case *espnow.Sealed, *espnow.Connect, *espnow.Connack:
		n.drop(espnow.DropReasonNested)
		return false
	}
	if d, ok := p.(*espnow.Disconnect); !down(p) || ok && d.Flags&espnow.DisconnectReset != 0 {
		n.drop(espnow.DropReasonWrongDirection)
		return false
	}
	if n.session == nil { // a goodbye stands before it
		n.drop(espnow.DropReasonNoSession)
		return false
	}
	return n.of(now, p)
}

// of takes a packet of the session's gateway, and reports whether n.message is complete with it.
func (n *Node) of(now time.Duration, p espnow.Packet) bool {
	switch p := p.(type) {
	case *espnow.Publish:
		return n.publish(now, p)
	case *espnow.Puback:
		n.setPending(now, p.Flags&espnow.PubackPending != 0)
		if !n.outbox.handle(now, p) {
			n.drop(espnow.DropReasonUnexpected)
			return false
		}
		n.settle(now)
	case *espnow.Pingresp:
		if age := uint32(now/time.Millisecond) - p.Time; age > uint32(pingsLost*pingEvery/time.Millisecond) {
			n.drop(espnow.DropReasonUnexpected)
			return false
		}
		n.setPending(now, p.Flags&espnow.PingrespPending != 0)
		if p.UnixMs != 0 && p.UnixMs <= maxUnixMs {
			n.unix = time.Duration(p.UnixMs)*time.Millisecond - now
		}
	case *espnow.Disconnect:
		if p.Reason == espnow.DisconnectReasonRekey {
			n.alive.wantsKeys = true
			return false
		}
		if p.Reason > espnow.DisconnectReasonRekey { // of a later version
			p.Reason = espnow.DisconnectReasonNormal
		}
		n.lose(now, Reason(p.Reason)+1)
	default:
		n.drop(espnow.DropReasonUnserved)
	}
	return false
}

// publish takes a message to the node or a part of one, and reports whether n.message is complete with it. Whoever polls
// the event has the message, so it is acknowledged.
func (n *Node) publish(now time.Duration, p *espnow.Publish) bool {
	n.alive.awake = max(n.alive.awake, now+afterMail)
	if n.alive.pending {
		n.alive.pause, n.alive.poll = firstPoll, now+firstPoll
	}
	m := n.remembered()
	a := n.inbox.push(now, &m.sender, p)
	if a.drop != 0 {
		n.drop(a.drop)
	}
	if a.answer {
		n.answer(p.MessageID, a.ack)
	}
	if a.whole == nil {
		return false
	}
	var whole espnow.Message
	if _, err := whole.Decode(a.whole); err != nil {
		n.drop(espnow.DropReasonBadMessage)
		if a.receipt != (Receipt{}) {
			ack, _, _ := n.inbox.refuse(now, &m.sender, a.receipt.id)
			n.answer(a.receipt.id, ack)
		}
		return false
	}
	if a.receipt != (Receipt{}) {
		if ack, asked, _ := n.inbox.accept(&m.sender, a.receipt.id); asked {
			n.answer(a.receipt.id, ack)
		}
	}
	n.message = Message{
		From: n.session.peer, Topic: whole.Topic, Payload: whole.Payload, Retain: a.retain, RSSI: n.frame.RSSI,
		Channel: n.frame.Channel, Boot: n.session.boot, ID: p.MessageID,
	}
	return true
}

// answer queues a PUBACK.
func (n *Node) answer(id uint16, ack frag.Ack) {
	if !n.answers.put(id, ack) {
		n.drop(espnow.DropReasonNoRoom)
	}
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
	parts := n.inbox.parts.Stats()
	return n.up && n.stopped == nil && n.seek.phase == seekIdle && n.outbox.idle() && len(n.answers) == 0 &&
		parts.Partial == 0 && !n.alive.pending && n.alive.pings == 0 && now >= n.alive.awake
}
