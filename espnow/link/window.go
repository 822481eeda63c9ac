package link

// windowSize is how far behind the newest packet another may arrive.
const windowSize = 64

// window tells which counters of one key were seen: the idea of RFC 6479 in one word. The zero window has seen none.
type window struct {
	next uint64 // the highest counter seen, plus 1; 0: none was
	seen uint64 // bit i: next - 1 - i was seen
}

// fresh reports whether a counter is neither seen nor older than the window.
func (w *window) fresh(counter uint32) bool {
	c := uint64(counter)
	if c >= w.next {
		return true
	}
	age := w.next - 1 - c
	return age < windowSize && w.seen>>age&1 == 0
}

// mark notes a fresh counter.
func (w *window) mark(counter uint32) {
	if c := uint64(counter); c >= w.next {
		w.seen = w.seen<<(c+1-w.next) | 1 // a shift by 64 or more leaves 0
		w.next = c + 1
	} else {
		w.seen |= 1 << (w.next - 1 - c)
	}
}
