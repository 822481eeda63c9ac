package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	resetTags = 16              // how many packets back a reset may answer
	resetAge  = 5 * time.Second // and for how long
)

// sentTags are the tags of the last SEALED packets that a node sent in a session, by which it knows a genuine reset: only
// who received one of them can prove it. A new session begins with none.
type sentTags struct {
	session uint8
	ring    [resetTags]sentTag
	next    int
}

type sentTag struct {
	counter uint32
	there   bool
	tag     [tagLen]byte
	at      time.Duration
}

// add notes a SEALED packet that was sent.
func (t *sentTags) add(now time.Duration, counter uint32, tag [tagLen]byte) {
	t.ring[t.next] = sentTag{counter, true, tag, now}
	t.next = (t.next + 1) % resetTags
}

// check reports whether a DISCONNECT with RESET that came from the node's own gateway names this session, answers a packet
// sent up to resetAge ago and is proven.
func (t *sentTags) check(now time.Duration, reset secret, gateway, node espnow.Addr, p *espnow.Disconnect) bool {
	for _, s := range t.ring {
		if s.there && p.Session == t.session && s.counter == p.Counter && now-s.at <= resetAge {
			return same(p.Proof, resetProof(reset, gateway, node, p, s.tag))
		}
	}
	return false
}
