//go:build !race

package frag_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// What is on the air, at 1 Mbps. Nothing is repeated by the MAC, so its acknowledgement is left out; the figures with it
// are logged beside.
const (
	maxFrame      = 250
	publishHeader = 2 + 2 + 4       // fixed header, message_id, offset
	pubackHeader  = 2 + 2 + 1 + 4   // fixed header, message_id, status, received
	radioHeader   = 36 + 7          // MAC, vendor element and checksum
	contention    = 28 + 9*15/2.0   // µs: DIFS and the mean back-off
	macAck        = 10 + 192 + 8*14 // µs
	preamble      = 192             // µs
	byteTime      = 8               // µs
	partSize      = maxFrame - publishHeader
)

func airtime(n int) float64 { return contention + preamble + byteTime*float64(radioHeader+n) }

func partAirtime(part frag.Part) float64 { return airtime(publishHeader + len(part.Data)) }

func ackAirtime(ack frag.Ack) float64 {
	n := pubackHeader
	for b := ack.Bitmap; b != 0; b >>= 8 {
		n++
	}
	return airtime(n)
}

// usage is the time that messages take.
type usage struct {
	air     float64       // µs that frames take
	unicast float64       // µs that they take with the MAC's acknowledgement of each
	now     time.Duration // since the first, waiting included
}

// transfer sends a message through air that loses parts and answers, and adds what it takes.
func (u *usage) transfer(
	s *frag.Sender, trip *frag.RoundTrip, r *frag.Receiver, message []byte, loss float64, chance *rand.Rand,
) error {
	if err := s.Start(message, partSize, frag.MaxWindow, trip); err != nil {
		return err
	}
	micros := func(t float64) time.Duration { return time.Duration(t * float64(time.Microsecond)) }
	complete := false
	occupy := func(t float64) bool {
		u.air += t
		u.unicast += t + macAck
		u.now += micros(t)
		return chance.Float64() >= loss
	}
	for !s.Done() {
		part, ask, ok := s.Poll(u.now)
		if !ok {
			u.now, _ = s.NextDeadline()
			if at, ok := r.NextDeadline(); ok {
				u.now = min(u.now, at)
			}
			if _, ack, ok := r.Poll(u.now); ok && occupy(ackAirtime(ack)) {
				s.Handle(u.now, ack)
			}
			continue
		}
		if !occupy(partAirtime(part)) {
			continue
		}
		ack := frag.Ack{Status: frag.StatusComplete}
		if !complete {
			var whole frag.Message
			var err error
			whole, complete, ack, err = r.Push(u.now, key, part, ask)
			if err != nil {
				return err
			}
			if complete {
				if !bytes.Equal(whole.Data, message) {
					return fmt.Errorf("%d bytes came of %d", len(whole.Data), len(message))
				}
				ack, _ = r.Accept(key)
			}
		}
		if ask && occupy(ackAirtime(ack)) {
			s.Handle(u.now, ack)
		}
	}
	return s.Err()
}

// testEfficiency measures how much of the air's time goes into parts that arrive the first time, next to what losses
// leave of it: 1 is a sender that knows at once, and for nothing, what arrived.
func testEfficiency(t *testing.T) {
	for _, tc := range []struct {
		name   string
		bytes  int
		runs   int
		limits []float64
	}{
		{"64k", 64 << 10, 1000, []float64{.991, .987, .983, .972, .958}},
		{"4k", 4 << 10, 20000, []float64{.980, .968, .961, .939, .908}},
	} {
		message := content(0, tc.bytes)
		var least usage
		for _, part := range cut(t, message, partSize) {
			least.air += partAirtime(part)
			least.unicast += partAirtime(part) + macAck
		}
		for i, percent := range []int{1, 5, 10, 20, 30} {
			loss := float64(percent) / 100
			var s frag.Sender
			var trip frag.RoundTrip
			r, err := frag.NewReceiver(frag.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			var used usage
			chance := rand.New(rand.NewPCG(uint64(percent), 1))
			for range tc.runs {
				if err := used.transfer(&s, &trip, r, message, loss, chance); err != nil {
					t.Fatal(err)
				}
			}
			name := fmt.Sprintf("frag_eff_%s_p%02d", tc.name, percent)
			possible := float64(tc.runs) / (1 - loss)
			efficiency := least.air * possible / used.air
			fmt.Printf("BENCH %s=%.4f\nLEAST %s=%.3f\n", name, efficiency, name, tc.limits[i])
			t.Logf("%s: %.4f with the MAC's acknowledgements, %.4f with the time spent waiting; %+v",
				name, least.unicast*possible/used.unicast, least.air*possible/float64(used.now.Microseconds()), s.Stats())
			if efficiency < tc.limits[i] {
				t.Errorf("%s is %.4f, the limit is %.3f", name, efficiency, tc.limits[i])
			}
		}
	}
}
