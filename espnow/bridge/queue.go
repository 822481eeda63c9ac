package bridge

// queue holds the messages that wait to be sent, oldest first. Those that were promised to nobody are never more, nor of
// more bytes, than it may hold; the others have a place in the limits of the gateway that gave them.
type queue struct {
	expendable fifo
	promised   fifo // their nodes wait to hear that somebody has taken responsibility
	pushed     uint64
	bytes      int // of the expendable
	maxLen     int
	maxBytes   int
}

// fifo has the oldest message first.
type fifo []*message

func (f *fifo) pop() *message {
	m := (*f)[0]
	(*f)[0] = nil
	*f = (*f)[1:]
	return m
}

func newQueue(size, maxBytes int) queue { return queue{maxLen: size, maxBytes: maxBytes} }

func (q *queue) len() int { return len(q.expendable) + len(q.promised) }

// fits reports whether m may be pushed now.
func (q *queue) fits(m *message) bool {
	return m.promised() || len(q.expendable) < q.maxLen && m.size() <= q.maxBytes-q.bytes
}

// push makes m, which fits, the newest.
func (q *queue) push(m *message) {
	m.order = q.pushed
	q.pushed++
	if m.promised() {
		q.promised = append(q.promised, m)
		return
	}
	q.expendable = append(q.expendable, m)
	q.bytes += m.size()
}

// pop takes the oldest of a queue that is not empty.
func (q *queue) pop() *message {
	if len(q.expendable) == 0 || len(q.promised) > 0 && q.promised[0].order < q.expendable[0].order {
		return q.promised.pop()
	}
	return q.sacrifice()
}

// sacrifice takes the oldest of those that may be dropped, of which there is one.
func (q *queue) sacrifice() *message {
	m := q.expendable.pop()
	q.bytes -= m.size()
	return m
}
