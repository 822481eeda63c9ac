package frag

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"time"
)

// Key names a message at the receiver.
type Key struct {
	Source uint64 // the sender: any number that the caller gives to one and no other
	ID     uint16 // the message's id
}

// Message is a whole message.
type Message struct {
	Data []byte
	Mark bool // that of the part at offset 0
}

// Reassembler puts messages together from their parts. Once a message is complete its key is forgotten, so parts of it
// that come later begin a new one: keeping repeats away is up to the caller. The zero value is not usable.
type Reassembler struct {
	limits   Limits
	memory   memory
	messages map[Key]*message
	senders  map[uint64]*sender
	partial  queue
	lost     queue         // what is expired or aborted and remembered
	recent   *message      // of the part before, to which the next one most likely belongs; nil if it is gone
	wake     time.Duration // nothing expires before
	stats    Stats

	answers   bool // it is a Receiver's: what is delivered or expired keeps its place
	delivered int  // messages that keep it so
	due       queue

	spareMessages []*message
	spareSenders  []*sender
}

// sender is a source with messages under way, and what of its share they take.
type sender struct {
	id       uint64
	messages []*message
	bytes    int
}

// NewReassembler returns a Reassembler without messages. It fails with a [*LimitError] if a limit is out of range.
func NewReassembler(limits Limits) (*Reassembler, error) {
	if err := limits.check(); err != nil {
		return nil, err
	}
	return &Reassembler{
		limits:   limits,
		memory:   memory{limit: limits.MaxBytes},
		messages: make(map[Key]*message),
		senders:  make(map[uint64]*sender),
		wake:     math.MaxInt64,
		due:      queue{kind: byAnswer},
	}, nil
}

// Push takes one part that arrived at the time now, which never goes back. With done it gives the whole message, which
// is valid until the next call of any method; its Data may be part.Data itself.
//
// An error says that the part was refused. [ErrTooLarge], [ErrTooManyParts], [ErrEmptyPart], [ErrOffset] and
// [ErrMismatch] also abort its message: what arrived of it is dropped and further parts get [ErrAborted], until none
// has come for the Timeout or the place in the limits is needed for another message. [ErrFull] and [ErrShare] leave
// its message as it was. A part that is here already, with the same bytes, is no error; the first one's Mark counts.
func (r *Reassembler) Push(now time.Duration, key Key, part Part) (whole Message, done bool, err error) {
	m := r.recent
	routine := m != nil && m.key == key && part.More && len(part.Data) == m.size && part.Offset < m.room && now < r.wake
	if !routine {
		if m, err = r.admit(now, key, part); m == nil {
			if err != nil {
				return Message{}, false, err
			}
			return Message{part.Data, part.Mark}, true, nil
		}
	}
	if part.More {
		index := part.Offset / uint32(m.size)
		if index*uint32(m.size) != part.Offset { // the one rule that a routine part can break
			return Message{}, false, r.abort(now, m, m.check(&r.limits, part))
		}
		seen, bit := &m.seen[index>>3], byte(1)<<(index&7)
		if *seen&bit != 0 {
			return Message{}, false, r.duplicate(now, m, part)
		}
		*seen |= bit
		m.count++
	} else {
		if m.end != 0 {
			return Message{}, false, r.duplicate(now, m, part)
		}
		m.last, m.end = int(part.Offset), int(part.Offset)+len(part.Data)
		m.room = min(m.room, part.Offset)
	}
	if part.Offset == 0 {
		m.mark = part.Mark
	}
	copy(m.data[part.Offset:], part.Data)
	// All parts before the last are here: each is counted once, by its bit, and none lies behind last.
	if m.end != 0 && m.count*m.size == m.last {
		whole = Message{m.data[:m.end:m.end], m.mark}
		r.complete(m)
		return whole, true, nil
	}
	r.touch(now, m)
	return Message{}, false, nil
}

// admit finds the part's message, or begins it, and makes room. It returns neither message nor error if the part is a
// whole message.
func (r *Reassembler) admit(now time.Duration, key Key, part Part) (m *message, err error) {
	if now >= r.wake {
		r.Expire(now)
	}
	m = r.messages[key]
	if m != nil && m.fate == expired && part.Offset == 0 { // the sender begins again
		r.release(m)
		m = nil
	}
	if m == nil {
		whole := part.Offset == 0 && !part.More && len(part.Data) <= r.limits.MaxMessage
		if whole && !r.answers {
			r.stats.Completed++
			return nil, nil
		}
		m, err = r.begin(now, key)
		if err != nil {
			if wrong := new(message).check(&r.limits, part); wrong != nil && !whole {
				err = wrong // it will never be taken, which says more than that there is no room now
			}
			r.stats.count(err)
			return nil, err
		}
		if whole {
			m.end = len(part.Data)
			r.complete(m)
			return nil, nil
		}
	}
	if m.fate != partial {
		r.stats.count(m.refusal)
		if m.fate != delivered {
			r.touch(now, m)
		}
		return nil, m.refusal
	}
	r.recent = m
	if err := m.check(&r.limits, part); err != nil {
		return nil, r.abort(now, m, err)
	}
	if err := r.grow(m, part); err != nil {
		r.stats.count(err)
		if m.count == 0 && m.end == 0 {
			r.release(m) // it was begun for this part
		}
		return nil, err
	}
	if part.More {
		m.size = len(part.Data)
		fit := min(r.limits.MaxMessage/m.size, r.limits.MaxParts-1, len(m.data)/m.size, 8*len(m.seen))
		if m.end != 0 {
			fit = min(fit, m.last/m.size)
		}
		m.room = uint32(fit * m.size)
	}
	return m, nil
}

