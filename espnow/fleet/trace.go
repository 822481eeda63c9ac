package fleet

import (
	"github.com/esp-now-network/esp-now-network/espnow"
)

// trace is a hash of all that happened, in its order: FNV-1a of 64 bits. Runs with the same trace were the same.
type trace uint64

const (
	traceStart trace = 14695981039346656037
	tracePrime trace = 1099511628211
)

// Happening is a kind of thing that is traced.
type Happening uint8

// What happens at a device.
const (
	Sends    Happening = 1 // a frame; the peer is its destination, the data its body
	Handles  Happening = 2 // a frame; the peer is its source
	Joined   Happening = 3 // a session with the peer
	Lost     Happening = 4 // it
	Told     Happening = 5 // the application, a message of the peer; the data is its payload
	Resulted Happening = 6 // a message to the peer
	On       Happening = 7
	Off      Happening = 8
)

var happeningNames = [...]string{"", "sends", "handles", "joined", "lost", "told", "resulted", "on", "off"}

// String names it.
func (h Happening) String() string { return happeningNames[h] }

// note traces something, and has whoever watches told.
func (f *Fleet) note(what Happening, at, peer espnow.Addr, data []byte) {
	if f.cfg.Watch != nil {
		f.cfg.Watch(f.clock.now, what, at, peer, data)
	}
	h := f.trace
	for i := range 8 {
		h = (h ^ trace(byte(f.clock.now>>(8*i)))) * tracePrime
	}
	h = (h ^ trace(what)) * tracePrime
	for _, b := range at {
		h = (h ^ trace(b)) * tracePrime
	}
	for _, b := range peer {
		h = (h ^ trace(b)) * tracePrime
	}
	for _, b := range data {
		h = (h ^ trace(b)) * tracePrime
	}
	f.trace = h
}

func joinedOrLost(up bool) Happening {
	if up {
		return Joined
	}
	return Lost
}
