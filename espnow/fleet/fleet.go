package fleet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// ErrOff is the error of a request to a device without power, or asleep.
var ErrOff = errors.New("fleet: the device is off")

// Config describes a fleet. Start from [DefaultConfig].
type Config struct {
	Seed     uint64 // determines every random choice
	Nodes    int
	Gateways int
	Sleepy   int  // how many of the nodes sleep between messages: the first ones
	Secure   bool // the network has a key

	Medium      sim.Config    // its Seed is the fleet's
	Start       time.Duration // nodes are switched on at random within it
	Area        float64       // side in metres of the square over which gateways stand evenly, and nodes anywhere
	Channels    []uint8       // that gateways are on, in turns, and that nodes search
	KeyExchange time.Duration // that a step of a handshake keeps a machine busy
	Drift       int           // crystals are off by up to so many parts per million

	Traffic  Traffic
	Broker   time.Duration // how long an application takes to take responsibility, and to tell other gateways who is where
	Machines Machines
	Node     func(i int, cfg *link.NodeConfig)    // changes a node's configuration at each start; nil: nothing
	Gateway  func(i int, cfg *link.GatewayConfig) // likewise
	Repeat   string                               // the command that repeats the run, for errors

	// Watch, if not nil, is told of all that happens at devices. The data is valid until it returns.
	Watch func(now time.Duration, what Happening, at, peer espnow.Addr, data []byte)
}

// DefaultConfig is a secure fleet of 10 nodes and 1 gateway, with the key exchange of an ESP32 and an acknowledged message
// of 50 bytes a minute.
func DefaultConfig() Config {
	air := sim.DefaultConfig()
	air.MaxPeers = 20
	return Config{
		Nodes: 10, Gateways: 1, Secure: true,
		Start: time.Second, Medium: air, Channels: []uint8{1}, KeyExchange: 100 * time.Millisecond, Drift: 20,
		Traffic: Traffic{Every: time.Minute, MinSize: 50, MaxSize: 50, Sleep: time.Minute},
		Broker:  20 * time.Millisecond, Machines: Go(),
	}
}

func (c *Config) check() error {
	switch {
	case c.Nodes < 0 || c.Nodes > maxDevices || c.Gateways < 0 || c.Gateways > maxDevices:
		return fmt.Errorf("fleet: %d nodes and %d gateways: want 0 to %d of each", c.Nodes, c.Gateways, maxDevices)
	case c.Sleepy < 0 || c.Sleepy > c.Nodes:
		return fmt.Errorf("fleet: %d sleepy nodes: want 0 to all of the %d", c.Sleepy, c.Nodes)
	case len(c.Channels) == 0:
		return errors.New("fleet: no channels: want those that gateways are on")
	case !(c.Area >= 0): // so written, it refuses NaN
		return fmt.Errorf("fleet: Area %v: want 0 m or more", c.Area)
	case c.Start < 0 || c.KeyExchange < 0 || c.Broker < 0:
		return fmt.Errorf("fleet: Start %v, KeyExchange %v, Broker %v: want 0 or more", c.Start, c.KeyExchange, c.Broker)
	case c.Drift < 0 || c.Drift > maxDrift:
		return fmt.Errorf("fleet: Drift %d: want 0 to %d ppm", c.Drift, maxDrift)
	}
	return c.Traffic.check()
}

const (
	maxDevices = 1 << 20
	maxDrift   = 1000
	sleepDrift = 0.05 // the oscillator that runs in deep sleep
	keyID      = 1
)

// Fleet is nodes and gateways on one medium, and one virtual clock. It is for one goroutine.
type Fleet struct {
	cfg      Config
	clock    clock
	medium   *sim.Medium
	worse    []spell // of the air, that last
	devices  map[*sim.Station]*device
	nodes    []*Node
	gateways []*Gateway
	key      link.NetworkKey
	err      error

	ledger  ledger
	keys    keyUse
	trace   trace
	checks  [invariants]uint64
	counts  Counts
	past    MachineCounts // of machines that are gone
	payload uint64        // bytes delivered, each once

	latencies []time.Duration // of messages, until a gateway's application was told
	living    int             // nodes that are on
	connected int             // of them, those that say they have a session
	owed      int             // results that nodes wait for
	owedDown  int             // and gateways
}

// New builds a fleet. Gateways are switched on at once.
func New(cfg Config) (*Fleet, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Medium.Seed = cfg.Seed
	medium, err := sim.NewMedium(cfg.Medium)
	if err != nil {
		return nil, err
	}
	f := &Fleet{cfg: cfg, medium: medium, devices: make(map[*sim.Station]*device), trace: traceStart}
	f.ledger = ledger{fleet: f, lives: make(map[uint32][]*life), again: make(map[delivery]struct{})}
	f.keys = keyUse{fleet: f, counters: make(map[[8]byte]uint32), ephemerals: make(map[[32]byte][32]byte)}
	if f.key, err = link.NewNetworkKey(f.entropy(streamKey, 0, 0)); err != nil {
		return nil, err
	}
	for i := range cfg.Gateways {
		g := newGateway(f, i)
		g.x, g.y = f.gatewayPlace(i)
		f.gateways = append(f.gateways, g)
		g.PowerOn()
	}
	for i := range cfg.Nodes {
		n := newNode(f, i)
		n.x, n.y = n.rng.Float64()*cfg.Area, n.rng.Float64()*cfg.Area
		f.nodes = append(f.nodes, n)
		f.clock.set(&n.rises, time.Duration(n.rng.Int64N(int64(cfg.Start)+1)))
	}
	return f, f.err
}

