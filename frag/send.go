package frag

import (
	"math/bits"
	"time"
)

const (
	// MaxWindow is how many parts can be on their way before an answer.
	MaxWindow = 64
	// MaxRetries is how many times in a row a Sender repeats a question that brings no answer, and how many times it
	// starts a message over.
	MaxRetries = 16

	firstPause = 100 * time.Millisecond // until a receiver that cannot go on is asked again
	maxPause   = 2 * time.Second
)

// Sender sends a message reliably by selective repeat (SPEC.md, section 5), and then may send another, to any receiver.
// The zero value has none.
//
// It sends in rounds of up to a window of parts: those known to be missing, then new ones. The last of them asks for an
// answer, and the answer that shows it here tells of all before. What is still missing belongs to the next round:
//
//	0 1 2 3 4 5 6 7?       2 and 5 are lost
//	5 8 9 10 11 12 2?      new parts fill the round; the first that is missing asks
//
// The first that is missing comes last, for an answer to it can tell of 64 parts after the next one missing: so the
// window never waits for one part. If no answer comes, it was most likely lost and is needed again, which makes it the
// best part to repeat.
type Sender struct {
	message []byte
	size    int
	parts   int
	window  int

	base  int    // all parts before are at the receiver
	known uint64 // bit i: part base+1+i is too
	next  int    // no part from here on was sent yet

	state    sendState
	err      error
	cursor   int  // of the round: next of the missing parts
	old      int  // before it stand the missing parts, from it on new ones
	limit    int  // of new parts
	again    bool // base is missing and ends the round
	room     int  // in the window for missing parts before base
	ask      int  // the part that asks
	asked    time.Duration
	repeated bool // ask was sent more than once, so nobody knows which one is answered
	deadline time.Duration
	retries  int
	restarts int
	pause    time.Duration

	trip  *RoundTrip
	stats SenderStats
}

type sendState uint8

const (
	sendIdle    sendState = iota // no message, or it has ended
	sendRound                    // parts are to be sent
	sendWaiting                  // for an answer, until deadline
	sendPausing                  // the receiver cannot go on; it is asked again at deadline
)

// SenderStats count from the Sender's start.
type SenderStats struct {
	Parts     uint64 // sent
	Resent    uint64 // of those, sent before
	Acks      uint64 // handled while a message was under way
	IllFormed uint64 // of those, ignored: they fit no message, or not this one
	Stale     uint64 // of those, ignored: they tell less than was known
	Timeouts  uint64
	Polls     uint64 // questions to a receiver that could not go on
	Restarts  uint64
}

// Start begins to send a message in parts of size bytes, up to window of them between answers, to the receiver whose
// round trip is given. It keeps message until the end. A message under way is dropped. It fails as [Split] does, and with a [*LimitError] if window is not
// 1..[MaxWindow].
func (s *Sender) Start(message []byte, size, window int, trip *RoundTrip) error {
	if _, err := Split(message, size); err != nil {
		return err
	}
	if window < 1 || window > MaxWindow {
		return &LimitError{"Window", int64(window), 1, MaxWindow}
	}
	*s = Sender{
		message: message, size: size, parts: max(1, (len(message)+size-1)/size), window: window,
		pause: firstPause, trip: trip, stats: s.stats,
	}
	s.plan()
	return nil
}

// Done reports that no message is under way: none was started, or it has ended with Err.
func (s *Sender) Done() bool { return s.state == sendIdle }

// Err tells how the last message ended: nil if the receiver has it, a [StatusError] if it will not take it, [ErrGaveUp]
// if it does not answer.
func (s *Sender) Err() error { return s.err }

// Stats returns the counters as they are.
func (s *Sender) Stats() SenderStats { return s.stats }

// NextDeadline tells when Poll has something to do once it has returned false; false: never, unless an answer comes.
func (s *Sender) NextDeadline() (time.Duration, bool) {
	return s.deadline, s.state == sendWaiting || s.state == sendPausing
}

// Poll returns the next part to send and whether it asks for an answer, and false if there is none now. The part's Data
// is a view into the message.
func (s *Sender) Poll(now time.Duration) (part Part, ask, ok bool) {
	switch s.state {
	case sendIdle:
		return Part{}, false, false
	case sendRound:
		part, ask = s.nextOfRound(now)
		return part, ask, true
	}
	if now < s.deadline {
		return Part{}, false, false
	}
	if s.state == sendPausing {
		s.stats.Polls++
	} else {
		s.stats.Timeouts++
		if s.retries == MaxRetries {
			s.end(ErrGaveUp)
			return Part{}, false, false
		}
		s.retries++
		s.trip.backOff()
	}
	s.stats.Resent++
	s.askWith(now, s.ask)
	s.repeated = true
	return s.part(s.ask), true, true
}

// nextOfRound returns the next part of the round, and whether it is the last and asks.
func (s *Sender) nextOfRound(now time.Duration) (Part, bool) {
	for i := max(s.cursor, s.base+1); i < s.old && s.room > 0; i++ {
		if !s.has(i) {
			s.cursor = i + 1
			s.room--
			s.stats.Resent++
			return s.part(i), false
		}
	}
	s.cursor = s.old
	if s.next < s.limit {
		i := s.next
		s.next++
		ask := s.next == s.limit && !s.again
		if ask {
			s.askWith(now, i)
		}
		return s.part(i), ask
	}
	s.stats.Resent++
	s.askWith(now, s.base)
	return s.part(s.base), true
}

