// Package numberstest measures for TestNumbers: always what is ours beside a floor, in one process, for times by themselves
// mean nothing on a machine that does other things too.
package numberstest

import (
	"os"
	"slices"
	"time"
)

// Ratio returns the time of ours in that of floor: the median of the quotients of many rounds, ten times as many where
// ENOW_BENCH is set. A round calls before, which may be nil, and then ours, floor, floor and ours, each so many times: who
// comes first after before pays for what is not in the caches yet, so both do.
func Ratio(rounds, calls int, before, ours, floor func()) float64 {
	if os.Getenv("ENOW_BENCH") != "" {
		rounds *= 10
	}
	clock := func(f func()) time.Duration {
		start := time.Now()
		for range calls {
			f()
		}
		return time.Since(start)
	}
	quotients := make([]float64, rounds)
	for i := range quotients {
		if before != nil {
			before()
		}
		a, b := clock(ours), clock(floor)
		b += clock(floor)
		a += clock(ours)
		quotients[i] = float64(a) / float64(b)
	}
	slices.Sort(quotients)
	return quotients[rounds/2]
}
