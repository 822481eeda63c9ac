package frag

import "time"

const (
	firstTimeout = 200 * time.Millisecond // before the first sample: neighbours on a radio, where RFC 6298 has 1 s
	minTimeout   = 20 * time.Millisecond
	maxTimeout   = 2 * time.Second
	maxUnclear   = 4
)

// RoundTrip estimates how long a receiver's answers take to come, after RFC 6298, in whole microseconds. It outlives
// messages: there is one for each receiver, for all Senders to it. The zero value has no sample yet.
type RoundTrip struct {
	smoothed  time.Duration
	variation time.Duration
	timeout   time.Duration // 0: firstTimeout
	unclear   int           // answers in a row that are no samples
}

// sample takes one round trip. By Karn's rule it must be that of a question asked once, so it is no longer than the longest
// time-out, unless the sender was polled late.
func (t *RoundTrip) sample(trip time.Duration) {
	trip = whole(min(trip, maxTimeout))
	if t.smoothed == 0 {
		t.smoothed, t.variation = trip, whole(trip/2)
	} else {
		t.variation += whole(((t.smoothed - trip).Abs() - t.variation) / 4)
		t.smoothed += whole((trip - t.smoothed) / 8)
	}
	t.unclear = 0
	t.estimate()
}

func whole(d time.Duration) time.Duration { return d.Truncate(time.Microsecond) }

// unclearAnswer takes note of an answer to a question that was repeated: it is no sample. The time-out becomes as
// estimated again, for on this air it was most likely a loss that doubled it; but after several in a row the estimate
// may be what is wrong, and the time-out stays doubled until a sample, as RFC 6298 has it.
func (t *RoundTrip) unclearAnswer() {
	if t.unclear++; t.unclear < maxUnclear {
		t.estimate()
	}
}

func (t *RoundTrip) estimate() {
	t.timeout = firstTimeout
	if t.smoothed > 0 {
		t.timeout = min(max(t.smoothed+4*t.variation, minTimeout), maxTimeout)
	}
}

// current is the time to wait for an answer.
func (t *RoundTrip) current() time.Duration {
	if t.timeout == 0 {
		return firstTimeout
	}
	return t.timeout
}

// backOff doubles the time to wait, until the next sample.
func (t *RoundTrip) backOff() { t.timeout = min(2*t.current(), maxTimeout) }
