package link

import (
	"math/rand/v2"
	"testing"
)

// Cases after RFC 6479 and the implementations of it that went wrong: each step offers a counter.
func TestWindow(t *testing.T) {
	type step struct {
		counter uint32
		fresh   bool
	}
	for name, steps := range map[string][]step{
		"in order":              {{0, true}, {1, true}, {2, true}, {2, false}, {0, false}},
		"the first is not 0":    {{9, true}, {9, false}, {8, true}, {8, false}, {0, true}, {0, false}},
		"63 behind and 64":      {{64, true}, {1, true}, {0, false}, {1, false}},
		"64 behind from 63":     {{63, true}, {0, true}, {0, false}, {64, true}, {0, false}, {1, true}},
		"a leap of 63":          {{0, true}, {63, true}, {0, false}, {1, true}},
		"a leap of 64":          {{0, true}, {64, true}, {0, false}, {1, true}, {63, true}},
		"a leap of 65":          {{0, true}, {65, true}, {1, false}, {2, true}},
		"a leap to the end":     {{0, true}, {1<<32 - 1, true}, {1<<32 - 1, false}, {1<<32 - 64, true}, {1<<32 - 65, false}, {0, false}},
		"across half the range": {{1<<31 - 1, true}, {1 << 31, true}, {1<<31 - 1, false}, {1<<31 - 2, true}, {1<<31 + 64, true}, {1 << 31, false}},
	} {
		var w window
		for i, s := range steps {
			fresh := w.fresh(s.counter)
			if fresh != s.fresh {
				t.Errorf("%s: step %d: counter %d is fresh: %v", name, i, s.counter, fresh)
			}
			if fresh {
				w.mark(s.counter)
			}
		}
	}
}

// window against a set of all counters seen.
func TestWindowAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var w window
		seen, newest := map[uint32]bool{}, int64(-1)
		for counter := int64(random.Uint32()); len(seen) < 300; {
			counter = max(0, min(counter+random.Int64N(80)-39, 1<<32-1))
			c := uint32(counter)
			want := !seen[c] && counter > newest-windowSize
			if got := w.fresh(c); got != want {
				t.Fatalf("counter %d is fresh: %v; the newest is %d", c, got, newest)
			}
			if want && random.IntN(3) > 0 { // else its tag did not verify
				w.mark(c)
				seen[c], newest = true, max(newest, counter)
			}
			counter += random.Int64N(3)
		}
	}
}