// askWith makes part i the question and waits for its answer.
func (s *Sender) askWith(now time.Duration, i int) {
	s.state, s.ask, s.asked, s.repeated = sendWaiting, i, now, false
	s.deadline = now + s.trip.current()
}

func (s *Sender) part(i int) Part {
	s.stats.Parts++
	start := i * s.size
	end := min(start+s.size, len(s.message))
	return Part{Offset: uint32(start), More: i < s.parts-1, Data: s.message[start:end:end]}
}

// Handle takes an answer to this message. One that is ill-formed, or tells less than is known, changes nothing.
func (s *Sender) Handle(now time.Duration, ack Ack) {
	if s.state == sendIdle {
		return
	}
	s.stats.Acks++
	switch {
	case ack.Status.Final():
		s.end(StatusError{ack.Status})
	case ack.Status == StatusComplete && s.fits(ack.Received) && ack.Bitmap == 0:
		s.end(nil)
	case ack.Status == StatusPartial && s.fits(ack.Received) && s.holds(ack):
		s.learn(now, ack)
	case ack.Status == StatusBusy:
		if s.state == sendWaiting {
			s.wait(now)
		}
	case ack.Status == StatusRestart:
		if s.state == sendWaiting {
			s.restart()
		}
	default:
		s.stats.IllFormed++
	}
}

// fits reports whether received bytes end where a part of this message does.
func (s *Sender) fits(received uint32) bool {
	length := uint32(len(s.message))
	return received == length || received < length && int(received)%s.size == 0
}

// holds reports whether all parts that an answer tells of are parts of this message.
func (s *Sender) holds(ack Ack) bool {
	return ack.Bitmap == 0 || s.partsIn(ack.Received)+1+bits.Len64(ack.Bitmap) <= s.parts
}

// sent returns what an answer tells of parts that were sent: how many are here without a gap, and which after the first
// that is missing. The receiver may know of more, from when the message was begun before; those are sent again.
func (s *Sender) sent(ack Ack) (first int, known uint64) {
	first = s.partsIn(ack.Received)
	if first >= s.next {
		return s.next, 0
	}
	return first, ack.Bitmap & (1<<(s.next-first-1) - 1) // a shift by 64 or more leaves all
}

// partsIn returns how many parts the first bytes of the message are.
func (s *Sender) partsIn(received uint32) int {
	if int(received) == len(s.message) {
		return s.parts
	}
	return int(received) / s.size
}

// learn takes a partial answer.
func (s *Sender) learn(now time.Duration, ack Ack) {
	first, known := s.sent(ack)
	if first == 0 && known == 0 && s.parts > 1 && s.parts == s.next && s.parts <= 1+bitmapBits {
		// A receiver that has a part and does not know the parts' size has the last one, and no other.
		known = 1 << (s.parts - 2)
	}
	if first < s.base {
		s.stats.Stale++
		return
	}
	if first > s.base {
		s.base, s.known = first, 0
	} else if known&^s.known == 0 && s.base < s.parts {
		s.stats.Stale++
		return
	}
	s.known |= known
	s.retries = 0
	switch {
	case s.base == s.parts: // it is for the receiver to say complete
		if s.state != sendPausing {
			s.ask = s.parts - 1
			s.wait(now)
		}
		return
	case s.state == sendRound:
		if s.base == s.next {
			s.plan()
		}
	case s.has(s.ask):
		switch {
		case s.state != sendWaiting:
		case s.repeated:
			s.trip.unclearAnswer()
		default:
			s.trip.sample(now - s.asked)
		}
		s.plan()
	}
	s.pause = firstPause
}

// has reports whether part i is known to be at the receiver.
func (s *Sender) has(i int) bool {
	i -= s.base + 1
	return i < -1 || i >= 0 && i < bitmapBits && s.known>>i&1 != 0
}

// plan begins a round.
func (s *Sender) plan() {
	missing := s.next - s.base - bits.OnesCount64(s.known)
	second := min(s.base+1+bits.TrailingZeros64(^s.known), s.next) // the next missing after base, or new
	s.limit = max(s.next, min(s.parts, second+1+bitmapBits, s.next+s.window-missing))
	s.cursor, s.old, s.again = s.base+1, s.next, s.base < s.next
	s.room = s.window - 1 // more miss than were on their way if the receiver began anew with a part that was repeated
	s.state = sendRound
}

// wait pauses before the receiver, which has answered but cannot go on, is asked again.
func (s *Sender) wait(now time.Duration) {
	s.state, s.retries = sendPausing, 0
	s.deadline = now + s.pause
	s.pause = min(2*s.pause, maxPause)
}

// restart begins the message anew. The receiver takes no other part before the first, so that one goes alone.
func (s *Sender) restart() {
	if s.restarts == MaxRetries {
		s.end(ErrGaveUp)
		return
	}
	s.restarts++
	s.stats.Restarts++
	s.retries, s.pause = 0, firstPause
	s.base, s.known, s.next = 0, 0, 0
	s.plan()
	s.limit = 1
}

func (s *Sender) end(err error) {
	s.state, s.err, s.message = sendIdle, err, nil
}
