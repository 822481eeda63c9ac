package link

import (
	"slices"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// maxAnswers is how many messages' answers wait for one peer. An answer that finds no room is asked for again.
const maxAnswers = 8

// answers are the PUBACKs that wait for a peer, the oldest first.
type answers []pendingAnswer

type pendingAnswer struct {
	id  uint16
	ack frag.Ack
}

// put adds an answer, or reports that there is no room. A newer one about the same message takes the place of an older one.
func (a *answers) put(id uint16, ack frag.Ack) bool {
	for i := range *a {
		if (*a)[i].id == id {
			(*a)[i].ack = ack
			return true
		}
	}
	if len(*a) == maxAnswers {
		return false
	}
	*a = append(*a, pendingAnswer{id, ack})
	return true
}

// write appends those that fit to a frame of a session, and forgets them. bitmap is memory for it.
func (a *answers) write(b []byte, s *session, flags espnow.PubackFlags, bitmap *[8]byte) []byte {
	sent := 0
	for _, p := range *a {
		if s.room()-s.used(b) < pubackMaxLen {
			break
		}
		ack := puback(p.id, p.ack, bitmap)
		ack.Flags = flags
		b = must(ack.Append(b))
		sent++
	}
	*a = slices.Delete(*a, 0, sent)
	return b
}
