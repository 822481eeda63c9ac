package fleet

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Timers happen in the order of their times, those of one time in the order of setting, whatever was set again or stopped.
func TestClockOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var c clock
		type due struct {
			at    time.Duration
			order int
			who   int
		}
		var want []due
		var got []int
		timers := make([]*timer, 50)
		for i := range timers {
			timers[i] = &timer{do: func() { got = append(got, i) }}
		}
		for order := range 200 {
			i := rng.IntN(len(timers))
			was := slices.IndexFunc(want, func(d due) bool { return d.who == i })
			if rng.IntN(4) == 0 {
				c.stop(timers[i])
				if was >= 0 {
					want = slices.Delete(want, was, was+1)
				}
				continue
			}
			at := time.Duration(rng.IntN(20))
			c.set(timers[i], at)
			if was >= 0 && want[was].at == at {
				continue // it keeps its turn
			}
			if was >= 0 {
				want = slices.Delete(want, was, was+1)
			}
			want = append(want, due{at, order, i})
		}
		slices.SortFunc(want, func(a, b due) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return a.order - b.order
		})
		for _, d := range want {
			if at, ok := c.next(); !ok || at != d.at {
				t.Fatalf("next is at %v, %t: want %v", at, ok, d.at)
			}
			c.happen()
			if c.now != d.at || got[len(got)-1] != d.who {
				t.Fatalf("at %v timer %d happened, want %d at %v", c.now, got[len(got)-1], d.who, d.at)
			}
		}
		if _, ok := c.next(); ok || len(got) != len(want) {
			t.Fatalf("%d timers happened and more wait: want %d", len(got), len(want))
		}
	}
}

func TestClockDoesNotGoBack(t *testing.T) {
	var c clock
	ran := time.Duration(-1)
	c.set(&timer{do: func() { c.set(&timer{do: func() { ran = c.now }}, time.Second) }}, 3*time.Second)
	c.happen()
	c.happen()
	if ran != 3*time.Second {
		t.Errorf("what was set for the past happened at %v, want at once, at 3s", ran)
	}
}
