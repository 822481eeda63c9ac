package frag

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// What is wrong with a part. The first group aborts the part's message; the others leave it as it was.
var (
	// ErrTooLarge: the part goes past MaxMessage. Also what Split says of such a message.
	ErrTooLarge = errors.New("frag: the message is longer than MaxMessage; send less, or raise the limit")
	// ErrTooManyParts: the message has more parts than MaxParts.
	ErrTooManyParts = errors.New("frag: the message has more parts than MaxParts; send larger ones, or raise the limit")
	// ErrEmptyPart: a part of 0 bytes that more follow.
	ErrEmptyPart = errors.New("frag: the part is empty though more follow; every part but the last holds at least 1 byte")
	// ErrOffset: an offset that is no multiple of the parts' size.
	ErrOffset = errors.New("frag: the offset is not a multiple of the parts' size; cut the message into equal parts")
	// ErrMismatch: the part contradicts others of its message: another size, another end, past the end, or other bytes
	// in a place that is taken.
	ErrMismatch = errors.New("frag: the part contradicts earlier ones of its message; send another message under a new id")

	// ErrAborted: the message was aborted not long ago. The error wraps the reason too: errors.Is finds both.
	ErrAborted = errors.New("frag: the message was aborted; send it anew under a new id")
	// ErrRefused: the message was whole, and refused by its receiver.
	ErrRefused = errors.New("frag: the message was refused by whom it was for; send another under a new id")
	// ErrExpired: the parts that had arrived were given up, for no more came.
	ErrExpired = errors.New("frag: the message's parts were given up; begin again with the part at offset 0")

	// ErrFull: there is no room for the part now. It may be sent again later.
	ErrFull = errors.New("frag: no room for more partial messages; send the part again later, or raise the limits")
	// ErrShare: there is room, but the sender has used up its share. It wraps ErrFull.
	ErrShare = fmt.Errorf("%w (the sender has used up its share)", ErrFull)

	// ErrGaveUp: the receiver did not answer MaxRetries questions in a row, or made the message start over as often.
	ErrGaveUp = errors.New("frag: no answer from the receiver; send the message again when it can be reached")

	// ErrPartSize: Split was asked for parts of less than 1 byte.
	ErrPartSize = errors.New("frag: a part holds at least 1 byte; ask for a larger size")
)

// refusals are the errors that abort a message, each with what later parts of that message get.
var refusals = map[error]error{
	ErrTooLarge:     &abortedError{ErrTooLarge},
	ErrTooManyParts: &abortedError{ErrTooManyParts},
	ErrEmptyPart:    &abortedError{ErrEmptyPart},
	ErrOffset:       &abortedError{ErrOffset},
	ErrMismatch:     &abortedError{ErrMismatch},
	ErrRefused:      &abortedError{ErrRefused},
}

// errDelivered is what a part gets whose message was given to the application. Receiver.Push makes it a duplicate.
var errDelivered = errors.New("frag: the message was delivered")

// abortedError is ErrAborted with its reason.
type abortedError struct{ reason error }

func (e *abortedError) Error() string        { return ErrAborted.Error() + ": " + e.reason.Error() }
func (e *abortedError) Is(target error) bool { return target == ErrAborted }
func (e *abortedError) Unwrap() error        { return e.reason }

// LimitError says which of the [Limits] cannot be.
type LimitError struct {
	Limit           string // the field's name
	Value, Min, Max int64  // bytes, parts or messages; nanoseconds if the limit is Timeout
}

func (e *LimitError) Error() string {
	show := func(v int64) any {
		if e.Limit == "Timeout" {
			return time.Duration(v)
		}
		return v
	}
	if e.Max == math.MaxInt64 {
		return fmt.Sprintf("frag: %s is %v; set it to at least %v", e.Limit, show(e.Value), show(e.Min))
	}
	return fmt.Sprintf("frag: %s is %v; set it to %v..%v", e.Limit, show(e.Value), show(e.Min), show(e.Max))
}
