package fleet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Node is one node of a fleet: a device whose machine comes and goes with its power, and its application.
type Node struct {
	device
	index  int
	link   NodeMachine // the device's machine
	cfg    link.NodeConfig
	rng    *rand.Rand // of the application, and of what befalls the node
	starts uint64

	life    *life     // what was sent since the last start that remembered nothing
	memory  uint32    // names that start, to tell what it was told before from what came since
	home    link.Home // kept in flash
	up      bool      // the machine says that it has a session
	gateway espnow.Addr
	since   time.Duration // of up
	holder  *Gateway      // that was the last to say that the node is here
	waiting []waiting     // messages that the machine owes a result

	talks timer // the application's next message
	last  bool  // a trial's last message is to be sent

	asleep   bool
	snapshot []byte // in RTC memory, while asleep
	slept    time.Duration
	rises    timer
	tired    bool // it goes to sleep when its machine rests
	nods     timer
}

// askAgain is how often a machine is asked whether it rests.
const askAgain = 20 * time.Millisecond

// waiting is a message without a result.
type waiting struct {
	ticket link.Ticket
	number uint32
}

// NodeAddr is the address of node i.
func NodeAddr(i int) espnow.Addr {
	return espnow.Addr{0x24, 0x6f, 0x28, byte(i >> 16), byte(i >> 8), byte(i)}
}

func newNode(f *Fleet, i int) *Node {
	n := &Node{index: i, rng: f.stream(streamNode, i, 0)}
	n.equip(f, n, NodeAddr(i))
	n.talks.do, n.rises.do, n.nods.do = n.talk, n.PowerOn, n.run
	return n
}

// Machine is the node's machine, nil while it is off or asleep. Whoever calls it calls [Node.Kick] next.
func (n *Node) Machine() NodeMachine { return n.link }

// On reports whether the node lives: it has power, or sleeps.
func (n *Node) On() bool { return n.link != nil || n.asleep }

// Connected reports whether the node's machine says that it has a session, or did when it went to sleep, at which
// gateway, and since when it is as it is.
func (n *Node) Connected() (at espnow.Addr, since time.Duration, ok bool) {
	return n.gateway, n.since, n.up
}

// Owed is how many messages have no result yet.
func (n *Node) Owed() int { return len(n.waiting) }

// PowerOn starts the node: from its snapshot if it sleeps, else with no memory but that of its last gateway.
func (n *Node) PowerOn() {
	if n.link != nil {
		return
	}
	f := n.fleet
	f.clock.stop(&n.rises)
	n.configure()
	n.local = f.crystal(n.rng)
	if !n.On() {
		f.living++
	}
	if n.asleep {
		n.asleep = false
		n.resume()
	}
	if n.link == nil {
		n.start()
	}
	if f.err == nil {
		n.switchOn(n.link, n.cfg.MaxFrame)
		n.talkNext()
		n.talkLast()
	}
}

// configure sets the configuration of the next start.
func (n *Node) configure() {
	f := n.fleet
	n.cfg = link.DefaultNodeConfig(n.addr)
	n.cfg.Random = f.entropy(streamNodeMachine, n.index, n.starts)
	n.starts++
	if f.cfg.Secure {
		n.cfg.Key, n.cfg.KeyID = f.key.Device(n.addr), keyID
	}
	n.cfg.Home, n.cfg.Channels, n.cfg.Sealed = n.home, f.cfg.Channels, f.keys.sealed
	n.cfg.Sleepy = n.index < f.cfg.Sleepy
	if f.cfg.Node != nil {
		f.cfg.Node(n.index, &n.cfg)
	}
}

// resume wakes the node from deep sleep. A snapshot that the machine refuses is worth nothing.
func (n *Node) resume() {
	f := n.fleet
	slept := f.clock.now - n.slept
	slept += time.Duration(float64(slept) * sleepDrift * (2*n.rng.Float64() - 1))
	m, err := f.cfg.Machines.ResumeNode(n.cfg, n.local.at(f.clock.now), slept, n.snapshot)
	n.snapshot = nil
	if err != nil {
		f.counts.LostSnapshots++
		n.forget()
		return
	}
	f.counts.Wakes++
	n.link = m
}

