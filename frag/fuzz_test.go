package frag_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/frag"
)

// fuzzLimits are small enough that a short sequence of operations meets every one of them.
func fuzzLimits(choice byte) frag.Limits {
	limits := frag.Limits{
		MaxMessage: 300, MaxParts: 1 + int(choice>>2&15), MaxMessages: 5, SourceMessages: 3, Timeout: 100 * time.Millisecond,
	}
	switch choice >> 6 {
	case 0:
		limits.MaxParts = 300
	case 1:
		limits.MaxMessages, limits.SourceMessages = 2, 1
	case 2:
		limits.MaxMessage, limits.MaxParts = 1100, 1100
	}
	limits.SourceBytes = limits.MessageBytes() * (2 + int(choice&1)) / 2
	limits.MaxBytes = limits.SourceBytes * (3 + int(choice>>1&1)) / 3
	return limits
}

// operations runs what data says on a reassembler, or a receiver, and on its model, and tells where they differ. The
// first byte chooses the limits; then each operation takes 4 bytes.
func operations(data []byte, answers bool) error {
	if len(data) == 0 {
		return nil
	}
	limits := fuzzLimits(data[0])
	reassembler, err := frag.NewReassembler(limits)
	if err != nil {
		return err
	}
	receiver, err := frag.NewReceiver(limits)
	if err != nil {
		return err
	}
	var r machine = reassembler
	if answers {
		r = receiver
	}
	m := &model{limits: limits, answers: answers}
	now := time.Duration(0)
	for step := 1; step+4 <= len(data); step += 4 {
		var err error
		op := data[step : step+4]
		key := frag.Key{Source: uint64(op[0] & 3), ID: uint16(op[0] >> 2 & 3)}
		switch op[0] >> 5 {
		case 0:
			now += time.Duration(op[1]) * time.Millisecond
			if got, want := r.Expire(now), m.expire(now); got != want {
				err = fmt.Errorf("Expire: %d, want %d", got, want)
			}
		case 1:
			now += time.Duration(op[1]) * time.Millisecond / 4
			switch {
			case answers && op[0]&16 != 0:
				err = m.settle(receiver, now, key, op[2]&1 == 0)
			case answers && op[2]&1 != 0:
				err = m.repeat(receiver, now)
			case op[0]&4 != 0:
				if got, want := r.Forget(key.Source), m.forget(key.Source); got != want {
					err = fmt.Errorf("Forget: %d, want %d", got, want)
				}
			}
		default:
			part := fuzzPart(op)
			if answers {
				err = m.receive(receiver, now, key, part, op[0]&16 != 0)
				break
			}
			whole, done, refused := reassembler.Push(now, key, part)
			err = m.push(now, key, part, whole, done, refused)
		}
		if err == nil {
			err = m.check(r)
		}
		if err != nil {
			return fmt.Errorf("operation %d, at %v: %w", step/4, now, err)
		}
	}
	return nil
}

// fuzzPart makes a part mostly like those of one cutting, so that messages come together.
func fuzzPart(op []byte) frag.Part {
	size := []int{30, 1, 7, 100}[op[0]>>2&3] // goes with the id
	number := int(op[1] & 15)
	if size == 1 {
		number *= 1 + int(op[3]&0x80)/2 // up to 975, for which the buffer of bits grows
	}
	part := frag.Part{Offset: uint32(number * size), More: op[2]&1 != 0, Mark: op[2]&2 != 0}
	n := size
	if !part.More {
		n = min(size, int(op[2]>>2))
	}
	different := 0
	switch op[3] { // what is wrong with it
	case 1:
		n = int(op[1] >> 4)
	case 2:
		part.Offset += uint32(op[1] >> 4)
	case 3:
		part.Offset = -part.Offset
	case 4:
		different = 1
	case 5:
		n *= 2
	case 6:
		n = 400
	}
	part.Data = content(int(part.Offset)+different, n)
	return part
}

