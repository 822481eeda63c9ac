package frag

// Stats are the counters of a [Reassembler]. The first three say how things are now, the others count from the start.
type Stats struct {
	Partial int // messages of which parts are missing
	Aborted int // messages that were given up and are remembered
	Bytes   int // memory of buffers, those kept for reuse included

	Completed    uint64 // messages
	Duplicates   uint64 // parts that were here already, with the same bytes
	Expired      uint64 // messages without a part for the Timeout
	Forgotten    uint64 // messages dropped by Forget
	TooLarge     uint64 // parts refused, by error
	TooManyParts uint64
	EmptyPart    uint64
	Offset       uint64
	Mismatch     uint64
	AfterAbort   uint64
	Full         uint64
	Share        uint64
}

func (s *Stats) count(err error) {
	switch err {
	case ErrTooLarge:
		s.TooLarge++
	case ErrTooManyParts:
		s.TooManyParts++
	case ErrEmptyPart:
		s.EmptyPart++
	case ErrOffset:
		s.Offset++
	case ErrMismatch:
		s.Mismatch++
	case ErrAborted:
		s.AfterAbort++
	case ErrFull:
		s.Full++
	case ErrShare:
		s.Share++
	}
}
