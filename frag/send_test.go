package frag_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/frag"
)

// sending is a Sender of a message in parts of 10 bytes, with the time.
type sending struct {
	*testing.T
	frag.Sender
	trip frag.RoundTrip
	now  time.Duration
}

func startSending(t *testing.T, length, window int) *sending {
	t.Helper()
	s := &sending{T: t}
	if err := s.Start(content(0, length), 10, window, &s.trip); err != nil {
		t.Fatal(err)
	}
	return s
}

// sends checks which parts are sent now: their numbers, with ? at one that asks.
func (s *sending) sends(want string) {
	s.Helper()
	var sent []string
	for part, ask, ok := s.Poll(s.now); ok; part, ask, ok = s.Poll(s.now) {
		mark := ""
		if ask {
			mark = "?"
		}
		sent = append(sent, fmt.Sprint(part.Offset/10)+mark)
	}
	if diff := cmp.Diff(want, strings.Join(sent, " ")); diff != "" {
		s.Fatalf("at %v: %s", s.now, diff)
	}
}

// sendsAfter checks that nothing is sent before a time has passed, and which parts are then.
func (s *sending) sendsAfter(wait time.Duration, want string) {
	s.Helper()
	s.now += wait - 1
	s.sends("")
	s.now++
	if at, ok := s.NextDeadline(); !ok || at != s.now {
		s.Fatalf("deadline %v, %v, want %v", at, ok, s.now)
	}
	s.sends(want)
}

// hears lets a partial answer come: how many parts are here without a gap, and after the gap x for each that is.
func (s *sending) hears(received int, bitmap string) {
	s.Handle(s.now, partial(10*received, bitmap))
}

func partial(received int, bitmap string) frag.Ack {
	ack := frag.Ack{Status: frag.StatusPartial, Received: uint32(received)}
	for i, c := range bitmap {
		if c == 'x' {
			ack.Bitmap |= 1 << i
		}
	}
	return ack
}

func (s *sending) ends(want error) {
	s.Helper()
	if !s.Done() || !errors.Is(s.Err(), want) {
		s.Fatalf("done %v, %v, want %v", s.Done(), s.Err(), want)
	}
	if _, ok := s.NextDeadline(); ok {
		s.Error("there is a deadline after the end")
	}
	s.sends("")
}

const firstTimeout = 200 * time.Millisecond

