package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// sessionPacket takes a packet from within SEALED, and reports whether g.message is complete with it.
func (g *Gateway) sessionPacket(now time.Duration, raw espnow.RawPacket) bool {
	if !mayNest(raw) {
		g.drop(espnow.DropReasonNested)
		return false
	}
	p, ok := g.decode(raw)
	if !ok {
		return false
	}
	return g.of(now, g.from, p)
}

// plainPacket takes a packet of an open network that is no CONNECT, and reports whether g.message is complete with it. A
// node there is known by its address alone.
func (g *Gateway) plainPacket(now time.Duration, p espnow.Packet) bool {
	if g.isDenied(g.frame.Src) {
		g.drop(espnow.DropReasonDenied)
		return false
	}
	publish, isPublish := p.(*espnow.Publish)
	if g.frame.Dst.IsBroadcast() {
		return isPublish && g.plainPublish(now, publish)
	}
	from := g.peers[g.frame.Src]
	if h := g.door.newest(g.frame.Src); h != nil {
		from = g.promote(now, h)
		g.door.halfOpenOf(g.frame.Src) // of its joins before, which no packet of it may mean
	}
	if from != nil && from.session != nil {
		g.heard(now, from)
		return g.of(now, from, p)
	}
	_, isPing := p.(*espnow.Pingreq)
	if isPublish && publish.Flags&espnow.PublishAck == 0 {
		return g.plainPublish(now, publish)
	}
	if isPing || isPublish { // it believes to have a session
		g.plainReset(now)
		return false
	}
	g.drop(espnow.DropReasonNoSession)
	return false
}

// plainReset tells a node of an open network that it has no session. It proves nothing.
func (g *Gateway) plainReset(now time.Duration) {
	if r := g.resetReply(now); r != nil {
		reset := espnow.Disconnect{Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession}
		r.size = len(must(reset.Append(r.body[:0])))
	}
}

// of takes a packet of a node with a session, and reports whether g.message is complete with it.
func (g *Gateway) of(now time.Duration, from *peer, p espnow.Packet) bool {
	if from.goodbye != ReasonNone {
		g.drop(espnow.DropReasonDenied)
		return false
	}
	switch p := p.(type) {
	case *espnow.Publish:
		return g.publish(now, from, p)
	case *espnow.Puback:
		if !from.outbox.handle(now, p) {
			g.drop(espnow.DropReasonUnexpected)
			return false
		}
		g.settle(now, from)
		g.makeReady(from)
	case *espnow.Pingreq:
		from.ping, from.time = true, p.Time
		g.makeReady(from)
	case *espnow.Disconnect:
		g.leave(now, from, ReasonNormal)
		g.from = nil // what follows has no session
	default:
		g.drop(espnow.DropReasonUnserved)
	}
	return false
}

// publish takes a message or a part of one of a node with a session, and reports whether g.message is complete with it.
func (g *Gateway) publish(now time.Duration, from *peer, p *espnow.Publish) bool {
	a := g.inbox.push(now, &from.sender, p)
	if a.drop != 0 {
		g.drop(a.drop)
	}
	if a.answer {
		g.answer(from, p.MessageID, a.ack)
	}
	if a.whole == nil {
		return false
	}
	var m espnow.Message
	if _, err := m.Decode(a.whole); err != nil {
		g.malformed(now, a, espnow.DropReasonBadMessage)
		return false
	}
	if espnow.CheckTopic(m.Topic) != nil {
		g.malformed(now, a, espnow.DropReasonBadTopic)
		return false
	}
	if !g.cfg.secure() { // what comes again after the session has ended is a repeat all the same
		if key := (frag.Key{Source: source(from.addr, false), ID: p.MessageID}); !g.recent.seen(now, key) {
			g.recent.add(now, key)
		}
	}
	g.message = Message{
		From: from.addr, Topic: m.Topic, Payload: m.Payload, Retain: a.retain, RSSI: g.frame.RSSI, Channel: g.frame.Channel,
		Boot: from.sender.boot, ID: p.MessageID, Receipt: a.receipt,
	}
	return true
}

// malformed gives up a whole message that nobody ever takes.
func (g *Gateway) malformed(now time.Duration, a *arrival, why espnow.DropReason) {
	g.drop(why)
	if a.receipt != (Receipt{}) {
		g.Refuse(now, a.receipt)
	}
}

// Accept says that the application has taken responsibility for a message: it is acknowledged to its node. It reports
// whether the message waited for that; it does not if it has been accepted or refused before.
func (g *Gateway) Accept(_ time.Duration, r Receipt) bool {
	p, s := g.waitingOn(r)
	ack, asked, ok := g.inbox.accept(s, r.ID)
	g.finish(p, r, ack, asked && ok)
	return ok
}

// Refuse says that the application never takes a message: its node is told so. It reports as Accept does.
func (g *Gateway) Refuse(now time.Duration, r Receipt) bool {
	p, s := g.waitingOn(r)
	ack, asked, ok := g.inbox.refuse(now, s, r.ID)
	g.finish(p, r, ack, asked && ok)
	return ok
}

// waitingOn returns the node that a receipt is of, nil if it has restarted or is forgotten, and its sender.
func (g *Gateway) waitingOn(r Receipt) (*peer, *sender) {
	if p := g.sources[r.Source]; p != nil {
		return p, &p.sender
	}
	return nil, &sender{source: r.Source}
}

func (g *Gateway) finish(p *peer, r Receipt, ack frag.Ack, asked bool) {
	if p != nil && asked {
		g.answer(p, r.ID, ack)
	}
}

// answer queues a PUBACK.
func (g *Gateway) answer(p *peer, id uint16, ack frag.Ack) {
	switch {
	case p.session == nil: // asked again, it is answered from what is remembered
	case !p.answers.put(id, ack):
		g.drop(espnow.DropReasonNoRoom)
	default:
		g.makeReady(p)
	}
}
