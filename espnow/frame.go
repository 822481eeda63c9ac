package espnow

import (
	"errors"
	"iter"
)

// Packets walks a frame and decodes its packets. For each it yields the packet, or the error that it is dropped for, and
// the walk goes on; where the frame itself goes wrong, that error comes last. The errors are of type [*PacketError].
//
// A packet is valid until the loop goes on, and views the frame.
func Packets(frame []byte) iter.Seq2[Packet, error] {
	return func(yield func(Packet, error) bool) {
		var d Decoder
		w := Walk(frame)
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			p, err := d.Decode(raw)
			if err != nil {
				err = &PacketError{int(raw.Offset), err}
			}
			if !yield(p, err) {
				return
			}
		}
		if err := w.Err(); err != nil {
			yield(nil, &PacketError{w.Offset(), err})
		}
	}
}

// PacketError is the error of one packet of a frame, or of what follows the last one.
type PacketError struct {
	Offset int // in the frame, of the packet's first byte
	Err    error
}

// Error returns the cause; the offset is the caller's to print.
func (e *PacketError) Error() string { return e.Err.Error() }

// Unwrap returns the cause, an [Error].
func (e *PacketError) Unwrap() error { return e.Err }

// Reason returns the reason under which a packet is counted that was dropped with err: that of the codec's [Error] in it,
// and 0 where there is none.
func Reason(err error) DropReason {
	var e Error
	if errors.As(err, &e) && e <= ErrOverrun {
		return DropReason(e)
	}
	return 0
}
