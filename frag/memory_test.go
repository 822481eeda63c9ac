package frag_test

import (
	"testing"

	"github.com/esp-now-network/esp-now-network/frag"
)

func TestBytes(t *testing.T) {
	// A last part that ends at 1000 holds a buffer of 1024 bytes; with a part before it, one of 64 for the bits too.
	limits := smallLimits()
	limits.MaxMessages, limits.SourceMessages = 1000, 1000
	held := func(r *frag.Reassembler, want int) {
		t.Helper()
		if got := r.Stats().Bytes; got != want {
			t.Errorf("%d bytes held, want %d", got, want)
		}
		if err := r.CheckInvariants(); err != nil {
			t.Error(err)
		}
	}
	if got, want := limits.MessageBytes(), (1024+64)*3/2; got != want {
		t.Fatalf("MessageBytes: %d, want %d", got, want)
	}
	limits.MaxParts = frag.MaxMessage // more than there can be
	if got, want := limits.MessageBytes(), (1024+128)*3/2; got != want {
		t.Fatalf("MessageBytes: %d, want %d", got, want)
	}

	for _, tc := range []struct {
		name        string
		sourceBytes int
		want        error // of the second message
	}{
		{"share, enough", limits.MessageBytes() + 1024, nil},
		{"share, 1 byte short", 2*1024 - 1, frag.ErrShare},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limits := limits
			limits.SourceBytes = tc.sourceBytes
			r := newReassembler(t, limits)
			take(t, r, 0, frag.Key{Source: 1, ID: 1}, last(999, 1))
			held(r, 1024)
			second := frag.Key{Source: 1, ID: 2}
			if tc.want == nil {
				take(t, r, 0, second, last(999, 1))
				held(r, 2*1024)
				return
			}
			refuse(t, r, 0, second, last(999, 1), tc.want)
			held(r, 1024)
			take(t, r, 0, frag.Key{Source: 2, ID: 2}, last(999, 1)) // another has its own share
			held(r, 2*1024)
			take(t, r, 0, second, last(60, 1)) // and what needs less still finds room
			held(r, 2*1024+64)
		})
	}
	for _, tc := range []struct {
		name     string
		maxBytes int
		want     error // of the third message
	}{
		{"all, enough", 3 * 1024, nil},
		{"all, 1 byte short", 3*1024 - 1, frag.ErrFull},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limits := limits
			limits.SourceBytes, limits.MaxBytes = limits.MessageBytes(), tc.maxBytes
			r := newReassembler(t, limits)
			for source := range uint64(2) {
				take(t, r, 0, frag.Key{Source: source}, last(999, 1))
			}
			third := frag.Key{Source: 3}
			if tc.want == nil {
				take(t, r, 0, third, last(999, 1))
				held(r, 3*1024)
				return
			}
			refuse(t, r, 0, third, last(999, 1), tc.want)
			held(r, 2*1024)
			r.Forget(0)
			held(r, 2*1024) // kept for reuse
			take(t, r, 0, third, last(999, 1))
			held(r, 2*1024)
		})
	}
	t.Run("no room to grow leaves the message", func(t *testing.T) {
		limits := limits
		limits.SourceBytes, limits.MaxBytes = limits.MessageBytes(), limits.MessageBytes()
		r := newReassembler(t, limits)
		take(t, r, 0, key, more(0, 64))
		take(t, r, 0, frag.Key{Source: 9}, last(999, 1))
		refuse(t, r, 0, key, last(999, 0), frag.ErrOffset) // which counts before room
		take(t, r, 0, frag.Key{Source: 8}, more(0, 64))
		refuse(t, r, 0, frag.Key{Source: 8}, last(960, 40), frag.ErrFull)
		take(t, r, 0, frag.Key{Source: 8}, more(0, 64))
		r.Forget(9)
		take(t, r, 0, frag.Key{Source: 8}, last(960, 40))
		for offset := 64; offset < 896; offset += 64 {
			take(t, r, 0, frag.Key{Source: 8}, more(offset, 64))
		}
		complete(t, r, 0, frag.Key{Source: 8}, more(896, 64), content(0, 1000))
	})
	t.Run("once its end and size are known, a message needs no more", func(t *testing.T) {
		limits := limits
		limits.SourceBytes, limits.MaxBytes = limits.MessageBytes(), limits.MessageBytes()
		r := newReassembler(t, limits)
		message := content(0, 1000)
		parts := cut(t, message, 1)
		take(t, r, 0, key, parts[999])
		take(t, r, 0, key, parts[0])
		held(r, 1024+128)
		for source := uint64(10); ; source++ { // others take the rest
			if _, _, err := r.Push(0, frag.Key{Source: source}, last(1, 1)); err != nil {
				break
			}
		}
		for _, part := range parts[1:998] {
			take(t, r, 0, key, part)
		}
		complete(t, r, 0, key, parts[998], message)
	})
	for _, tc := range []struct {
		name   string
		others []frag.Part // of other messages
		want   int         // bytes of the message's data after it grew from 512
	}{
		{"ample growth", []frag.Part{last(4000, 1)}, 2048},
		{"ample growth, no room with the bits", []frag.Part{last(4000, 1), last(100, 1)}, 1024},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limits := limits
			limits.MaxMessage, limits.MaxParts = 4096, 4096
			limits.SourceBytes, limits.MaxBytes = limits.MessageBytes(), limits.MessageBytes() // (4096 + 512) * 3/2
			r := newReassembler(t, limits)
			for i, part := range tc.others {
				take(t, r, 0, frag.Key{Source: uint64(10 + i)}, part)
			}
			others := r.Lent()
			take(t, r, 0, key, more(511, 1))
			if got, want := r.Lent()-others, 512+64; got != want {
				t.Fatalf("%d bytes, want %d", got, want)
			}
			take(t, r, 0, key, more(512, 1))
			if got, want := r.Lent()-others, tc.want+128; got != want {
				t.Errorf("%d bytes, want %d", got, want)
			}
		})
	}
	t.Run("kept buffers make room for other sizes", func(t *testing.T) {
		limits := limits
		limits.SourceBytes, limits.MaxBytes = limits.MessageBytes(), limits.MessageBytes()
		r := newReassembler(t, limits)
		take(t, r, 0, key, last(999, 1))
		r.Forget(key.Source)
		for source := range uint64(limits.MaxBytes / 128) { // each of 64 bytes and 64 for the bits
			take(t, r, 0, frag.Key{Source: source}, more(0, 64))
			if err := r.CheckInvariants(); err != nil {
				t.Fatal(err)
			}
		}
		held(r, limits.MaxBytes/128*128)
	})
	t.Run("an offset far away", func(t *testing.T) {
		limits := frag.DefaultLimits()
		limits.MaxMessage = frag.MaxMessage // one message may be long, but memory is for a short one alone
		limits.SourceBytes = limits.MessageBytes()
		limits.MaxBytes = limits.MessageBytes()
		r := newReassembler(t, limits)
		for source := range uint64(100) {
			take(t, r, 0, frag.Key{Source: source}, more(0, 64))
		}
		refuse(t, r, 0, frag.Key{Source: 1}, last(frag.MaxMessage, 1), frag.ErrTooLarge)
		held(r, 100*128)
	})
}

