package radio

import "github.com/esp-now-network/esp-now-network/espnow/link"

// QueueLen is how many received frames wait for the program, as behind the callback of ESP-NOW.
const QueueLen = 32

// Queue holds received frames, the oldest first. It is a ring whose places keep their memory. The zero Queue is empty. It is
// not safe for concurrent use.
type Queue struct {
	places [QueueLen]link.Frame
	head   int
	length int
	taken  []byte // Body of the frame that Pop returned last
}

// Push queues a copy of a frame, or reports that there is no room.
func (q *Queue) Push(f link.Frame) bool {
	if q.length == QueueLen {
		return false
	}
	place := &q.places[(q.head+q.length)%QueueLen]
	f.Body = append(place.Body[:0], f.Body...)
	*place = f
	q.length++
	return true
}

// Pop removes the oldest frame; false: there is none. The frame is valid until the next Pop: its memory changes places with
// that of the one before.
func (q *Queue) Pop() (link.Frame, bool) {
	if q.length == 0 {
		return link.Frame{}, false
	}
	f := q.places[q.head]
	q.places[q.head].Body, q.taken = q.taken, f.Body
	q.head = (q.head + 1) % QueueLen
	q.length--
	return f, true
}

// Len returns how many frames wait.
func (q *Queue) Len() int { return q.length }

// Clear drops the frames that wait.
func (q *Queue) Clear() { q.head, q.length = 0, 0 }
