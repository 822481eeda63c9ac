package frag_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/frag"
)

// receiving is a Receiver with the time.
type receiving struct {
	*testing.T
	*frag.Receiver
	now time.Duration
}

func startReceiving(t *testing.T, limits frag.Limits) *receiving {
	t.Helper()
	r, err := frag.NewReceiver(limits)
	if err != nil {
		t.Fatal(err)
	}
	return &receiving{T: t, Receiver: r}
}

// asks pushes a part that asks and checks the answer, the error and whether the message is done.
func (r *receiving) asks(key frag.Key, part frag.Part, want frag.Ack, wantDone bool, wantErr error) {
	r.Helper()
	_, done, ack, err := r.Push(r.now, key, part, true)
	if ack != want || done != wantDone || !errors.Is(err, wantErr) {
		r.Fatalf("part at %d: %v %v, done %v, %v, want %v %v, %v, %v",
			part.Offset, ack.Status, ack, done, err, want.Status, want, wantDone, wantErr)
	}
	if err := r.CheckInvariants(); err != nil {
		r.Fatal(err)
	}
}

var (
	busy    = frag.Ack{Status: frag.StatusBusy}
	restart = frag.Ack{Status: frag.StatusRestart}
	large   = frag.Ack{Status: frag.StatusTooLarge}
	refused = frag.Ack{Status: frag.StatusRefused}
)

func TestReceiverProgress(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before []frag.Part
		asks   frag.Part
		want   frag.Ack
		done   bool
	}{
		{"first", nil, more(0, 4), partial(4, ""), false},
		{"second", nil, more(4, 4), partial(0, "x"), false},
		{"with gaps", []frag.Part{more(0, 4), more(8, 4), more(20, 4)}, more(12, 4), partial(4, "xx-x"), false},
		{"the last alone", nil, last(8, 3), partial(0, ""), false},
		{"the last and another", []frag.Part{last(12, 3)}, more(4, 4), partial(0, "x-x"), false},
		{"the last as the bitmap's last", []frag.Part{more(0, 1)}, last(65, 1), ack(1, 1<<63), false},
		{"the last behind the bitmap", []frag.Part{more(0, 1)}, last(66, 1), partial(1, ""), false},
		{"one as the bitmap's last", nil, more(64, 1), ack(0, 1<<63), false},
		{"one behind the bitmap", nil, more(65, 1), partial(0, ""), false},
		{"one that is here already", []frag.Part{more(4, 4)}, more(4, 4), partial(0, "x"), false},
		{"all", []frag.Part{more(0, 4), last(8, 2)}, more(4, 4), partial(10, ""), true},
		{"all, the last whole", []frag.Part{more(0, 4)}, last(4, 4), partial(8, ""), true},
		{"whole message", nil, last(0, 9), partial(9, ""), true},
		{"no bytes", nil, last(0, 0), partial(0, ""), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := startReceiving(t, frag.DefaultLimits())
			for _, part := range tc.before {
				if _, done, ack, err := r.Push(0, key, part, false); done || ack != (frag.Ack{}) || err != nil {
					t.Fatalf("part at %d, which does not ask: %v, %v, %v", part.Offset, ack, done, err)
				}
			}
			r.asks(key, tc.asks, tc.want, tc.done, nil)
			r.asks(key, tc.asks, tc.want, false, nil) // again, the same
		})
	}
}

func ack(received uint32, bitmap uint64) frag.Ack {
	return frag.Ack{Status: frag.StatusPartial, Received: received, Bitmap: bitmap}
}