func TestSenderRounds(t *testing.T) {
	complete := frag.Ack{Status: frag.StatusComplete}
	for _, tc := range []struct {
		name           string
		length, window int
		do             func(s *sending)
	}{
		{"one part", 10, 64, func(s *sending) { s.sends("0?") }},
		{"no bytes", 0, 64, func(s *sending) { s.sends("0?") }},
		{"all in a window", 35, 64, func(s *sending) { s.sends("0 1 2 3?") }},
		{"just a window", 40, 4, func(s *sending) { s.sends("0 1 2 3?") }},
		{"a window and more", 41, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(4, "")
			s.sends("4?")
		}},
		{"window of 1", 25, 1, func(s *sending) {
			for i := range 3 {
				s.sends(fmt.Sprintf("%d?", i))
				s.hears(i+1, "")
				if i == 2 {
					break
				}
			}
			s.Handle(s.now, complete)
		}},
		{"what is missing, then new, then the first that is missing", 130, 8, func(s *sending) {
			s.sends("0 1 2 3 4 5 6 7?")
			s.hears(2, "xx-xx") // 2 and 5 miss
			s.sends("5 8 9 10 11 12 2?")
		}},
		{"only what is missing once all was sent", 80, 64, func(s *sending) {
			s.sends("0 1 2 3 4 5 6 7?")
			s.hears(1, "x-x-xx") // 1, 3 and 5 miss
			s.sends("3 5 1?")
			s.hears(3, "xxxx") // 3 misses
			s.sends("3?")
		}},
		{"an answer may tell of parts behind the bitmap's next gap", 1500, 64, func(s *sending) {
			s.sendsParts(0, 63)
			s.hears(0, "-"+strings.Repeat("x", 62)) // 0 and 1 miss
			s.sends("1 64 65 0?")                   // up to 1 + 64
		}},
		{"a gap at the start does not hold the window", 1500, 64, func(s *sending) {
			s.sendsParts(0, 63)
			s.hears(0, strings.Repeat("x", 63))
			var want []string
			for i := 64; i < 127; i++ {
				want = append(want, fmt.Sprint(i))
			}
			s.sends(strings.Join(want, " ") + " 0?")
		}},
		{"the last one alone came", 30, 64, func(s *sending) {
			s.sends("0 1 2?")
			s.hears(0, "")
			s.sends("1 0?")
		}},
		{"an answer that came twice", 120, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(2, "x")
			s.sends("4 5 6 2?")
			s.hears(2, "x")
			s.sends("")
			s.hears(2, "x-x") // the answer's question is not here
			s.sends("")
			s.hears(4, "-x")
			s.sends("5 7 8 4?")
		}},
		{"more miss than a window", 200, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(0, "xxx")
			s.sends("4 5 6 0?")
			s.hears(1, "") // what had arrived is expired, and 0 began the message again
			s.sends("2 3 4 1?")
		}},
		{"an answer in the middle of a round shows all that was sent", 110, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(2, "x")
			for range 3 { // 4, 5 and 6
				s.Poll(s.now)
			}
			s.hears(7, "")
			s.sends("7 8 9 10?")
		}},
		{"an answer in the middle of a round shows the first that was missing", 90, 8, func(s *sending) {
			s.sends("0 1 2 3 4 5 6 7?")
			s.hears(1, "x-x-xx") // 1, 3 and 5 miss
			s.Poll(s.now)        // 3
			s.hears(5, "xx")
			s.sends("8 5?")
		}},
		{"everything, but nobody accepts", 30, 4, func(s *sending) {
			s.sends("0 1 2?")
			s.hears(1, "x")
			s.sends("1?")
			s.Handle(s.now, partial(30, ""))
			s.sendsAfter(100*time.Millisecond, "2?")
		}},
		{"nothing to tell before the last part was sent", 50, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(0, "")
			if got := s.Stats().Stale; got != 1 {
				s.Errorf("%d stale answers, want 1", got)
			}
			s.sendsAfter(firstTimeout, "3?")
			s.hears(0, "xxx")
			s.sends("4 0?")
		}},
		{"complete at any time", 1000, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.Handle(s.now, frag.Ack{Status: frag.StatusComplete, Received: 1000})
			s.ends(nil)
		}},
		{"an answer that lowers received", 100, 4, func(s *sending) {
			s.sends("0 1 2 3?")
			s.hears(4, "")
			s.sends("4 5 6 7?")
			s.hears(3, "xxxx")
			s.sends("")
			if got := s.Stats().Stale; got != 1 {
				s.Errorf("%d stale answers, want 1", got)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := startSending(t, tc.length, tc.window)
			tc.do(s)
			if !s.Done() {
				s.Handle(s.now, complete)
			}
			s.ends(nil)
		})
	}
}

// sendsParts checks that parts from first to last are sent, the last of which asks.
func (s *sending) sendsParts(first, last int) {
	s.Helper()
	var want []string
	for i := first; i <= last; i++ {
		want = append(want, fmt.Sprint(i))
	}
	s.sends(strings.Join(want, " ") + "?")
}

