package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// Fault is a kind of thing that goes wrong.
type Fault uint8

// The faults. Those of the air are alike for all its links; the others befall a device drawn at random.
const (
	Loss            Fault = 0
	Burst           Fault = 1
	Corrupt         Fault = 2
	Duplicate       Fault = 3
	Reorder         Fault = 4
	Delay           Fault = 5
	Overhear        Fault = 6
	Callbacks       Fault = 7
	NoMemory        Fault = 8
	Partition       Fault = 9
	OneWay          Fault = 10
	ChannelChange   Fault = 11
	RadioReset      Fault = 12
	NodeReboot      Fault = 13
	GatewayReboot   Fault = 14
	NodeGoodbye     Fault = 15
	GatewayShutdown Fault = 16
	RTCLoss         Fault = 17
	ClockJump       Fault = 18
	UnixJump        Fault = 19
	Stall           Fault = 20
	BrokerAway      Fault = 21
)

// kinds has, for each fault, its name, what it is, and what plans it: all of it is over at end.
var kinds = [...]struct {
	name, about string
	plan        func(f *Fleet, rng *rand.Rand, end time.Duration)
}{
	Loss: {"loss", "copies of frames are lost, each by itself", inAir(func(air *sim.Config, x float64) {
		air.Loss += (1 - air.Loss) * 0.6 * x
	})},
	Burst: {"burst", "copies of frames are lost, many in a row", inAir(func(air *sim.Config, x float64) {
		air.Burst = sim.Burst{Enter: 0.1 * x, Leave: 0.2, Loss: 0.9}
	})},
	Corrupt:         {"corrupt", "bits of a copy flip, which the radio's checksum does not show; left out on open networks, where nothing else shows it either", planCorrupt},
	Duplicate:       {"duplicate", "copies arrive twice", inAir(func(air *sim.Config, x float64) { air.Duplicate = x / 2 })},
	Reorder:         {"reorder", "copies are held back, and others overtake them", inAir(func(air *sim.Config, x float64) { air.Reorder = x / 2 })},
	Delay:           {"delay", "copies arrive up to 200 ms late", inAir(func(air *sim.Config, x float64) { air.Delay = time.Duration(x * float64(200*time.Millisecond)) })},
	Overhear:        {"overhear", "frames of the channels beside one's own are heard", inAir(func(air *sim.Config, x float64) { air.Overhear = x })},
	Callbacks:       {"callbacks", "send callbacks do not come", inAir(func(air *sim.Config, x float64) { air.LostCallbacks = 0.3 * x })},
	NoMemory:        {"nomem", "radios take no frame, for want of memory", inAir(func(air *sim.Config, x float64) { air.NoMemory = 0.7 * x })},
	Partition:       {"partition", "a node and a gateway do not hear each other", planPartition},
	OneWay:          {"one-way", "a device does not hear another, which hears it", planOneWay},
	ChannelChange:   {"channel-change", "a gateway's access point moves to another channel", planChannelChange},
	RadioReset:      {"radio-reset", "ESP-NOW starts anew on a device, without its peers", planRadioReset},
	NodeReboot:      {"node-reboot", "a node loses its power for a while", planNodeReboot},
	GatewayReboot:   {"gateway-reboot", "a gateway loses its power for a while", planGatewayReboot},
	NodeGoodbye:     {"node-goodbye", "a node says goodbye, and comes back", planNodeGoodbye},
	GatewayShutdown: {"gateway-shutdown", "a gateway says goodbye, and comes back", planGatewayShutdown},
	RTCLoss:         {"rtc-loss", "a bit flips in the RTC memory of a node that sleeps", planRTCLoss},
	ClockJump:       {"clock-jump", "the monotonic clock of a device leaps ahead by up to a minute", planClockJump},
	UnixJump:        {"unix-jump", "a gateway is told another time of day, years off", planUnixJump},
	Stall:           {"stall", "a machine does not run for up to 2 s, while its radio does", planStall},
	BrokerAway:      {"broker-away", "a gateway's application takes no responsibility for anything for a while", planBrokerAway},
}

// String is the name.
func (f Fault) String() string { return kinds[f].name }

// About is what happens.
func (f Fault) About() string { return kinds[f].about }

// AllFaults are all there are.
func AllFaults() []Fault {
	all := make([]Fault, len(kinds))
	for i := range all {
		all[i] = Fault(i)
	}
	return all
}

