package fleet_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// attacker hears every frame, and sends what he likes under any address. He has no key.
type attacker struct {
	*testing.T
	*fleet.Fleet
	rng      *rand.Rand
	recorded []sim.Tapped
	each     func(sim.Tapped) // what he does about a frame of somebody else's
	deaf     bool             // he records nothing any more
	injected int
}

const (
	attackFor  = 60 * time.Second
	attackSeed = 11
)

// victims is a fleet under attack: 4 nodes, one of them sleepy, that all talk.
func victims() fleet.Config {
	cfg := paired()
	cfg.Seed, cfg.Nodes, cfg.Sleepy = attackSeed, 4, 1
	cfg.Traffic = fleet.Traffic{
		Every: time.Second, MinSize: 20, MaxSize: 2000, Unacknowledged: .3, Down: 3 * time.Second, Sleep: 2 * time.Second,
		Until: attackFor,
	}
	cfg.Repeat = "go test ./espnow/fleet -run TestAttack"
	return cfg
}

// under runs victims for a minute under an attack, and wants that no forgery is accepted, which the invariants see, that no
// session is killed, and that the nodes keep 90 % of their traffic: not after it, when what has waited goes. sessions is how
// many there are in all.
func under(t *testing.T, cfg fleet.Config, sessions uint64, attack func(*attacker)) fleet.Report {
	t.Helper()
	run := func(attack func(*attacker)) (all fleet.Report, meanwhile fleet.Counts, injected int) {
		f, err := fleet.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		a := &attacker{T: t, Fleet: f, rng: rand.New(rand.NewPCG(cfg.Seed, 0xbad))}
		f.Medium().Tap(func(frame sim.Tapped) {
			if frame.Injected {
				return
			}
			frame.Body = bytes.Clone(frame.Body)
			if !a.deaf {
				a.recorded = append(a.recorded, frame)
			}
			if a.each != nil {
				a.each(frame)
			}
		})
		attack(a)
		f.At(attackFor, func() { meanwhile = f.Report().Counts })
		if err := f.Trial(nil, attackFor, time.Minute); err != nil {
			t.Fatal(err)
		}
		return f.Report(), meanwhile, a.injected
	}
	_, peace, _ := run(func(a *attacker) {
		if cfg.Gateways == 1 { // what the script does besides the attack
			attack(&attacker{T: t, Fleet: a.Fleet, rng: a.rng, deaf: true, injected: -1})
		}
	})
	all, war, injected := run(attack)
	if injected == 0 {
		t.Fatal("the attacker did nothing")
	}
	if all.Connections != sessions {
		t.Errorf("%d sessions, want %d: some were killed", all.Connections, sessions)
	}
	if war.Delivered*10 < peace.Delivered*9 || war.Acknowledged*10 < peace.Acknowledged*9 {
		t.Errorf("%d delivered and %d acknowledged of %d and %d without the attack",
			war.Delivered, war.Acknowledged, peace.Delivered, peace.Acknowledged)
	}
	return all
}

// inject sends a frame. An attacker of the run in peace does not.
func (a *attacker) inject(channel uint8, src, dst espnow.Addr, body []byte) {
	a.Helper()
	if a.injected < 0 {
		return
	}
	if err := a.Medium().Inject(channel, src, dst, body); err != nil {
		a.Fatal(err)
	}
	a.injected++
}

func (a *attacker) again(f sim.Tapped) { a.inject(f.Channel, f.Src, f.Dst, f.Body) }

// every has something done at a steady rate, from a moment on.
func (a *attacker) every(from, period time.Duration, do func()) {
	var next func()
	next = func() {
		do()
		if a.Now()+period < attackFor {
			a.After(period, next)
		}
	}
	a.At(from, next)
}

func (a *attacker) junk(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(a.rng.Uint32())
	}
	return b
}

// kind is the type of the first packet of a frame.
func kind(f sim.Tapped) espnow.Type { return espnow.Type(f.Body[0] >> 4) }

// packet is the first packet of a frame.
func packet(f sim.Tapped) espnow.Packet {
	w := espnow.Walk(f.Body)
	raw, _ := w.Next()
	p, err := new(espnow.Decoder).Decode(raw)
	if err != nil {
		return nil
	}
	return p
}

func (a *attacker) frame(p espnow.Packet) []byte {
	a.Helper()
	b, err := p.AppendLast(nil)
	if err != nil {
		a.Fatal(err)
	}
	return b
}

func (a *attacker) proof() (p [8]byte) { return [8]byte(a.junk(8)) }

