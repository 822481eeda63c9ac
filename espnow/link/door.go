package link

import (
	"bytes"
	"io"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// What a gateway keeps of nodes that search and join (SPEC.md, sections 3 and 4).
const (
	maxHalfOpen     = 16
	addrHalfOpen    = 2
	halfOpenFor     = 10 * time.Second
	maxReplies      = 64   // that wait to be sent
	searchesKept    = 1024 // nonces, to know a repeat
	joinsKept       = 4096 // hashes, until their cookies expire; then none can be repeated
	bucketsKept     = 1024 // addresses
	maxPending      = 4    // joins that wait for their turn
	maxRetryAfter   = time.Minute
	tableRetryAfter = 10 * time.Second // after which a full table may have room
)

// door is where nodes come in: what is known of them before they have a session.
//
// Invariants: all of it is bounded, and nothing that is needed to know a repeat goes before the repeat is worthless.
type door struct {
	cookies   cookies
	searches  recent[search]
	joins     recent[joinHash]
	answers   tokens // to repeated searches and joins
	resets    tokens // to SEALED of unknown sessions
	shakes    tokens // Diffie-Hellman
	strangers bucket // all answers to those who have proven nothing

	half []*halfOpen // the oldest first

	pending  []pendingJoin // the oldest first
	nextJoin time.Duration // when the next one has its turn
	comeback time.Duration // when the last one that was told to come later comes

	replies [maxReplies]reply // a ring
	head    int
	waiting int
}

type search struct {
	addr  espnow.Addr
	nonce uint32
}

type joinHash [16]byte

// halfOpen is a session whose node has not been heard in it.
type halfOpen struct {
	addr    espnow.Addr
	boot    uint32 // of the gateway, as the welcome has it
	session *session
	sleepy  bool
	hash    joinHash
	connack []byte
	expires time.Duration
}

// pendingJoin is a CONNECT that was checked and waits for its turn: between two of them the gateway is to hear others.
type pendingJoin struct {
	addr   espnow.Addr
	packet []byte
}

// reply is a frame for somebody who may have no session.
type reply struct {
	to   espnow.Addr
	size int
	body [espnow.MaxFrameV1]byte
}

func newDoor(random io.Reader) (door, error) {
	cookies, err := newCookies(random)
	if err != nil {
		return door{}, err
	}
	return door{
		cookies: cookies, searches: newRecent[search](searchesKept, 2*cookiePeriod),
		joins: newRecent[joinHash](joinsKept, 2*cookiePeriod), answers: newTokens(bucketsKept), resets: newTokens(bucketsKept),
		shakes: newTokens(bucketsKept),
	}, nil
}

// find returns a half-open session, or nil.
func (d *door) find(addr espnow.Addr, id uint8) *halfOpen {
	for _, h := range d.half {
		if h.addr == addr && h.session.id == id {
			return h
		}
	}
	return nil
}

// newest returns the newest half-open session of a node of an open network, whose packets do not name one; or nil.
func (d *door) newest(addr espnow.Addr) (newest *halfOpen) {
	for _, h := range d.half {
		if h.addr == addr {
			newest = h
		}
	}
	return newest
}

// countIf returns how many joins of such nodes are half-open or wait.
func (d *door) countIf(such func(espnow.Addr) bool) (n int) {
	for _, h := range d.half {
		if such(h.addr) {
			n++
		}
	}
	for _, p := range d.pending {
		if such(p.addr) {
			n++
		}
	}
	return n
}

// waits reports whether a join waits for its turn.
func (d *door) waits(addr espnow.Addr, packet []byte) bool {
	return slices.ContainsFunc(d.pending, func(p pendingJoin) bool { return p.addr == addr && bytes.Equal(p.packet, packet) })
}

// take removes a half-open session, which lives on as a whole one.
func (d *door) take(h *halfOpen) {
	kept := d.half[:0]
	for _, other := range d.half {
		if other != h {
			kept = append(kept, other)
		}
	}
	clear(d.half[len(kept):])
	d.half = kept
}

// close ends a half-open session.
func (d *door) close(h *halfOpen) {
	h.session.wipe()
	d.take(h)
}

// expire closes those whose nodes were not heard in time.
func (d *door) expire(now time.Duration) {
	for len(d.half) > 0 && now >= d.half[0].expires {
		d.close(d.half[0])
	}
}

func (d *door) nextDeadline() (at time.Duration, ok bool) {
	if len(d.half) > 0 {
		at, ok = d.half[0].expires, true
	}
	if len(d.pending) > 0 && !d.full() && (!ok || d.nextJoin < at) {
		at, ok = d.nextJoin, true
	}
	return at, ok
}

// full reports whether there is no room for a reply.
func (d *door) full() bool { return d.waiting == maxReplies }

// push queues a reply and returns it to be filled; nil: there is no room.
func (d *door) push(to espnow.Addr) *reply {
	if d.full() {
		return nil
	}
	r := &d.replies[(d.head+d.waiting)%maxReplies]
	d.waiting++
	r.to, r.size = to, 0
	return r
}

// reply takes the oldest reply out of the queue. It is valid until the next push.
func (d *door) reply() (*reply, bool) {
	if d.waiting == 0 {
		return nil, false
	}
	r := &d.replies[d.head]
	d.head = (d.head + 1) % maxReplies
	d.waiting--
	return r, true
}

// later returns when a node that finds the gateway busy with joins is to come again: those who are told get times of their
// own, as far apart as joins are taken.
func (d *door) later(now, every time.Duration, jitter uint16) time.Duration {
	d.comeback = max(d.comeback, d.nextJoin+time.Duration(len(d.pending))*every, now) + every
	if d.comeback > now+maxRetryAfter {
		d.comeback = now + maxRetryAfter
		return maxRetryAfter - (time.Duration(jitter) * maxRetryAfter / 4 / (1 << 16)).Truncate(time.Microsecond)
	}
	return d.comeback - now
}
