package frag

import "fmt"

// bitmapBits is how many parts after the first gap an Ack tells of.
const bitmapBits = 64

// Status says what became of a message (SPEC.md, section 5: PubackStatus).
type Status uint8

// The statuses of this version.
const (
	StatusComplete Status = 0   // all arrived and somebody has taken responsibility
	StatusPartial  Status = 1   // parts are missing, or nobody has taken responsibility yet
	StatusBusy     Status = 2   // no room now
	StatusRestart  Status = 3   // what arrived was given up: begin again with the part at offset 0
	StatusTooLarge Status = 128 // longer, or in more parts, than the receiver takes
	StatusRefused  Status = 129 // malformed, or its id is not acceptable any more
)

// Final reports whether the message is lost for good. It also holds for statuses of later versions.
func (s Status) Final() bool { return s >= StatusTooLarge }

func (s Status) String() string {
	switch s {
	case StatusComplete:
		return "complete"
	case StatusPartial:
		return "partial"
	case StatusBusy:
		return "busy"
	case StatusRestart:
		return "restart"
	case StatusTooLarge:
		return "too large"
	case StatusRefused:
		return "refused"
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Ack is what a receiver tells the sender of a message: what one PUBACK carries. Of a message that is complete or
// partial:
//
//	part      0 1 2 3 4 5 6 7 8
//	here      x x x - x - x - -      received: 3 parts; bitmap: 1 0 1 0 0, from part 4 on
type Ack struct {
	Status   Status
	Received uint32 // bytes from the start without a gap
	Bitmap   uint64 // bit i: the part i+1 after the first that is missing is here; 0 while the parts' size is unknown
}

// StatusError is a receiver's final word on a message.
type StatusError struct{ Status Status }

func (e StatusError) Error() string {
	switch e.Status {
	case StatusTooLarge:
		return "frag: the message is larger than the receiver takes; send less at a time"
	case StatusRefused:
		return "frag: the receiver refused the message; it is malformed, or its id is too old: send another under a new id"
	}
	return fmt.Sprintf("frag: the receiver gave the message up with %v; a later version may say why", e.Status)
}
