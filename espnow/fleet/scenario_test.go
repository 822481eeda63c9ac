package fleet_test

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

func newFleet(t *testing.T, cfg fleet.Config) *fleet.Fleet {
	t.Helper()
	f, err := fleet.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// within runs a fleet until something is so, and wants that by a time. It returns how long it took.
func within(t *testing.T, f *fleet.Fleet, most time.Duration, what string, is func() bool) time.Duration {
	t.Helper()
	start := f.Now()
	ok, err := f.RunUntil(start+most, is)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Fatalf("not within %v: %s", most, what)
	}
	return f.Now() - start
}

func connected(f *fleet.Fleet) func() bool {
	return func() bool { return f.Living() == len(f.Nodes()) && f.Connected() == f.Living() }
}

func run(t *testing.T, f *fleet.Fleet, d time.Duration) {
	t.Helper()
	if err := f.Run(f.Now() + d); err != nil {
		t.Fatal(err)
	}
}

// A gateway with 1,000 nodes loses its power for 10 s. An X25519 of 100 ms lets it take 10 nodes a second at best. All are
// connected again within 5 minutes, and hardly any joins more often than it needs to.
func TestPowerCutOf1000Nodes(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector: make fleet runs it without")
	}
	const nodes = 1000
	cfg := paired()
	cfg.Seed, cfg.Nodes = 1, nodes
	cfg.Gateway = func(_ int, c *link.GatewayConfig) { c.Sessions = nodes }
	cfg.Repeat = "go test ./espnow/fleet -run TestPowerCutOf1000Nodes"
	f := newFleet(t, cfg)
	first := within(t, f, 5*time.Minute, "connected at first", connected(f))
	run(t, f, time.Minute)
	before := f.Report()
	g := f.Gateways()[0]
	g.PowerOff()
	run(t, f, 10*time.Second)
	g.PowerOn()
	again := within(t, f, 5*time.Minute-10*time.Second, "present again", func() bool { return g.Present() == nodes && f.Connected() == nodes })
	after := f.Report()
	joins := after.Machines.Joins - before.Machines.Joins
	searches := after.Machines.Searches - before.Machines.Searches
	busy := after.Machines.Busy - before.Machines.Busy
	t.Logf("connected after %v, again %v after the power cut: %d joins, %d busy, %d searches answered", first, again+10*time.Second, joins, busy, searches)
	if joins > nodes*3/2 {
		t.Errorf("%d joins of %d nodes", joins, nodes)
	}
	if searches > nodes*20 { // one in 15 s on average
		t.Errorf("%d searches of %d nodes were answered", searches, nodes)
	}
	within(t, f, 2*time.Minute, "everything acknowledged", f.Settled)
}