// ParseFaults reads names with commas between them, or "all"; empty is none.
func ParseFaults(s string) ([]Fault, error) {
	switch s {
	case "":
		return nil, nil
	case "all":
		return AllFaults(), nil
	}
	var faults []Fault
	for name := range strings.SplitSeq(s, ",") {
		i := slices.IndexFunc(AllFaults(), func(f Fault) bool { return f.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("fault %q: want all, or some of %s", name, faultNames())
		}
		faults = append(faults, Fault(i))
	}
	return faults, nil
}

func faultNames() string {
	var names []string
	for _, f := range AllFaults() {
		names = append(names, f.String())
	}
	return strings.Join(names, ",")
}

// Plan schedules faults between now and end; after it there are none.
func (f *Fleet) Plan(faults []Fault, end time.Duration) {
	rng := f.stream(streamFaults, 0, 0)
	for _, kind := range faults {
		kinds[kind].plan(f, rng, end)
	}
}

// moments draws some times before end.
func (f *Fleet) moments(rng *rand.Rand, end time.Duration, do func()) {
	for range 1 + rng.IntN(4) {
		f.At(f.clock.now+time.Duration(rng.Float64()*float64(end-f.clock.now)), do)
	}
}

// spells draws some times before end at which something begins and ends, one after the other.
func (f *Fleet) spells(rng *rand.Rand, end time.Duration, begin, over func()) {
	times := make([]time.Duration, 2*(1+rng.IntN(3)))
	for i := range times {
		times[i] = f.clock.now + time.Duration(rng.Float64()*float64(end-f.clock.now))
	}
	slices.Sort(times)
	for i := 0; i < len(times); i += 2 {
		f.At(times[i], begin)
		f.At(times[i+1], over)
	}
}

// until draws how long something lasts that is over at end: mostly a short time.
func (f *Fleet) until(rng *rand.Rand, end time.Duration) time.Duration {
	x := rng.Float64()
	return time.Duration(x * x * float64(end-f.clock.now))
}

func (f *Fleet) anyNode(rng *rand.Rand) *Node       { return f.nodes[rng.IntN(len(f.nodes))] }
func (f *Fleet) anyGateway(rng *rand.Rand) *Gateway { return f.gateways[rng.IntN(len(f.gateways))] }

func (f *Fleet) anyDevice(rng *rand.Rand) *device {
	i := rng.IntN(len(f.nodes) + len(f.gateways))
	if i < len(f.nodes) {
		return &f.nodes[i].device
	}
	return &f.gateways[i-len(f.nodes)].device
}

// inAir plans spells in which the air is worse: change is given how it is now, and how bad it is to be, 0 to 1.
func inAir(change func(air *sim.Config, x float64)) func(*Fleet, *rand.Rand, time.Duration) {
	return func(f *Fleet, rng *rand.Rand, end time.Duration) {
		begin := func() {
			f.worse = append(f.worse, spell{&change, rng.Float64()})
			f.configureAir()
		}
		over := func() {
			f.worse = slices.DeleteFunc(f.worse, func(s spell) bool { return s.change == &change })
			f.configureAir()
		}
		f.spells(rng, end, begin, over)
	}
}

// spell is one in which the air is worse.
type spell struct {
	change *func(air *sim.Config, x float64)
	x      float64
}

// configureAir makes the air as the spells that last have it.
func (f *Fleet) configureAir() {
	air := f.cfg.Medium
	for _, s := range f.worse {
		(*s.change)(&air, s.x)
	}
	f.fail(f.medium.Configure(air))
}

func planCorrupt(f *Fleet, rng *rand.Rand, end time.Duration) {
	if f.cfg.Secure {
		inAir(func(air *sim.Config, x float64) { air.Corrupt = 0.3 * x })(f, rng, end)
	}
}

func planRadioReset(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() { f.anyDevice(rng).ResetRadio() })
}

func planPartition(f *Fleet, rng *rand.Rand, end time.Duration) {
	for range 1 + rng.IntN(len(f.nodes)) {
		a, b := f.anyNode(rng).addr, f.anyGateway(rng).addr
		f.spells(rng, end, func() { f.medium.Cut(a, b) }, func() { f.medium.Heal(a, b) })
	}
}

func planOneWay(f *Fleet, rng *rand.Rand, end time.Duration) {
	for range 1 + rng.IntN(len(f.nodes)) {
		from, to := f.anyNode(rng).addr, f.anyGateway(rng).addr
		if rng.IntN(2) == 0 {
			from, to = to, from
		}
		set := func(l sim.Link) func() { return func() { f.fail(f.medium.SetLink(from, to, l)) } }
		f.spells(rng, end, set(sim.Link{Loss: 1}), set(sim.Link{}))
	}
}

func planChannelChange(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() {
		f.anyGateway(rng).SetChannel(f.cfg.Channels[rng.IntN(len(f.cfg.Channels))])
	})
}

func planNodeReboot(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() { f.anyNode(rng).Reboot(f.until(rng, end)) })
}

func planGatewayReboot(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() { f.anyGateway(rng).Reboot(f.until(rng, end)) })
}

// epoch is the time of day when virtual time begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// sayGoodbye is how long a device that says goodbye has for it, before its power goes.
const sayGoodbye = 300 * time.Millisecond

func planNodeGoodbye(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() {
		n := f.anyNode(rng)
		if n.link == nil {
			return
		}
		n.link.Goodbye(n.now())
		n.run()
		f.After(min(sayGoodbye, end-f.clock.now), func() { n.Reboot(f.until(rng, end)) })
	})
}

func planGatewayShutdown(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() {
		g := f.anyGateway(rng)
		if g.link == nil {
			return
		}
		g.link.Shutdown(g.now())
		g.run()
		f.After(min(sayGoodbye, end-f.clock.now), func() { g.Reboot(f.until(rng, end)) })
	})
}

func planRTCLoss(f *Fleet, rng *rand.Rand, end time.Duration) {
	for range 8 {
		f.moments(rng, end, func() { f.anyNode(rng).LoseSnapshot() })
	}
}

func planClockJump(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() { f.anyDevice(rng).Leap(time.Duration(rng.Int64N(int64(time.Minute)))) })
}

func planUnixJump(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() {
		if g := f.anyGateway(rng); g.link != nil {
			g.link.SetUnixTime(g.now(), epoch.AddDate(rng.IntN(100)-50, 0, 0).Add(f.clock.now))
		}
	})
}

func planStall(f *Fleet, rng *rand.Rand, end time.Duration) {
	f.moments(rng, end, func() {
		f.anyDevice(rng).Stall(min(time.Duration(rng.Int64N(int64(2*time.Second))), end-f.clock.now))
	})
}

func planBrokerAway(f *Fleet, rng *rand.Rand, end time.Duration) {
	g := f.anyGateway(rng)
	f.spells(rng, end, g.broker.leave, g.broker.comeBack)
}
