//go:build enow_ccore

package machine

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

var (
	twinNodeAddr    = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}
	twinGatewayAddr = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 1}
)

// air is a node and a gateway, twins both, and the frames on their way. Bytes say what becomes of them.
type air struct {
	testing.TB
	now     time.Duration
	nodeCfg link.NodeConfig
	node    fleet.NodeMachine
	gateway fleet.GatewayMachine
	frames  []link.Frame // on their way
}

func newAir(t testing.TB, secure bool) *air {
	a := &air{TB: t, now: time.Second}
	random := func(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed, 1}) }
	a.nodeCfg = link.DefaultNodeConfig(twinNodeAddr)
	a.nodeCfg.Channels, a.nodeCfg.Sleepy, a.nodeCfg.Random = []uint8{1}, true, random(1)
	gatewayCfg := link.DefaultGatewayConfig(twinGatewayAddr)
	gatewayCfg.Random, gatewayCfg.Sessions = random(2), 2
	gatewayCfg.RecentIDs = 64
	l := &gatewayCfg.Fragments
	l.MaxMessage, l.MaxParts, l.MaxMessages, l.SourceMessages = 2000, 300, 6, 3
	l.SourceBytes = l.MessageBytes()
	l.MaxBytes = 2 * l.SourceBytes
	if secure {
		key, err := link.NewNetworkKey(random(3))
		if err == nil {
			err = gatewayCfg.Keys.Add(1, key)
		}
		if err != nil {
			t.Fatal(err)
		}
		a.nodeCfg.Key, a.nodeCfg.KeyID = key.Device(twinNodeAddr), 1
	}
	var err error
	if a.node, err = Twins().NewNode(a.nodeCfg); err != nil {
		t.Fatal(err)
	}
	if a.gateway, err = Twins().NewGateway(gatewayCfg); err != nil {
		t.Fatal(err)
	}
	return a
}

// run has both say and send all that they want now.
func (a *air) run() {
	for more := true; more; {
		for _, ok := a.node.Poll(a.now); ok; _, ok = a.node.Poll(a.now) {
			continue
		}
		for e, ok := a.gateway.Poll(a.now); ok; e, ok = a.gateway.Poll(a.now) {
			if m, is := e.(*link.Message); is && m.Receipt != (link.Receipt{}) {
				a.gateway.Accept(a.now, m.Receipt)
			}
		}
		more = false
		if f, ok := a.node.Transmit(a.now); ok {
			a.send(twinNodeAddr, f)
			more = true
		} else if f, ok := a.gateway.Transmit(a.now); ok {
			a.send(twinGatewayAddr, f)
			more = true
		}
		a.now += time.Millisecond
	}
}

func (a *air) send(src espnow.Addr, f *link.Transmission) {
	if len(a.frames) < 100 {
		a.frames = append(a.frames, link.Frame{Src: src, Dst: f.Dst, RSSI: -50, Channel: 1, Body: bytes.Clone(f.Body)})
	}
}

// hear gives a frame to whom it is for.
func (a *air) hear(f link.Frame) {
	if f.Src == twinGatewayAddr {
		a.node.Handle(a.now, f)
	} else {
		a.gateway.Handle(a.now, f)
	}
	a.run()
}

// step does what a byte says, with what follows it.
func (a *air) step(op byte, arg []byte) {
	number := 0
	for _, b := range arg[:min(len(arg), 2)] {
		number = number<<8 | int(b)
	}
	switch op % 12 {
	case 0, 1, 2: // the next frame arrives
		if len(a.frames) > 0 {
			f := a.frames[0]
			a.frames = a.frames[1:]
			a.hear(f)
		}
	case 3: // is lost
		a.frames = a.frames[min(1, len(a.frames)):]
	case 4: // arrives with a bit flipped, and may again
		if len(a.frames) > 0 && len(a.frames[0].Body) > 0 {
			f := a.frames[0]
			f.Body = bytes.Clone(f.Body)
			f.Body[number/8%len(f.Body)] ^= 1 << (number % 8)
			a.hear(f)
		}
	case 5: // arrives and stays
		if len(a.frames) > 0 {
			a.hear(a.frames[number%len(a.frames)])
		}
	case 6: // one of nobody's, to the node or the gateway
		src, dst := twinNodeAddr, twinGatewayAddr
		if op >= 128 {
			src, dst = twinGatewayAddr, twinNodeAddr
		}
		if number%5 == 0 {
			dst = espnow.Broadcast
		}
		a.hear(link.Frame{Src: src, Dst: dst, RSSI: -60, Channel: 1, Body: bytes.Clone(arg)})
	case 7:
		a.now += time.Duration(number) * time.Millisecond
		a.run()
	case 8:
		_, _ = a.node.Publish(a.now, link.Outgoing{Topic: "t", Payload: make([]byte, number%2500), Acknowledge: op >= 64, Retain: op >= 192})
		a.run()
	case 9:
		_, _ = a.gateway.Send(a.now, twinNodeAddr, link.Outgoing{Payload: make([]byte, number%2500), Acknowledge: op >= 64})
		a.run()
	case 10: // sleeps, if it can
		snapshot, err := a.node.Snapshot(a.now)
		if err != nil {
			break
		}
		if op >= 192 && len(snapshot) > 0 {
			snapshot[number%len(snapshot)] ^= 1
		}
		slept := time.Duration(number) * time.Millisecond
		a.now += slept
		if a.node, err = Twins().ResumeNode(a.nodeCfg, a.now, slept, snapshot); err != nil {
			if a.node, err = Twins().NewNode(a.nodeCfg); err != nil {
				a.Fatal(err)
			}
		}
		a.run()
	case 11:
		a.node.Stats()
		a.gateway.Stats()
		if op >= 240 {
			a.gateway.Deny(a.now, twinNodeAddr)
		} else if op >= 200 {
			a.gateway.Allow(twinNodeAddr)
		}
		a.run()
	}
}

// FuzzTwins has a node and a gateway, each in Go and in C at once, live through anything: twins panic where they differ.
func FuzzTwins(f *testing.F) {
	step := func(op byte, arg ...byte) []byte { return append([]byte{op, byte(len(arg))}, arg...) }
	joins := bytes.Repeat(append(step(7, 1, 0), bytes.Repeat(step(0), 4)...), 4)
	live := append(append(bytes.Clone(joins), step(128+8, 3, 0)...), bytes.Repeat(step(0), 12)...)
	for _, secure := range []byte{0, 1} {
		f.Add(append([]byte{secure}, joins...))
		f.Add(append([]byte{secure}, live...))
		f.Add(append(append([]byte{secure}, live...), append(step(7, 1, 0), step(10, 20, 0)...)...))
		f.Add(append(append([]byte{secure}, live...), append(step(64+9, 4, 0), bytes.Repeat(append(step(0), step(3)...), 6)...)...))
	}
	for some := range slices.Chunk(vectortest.Read(f, "../../../../testdata/vectors"), 32) { // a join costs more than many frames
		input := append([]byte{byte(len(some[0].Name)) % 2}, joins...)
		for _, v := range some {
			if frame := v.Frame(); len(frame) < 60 {
				input = append(append(input, step(6, frame...)...), step(128+6, frame...)...)
			}
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 || len(input) > 5000 {
			return
		}
		a := newAir(t, input[0]%2 == 1)
		a.run()
		for rest := input[1:]; len(rest) >= 2; {
			n := min(int(rest[1]), len(rest)-2)
			a.step(rest[0], rest[2:2+n])
			rest = rest[2+n:]
		}
		a.node.Stats()
		a.gateway.Stats()
	})
}