// 40 nodes talk to a radio that can have 20 peers, broadcast among them.
func TestMoreNodesThanRadioPeers(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Nodes, cfg.Medium.MaxPeers, cfg.Medium.Loss = 2, 40, 20, .05
	cfg.Traffic.Every, cfg.Traffic.Down, cfg.Traffic.Until = 2*time.Second, 200*time.Millisecond, 2*time.Minute
	f := newFleet(t, cfg)
	within(t, f, time.Minute, "connected", connected(f))
	if err := f.Run(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	within(t, f, time.Minute, "everything acknowledged", f.Settled)
	r := f.Report()
	if r.Connections != 40 || r.Acknowledged != r.Published || r.Acknowledged < 1500 || r.Down.Acknowledged != r.Down.Published || r.Down.Published < 300 {
		t.Errorf("%+v", r.Counts)
	}
}

// A node goes from one gateway to the other and back. Each is out of reach of the other, and the node is heard by both in
// between. Nothing is lost, and nothing told twice but what was under way.
func TestNodeMovesBetweenGateways(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Nodes, cfg.Gateways, cfg.Channels = 3, 1, 2, []uint8{1, 6}
	cfg.Traffic.Every, cfg.Traffic.Down = time.Second, 3*time.Second
	f := newFleet(t, cfg)
	n, a, b := f.Nodes()[0], f.Gateways()[0], f.Gateways()[1]
	a.Move(0, 0)
	b.Move(50, 0)
	n.Move(1, 0)
	holds := func(g *fleet.Gateway) func() bool {
		return func() bool {
			at, _, up := n.Connected()
			return up && at == g.Addr()
		}
	}
	within(t, f, 10*time.Second, "at the first gateway", holds(a))
	for range 3 {
		for x := 1.0; x < 49; x++ { // at a walk
			n.Move(x, 0)
			run(t, f, time.Second)
		}
		within(t, f, 30*time.Second, "at the second gateway", holds(b))
		for x := 49.0; x > 1; x-- {
			n.Move(x, 0)
			run(t, f, time.Second)
		}
		within(t, f, 30*time.Second, "at the first gateway again", holds(a))
	}
	n.Move(1, 0)
	within(t, f, time.Minute, "everything acknowledged", f.Settled)
	r := f.Report()
	if r.Acknowledged != r.Published-r.Refused || r.Connections < 7 || r.Connections > 14 || r.Duplicates > r.Connections {
		t.Errorf("%+v", r.Counts)
	}
	if a.Present()+b.Present() != 1 {
		t.Errorf("present at %d and %d", a.Present(), b.Present())
	}
}

// A table that is full turns nobody out that is heard. Who waits comes in when somebody leaves.
func TestFullTable(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Nodes = 4, 6
	cfg.Gateway = func(_ int, c *link.GatewayConfig) { c.Sessions = 5 }
	cfg.Traffic.Every = 5 * time.Second
	f := newFleet(t, cfg)
	g := f.Gateways()[0]
	within(t, f, time.Minute, "5 are in", func() bool { return g.Present() == 5 })
	run(t, f, 5*time.Minute)
	if r := f.Report(); r.Connections != 5 || r.Machines.Busy < 10 {
		t.Errorf("%+v, busy %d", r.Counts, r.Machines.Busy)
	}
	for i, n := range f.Nodes() {
		if g.Has(i) {
			n.PowerOff() // without a word: the gateway has to notice
			break
		}
	}
	took := within(t, f, 90*time.Second+time.Minute, "the sixth is in", func() bool { return f.Connected() == 5 })
	if took < 85*time.Second {
		t.Errorf("a place was free after %v: a node is gone after 1.5 keep-alives", took)
	}
	within(t, f, time.Minute, "everything acknowledged", f.Settled)
}

// A node that sleeps for minutes gets all its mail in the first wake after it was sent, and nobody talks to it while it
// sleeps.
func TestSleepyNodeWithMail(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Nodes, cfg.Sleepy, cfg.Medium.Loss = 5, 1, 1, .1
	cfg.Node = func(_ int, c *link.NodeConfig) { c.KeepAlive = 10 * time.Minute }
	cfg.Traffic.Sleep = 4 * time.Minute
	f := newFleet(t, cfg)
	g := f.Gateways()[0]
	within(t, f, time.Minute, "connected", connected(f))
	n := f.Nodes()[0]
	sleeps := func() bool { return n.On() && n.Machine() == nil }
	var asleepSince time.Duration
	f.Medium().Tap(func(frame sim.Tapped) {
		if frame.Dst == n.Addr() && sleeps() && f.Now() > asleepSince+time.Second { // what was on its way is no fault
			t.Errorf("a frame at %v to a node that sleeps since %v", f.Now(), asleepSince)
		}
	})
	for range 5 {
		within(t, f, 10*time.Minute, "asleep", sleeps)
		asleepSince = f.Now()
		wakes := f.Report().Wakes
		for _, size := range []int{20, 3000, 50} {
			if err := g.Send(0, size, true); err != nil {
				t.Fatal(err)
			}
		}
		within(t, f, 10*time.Minute, "mail delivered", f.Settled)
		if more := f.Report().Wakes - wakes; more != 1 {
			t.Errorf("fetched in %d wakes", more)
		}
	}
	r := f.Report()
	if r.Down.Acknowledged != 15 || r.Connections != 1 || r.Wakes < 5 {
		t.Errorf("%+v", r.Counts)
	}
}

// The broker is away for 10 minutes. Nodes keep what they have no word for, say when they are full, and lose nothing.
func TestBrokerAwayFor10Minutes(t *testing.T) {
	cfg := paired()
	cfg.Seed, cfg.Nodes = 6, 10
	cfg.Traffic.Every, cfg.Traffic.MaxSize, cfg.Traffic.Until = 10*time.Second, 1000, 15*time.Minute
	f := newFleet(t, cfg)
	within(t, f, time.Minute, "connected", connected(f))
	run(t, f, time.Minute)
	before := f.Report()
	f.Gateways()[0].BrokerAway(10 * time.Minute)
	run(t, f, 10*time.Minute-time.Second)
	during := f.Report()
	if during.Acknowledged > before.Acknowledged+10 { // what was with the broker already
		t.Errorf("%d acknowledged while the broker was away", during.Acknowledged-before.Acknowledged)
	}
	if during.Refused == 0 || during.Connections != 10 {
		t.Errorf("%+v: want queues that say they are full, and sessions that go on", during.Counts)
	}
	if frames := during.Frames - before.Frames; frames > 10*600*2 {
		t.Errorf("%d frames in 10 minutes of 10 nodes that wait", frames)
	}
	if err := f.Run(15 * time.Minute); err != nil {
		t.Fatal(err)
	}
	within(t, f, time.Minute, "everything acknowledged", f.Settled)
	if r := f.Report(); r.Acknowledged != r.Published || r.Failed != 0 {
		t.Errorf("%+v", r.Counts)
	}
}
