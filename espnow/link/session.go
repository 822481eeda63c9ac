package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// session is one end of a session: whom it is with, what was agreed, and the keys.
type session struct {
	peer       espnow.Addr
	id         uint8         // the gateway's, for this node
	boot       uint32        // of the peer
	maxFrame   int           // bytes of a frame to the peer: what both radios can
	maxMessage int           // bytes of a message that the peer takes
	window     int           // parts that the peer takes before it must acknowledge
	keepAlive  time.Duration // the gateway's word
	tunnel     *tunnel       // nil on an open network
}

// room returns how many bytes of packets one frame holds.
func (s *session) room() int {
	if s.tunnel == nil {
		return s.maxFrame
	}
	return s.maxFrame - espnow.SealedOverhead
}

// begin starts a frame in b, which is empty: its packets are appended to what it returns.
func (s *session) begin(b []byte) []byte {
	if s.tunnel == nil {
		return b
	}
	var clearText [sealedClearLen]byte
	return append(b, clearText[:]...)
}

// end finishes the frame. On a secure network it seals it, and the error is errSpent when the session's key is used up.
func (s *session) end(b []byte) ([]byte, error) {
	if s.tunnel == nil {
		return b, nil
	}
	return s.tunnel.seal(b, 0)
}

// used returns how many bytes of packets a frame holds so far.
func (s *session) used(b []byte) int {
	if s.tunnel == nil {
		return len(b)
	}
	return len(b) - sealedClearLen
}

// wipe makes the session's keys useless.
func (s *session) wipe() {
	if s.tunnel != nil {
		s.tunnel.wipe()
	}
}
