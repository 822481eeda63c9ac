package frag_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/frag"
)

var key = frag.Key{Source: 1, ID: 2}

func newReassembler(t testing.TB, limits frag.Limits) *frag.Reassembler {
	t.Helper()
	r, err := frag.NewReassembler(limits)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// take pushes a part that must be taken and must not complete its message.
func take(t testing.TB, r *frag.Reassembler, now time.Duration, key frag.Key, part frag.Part) {
	t.Helper()
	if whole, done, err := r.Push(now, key, part); done || err != nil {
		t.Fatalf("part at %d: %v, %v, %v", part.Offset, whole, done, err)
	}
}

// complete pushes a part that must complete its message.
func complete(t testing.TB, r *frag.Reassembler, now time.Duration, key frag.Key, part frag.Part, want []byte) {
	t.Helper()
	whole, done, err := r.Push(now, key, part)
	if !done || err != nil || !bytes.Equal(whole.Data, want) {
		t.Fatalf("part at %d: %v, %v, %v, want %v", part.Offset, whole, done, err, want)
	}
}

// refuse pushes a part that must be refused.
func refuse(t testing.TB, r *frag.Reassembler, now time.Duration, key frag.Key, part frag.Part, want error) {
	t.Helper()
	if whole, done, err := r.Push(now, key, part); done || whole.Data != nil || !errors.Is(err, want) {
		t.Fatalf("part at %d: %v, %v, %v, want %v", part.Offset, whole, done, err, want)
	}
}

// more and last are the two kinds of parts; their bytes follow from where they stand.
func more(offset, n int) frag.Part {
	return frag.Part{Offset: uint32(offset), Data: content(offset, n), More: true}
}

func last(offset, n int) frag.Part {
	return frag.Part{Offset: uint32(offset), Data: content(offset, n)}
}

func content(offset, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte((offset + i) * 37 >> 2)
	}
	return data
}

