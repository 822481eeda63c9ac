package fleet

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
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

// A device's clock shows at least a time at the first moment that when gives for it, and less just before.
func TestLocalClock(t *testing.T) {
	for _, ppm := range []int64{-maxDrift, -20, -1, 0, 1, 20, maxDrift} {
		c := localClock{since: 5*time.Hour + 3, base: 7 * time.Second, ppm: ppm}
		for _, local := range []time.Duration{
			c.base, c.base + 1, c.base + 999_999, c.base + 1_000_000, c.base + time.Second + 1, c.base + 25*time.Hour, 1000 * time.Hour,
		} {
			at := c.when(local)
			if c.at(at) < local || at > c.since && c.at(at-1) >= local {
				t.Errorf("%d ppm: %v is shown first at %v, which shows %v after %v", ppm, local, at, c.at(at), c.at(at-1))
			}
		}
	}
	fast := localClock{ppm: 20}
	if got, want := fast.at(time.Hour), time.Hour+72*time.Millisecond; got != want {
		t.Errorf("an hour at 20 ppm too fast is %v, want %v", got, want)
	}
}

func frame(i byte) link.Frame { return link.Frame{Body: bytes.Repeat([]byte{i}, 1+int(i)%5)} }

// A device's queue has 32 places, and what finds none is dropped; frames keep their order and their bytes.
func TestFrameQueue(t *testing.T) {
	var q frameQueue
	next, want := byte(0), byte(0)
	for round := range 100 {
		for range round % 40 {
			full := q.length == queueLen
			if q.push(frame(next)) == full {
				t.Fatalf("%d frames wait, and another was taken: %t", q.length, full)
			}
			if !full {
				next++
			}
		}
		for range round % 37 {
			f, ok := q.pop()
			if !ok {
				break
			}
			if len(f.Body) != 1+int(want)%5 || f.Body[0] != want {
				t.Fatalf("took %v, want frame %d", f.Body, want)
			}
			want++
		}
	}
}
