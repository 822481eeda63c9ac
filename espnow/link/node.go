package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Node is the node's machine. It finds a gateway, joins it, sends it messages in order, and tells those that come back.
//
// Invariants: what fails to parse, fails its proof or its tag, or is a replay changes nothing but a counter; messages go
// one at a time and in order, and one to be acknowledged has exactly one result; the session in use goes on until another is
// there, or it is known to be lost; no key makes two packets with one counter, over deep sleep either.
type Node struct {
	cfg     NodeConfig
	keys    deviceKeys
	boot    uint32
	stats   NodeStats
	ticket  Ticket
	outbox  outbox
	answers answers
	radio   peers

	session *session // the one in use, or nil
	up      bool     // it was heard in, and told
	memory  []gatewayMemory
	inbox   *inbox
	tags    sentTags
	alive   alive
	seek    seek
	home    Home
	unix    time.Duration // time since 1970 minus the driver's clock; 0: unknown

	goodbye bool // to be said
	stopped error

	frame   Frame
	walk    espnow.Walker
	inner   espnow.Walker // of a SEALED packet
	sealed  bool          // inner is being walked
	opened  [espnow.MaxFrameV2]byte
	decoder espnow.Decoder
	message Message
	notices notices
	out     Transmission
	body    []byte
	bitmap  [8]byte
	random  [8]byte
}

// Errors of a node that has stopped.
var (
	// ErrAsleep: a snapshot was taken; only a node resumed from it may send.
	ErrAsleep = errors.New("the node sleeps")
	// ErrGone: the node has said goodbye.
	ErrGone = errors.New("the node has said goodbye")
)

// NewNode returns a node; the error names a setting that is out of range.
func NewNode(cfg NodeConfig) (*Node, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	inbox, err := newInbox(cfg.Receive)
	if err != nil {
		return nil, err
	}
	var random [6]byte
	if _, err := io.ReadFull(cfg.Random, random[:]); err != nil {
		return nil, fmt.Errorf("random bytes for the first message_id and the boot: %w", err)
	}
	n := &Node{
		cfg: cfg, boot: binary.LittleEndian.Uint32(random[2:]), inbox: inbox, radio: newPeers(nodePeers),
		body: make([]byte, 0, espnow.MaxFrameV2),
	}
	if cfg.uses(cfg.Home.Channel) {
		n.home = cfg.Home
	}
	n.outbox.maxMessages, n.outbox.maxBytes = cfg.QueueMessages, cfg.QueueBytes
	if cfg.secure() {
		n.keys = cfg.Key.deviceKeys()
	}
	if cfg.Gateway == (espnow.Addr{}) {
		n.seek.phase = seekStart
		return n, nil
	}
	maxFrame := cfg.MaxFrame
	if cfg.Gateway.IsBroadcast() {
		maxFrame = espnow.MaxFrameV1
	}
	n.outbox.nextID = binary.LittleEndian.Uint16(random[:])
	n.session = &session{peer: cfg.Gateway, maxFrame: maxFrame, maxMessage: espnow.MaxMessage}
	return n, nil
}

// Addr returns the node's own address.
func (n *Node) Addr() espnow.Addr { return n.cfg.Addr }

// Home returns where the node found its gateway last; zero: it has not yet.
func (n *Node) Home() Home { return n.home }

// Connected returns whether the node has a session that works.
func (n *Node) Connected() bool { return n.up }

// Memory returns how many messages are queued and how many bytes of buffers messages to the node take: what [NodeConfig]
// bounds.
func (n *Node) Memory() (queued, held int) { return len(n.outbox.queue), n.inbox.parts.Stats().Bytes }

// KeyExchanges returns how many X25519 operations the node has done, which cost a small processor more than all else.
func (n *Node) KeyExchanges() uint64 { return n.stats.KeyExchanges }

// UnixTime returns what time it is by the gateway's clock; false: it has not said.
func (n *Node) UnixTime(now time.Duration) (time.Time, bool) {
	return time.Unix(0, int64(n.unix+now)), n.unix != 0
}

// RadioReset says that the radio's list of peers is empty, as it is after a start of ESP-NOW.
func (n *Node) RadioReset() { n.radio.forget() }