func TestReassemble(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parts []frag.Part // the last of them completes the message
		want  int         // bytes
	}{
		{"empty message", []frag.Part{last(0, 0)}, 0},
		{"whole message", []frag.Part{last(0, 9)}, 9},
		{"in order", []frag.Part{more(0, 4), more(4, 4), last(8, 2)}, 10},
		{"last first", []frag.Part{last(8, 2), more(0, 4), more(4, 4)}, 10},
		{"last first, then its neighbour", []frag.Part{last(8, 2), more(4, 4), more(0, 4)}, 10},
		{"last in the middle", []frag.Part{more(4, 4), last(8, 2), more(0, 4)}, 10},
		{"last as large as the others", []frag.Part{last(4, 4), more(0, 4)}, 8},
		{"last without bytes", []frag.Part{more(0, 4), last(4, 0)}, 4},
		{"last without bytes first", []frag.Part{last(8, 0), more(4, 4), more(0, 4)}, 8},
		{"duplicates", []frag.Part{more(4, 4), more(4, 4), last(8, 1), last(8, 1), more(4, 4), more(0, 4)}, 9},
		{"duplicate of a last first", []frag.Part{last(8, 1), last(8, 1), more(0, 4), last(8, 1), more(4, 4)}, 9},
		{"parts of 1 byte", []frag.Part{more(1, 1), last(2, 1), more(0, 1)}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReassembler(t, frag.DefaultLimits())
			final := len(tc.parts) - 1
			for _, part := range tc.parts[:final] {
				take(t, r, 0, key, part)
			}
			complete(t, r, 0, key, tc.parts[final], content(0, tc.want))
			if err := r.CheckInvariants(); err != nil {
				t.Error(err)
			}
			if s := r.Stats(); s.Partial != 0 || s.Completed != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestMark(t *testing.T) {
	mark := func(part frag.Part) frag.Part {
		part.Mark = true
		return part
	}
	for _, tc := range []struct {
		name  string
		parts []frag.Part
		want  bool
	}{
		{"whole", []frag.Part{mark(last(0, 3))}, true},
		{"first", []frag.Part{mark(more(0, 4)), more(4, 4), last(8, 1)}, true},
		{"first, which comes last", []frag.Part{last(8, 1), more(4, 4), mark(more(0, 4))}, true},
		{"first, of which a duplicate says otherwise", []frag.Part{mark(more(0, 4)), more(0, 4), last(4, 1)}, true},
		{"all but the first", []frag.Part{more(0, 4), mark(more(4, 4)), mark(last(8, 1))}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReassembler(t, frag.DefaultLimits())
			for i, part := range tc.parts {
				whole, done, err := r.Push(0, key, part)
				if err != nil || done != (i == len(tc.parts)-1) || whole.Mark != (done && tc.want) {
					t.Fatalf("part %d: %v, %v, %v", i, whole, done, err)
				}
			}
			// The next message of the same memory is not marked.
			take(t, r, 0, key, more(0, 4))
			if whole, done, _ := r.Push(0, key, last(4, 1)); !done || whole.Mark {
				t.Errorf("the next: %v, %v", whole, done)
			}
		})
	}
}

func differing(part frag.Part) frag.Part {
	part.Data = bytes.Clone(part.Data)
	part.Data[len(part.Data)-1] ^= 1
	return part
}

// wrongParts are parts that break a rule after others, each with the error.
var wrongParts = []struct {
	name   string
	before []frag.Part
	wrong  frag.Part
	want   error
}{
	{"whole message past the end", nil, last(0, 101), frag.ErrTooLarge},
	{"last past the end", nil, last(95, 6), frag.ErrTooLarge},
	{"part past the end", nil, more(96, 6), frag.ErrTooLarge},
	{"offset + length overflows", nil, frag.Part{Offset: 1<<32 - 1, Data: content(0, 1)}, frag.ErrTooLarge},
	{"it overflows with more", nil, frag.Part{Offset: 1<<32 - 8, Data: content(0, 8), More: true}, frag.ErrTooLarge},
	{"past the end, not a multiple", []frag.Part{more(80, 16)}, more(90, 16), frag.ErrTooLarge},
	{"empty", nil, more(0, 0), frag.ErrEmptyPart},
	{"empty, later", []frag.Part{more(0, 4)}, more(4, 0), frag.ErrEmptyPart},
	{"not a multiple", nil, more(3, 4), frag.ErrOffset},
	{"overlap", []frag.Part{more(0, 4)}, more(2, 4), frag.ErrOffset},
	{"overlap, ahead of room", []frag.Part{more(0, 4)}, more(90, 4), frag.ErrOffset},
	{"last not at a multiple", []frag.Part{more(0, 4)}, last(7, 1), frag.ErrOffset},
	{"last first, not at a multiple", []frag.Part{last(7, 1)}, more(0, 4), frag.ErrOffset},
	{"smaller", []frag.Part{more(0, 4)}, more(4, 2), frag.ErrMismatch},
	{"larger", []frag.Part{more(0, 4)}, more(8, 8), frag.ErrMismatch},
	{"same place, smaller", []frag.Part{more(0, 4)}, more(0, 2), frag.ErrMismatch},
	{"last larger", []frag.Part{more(0, 4)}, last(4, 5), frag.ErrMismatch},
	{"last first, larger", []frag.Part{last(8, 5)}, more(0, 4), frag.ErrMismatch},
	{"end moves up", []frag.Part{more(0, 4), last(8, 2)}, last(12, 2), frag.ErrMismatch},
	{"end moves down", []frag.Part{more(0, 4), last(8, 2)}, last(4, 2), frag.ErrMismatch},
	{"two ends, size unknown", []frag.Part{last(8, 2)}, last(12, 2), frag.ErrMismatch},
	{"two ends in one place", []frag.Part{last(8, 2)}, last(8, 3), frag.ErrMismatch},
	{"end where a part is", []frag.Part{more(4, 4)}, last(4, 4), frag.ErrMismatch},
	{"end before a part", []frag.Part{more(8, 4)}, last(4, 4), frag.ErrMismatch},
	{"whole after a part", []frag.Part{more(4, 4)}, last(0, 4), frag.ErrMismatch},
	{"whole after the last", []frag.Part{last(4, 4)}, last(0, 4), frag.ErrMismatch},
	{"part in the last's place", []frag.Part{last(4, 4)}, more(4, 4), frag.ErrMismatch},
	{"part behind the last", []frag.Part{more(4, 4), last(8, 4)}, more(12, 4), frag.ErrMismatch},
	{"size makes a part reach into the last", []frag.Part{last(8, 4)}, more(8, 8), frag.ErrMismatch},
	{"other bytes", []frag.Part{more(0, 4)}, differing(more(0, 4)), frag.ErrMismatch},
	{"other bytes in the last", []frag.Part{last(8, 4)}, differing(last(8, 4)), frag.ErrMismatch},
	{"too many parts", nil, more(9, 1), frag.ErrTooManyParts},
	{"last too many", []frag.Part{more(0, 1)}, last(10, 1), frag.ErrTooManyParts},
	{"last first too many", []frag.Part{last(10, 1)}, more(0, 1), frag.ErrTooManyParts},
}

func TestAbort(t *testing.T) {
	limits := frag.DefaultLimits()
	limits.MaxMessage, limits.MaxParts = 100, 10
	for _, tc := range wrongParts {
		for _, elsewhere := range []bool{false, true} { // with a part of another message between
			name := tc.name
			if elsewhere {
				name += ", elsewhere between"
			}
			t.Run(name, func(t *testing.T) {
				r := newReassembler(t, limits)
				for _, part := range tc.before {
					take(t, r, 0, key, part)
				}
				if elsewhere {
					take(t, r, 0, frag.Key{Source: 9}, more(0, 4))
				}
				refuse(t, r, 0, key, tc.wrong, tc.want)
				if err := r.CheckInvariants(); err != nil {
					t.Error(err)
				}
				// Whatever comes next is refused, and says why.
				for _, part := range append(slices.Clone(tc.before), tc.wrong, more(0, 4), last(0, 1), last(0, 0)) {
					refuse(t, r, 1, key, part, frag.ErrAborted)
					refuse(t, r, 1, key, part, tc.want)
				}
				// Others go on, the sender's own too.
				complete(t, r, 1, frag.Key{Source: key.Source, ID: 3}, last(0, 5), content(0, 5))
				if elsewhere {
					complete(t, r, 1, frag.Key{Source: 9}, last(4, 1), content(0, 5))
				}
				// After a while without a part the id is free again.
				complete(t, r, 1+limits.Timeout, key, last(0, 5), content(0, 5))
			})
		}
	}
}

func TestCounters(t *testing.T) {
	limits := frag.DefaultLimits()
	limits.MaxMessage, limits.MaxParts, limits.MaxMessages, limits.SourceMessages = 100, 10, 3, 2
	for _, tc := range []struct {
		name string
		do   func(t *testing.T, r *frag.Reassembler)
		want frag.Stats
	}{
		{"completed", func(t *testing.T, r *frag.Reassembler) {
			complete(t, r, 0, key, last(0, 3), content(0, 3))
			take(t, r, 0, key, more(0, 3))
			complete(t, r, 0, key, last(3, 3), content(0, 6))
		}, frag.Stats{Completed: 2}},
		{"duplicates", func(t *testing.T, r *frag.Reassembler) {
			for range 3 {
				take(t, r, 0, key, more(4, 4))
			}
		}, frag.Stats{Partial: 1, Duplicates: 2}},
		{"expired", func(t *testing.T, r *frag.Reassembler) {
			take(t, r, 0, key, more(4, 4))
			refuse(t, r, 0, frag.Key{Source: 5}, more(4, 0), frag.ErrEmptyPart)
			r.Expire(limits.Timeout)
		}, frag.Stats{Expired: 1, EmptyPart: 1}},
		{"forgotten", func(t *testing.T, r *frag.Reassembler) {
			take(t, r, 0, key, more(4, 4))
			r.Forget(key.Source)
		}, frag.Stats{Forgotten: 1}},
		{"after abort", func(t *testing.T, r *frag.Reassembler) {
			refuse(t, r, 0, key, more(1, 4), frag.ErrOffset)
			refuse(t, r, 0, key, more(1, 4), frag.ErrAborted)
		}, frag.Stats{Aborted: 1, Offset: 1, AfterAbort: 1}},
		{"too large", func(t *testing.T, r *frag.Reassembler) {
			refuse(t, r, 0, key, last(100, 1), frag.ErrTooLarge)
		}, frag.Stats{Aborted: 1, TooLarge: 1}},
		{"too many parts", func(t *testing.T, r *frag.Reassembler) {
			refuse(t, r, 0, key, more(10, 1), frag.ErrTooManyParts)
		}, frag.Stats{Aborted: 1, TooManyParts: 1}},
		{"mismatch", func(t *testing.T, r *frag.Reassembler) {
			take(t, r, 0, key, more(4, 4))
			refuse(t, r, 0, key, more(4, 2), frag.ErrMismatch)
		}, frag.Stats{Aborted: 1, Mismatch: 1}},
		{"full and share", func(t *testing.T, r *frag.Reassembler) {
			take(t, r, 0, frag.Key{Source: 1, ID: 1}, more(4, 4))
			take(t, r, 0, frag.Key{Source: 1, ID: 2}, more(4, 4))
			refuse(t, r, 0, frag.Key{Source: 1, ID: 3}, more(4, 4), frag.ErrShare)
			take(t, r, 0, frag.Key{Source: 2, ID: 1}, more(4, 4))
			refuse(t, r, 0, frag.Key{Source: 2, ID: 2}, more(4, 4), frag.ErrFull)
			refuse(t, r, 0, frag.Key{Source: 3, ID: 1}, more(4, 4), frag.ErrFull)
			refuse(t, r, 0, frag.Key{Source: 3, ID: 1}, more(4, 0), frag.ErrEmptyPart) // which is worse than no room
		}, frag.Stats{Partial: 3, Full: 2, Share: 1, EmptyPart: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReassembler(t, limits)
			tc.do(t, r)
			got := r.Stats()
			got.Bytes = 0 // TestBytes looks at these
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGrowth makes the buffers of bytes and of bits grow, from the front, from behind and by jumps.
func TestGrowth(t *testing.T) {
	message := content(0, 5001)
	for _, size := range []int{1, 7, 700} {
		inOrder := cut(t, message, size)
		reversed := slices.Clone(inOrder)
		slices.Reverse(reversed)
		jumping := slices.Clone(inOrder)
		for i := range len(jumping) / 4 {
			jumping[2*i], jumping[len(jumping)-1-2*i] = jumping[len(jumping)-1-2*i], jumping[2*i]
		}
		for name, parts := range map[string][]frag.Part{"in order": inOrder, "reversed": reversed, "jumping": jumping} {
			r := newReassembler(t, frag.DefaultLimits())
			for i, part := range parts[:len(parts)-1] {
				take(t, r, 0, key, part)
				if err := r.CheckInvariants(); err != nil {
					t.Fatalf("%s, part %d: %v", name, i, err)
				}
			}
			complete(t, r, 0, key, parts[len(parts)-1], message)
		}
	}
}

// TestReturnedDataStays checks that a message is untouched until the next call, though its buffer is free again.
func TestReturnedDataStays(t *testing.T) {
	r := newReassembler(t, frag.DefaultLimits())
	for round := range 3 {
		take(t, r, 0, key, frag.Part{Offset: 200, Data: []byte{byte(round)}})
		whole, done, err := r.Push(0, key, more(0, 200))
		r.Stats()
		if want := append(content(0, 200), byte(round)); !done || err != nil || !bytes.Equal(whole.Data, want) {
			t.Fatalf("round %d: %v, %v, %v", round, whole, done, err)
		}
		if cap(whole.Data) != len(whole.Data) {
			t.Errorf("appending to the message would write into a buffer: %d of %d", len(whole.Data), cap(whole.Data))
		}
	}
}

func TestErrors(t *testing.T) {
	if !errors.Is(frag.ErrShare, frag.ErrFull) || errors.Is(frag.ErrFull, frag.ErrShare) {
		t.Error("ErrShare must be an ErrFull, not the other way")
	}
	r := newReassembler(t, frag.DefaultLimits())
	refuse(t, r, 0, key, more(3, 2), frag.ErrOffset)
	_, _, err := r.Push(0, key, more(0, 2))
	const want = "frag: the message was aborted; send it anew under a new id: " +
		"frag: the offset is not a multiple of the parts' size; cut the message into equal parts"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

// TestAllocations lets several messages go on at once, in and out of order, with duplicates, aborts and expiry.
func TestAllocations(t *testing.T) {
	limits := frag.DefaultLimits()
	r := newReassembler(t, limits)
	message := content(0, 20_000)
	inOrder := cut(t, message, 219)
	shuffled := slices.Clone(inOrder)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	now, completed := time.Duration(0), 0
	round := func() {
		for i := range inOrder {
			for source := range uint64(4) {
				part := inOrder[i]
				if source%2 == 1 {
					part = shuffled[i]
				}
				for _, id := range []uint16{1, 1, 2} {
					if _, done, _ := r.Push(now, frag.Key{Source: source, ID: id}, part); done {
						completed++
					}
				}
			}
		}
		_, _, _ = r.Push(now, frag.Key{Source: 7, ID: 1}, inOrder[3])
		_, _, _ = r.Push(now, frag.Key{Source: 7, ID: 1}, shuffled[3])
		_, _, _ = r.Push(now, frag.Key{Source: 8, ID: 1}, frag.Part{Offset: 1, Data: message[:2], More: true})
		r.Forget(7)
		now += limits.Timeout
		r.Expire(now)
	}
	round()
	if allocs := testing.AllocsPerRun(20, round); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if s := r.Stats(); completed == 0 || s.Expired == 0 || s.Duplicates == 0 || s.Offset == 0 {
		t.Errorf("%d messages came back; %+v", completed, s)
	}
	if err := r.CheckInvariants(); err != nil {
		t.Error(err)
	}
}
