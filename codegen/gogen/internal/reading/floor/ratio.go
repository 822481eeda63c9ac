package floor

import (
	"os"
	"slices"
	"time"
)

// Ratio measures two functions in turns and returns the median of the quotients of their times.
func Ratio(ours, floor func()) float64 {
	const calls = 2000
	rounds := 101
	if os.Getenv("ENOW_BENCH") != "" {
		rounds = 1001
	}
	clock := func(f func()) float64 {
		start := time.Now()
		for range calls {
			f()
		}
		return float64(time.Since(start))
	}
	quotients := make([]float64, rounds)
	for i := range quotients {
		if i%2 == 0 {
			a := clock(ours)
			quotients[i] = a / clock(floor)
		} else {
			b := clock(floor)
			quotients[i] = clock(ours) / b
		}
	}
	slices.Sort(quotients)
	return quotients[rounds/2]
}
