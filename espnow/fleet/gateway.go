package fleet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Gateway is one gateway of a fleet: a device whose machine comes and goes with its power, and its application, which
// hands messages to a broker.
type Gateway struct {
	device
	index   int
	link    GatewayMachine // the device's machine
	cfg     link.GatewayConfig
	rng     *rand.Rand // of the application, and of what befalls the gateway
	starts  uint64
	channel uint8 // of the access point that the gateway is a station of

	life    *life     // what was sent since the last start
	memory  uint32    // names that start
	present []bool    // nodes, by index
	here    int       // how many of them
	waiting []waiting // messages to nodes without a result
	broker  broker
	talks   timer // the application's next message to a node
}

// GatewayAddr is the address of gateway i.
func GatewayAddr(i int) espnow.Addr {
	return espnow.Addr{0x24, 0x6f, 0x2a, byte(i >> 16), byte(i >> 8), byte(i)}
}

func newGateway(f *Fleet, i int) *Gateway {
	g := &Gateway{index: i, rng: f.stream(streamGateway, i, 0), present: make([]bool, f.cfg.Nodes)}
	g.equip(f, g, GatewayAddr(i))
	g.channel = f.cfg.Channels[i%len(f.cfg.Channels)]
	g.broker.gateway, g.broker.timer.do = g, g.broker.accept
	g.talks.do = g.talk
	return g
}

// Machine is the gateway's machine, nil while it is off. Whoever calls it calls [Gateway.Kick] next.
func (g *Gateway) Machine() GatewayMachine { return g.link }

// Present is how many nodes the gateway says are here.
func (g *Gateway) Present() int { return g.here }

// Has reports whether the gateway says that a node is here.
func (g *Gateway) Has(node int) bool { return g.present[node] }

// PowerOn starts the gateway, which remembers nothing.
func (g *Gateway) PowerOn() {
	if g.link != nil {
		return
	}
	f := g.fleet
	g.local = f.crystal(g.rng)
	g.configure()
	m, err := f.cfg.Machines.NewGateway(g.cfg)
	if err != nil {
		f.fail(fmt.Errorf("gateway %d: %w", g.index, err))
		return
	}
	g.link, g.life, g.memory = m, f.ledger.newLife(gatewaySender|uint32(g.index)), f.ledger.newMemory()
	g.link.SetUnixTime(g.now(), epoch.Add(f.clock.now))
	g.switchOn(m, g.cfg.MaxFrame)
	g.tune()
	g.talkNext()
}

// configure sets the configuration of the next start.
func (g *Gateway) configure() {
	f := g.fleet
	g.cfg = link.DefaultGatewayConfig(g.addr)
	g.cfg.Random = f.entropy(streamGatewayMachine, g.index, g.starts)
	g.starts++
	if f.cfg.Secure {
		if err := g.cfg.Keys.Add(keyID, f.key); err != nil {
			f.fail(err)
		}
	}
	g.cfg.Channel, g.cfg.JoinEvery, g.cfg.Sealed = g.channel, f.cfg.KeyExchange*3/2, f.keys.sealed
	if f.cfg.Gateway != nil {
		f.cfg.Gateway(g.index, &g.cfg)
	}
}

// PowerOff cuts the power.
func (g *Gateway) PowerOff() {
	if g.link == nil {
		return
	}
	f := g.fleet
	f.past.addGateway(g.link.Stats())
	g.link = nil
	g.switchOff()
	f.clock.stop(&g.talks)
	g.broker.forget()
	clear(g.present)
	g.here = 0
	f.owedDown -= len(g.waiting)
	g.waiting = g.waiting[:0]
}

// Reboot cuts the power for a while.
func (g *Gateway) Reboot(off time.Duration) {
	g.PowerOff()
	g.fleet.After(off, g.PowerOn)
}

// SetChannel moves the gateway to another channel, as its access point does.
func (g *Gateway) SetChannel(channel uint8) {
	g.channel = channel
	if g.link != nil {
		g.link.SetChannel(channel)
		g.tune()
		g.Kick()
	}
}

func (g *Gateway) tune() {
	if g.station != nil {
		g.fleet.fail(g.station.Tune(g.channel))
	}
}

// BrokerAway keeps the broker from answering for a while.
func (g *Gateway) BrokerAway(d time.Duration) {
	g.broker.leave()
	g.fleet.After(d, g.broker.comeBack)
}

// maxHalfOpen is the protocol's own bound (SPEC.md, section 3).
const maxHalfOpen = 16

func (g *Gateway) excess() string {
	s := g.link.Stats()
	for _, bound := range [...]struct {
		what     string
		is, most int
	}{
		{"sessions", s.Sessions, g.cfg.Sessions},
		{"half-open sessions", s.HalfOpen, maxHalfOpen},
		{"nodes remembered", s.Known, 2 * g.cfg.Sessions},
		{"bytes of mail", s.Mail, g.cfg.Mail.Bytes},
		{"messages under way", s.Partial + s.Waiting, g.cfg.Fragments.MaxMessages},
		{"bytes of buffers", s.Held, g.cfg.Fragments.MaxBytes},
	} {
		if bound.is > bound.most {
			return fmt.Sprintf("%d %s, %d may be", bound.is, bound.what, bound.most)
		}
	}
	return ""
}

func (g *Gateway) wants(espnow.Addr) bool { return true }

func (g *Gateway) ran() {}

// event takes what the machine tells.
func (g *Gateway) event(e link.Event) {
	f := g.fleet
	switch e := e.(type) {
	case *link.Message:
		if of, n, ok := f.ledger.toGateway(g, e); ok {
			g.broker.take(of, n, e.Receipt)
		}
	case *link.Result:
		g.result(e)
	case *link.Presence:
		f.note(joinedOrLost(e.Present), g.addr, e.Addr, nil)
		g.presence(e)
	}
}

// elsewhere tells the gateway that it is not the last one to have said that a node is here: the broker retains that.
func (g *Gateway) elsewhere(n *Node) {
	switch f := g.fleet; {
	case g.link == nil || n.holder == g:
	case !g.free():
		f.At(g.busy, func() { g.elsewhere(n) })
	default:
		g.link.Elsewhere(g.now(), n.addr)
		g.run()
	}
}

// presence keeps who is here, and has the other gateways told.
func (g *Gateway) presence(e *link.Presence) {
	f := g.fleet
	i, ok := f.nodeIndex(e.Addr)
	if !ok {
		f.violate(origin, "%v tells of %v, which is no node", g.addr, e.Addr)
		return
	}
	if g.present[i] == e.Present {
		f.violate(presence, "%v tells twice that %v is here: %t", g.addr, e.Addr, e.Present)
		return
	}
	f.held(presence)
	g.present[i] = e.Present
	if !e.Present {
		g.here--
		return
	}
	g.here++
	n := f.nodes[i]
	n.holder = g
	f.After(f.cfg.Broker, func() {
		for _, other := range f.gateways {
			other.elsewhere(n)
		}
	})
}
