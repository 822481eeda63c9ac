package link

import (
	"fmt"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Bytes of packets in a frame to a node, headers included.
const (
	pingrespLen   = 2 + 4 + 8
	pubackMaxLen  = 2 + 2 + 1 + 4 + 8
	disconnectLen = 2 + 1
)

// Send queues a copy of a message to a node; it goes at once to one that is joined and awake, and else when the node is
// heard, for as long as mail is kept. What is to be acknowledged has a [Result]. The error wraps [espnow.ErrTopic],
// [ErrTooLarge], [ErrFull] or [ErrDenied].
func (g *Gateway) Send(now time.Duration, to espnow.Addr, m Outgoing) (Ticket, error) {
	if to.IsGroup() || to == (espnow.Addr{}) {
		return 0, fmt.Errorf("node address %v: want that of one station", to)
	}
	if g.isDenied(to) {
		return 0, fmt.Errorf("%w: %v", ErrDenied, to)
	}
	if len(m.Topic) > espnow.MaxTopic {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", espnow.ErrTopic, len(m.Topic), espnow.MaxTopic)
	}
	wire := espnow.Message{Topic: []byte(m.Topic), Payload: m.Payload}
	size := wire.Length()
	p := g.peers[to]
	if p != nil && p.session != nil && size > p.session.maxMessage {
		return 0, fmt.Errorf("%w: %d bytes with its topic, and %v takes %d", ErrTooLarge, size, to, p.session.maxMessage)
	}
	if limit := min(g.cfg.Mail.NodeBytes, espnow.MaxMessage); size > limit {
		return 0, fmt.Errorf("%w: %d bytes with its topic, at most %d can be sent", ErrTooLarge, size, limit)
	}
	if g.mail+size > g.cfg.Mail.Bytes {
		return 0, fmt.Errorf("%w: %d bytes of mail wait for all nodes, at most %d can", ErrFull, g.mail, g.cfg.Mail.Bytes)
	}
	if p == nil {
		if len(g.peers) == g.memory() && g.oldestIdle() == nil {
			return 0, fmt.Errorf("%w: no more nodes can be remembered than %d", ErrFull, g.memory())
		}
		p = g.newPeer(now, to)
	}
	message, err := wire.Append(p.outbox.buffer(size))
	if err != nil {
		return 0, err
	}
	ticket := g.ticket
	err = p.outbox.push(outgoing{
		message: message, retain: m.Retain, acknowledge: m.Acknowledge, ticket: ticket, expires: now + g.cfg.Mail.Keep,
	})
	g.arm(now, p)
	if err != nil {
		return 0, err
	}
	g.ticket++
	g.makeReady(p)
	return ticket, nil
}

// settle tells what became of messages to a node that are over.
func (g *Gateway) settle(now time.Duration, p *peer) {
	for m, ok, err := p.outbox.ended(now, p.session); ok; m, ok, err = p.outbox.ended(now, p.session) {
		if m.acknowledge {
			g.notices.result(Result{Ticket: m.ticket, To: p.addr, Err: err})
		} else {
			p.outbox.dropped++
		}
	}
	g.arm(now, p)
}

// void ends all mail of a node that never gets it here.
func (g *Gateway) void(now time.Duration, p *peer, why error) {
	for _, m := range p.outbox.queue {
		if m.acknowledge {
			g.notices.result(Result{Ticket: m.ticket, To: p.addr, Err: why})
		} else {
			p.outbox.dropped++
		}
	}
	clear(p.outbox.queue)
	p.outbox.queue, p.outbox.bytes = p.outbox.queue[:0], 0
	p.outbox.restart()
	g.arm(now, p)
}

// mayReceive reports whether a node listens to what it has not asked for.
func (p *peer) mayReceive(now time.Duration) bool { return !p.sleepy || now < p.seen+awakeFor }

// write makes g.out the next frame to a node; false: there is none.
func (g *Gateway) write(now time.Duration, p *peer) bool {
	s := p.session
	if s == nil {
		return false
	}
	b := s.begin(g.body[:0])
	if p.goodbye != ReasonNone {
		b = g.appendDisconnect(b, espnow.DisconnectReason(p.goodbye-1))
	} else {
		b = g.appendAnswers(now, p, b)
		if p.mayReceive(now) {
			b = p.outbox.write(now, b, s, true)
		}
	}
	g.settle(now, p)
	if s.used(b) == 0 {
		return false
	}
	b, err := s.end(b)
	if err != nil {
		g.leave(now, p, ReasonSpent)
		return false
	}
	g.out.Dst, g.out.Body = p.addr, b
	switch {
	case p.goodbye != ReasonNone:
		g.leave(now, p, p.goodbye)
	case len(p.answers) > 0 || !p.outbox.idle(): // there may be more, for which this frame had no room
		g.makeReady(p)
	}
	return true
}

// appendAnswers appends what a node has asked for.
func (g *Gateway) appendAnswers(now time.Duration, p *peer, b []byte) []byte {
	s := p.session
	pending := !p.outbox.idle()
	if p.ping {
		p.ping = false
		response := espnow.Pingresp{Time: p.time}
		if pending {
			response.Flags |= espnow.PingrespPending
		}
		if g.unix != 0 {
			response.UnixMs = uint64((g.unix + now) / time.Millisecond)
		}
		b = must(response.Append(b))
	}
	var flags espnow.PubackFlags
	if pending {
		flags = espnow.PubackPending
	}
	b = p.answers.write(b, s, flags, &g.bitmap)
	if s.tunnel != nil && s.tunnel.rekeyDue(now) && (p.rekeyed == 0 || now-p.rekeyed >= rekeyAgain) && s.room()-s.used(b) >= disconnectLen {
		p.rekeyed = now
		b = g.appendDisconnect(b, espnow.DisconnectReasonRekey)
	}
	return b
}

func (g *Gateway) appendDisconnect(b []byte, why espnow.DisconnectReason) []byte {
	return must((&espnow.Disconnect{Reason: why}).Append(b))
}

// maxStatedLen is the longest body of a packet that another can follow.
const maxStatedLen = 254

// must returns what a codec appended: values are in range and lengths were measured.
func must(b []byte, err error) []byte {
	if err != nil {
		panic("link: a packet of ours: " + err.Error())
	}
	return b
}