func TestSenderTimeouts(t *testing.T) {
	s := startSending(t, 200, 4)
	s.sends("0 1 2 3?")
	s.sendsAfter(firstTimeout, "3?")
	s.sendsAfter(2*firstTimeout, "3?")
	s.now += 5 * time.Millisecond
	s.hears(3, "") // 3 was asked with, and is not here: of an earlier time
	s.sends("")
	s.hears(4, "") // three questions, so no sample: as at first
	s.sends("4 5 6 7?")
	s.sendsAfter(firstTimeout, "7?")
	s.hears(8, "")
	s.sends("8 9 10 11?")
	s.now += 40 * time.Millisecond
	s.hears(12, "") // a sample: 40 ms, and 4 times the half of it
	s.sends("12 13 14 15?")
	s.sendsAfter(120*time.Millisecond, "15?")
	s.sendsAfter(240*time.Millisecond, "15?")
	if got, want := s.Stats(), (frag.SenderStats{Parts: 21, Resent: 5, Acks: 4, Timeouts: 5}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// The next message, of another Sender, knows how long to wait.
	s.Sender = frag.Sender{}
	if err := s.Start(content(0, 10), 10, 4, &s.trip); err != nil {
		t.Fatal(err)
	}
	s.sends("0?")
	s.sendsAfter(480*time.Millisecond, "0?")
}

// TestSenderGivesUp answers after the last question but one, and then never.
func TestSenderGivesUp(t *testing.T) {
	s := startSending(t, 100, 4)
	s.sends("0 1 2 3?")
	for _, retries := range []int{frag.MaxRetries, frag.MaxRetries} {
		for i := range retries {
			s.now, _ = s.NextDeadline()
			if _, ask, _ := s.Poll(s.now); !ask {
				t.Fatalf("no question after %d time-outs", i+1)
			}
		}
		if s.Done() {
			t.Fatal("done before the last answer can come")
		}
		if s.Stats().Timeouts == frag.MaxRetries {
			s.hears(3, "")
		}
	}
	s.now, _ = s.NextDeadline()
	s.sends("")
	s.ends(frag.ErrGaveUp)
	s.hears(4, "")
	s.ends(frag.ErrGaveUp)
	if got := s.Stats(); got.Timeouts != 2*frag.MaxRetries+1 || got.Acks != 1 {
		t.Errorf("%+v", got)
	}
}

// TestSenderPolls has a receiver that has everything, or no room, for a long time.
func TestSenderPolls(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer frag.Ack
	}{
		{"nobody accepts", partial(25, "")},
		{"no room", frag.Ack{Status: frag.StatusBusy}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := startSending(t, 25, 4)
			s.sends("0 1 2?")
			for i := range 3 * frag.MaxRetries { // outside of what it retries
				s.Handle(s.now, tc.answer)
				s.Handle(s.now, tc.answer) // changes nothing
				s.sendsAfter(min(100*time.Millisecond<<min(i, 10), 2*time.Second), "2?")
				s.now, _ = s.NextDeadline()
				s.sends("2?") // a poll that is lost is repeated
			}
			s.Handle(s.now, frag.Ack{Status: frag.StatusComplete, Received: 25})
			s.ends(nil)
			if got := s.Stats(); got.Polls != 3*frag.MaxRetries || got.Timeouts != got.Polls {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("no room, then room", func(t *testing.T) {
		s := startSending(t, 60, 4)
		s.sends("0 1 2 3?")
		s.Handle(s.now, frag.Ack{Status: frag.StatusBusy})
		s.sendsAfter(100*time.Millisecond, "3?")
		s.hears(0, "--x")
		s.sends("1 2 4 0?")
		s.Handle(s.now, frag.Ack{Status: frag.StatusBusy})
		s.sendsAfter(100*time.Millisecond, "0?") // not longer than at first
	})
}

func TestSenderRestarts(t *testing.T) {
	restart := frag.Ack{Status: frag.StatusRestart}
	s := startSending(t, 100, 4)
	s.Handle(s.now, restart) // nothing was asked
	s.sends("0 1 2 3?")
	s.hears(4, "")
	s.sends("4 5 6 7?")
	busy := frag.Ack{Status: frag.StatusBusy}
	s.Handle(s.now, busy)
	s.sendsAfter(100*time.Millisecond, "7?")
	for i := range frag.MaxRetries {
		s.Handle(s.now, restart)
		s.hears(4, "xx") // of before
		s.sends("0?")    // alone, for the receiver takes no other first
		if i == 0 {
			s.Handle(s.now, busy)
			s.sendsAfter(100*time.Millisecond, "0?") // not longer than at first
		}
		s.hears(1, "")
		s.sends("1 2 3 4?")
	}
	if got := s.Stats(); got.Restarts != frag.MaxRetries || got.Stale != frag.MaxRetries {
		t.Errorf("%+v", got)
	}
	if s.Done() {
		t.Fatal("done before the last restart")
	}
	s.Handle(s.now, restart)
	s.ends(frag.ErrGaveUp)
}

func TestSenderFinalStatus(t *testing.T) {
	for status := range 256 {
		s := startSending(t, 100, 4)
		s.Poll(0) // no question yet: a receiver may know early
		s.Handle(0, frag.Ack{Status: frag.Status(status)})
		var final frag.StatusError
		if want := status >= 128; want != (errors.As(s.Err(), &final) && final.Status == frag.Status(status)) {
			t.Errorf("status %d: %v", status, s.Err())
		}
		if want := status >= 128 || status == 0; s.Done() != want {
			t.Errorf("status %d: done is %v", status, s.Done())
		}
		if want := status >= 4 && status < 128; (s.Stats().IllFormed == 1) != want {
			t.Errorf("status %d: %+v", status, s.Stats())
		}
	}
}

// TestSenderIllFormed sends parts 0 to 7 of 12 with 2 lost, and then hears what cannot be.
func TestSenderIllFormed(t *testing.T) {
	for _, tc := range []struct {
		name string
		ack  frag.Ack
		well bool
	}{
		{"all that was sent", partial(80, ""), true},
		{"the last bit that was sent", partial(60, "x"), true},
		{"a bit that was not sent", partial(60, "-x"), true},
		{"the last bit of the message, not sent", partial(20, "xxxxx---x"), true},
		{"a bit behind the message", partial(20, "xxxxx----x"), false},
		{"the last of all bits", partial(20, strings.Repeat("-", 63)+"x"), false},
		{"received that was not sent", partial(90, ""), true},
		{"received everything, not sent", partial(115, ""), true},
		{"received within a part", partial(35, ""), false},
		{"received behind the message", partial(116, ""), false},
		{"received with the last part whole", partial(120, ""), false},
		{"received at the end of 32 bits", frag.Ack{Status: frag.StatusPartial, Received: math.MaxUint32}, false},
		{"complete, with a bit", frag.Ack{Received: 115, Bitmap: 1}, false},
		{"complete, within a part", frag.Ack{Received: 5}, false},
		{"complete, behind the message", frag.Ack{Received: 120}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := startSending(t, 115, 8)
			s.sends("0 1 2 3 4 5 6 7?")
			s.hears(2, "xxxx") // nothing of 7: an early answer
			s.Handle(s.now, tc.ack)
			stats := s.Stats()
			if well := stats.IllFormed == 0; well != tc.well || stats.Acks != 2 {
				t.Fatalf("%+v", stats)
			}
			if s.Done() {
				t.Fatal(s.Err())
			}
			if !tc.well {
				s.sendsAfter(firstTimeout, "7?") // as if nothing had come
			}
		})
	}
}

func TestSenderLimits(t *testing.T) {
	longest := make([]byte, frag.MaxMessage+1)
	for _, tc := range []struct {
		name           string
		length         int
		size, window   int
		want           error
		least, highest int64 // of the window
	}{
		{"least", 0, 1, 1, nil, 0, 0},
		{"most", frag.MaxMessage, 1, 64, nil, 0, 0},
		{"part of 0 bytes", 0, 0, 1, frag.ErrPartSize, 0, 0},
		{"message too long", frag.MaxMessage + 1, 1, 1, frag.ErrTooLarge, 0, 0},
		{"window 0", 0, 1, 0, new(frag.LimitError), 1, 64},
		{"window 65", 0, 1, 65, new(frag.LimitError), 1, 64},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var s frag.Sender
			err := s.Start(longest[:tc.length], tc.size, tc.window, new(frag.RoundTrip))
			var limit *frag.LimitError
			if tc.highest > 0 {
				want := &frag.LimitError{Limit: "Window", Value: int64(tc.window), Min: tc.least, Max: tc.highest}
				if !errors.As(err, &limit) || *limit != *want {
					t.Errorf("%v, want %v", err, want)
				}
			} else if !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if s.Done() != (err != nil) {
				t.Errorf("done is %v after %v", s.Done(), err)
			}
		})
	}
	t.Run("a wrong start leaves the message under way", func(t *testing.T) {
		s := startSending(t, 20, 4)
		if err := s.Start(nil, 0, 4, nil); err == nil {
			t.Error("no error")
		}
		s.sends("0 1?")
	})
}

