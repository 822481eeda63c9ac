package link

// idWindow tells which message ids of one sender are done with: somebody has taken responsibility, or nobody ever will
// (SPEC.md, section 5). Ids count modulo 2^16. The zero window knows none.
type idWindow struct {
	any     bool
	newest  uint16
	done    uint64 // bit i: newest - i is
	refused uint64 // those of them that nobody takes
}

type idState uint8

const (
	idNew     idState = 0 // not done with
	idDone    idState = 1
	idOld     idState = 2 // fallen behind the window: nobody can tell any more
	idRefused idState = 3
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
	case w.refused>>age&1 != 0:
		return idRefused
	case w.done>>age&1 != 0:
		return idDone
	}
	return idNew
}

// mark notes that somebody has taken responsibility for a message. One that is old stays so.
func (w *idWindow) mark(id uint16) {
	bit := w.bit(id)
	w.done |= bit
}

// refuse notes that nobody ever takes a message. One that is old stays so.
func (w *idWindow) refuse(id uint16) {
	bit := w.bit(id)
	w.done |= bit
	w.refused |= bit
}

// bit moves the window up to an id, if it is newer, and returns its bit; 0: it is old.
func (w *idWindow) bit(id uint16) uint64 {
	ahead := int16(id - w.newest)
	switch {
	case !w.any:
		w.any, w.newest = true, id
	case ahead > 0:
		w.newest = id
		w.done <<= ahead // a shift by 64 or more leaves 0
		w.refused <<= ahead
	}
	return 1 << (w.newest - id) // likewise
}
