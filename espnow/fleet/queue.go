package fleet

import "github.com/esp-now-network/esp-now-network/espnow/link"

// queueLen is how many frames wait for a machine, as behind the callback of ESP-NOW.
const queueLen = 32

// frameQueue is a ring of received frames. Its slots keep their memory.
type frameQueue struct {
	slots  [queueLen]link.Frame
	head   int
	length int
	taken  []byte // Body of the frame that pop returned last
}

func (q *frameQueue) clear() { q.head, q.length = 0, 0 }

// push queues a copy of a frame, or drops it.
func (q *frameQueue) push(f link.Frame) bool {
	if q.length == queueLen {
		return false
	}
	slot := &q.slots[(q.head+q.length)%queueLen]
	f.Body = append(slot.Body[:0], f.Body...)
	*slot = f
	q.length++
	return true
}

// pop removes the oldest frame; it is valid until the next pop.
func (q *frameQueue) pop() (link.Frame, bool) {
	if q.length == 0 {
		return link.Frame{}, false
	}
	f := q.slots[q.head]
	q.slots[q.head].Body, q.taken = q.taken, f.Body
	q.head = (q.head + 1) % queueLen
	q.length--
	return f, true
}
