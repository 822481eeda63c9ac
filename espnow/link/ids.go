package link

// idWindow tells which message ids of one sender are done with: delivered, and somebody has taken responsibility (SPEC.md,
// section 5). Ids count modulo 2^16. The zero window knows none.
type idWindow struct {
	any    bool
	newest uint16
	done   uint64 // bit i: newest - i is
}

type idState uint8

const (
	idNew  idState = 0 // not done with
	idDone idState = 1
	idOld  idState = 2 // fallen behind the window: nobody can tell any more
)

// of returns the state of an id. One that is up to 32,767 ahead of the newest is new.
func (w *idWindow) of(id uint16) idState {
	if !w.any || int16(id-w.newest) > 0 {
		return idNew
	}
	age := w.newest - id
	switch {
	case age >= windowSize:
		return idOld
	case w.done>>age&1 != 0:
		return idDone
	}
	return idNew
}

// mark notes that a message is done with. One that is old stays so.
func (w *idWindow) mark(id uint16) {
	if !w.any {
		w.any, w.newest, w.done = true, id, 1
		return
	}
	if ahead := int16(id - w.newest); ahead > 0 {
		w.done = w.done<<ahead | 1 // a shift by 64 or more leaves 0
		w.newest = id
		return
	}
	if age := w.newest - id; age < windowSize {
		w.done |= 1 << age
	}
}