// fuzzSeeds are sequences of operations that mean something.
var fuzzSeeds = [][]byte{
	{0x00, 0x40, 0, 1, 0, 0x40, 1, 1, 0, 0x40, 2, 0x20, 0},                                 // in order
	{0x00, 0x40, 2, 0x20, 0, 0x40, 1, 1, 0, 0x40, 1, 1, 0, 0x40, 0, 3, 0},                  // last first, twice, marked
	{0x00, 0x40, 0, 1, 0, 0x41, 0, 1, 0, 0x40, 1, 4, 0, 0x41, 1, 4, 0},                     // two senders
	{0x00, 0x40, 0, 1, 0, 0x40, 0x51, 1, 2, 0x40, 1, 4, 0, 0x00, 100, 0, 0},                // an overlap, then time
	{0x00, 0x40, 0, 1, 0, 0x40, 0, 1, 4, 0x40, 1, 4, 0},                                    // other bytes in one place
	{0x00, 0x40, 2, 0, 0, 0x40, 1, 0, 0},                                                   // two ends
	{0x00, 0x44, 0, 1, 6, 0x48, 3, 1, 3, 0x4c, 3, 1, 0, 0x4c, 2, 0x20, 0},                  // past the end
	{0x05, 0x44, 0, 1, 0, 0x44, 1, 1, 0, 0x44, 2, 1, 0, 0x44, 3, 1, 0},                     // too many parts
	{0x41, 0x40, 0, 1, 0, 0x44, 0, 1, 0, 0x41, 0, 1, 0, 0x42, 0, 1, 0},                     // too many messages
	{0x02, 0x4c, 2, 0, 0, 0x40, 9, 0, 0, 0x44, 15, 0, 0, 0x4d, 2, 0, 0, 0x41, 9, 1, 0},     // too many bytes
	{0x00, 0x40, 0, 1, 0, 0x44, 5, 1, 0, 0x24, 0, 0, 0, 0x40, 0, 1, 0, 0x00, 200, 0, 0},    // a sender is forgotten
	{0x40, 0x40, 0, 1, 1, 0x44, 0, 1, 1, 0x40, 0, 1, 0, 0x41, 0, 1, 0, 0x42, 0, 1, 0},      // aborted ones give way
	{0x00, 0x48, 0, 1, 0, 0x48, 5, 1, 0, 0x48, 14, 1, 0, 0x48, 15, 0x08, 0, 0x48, 1, 1, 0}, // growth
}

// FuzzReassembler compares sequences of operations with the model.
func FuzzReassembler(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := operations(data, false); err != nil {
			t.Error(err)
		}
	})
}

// FuzzReceiver does the same with a receiver.
func FuzzReceiver(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Add([]byte{0x00, 0x50, 0, 1, 0, 0x50, 1, 1, 0, 0x50, 2, 0x20, 0, 0x50, 1, 1, 0, 0x30, 0, 0, 0}) // accepted
	f.Add([]byte{0x00, 0x50, 0, 1, 0, 0x50, 1, 4, 0, 0x30, 0, 1, 0, 0x50, 0, 1, 0, 0x50, 0, 1, 0})    // refused
	f.Add([]byte{0x00, 0x50, 0, 1, 0, 0x20, 40, 1, 0, 0x50, 0, 1, 0, 0x00, 100, 0, 0, 0x50, 1, 1, 0, 0x50, 0, 1, 0})
	f.Add([]byte{0x41, 0x50, 0, 0x20, 0, 0x54, 0, 0x20, 0, 0x51, 0, 0x20, 0, 0x24, 0, 0, 0, 0x52, 0, 0x20, 0}) // no room
	f.Add([]byte{0x40, 0x59, 0, 0, 0, 0x75, 0, 0, 0})                                                          // nor for a whole one
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := operations(data, true); err != nil {
			t.Error(err)
		}
	})
}

// TestModel does the same with random sequences, in every run of the tests.
func TestModel(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	parameters.MaxSize = 1600 // bytes, 4 an operation
	properties := gopter.NewProperties(parameters)
	properties.Property("a reassembler does what its model does", prop.ForAll(
		func(data []byte) (string, error) { return "", operations(data, false) },
		gen.SliceOf(gen.UInt8()),
	))
	properties.Property("a receiver does what its model does", prop.ForAll(
		func(data []byte) (string, error) { return "", operations(data, true) },
		gen.SliceOf(gen.UInt8()),
	))
	properties.TestingRun(t)
}
