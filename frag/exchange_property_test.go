package frag_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/frag"
)

// schedule lets happen on an exchange what data says, 2 bytes a step after 3 that choose the message. Then nothing is
// lost any more, and the exchange must come to its end.
func schedule(data []byte) error {
	if len(data) < 3 {
		return nil
	}
	size := 1 + int(data[1]&7)
	e, err := newExchange(content(int(data[0]), 3*int(data[0])), size, 1+int(data[2]&63))
	if err != nil {
		return err
	}
	for step := data[3:]; len(step) >= 2; step = step[2:] {
		op, arg := step[0], int(step[1])
		switch {
		case op < 96:
			for range 1 + arg&31 {
				if _, err = e.send(); err != nil {
					break
				}
			}
		case op < 160 && len(e.parts) > 0:
			for i := range min(1+arg&31, len(e.parts)) { // in their order, or from anywhere
				if err = e.arrive(i * arg >> 5 % len(e.parts)); err != nil {
					break
				}
			}
		case op < 176 && len(e.parts) > 0: // one is repeated
			e.parts = append(e.parts, e.parts[arg%len(e.parts)])
		case op < 192 && len(e.parts) > 0: // some are lost
			e.parts = e.parts[:arg%len(e.parts)]
		case op < 224 && len(e.acks) > 0:
			err = e.answer(arg % len(e.acks))
		case op < 230 && len(e.acks) > 0:
			e.acks = append(e.acks, e.acks[arg%len(e.acks)])
		case op < 240 && len(e.acks) > 0:
			e.acks = e.acks[:arg%len(e.acks)]
		case op < 246:
			err = e.accept()
		case op < 253:
			e.pass(time.Duration(arg) * time.Millisecond)
			err = e.repeat()
		default:
			e.pass(time.Minute)
			err = e.repeat()
		}
		if err != nil {
			return fmt.Errorf("step %d, at %v: %w", (len(data)-len(step))/2, e.now, err)
		}
	}
	return e.finish()
}

// finish goes on without losses to the end. Each part needs a step to be sent, to arrive and to be answered; a few
// rounds are lost to what was in the air.
func (e *exchange) finish() error {
	for e.steps = 0; !e.sender.Done(); {
		if limit := 1000 + 20*len(e.told); e.steps > limit {
			return fmt.Errorf("no end after %d steps; %+v", limit, e.sender.Stats())
		}
		sent, err := e.send()
		for err == nil && len(e.parts) > 0 {
			err = e.arrive(0)
		}
		if err == nil {
			err = e.accept()
		}
		if err == nil {
			err = e.repeat()
		}
		for err == nil && len(e.acks) > 0 {
			err = e.answer(0)
		}
		if err != nil {
			return fmt.Errorf("at %v: %w", e.now, err)
		}
		if !sent {
			e.pass(time.Minute)
		}
	}
	return e.outcome()
}

func TestExchange(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 500
	parameters.MaxSize = 400
	properties := gopter.NewProperties(parameters)
	properties.Property("a message comes once and unchanged, or the sender has an error", prop.ForAll(
		func(data []byte) (string, error) { return "", schedule(data) },
		gen.SliceOf(gen.UInt8()),
	))
	properties.TestingRun(t)
}

// FuzzExchange does the same with schedules that the fuzzer finds.
func FuzzExchange(f *testing.F) {
	f.Add([]byte{100, 3, 63, 0, 31, 100, 31, 200, 0})                  // a window, its answer
	f.Add([]byte{100, 3, 7, 0, 31, 180, 3, 100, 31, 248, 250, 0, 0})   // losses, then a time-out
	f.Add([]byte{9, 7, 15, 0, 31, 100, 255, 224, 0, 200, 0, 200, 0})   // another order, an answer twice
	f.Add([]byte{90, 1, 20, 0, 20, 100, 20, 255, 0, 0, 0, 0, 20})      // expires
	f.Add([]byte{1, 2, 1, 0, 1, 100, 0, 200, 0, 248, 255, 0, 1, 0, 0}) // nobody accepts
	f.Add([]byte{0, 0, 0, 0, 0, 100, 0, 240, 0, 200, 0})               // a message of no bytes
	f.Add([]byte{2, 0, 2, 0, 0, 176, 0, 0, 1})                         // expires, and part 0 is repeated by chance
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := schedule(data); err != nil {
			t.Error(err)
		}
	})
}

