package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// recent remembers the ids of messages delivered a while ago, so that a repeat is known for one (SPEC.md, section 5:
// the memory of senders without a session). It is a ring: when it is full, the oldest goes.
type recent struct {
	keep time.Duration
	at   map[frag.Key]time.Duration
	ring []frag.Key
	head int // the oldest
	size int
}

func newRecent(capacity int, keep time.Duration) recent {
	return recent{keep: keep, at: make(map[frag.Key]time.Duration, capacity), ring: make([]frag.Key, capacity)}
}

func (r *recent) seen(now time.Duration, key frag.Key) bool {
	at, ok := r.at[key]
	return ok && now-at < r.keep
}

// add notes a key that is not seen.
func (r *recent) add(now time.Duration, key frag.Key) {
	for r.size > 0 && (r.size == len(r.ring) || now-r.at[r.ring[r.head]] >= r.keep) {
		delete(r.at, r.ring[r.head])
		r.head = (r.head + 1) % len(r.ring)
		r.size--
	}
	r.at[key] = now
	r.ring[(r.head+r.size)%len(r.ring)] = key
	r.size++
}
