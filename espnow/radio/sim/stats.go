package sim

// Stats counts frames. A station's count what it sent and what was meant for it; a medium's are the sums over all
// stations that were ever on it.
//
// For every frame and each station that it was for, once it has ended and while that station stays:
// Delivered + Lost + TooLong = frames + Duplicated.
type Stats struct {
	// As the sender.
	Sent           uint64 `json:"sent"`           // frames, each once however often it was repeated
	Retries        uint64 `json:"retries"`        // attempts after the first, unicast only
	Unacknowledged uint64 `json:"unacknowledged"` // unicast frames without an acknowledgement after all retries

	// As the receiver.
	Delivered  uint64 `json:"delivered"`  // deliveries, the second of a duplicate included
	Lost       uint64 `json:"lost"`       // frames of which no copy arrived, whatever the number of attempts
	TooLong    uint64 `json:"tooLong"`    // frames that arrived but are longer than the station's version hears
	Duplicated uint64 `json:"duplicated"` // copies delivered twice
	Reordered  uint64 `json:"reordered"`  // deliveries held back
	Dropped    uint64 `json:"dropped"`    // of the delivered: frames that found the queue full (Air only)
}

func (s *Stats) add(o Stats) {
	s.Sent += o.Sent
	s.Retries += o.Retries
	s.Unacknowledged += o.Unacknowledged
	s.Delivered += o.Delivered
	s.Lost += o.Lost
	s.TooLong += o.TooLong
	s.Duplicated += o.Duplicated
	s.Reordered += o.Reordered
	s.Dropped += o.Dropped
}