// gatewayPlace is a place in the middle of a field of a square grid.
func (f *Fleet) gatewayPlace(i int) (x, y float64) {
	side := int(math.Ceil(math.Sqrt(float64(f.cfg.Gateways))))
	field := f.cfg.Area / float64(side)
	return (float64(i%side) + 0.5) * field, (float64(i/side) + 0.5) * field
}

// Streams of randomness.
const (
	streamKey            = 1
	streamNode           = 2
	streamGateway        = 3
	streamNodeMachine    = 4
	streamGatewayMachine = 5
	streamFaults         = 6
)

// stream is the n-th stream of randomness of something.
func (f *Fleet) stream(of uint8, index int, n uint64) *rand.Rand {
	return rand.New(f.entropy(of, index, n))
}

func (f *Fleet) entropy(of uint8, index int, n uint64) entropy {
	return entropy{rand.NewPCG(f.cfg.Seed, uint64(of)<<56|uint64(index)<<32|n)}
}

// entropy is a stream of bytes that is determined by its seed: for machines.
type entropy struct{ *rand.PCG }

func (e entropy) Read(b []byte) (int, error) {
	for at := 0; at < len(b); {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], e.Uint64())
		at += copy(b[at:], word[:])
	}
	return len(b), nil
}

// crystal draws the clock of a device that is switched on now.
func (f *Fleet) crystal(rng *rand.Rand) localClock {
	return localClock{since: f.clock.now, ppm: int64(rng.IntN(2*f.cfg.Drift+1) - f.cfg.Drift)}
}

// Now is the virtual time.
func (f *Fleet) Now() time.Duration { return f.clock.now }

// Medium is the air: its links can be cut, frames be seen and injected.
func (f *Fleet) Medium() *sim.Medium { return f.medium }

// Nodes are the nodes, by index.
func (f *Fleet) Nodes() []*Node { return f.nodes }

// Gateways are the gateways, by index.
func (f *Fleet) Gateways() []*Gateway { return f.gateways }

// Connected is how many nodes say that they have a session, sleepers included.
func (f *Fleet) Connected() int { return f.connected }

// Living is how many nodes are on, sleepers included.
func (f *Fleet) Living() int { return f.living }

// Settled reports whether all nodes that are on are connected, and every acknowledged message of theirs and of the
// gateways has its result.
func (f *Fleet) Settled() bool { return f.connected == f.living && f.owed == 0 && f.owedDown == 0 }

// At has something done at a virtual time; it may do anything with the fleet but run it.
func (f *Fleet) At(t time.Duration, do func()) { f.clock.set(&timer{do: do}, t) }

// After has something done in a while.
func (f *Fleet) After(d time.Duration, do func()) { f.At(f.clock.now+d, do) }

// Run lets virtual time pass until a moment. The error is a [*Violation], or tells of what could not be set up; then the
// fleet stands still for good.
func (f *Fleet) Run(until time.Duration) error {
	_, err := f.RunUntil(until, func() bool { return false })
	return err
}

// RunUntil lets virtual time pass until something is so, which it asks after each event, or a moment has come. It reports
// whether it is so.
func (f *Fleet) RunUntil(limit time.Duration, is func() bool) (bool, error) {
	for f.err == nil {
		if is() {
			return true, nil
		}
		at, timed := f.clock.next()
		onAir, radio := f.medium.NextDeadline()
		switch {
		case radio && (!timed || onAir <= at) && onAir <= limit:
			f.listen(onAir)
		case timed && at <= limit:
			f.medium.Poll(at) // nothing happens there before; it learns the time
			f.clock.happen()
		default:
			f.medium.Poll(limit)
			f.clock.now = max(f.clock.now, limit)
			return false, nil
		}
	}
	return false, f.err
}

// listen lets happen what is due in the air.
func (f *Fleet) listen(now time.Duration) {
	for e, ok := f.medium.Poll(now); ok && f.err == nil; e, ok = f.medium.Poll(now) {
		f.clock.now = f.medium.Now()
		d := f.devices[e.Station]
		if d == nil {
			continue // a caller's own station
		}
		switch e.Kind {
		case sim.Received:
			d.received(e.Frame)
		case sim.Sent:
			d.sent()
		}
	}
}

// nodeIndex is the index of the node with an address.
func (f *Fleet) nodeIndex(addr espnow.Addr) (int, bool) {
	i := int(addr[3])<<16 | int(addr[4])<<8 | int(addr[5])
	return i, i < len(f.nodes) && NodeAddr(i) == addr
}