func node(i int) espnow.Addr    { return fleet.NodeAddr(i) }
func gateway(i int) espnow.Addr { return fleet.GatewayAddr(i) }

// wantDrops wants the machines to have dropped something for each of some reasons.
func wantDrops(t *testing.T, what string, drops link.Drops, reasons ...espnow.DropReason) {
	t.Helper()
	for _, reason := range reasons {
		if drops[reason] == 0 {
			t.Errorf("%s dropped nothing as %v: %v", what, reason, dropped(drops))
		}
	}
}

func dropped(d link.Drops) map[string]uint64 {
	all := map[string]uint64{}
	for reason, n := range d.All() {
		all[reason.String()] = n
	}
	return all
}

// Every frame comes again: at once, soon, and much later.
func TestAttackReplay(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			for _, d := range []time.Duration{0, 300 * time.Millisecond, 20 * time.Second} {
				if kind(f) != espnow.TypeConnect || d > 0 {
					a.After(d, func() { a.again(f) })
				}
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonReplay)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonReplay, espnow.DropReasonUnexpected)
}

// Every frame comes back to its sender, as if from the other side.
func TestAttackReflect(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			if !f.Dst.IsBroadcast() {
				a.inject(f.Channel, f.Dst, f.Src, f.Body)
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonForged, espnow.DropReasonWrongDirection)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonForged, espnow.DropReasonWrongDirection)
}

// Frames come in another order, and far too late.
func TestAttackReorder(t *testing.T) {
	cfg := victims()
	cfg.Medium.Reorder = .5
	r := under(t, cfg, 4, func(a *attacker) {
		a.every(2*time.Second, 100*time.Millisecond, func() {
			for i := range min(5, len(a.recorded)) {
				a.again(a.recorded[len(a.recorded)-1-i])
			}
		})
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonReplay)
}

// Frames come cut short, with a length that fits and with one that does not.
func TestAttackTruncate(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			n := 1 + a.rng.IntN(len(f.Body))
			cut := bytes.Clone(f.Body[:n])
			if kind(f) == espnow.TypeSealed && n > 4 {
				cut[4]++ // of the counter, for the genuine packet is here already
			}
			a.inject(f.Channel, f.Src, f.Dst, cut)
			if n >= 2 && n < 256 {
				fits := bytes.Clone(cut)
				fits[1] = byte(n - 2)
				a.inject(f.Channel, f.Src, f.Dst, fits)
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonForged, espnow.DropReasonShort, espnow.DropReasonOverrun)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonForged, espnow.DropReasonShort, espnow.DropReasonOverrun)
}

// Frames come with a bit flipped, those of the header and its flags too, and arrive before the genuine ones where they can.
func TestAttackFlip(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			for _, at := range []int{a.rng.IntN(8), a.rng.IntN(8 * len(f.Body)), a.rng.IntN(8 * min(len(f.Body), 16))} {
				bad := bytes.Clone(f.Body)
				bad[at/8] ^= 1 << (at % 8)
				a.inject(f.Channel, f.Src, f.Dst, bad)
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonForged, espnow.DropReasonUnknownFlag, espnow.DropReasonNoSession)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonForged, espnow.DropReasonUnknownFlag)
}

// A flood of CONNECT, searches and joins, of made-up nodes.
func TestAttackConnectFlood(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.every(time.Millisecond, 10*time.Millisecond, func() {
			src := espnow.Addr(a.junk(6))
			src[0] &^= 1
			connect := espnow.Connect{Flags: espnow.ConnectSecure, Version: 1, KeyID: 1, Nonce: a.rng.Uint32(), Proof: a.proof()}
			to := espnow.Broadcast
			if a.rng.IntN(2) == 0 {
				connect.Flags |= espnow.ConnectJoin
				connect.Cookie, connect.Ephemeral = a.proof(), [32]byte(a.junk(32))
				connect.Ciphertext, connect.Tag = a.junk(17), [16]byte(a.junk(16))
				to = gateway(0)
			}
			a.inject(1, src, to, a.frame(&connect))
		})
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonBadProof, espnow.DropReasonBadCookie)
	if r.Machines.Joins > 8 {
		t.Errorf("%d joins of 4 nodes", r.Machines.Joins)
	}
}

