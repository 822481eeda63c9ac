//go:build unix

package fleet_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/internal/numberstest"
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

func TestNumbers(t *testing.T) {
	t.Run("radio bound", testRadioBound)
	t.Run("town", testTown)
}

// testRadioBound sends one message of 64 KiB on a secure network over air that loses nothing, and compares its goodput,
// until its node has the acknowledgement, with that of a radio that sends full frames of parts one after the other. All of
// it is virtual time: every machine measures the same.
func testRadioBound(t *testing.T) {
	const size, least = 64 << 10, 0.97
	for _, c := range []struct {
		name  string
		frame int
	}{{"radio_bound_ratio", espnow.MaxFrameV1}, {"radio_bound_1470_ratio", espnow.MaxFrameV2}} {
		cfg := fleet.DefaultConfig()
		cfg.Nodes, cfg.Traffic.Every, cfg.Broker = 1, 0, 0
		cfg.Node = func(_ int, n *link.NodeConfig) { n.MaxFrame, n.QueueBytes = c.frame, 2*size }
		cfg.Gateway = func(_ int, g *link.GatewayConfig) { g.MaxFrame = c.frame }
		f, err := fleet.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		within(t, f, time.Minute, "the node is connected", connected(f))
		start := f.Now()
		if err := f.Nodes()[0].Publish(size, true); err != nil {
			t.Fatal(err)
		}
		within(t, f, time.Minute, "the message is acknowledged", f.Settled)
		const fragmentOverhead = 2 + 2 + 4 // header, message_id, offset
		part := c.frame - espnow.SealedOverhead - fragmentOverhead
		bound := float64(part) / cfg.Medium.Rate.Airtime(c.frame, true, 0).Seconds()
		ratio := size / (f.Now() - start).Seconds() / bound
		fmt.Printf("BENCH %s=%.3f\nLEAST %s=%.2f\n", c.name, ratio, c.name, least)
		if ratio < least || ratio > 1 {
			t.Errorf("%s is %.3f, want %.2f to 1", c.name, ratio, least)
		}
	}
}

// testTown measures an hour of 10,000 nodes. It takes its time, so it does only for make bench.
func testTown(t *testing.T) {
	if os.Getenv("ENOW_BENCH") == "" {
		t.Skip("10,000 nodes for an hour: make bench runs them")
	}
	const minutes = 60
	var f *fleet.Fleet
	took := numberstest.ProcessorTime(t, func() {
		f = town(t, minutes)
		if err := f.Run(minutes * time.Minute); err != nil {
			t.Fatal(err)
		}
		within(t, f, time.Minute, "everything acknowledged", f.Settled)
	})
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := f.Report()
	if r.Connected != r.Nodes || r.Acknowledged != r.Published || r.Published < 10000*(minutes-2) {
		t.Errorf("%+v", r.Counts)
	}
	fmt.Printf("BENCH sim_10k_s=%.1f\nLIMIT sim_10k_s=120\n", took.Seconds())
	fmt.Printf("BENCH sim_10k_gib=%.2f\nLIMIT sim_10k_gib=2\n", float64(m.Sys)/(1<<30))
}