// complete lets go of a message that is given to the caller. If answers about it are due it keeps its place.
func (r *Reassembler) complete(m *message) {
	r.stats.Completed++
	if !r.answers {
		r.release(m)
		return
	}
	r.delivered++
	r.forgo(m, delivered, errDelivered)
}

// duplicate takes a part whose place is taken.
func (r *Reassembler) duplicate(now time.Duration, m *message, part Part) error {
	if !bytes.Equal(m.data[part.Offset:][:len(part.Data)], part.Data) {
		return r.abort(now, m, ErrMismatch)
	}
	r.stats.Duplicates++
	r.touch(now, m)
	return nil
}

// grow gives m the buffers that a part needs.
func (r *Reassembler) grow(m *message, part Part) error {
	n, parts := m.needs(part)
	var data, seen int // sizes of the new buffers
	if n > len(m.data) {
		data = bufferSize(n)
	}
	if bitmapSize(parts) > len(m.seen) {
		seen = bufferSize(bitmapSize(parts))
	}
	room, share := r.memory.room(), r.limits.SourceBytes-m.sender.bytes
	for data+seen > min(room, share) && r.supersede(m.sender, m.key.ID) {
		room, share = r.memory.room(), r.limits.SourceBytes-m.sender.bytes
	}
	switch {
	case data+seen > room:
		return ErrFull
	case data+seen > share:
		return ErrShare
	}
	if data > 0 {
		// Fourfold while the end is unknown and there is plenty: all growth together then copies a third of the message.
		ample := min(4*len(m.data), bufferSize(r.limits.MaxMessage))
		if part.More && ample+seen <= min(room, share) {
			data = max(data, ample)
		}
		buffer := r.memory.lend(data)
		m.copyParts(buffer)
		m.data = r.exchange(m, m.data, buffer)
	}
	if seen > 0 {
		buffer := r.memory.lend(seen)
		clear(buffer[copy(buffer, m.seen):])
		m.seen = r.exchange(m, m.seen, buffer)
	}
	return nil
}

// exchange gives a buffer of m back for a new one.
func (r *Reassembler) exchange(m *message, old, buffer []byte) []byte {
	r.memory.giveBack(old)
	m.sender.bytes += len(buffer) - len(old)
	return buffer
}

// begin makes a place for a message. One that is remembered as lost gives up its own if there is no other: of the same sender if it is
// the share that is used up, else of any; then one that the sender has superseded.
func (r *Reassembler) begin(now time.Duration, key Key) (*message, error) {
	if s := r.senders[key.Source]; s != nil && len(s.messages) == r.limits.SourceMessages {
		if m := s.oldestLost(); m != nil {
			r.release(m)
		} else if !r.supersede(s, key.ID) {
			return nil, ErrShare
		}
	}
	if len(r.messages) == r.limits.MaxMessages {
		if r.lost.first != nil {
			r.release(r.lost.first)
		} else if s := r.senders[key.Source]; s == nil || !r.supersede(s, key.ID) {
			return nil, ErrFull
		}
	}
	s := r.senders[key.Source]
	if s == nil {
		if s = pop(&r.spareSenders); s == nil {
			s = new(sender)
		}
		s.id = key.Source
		r.senders[s.id] = s
	}
	m := pop(&r.spareMessages)
	if m == nil {
		m = new(message)
	}
	m.key, m.sender, m.position, m.deadline = key, s, len(s.messages), now+r.limits.Timeout
	s.messages = append(s.messages, m)
	r.messages[key] = m
	r.partial.push(m)
	r.recent = m
	r.wake = min(r.wake, m.deadline)
	return m, nil
}

// supersede gives up the oldest message of a sender that is older than one, misses parts and was never asked about, and
// reports whether there is one. Only a receiver knows what was asked.
func (r *Reassembler) supersede(s *sender, id uint16) bool {
	if !r.answers {
		return false
	}
	var oldest *message
	for _, m := range s.messages {
		older := int16(id-m.key.ID) > 0 && m.fate == partial && !m.asked
		if older && (oldest == nil || id-m.key.ID > id-oldest.key.ID) {
			oldest = m
		}
	}
	if oldest == nil {
		return false
	}
	r.release(oldest)
	r.stats.Superseded++
	return true
}

