package link

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Times of a search and a join (SPEC.md, section 3).
const (
	firstSearch  = 250 * time.Millisecond // a node that starts, or has lost its gateway, waits up to so long
	firstBackOff = 250 * time.Millisecond
	maxBackOff   = 30 * time.Second
	joinTimeout  = time.Second
	joinRepeats  = 3
	confirmEvery = 200 * time.Millisecond
	confirmPings = 10
	loadPenalty  = 12 // dB that a gateway with a full table is worth less
)

// seek is how a node comes to a session: it rests, asks the gateway it had, asks on each channel, joins the best, and
// confirms. To have new keys it asks the gateway it has, while the old session goes on.
type seek struct {
	phase    phase
	at       time.Duration // when the next thing is due
	send     bool          // a frame is to go first
	renew    bool          // the session in use goes on meanwhile
	failures int           // passes in a row that led to nothing

	nonce   uint32
	targets []target // of the pass
	next    int      // of them
	best    answer
	answers int           // of the pass that may be joined
	retry   time.Duration // not before, says a gateway that was busy
	refused Reason        // why a gateway will not have the node

	join    *join  // of a secure network
	packet  []byte // the CONNECT
	sent    int    // how often it went, or how many PINGREQ
	gateway espnow.Addr
	channel uint8
	rssi    int8
}

type phase uint8

const (
	seekIdle    phase = 0
	seekStart   phase = 1
	seekRest    phase = 2
	seekSearch  phase = 3
	seekJoin    phase = 4
	seekConfirm phase = 5
)

// target is where one question of a pass goes.
type target struct {
	channel uint8
	to      espnow.Addr
}

// answer is a gateway that may be joined.
type answer struct {
	gateway espnow.Addr
	channel uint8
	rssi    int8
	load    uint8
	cookie  proof
}

// renewing reports whether another session is near: no message begins until then.
func (k *seek) renewing() bool { return k.renew && k.phase >= seekJoin }

// rest has the node search after a while.
func (n *Node) rest(now, wait time.Duration) {
	n.seek.forget()
	n.seek.phase, n.seek.at, n.seek.send = seekRest, now+wait, false
}

// backOff has the node search again after a failure: with full jitter, for twice as long each time, and not before a busy
// gateway's word.
func (n *Node) backOff(now time.Duration) {
	most := min(firstBackOff<<min(n.seek.failures, 16), maxBackOff)
	n.seek.failures++
	wait := n.jitter(most)
	if n.seek.retry > now {
		wait = n.seek.retry - now + n.jitter(firstBackOff)
	}
	n.seek.retry = 0
	n.rest(now, wait)
}

// forget wipes the keys of a join.
func (k *seek) forget() {
	if k.join != nil {
		k.join.wipe()
		k.join = nil
	}
}

// seekDue does what is due of the search.
func (n *Node) seekDue(now time.Duration) {
	k := &n.seek
	if k.phase == seekIdle && n.up && n.wantsKeys(now) && n.outbox.between() {
		k.renew, k.failures = true, 0
		n.rest(now, 0)
	}
	if k.phase == seekIdle || k.send || now < k.at {
		return
	}
	switch k.phase {
	case seekStart:
		n.rest(now, n.jitter(firstSearch))
	case seekRest:
		n.beginPass(now)
	case seekSearch:
		n.nextTarget(now)
	case seekJoin:
		if k.sent <= joinRepeats {
			k.send = true
		} else {
			n.backOff(now)
		}
	case seekConfirm:
		if k.sent < confirmPings {
			k.send = true
		} else {
			n.lose(now, ReasonSilent)
		}
	}
}

func (n *Node) seekDeadline() (time.Duration, bool) {
	return n.seek.at, n.seek.phase != seekIdle && !n.seek.send
}

// beginPass plans a pass: the gateway that the node had or has, then every channel.
func (n *Node) beginPass(now time.Duration) {
	k := &n.seek
	k.phase, k.next, k.best, k.answers, k.refused = seekSearch, 0, answer{}, 0, ReasonNone
	k.targets = k.targets[:0]
	if n.home.Channel != 0 {
		k.targets = append(k.targets, target{n.home.Channel, n.home.Gateway})
	}
	for _, channel := range n.cfg.Channels {
		if !k.renew {
			k.targets = append(k.targets, target{channel, espnow.Broadcast})
		}
	}
	var nonce [4]byte
	if _, err := io.ReadFull(n.cfg.Random, nonce[:]); err != nil {
		n.backOff(now)
		return
	}
	k.nonce = binary.LittleEndian.Uint32(nonce[:])
	n.stats.Searches++
	n.nextTarget(now)
}

