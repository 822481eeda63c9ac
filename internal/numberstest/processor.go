//go:build unix

package numberstest

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// ProcessorTime returns what a function takes of all processors together, which does not grow while it waits for one.
func ProcessorTime(tb testing.TB, f func()) time.Duration {
	tb.Helper()
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			tb.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	runtime.GC() // what others have left
	begin := spent()
	f()
	return spent() - begin
}
