package fleet_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
)

// town is 100 gateways, 60 m apart, on three channels, and 100 nodes around each, which have one message a minute
// acknowledged.
func town(tb testing.TB, minutes int) *fleet.Fleet {
	tb.Helper()
	const side, apart, around = 10, 60, 100
	cfg := fleet.DefaultConfig()
	cfg.Seed, cfg.Gateways, cfg.Nodes = 1, side*side, around*side*side
	cfg.Channels = []uint8{1, 6, 11}
	cfg.Traffic.Until = time.Duration(minutes) * time.Minute
	f, err := fleet.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	for i, g := range f.Gateways() {
		x, y := float64(i%side*apart), float64(i/side*apart)
		g.Move(x, y)
		for j := range around {
			f.Nodes()[i*around+j].Move(x+float64(j%10-5), y+float64(j/10-5))
		}
	}
	return f
}

// TestNumbers measures an hour of 10,000 nodes. It takes its time, so it does only for make bench.
func TestNumbers(t *testing.T) {
	if os.Getenv("ENOW_BENCH") == "" {
		t.Skip("10,000 nodes for an hour: make bench runs them")
	}
	const minutes = 60
	start := time.Now()
	f := town(t, minutes)
	if err := f.Run(minutes * time.Minute); err != nil {
		t.Fatal(err)
	}
	within(t, f, time.Minute, "everything acknowledged", f.Settled)
	took := time.Since(start).Seconds()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := f.Report()
	if r.Connected != r.Nodes || r.Acknowledged != r.Published || r.Published < 10000*(minutes-2) {
		t.Errorf("%+v", r.Counts)
	}
	fmt.Printf("BENCH sim_10k_s=%.1f\nLIMIT sim_10k_s=120\n", took)
	fmt.Printf("BENCH sim_10k_gib=%.2f\nLIMIT sim_10k_gib=2\n", float64(m.Sys)/(1<<30))
}
