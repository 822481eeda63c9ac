package frag

import (
	"math"
	"time"
)

// Limits bound what a [Reassembler] takes on. Bytes count the real capacity of the buffers held: a power of two that
// reaches to the end of a message if it is known, else to that of the furthest part, or four times as far at most if
// there is plenty. On top of them come about 350 bytes of bookkeeping for each of MaxMessages.
type Limits struct {
	MaxMessage     int           // bytes of one message, 1..[MaxMessage]
	MaxParts       int           // parts of one message, 1..[MaxMessage]+1
	MaxMessages    int           // messages under way at once, remembered aborted ones included; at least SourceMessages
	MaxBytes       int           // memory of all messages under way and of buffers kept for reuse; at least SourceBytes
	SourceMessages int           // one sender's share of MaxMessages; at least 1
	SourceBytes    int           // one sender's share of MaxBytes; at least MessageBytes()
	Timeout        time.Duration // how long a message may be without a part before it is given up, 1 ns..24 h
}

// DefaultLimits returns limits for a gateway with memory to spare: messages up to 1 MiB in parts of 16 bytes or more,
// 256 of them at once, 64 MiB in all, 30 s.
func DefaultLimits() Limits {
	return Limits{
		MaxMessage:     1 << 20,
		MaxParts:       1 << 16,
		MaxMessages:    256,
		MaxBytes:       64 << 20,
		SourceMessages: 8,
		SourceBytes:    4 << 20,
		Timeout:        30 * time.Second,
	}
}

// MessageBytes returns the memory in bytes that one message within MaxMessage and MaxParts can need, growth of its
// buffers included: the least that SourceBytes can be.
func (l Limits) MessageBytes() int {
	final := bufferSize(l.MaxMessage) + bufferSize(bitmapSize(min(l.MaxParts-1, l.MaxMessage)))
	return final + final/2 // while a buffer grows, the old one, half as large at most, is still held
}

// check returns a *LimitError for the first limit that is out of range.
func (l Limits) check() error {
	for _, limit := range []LimitError{
		{"MaxMessage", int64(l.MaxMessage), 1, MaxMessage},
		{"MaxParts", int64(l.MaxParts), 1, MaxMessage + 1},
		{"SourceMessages", int64(l.SourceMessages), 1, math.MaxInt64},
		{"MaxMessages", int64(l.MaxMessages), int64(l.SourceMessages), math.MaxInt64},
		{"SourceBytes", int64(l.SourceBytes), int64(l.MessageBytes()), math.MaxInt64},
		{"MaxBytes", int64(l.MaxBytes), int64(l.SourceBytes), math.MaxInt64},
		{"Timeout", int64(l.Timeout), 1, int64(24 * time.Hour)},
	} {
		if limit.Value < limit.Min || limit.Value > limit.Max {
			return &limit
		}
	}
	return nil
}
