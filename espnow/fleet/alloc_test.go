//go:build !race

package fleet_test

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
)

// What a frame costs is computing, not memory: what is allocated is of messages and of the machines' cryptography.
func TestAllocations(t *testing.T) {
	cfg := fleet.DefaultConfig()
	cfg.Nodes, cfg.Traffic.Every = 20, time.Second
	f := newFleet(t, cfg)
	run(t, f, time.Minute)
	before := f.Report().Frames
	const runs, step = 10, 10 * time.Second
	perStep := testing.AllocsPerRun(runs, func() { run(t, f, step) })
	frames := float64(f.Report().Frames-before) / (runs + 1)
	if perFrame := perStep / frames; perFrame > 0.1 {
		t.Errorf("%.2f allocations a frame, at most 0.1 are for messages", perFrame)
	}
}