func TestReceiverAccept(t *testing.T) {
	r := startReceiving(t, frag.DefaultLimits())
	if _, ok := r.Accept(key); ok {
		t.Error("accepted what never came")
	}
	r.asks(key, more(0, 4), partial(4, ""), false, nil)
	if _, ok := r.Accept(key); ok {
		t.Error("accepted what is not whole")
	}
	r.asks(key, last(4, 2), partial(6, ""), true, nil)
	r.now += time.Hour // nothing expires before somebody decides
	if n := r.Expire(r.now); n != 0 {
		t.Errorf("%d expired", n)
	}
	if _, some := r.NextDeadline(); some {
		t.Error("there is a deadline")
	}
	r.Forget(key.Source) // a new session
	for _, part := range []frag.Part{more(0, 4), last(4, 2)} {
		r.asks(key, part, partial(6, ""), false, nil)
	}
	got, ok := r.Accept(key)
	if want := (frag.Ack{Status: frag.StatusComplete, Received: 6}); !ok || got != want {
		t.Errorf("%v, %v, want %v", got, ok, want)
	}
	if _, ok := r.Accept(key); ok {
		t.Error("accepted twice")
	}
	want := frag.Stats{Completed: 1, Duplicates: 2}
	stats := r.Stats()
	stats.Bytes = 0
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Error(diff)
	}
}

func TestReceiverRefuse(t *testing.T) {
	limits := frag.DefaultLimits()
	r := startReceiving(t, limits)
	if _, ok := r.Refuse(0, key); ok {
		t.Error("refused what never came")
	}
	r.asks(key, last(0, 2), partial(2, ""), true, nil)
	if got, ok := r.Refuse(0, key); !ok || got != refused {
		t.Errorf("%v, %v", got, ok)
	}
	r.now = limits.Timeout - 1
	r.asks(key, last(0, 2), refused, false, frag.ErrRefused)
	r.asks(key, last(0, 2), refused, false, frag.ErrAborted)
	r.now += limits.Timeout
	r.asks(key, last(0, 2), partial(2, ""), true, nil) // forgotten: the link knows the id
}

func TestReceiverRefusals(t *testing.T) {
	limits := frag.DefaultLimits()
	limits.MaxMessage, limits.MaxParts = 100, 10
	for _, tc := range wrongParts {
		t.Run(tc.name, func(t *testing.T) {
			r := startReceiving(t, limits)
			for _, part := range tc.before {
				_, _, _, _ = r.Push(0, key, part, false)
			}
			want := refused
			if errors.Is(tc.want, frag.ErrTooLarge) || errors.Is(tc.want, frag.ErrTooManyParts) {
				want = large
			}
			r.asks(key, tc.wrong, want, false, tc.want)
			r.asks(key, more(0, 4), want, false, frag.ErrAborted)
		})
	}
}

func TestReceiverExpiry(t *testing.T) {
	limits := frag.DefaultLimits()
	r := startReceiving(t, limits)
	r.asks(key, more(0, 4), partial(4, ""), false, nil)
	r.now += limits.Timeout - 1
	r.asks(key, more(4, 4), partial(8, ""), false, nil)
	r.now += limits.Timeout
	r.asks(key, more(8, 4), restart, false, frag.ErrExpired)
	r.now += limits.Timeout - 1 // as long as parts come it is remembered
	r.asks(key, last(12, 4), restart, false, frag.ErrExpired)
	r.asks(key, more(0, 4), partial(4, ""), false, nil)
	r.asks(key, more(8, 4), partial(4, "x"), false, nil)
	r.now += limits.Timeout
	if n := r.Expire(r.now); n != 1 {
		t.Errorf("%d expired, want 1", n)
	}
	if at, ok := r.NextDeadline(); !ok || at != r.now+limits.Timeout {
		t.Errorf("deadline %v, %v", at, ok)
	}
	r.now += limits.Timeout
	r.asks(key, more(8, 4), partial(0, "-x"), false, nil) // forgotten
	stats := r.Stats()
	if stats.Expired != 2 || stats.AfterExpiry != 2 || stats.Partial != 1 {
		t.Errorf("%+v", stats)
	}
}