// Publish queues a copy of a message; where there is no room, the oldest go that have not begun and need not be
// acknowledged. The error wraps [espnow.ErrTopic], [ErrTooLarge], [ErrFull], [ErrNoSession], [ErrAsleep] or [ErrGone]; then
// the queue is as it was.
func (n *Node) Publish(_ time.Duration, m Outgoing) (Ticket, error) {
	if n.stopped != nil {
		return 0, n.stopped
	}
	if m.Acknowledge && n.free() {
		return 0, ErrNoSession
	}
	if len(m.Topic) > espnow.MaxTopic {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", espnow.ErrTopic, len(m.Topic), espnow.MaxTopic)
	}
	if err := espnow.CheckTopic(m.Topic); err != nil {
		return 0, err
	}
	wire := espnow.Message{Topic: []byte(m.Topic), Payload: m.Payload}
	size, limit := wire.Length(), min(n.cfg.QueueBytes, espnow.MaxMessage)
	if n.up {
		limit = min(limit, n.session.maxMessage)
	}
	if size > limit {
		return 0, fmt.Errorf("%w: %d bytes with its topic, at most %d can be sent", ErrTooLarge, size, limit)
	}
	message, err := wire.Append(n.outbox.buffer(size))
	if err != nil {
		return 0, err
	}
	ticket := n.ticket
	if err := n.outbox.push(outgoing{message: message, retain: m.Retain, acknowledge: m.Acknowledge, ticket: ticket}); err != nil {
		return 0, err
	}
	n.ticket++
	return ticket, nil
}

// free reports whether the node does without sessions.
func (n *Node) free() bool { return n.cfg.Gateway != (espnow.Addr{}) }

// Goodbye ends the session, and the node: once Transmit has sent the last frame it does nothing any more. What is queued is
// not sent.
func (n *Node) Goodbye(time.Duration) {
	n.goodbye = n.up && n.stopped == nil
	n.stopped = ErrGone
}

// Handle takes a frame that arrived. Its body is viewed until Poll has nothing more to say.
func (n *Node) Handle(_ time.Duration, f Frame) {
	if n.free() || n.stopped != nil {
		return // it listens to nobody
	}
	n.stats.Heard++
	n.frame, n.walk, n.inner, n.sealed = f, espnow.Walker{}, espnow.Walker{}, false
	switch {
	case f.Src.IsGroup() || f.Src == n.cfg.Addr || f.Dst != n.cfg.Addr:
		n.drop(espnow.DropReasonWrongAddress)
	case len(f.Body) > espnow.MaxFrameV2:
		n.drop(espnow.DropReasonFrameTooLong)
	default:
		n.walk = espnow.Walk(f.Body)
	}
}

func (n *Node) drop(r espnow.DropReason) { n.stats.Drops[r]++ }

// Poll returns the next thing that happened. The event is valid until the next call.
func (n *Node) Poll(now time.Duration) (Event, bool) {
	for {
		if e, ok := n.notices.next(); ok {
			return e, true
		}
		whole, more := n.step(now)
		if whole {
			n.stats.Received++
			return &n.message, true
		}
		if !more {
			break
		}
	}
	if n.stopped == nil {
		n.due(now)
	}
	return n.notices.next()
}

// step takes the next packet of the frame. It reports whether n.message is complete with it, and whether there was one.
func (n *Node) step(now time.Duration) (whole, more bool) {
	if n.sealed {
		if raw, ok := n.inner.Next(); ok {
			return n.sessionPacket(now, raw), true
		}
		n.countWalk(&n.inner)
		n.sealed = false
	}
	if raw, ok := n.walk.Next(); ok {
		return n.packet(now, raw), true
	}
	n.countWalk(&n.walk)
	n.frame = Frame{}
	return false, false
}

func (n *Node) countWalk(w *espnow.Walker) {
	if err := w.Err(); err != nil {
		n.drop(espnow.Reason(err))
	}
	*w = espnow.Walker{}
}

// settle tells what became of messages that are over.
func (n *Node) settle(now time.Duration) {
	for m, ok, err := n.outbox.ended(now, n.session); ok; m, ok, err = n.outbox.ended(now, n.session) {
		switch {
		case !m.acknowledge:
			n.outbox.dropped++
			continue
		case err == nil:
			n.stats.Messages++
		default:
			n.stats.Failed++
		}
		n.notices.result(Result{Ticket: m.ticket, To: n.session.peer, Err: err})
	}
}

