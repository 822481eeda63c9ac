package fleet_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func TestConfigLimits(t *testing.T) {
	for _, test := range []struct {
		set  func(*fleet.Config)
		want string // in the error; empty: there is none
	}{
		{func(*fleet.Config) {}, ""},
		{func(c *fleet.Config) { c.Nodes, c.Sleepy, c.Gateways = 0, 0, 0 }, ""},
		{func(c *fleet.Config) { c.Nodes = -1 }, "-1 nodes"},
		{func(c *fleet.Config) { c.Nodes = 1<<20 + 1 }, "1048577 nodes"},
		{func(c *fleet.Config) { c.Gateways = -1 }, "-1 gateways"},
		{func(c *fleet.Config) { c.Gateways = 1<<20 + 1 }, "1048577 gateways"},
		{func(c *fleet.Config) { c.Sleepy = c.Nodes }, ""},
		{func(c *fleet.Config) { c.Sleepy = c.Nodes + 1 }, "11 sleepy"},
		{func(c *fleet.Config) { c.Sleepy = -1 }, "-1 sleepy"},
		{func(c *fleet.Config) { c.Channels = nil }, "no channels"},
		{func(c *fleet.Config) { c.Area = math.NaN() }, "Area"},
		{func(c *fleet.Config) { c.Area = -1 }, "Area"},
		{func(c *fleet.Config) { c.Start, c.KeyExchange, c.Broker = 0, 0, 0 }, ""},
		{func(c *fleet.Config) { c.Start = -1 }, "Start"},
		{func(c *fleet.Config) { c.KeyExchange = -1 }, "KeyExchange"},
		{func(c *fleet.Config) { c.Broker = -1 }, "Broker"},
		{func(c *fleet.Config) { c.Drift = 1000 }, ""},
		{func(c *fleet.Config) { c.Drift = 1001 }, "Drift"},
		{func(c *fleet.Config) { c.Drift = -1 }, "Drift"},
		{func(c *fleet.Config) { c.Traffic.MinSize, c.Traffic.MaxSize = 12, 12 }, ""},
		{func(c *fleet.Config) { c.Traffic.MinSize = 11 }, "11 to 50 bytes"},
		{func(c *fleet.Config) { c.Traffic.MaxSize = 49 }, "50 to 49 bytes"},
		{func(c *fleet.Config) { c.Traffic.MaxSize = espnow.MaxMessage }, ""},
		{func(c *fleet.Config) { c.Traffic.MaxSize = espnow.MaxMessage + 1 }, "268435456 bytes"},
		{func(c *fleet.Config) { c.Traffic.Unacknowledged = 1 }, ""},
		{func(c *fleet.Config) { c.Traffic.Unacknowledged = 1.01 }, "Unacknowledged"},
		{func(c *fleet.Config) { c.Traffic.Unacknowledged = math.NaN() }, "Unacknowledged"},
		{func(c *fleet.Config) { c.Traffic.Every = -1 }, "Every"},
		{func(c *fleet.Config) { c.Traffic.Down = -1 }, "Down"},
		{func(c *fleet.Config) { c.Traffic.Sleep = -1 }, "Sleep"},
		{func(c *fleet.Config) { c.Traffic.Until = -1 }, "Until"},
		{func(c *fleet.Config) { c.Medium.Loss = 2 }, "Loss"},
		{func(c *fleet.Config) { c.Gateway = func(_ int, c *link.GatewayConfig) { c.Sessions = 0 } }, "Sessions"},
	} {
		cfg := fleet.DefaultConfig()
		test.set(&cfg)
		_, err := fleet.New(cfg)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// A node that cannot be built ends the run when it is switched on.
func TestBadNode(t *testing.T) {
	cfg := fleet.DefaultConfig()
	cfg.Node = func(_ int, c *link.NodeConfig) { c.QueueMessages = 0 }
	f := newFleet(t, cfg)
	if err := f.Run(time.Minute); err == nil || !strings.Contains(err.Error(), "QueueMessages") {
		t.Errorf("error %v", err)
	}
}

// In air that loses nothing every message is delivered once and acknowledged once, and the report says so.
func TestReport(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Traffic.Every, cfg.Traffic.Down, cfg.Traffic.Until = 3, time.Second, time.Second, time.Minute
	cfg.Traffic.MaxSize = 500
	f := newFleet(t, cfg)
	if err := f.Trial(nil, time.Minute, time.Minute); err != nil {
		t.Fatal(err)
	}
	r := f.Report()
	n := r.Published
	if n < 500 || r.Delivered != n || r.Acknowledged != n || r.Duplicates+r.Failed+r.Refused != 0 {
		t.Errorf("uplink: %+v", r.Counts)
	}
	if d := r.Down.Published; d < 50 || r.Down != (fleet.DownCounts{Published: d, Acknowledged: d, Delivered: d}) {
		t.Errorf("downlink: %+v", r.Down)
	}
	// Two X25519 at each end of a join, and the node's first where it was told to come later.
	exchanges := 40 + r.Machines.Busy
	if r.Connected != 10 || r.Living != 10 || r.Owed != 0 || r.Machines.Joins != 10 || r.Machines.KeyExchanges != exchanges {
		t.Errorf("%+v", r)
	}
	if l := r.Latency; l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.Max || l.P50 > 20*time.Millisecond {
		t.Errorf("latency %+v", l)
	}
	if r.Efficiency < 0.05 || r.Efficiency > 0.9 {
		t.Errorf("airtime efficiency %v", r.Efficiency)
	}
	for _, i := range fleet.Invariants() {
		if r.Checks[i.String()] == 0 {
			t.Errorf("%v was never checked", i)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again fleet.Report
	r.Machines.NodeDrops, r.Machines.GatewayDrops = link.Drops{}, link.Drops{} // they have names in JSON, which nobody reads back
	if err := json.Unmarshal([]byte(dropless(string(text))), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Error(diff)
	}
}

// dropless takes the counters of drops out of a report.
func dropless(text string) string {
	for _, key := range []string{`,"nodeDrops":{`, `,"gatewayDrops":{`} {
		head, rest, _ := strings.Cut(text, key)
		_, tail, _ := strings.Cut(rest, "}")
		text = head + tail
	}
	return text
}

// Each step of a handshake keeps a machine busy: e of the node, both operations of the gateway, the node's other one.
func TestKeyExchangeTakesTime(t *testing.T) {
	connects := func(cost time.Duration) time.Duration {
		cfg := paired()
		cfg.Nodes, cfg.Start, cfg.KeyExchange, cfg.Drift = 1, 0, cost, 0
		f := newFleet(t, cfg)
		return within(t, f, time.Minute, "connected", connected(f))
	}
	free := connects(0)
	if took := connects(200*time.Millisecond) - free; took < 600*time.Millisecond || took > 650*time.Millisecond {
		t.Errorf("three steps of 200 ms took %v longer than %v", took, free)
	}
}

// What arrives while a machine computes waits, 32 frames of it, and then is lost.
func TestBusyMachineLosesFrames(t *testing.T) {
	cfg := paired()
	cfg.Nodes, cfg.Traffic.Every = 1, 0
	f := newFleet(t, cfg)
	within(t, f, time.Minute, "connected", connected(f))
	run(t, f, time.Second)
	before := f.Report()
	f.Gateways()[0].Stall(time.Second)
	for range 40 {
		if err := f.Medium().Inject(1, fleet.NodeAddr(5), fleet.GatewayAddr(0), []byte{0x30, 0}); err != nil {
			t.Fatal(err)
		}
	}
	run(t, f, 2*time.Second)
	after := f.Report()
	heard := after.Machines.GatewayDrops.Total() - before.Machines.GatewayDrops.Total()
	if lost := after.Overruns - before.Overruns; lost != 8 || heard != 32 {
		t.Errorf("of 40 frames %d were lost and %d handled, want 8 and 32", lost, heard)
	}
}

// A driver whose callbacks never come goes on after a while, and one whose radio has no memory tries again.
func TestUnwillingRadio(t *testing.T) {
	for what, set := range map[string]func(*fleet.Config){
		"no callbacks":       func(c *fleet.Config) { c.Medium.LostCallbacks = 1 },
		"hardly any memory":  func(c *fleet.Config) { c.Medium.NoMemory = 0.9 },
		"neither of the two": func(c *fleet.Config) { c.Medium.LostCallbacks, c.Medium.NoMemory = 0.5, 0.5 },
	} {
		cfg := paired()
		cfg.Nodes, cfg.Traffic.Every, cfg.Traffic.Until = 3, 10*time.Second, time.Minute
		set(&cfg)
		f := newFleet(t, cfg)
		if err := f.Trial(nil, time.Minute, time.Minute); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		r := f.Report()
		if (r.LostCallbacks > 0) != (cfg.Medium.LostCallbacks > 0) || (r.SendErrors > 0) != (cfg.Medium.NoMemory > 0) {
			t.Errorf("%s: %+v", what, r.Counts)
		}
	}
}

// A node that sleeps wakes with its session, unless its memory is damaged: then it joins anew.
func TestSleep(t *testing.T) {
	cfg := paired()
	cfg.Nodes, cfg.Sleepy, cfg.Traffic.Sleep = 1, 1, 10*time.Second
	f := newFleet(t, cfg)
	run(t, f, 5*time.Minute)
	before := f.Report()
	if before.Wakes < 20 || before.Machines.Joins != 1 || before.LostSnapshots != 0 || before.Published < 20 {
		t.Fatalf("%+v", before)
	}
	if ok, err := f.RunUntil(f.Now()+time.Minute, f.Nodes()[0].LoseSnapshot); !ok || err != nil {
		t.Fatalf("the node does not sleep: %v", err)
	}
	run(t, f, time.Minute)
	if after := f.Report(); after.LostSnapshots != 1 || after.Machines.Joins != 2 || after.Wakes <= before.Wakes {
		t.Errorf("%+v", after)
	}
}

// What is off takes no messages, and owes no results.
func TestPowerOff(t *testing.T) {
	cfg := paired()
	cfg.Nodes, cfg.Traffic.Every = 1, 0
	f := newFleet(t, cfg)
	n, g := f.Nodes()[0], f.Gateways()[0]
	if err := n.Publish(20, true); !errors.Is(err, fleet.ErrOff) {
		t.Errorf("before its start: %v", err)
	}
	within(t, f, time.Minute, "connected", connected(f))
	g.PowerOff()
	if err := g.Send(0, 20, true); !errors.Is(err, fleet.ErrOff) {
		t.Errorf("a gateway that is off: %v", err)
	}
	if err := n.Publish(20, true); err != nil || n.Owed() != 1 || f.Settled() {
		t.Errorf("a node whose gateway is off: %v, %d owed", err, n.Owed())
	}
	n.PowerOff()
	if n.On() || n.Owed() != 0 || !f.Settled() || f.Living() != 0 {
		t.Errorf("a node that is off: %d owed, %d live", n.Owed(), f.Living())
	}
}
