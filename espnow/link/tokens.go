package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	tokenEvery = 500 * time.Millisecond // 2 a second
	tokenBurst = 4
)

// tokens are a bucket for each address. What is kept of a bucket is when it will be full again; one that is full is not
// kept. While capacity buckets are not full, another address gets nothing, so that a flood of made-up addresses has a
// bound too: capacity × burst at once, and 2 × capacity a second.
type tokens struct {
	full     map[espnow.Addr]time.Duration
	capacity int
	sweepAt  time.Duration
}

func newTokens(capacity int) tokens {
	return tokens{full: make(map[espnow.Addr]time.Duration, capacity), capacity: capacity}
}

// take reports whether the address has a token, and takes it.
func (t *tokens) take(now time.Duration, addr espnow.Addr) bool {
	full, kept := t.full[addr]
	if !kept && len(t.full) == t.capacity && !t.sweep(now) {
		return false
	}
	full = max(full, now)
	if full-now > (tokenBurst-1)*tokenEvery {
		return false
	}
	t.full[addr] = full + tokenEvery
	return true
}

// sweep makes room, and reports whether there is any. It looks through all buckets no more often than one can fill.
func (t *tokens) sweep(now time.Duration) bool {
	if now < t.sweepAt {
		return false
	}
	t.sweepAt = now + tokenEvery
	for addr, full := range t.full {
		if full <= now {
			delete(t.full, addr)
		}
	}
	return len(t.full) < t.capacity
}
