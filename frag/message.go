package frag

import (
	"math/bits"
	"time"
)

// message is one that is under way or remembered. While it is partial:
//
//   - the parts with More are all of size bytes, seen has a bit for each that is here, and count is how many those are;
//   - the last part, if it is here, is data[last:end], and no other ends behind last;
//   - data has room for every byte that is here, at its offset;
//   - a part of size bytes with More that begins before room breaks no rule and needs no growth, except that its offset
//     may not be a multiple of size.
type message struct {
	key      Key
	sender   *sender
	position int           // in sender.messages
	deadline time.Duration // it expires then unless a part comes
	fate     fate
	refusal  error // what further parts get, unless it is partial
	mark     bool  // that of the part at offset 0
	asked    bool  // a part asked for an answer

	size  int // 0: unknown
	count int
	first int // how many are here before the first gap, at least
	room  uint32
	last  int
	end   int    // 0: the last part is not here (one at offset 0 would be the whole message)
	data  []byte // buffers of the memory
	seen  []byte

	answerAt time.Duration // its last answer is repeated then, unless a part comes; 0: it is not
	links    [queueKinds]links
}

// fate is what became of a message.
type fate uint8

const (
	partial   fate = iota
	delivered      // and nobody has accepted or refused it yet
	expired        // parts are refused until the message begins again
	aborted        // parts are refused
)

// check tells which rule of SPEC.md, section 5, or which limit a part breaks. It must not be a whole message: as the
// last one its offset is not 0.
func (m *message) check(limits *Limits, part Part) error {
	n := len(part.Data)
	if n > limits.MaxMessage || part.Offset > uint32(limits.MaxMessage-n) {
		return ErrTooLarge
	}
	if part.More {
		return m.checkMore(limits, int(part.Offset), n)
	}
	return m.checkLast(limits, int(part.Offset), n)
}

func (m *message) checkMore(limits *Limits, start, n int) error {
	switch {
	case n == 0:
		return ErrEmptyPart
	case start%n != 0:
		return ErrOffset
	case m.size != 0 && n != m.size:
		return ErrMismatch
	case m.end != 0 && m.last%n != 0: // the last part came first: only now can it be judged
		return ErrOffset
	case m.end != 0 && (m.end-m.last > n || start+n > m.last):
		return ErrMismatch
	case max(start+n, m.last)/n >= limits.MaxParts: // so many come before the last
		return ErrTooManyParts
	}
	return nil
}

func (m *message) checkLast(limits *Limits, start, n int) error {
	switch {
	case m.end != 0 && (start != m.last || n != m.end-m.last):
		return ErrMismatch
	case m.size == 0 && limits.MaxParts == 1:
		return ErrTooManyParts
	case m.size == 0 || m.end != 0:
		return nil
	case start%m.size != 0:
		return ErrOffset
	case n > m.size || start/m.size < m.parts():
		return ErrMismatch
	case start/m.size >= limits.MaxParts:
		return ErrTooManyParts
	}
	return nil
}

// needs tells for how many bytes, and for how many parts before the last, m must have room to take a part that passed
// check.
func (m *message) needs(part Part) (n, parts int) {
	end := int(part.Offset) + len(part.Data)
	switch {
	case part.More: // if the end is known, there is room for all bytes, and now for all bits
		return end, max(end, m.last) / len(part.Data)
	case m.size != 0:
		return end, int(part.Offset) / m.size
	}
	return end, 0
}

// parts returns the number after the highest of the parts that are here and not last.
func (m *message) parts() int {
	for i := len(m.seen) - 1; i >= 0; i-- {
		if m.seen[i] != 0 {
			return 8*i + bits.Len8(m.seen[i])
		}
	}
	return 0
}

// progress tells the sender what is here.
func (m *message) progress() Ack {
	if m.fate == delivered {
		return Ack{Status: StatusPartial, Received: uint32(m.end)}
	}
	for m.has(m.first) {
		m.first++
	}
	ack := Ack{Status: StatusPartial, Received: uint32(m.first * m.size)}
	if m.size == 0 {
		return ack
	}
	for i := range bitmapBits {
		if m.has(m.first + 1 + i) {
			ack.Bitmap |= 1 << i
		}
	}
	if i := m.last/m.size - m.first - 1; m.end != 0 && i < bitmapBits {
		ack.Bitmap |= 1 << i
	}
	return ack
}

// copyParts copies the parts that are here and not last to their places in another buffer.
func (m *message) copyParts(buffer []byte) {
	for part, found := 0, 0; found < m.count; part++ {
		first := part
		for m.has(part) {
			part++
		}
		copy(buffer[first*m.size:], m.data[first*m.size:part*m.size])
		found += part - first
	}
}

// has reports whether a part that is not last is here.
func (m *message) has(part int) bool {
	return part>>3 < len(m.seen) && m.seen[part>>3]&(1<<(part&7)) != 0
}

// bitmapSize returns how many bytes hold n bits.
func bitmapSize(n int) int { return (n + 7) / 8 }
