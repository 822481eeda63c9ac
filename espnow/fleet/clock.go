package fleet

import "time"

// timer is something that happens at a moment of virtual time, once, unless it is set again.
type timer struct {
	do    func()
	at    time.Duration
	order uint64 // of setting: breaks ties, so that the order of events is total
	place int    // in the heap, plus 1; 0: not set
}

func (t *timer) before(o *timer) bool {
	return t.at < o.at || t.at == o.at && t.order < o.order
}

// clock is the one virtual clock of a fleet, and the heap of what is to happen. A timer that is set again moves in it.
type clock struct {
	now    time.Duration
	orders uint64
	heap   []*timer
}

// set makes t happen at a time, and no sooner than now.
func (c *clock) set(t *timer, at time.Duration) {
	at = max(at, c.now)
	if t.place > 0 && t.at == at {
		return
	}
	c.orders++
	t.at, t.order = at, c.orders
	if t.place == 0 {
		c.heap = append(c.heap, t)
		t.place = len(c.heap)
	}
	c.up(t.place - 1)
	c.down(t.place - 1)
}

// stop makes t not happen.
func (c *clock) stop(t *timer) {
	if t.place == 0 {
		return
	}
	at, last := t.place-1, len(c.heap)-1
	c.swap(at, last)
	c.heap[last] = nil
	c.heap = c.heap[:last]
	t.place = 0
	if at < last {
		c.up(at)
		c.down(at)
	}
}

// next tells when the first timer happens.
func (c *clock) next() (time.Duration, bool) {
	if len(c.heap) == 0 {
		return 0, false
	}
	return c.heap[0].at, true
}

// happen lets the first timer happen; there is one.
func (c *clock) happen() {
	t := c.heap[0]
	c.stop(t)
	c.now = max(c.now, t.at)
	t.do()
}

func (c *clock) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !c.heap[i].before(c.heap[parent]) {
			return
		}
		c.swap(i, parent)
		i = parent
	}
}

func (c *clock) down(i int) {
	for {
		next := 2*i + 1
		if next >= len(c.heap) {
			return
		}
		if right := next + 1; right < len(c.heap) && c.heap[right].before(c.heap[next]) {
			next = right
		}
		if !c.heap[next].before(c.heap[i]) {
			return
		}
		c.swap(i, next)
		i = next
	}
}

func (c *clock) swap(i, j int) {
	h := c.heap
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}