// TestReceiverShare fills a sender's share, then all, with what waits for the application and what is partial.
func TestReceiverShare(t *testing.T) {
	limits := smallLimits() // 2 messages a sender, 4 in all
	r := startReceiving(t, limits)
	id := func(source uint64, id uint16) frag.Key { return frag.Key{Source: source, ID: id} }
	r.asks(id(1, 1), last(0, 4), partial(4, ""), true, nil)
	r.asks(id(1, 2), more(0, 4), partial(4, ""), false, nil)
	r.asks(id(1, 3), last(0, 4), busy, false, frag.ErrShare)
	r.asks(id(1, 3), more(0, 4), busy, false, frag.ErrShare)
	r.asks(id(2, 1), last(0, 4), partial(4, ""), true, nil)
	r.asks(id(3, 1), last(0, 4), partial(4, ""), true, nil)
	r.asks(id(4, 1), last(0, 4), busy, false, frag.ErrFull)
	r.asks(id(4, 1), last(0, limits.MaxMessage+1), large, false, frag.ErrTooLarge)
	r.asks(id(1, 2), last(4, 1), partial(5, ""), true, nil) // what has its place goes on
	if _, ok := r.Accept(id(1, 1)); !ok {
		t.Fatal("not accepted")
	}
	r.asks(id(1, 3), more(0, 4), partial(4, ""), false, nil)
	r.now = limits.Timeout
	r.asks(id(4, 1), last(0, 4), partial(4, ""), true, nil) // what is expired gives way
	r.asks(id(1, 3), more(4, 4), busy, false, frag.ErrFull)
	if s := r.Stats(); s.Delivered != 4 || s.Partial+s.Aborted != 0 {
		t.Errorf("%+v", s)
	}
}

func TestReceiverRepeats(t *testing.T) {
	const pause = 10 * time.Millisecond
	for _, tc := range []struct {
		name string
		do   func(r *receiving)
		want frag.Ack // a partial one with nothing received: none
	}{
		{"an answer that nothing follows", func(*receiving) {}, partial(4, "x")},
		{"its parts go on", func(r *receiving) { _, _, _, _ = r.Push(r.now, key, more(12, 4), false) }, frag.Ack{}},
		{"others go on", func(r *receiving) { _, _, _, _ = r.Push(r.now, frag.Key{Source: 9}, more(8, 4), false) }, partial(4, "x")},
		{"asked again", func(r *receiving) { r.asks(key, more(8, 4), partial(4, "x"), false, nil) }, partial(4, "x")},
		{"complete", func(r *receiving) {
			_, _, _, _ = r.Push(r.now, key, last(12, 1), false)
			r.asks(key, more(4, 4), partial(13, ""), true, nil)
		}, frag.Ack{}},
		{"aborted", func(r *receiving) { r.asks(key, more(9, 4), refused, false, frag.ErrOffset) }, frag.Ack{}},
		{"forgotten", func(r *receiving) { r.Forget(key.Source) }, frag.Ack{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := startReceiving(t, frag.DefaultLimits())
			_, _, _, _ = r.Push(r.now, key, more(0, 4), false)
			r.asks(key, more(8, 4), partial(4, "x"), false, nil)
			tc.do(r)
			r.now += pause - 1
			if _, _, ok := r.Poll(r.now); ok {
				t.Error("repeated early")
			}
			r.now++
			if at, _ := r.NextDeadline(); tc.want.Bitmap != 0 && at != r.now {
				t.Errorf("deadline %v, want %v", at, r.now)
			}
			about, ack, ok := r.Poll(r.now)
			if ok != (tc.want.Bitmap != 0) || ack != tc.want || ok && about != key {
				t.Errorf("repeats %v of %v, %v, want %v", ack, about, ok, tc.want)
			}
			if _, _, ok := r.Poll(r.now + time.Second); ok {
				t.Error("repeated twice")
			}
		})
	}
}

func TestReceiverMessage(t *testing.T) {
	r := startReceiving(t, frag.DefaultLimits())
	first := more(0, 4)
	first.Mark = true
	_, _, _, _ = r.Push(0, key, first, false)
	whole, done, _, err := r.Push(0, key, last(4, 2), false)
	if !done || err != nil || !whole.Mark || !bytes.Equal(whole.Data, content(0, 6)) {
		t.Errorf("%v, %v, %v", whole, done, err)
	}
}

func TestReceiverLimits(t *testing.T) {
	limits := frag.DefaultLimits()
	limits.MaxParts = 0
	var limit *frag.LimitError
	if _, err := frag.NewReceiver(limits); !errors.As(err, &limit) || limit.Limit != "MaxParts" {
		t.Errorf("%v", err)
	}
}
