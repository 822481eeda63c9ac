package fleet_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

var (
	seeds = flag.Int("fleet.seeds", 25, "how many fleets TestFaults has go through faults")
	first = flag.Uint64("fleet.seed", 1, "the seed of the first of them")
	watch = flag.Bool("fleet.watch", false, "print all that happens")
)

const (
	faulty = 20 * time.Second
	bound  = 90 * time.Second // from the last fault until all is settled
)

// mixed is a small fleet of a seed, and some of the faults.
func mixed(seed uint64) (fleet.Config, []fleet.Fault) {
	rng := rand.New(rand.NewPCG(seed, 0xf1ee7))
	cfg := paired()
	cfg.Seed = seed
	cfg.Nodes, cfg.Gateways = 1+rng.IntN(8), 1+rng.IntN(3)
	cfg.Sleepy = rng.IntN(cfg.Nodes + 1)
	cfg.Secure = rng.IntN(5) > 0
	cfg.Channels = []uint8{1, 6, 7, 11}[:1+rng.IntN(4)]
	cfg.Traffic = fleet.Traffic{
		Every: time.Duration(200+rng.IntN(4000)) * time.Millisecond, MinSize: 12, MaxSize: 12 << rng.IntN(9),
		Unacknowledged: rng.Float64() / 2, Down: time.Duration(500+rng.IntN(4000)) * time.Millisecond,
		Sleep: time.Duration(100+rng.IntN(5000)) * time.Millisecond, Until: faulty,
	}
	cfg.Broker = time.Duration(rng.IntN(300)) * time.Millisecond
	cfg.KeyExchange, cfg.Drift = time.Duration(rng.IntN(200))*time.Millisecond, rng.IntN(1000)
	cfg.Medium.Retries, cfg.Medium.Path.Shadowing = rng.IntN(8), rng.Float64()*4
	cfg.Area = 10 * rng.Float64() // metres: everybody is in reach of everybody
	keepAlive, frames := time.Duration(1+rng.IntN(5))*time.Second, []int{espnow.MaxFrameV1, espnow.MaxFrameV2}
	nodeFrame, gatewayFrame := frames[rng.IntN(2)], frames[rng.IntN(2)]
	cfg.Node = func(_ int, cfg *link.NodeConfig) { cfg.KeepAlive, cfg.MaxFrame = keepAlive, nodeFrame }
	sessions, peers := cfg.Nodes+rng.IntN(20), 3+rng.IntN(18)
	cfg.Gateway = func(_ int, cfg *link.GatewayConfig) {
		cfg.MaxFrame, cfg.Sessions, cfg.Peers = gatewayFrame, sessions, peers
	}
	cfg.Repeat = fmt.Sprintf("go test ./espnow/fleet -run TestFaults -fleet.seed=%d -fleet.seeds=1 -fleet.pairing=%s", seed, *pairing)
	faults := fleet.AllFaults()
	rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	faults = faults[:rng.IntN(len(faults)+1)]
	slices.Sort(faults)
	return cfg, faults
}

// Fleets of many seeds go through faults, and every invariant holds.
func TestFaults(t *testing.T) {
	for i := range uint64(*seeds) {
		seed := *first + i
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			cfg, faults := mixed(seed)
			if *watch {
				cfg.Watch = printed
			}
			f, err := fleet.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Trial(faults, faulty, bound); err != nil {
				t.Fatalf("%v\n%d nodes, %d of them sleepy, %d gateways, secure %t, faults %v",
					err, cfg.Nodes, cfg.Sleepy, cfg.Gateways, cfg.Secure, faults)
			}
		})
	}
}

func printed(now time.Duration, what fleet.Happening, at, peer espnow.Addr, data []byte) {
	fmt.Printf("%14v %v %v %v %x\n", now, at, what, peer, data)
}

// A seed determines a run to the byte, and another seed another.
func TestSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) string {
		cfg, _ := mixed(seed)
		f := newFleet(t, cfg)
		if err := f.Trial(fleet.AllFaults(), faulty, bound); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", f.Report())
	}
	seen := map[string]uint64{}
	for seed := range uint64(10) {
		a, again := run(seed), run(seed)
		if a != again {
			t.Errorf("two runs of seed %d differ:\n%s\n%s", seed, a, again)
		}
		if other, ok := seen[a]; ok {
			t.Errorf("seeds %d and %d have the same run", seed, other)
		}
		seen[a] = seed
	}
}

func TestParseFaults(t *testing.T) {
	all, err := fleet.ParseFaults("all")
	if err != nil || !slices.Equal(all, fleet.AllFaults()) {
		t.Errorf("all: %v, %v", all, err)
	}
	var names []string
	for _, f := range all {
		if f.About() == "" {
			t.Errorf("%v says nothing of itself", f)
		}
		names = append(names, f.String())
	}
	if got, err := fleet.ParseFaults(strings.Join(names, ",")); err != nil || !slices.Equal(got, all) {
		t.Errorf("every name: %v, %v", got, err)
	}
	if got, err := fleet.ParseFaults(""); err != nil || len(got) > 0 {
		t.Errorf("empty: %v, %v", got, err)
	}
	if _, err := fleet.ParseFaults("loss,fire"); err == nil || !strings.Contains(err.Error(), `"fire"`) || !strings.Contains(err.Error(), "rtc-loss") {
		t.Errorf("error of an unknown fault: %v", err)
	}
}
