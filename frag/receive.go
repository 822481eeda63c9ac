package frag

import (
	"errors"
	"time"
)

// answerAgain is how long a Receiver waits for the next part before it repeats an answer: half of a Sender's least
// time-out, for if the answer was lost its repetition costs much less than that of the part that asked for it.
const answerAgain = minTimeout / 2

// Receiver is a [Reassembler] that answers: it tells the sender of a message which parts are here and what became of
// it. A message that it has delivered keeps its place in the limits until Accept or Refuse says who is responsible for
// it, and none that expired is taken up again but from its beginning. The zero value is not usable.
type Receiver struct {
	parts Reassembler
}

// NewReceiver returns a Receiver without messages. It fails with a [*LimitError] if a limit is out of range.
func NewReceiver(limits Limits) (*Receiver, error) {
	parts, err := NewReassembler(limits)
	if err != nil {
		return nil, err
	}
	parts.answers = true
	return &Receiver{*parts}, nil
}

// Push takes one part as [Reassembler.Push] does. If it asks, ack is what to answer, and else the zero value. A message
// that is done is still partial with everything received; if Accept or Refuse is called at once, their answer can be sent
// instead.
//
// Parts of a message that was delivered are no error, and get the same answer. Those of one that expired get
// [ErrExpired] until that at offset 0 comes again. Where there is no room, older messages of the sender are given up of
// which parts are missing and none has asked for an answer: most likely no more is to come.
func (r *Receiver) Push(now time.Duration, key Key, part Part, ask bool) (whole Message, done bool, ack Ack, err error) {
	whole, done, err = r.parts.Push(now, key, part)
	m := r.parts.recent
	if m == nil || m.key != key {
		m = r.parts.messages[key]
	}
	if m != nil {
		m.asked = m.asked || ask
		r.parts.cancelAnswer(m)
	}
	if errors.Is(err, errDelivered) {
		err = nil
	}
	if ask {
		ack = answer(m, err)
		if err == nil && m.fate == partial {
			m.answerAt = now + answerAgain
			r.parts.due.push(m)
		}
	}
	return whole, done, ack, err
}

// Awaited returns how many messages with missing parts have a sender that asked for an answer: it will go on with them.
func (r *Receiver) Awaited() (n int) {
	for m := r.parts.partial.first; m != nil; m = m.links[byDeadline].next {
		if m.asked {
			n++
		}
	}
	return n
}

// cancelAnswer keeps an answer from being repeated.
func (r *Reassembler) cancelAnswer(m *message) {
	if m.answerAt != 0 {
		m.answerAt = 0
		r.due.remove(m)
	}
}

// Poll returns an answer to repeat and the message that it is about, and false if there is none now.
func (r *Receiver) Poll(now time.Duration) (Key, Ack, bool) {
	m := r.parts.due.first
	if m == nil || now < m.answerAt {
		return Key{}, Ack{}, false
	}
	r.parts.cancelAnswer(m)
	r.parts.stats.Repeated++
	return m.key, m.progress(), true
}

// answer tells a sender what became of its message after a part of it, which had an error or none.
func answer(m *message, err error) Ack {
	switch {
	case err == nil:
		return m.progress()
	case errors.Is(err, ErrFull):
		return Ack{Status: StatusBusy}
	case errors.Is(err, ErrExpired):
		return Ack{Status: StatusRestart}
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrTooManyParts):
		return Ack{Status: StatusTooLarge}
	}
	return Ack{Status: StatusRefused}
}

// Accept says that somebody has taken responsibility for a message that Push gave. The Receiver forgets the message and
// returns the final answer, to be sent at once. It returns false if no such message waits.
func (r *Receiver) Accept(key Key) (Ack, bool) {
	m := r.waiting(key)
	if m == nil {
		return Ack{}, false
	}
	ack := Ack{Status: StatusComplete, Received: uint32(m.end)}
	r.parts.release(m)
	return ack, true
}

// Refuse says that nobody ever takes a message that Push gave, as one that is malformed. It returns the final answer,
// to be sent at once, which the message's parts get too while they keep coming. It returns false if no such message
// waits.
func (r *Receiver) Refuse(now time.Duration, key Key) (Ack, bool) {
	m := r.waiting(key)
	if m == nil {
		return Ack{}, false
	}
	r.parts.delivered--
	m.fate, m.refusal = aborted, refusals[ErrRefused]
	r.parts.remember(now, m)
	return Ack{Status: StatusRefused}, true
}

// Asked reports whether a part of a message that waits for Accept or Refuse asked for an answer: if none has, the final
// one is sent only once one does.
func (r *Receiver) Asked(key Key) bool {
	m := r.waiting(key)
	return m != nil && m.asked
}

// waiting returns a message that is delivered, or nil.
func (r *Receiver) waiting(key Key) *message {
	if m := r.parts.messages[key]; m != nil && m.fate == delivered {
		return m
	}
	return nil
}

// Expire gives up what has been without a part for the Timeout, and returns how many partial messages that were.
func (r *Receiver) Expire(now time.Duration) int { return r.parts.Expire(now) }

// NextDeadline tells when to call Expire and Poll next, unless a Push comes before; false: nothing will be due.
func (r *Receiver) NextDeadline() (time.Duration, bool) {
	deadline, some := r.parts.NextDeadline()
	if m := r.parts.due.first; m != nil {
		deadline = min(deadline, m.answerAt)
	}
	return deadline, some
}

// Forget drops everything of one sender but what waits for Accept or Refuse, and returns how many partial messages that
// were.
func (r *Receiver) Forget(source uint64) int { return r.parts.Forget(source) }

// Stats returns the counters as they are.
func (r *Receiver) Stats() Stats { return r.parts.Stats() }
