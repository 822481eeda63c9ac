package frag

// MaxMessage is the length in bytes of the longest message there is: what MQTT can carry, 2^28 - 1.
const MaxMessage = 1<<28 - 1

// Part is one piece of a message: what one PUBLISH carries. Its fields stand in this order because the compiler keeps a
// struct in registers if it has at most four fields and words; Push takes twice the time otherwise.
type Part struct {
	Offset uint32 // where in the message Data stands, in bytes
	More   bool   // more parts follow: this is not the last
	Mark   bool   // any word of the sender's: that of the part at offset 0 comes back with the message
	Data   []byte
}

// Splitter cuts one message into parts, from the first to the last.
type Splitter struct {
	message []byte
	size    int
	offset  int
	done    bool
}

// Split begins to cut message into parts of size bytes, the last of which may be shorter. A message of 0 bytes is one
// part of 0 bytes. It fails with [ErrPartSize] if size is less than 1 and with [ErrTooLarge] if message is longer than
// [MaxMessage].
func Split(message []byte, size int) (Splitter, error) {
	if size < 1 {
		return Splitter{}, ErrPartSize
	}
	if len(message) > MaxMessage {
		return Splitter{}, ErrTooLarge
	}
	return Splitter{message: message, size: size}, nil
}

// Next returns the next part, and false when there is none left. The part's Data is a view into the message.
func (s *Splitter) Next() (Part, bool) {
	if s.done {
		return Part{}, false
	}
	start, end := s.offset, len(s.message)
	more := end-start > s.size
	if more {
		end = start + s.size
	}
	s.offset, s.done = end, !more
	return Part{Offset: uint32(start), Data: s.message[start:end:end], More: more}, true
}
