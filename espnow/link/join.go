package link

import (
	"errors"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// beginJoin makes the CONNECT for the best gateway of the pass.
func (n *Node) beginJoin(now time.Duration) {
	k, best := &n.seek, n.seek.best
	nonce, err := n.nonce()
	c := espnow.Connect{
		Flags: espnow.ConnectJoin, Version: espnow.Version, KeyID: n.cfg.KeyID,
		Nonce: nonce, Cookie: best.cookie,
	}
	if n.cfg.Sleepy {
		c.Flags |= espnow.ConnectSleepy
	}
	hello := espnow.Hello{
		Boot: n.boot, MaxMessage: uint32(n.cfg.Receive.MaxMessage), MaxFrame: uint16(n.cfg.MaxFrame),
		KeepAlive: uint16(n.cfg.KeepAlive / time.Second), Window: 64,
	}
	k.forget()
	if n.cfg.secure() && err == nil {
		n.stats.KeyExchanges++
		if k.join, err = newJoin(n.cfg.Random, n.keys.psk, n.cfg.Addr, best.gateway, c, &hello); err == nil {
			k.packet = k.join.packet
		}
	} else if err == nil {
		c.Hello = hello
		k.packet = must(c.AppendLast(k.packet[:0]))
	}
	if err != nil {
		n.backOff(now)
		return
	}
	n.stats.Joins++
	k.phase, k.sent, k.send, k.nonce = seekJoin, 0, true, c.Nonce
	k.gateway, k.channel, k.rssi = best.gateway, best.channel, best.rssi
}

// joined takes the answer to a join.
func (n *Node) joined(now time.Duration, p *espnow.Connack) {
	k := &n.seek
	switch p.Status {
	case espnow.ConnackStatusBusy:
		k.retry = now + time.Duration(p.RetryAfter)*time.Millisecond
		n.backOff(now)
		return
	case espnow.ConnackStatusRefused:
		n.refusedFor(now, refusal(p.Reason))
		return
	case espnow.ConnackStatusAccepted:
	default:
		n.drop(espnow.DropReasonUnexpected)
		return
	}
	welcome, keys := p.Welcome, sessionKeys{}
	if n.cfg.secure() {
		var err error
		n.stats.KeyExchanges++
		if welcome, keys, err = k.join.finish(p); errors.Is(err, errForged) {
			n.drop(espnow.DropReasonForged)
			return
		} else if err != nil {
			n.drop(espnow.Reason(err))
			return
		}
	}
	if unknownCritical(welcome.TLVs) {
		n.drop(espnow.DropReasonBadTLV)
		return
	}
	if !n.cfg.uses(welcome.Channel) {
		n.drop(espnow.DropReasonUnexpected)
		return
	}
	n.start(now, &welcome, keys)
}

// start makes a new session the one in use. It is told once it was heard in.
func (n *Node) start(now time.Duration, w *espnow.Welcome, keys sessionKeys) {
	k := &n.seek
	if n.session != nil {
		n.session.wipe()
	}
	n.session = &session{
		peer: k.gateway, id: w.Session, boot: w.Boot, maxFrame: min(n.cfg.MaxFrame, int(w.MaxFrame)),
		maxMessage: int(min(w.MaxMessage, espnow.MaxMessage)), window: int(w.Window),
		keepAlive: time.Duration(w.KeepAlive) * time.Second,
	}
	if n.cfg.secure() {
		n.session.tunnel = newNodeTunnel(now, keys, w.Session)
		n.session.tunnel.tell(n.cfg.Sealed)
	}
	n.tags = sentTags{session: w.Session}
	n.answers = n.answers[:0]
	n.outbox.restart()
	n.remember(now)
	n.alive.begin(now)
	k.forget()
	k.phase, k.sent, k.send, k.channel = seekConfirm, 0, true, w.Channel
}

// confirmed takes the first packet that was heard in a new session.
func (n *Node) confirmed() {
	k := &n.seek
	renewed := n.up
	k.phase, k.send, k.renew, k.failures, k.failed = seekIdle, false, false, 0, espnow.Addr{}
	n.up, n.alive.down = true, ReasonNone
	n.home = Home{k.gateway, k.channel}
	n.stats.Sessions++
	if !renewed {
		n.notices.connection(Connection{
			Up: true, Gateway: n.session.peer, Channel: k.channel, RSSI: k.rssi, Boot: n.session.boot,
		})
	}
}

// refusedFor has a node that no gateway will have wait for long, and says so once for each time that it becomes so. A
// session in use goes on: its gateway ends it.
func (n *Node) refusedFor(now time.Duration, why Reason) {
	if !n.up && n.alive.down != why {
		n.alive.down = why
		n.notices.connection(Connection{Gateway: n.seek.gateway, Reason: why})
	}
	n.seek.failures = maxFailures
	n.backOff(now)
}

func refusal(r espnow.RefuseReason) Reason {
	switch r {
	case espnow.RefuseReasonVersion:
		return ReasonVersion
	case espnow.RefuseReasonDenied:
		return ReasonDenied
	}
	return ReasonExtension
}