// A forged CONNACK of each kind comes before the genuine one.
func TestAttackForgedConnack(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			c, ok := packet(f).(*espnow.Connect)
			if !ok {
				return
			}
			for _, answer := range []espnow.Connack{
				{Status: espnow.ConnackStatusHere, Cookie: a.proof(), Channel: 1},
				{Status: espnow.ConnackStatusHere, Cookie: a.proof(), Channel: 6},
				{Status: espnow.ConnackStatusBusy, RetryAfter: 65535},
				{Status: espnow.ConnackStatusRefused, Reason: espnow.RefuseReasonDenied},
				{Status: espnow.ConnackStatusAccepted, Ephemeral: [32]byte(a.junk(32)), Ciphertext: a.junk(19), Tag: [16]byte(a.junk(16))},
				{Status: espnow.ConnackStatusAccepted, Ciphertext: a.junk(19)}, // e is a point of low order
			} {
				answer.Flags, answer.Echo, answer.Proof = espnow.ConnackSecure, c.Nonce, a.proof()
				a.inject(f.Channel, gateway(0), f.Src, a.frame(&answer))
			}
			plain := espnow.Connack{Status: espnow.ConnackStatusBusy, Echo: c.Nonce, RetryAfter: 65535}
			a.inject(f.Channel, gateway(0), f.Src, a.frame(&plain))
		}
	})
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonBadProof, espnow.DropReasonPlainOnSecure)
}

// Forged goodbyes and resets for each packet that a node sends, and for each that a gateway does.
func TestAttackForgedDisconnect(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			s, ok := packet(f).(*espnow.Sealed)
			if !ok {
				return
			}
			reset := espnow.Disconnect{Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession, Session: s.Session, Counter: s.Counter}
			goodbye := espnow.Disconnect{Reason: espnow.DisconnectReasonDenied}
			for _, p := range []*espnow.Disconnect{&reset, &goodbye} {
				a.inject(f.Channel, f.Dst, f.Src, a.frame(p))
				p.Proof = a.proof()
				if p == &goodbye {
					p.Proof = [8]byte{}
				}
				a.inject(f.Channel, f.Src, f.Dst, a.frame(p))
				a.inject(f.Channel, f.Dst, f.Src, a.frame(p))
			}
		}
	})
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonBadProof, espnow.DropReasonPlainOnSecure)
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonPlainOnSecure, espnow.DropReasonWrongDirection)
}

// Forged acknowledgements, plain and within a SEALED of the attacker's, for each packet.
func TestAttackForgedPuback(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		id := uint16(0)
		a.each = func(f sim.Tapped) {
			s, ok := packet(f).(*espnow.Sealed)
			if !ok {
				return
			}
			id++
			for _, status := range []espnow.PubackStatus{espnow.PubackStatusComplete, espnow.PubackStatusRefused} {
				ack := a.frame(&espnow.Puback{MessageID: id % 64, Status: status})
				a.inject(f.Channel, f.Dst, f.Src, ack)
				a.inject(f.Channel, f.Dst, f.Src, a.frame(&espnow.Sealed{
					Session: s.Session, Counter: s.Counter + 1, Ciphertext: ack, Tag: [16]byte(a.junk(16)),
				}))
			}
		}
	})
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonPlainOnSecure, espnow.DropReasonForged)
}

// What one node says comes again under the addresses of the others, with the ids and counters of their sessions too, and
// under that of somebody unknown.
func TestAttackSpoofedAddress(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		last := map[espnow.Addr]espnow.Sealed{}
		a.each = func(f sim.Tapped) {
			if f.Dst.IsBroadcast() || f.Dst != gateway(0) {
				return
			}
			s, sealed := packet(f).(*espnow.Sealed)
			if sealed {
				last[f.Src] = *s
			}
			for i := range 4 {
				if node(i) == f.Src {
					continue
				}
				a.inject(f.Channel, node(i), f.Dst, f.Body)
				if of, ok := last[node(i)]; ok && sealed {
					as := *s
					as.Session, as.Counter = of.Session, of.Counter+1
					a.inject(f.Channel, node(i), f.Dst, a.frame(&as))
				}
			}
			a.inject(f.Channel, espnow.Addr{2, 2, 2, 2, 2, 2}, f.Dst, f.Body)
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonNoSession, espnow.DropReasonForged, espnow.DropReasonRate)
}

