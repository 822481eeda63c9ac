package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// decode decodes a packet of a gateway; false: it is dropped. What only a node may send is not looked at.
func (n *Node) decode(raw espnow.RawPacket) (espnow.Packet, bool) {
	if raw.Type.Up() && !raw.Type.Down() {
		n.drop(espnow.DropReasonWrongDirection)
		return nil, false
	}
	p, err := n.decoder.Decode(raw)
	if err != nil {
		n.drop(espnow.Reason(err))
	}
	return p, err == nil
}

// isReset reports whether raw is a DISCONNECT with RESET, which only a gateway sends, and never within SEALED.
func isReset(raw espnow.RawPacket) bool {
	return raw.Type == espnow.TypeDisconnect && espnow.DisconnectFlags(raw.Flags)&espnow.DisconnectReset != 0
}

// mayNest reports whether raw may stand within SEALED.
func mayNest(raw espnow.RawPacket) bool {
	return raw.Type != espnow.TypeSealed && raw.Type != espnow.TypeConnect && raw.Type != espnow.TypeConnack
}

// packet takes one packet that is not within SEALED, and reports whether n.message is complete with it.
func (n *Node) packet(now time.Duration, raw espnow.RawPacket) bool {
	p, ok := n.decode(raw)
	if !ok {
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

// open takes a SEALED packet. What it holds is walked by step.
func (n *Node) open(now time.Duration, p *espnow.Sealed, packet []byte) {
	if n.session == nil || n.frame.Src != n.session.peer || p.Session != n.session.id {
		n.drop(espnow.DropReasonNoSession)
		return
	}
	packets, err := n.session.tunnel.open(n.opened[:copy(n.opened[:], packet)])
	if err != nil {
		n.drop(sealedReason(err))
		return
	}
	n.heard(now)
	n.inner, n.sealed = espnow.Walk(packets), true
}

// sessionPacket takes a packet from within SEALED, and reports whether n.message is complete with it.
func (n *Node) sessionPacket(now time.Duration, raw espnow.RawPacket) bool {
	switch {
	case !mayNest(raw):
		n.drop(espnow.DropReasonNested)
		return false
	case isReset(raw):
		n.drop(espnow.DropReasonWrongDirection)
		return false
	}
	p, ok := n.decode(raw)
	if !ok {
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
			if ack, asked, _ := n.inbox.refuse(now, &m.sender, a.receipt.ID); asked {
				n.answer(a.receipt.ID, ack)
			}
		}
		return false
	}
	if a.receipt != (Receipt{}) {
		if ack, asked, _ := n.inbox.accept(&m.sender, a.receipt.ID); asked {
			n.answer(a.receipt.ID, ack)
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
