package frag

import "errors"

// Stats are the counters of a [Reassembler] or [Receiver]. The first four say how things are now, the others count from
// the start.
type Stats struct {
	Partial   int // messages of which parts are missing
	Aborted   int // messages that were given up and are remembered
	Delivered int // messages of a Receiver that wait for Accept or Refuse
	Bytes     int // memory of buffers, those kept for reuse included

	Completed  uint64 // messages
	Duplicates uint64 // parts that were here already, with the same bytes
	Expired    uint64 // messages without a part for the Timeout
	Repeated   uint64 // answers of a Receiver, unasked
	Superseded uint64 // messages that a Receiver gave up for others of their senders
	Forgotten  uint64 // messages dropped by Forget

	// Parts refused, by error.
	TooLarge     uint64
	TooManyParts uint64
	EmptyPart    uint64
	Offset       uint64
	Mismatch     uint64
	AfterAbort   uint64
	AfterExpiry  uint64 // of a Receiver
	Full         uint64
	Share        uint64
}

func (s *Stats) count(err error) {
	switch {
	case errors.Is(err, errDelivered):
		s.Duplicates++
	case errors.Is(err, ErrExpired):
		s.AfterExpiry++
	case errors.Is(err, ErrAborted): // before its reasons
		s.AfterAbort++
	case errors.Is(err, ErrShare): // before ErrFull
		s.Share++
	case errors.Is(err, ErrFull):
		s.Full++
	case errors.Is(err, ErrTooLarge):
		s.TooLarge++
	case errors.Is(err, ErrTooManyParts):
		s.TooManyParts++
	case errors.Is(err, ErrEmptyPart):
		s.EmptyPart++
	case errors.Is(err, ErrOffset):
		s.Offset++
	case errors.Is(err, ErrMismatch):
		s.Mismatch++
	}
}