// Junk for every session id of every node, and for the one that it has next, harvests resets, which then come to the nodes for
// each of their packets. All restart in between: a reset for the session and the counter of a packet is there before it.
func TestAttackHarvestedResets(t *testing.T) {
	r := under(t, victims(), 4+4, func(a *attacker) {
		var harvest []espnow.Disconnect
		fit, id, session := 0, uint8(0), map[espnow.Addr]uint8{}
		a.every(2*time.Second, 20*time.Millisecond, func() {
			id++
			to := node(a.rng.IntN(4))
			for _, of := range []uint8{id, session[to] + 1} {
				a.inject(1, to, gateway(0), a.frame(&espnow.Sealed{
					Session: max(of, 1), Counter: a.rng.Uint32N(50), Ciphertext: a.junk(8), Tag: [16]byte(a.junk(16)),
				}))
			}
		})
		for _, n := range a.Nodes() {
			a.At(30*time.Second, func() { n.Reboot(time.Second) })
		}
		a.each = func(f sim.Tapped) {
			if reset, ok := packet(f).(*espnow.Disconnect); ok {
				harvest = append(harvest, *reset)
			}
			s, ok := packet(f).(*espnow.Sealed)
			if !ok || f.Dst != gateway(0) {
				return
			}
			session[f.Src] = s.Session
			for i, reset := range harvest {
				fits := reset.Session == s.Session && reset.Counter == s.Counter
				if fits {
					fit++
				}
				if fits || i >= len(harvest)-3 {
					a.inject(f.Channel, gateway(0), f.Src, a.frame(&reset))
					// Its proof with the session and counter of what the node has just sent.
					reset.Session, reset.Counter = s.Session, s.Counter
					a.inject(f.Channel, gateway(0), f.Src, a.frame(&reset))
				}
			}
		}
		a.At(attackFor, func() {
			if a.injected > 0 && (len(harvest) < 10 || fit < 10) {
				a.Errorf("%d resets harvested, %d for packets to come", len(harvest), fit)
			}
		})
	})
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonBadProof)
}

// What nodes say to their gateway comes to another one, joins included.
func TestAttackSecondGateway(t *testing.T) {
	cfg := victims()
	cfg.Gateways = 2
	r := under(t, cfg, 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			for i := range 2 {
				if f.Dst == gateway(i) {
					a.inject(f.Channel, f.Src, gateway(1-i), f.Body)
				}
				if f.Src == gateway(i) {
					a.inject(f.Channel, gateway(1-i), f.Dst, f.Body)
				}
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonBadCookie, espnow.DropReasonNoSession)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonBadProof, espnow.DropReasonNoSession)
}

// Answers that were busy or refused once come again to whoever searches or joins. A node is denied for a while, and searches
// meanwhile; then all restart.
func TestAttackReplayedBusyAndRefused(t *testing.T) {
	cfg := victims()
	cfg.Nodes = 8
	cfg.Gateway = func(_ int, c *link.GatewayConfig) { c.JoinEvery = 2 * time.Second } // so that some are told to come later
	r := under(t, cfg, 16, func(a *attacker) {
		g := a.Gateways()[0]
		a.At(5*time.Second, func() {
			g.Machine().Deny(g.Now(), node(2))
			g.Kick()
		})
		a.At(40*time.Second, func() {
			g.Machine().Allow(node(2))
			for _, n := range a.Nodes() {
				n.Reboot(time.Millisecond)
			}
		})
		a.each = func(f sim.Tapped) {
			if kind(f) != espnow.TypeConnect || a.Now() < 40*time.Second {
				return
			}
			for _, old := range a.recorded {
				c, ok := packet(old).(*espnow.Connack)
				if ok && (c.Status == espnow.ConnackStatusBusy || c.Status == espnow.ConnackStatusRefused) {
					a.inject(old.Channel, old.Src, f.Src, old.Body)
				}
			}
		}
		a.At(attackFor, func() {
			said := map[espnow.ConnackStatus]int{}
			for _, old := range a.recorded {
				if c, ok := packet(old).(*espnow.Connack); ok {
					said[c.Status]++
				}
			}
			if a.injected > 0 && (said[espnow.ConnackStatusRefused] == 0 || said[espnow.ConnackStatusBusy] == 0) {
				a.Errorf("the gateway said %v: nothing to replay", said)
			}
		})
	})
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonUnexpected, espnow.DropReasonBadProof)
}

