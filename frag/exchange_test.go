package frag_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// exchange is one message on its way from a Sender to a Receiver, with all that is in the air between, in any order.
// After every step it compares both with what follows from the parts and answers that arrived, told naively.
type exchange struct {
	message []byte
	size    int
	window  int

	sender   frag.Sender
	receiver *frag.Receiver
	now      time.Duration // from 1 ns on
	parts    []sentPart    // in the air
	acks     []frag.Ack    // in the air
	steps    int

	// Of the sender, since it last began.
	begun    uint64 // restarts so far
	round    int    // parts since the last question
	furthest int    // number after that of the furthest part sent
	told     []bool // parts that answers showed

	// Of the receiver.
	here      []bool // parts, since the message began there
	delivered int    // how often the message was delivered
	waiting   bool   // delivered, and not yet accepted
	complete  bool   // accepted, which the link remembers
	lastTaken time.Duration
	answered  time.Duration // the answer that nothing followed; 0: there is none
}

type sentPart struct {
	frag.Part
	ask bool
}

// oneMessage are limits for just one message of length bytes.
func oneMessage(length, parts int) frag.Limits {
	limits := frag.Limits{
		MaxMessage: max(1, length), MaxParts: parts, MaxMessages: 1, SourceMessages: 1, Timeout: 30 * time.Second,
	}
	limits.SourceBytes = limits.MessageBytes()
	limits.MaxBytes = limits.SourceBytes
	return limits
}

func newExchange(message []byte, size, window int) (*exchange, error) {
	n := max(1, (len(message)+size-1)/size)
	receiver, err := frag.NewReceiver(oneMessage(len(message), n))
	if err != nil {
		return nil, err
	}
	e := &exchange{message: message, size: size, window: window, receiver: receiver, now: 1}
	e.told, e.here = make([]bool, n), make([]bool, n)
	return e, e.sender.Start(message, size, window, new(frag.RoundTrip))
}

// send lets the sender send one part, and reports whether it had one.
func (e *exchange) send() (bool, error) {
	e.steps++
	before := e.sender.Stats()
	part, ask, ok := e.sender.Poll(e.now)
	if !ok {
		return false, nil
	}
	after := e.sender.Stats()
	i, n := int(part.Offset)/e.size, len(e.told)
	start, end := i*e.size, min((i+1)*e.size, len(e.message))
	if int(part.Offset) != start || part.More != (i < n-1) || !bytes.Equal(part.Data, e.message[start:end]) {
		return true, fmt.Errorf("part %v", part)
	}
	if again := i < e.furthest; again != (after.Resent > before.Resent) || after.Parts != before.Parts+1 {
		return true, fmt.Errorf("part %d, sent before: %v; %+v, before %+v", i, again, after, before)
	}
	if e.told[i] && slices.Contains(e.told, false) {
		return true, fmt.Errorf("part %d is sent though an answer showed it, and others miss", i)
	}
	if i > e.furthest {
		return true, fmt.Errorf("part %d is sent before part %d", i, e.furthest)
	}
	e.furthest = max(e.furthest, i+1)
	if e.round++; e.round > e.window {
		return true, fmt.Errorf("%d parts without a question", e.round)
	}
	if ask {
		e.round = 0
	}
	e.parts = append(e.parts, sentPart{part, ask})
	return true, nil
}

// arrive lets a part in the air arrive.
func (e *exchange) arrive(i int) error {
	e.steps++
	part := e.parts[i]
	e.parts = slices.Delete(e.parts, i, i+1)
	if e.complete { // so the link answers
		if part.ask {
			e.acks = append(e.acks, frag.Ack{Status: frag.StatusComplete})
		}
		return nil
	}
	e.answered = 0
	if e.now >= e.lastTaken+30*time.Second && !e.waiting {
		clear(e.here)
	}
	whole, done, ack, err := e.receiver.Push(e.now, key, part.Part, part.ask)
	if errors.Is(err, frag.ErrExpired) {
		if part.Offset == 0 || slices.Contains(e.here, true) || part.ask && ack.Status != frag.StatusRestart {
			return fmt.Errorf("part at %d: %v, %w", part.Offset, ack, err)
		}
		err = nil
	} else {
		e.lastTaken = e.now
		e.here[int(part.Offset)/e.size] = true
		if part.ask && ack != e.progress() {
			return fmt.Errorf("answer %v, want %v", ack, e.progress())
		}
	}
	if err != nil || !part.ask && ack != (frag.Ack{}) {
		return fmt.Errorf("part at %d: %v, %w", part.Offset, ack, err)
	}
	if done != (!e.waiting && !slices.Contains(e.here, false)) || done && !bytes.Equal(whole.Data, e.message) {
		return fmt.Errorf("part at %d: done %v, %v", part.Offset, done, whole)
	}
	if done {
		e.delivered++
		e.waiting = true
	}
	if part.ask {
		e.acks = append(e.acks, ack)
		if ack.Status == frag.StatusPartial && !e.waiting {
			e.answered = e.now
		}
	}
	return e.receiver.CheckInvariants()
}

