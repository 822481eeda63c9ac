package bridge

// queue holds the messages that wait to be sent, oldest first, and never more of them or of their bytes than it may.
type queue struct {
	ring     []*message
	head     int // the oldest
	len      int
	bytes    int
	maxBytes int
}

func newQueue(size, maxBytes int) queue {
	return queue{ring: make([]*message, size), maxBytes: maxBytes}
}

// fits reports whether m may be pushed now.
func (q *queue) fits(m *message) bool {
	return q.len < len(q.ring) && m.size() <= q.maxBytes-q.bytes
}

// push makes m, which fits, the newest.
func (q *queue) push(m *message) {
	q.ring[(q.head+q.len)%len(q.ring)] = m
	q.len++
	q.bytes += m.size()
}

// pop takes the oldest of a queue that is not empty.
func (q *queue) pop() *message {
	m := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.len--
	q.bytes -= m.size()
	return m
}
