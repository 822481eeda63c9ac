package sim

import "time"

// event is something that will happen at a moment of virtual time: an attempt ends (to is nil, done is false), a copy
// is delivered to a station, or the sender learns the outcome (done).
type event struct {
	at    time.Duration
	order uint64 // of scheduling: breaks ties, so that the order of events is total
	tx    *transmission
	to    *Station
	rssi  int8
	done  bool
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.order < o.order
}

// queue is a binary heap of events, the next one first. Not container/heap, which allocates for every event.
type queue []event

func (q *queue) push(e event) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(&h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop removes the next event; q is not empty.
func (q *queue) pop() event {
	h := *q
	last := len(h) - 1
	first := h[0]
	h[0], h[last] = h[last], event{}
	h = h[:last]
	*q = h
	for i := 0; ; {
		next := 2*i + 1
		if next >= len(h) {
			return first
		}
		if right := next + 1; right < len(h) && h[right].before(&h[next]) {
			next = right
		}
		if !h[next].before(&h[i]) {
			return first
		}
		h[i], h[next] = h[next], h[i]
		i = next
	}
}