// start starts the node anew.
func (n *Node) start() {
	f := n.fleet
	m, err := f.cfg.Machines.NewNode(n.cfg)
	if err != nil {
		f.fail(fmt.Errorf("node %d: %w", n.index, err))
		return
	}
	n.link, n.life, n.memory = m, f.ledger.newLife(uint32(n.index)), f.ledger.newMemory()
}

// PowerOff cuts the power: what is not in flash is lost.
func (n *Node) PowerOff() {
	if !n.On() {
		return
	}
	if n.link != nil {
		n.retire()
	}
	n.fleet.clock.stop(&n.rises)
	n.asleep, n.snapshot = false, nil
	n.fleet.living--
	n.forget()
}

// retire takes the machine away and keeps what it has counted.
func (n *Node) retire() {
	n.fleet.past.addNode(n.link.Stats())
	n.link = nil
	n.switchOff()
	n.fleet.clock.stop(&n.talks)
	n.fleet.clock.stop(&n.nods)
}

// forget is what a loss of memory does to the application.
func (n *Node) forget() {
	n.setUp(false, espnow.Addr{})
	n.fleet.owed -= len(n.waiting)
	n.waiting, n.tired = n.waiting[:0], false
	if n.last {
		n.last = false
		n.fleet.owed--
	}
}

// Reboot cuts the power for a while.
func (n *Node) Reboot(off time.Duration) {
	n.PowerOff()
	n.fleet.After(off, n.PowerOn)
}

// LoseSnapshot damages the RTC memory of a node that sleeps, and reports whether it does.
func (n *Node) LoseSnapshot() bool {
	if len(n.snapshot) == 0 {
		return false
	}
	n.snapshot[n.rng.IntN(len(n.snapshot))] ^= 1 << n.rng.IntN(8)
	return true
}

func (n *Node) excess() string {
	switch queued, held := n.link.Memory(); {
	case queued > n.cfg.QueueMessages:
		return fmt.Sprintf("%d messages are queued, %d may be", queued, n.cfg.QueueMessages)
	case held > n.cfg.Receive.MaxBytes:
		return fmt.Sprintf("%d bytes of buffers, %d may be", held, n.cfg.Receive.MaxBytes)
	}
	return ""
}

// wants leaves what is for everybody to others: nodes take nothing so.
func (n *Node) wants(dst espnow.Addr) bool { return !dst.IsBroadcast() }

// ran puts a node to sleep that is done. How long it still listens its machine does not say, so it is asked again.
func (n *Node) ran() {
	switch {
	case !n.tired || !n.idle():
	case n.link.Resting(n.now()):
		n.sleep()
	default:
		n.fleet.clock.set(&n.nods, n.fleet.clock.now+askAgain)
	}
}

func (n *Node) sleep() {
	f := n.fleet
	snapshot, err := n.link.Snapshot(n.now())
	if err != nil {
		f.violate(progress, "%v: no snapshot of a machine at rest: %v", n.addr, err)
		return
	}
	n.snapshot = append([]byte(nil), snapshot...)
	n.asleep, n.tired, n.slept = true, false, f.clock.now
	n.retire()
	f.clock.set(&n.rises, f.clock.now+f.cfg.Traffic.sleep(n.rng))
}

// event takes what the machine tells.
func (n *Node) event(e link.Event) {
	f := n.fleet
	switch e := e.(type) {
	case *link.Connection:
		f.note(joinedOrLost(e.Up), n.addr, e.Gateway, nil)
		if e.Up {
			n.home = link.Home{Gateway: e.Gateway, Channel: e.Channel}
			f.counts.Connections++
		}
		n.setUp(e.Up, e.Gateway)
	case *link.Result:
		n.result(e)
	case *link.Message:
		f.ledger.toNode(n, e)
	}
}

func (n *Node) setUp(up bool, at espnow.Addr) {
	f := n.fleet
	switch {
	case up && !n.up:
		f.connected++
	case !up && n.up:
		f.connected--
	}
	if up != n.up || at != n.gateway {
		n.since = f.clock.now
	}
	n.up, n.gateway = up, at
}
