package fleet

import (
	"testing"
	"time"
)

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