// due does what time alone brings about.
func (n *Node) due(now time.Duration) {
	if n.free() {
		return
	}
	parts := n.inbox.parts
	parts.Expire(now)
	for key, ack, ok := parts.Poll(now); ok; key, ack, ok = parts.Poll(now) {
		if m := n.remembered(); m != nil && m.sender.source == key.Source {
			n.answer(key.ID, ack)
		}
	}
	n.aliveDue(now)
	n.seekDue(now)
}

// NextDeadline tells when to call Poll and then Transmit if nothing else happens before; false: nothing waits. It holds once
// Transmit had nothing at the moment of the last Poll: of a frame that waits to be asked for no time tells.
func (n *Node) NextDeadline() (time.Duration, bool) {
	if n.free() || n.stopped != nil {
		return 0, false
	}
	at, ok := n.inbox.parts.NextDeadline()
	earlier := func(other time.Duration, some bool) {
		if some && (!ok || other < at) {
			at, ok = other, true
		}
	}
	earlier(n.seekDeadline())
	if n.up && n.seek.phase != seekConfirm {
		earlier(n.alive.next, true)
		earlier(n.outbox.nextDeadline())
		earlier(n.alive.poll, n.alive.pending)
	}
	return at, ok
}

// Transmit returns the next frame to send. It is valid until the next call.
func (n *Node) Transmit(now time.Duration) (*Transmission, bool) {
	n.out = Transmission{}
	sent := false
	switch {
	case n.goodbye:
		n.goodbye = false
		sent = n.writeGoodbye()
	case n.stopped != nil:
	default:
		sent = n.seek.send && n.writeSeek(now) || n.session != nil && n.write(now)
	}
	if !sent {
		return nil, false
	}
	n.stats.Frames++
	n.radio.address(now, &n.out, false)
	return &n.out, true
}

// write makes n.out the next frame of the session; false: there is none.
func (n *Node) write(now time.Duration) bool {
	s := n.session
	b := s.begin(n.body[:0])
	if !n.free() {
		b = n.appendAlive(now, b)
		b = n.answers.write(b, s, 0, &n.bitmap)
	}
	if n.free() || n.up {
		b = n.outbox.write(now, b, s, !n.seek.renewing())
		n.settle(now)
	}
	if s.used(b) == 0 {
		return false
	}
	return n.seal(now, b)
}

// seal finishes a frame of the session.
func (n *Node) seal(now time.Duration, b []byte) bool {
	s := n.session
	var counter uint32
	if s.tunnel != nil {
		counter = s.tunnel.next
	}
	b, err := s.end(b)
	if err != nil {
		n.lose(now, ReasonSpent)
		return false
	}
	if s.tunnel != nil {
		n.tags.add(now, counter, [tagLen]byte(b[len(b)-tagLen:]))
	}
	n.alive.awake = max(n.alive.awake, now+awakeFor)
	n.out.Dst, n.out.Channel, n.out.Body = s.peer, n.seek.channel, b
	return true
}

func (n *Node) writeGoodbye() bool {
	b := must((&espnow.Disconnect{Reason: espnow.DisconnectReasonNormal}).Append(n.session.begin(n.body[:0])))
	b, err := n.session.end(b)
	n.out.Dst, n.out.Channel, n.out.Body = n.session.peer, n.seek.channel, b
	n.session.wipe()
	return err == nil
}

// Stats returns the counters as they are.
func (n *Node) Stats() NodeStats {
	s, parts, sender := n.stats, n.inbox.parts.Stats(), n.outbox.sender.Stats()
	s.Messages += n.outbox.sent
	s.Parts, s.Resent, s.Dropped, s.Queued, s.Held = sender.Parts, sender.Resent, n.outbox.dropped, len(n.outbox.queue), parts.Bytes
	s.Drops[espnow.DropReasonDuplicate] += parts.Duplicates
	s.Drops[espnow.DropReasonExpired] += parts.Expired + parts.Superseded
	return s
}

// jitter returns a random time up to most, in whole microseconds, as the machines in C count. Where randomness fails it is
// half of that.
func (n *Node) jitter(most time.Duration) time.Duration {
	microseconds := uint64(most / time.Microsecond)
	if _, err := io.ReadFull(n.cfg.Random, n.random[:]); err != nil {
		return time.Duration(microseconds/2) * time.Microsecond
	}
	return time.Duration(binary.LittleEndian.Uint64(n.random[:])%(microseconds+1)) * time.Microsecond
}
