package frag

// queue holds messages in an order. A message can be in one queue of each kind.
type queue struct {
	kind        queueKind
	first, last *message
}

type queueKind int

const (
	byDeadline queueKind = iota // of expiry
	byAnswer                    // when their last answer is repeated
	queueKinds
)

// links are a message's neighbours in a queue.
type links struct{ previous, next *message }

func (q *queue) push(m *message) {
	m.links[q.kind] = links{previous: q.last}
	if q.last == nil {
		q.first = m
	} else {
		q.last.links[q.kind].next = m
	}
	q.last = m
}

func (q *queue) remove(m *message) {
	l := m.links[q.kind]
	if l.previous == nil {
		q.first = l.next
	} else {
		l.previous.links[q.kind].next = l.next
	}
	if l.next == nil {
		q.last = l.previous
	} else {
		l.next.links[q.kind].previous = l.previous
	}
}
