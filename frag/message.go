package frag

import (
	"math/bits"
	"time"
)

// message is one that is under way or was aborted. While it is partial:
//
//   - the parts with More are all of size bytes, seen has a bit for each that is here, and count is how many those are;
//   - the last part, if it is here, is data[last:end], and no other ends behind last;
//   - data has room for every byte that is here, at its offset;
//   - a part of size bytes with More that begins before room breaks no rule and needs no growth, its offset aside.
type message struct {
	key      Key
	sender   *sender
	position int           // in sender.messages
	deadline time.Duration // it expires then unless a part comes
	refusal  error         // what further parts get, if it was aborted
	mark     bool          // that of the part at offset 0

	size  int // 0: unknown
	count int
	room  uint32
	last  int
	end   int    // 0: the last part is not here (one at offset 0 would be the whole message)
	data  []byte // buffers of the memory
	seen  []byte

	previous, next *message // in the queue of its kind
}

// check tells the number of a part in its message, from 0, or what rule it breaks. The number of a last part is 0 while
// the size is unknown.
func (m *message) check(limits *Limits, part *Part) (index int, err error) {
	n := len(part.Data)
	if n > limits.MaxMessage || part.Offset > uint32(limits.MaxMessage-n) {
		return 0, ErrTooLarge
	}
	start := int(part.Offset)
	if part.More {
		if n == 0 {
			return 0, ErrEmptyPart
		}
		index = int(part.Offset / uint32(n))
		if index*n != start {
			return 0, ErrOffset
		}
		if index+2 > limits.MaxParts { // the last part comes after this one
			return 0, ErrTooManyParts
		}
		switch {
		case m.size == n:
		case m.size != 0:
			return 0, ErrMismatch
		case m.end != 0: // The last part was first; now that the size is known, it must fit.
			switch {
			case m.last%n != 0:
				return 0, ErrOffset
			case m.end-m.last > n:
				return 0, ErrMismatch
			case m.last/n+1 > limits.MaxParts:
				return 0, ErrTooManyParts
			}
		}
		if m.end != 0 && start+n > m.last {
			return 0, ErrMismatch
		}
		return index, nil
	}
	if m.end != 0 && (start != m.last || n != m.end-m.last) {
		return 0, ErrMismatch
	}
	if m.size != 0 {
		index = start / m.size
		switch {
		case index*m.size != start:
			return 0, ErrOffset
		case n > m.size || m.end == 0 && index < m.parts():
			return 0, ErrMismatch
		}
	}
	if index+1 > limits.MaxParts || limits.MaxParts == 1 {
		return 0, ErrTooManyParts
	}
	return index, nil
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
