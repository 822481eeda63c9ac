package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	tokenEvery = 500 * time.Millisecond // 2 a second
	tokenBurst = 4
	// Of all answers to those who have proven nothing: addresses can be made up, and the air that is left is for the others.
	strangerEvery = 20 * time.Millisecond
	strangerBurst = 16
)

// bucket is a bucket of tokens: of it is kept when it will be full again.
type bucket time.Duration

// take reports whether there is a token, and takes it.
func (b *bucket) take(now, every time.Duration, burst int) bool {
	full := max(time.Duration(*b), now)
	if full-now > time.Duration(burst-1)*every {
		return false
	}
	*b = bucket(full + every)
	return true
}

// tokens are a bucket for each address. What is kept of a bucket is when it will be full again; one that is full is not
// kept. While capacity buckets are not full, another address gets nothing, so that a flood of made-up addresses has a
// bound too: capacity × burst at once, and 2 × capacity a second.
type tokens struct {
	full     map[espnow.Addr]bucket
	capacity int
	sweepAt  time.Duration
}

func newTokens(capacity int) tokens {
	return tokens{full: make(map[espnow.Addr]bucket, capacity), capacity: capacity}
}

// take reports whether the address has a token, and takes it.
func (t *tokens) take(now time.Duration, addr espnow.Addr) bool {
	full, kept := t.full[addr]
	if !kept && len(t.full) == t.capacity && !t.sweep(now) {
		return false
	}
	if !full.take(now, tokenEvery, tokenBurst) {
		return false
	}
	t.full[addr] = full
	return true
}

// sweep makes room, and reports whether there is any. It looks through all buckets no more often than one can fill.
func (t *tokens) sweep(now time.Duration) bool {
	if now < t.sweepAt {
		return false
	}
	t.sweepAt = now + tokenEvery
	for addr, full := range t.full {
		if time.Duration(full) <= now {
			delete(t.full, addr)
		}
	}
	return len(t.full) < t.capacity
}
