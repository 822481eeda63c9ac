package frag_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/frag"
)

// smallLimits let one sender have 2 of 4 messages and the memory of 2 of 3.
func smallLimits() frag.Limits {
	limits := frag.Limits{MaxMessage: 1000, MaxParts: 100, MaxMessages: 4, SourceMessages: 2, Timeout: time.Second}
	limits.SourceBytes = 2 * limits.MessageBytes()
	limits.MaxBytes = 3 * limits.MessageBytes()
	return limits
}

func TestLimitsRange(t *testing.T) {
	const forever = math.MaxInt64
	base := frag.DefaultLimits()
	need := base.MessageBytes()
	base.SourceBytes, base.MaxBytes = need, need
	for _, tc := range []struct {
		name     string
		set      func(l *frag.Limits, v int64)
		min, max int64
	}{
		{"MaxMessage", func(l *frag.Limits, v int64) {
			l.MaxMessage, l.SourceBytes, l.MaxBytes = int(v), math.MaxInt, math.MaxInt
		}, 1, frag.MaxMessage},
		{"MaxParts", func(l *frag.Limits, v int64) {
			l.MaxParts, l.SourceBytes, l.MaxBytes = int(v), math.MaxInt, math.MaxInt
		}, 1, frag.MaxMessage + 1},
		{"SourceMessages", func(l *frag.Limits, v int64) {
			l.SourceMessages, l.MaxMessages = int(v), math.MaxInt
		}, 1, forever},
		{"MaxMessages", func(l *frag.Limits, v int64) { l.SourceMessages, l.MaxMessages = 8, int(v) }, 8, forever},
		{"SourceBytes", func(l *frag.Limits, v int64) {
			l.SourceBytes, l.MaxBytes = int(v), math.MaxInt
		}, int64(need), forever},
		{"MaxBytes", func(l *frag.Limits, v int64) { l.MaxBytes = int(v) }, int64(need), forever},
		{"Timeout", func(l *frag.Limits, v int64) { l.Timeout = time.Duration(v) }, 1, int64(24 * time.Hour)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			values := map[int64]bool{math.MinInt: false, tc.min - 1: false, tc.min: true}
			if tc.max < forever {
				values[tc.max], values[tc.max+1] = true, false
			} else {
				values[math.MaxInt] = true
			}
			for v, valid := range values {
				limits := base
				tc.set(&limits, v)
				_, err := frag.NewReassembler(limits)
				var got *frag.LimitError
				if errors.As(err, &got) == valid {
					t.Errorf("%d: %v", v, err)
				}
				if valid {
					continue
				}
				want := &frag.LimitError{Limit: tc.name, Value: v, Min: tc.min, Max: tc.max}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestLimitError(t *testing.T) {
	for _, tc := range []struct {
		set  func(*frag.Limits)
		want string
	}{
		{func(l *frag.Limits) { l.MaxMessage = 0 }, "frag: MaxMessage is 0; set it to 1..268435455"},
		{func(l *frag.Limits) { l.SourceMessages = -1 }, "frag: SourceMessages is -1; set it to at least 1"},
		{func(l *frag.Limits) { l.Timeout = 25 * time.Hour }, "frag: Timeout is 25h0m0s; set it to 1ns..24h0m0s"},
	} {
		limits := frag.DefaultLimits()
		tc.set(&limits)
		if _, err := frag.NewReassembler(limits); err == nil || err.Error() != tc.want {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

func TestMaxMessage(t *testing.T) {
	limits := smallLimits()
	for _, tc := range []struct {
		name   string
		length int
		size   int
		want   error // of the last part
	}{
		{"whole, at the limit", 1000, 1000, nil},
		{"whole, above", 1001, 1001, frag.ErrTooLarge},
		{"in parts, at the limit", 1000, 300, nil},
		{"in parts, above", 1001, 300, frag.ErrTooLarge},
		{"in parts that fill it", 1000, 250, nil},
		{"in parts, 1 byte behind those that fill it", 1001, 250, frag.ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			message := content(0, tc.length)
			for _, lastFirst := range []bool{false, true} {
				r := newReassembler(t, limits)
				parts := cut(t, message, tc.size)
				end := len(parts) - 1
				if lastFirst {
					parts[0], parts[end] = parts[end], parts[0]
				}
				switch {
				case tc.want != nil && lastFirst:
					refuse(t, r, 0, key, parts[0], tc.want)
					continue
				case tc.want != nil:
					for _, part := range parts[:end] {
						take(t, r, 0, key, part)
					}
					refuse(t, r, 0, key, parts[end], tc.want)
				default:
					for _, part := range parts[:end] {
						take(t, r, 0, key, part)
					}
					complete(t, r, 0, key, parts[end], message)
				}
			}
		})
	}
}

func TestMaxParts(t *testing.T) {
	for _, maxParts := range []int{1, 2, 3, 100} {
		limits := smallLimits()
		limits.MaxParts = maxParts
		n := 3 // bytes a part
		message := content(0, maxParts*n)
		parts := cut(t, message, n)

		r := newReassembler(t, limits)
		for _, part := range parts[:maxParts-1] {
			take(t, r, 0, key, part)
		}
		complete(t, r, 0, key, parts[maxParts-1], message)
		for i := maxParts - 1; i > 0; i-- {
			take(t, r, 0, key, parts[i])
		}
		complete(t, r, 0, key, parts[0], message)

		// A part that others follow can't be the last there may be.
		refuse(t, r, 0, frag.Key{Source: 3}, more((maxParts-1)*n, n), frag.ErrTooManyParts)
		if maxParts == 1 {
			refuse(t, r, 0, frag.Key{Source: 4}, last(n, 1), frag.ErrTooManyParts)
			continue
		}
		take(t, r, 0, frag.Key{Source: 4}, more(0, n))
		refuse(t, r, 0, frag.Key{Source: 4}, last(maxParts*n, 0), frag.ErrTooManyParts)
		take(t, r, 0, frag.Key{Source: 5}, last(maxParts*n, 0))
		refuse(t, r, 0, frag.Key{Source: 5}, more(0, n), frag.ErrTooManyParts)
	}
}

func TestMessageLimits(t *testing.T) {
	// A part that begins a message, and one that aborts it.
	begin, wrong := more(0, 4), more(0, 0)
	id := func(source, id int) frag.Key { return frag.Key{Source: uint64(source), ID: uint16(id)} }

	t.Run("share", func(t *testing.T) {
		r := newReassembler(t, smallLimits())
		take(t, r, 0, id(1, 1), begin)
		take(t, r, 0, id(1, 2), begin)
		refuse(t, r, 0, id(1, 3), begin, frag.ErrShare)
		complete(t, r, 0, id(1, 3), last(0, 4), content(0, 4)) // a whole message needs no place
		complete(t, r, 0, id(1, 1), last(4, 4), content(0, 8))
		take(t, r, 0, id(1, 3), begin)
		refuse(t, r, 0, id(1, 4), begin, frag.ErrShare)
	})
	t.Run("all", func(t *testing.T) {
		r := newReassembler(t, smallLimits())
		for i := range 4 {
			take(t, r, 0, id(i, 1), begin)
		}
		refuse(t, r, 0, id(4, 1), begin, frag.ErrFull)
		if _, _, err := r.Push(0, id(4, 1), begin); errors.Is(err, frag.ErrShare) {
			t.Errorf("the sender has its share: %v", err)
		}
		r.Forget(2)
		take(t, r, 0, id(4, 1), begin)
		refuse(t, r, 0, id(5, 1), begin, frag.ErrFull)
	})
	t.Run("aborted ones make room", func(t *testing.T) {
		r := newReassembler(t, smallLimits())
		refuse(t, r, 0, id(1, 1), wrong, frag.ErrEmptyPart)
		refuse(t, r, 1, id(1, 2), wrong, frag.ErrEmptyPart)
		refuse(t, r, 2, id(1, 1), begin, frag.ErrAborted) // so that the second is the oldest
		take(t, r, 3, id(1, 3), begin)
		refuse(t, r, 3, id(1, 1), begin, frag.ErrAborted)
		take(t, r, 3, id(1, 2), begin) // in the place of the first
		refuse(t, r, 3, id(1, 1), begin, frag.ErrShare)
		for i := range 2 {
			refuse(t, r, 4, id(2+i, 1), wrong, frag.ErrEmptyPart)
		}
		take(t, r, 5, id(4, 1), begin)                    // in the place of the oldest
		refuse(t, r, 6, id(3, 1), begin, frag.ErrAborted) // still there
		take(t, r, 7, id(5, 1), begin)
		refuse(t, r, 8, id(3, 1), begin, frag.ErrFull) // forgotten, and all others go on
	})
	t.Run("one message a sender", func(t *testing.T) {
		limits := smallLimits()
		limits.SourceMessages, limits.MaxMessages = 1, 1
		r := newReassembler(t, limits)
		refuse(t, r, 0, id(1, 1), wrong, frag.ErrEmptyPart)
		take(t, r, 0, id(1, 2), begin)
		refuse(t, r, 0, id(1, 3), begin, frag.ErrShare)
		refuse(t, r, 0, id(2, 3), begin, frag.ErrFull)
		if err := r.CheckInvariants(); err != nil {
			t.Error(err)
		}
	})
}

func TestTime(t *testing.T) {
	limits := smallLimits() // 1 s
	deadline := func(r *frag.Reassembler, want time.Duration, wantAny bool) {
		t.Helper()
		if got, some := r.NextDeadline(); some != wantAny || some && got != want {
			t.Errorf("NextDeadline: %v, %v, want %v, %v", got, some, want, wantAny)
		}
	}
	expire := func(r *frag.Reassembler, now time.Duration, want int) {
		t.Helper()
		if got := r.Expire(now); got != want {
			t.Errorf("Expire at %v: %d, want %d", now, got, want)
		}
		if err := r.CheckInvariants(); err != nil {
			t.Error(err)
		}
	}
	other := frag.Key{Source: 2, ID: 2}

	t.Run("nothing there", func(t *testing.T) {
		r := newReassembler(t, limits)
		deadline(r, 0, false)
		expire(r, time.Hour, 0)
		complete(t, r, 0, key, last(0, 3), content(0, 3))
		deadline(r, 0, false)
	})
	t.Run("each part counts", func(t *testing.T) {
		r := newReassembler(t, limits)
		take(t, r, 100, key, more(0, 4))
		deadline(r, time.Second+100, true)
		take(t, r, 200, other, more(0, 4))
		deadline(r, time.Second+100, true)
		take(t, r, 300, key, more(4, 4))
		deadline(r, time.Second+200, true)
		take(t, r, 400, key, more(4, 4)) // a duplicate
		expire(r, time.Second+199, 0)
		expire(r, time.Second+200, 1)
		deadline(r, time.Second+400, true)
		expire(r, time.Second+399, 0)
		complete(t, r, time.Second+399, key, last(8, 1), content(0, 9))
		deadline(r, 0, false)
	})
	t.Run("several at once", func(t *testing.T) {
		r := newReassembler(t, limits)
		take(t, r, 0, key, more(0, 4))
		take(t, r, 0, other, more(0, 4))
		refuse(t, r, 0, frag.Key{Source: 3}, more(0, 0), frag.ErrEmptyPart)
		expire(r, time.Second, 2) // partial ones
		if s := r.Stats(); s.Partial != 0 || s.Aborted != 0 || s.Expired != 2 {
			t.Errorf("%+v", s)
		}
	})
	for _, tc := range []struct {
		name string
		now  time.Duration
		lost bool
	}{{"just in time", time.Second - 1, false}, {"too late", time.Second, true}} {
		t.Run("Push expires: "+tc.name, func(t *testing.T) {
			r := newReassembler(t, limits)
			take(t, r, 0, key, more(0, 4))
			if whole, done, err := r.Push(tc.now, key, last(4, 1)); done == tc.lost || err != nil {
				t.Errorf("%v, %v, %v", whole, done, err)
			}
			take(t, r, 2*time.Second, key, more(0, 4))
			take(t, r, 2*time.Second+tc.now, key, more(4, 4))
			if _, done, err := r.Push(2*time.Second+tc.now, key, last(8, 1)); done == tc.lost || err != nil {
				t.Errorf("%v, %v", done, err)
			}
		})
	}
	t.Run("aborted", func(t *testing.T) {
		r := newReassembler(t, limits)
		refuse(t, r, 0, key, more(0, 0), frag.ErrEmptyPart)
		deadline(r, time.Second, true)
		refuse(t, r, time.Second-1, key, last(0, 1), frag.ErrAborted) // begins to wait anew
		refuse(t, r, 2*time.Second-2, key, last(0, 1), frag.ErrAborted)
		expire(r, 3*time.Second-3, 0)
		expire(r, 3*time.Second-2, 0) // it counts partial ones, and forgets this
		deadline(r, 0, false)
		complete(t, r, 3*time.Second-2, key, last(0, 1), content(0, 1))
	})
	t.Run("expiry frees", func(t *testing.T) {
		r := newReassembler(t, limits)
		for id := range uint16(2) {
			take(t, r, 0, frag.Key{Source: 1, ID: id}, last(999, 1))
		}
		refuse(t, r, time.Second-1, frag.Key{Source: 1, ID: 3}, last(999, 1), frag.ErrShare)
		for id := range uint16(2) {
			take(t, r, time.Second, frag.Key{Source: 1, ID: 3 + id}, last(999, 1))
		}
	})
}

func TestForget(t *testing.T) {
	r := newReassembler(t, smallLimits())
	first, second, other := frag.Key{Source: 1, ID: 1}, frag.Key{Source: 1, ID: 2}, frag.Key{Source: 2, ID: 1}
	take(t, r, 0, first, more(0, 4))
	refuse(t, r, 0, second, more(0, 0), frag.ErrEmptyPart)
	take(t, r, 0, other, more(0, 4))
	for _, tc := range []struct {
		source uint64
		want   int // partial ones
	}{{9, 0}, {1, 1}, {1, 0}} {
		if got := r.Forget(tc.source); got != tc.want {
			t.Errorf("Forget(%d): %d, want %d", tc.source, got, tc.want)
		}
		if err := r.CheckInvariants(); err != nil {
			t.Error(err)
		}
	}
	take(t, r, 0, first, last(4, 4)) // of what was there nothing is left
	complete(t, r, 0, second, last(0, 1), content(0, 1))
	complete(t, r, 0, other, last(4, 1), content(0, 5))
}
