package fleet

import "time"

// localClock is a device's monotonic clock: it counts from the device's start, and its crystal is a little off.
type localClock struct {
	since time.Duration // virtual time of the start
	base  time.Duration // what it showed then
	ppm   int64         // how much faster it is than it should be
}

func (c *localClock) at(t time.Duration) time.Duration {
	d := t - c.since
	return c.base + d + d/1000000*time.Duration(c.ppm) + d%1000000*time.Duration(c.ppm)/1000000
}

// when is the first moment at which the clock shows local.
func (c *localClock) when(local time.Duration) time.Duration {
	d := local - c.base
	t := c.since + d - time.Duration(float64(d)*float64(c.ppm)/float64(1000000+c.ppm))
	for c.at(t) < local {
		t++
	}
	for t > c.since && c.at(t-1) >= local {
		t--
	}
	return t
}