func TestShares(t *testing.T) {
	limits := smallLimits()
	limits.MaxBytes = 2 * limits.SourceBytes
	r := newReassembler(t, limits)
	// One sender does what it can to fill everything.
	for id := range uint16(1000) {
		for _, part := range []frag.Part{more(0, 64), last(999, 1), more(3, 4), more(0, 0), last(960, 40)} {
			_, _, _ = r.Push(0, frag.Key{Source: 1, ID: id}, part)
		}
	}
	take(t, r, 0, frag.Key{Source: 1, ID: 2000}, last(960, 40))
	take(t, r, 0, frag.Key{Source: 1, ID: 2001}, last(960, 40))
	refuse(t, r, 0, frag.Key{Source: 1, ID: 2002}, last(960, 40), frag.ErrShare)
	// Another has as many messages of the greatest length as its share allows.
	message := content(0, limits.MaxMessage)
	parts := cut(t, message, 64)
	for _, part := range parts[:len(parts)-1] {
		take(t, r, 0, frag.Key{Source: 2, ID: 1}, part)
		take(t, r, 0, frag.Key{Source: 2, ID: 2}, part)
	}
	complete(t, r, 0, frag.Key{Source: 2, ID: 1}, parts[len(parts)-1], message)
	complete(t, r, 0, frag.Key{Source: 2, ID: 2}, parts[len(parts)-1], message)
	// And nothing of the first's was lost for it.
	for _, part := range parts[:len(parts)-2] {
		take(t, r, 0, frag.Key{Source: 1, ID: 2000}, part)
	}
}