// A flood of joins with a cookie that the gateway has just given.
func TestAttackJunkJoins(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		cookies := map[espnow.Addr][8]byte{}
		a.each = func(f sim.Tapped) {
			if c, ok := packet(f).(*espnow.Connack); ok && c.Status == espnow.ConnackStatusHere {
				cookies[f.Dst] = c.Cookie
			}
		}
		a.every(10*time.Millisecond, 10*time.Millisecond, func() {
			to := node(a.rng.IntN(4))
			cookie, ok := cookies[to]
			if !ok {
				return
			}
			a.inject(1, to, gateway(0), a.frame(&espnow.Connect{
				Flags: espnow.ConnectSecure | espnow.ConnectJoin, Version: 1, KeyID: 1, Nonce: a.rng.Uint32(), Cookie: cookie,
				Ephemeral: [32]byte(a.junk(32)), Ciphertext: a.junk(17), Tag: [16]byte(a.junk(16)),
			}))
		})
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonForged)
	if r.Machines.KeyExchanges > 8*5 {
		t.Errorf("%d X25519 operations for 4 sessions", r.Machines.KeyExchanges)
	}
}

// Each join comes again many times, while its session is half-open and afterwards.
func TestAttackRepeatedJoins(t *testing.T) {
	r := under(t, victims(), 4, func(a *attacker) {
		a.each = func(f sim.Tapped) {
			if c, ok := packet(f).(*espnow.Connect); ok && c.Flags&espnow.ConnectJoin != 0 {
				for i := range 100 {
					a.After(time.Duration(i)*5*time.Millisecond, func() { a.again(f) })
				}
			}
		}
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonRate, espnow.DropReasonReplay)
	if r.Machines.Joins != 4 {
		t.Errorf("%d joins of 4 nodes", r.Machines.Joins)
	}
}

// All traffic of an earlier session comes again in the next one, joins and answers included.
func TestAttackEarlierSession(t *testing.T) {
	r := under(t, victims(), 4+4, func(a *attacker) {
		for _, n := range a.Nodes() {
			a.At(15*time.Second, func() { n.Reboot(time.Second) })
		}
		a.At(20*time.Second, func() { a.deaf = true })
		next := 0
		a.every(20*time.Second, 12*time.Millisecond, func() {
			if len(a.recorded) > 0 {
				a.again(a.recorded[next%len(a.recorded)])
				next++
			}
		})
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonReplay)
	if r.Machines.Joins > 8+2 {
		t.Errorf("%d joins of 4 nodes that joined twice", r.Machines.Joins)
	}
}

// All traffic of before a gateway's restart comes again after it.
func TestAttackBeforeRestart(t *testing.T) {
	cfg := victims()
	cfg.Sleepy = 0
	r := under(t, cfg, 4+4, func(a *attacker) {
		a.At(15*time.Second, func() {
			a.deaf = true
			a.Gateways()[0].Reboot(500 * time.Millisecond)
		})
		next := 0
		a.every(15600*time.Millisecond, 12*time.Millisecond, func() {
			if len(a.recorded) > 0 {
				a.again(a.recorded[next%len(a.recorded)])
				next++
			}
		})
	})
	wantDrops(t, "gateways", r.Machines.GatewayDrops, espnow.DropReasonBadCookie, espnow.DropReasonNoSession)
	wantDrops(t, "nodes", r.Machines.NodeDrops, espnow.DropReasonNoSession)
}

// Frames of nothing but noise, to everybody.
func TestAttackNoise(t *testing.T) {
	under(t, victims(), 4, func(a *attacker) {
		a.every(time.Millisecond, 10*time.Millisecond, func() {
			body := a.junk(1 + a.rng.IntN(100))
			a.inject(1, node(a.rng.IntN(4)), gateway(0), body)
			a.inject(1, gateway(0), node(a.rng.IntN(4)), body)
		})
	})
}

// Junk SEALED from made-up addresses: each is worth a reset, which goes to nobody.
func TestAttackSealedFlood(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Millisecond, 30 * time.Millisecond} {
		under(t, victims(), 4, func(a *attacker) {
			a.every(time.Millisecond, every, func() {
				src := espnow.Addr(a.junk(6))
				src[0] &^= 1
				a.inject(1, src, gateway(0), a.frame(&espnow.Sealed{Session: 1, Counter: a.rng.Uint32(), Tag: [16]byte(a.junk(16))}))
			})
		})
	}
}

// On an open network anybody may search; a flood of searches from made-up addresses, once the nodes are in, leaves them theirs.
func TestAttackSearchFlood(t *testing.T) {
	cfg := victims()
	cfg.Secure = false
	under(t, cfg, 4, func(a *attacker) {
		a.every(5*time.Second, 10*time.Millisecond, func() {
			src := espnow.Addr(a.junk(6))
			src[0] &^= 1
			a.inject(1, src, espnow.Broadcast, a.frame(&espnow.Connect{Version: espnow.Version, Nonce: a.rng.Uint32()}))
		})
	})
}
