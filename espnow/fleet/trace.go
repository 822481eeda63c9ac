package fleet

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// trace is a hash of all that happened, in its order: FNV-1a of 64 bits. Runs with the same trace were the same.
type trace uint64

const (
	traceStart trace = 14695981039346656037
	tracePrime trace = 1099511628211
)

// What is traced.
const (
	traceSent    = 1 // a frame; what follows is its destination and its body
	traceHandled = 2 // a frame
	tracePeer    = 3 // a session with a peer began
	traceGone    = 4 // and ended
	traceMessage = 5 // an application was told a message
	traceResult  = 6 // and what became of one
)

func traced(up bool) byte {
	if up {
		return tracePeer
	}
	return traceGone
}

func (t *trace) note(now time.Duration, kind byte, at, peer espnow.Addr, data []byte) {
	h := *t
	for i := range 8 {
		h = (h ^ trace(byte(now>>(8*i)))) * tracePrime
	}
	h = (h ^ trace(kind)) * tracePrime
	for _, b := range at {
		h = (h ^ trace(b)) * tracePrime
	}
	for _, b := range peer {
		h = (h ^ trace(b)) * tracePrime
	}
	for _, b := range data {
		h = (h ^ trace(b)) * tracePrime
	}
	*t = h
}
