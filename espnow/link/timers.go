package link

import "time"

// timers holds the peers that wait for time to pass, the first to be due at the top: a binary heap. Of those with one time
// the least address is first. A peer's time may be earlier than it needs to be, never later, so that hearing of it again,
// which puts it off, costs nothing.
type timers []*peer

// next returns the earliest time; false: nobody waits.
func (t *timers) next() (time.Duration, bool) {
	if len(*t) == 0 {
		return 0, false
	}
	return (*t)[0].at, true
}

// pop takes out the first peer that is due.
func (t *timers) pop(now time.Duration) (*peer, bool) {
	if len(*t) == 0 || (*t)[0].at > now {
		return nil, false
	}
	p := (*t)[0]
	t.remove(p)
	return p, true
}

// set has a peer wait until a time at the latest.
func (t *timers) set(p *peer, at time.Duration) {
	switch {
	case p.timer == 0:
		*t = append(*t, p)
		p.timer = len(*t)
	case at >= p.at:
		return
	}
	p.at = at
	t.up(p.timer - 1)
}

// remove takes a peer out, if it is there.
func (t *timers) remove(p *peer) {
	if p.timer == 0 {
		return
	}
	i, last := p.timer-1, len(*t)-1
	t.swap(i, last)
	(*t)[last] = nil
	*t = (*t)[:last]
	p.timer = 0
	if i < last {
		t.down(i)
		t.up(i)
	}
}

func (t *timers) up(i int) {
	for i > 0 && t.before(i, (i-1)/2) {
		t.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (t *timers) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(*t); child++ {
			if t.before(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		t.swap(i, least)
		i = least
	}
}

func (t *timers) before(i, j int) bool {
	p, q := (*t)[i], (*t)[j]
	return p.at < q.at || p.at == q.at && p.addr.Compare(q.addr) < 0
}

func (t *timers) swap(i, j int) {
	(*t)[i], (*t)[j] = (*t)[j], (*t)[i]
	(*t)[i].timer, (*t)[j].timer = i+1, j+1
}
