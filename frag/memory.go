package frag

import "math/bits"

// Buffers come in sizes of minBuffer times a power of two, so that those given back fit whoever comes next, and so
// that what a message is charged follows from its parts alone. The largest holds MaxMessage.
const (
	minBufferBits = 6
	minBuffer     = 1 << minBufferBits // bytes
	bufferSizes   = 28 - minBufferBits + 1
)

// sizeClass returns which of the buffer sizes is the least that holds n bytes, 1..MaxMessage+1.
func sizeClass(n int) int { return max(bits.Len(uint(n-1)), minBufferBits) - minBufferBits }

// bufferSize returns the capacity of the buffer that holds n bytes; none is needed for 0.
func bufferSize(n int) int {
	if n == 0 {
		return 0
	}
	return minBuffer << sizeClass(n)
}

// memory lends buffers and keeps those given back for reuse, all within a limit.
type memory struct {
	limit int // bytes
	lent  int // bytes of buffers in use
	kept  int // bytes of buffers kept for reuse
	free  [bufferSizes][][]byte
}

// room returns how many more bytes of buffers can be lent.
func (m *memory) room() int { return m.limit - m.lent }

// lend returns a buffer of size bytes, one of the buffer sizes that there is room for, with any content.
func (m *memory) lend(size int) []byte {
	m.lent += size
	if buffer := pop(&m.free[sizeClass(size)]); buffer != nil {
		m.kept -= size
		return buffer
	}
	m.shrink(m.limit - m.lent)
	return make([]byte, size)
}

// shrink drops buffers, the largest first, until those kept are within limit bytes.
func (m *memory) shrink(limit int) {
	for class := bufferSizes - 1; m.kept > limit; class-- {
		for m.kept > limit && pop(&m.free[class]) != nil {
			m.kept -= minBuffer << class
		}
	}
}

// giveBack takes a lent buffer back. Its content stays as it is until the next lend.
func (m *memory) giveBack(buffer []byte) {
	if len(buffer) == 0 {
		return
	}
	class := sizeClass(len(buffer))
	m.free[class] = append(m.free[class], buffer)
	m.lent -= len(buffer)
	m.kept += len(buffer)
}

// pop takes the top off a stack, and leaves no reference to it; it returns the zero value if there is none.
func pop[T any](stack *[]T) (top T) {
	if last := len(*stack) - 1; last >= 0 {
		top = (*stack)[last]
		clear((*stack)[last:])
		*stack = (*stack)[:last]
	}
	return top
}
