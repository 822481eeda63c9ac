package frag

// queue holds messages in the order in which they expire.
type queue struct{ first, last *message }

func (q *queue) push(m *message) {
	m.previous, m.next = q.last, nil
	if q.last == nil {
		q.first = m
	} else {
		q.last.next = m
	}
	q.last = m
}

func (q *queue) remove(m *message) {
	if m.previous == nil {
		q.first = m.next
	} else {
		m.previous.next = m.next
	}
	if m.next == nil {
		q.last = m.previous
	} else {
		m.next.previous = m.previous
	}
}
