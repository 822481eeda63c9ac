package sim

import "time"

// Stats counts frames. A station's count what it sent and what was meant for it; a medium's are the sums over all
// stations that were ever on it.
//
// For every frame and each station that it was for and that could hear it, once it has ended and while that station stays:
// Delivered + Lost + TooLong = frames + Duplicated.
type Stats struct {
	// As the sender.
	Sent           uint64        `json:"sent"`           // frames, each once however often it was repeated
	Retries        uint64        `json:"retries"`        // attempts after the first, unicast only
	Unacknowledged uint64        `json:"unacknowledged"` // unicast frames without an acknowledgement after all retries
	Unheard        uint64        `json:"unheard"`        // of those: frames whose station was off, out of range, cut off or on another channel
	NoMemory       uint64        `json:"noMemory"`       // frames that the radio refused
	LostCallbacks  uint64        `json:"lostCallbacks"`  // frames whose end nobody was told
	Injected       uint64        `json:"injected"`       // frames that no station sent: a medium's only, and all that it counts of their sender
	Airtime        time.Duration `json:"airtime"`        // that its frames took, all attempts and their acknowledgements

	// As the receiver.
	Delivered  uint64 `json:"delivered"`  // deliveries, the second of a duplicate included
	Lost       uint64 `json:"lost"`       // frames of which no copy arrived, whatever the number of attempts
	TooLong    uint64 `json:"tooLong"`    // frames that arrived but are longer than the station's version hears
	Duplicated uint64 `json:"duplicated"` // copies delivered twice
	Corrupted  uint64 `json:"corrupted"`  // of the delivered: with bits flipped
	Overheard  uint64 `json:"overheard"`  // of the delivered: from another channel
	Reordered  uint64 `json:"reordered"`  // deliveries held back
	Dropped    uint64 `json:"dropped"`    // of the delivered: frames that found the queue full (Air only)
}

func (s *Stats) add(o Stats) {
	s.Sent += o.Sent
	s.Retries += o.Retries
	s.Unacknowledged += o.Unacknowledged
	s.Unheard += o.Unheard
	s.NoMemory += o.NoMemory
	s.LostCallbacks += o.LostCallbacks
	s.Injected += o.Injected
	s.Airtime += o.Airtime
	s.Corrupted += o.Corrupted
	s.Overheard += o.Overheard
	s.Delivered += o.Delivered
	s.Lost += o.Lost
	s.TooLong += o.TooLong
	s.Duplicated += o.Duplicated
	s.Reordered += o.Reordered
	s.Dropped += o.Dropped
}