// FuzzSender tells a sender anything as answers. It must go on sending nothing but its message, and give up when it
// hears nothing more.
func FuzzSender(f *testing.F) {
	status := func(polls, status byte, received uint32, bitmap uint64) []byte {
		b := binary.LittleEndian.AppendUint32([]byte{polls, status}, received)
		return binary.LittleEndian.AppendUint64(b, bitmap)
	}
	f.Add(uint16(300), byte(9), byte(7), status(255, 1, 40, 0b110))
	f.Add(uint16(300), byte(9), byte(7),
		slices.Concat(status(255, 1, 0, 0b111), status(255, 1, 80, 0), status(255, 3, 0, 0)))
	f.Add(uint16(300), byte(9), byte(7),
		slices.Concat(status(255, 2, 0, 0), status(255, 1, 0, 1<<63), status(255, 1, 301, 0)))
	f.Add(uint16(20), byte(9), byte(63),
		slices.Concat(status(255, 1, 0, 0), status(255, 1, 20, 0), status(255, 0, 20, 0)))
	f.Add(uint16(20), byte(9), byte(63), status(1, 129, 0, 0))
	f.Add(uint16(0), byte(0), byte(0), status(255, 1, 0, 0))
	f.Add(uint16(9), byte(9), byte(0), status(255, 1, 0, 0))
	f.Fuzz(func(t *testing.T, length uint16, size, window byte, data []byte) {
		e, err := newExchange(content(1, int(length)), 1+int(size), 1+int(window)%frag.MaxWindow)
		if err != nil {
			t.Fatal(err)
		}
		send := func() bool {
			sent, err := e.send()
			e.parts = e.parts[:0]
			if err != nil {
				t.Fatal(err)
			}
			return sent
		}
		for ; len(data) >= 14; data = data[14:] {
			for range data[0] {
				if !send() {
					break
				}
			}
			before := e.sender.Stats()
			e.sender.Handle(e.now, frag.Ack{
				Status:   frag.Status(data[1]),
				Received: binary.LittleEndian.Uint32(data[2:]),
				Bitmap:   binary.LittleEndian.Uint64(data[6:]),
			})
			after := e.sender.Stats()
			if after.Restarts != before.Restarts {
				e.furthest = 0
			}
			if after.IllFormed+after.Stale == before.IllFormed+before.Stale {
				e.round = 0
			}
			e.pass(time.Second)
		}
		for e.steps = 0; !e.sender.Done(); {
			if limit := 1000 + 2*len(e.told); e.steps > limit {
				t.Fatalf("no end after %d steps; %+v", limit, e.sender.Stats())
			}
			if !send() {
				e.pass(time.Minute)
			}
		}
	})
}

// lossyAir carries an exchange to its end: each way it loses, repeats and delays.
type lossyAir struct {
	loss, repeat float64
	delay        time.Duration // at most; less for most, so that one overtakes another
	acceptAfter  time.Duration // after the delivery
}

// flight is a part or an answer on its way.
type flight struct {
	at   time.Duration
	part *sentPart
	ack  *frag.Ack
}

func (air lossyAir) carry(e *exchange, chance *rand.Rand) error {
	var flights []flight
	launch := func(f flight) {
		for range 2 {
			if chance.Float64() >= air.loss {
				f.at = e.now + time.Duration(chance.Float64()*chance.Float64()*float64(air.delay))
				flights = append(flights, f)
			}
			if chance.Float64() >= air.repeat {
				return
			}
		}
	}
	var accept time.Duration
	for !e.sender.Done() {
		if limit := 10_000 + 100*len(e.told); e.steps > limit {
			return fmt.Errorf("no end after %d steps; %+v", limit, e.sender.Stats())
		}
		sent, err := e.send()
		if err != nil {
			return err
		}
		if sent {
			e.now += 3 * time.Millisecond
		} else {
			next := time.Minute
			for _, f := range flights {
				next = min(next, max(0, f.at-e.now))
			}
			if e.waiting {
				next = min(next, max(0, accept-e.now))
			}
			e.pass(next)
			if err := e.repeat(); err != nil {
				return err
			}
		}
		for _, part := range e.parts {
			launch(flight{part: &part})
		}
		e.parts = e.parts[:0]
		var later []flight
		for _, f := range flights {
			switch {
			case f.at > e.now:
				later = append(later, f)
				continue
			case f.part != nil:
				waited := e.waiting
				e.parts = append(e.parts, *f.part)
				err = e.arrive(0)
				if e.waiting && !waited {
					accept = e.now + air.acceptAfter
				}
			default:
				e.acks = append(e.acks, *f.ack)
				err = e.answer(len(e.acks) - 1)
			}
			if err != nil {
				return err
			}
		}
		flights = later
		if e.waiting && e.now >= accept {
			if err := e.accept(); err != nil {
				return err
			}
		}
		for _, ack := range e.acks {
			launch(flight{ack: &ack})
		}
		e.acks = e.acks[:0]
	}
	return e.outcome()
}

func TestLossyAir(t *testing.T) {
	for _, tc := range []struct {
		name    string
		air     lossyAir
		certain bool // so few losses that a message that does not come shows a fault
	}{
		{"nothing lost", lossyAir{}, true},
		{"lost", lossyAir{loss: 0.3}, true},
		{"repeated", lossyAir{repeat: 0.5}, true},
		{"delayed", lossyAir{delay: 100 * time.Millisecond}, true},
		{"accepted late", lossyAir{loss: 0.1, acceptAfter: 10 * time.Second}, true},
		{"all of it", lossyAir{0.3, 0.3, 50 * time.Millisecond, time.Second}, true},
		{"hardly anything comes", lossyAir{0.8, 0.1, 10 * time.Millisecond, 0}, false},
		{"nothing comes", lossyAir{loss: 1}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			forAll(t, "a message comes once and unchanged, or the sender has an error", 3000, 100,
				func(message []byte, size int, chance *rand.Rand) error {
					e, err := newExchange(message, size, 1+chance.IntN(frag.MaxWindow))
					if err != nil {
						return err
					}
					if err := tc.air.carry(e, chance); err != nil {
						return err
					}
					if tc.certain && e.sender.Err() != nil || tc.air.loss == 1 && !errors.Is(e.sender.Err(), frag.ErrGaveUp) {
						return fmt.Errorf("the sender ends with %w; %+v", e.sender.Err(), e.sender.Stats())
					}
					return nil
				})
		})
	}
}
