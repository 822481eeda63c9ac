package link

import "time"

// recent remembers keys for a while, so that a repeat is known for one. It is a ring: when it is full, the oldest goes.
type recent[K comparable] struct {
	keep time.Duration
	at   map[K]time.Duration
	ring []K
	head int // the oldest
	size int
}

func newRecent[K comparable](capacity int, keep time.Duration) recent[K] {
	return recent[K]{keep: keep, at: make(map[K]time.Duration, capacity), ring: make([]K, capacity)}
}

func (r *recent[K]) seen(now time.Duration, key K) bool {
	at, ok := r.at[key]
	return ok && now-at < r.keep
}

// add notes a key that is not seen.
func (r *recent[K]) add(now time.Duration, key K) {
	if r.free(now) == 0 {
		r.drop()
	}
	r.at[key] = now
	r.ring[(r.head+r.size)%len(r.ring)] = key
	r.size++
}

// free returns how many keys can be added before one is forgotten before its time.
func (r *recent[K]) free(now time.Duration) int {
	for r.size > 0 && now-r.at[r.ring[r.head]] >= r.keep {
		r.drop()
	}
	return len(r.ring) - r.size
}

func (r *recent[K]) drop() {
	delete(r.at, r.ring[r.head])
	r.head = (r.head + 1) % len(r.ring)
	r.size--
}