func TestSenderWithoutMessage(t *testing.T) {
	s := &sending{T: t}
	s.Handle(0, frag.Ack{})
	s.ends(nil)
	if s.Stats() != (frag.SenderStats{}) {
		t.Errorf("%+v", s.Stats())
	}
}

func TestStatusText(t *testing.T) {
	for status, want := range map[frag.Status]string{
		frag.StatusComplete: "complete", frag.StatusPartial: "partial", frag.StatusBusy: "busy",
		frag.StatusRestart: "restart", frag.StatusTooLarge: "too large", frag.StatusRefused: "refused", 7: "status 7",
	} {
		if got := status.String(); got != want {
			t.Errorf("%d is %q, want %q", uint8(status), got, want)
		}
	}
	for err, want := range map[frag.StatusError]string{
		{frag.StatusTooLarge}: "larger", {frag.StatusRefused}: "refused", {200}: "status 200",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

// TestExchangeAllocations lets messages come through losses, one after another.
func TestExchangeAllocations(t *testing.T) {
	var s frag.Sender
	var trip frag.RoundTrip
	r, err := frag.NewReceiver(frag.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	message := content(0, 20_000)
	now, count := time.Duration(0), 0
	round := func() {
		complete := false
		_ = s.Start(message, 219, frag.MaxWindow, &trip)
		for !s.Done() {
			part, ask, ok := s.Poll(now)
			if !ok {
				now, _ = s.NextDeadline()
				if _, ack, ok := r.Poll(now); ok {
					s.Handle(now, ack)
				}
				continue
			}
			if count++; count%5 == 0 {
				continue
			}
			ack := frag.Ack{Status: frag.StatusComplete}
			if !complete {
				_, complete, ack, _ = r.Push(now, key, part, ask)
				if complete {
					ack, _ = r.Accept(key)
				}
			}
			if ask && count%7 != 0 {
				s.Handle(now, ack)
			}
		}
	}
	round()
	if allocs := testing.AllocsPerRun(20, round); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if stats := s.Stats(); s.Err() != nil || stats.Timeouts == 0 || stats.Resent == 0 || r.Stats().Completed < 20 {
		t.Errorf("%v; %+v; %+v", s.Err(), stats, r.Stats())
	}
}

// TestSenderBeginsAgain: a message that was begun before is begun again under the same id, at a receiver that has kept
// parts of it. What the receiver knows of parts that were not sent this time is no reason to wait.
func TestSenderBeginsAgain(t *testing.T) {
	s := startSending(t, 115, 8)
	s.sends("0 1 2 3 4 5 6 7?")
	s.hears(0, "xxxxxxx-xxx") // all but 0 and 8
	s.sends("8 9 10 11 0?")
	s.Handle(s.now, partial(115, ""))
	s.Handle(s.now, frag.Ack{Received: 115})
	if !s.Done() || s.Err() != nil {
		t.Fatal(s.Err())
	}
}

// TestReceiverAsked tells whose final answer is awaited.
func TestReceiverAsked(t *testing.T) {
	for _, ask := range []bool{false, true} {
		r, err := frag.NewReceiver(frag.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		key := frag.Key{Source: 1, ID: 2}
		if _, _, _, err := r.Push(0, key, frag.Part{More: true, Data: []byte("ab")}, ask); err != nil || r.Asked(key) {
			t.Fatal(err, "asked before it waits")
		}
		if _, done, _, err := r.Push(0, key, frag.Part{Offset: 2, Data: []byte("c")}, false); !done || err != nil {
			t.Fatal(done, err)
		}
		if r.Asked(key) != ask || r.Asked(frag.Key{}) {
			t.Errorf("asked %v, want %v", r.Asked(key), ask)
		}
	}
}