// abort drops what arrived of m and remembers why.
func (r *Reassembler) abort(now time.Duration, m *message, reason error) error {
	r.stats.count(reason)
	r.forgo(m, aborted, refusals[reason])
	r.remember(now, m)
	return reason
}

// forgo makes m one that is not partial any more. Its buffers keep their content until the next call.
func (r *Reassembler) forgo(m *message, fate fate, refusal error) {
	m.room = 0
	r.freeBuffers(m)
	r.cancelAnswer(m)
	r.partial.remove(m)
	m.fate, m.refusal = fate, refusal
}

// remember keeps m, which is expired or aborted, for the Timeout.
func (r *Reassembler) remember(now time.Duration, m *message) {
	m.deadline = now + r.limits.Timeout
	r.lost.push(m)
	r.wake = min(r.wake, m.deadline)
}

// release forgets m. Its buffers keep their content until the next call.
func (r *Reassembler) release(m *message) {
	r.freeBuffers(m)
	r.cancelAnswer(m)
	if m.fate == delivered {
		r.delivered--
	} else {
		r.queueOf(m).remove(m)
	}
	delete(r.messages, m.key)
	if r.recent == m {
		r.recent = nil
	}
	s := m.sender
	last := len(s.messages) - 1
	s.messages[m.position] = s.messages[last]
	s.messages[m.position].position = m.position
	s.messages[last] = nil
	s.messages = s.messages[:last]
	if last == 0 {
		delete(r.senders, s.id)
		r.spareSenders = append(r.spareSenders, s)
	}
	*m = message{}
	r.spareMessages = append(r.spareMessages, m)
}

func (r *Reassembler) freeBuffers(m *message) {
	m.sender.bytes -= len(m.data) + len(m.seen)
	r.memory.giveBack(m.data)
	r.memory.giveBack(m.seen)
	m.data, m.seen = nil, nil
}

// touch notes that a part of m came: it expires last of its kind.
func (r *Reassembler) touch(now time.Duration, m *message) {
	m.deadline = now + r.limits.Timeout
	if m.links[byDeadline].next != nil {
		r.requeue(m)
	}
}

func (r *Reassembler) requeue(m *message) {
	q := r.queueOf(m)
	q.remove(m)
	q.push(m)
}

// queueOf returns where m waits to expire. What is delivered does not.
func (r *Reassembler) queueOf(m *message) *queue {
	if m.fate == partial {
		return &r.partial
	}
	return &r.lost
}

// Expire gives up what has been without a part for the Timeout, and returns how many partial messages that were.
func (r *Reassembler) Expire(now time.Duration) (n int) {
	if now < r.wake {
		return 0
	}
	for m := r.lost.first; m != nil && now >= m.deadline; m = r.lost.first {
		r.release(m)
	}
	for m := r.partial.first; m != nil && now >= m.deadline; m = r.partial.first {
		if r.answers {
			r.forgo(m, expired, ErrExpired)
			r.remember(now, m)
		} else {
			r.release(m)
		}
		n++
	}
	r.stats.Expired += uint64(n)
	r.wake, _ = r.NextDeadline()
	return n
}

// NextDeadline tells when to call Expire next, unless a Push comes before; false: nothing can expire.
func (r *Reassembler) NextDeadline() (time.Duration, bool) {
	deadline := time.Duration(math.MaxInt64)
	for _, q := range []*queue{&r.partial, &r.lost} {
		if q.first != nil {
			deadline = min(deadline, q.first.deadline)
		}
	}
	return deadline, deadline < math.MaxInt64
}

// Forget drops everything of one sender, what is remembered of aborted messages included, and returns how many partial
// messages that were.
func (r *Reassembler) Forget(source uint64) (n int) {
	s := r.senders[source]
	if s == nil {
		return 0
	}
	for _, m := range slices.Backward(s.messages) {
		if m.fate == partial {
			n++
		}
		if m.fate != delivered {
			r.release(m)
		}
	}
	r.stats.Forgotten += uint64(n)
	return n
}

// oldestLost returns the expired or aborted message that expires first, of several the one with the least id, or nil.
func (s *sender) oldestLost() (oldest *message) {
	for _, m := range s.messages {
		if m.fate == partial || m.fate == delivered {
			continue
		}
		if oldest == nil || cmp.Or(cmp.Compare(m.deadline, oldest.deadline), cmp.Compare(m.key.ID, oldest.key.ID)) < 0 {
			oldest = m
		}
	}
	return oldest
}

// Stats returns the counters as they are.
func (r *Reassembler) Stats() Stats {
	s := r.stats
	s.Aborted = 0
	for m := r.lost.first; m != nil; m = m.links[byDeadline].next {
		s.Aborted++
	}
	s.Delivered = r.delivered
	s.Partial = len(r.messages) - s.Aborted - s.Delivered
	s.Bytes = r.memory.lent + r.memory.kept
	return s
}
