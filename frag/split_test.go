package frag_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/frag"
)

// cut returns all parts of a message.
func cut(t testing.TB, message []byte, size int) []frag.Part {
	t.Helper()
	s, err := frag.Split(message, size)
	if err != nil {
		t.Fatal(err)
	}
	var parts []frag.Part
	for part, ok := s.Next(); ok; part, ok = s.Next() {
		parts = append(parts, part)
	}
	return parts
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		name    string
		message string
		size    int
		want    []frag.Part
	}{
		{"empty", "", 4, []frag.Part{{Data: []byte{}}}},
		{"shorter than a part", "abc", 4, []frag.Part{{Data: []byte("abc")}}},
		{"one part", "abcd", 4, []frag.Part{{Data: []byte("abcd")}}},
		{"one byte more", "abcde", 4, []frag.Part{{Data: []byte("abcd"), More: true}, {Offset: 4, Data: []byte("e")}}},
		{"two parts", "abcdefgh", 4, []frag.Part{{Data: []byte("abcd"), More: true}, {Offset: 4, Data: []byte("efgh")}}},
		{"single bytes", "abc", 1, []frag.Part{
			{Data: []byte("a"), More: true},
			{Offset: 1, Data: []byte("b"), More: true},
			{Offset: 2, Data: []byte("c")},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, cut(t, []byte(tc.message), tc.size)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSplitViews(t *testing.T) {
	message := []byte("abcdef")
	parts := cut(t, message, 4)
	if &parts[1].Data[0] != &message[4] {
		t.Error("Data is a copy")
	}
	_ = append(parts[0].Data, "XY"...)
	if string(message) != "abcdef" {
		t.Errorf("appending to a part changed the message: %q", message)
	}
}

func TestSplitAfterTheEnd(t *testing.T) {
	s, err := frag.Split([]byte("abc"), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false, false} {
		if part, ok := s.Next(); ok != want {
			t.Errorf("call %d: %v, %v", i, part, ok)
		}
	}
}

func TestSplitLimits(t *testing.T) {
	longest := make([]byte, frag.MaxMessage+1)
	for _, tc := range []struct {
		name   string
		length int
		size   int
		want   error
	}{
		{"size -1", 0, -1, frag.ErrPartSize},
		{"size 0", 0, 0, frag.ErrPartSize},
		{"size 1", 0, 1, nil},
		{"longest", frag.MaxMessage, 1, nil},
		{"too long", frag.MaxMessage + 1, 1, frag.ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := frag.Split(longest[:tc.length], tc.size); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	// Parts as large as can be: the offset of the second still fits.
	parts := cut(t, longest[:frag.MaxMessage], frag.MaxMessage-1)
	if len(parts) != 2 || parts[1].Offset != frag.MaxMessage-1 {
		t.Errorf("%d parts", len(parts))
	}
}

func TestSplitAllocations(t *testing.T) {
	message := bytes.Repeat([]byte("abc"), 1000)
	var n int
	allocs := testing.AllocsPerRun(100, func() {
		s, _ := frag.Split(message, 7)
		for part, ok := s.Next(); ok; part, ok = s.Next() {
			n += len(part.Data)
		}
	})
	if allocs != 0 || n == 0 {
		t.Errorf("%v allocations, %d bytes", allocs, n)
	}
}

// FuzzSplit checks the parts of any message against the rules of SPEC.md, section 5, and puts them together again.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add([]byte("a"), 1)
	f.Add([]byte("abcdefgh"), 4)
	f.Add([]byte("abcdefghi"), 4)
	f.Add([]byte("abc"), 0)
	f.Add([]byte("abc"), math.MinInt)
	f.Add([]byte("abc"), math.MaxInt)
	limits := frag.Limits{
		MaxMessage: frag.MaxMessage, MaxParts: frag.MaxMessage + 1, MaxMessages: 1, SourceMessages: 1, Timeout: 1,
	}
	limits.SourceBytes = limits.MessageBytes()
	limits.MaxBytes = limits.SourceBytes
	f.Fuzz(func(t *testing.T, message []byte, size int) {
		if _, err := frag.Split(message, size); size < 1 {
			if !errors.Is(err, frag.ErrPartSize) {
				t.Fatalf("size %d: %v", size, err)
			}
			return
		}
		r := newReassembler(t, limits)
		parts, offset := cut(t, message, size), 0
		for i, part := range parts {
			n, final := len(part.Data), i == len(parts)-1
			switch {
			case int(part.Offset) != offset, part.More == final, !final && n != size, n > size, i > 0 && n == 0:
				t.Fatalf("part %d of %d: %d bytes at %d, more %v", i, len(parts), n, part.Offset, part.More)
			}
			whole, done, err := r.Push(0, key, part)
			if err != nil || done != final || done && !bytes.Equal(whole.Data, message) {
				t.Fatalf("part %d of %d: %v, %v, %v", i, len(parts), whole.Data, done, err)
			}
			offset += n
		}
	})
}
