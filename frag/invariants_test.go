package frag

import (
	"fmt"
	"math/bits"
	"testing"
	"time"
)

// CheckInvariants walks everything that r holds and returns the first thing that is not as it must be.
func (r *Reassembler) CheckInvariants() error {
	lent, kept := 0, 0
	owners := make(map[*byte]bool)
	own := func(buffer []byte) (int, error) {
		if len(buffer) == 0 {
			return 0, nil
		}
		if owners[&buffer[0]] {
			return 0, fmt.Errorf("a buffer of %d bytes is held twice", len(buffer))
		}
		owners[&buffer[0]] = true
		return cap(buffer), nil
	}

	for key, m := range r.messages {
		if m.key != key || r.senders[key.Source] != m.sender || m.sender.messages[m.position] != m {
			return fmt.Errorf("%v is not where it should be", key)
		}
		if err := m.checkInvariants(&r.limits); err != nil {
			return fmt.Errorf("%v: %w", key, err)
		}
	}
	if n := len(r.messages); n > r.limits.MaxMessages {
		return fmt.Errorf("%d messages, the limit is %d", n, r.limits.MaxMessages)
	}

	total := 0
	for id, s := range r.senders {
		bytes := 0
		for _, m := range s.messages {
			for _, buffer := range [][]byte{m.data, m.seen} {
				n, err := own(buffer)
				if err != nil {
					return err
				}
				bytes += n
			}
		}
		if s.id != id || s.bytes != bytes || bytes > r.limits.SourceBytes {
			return fmt.Errorf("sender %d (%d) holds %d bytes, counted %d, limit %d",
				id, s.id, bytes, s.bytes, r.limits.SourceBytes)
		}
		if n := len(s.messages); n < 1 || n > r.limits.SourceMessages {
			return fmt.Errorf("sender %d has %d messages, the limit is %d", id, n, r.limits.SourceMessages)
		}
		total += len(s.messages)
		lent += bytes
	}
	if total != len(r.messages) {
		return fmt.Errorf("senders have %d messages of %d", total, len(r.messages))
	}

	for class, buffers := range r.memory.free {
		for _, buffer := range buffers {
			n, err := own(buffer)
			if err != nil {
				return err
			}
			if n != minBuffer<<class || n != len(buffer) {
				return fmt.Errorf("a buffer of %d bytes in class %d", n, class)
			}
			kept += n
		}
		for _, buffer := range buffers[len(buffers):cap(buffers)] {
			if buffer != nil {
				return fmt.Errorf("a buffer of %d bytes is held and not counted", len(buffer))
			}
		}
	}
	if lent != r.memory.lent || kept != r.memory.kept || lent+kept > r.limits.MaxBytes {
		return fmt.Errorf("%d bytes lent, %d kept, limit %d; counted %d, %d",
			lent, kept, r.limits.MaxBytes, r.memory.lent, r.memory.kept)
	}

	queued := 0
	for _, q := range []*queue{&r.partial, &r.lost} {
		var previous *message
		for m := q.first; m != nil; previous, m = m, m.links[byDeadline].next {
			if r.messages[m.key] != m || m.links[byDeadline].previous != previous || r.queueOf(m) != q {
				return fmt.Errorf("%v is in a wrong place of a queue", m.key)
			}
			if previous != nil && previous.deadline > m.deadline || m.deadline < r.wake {
				return fmt.Errorf("%v expires at %v, too early for its place; wake is %v", m.key, m.deadline, r.wake)
			}
			queued++
		}
		if q.last != previous {
			return fmt.Errorf("the end of a queue is wrong")
		}
	}
	if queued+r.delivered != len(r.messages) {
		return fmt.Errorf("%d messages in queues and %d delivered of %d", queued, r.delivered, len(r.messages))
	}
	var previous *message
	for m := r.due.first; m != nil; previous, m = m, m.links[byAnswer].next {
		switch {
		case r.messages[m.key] != m || m.fate != partial || m.answerAt == 0:
			return fmt.Errorf("%v cannot be due for an answer", m.key)
		case previous != nil && previous.answerAt > m.answerAt || m.links[byAnswer].previous != previous:
			return fmt.Errorf("%v is in a wrong place among the answers", m.key)
		}
		queued--
	}
	for _, m := range r.messages {
		if m.answerAt != 0 {
			queued++
		}
	}
	if queued+r.delivered != len(r.messages) || r.due.last != previous {
		return fmt.Errorf("the answers that are due are not those in their queue")
	}
	if m := r.recent; m != nil && r.messages[m.key] != m {
		return fmt.Errorf("recent is not there any more")
	}
	return nil
}

func (m *message) checkInvariants(limits *Limits) error {
	if m.fate != partial {
		if m.refusal == nil {
			return fmt.Errorf("fate %d without a refusal", m.fate)
		}
		if m.data != nil || m.seen != nil || m.room != 0 {
			return fmt.Errorf("aborted, but holds %d + %d bytes, room %d", len(m.data), len(m.seen), m.room)
		}
		return nil
	}
	count := 0
	for _, b := range m.seen {
		count += bits.OnesCount8(b)
	}
	room := int(m.room)
	switch {
	case m.count != count || m.count > 0 && m.size == 0:
		return fmt.Errorf("%d parts of size %d, counted %d", count, m.size, m.count)
	case m.count == 0 && m.end == 0:
		return fmt.Errorf("empty")
	case m.size == 0 && room != 0 || m.size != 0 && room%m.size != 0:
		return fmt.Errorf("room %d with size %d", room, m.size)
	case m.parts()*m.size > room && m.end == 0, room > len(m.data), m.end > len(m.data), m.end > limits.MaxMessage:
		return fmt.Errorf("%d parts of %d bytes, room %d, end %d, %d bytes", m.parts(), m.size, room, m.end, len(m.data))
	case m.end != 0 && (m.last > m.end || room > m.last || m.parts()*m.size > m.last):
		return fmt.Errorf("%d parts of %d bytes, room %d, last %d..%d", m.parts(), m.size, room, m.last, m.end)
	case m.size != 0 && room/m.size > min(8*len(m.seen), limits.MaxParts-1):
		return fmt.Errorf("room for %d parts, %d bytes of bits, limit %d", room/m.size, len(m.seen), limits.MaxParts)
	case m.deadline > 1<<62 || m.deadline <= time.Duration(0):
		return fmt.Errorf("expires at %v", m.deadline)
	}
	return nil
}

// Lent returns the memory that messages hold.
func (r *Reassembler) Lent() int { return r.memory.lent }

// CheckInvariants and Lent are those of the Reassembler inside.
func (r *Receiver) CheckInvariants() error { return r.parts.CheckInvariants() }
func (r *Receiver) Lent() int              { return r.parts.Lent() }

// TestWake checks that parts take the short way again after something expired.
func TestWake(t *testing.T) {
	r, err := NewReassembler(DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for id, now := range []time.Duration{0, 10 * time.Second, time.Minute} {
		if _, _, err := r.Push(now, Key{ID: uint16(id)}, Part{Data: []byte("a"), More: true}); err != nil {
			t.Fatal(err)
		}
		if r.wake <= now {
			t.Errorf("at %v wake is %v", now, r.wake)
		}
	}
}