// nextTarget asks on, or ends the pass.
func (n *Node) nextTarget(now time.Duration) {
	k := &n.seek
	if k.next < len(k.targets) {
		k.send = true
		return
	}
	switch {
	case k.answers > 0:
		n.beginJoin(now)
	case k.refused != ReasonNone:
		n.tellRefused(k.refused)
		k.failures = 16
		n.backOff(now)
	default:
		n.backOff(now)
	}
}

// tellRefused says that no gateway will have the node, once for each time that it becomes so.
func (n *Node) tellRefused(why Reason) {
	if n.alive.down != why {
		n.alive.down = why
		n.tell(&Connection{Gateway: n.seek.gateway, Reason: why})
	}
}

// beginJoin makes the CONNECT for the best gateway of the pass.
func (n *Node) beginJoin(now time.Duration) {
	k, best := &n.seek, n.seek.best
	var nonce [4]byte
	_, err := io.ReadFull(n.cfg.Random, nonce[:])
	c := espnow.Connect{
		Flags: espnow.ConnectJoin, Version: espnow.Version, KeyID: n.cfg.KeyID,
		Nonce: binary.LittleEndian.Uint32(nonce[:]), Cookie: best.cookie,
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

// writeSeek makes n.out the frame that the search is to send.
func (n *Node) writeSeek(now time.Duration) bool {
	k := &n.seek
	k.send = false
	switch k.phase {
	case seekSearch:
		t := k.targets[k.next]
		k.next++
		k.at = now + n.cfg.Listen
		c := espnow.Connect{Version: espnow.Version, KeyID: n.cfg.KeyID, Nonce: k.nonce}
		if n.cfg.Sleepy {
			c.Flags |= espnow.ConnectSleepy
		}
		if n.cfg.secure() {
			c.Flags |= espnow.ConnectSecure
			n.out.Body = must(appendSearch(n.body[:0], n.keys.search, n.cfg.Addr, &c))
		} else {
			n.out.Body = must(c.Append(n.body[:0]))
		}
		n.out.Dst = t.to
		if !k.renew {
			n.out.Channel = t.channel
		}
	case seekJoin:
		k.sent++
		k.at = now + joinTimeout
		n.out.Dst, n.out.Body = k.gateway, k.packet
		if !k.renew {
			n.out.Channel = k.channel
		}
	case seekConfirm:
		k.sent++
		k.at = now + confirmEvery
		b := n.session.begin(n.body[:0])
		b = n.appendPing(now, b)
		return n.seal(now, b)
	}
	return true
}

// connack takes a CONNACK; packet is all of it.
func (n *Node) connack(now time.Duration, p *espnow.Connack, packet []byte) {
	k, src := &n.seek, n.frame.Src
	if p.Flags&espnow.ConnackSecure != 0 != n.cfg.secure() {
		if n.cfg.secure() {
			n.drop(espnow.DropReasonPlainOnSecure)
		} else {
			n.drop(espnow.DropReasonSealedOnOpen)
		}
		return
	}
	if n.cfg.secure() && !checkAnswer(n.keys.search, src, n.cfg.Addr, packet) {
		n.drop(espnow.DropReasonBadProof)
		return
	}
	switch {
	case p.Echo != k.nonce:
		n.drop(espnow.DropReasonUnexpected)
	case k.phase == seekSearch:
		n.found(now, p)
	case k.phase == seekJoin && src == k.gateway:
		n.joined(now, p)
	default:
		n.drop(espnow.DropReasonUnexpected)
	}
}

// found takes the answer to a search.
func (n *Node) found(now time.Duration, p *espnow.Connack) {
	k, src := &n.seek, n.frame.Src
	switch p.Status {
	case espnow.ConnackStatusHere:
		if p.Channel < 1 || p.Channel > maxChannel || k.renew && src != n.session.peer {
			n.drop(espnow.DropReasonUnexpected)
			return
		}
		a := answer{src, p.Channel, n.frame.RSSI, p.Load, p.Cookie}
		if k.answers++; k.answers == 1 || n.better(a, k.best) {
			k.best = a
		}
		if src == n.home.Gateway && (k.renew || a.rssi >= n.cfg.MinRSSI) && k.next == 1 && k.targets[0].to == src {
			k.next, k.send = len(k.targets), false // it will do
			k.at = now
		}
	case espnow.ConnackStatusBusy:
		k.retry = max(k.retry, now+time.Duration(p.RetryAfter)*time.Millisecond)
	case espnow.ConnackStatusRefused:
		k.refused = refusal(p.Reason)
	default:
		n.drop(espnow.DropReasonUnexpected)
	}
}

// better reports whether a is to be preferred to b: one that is heard well, then one that has room, then the louder, where
// the gateway that the node had is worth a little more, and a crowded one a little less.
func (n *Node) better(a, b answer) bool {
	if well := a.rssi >= n.cfg.MinRSSI; well != (b.rssi >= n.cfg.MinRSSI) {
		return well
	}
	if full := a.load == 255; full != (b.load == 255) {
		return !full
	}
	return n.worth(a) > n.worth(b)
}

func (n *Node) worth(a answer) int {
	worth := int(a.rssi) - loadPenalty*int(a.load)/255
	if a.gateway == n.home.Gateway {
		worth += n.cfg.Hysteresis
	}
	return worth
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

// joined takes the answer to a join.
func (n *Node) joined(now time.Duration, p *espnow.Connack) {
	k := &n.seek
	switch p.Status {
	case espnow.ConnackStatusBusy:
		k.retry = now + time.Duration(p.RetryAfter)*time.Millisecond
		n.backOff(now)
		return
	case espnow.ConnackStatusRefused:
		n.tellRefused(refusal(p.Reason))
		k.failures = 16
		n.backOff(now)
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
	if unknownCritical(welcome.TLVs) || welcome.Channel < 1 || welcome.Channel > maxChannel {
		n.drop(espnow.DropReasonBadTLV)
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
	n.home = Home{k.gateway, w.Channel}
}

// confirmed takes the first packet that was heard in a new session.
func (n *Node) confirmed() {
	k := &n.seek
	renewed := n.up
	k.phase, k.send, k.renew, k.failures = seekIdle, false, false, 0
	n.up, n.alive.down = true, ReasonNone
	n.stats.Sessions++
	if !renewed {
		n.tell(&Connection{
			Up: true, Gateway: n.session.peer, Channel: k.channel, RSSI: k.rssi, Boot: n.session.boot,
		})
	}
}

// lose ends the session in use, and has the node search.
func (n *Node) lose(now time.Duration, why Reason) {
	told := n.up
	peer := n.session.peer
	n.session.wipe()
	n.session, n.up = nil, false
	n.answers = n.answers[:0]
	n.outbox.restart()
	n.seek.renew, n.seek.failures = false, 0
	if told {
		n.alive.down = why
		n.tell(&Connection{Gateway: peer, Reason: why})
	}
	wait := n.jitter(firstSearch)
	if why == ReasonDenied {
		wait = n.jitter(maxBackOff)
	}
	n.rest(now, wait)
}

// remembered returns the memory of the gateway in use, or nil.
func (n *Node) remembered() *gatewayMemory {
	for i := range n.memory {
		if n.session != nil && n.memory[i].addr == n.session.peer {
			return &n.memory[i]
		}
	}
	return nil
}

// remember makes sure that there is a memory of the gateway in use: it begins anew where the gateway did, or has not been
// heard for so long that it may have forgotten.
func (n *Node) remember(now time.Duration) {
	m := n.remembered()
	if m == nil {
		if len(n.memory) < maxGateways {
			n.memory = append(n.memory, gatewayMemory{})
			m = &n.memory[len(n.memory)-1]
		} else {
			m = &n.memory[0]
			for i := range n.memory {
				if n.memory[i].heard < m.heard {
					m = &n.memory[i]
				}
			}
			n.inbox.parts.Forget(m.sender.source)
		}
		*m = gatewayMemory{addr: n.session.peer}
	}
	n.inbox.parts.Forget(m.sender.source)
	if m.sender.source == 0 || m.sender.boot != n.session.boot || now-m.heard > forgetAfter {
		m.sender = n.inbox.newSender(n.session.boot)
	}
	m.heard = now
}
