package frag

import (
	"testing"
	"time"
)

// TestRoundTrip follows RFC 6298, section 2, by hand. A sample of 0 is a time-out, one below an unclear answer.
func TestRoundTrip(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	for _, tc := range []struct {
		name    string
		samples []time.Duration
		want    time.Duration
	}{
		{"none", nil, 200 * ms},
		{"first: trip + 4 * trip/2", []time.Duration{40 * ms}, 120 * ms},
		{"second: 40+8/8, 20+(8-20)/4", []time.Duration{40 * ms, 48 * ms}, 41*ms + 4*17*ms},
		{"second is shorter: 40-16/8, 20+(16-20)/4", []time.Duration{40 * ms, 24 * ms}, 38*ms + 4*19*ms},
		{"fractions are cut: 40.003, 20.001; 40.003+6/8, 20.001+(6-20001)/4", []time.Duration{40*ms + 3*us, 40*ms + 9*us}, 40*ms + 3*us + 4*(15*ms+3*us)},
		{"fractions below zero too: 40.009-6/8, 20.004+(6-20004)/4", []time.Duration{40*ms + 9*us, 40*ms + 3*us}, 40*ms + 9*us + 4*(15*ms+5*us)},
		{"just above the least", []time.Duration{7 * ms}, 21 * ms},
		{"the least", []time.Duration{6 * ms}, 20 * ms},
		{"the most", []time.Duration{time.Second}, 2 * time.Second},
		{"time-outs before a sample", []time.Duration{0, 0}, 800 * ms},
		{"time-outs", []time.Duration{40 * ms, 0, 0}, 480 * ms},
		{"many time-outs", []time.Duration{40 * ms, 0, 0, 0, 0, 0, 0}, 2 * time.Second},
		{"a sample after time-outs", []time.Duration{40 * ms, 0, 0, 40 * ms}, 40*ms + 4*15*ms},
		{"an unclear answer", []time.Duration{40 * ms, 0, 0, -1}, 120 * ms},
		{"an unclear answer before a sample", []time.Duration{0, 0, -1}, 200 * ms},
		{"three unclear answers", []time.Duration{40 * ms, 0, -1, 0, -1, 0, -1}, 120 * ms},
		{"four unclear answers", []time.Duration{40 * ms, 0, -1, 0, -1, 0, -1, 0, -1}, 240 * ms},
		{"a sample between", []time.Duration{40 * ms, 0, -1, 0, -1, 0, -1, 40 * ms, 0, -1}, 40*ms + 4*15*ms},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var trip RoundTrip
			for _, sample := range tc.samples {
				switch {
				case sample > 0:
					trip.sample(sample)
				case sample == 0:
					trip.backOff()
				default:
					trip.unclearAnswer()
				}
			}
			if got := trip.current(); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

// TestRoundTripLate has a sender that was polled too late to repeat its question.
func TestRoundTripLate(t *testing.T) {
	var late, latest RoundTrip
	late.sample(time.Hour)
	latest.sample(maxTimeout)
	if late != latest {
		t.Errorf("%+v, want %+v", late, latest)
	}
}
