package link

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// recent against a list of all keys with their times.
func TestRecentAgainstModel(t *testing.T) {
	const capacity, keep = 5, 20 * time.Millisecond
	type entry struct {
		key frag.Key
		at  time.Duration
	}
	r := newRecent[frag.Key](capacity, keep)
	random := rand.New(rand.NewPCG(1, 2))
	var model []entry // the newest last
	now, repeats, wraps := time.Duration(0), 0, 0
	for range 20000 {
		now += time.Duration(random.IntN(8)) * time.Millisecond
		key := frag.Key{Source: random.Uint64N(2), ID: uint16(random.IntN(6))}
		want := false
		for i := max(0, len(model)-capacity); i < len(model); i++ {
			want = want || model[i].key == key && now-model[i].at < keep
		}
		if got := r.seen(now, key); got != want {
			t.Fatalf("%v at %v: %v, want %v", key, now, got, want)
		}
		if want {
			repeats++
			continue
		}
		r.add(now, key)
		model = append(model, entry{key, now})
		if r.size != len(r.at) || r.size > capacity {
			t.Fatalf("%d places, %d times", r.size, len(r.at))
		}
		if r.size == capacity {
			wraps++
		}
	}
	if repeats < 100 || wraps < 100 {
		t.Errorf("only %d repeats, %d times full", repeats, wraps)
	}
}