// progress is the answer that follows from the parts that are here.
func (e *exchange) progress() frag.Ack {
	ack := frag.Ack{Status: frag.StatusPartial}
	first := slices.Index(e.here, false)
	if first < 0 {
		ack.Received = uint32(len(e.message))
		return ack
	}
	if !slices.Contains(e.here[:len(e.here)-1], true) {
		return ack // only the last: nobody knows the size
	}
	ack.Received = uint32(first * e.size)
	for i, here := range e.here[first+1:] {
		if here && i < 64 {
			ack.Bitmap |= 1 << i
		}
	}
	return ack
}

// accept lets the application take responsibility for a message that was delivered.
func (e *exchange) accept() error {
	e.steps++
	ack, ok := e.receiver.Accept(key)
	if ok != e.waiting || ok && ack != (frag.Ack{Status: frag.StatusComplete, Received: uint32(len(e.message))}) {
		return fmt.Errorf("accepted: %v, %v", ack, ok)
	}
	if ok {
		e.acks = append(e.acks, ack)
		e.waiting, e.complete = false, true
	}
	return e.receiver.CheckInvariants()
}

// answer lets an answer in the air arrive.
func (e *exchange) answer(i int) error {
	e.steps++
	ack := e.acks[i]
	e.acks = slices.Delete(e.acks, i, i+1)
	over := e.sender.Done()
	e.sender.Handle(e.now, ack)
	if restarts := e.sender.Stats().Restarts; restarts != e.begun {
		e.begun, e.furthest, e.round = restarts, 0, 0
		clear(e.told)
		return nil
	}
	if ack.Status == frag.StatusComplete {
		if !e.sender.Done() || !over && e.sender.Err() != nil {
			return fmt.Errorf("complete, but done is %v with %w", e.sender.Done(), e.sender.Err())
		}
		return nil
	}
	if ack.Status != frag.StatusPartial {
		return nil
	}
	shown := e.shown(ack)
	gap := slices.Index(append(slices.Clone(e.told), false), false)
	further := gap < len(shown) && shown[gap]
	if slices.Contains(shown[e.furthest:], true) || slices.Contains(shown[:gap], false) {
		return nil // of an earlier time
	}
	for i := range shown {
		// One that goes further is newer, and all that is true: what expired may have begun again with part 0.
		e.told[i] = shown[i] || e.told[i] && !further
	}
	e.round = 0
	return nil
}

// shown returns which parts an answer shows.
func (e *exchange) shown(ack frag.Ack) []bool {
	shown := make([]bool, len(e.told))
	first := int(ack.Received) / e.size
	if int(ack.Received) == len(e.message) {
		first = len(shown)
	}
	for i := range first {
		shown[i] = true
	}
	for i := range 64 {
		if ack.Bitmap>>i&1 != 0 {
			shown[first+1+i] = true
		}
	}
	if n := len(shown); first == 0 && ack.Bitmap == 0 && n > 1 && n <= 65 && e.furthest == n {
		shown[n-1] = true
	}
	return shown
}

// pass lets time go by until something is due, or for the time given if that is less.
func (e *exchange) pass(atMost time.Duration) {
	e.steps++
	next := e.now + atMost
	if at, ok := e.sender.NextDeadline(); ok {
		next = min(next, max(at, e.now))
	}
	if at, ok := e.receiver.NextDeadline(); ok {
		next = min(next, max(at, e.now))
	}
	e.now = next
	if !e.waiting && e.receiver.Expire(e.now) > 0 {
		clear(e.here)
		e.answered = 0
	}
}

// repeat lets the receiver repeat an answer that nothing followed.
func (e *exchange) repeat() error {
	e.steps++
	due := e.answered > 0 && e.now >= e.answered+10*time.Millisecond
	about, ack, ok := e.receiver.Poll(e.now)
	if ok != due || ok && (about != key || ack != e.progress()) {
		return fmt.Errorf("repeated at %v, answered at %v: %v, %v, %v", e.now, e.answered, about, ack, ok)
	}
	if ok {
		e.answered = 0
		e.acks = append(e.acks, ack)
	}
	return nil
}

// outcome checks what is left in the end, when the sender is done.
func (e *exchange) outcome() error {
	err := e.sender.Err()
	switch {
	case !e.sender.Done():
		return errors.New("the sender is not done")
	case e.delivered > 1:
		return fmt.Errorf("delivered %d times", e.delivered)
	case err == nil && !e.complete:
		return errors.New("the sender is content, but nobody has taken responsibility")
	case err != nil && !errors.Is(err, frag.ErrGaveUp):
		return err
	}
	e.now += 2 * time.Minute // what is left at the receiver goes
	e.receiver.Expire(e.now)
	e.receiver.Expire(e.now + time.Minute)
	if s := e.receiver.Stats(); s.Partial != 0 || s.Aborted != 0 || s.Delivered != 0 && !e.waiting {
		return fmt.Errorf("left at the receiver: %+v", s)
	}
	return e.receiver.CheckInvariants()
}
