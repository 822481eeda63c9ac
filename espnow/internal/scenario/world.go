package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

const (
	begin   = time.Second      // of all scenarios: a clock that shows zero hides faults
	airtime = time.Millisecond // of a frame
	rssi    = -50              // dBm, of everybody where nothing else is said
)

// world is the devices of a scenario, the air between them, and their clock.
type world struct {
	machines fleet.Machines
	inside   Inside
	secure   bool
	keys     []link.NetworkKey // of the network, in the order in which they are used
	ring     int               // how many of them gateways have
	now      time.Duration
	devices  []*device // in the order in which they started
	flying   []flight
	rssi     map[[2]espnow.Addr]int8 // from, to
	out      []string
	err      error
}

// Inside is what a scenario knows of machines and does to them that nobody else may.
type Inside struct {
	// Reveal returns what a machine has sealed in a packet that it has just made, so that a reader can be told. Nil: readers are
	// told nothing.
	Reveal func(machine any, sealed []byte) []byte
	// CountFrom has a machine count the packets of its session with a peer from a number on that nobody could wait for. It
	// reports whether there is such a session.
	CountFrom func(machine any, peer espnow.Addr, counter uint32) bool
}

type gatewayMachine interface {
	fleet.GatewayMachine
	Refuse(now time.Duration, r link.Receipt) bool
}

type device struct {
	name    string
	addr    espnow.Addr
	node    fleet.NodeMachine // one of the two is there while the device is on
	gateway gatewayMachine
	starts  uint64
	config  link.NodeConfig // of the last start

	channel  uint8
	busy     time.Duration // until then the radio sends
	sent     []flight      // all that it ever did
	lose     int           // of the next frames; negative: of all
	drops    link.Drops
	waiting  []link.Receipt
	accepts  bool // at once
	snapshot []byte
	slept    time.Duration
}

type flight struct {
	at       time.Duration
	from, to espnow.Addr
	channel  uint8
	body     []byte
}

func (d *device) machine() fleet.Machine {
	switch {
	case d.node != nil:
		return d.node
	case d.gateway != nil:
		return d.gateway
	}
	return nil
}

func (d *device) countDrops() link.Drops {
	if d.node != nil {
		return d.node.Stats().Drops
	}
	return d.gateway.Stats().Drops
}

// splitMix is SplitMix64 as a stream of bytes, little-endian.
type splitMix struct {
	state uint64
	word  []byte
}

func (s *splitMix) Read(b []byte) (int, error) {
	for at := 0; at < len(b); {
		if len(s.word) == 0 {
			s.state += 0x9e3779b97f4a7c15
			z := s.state
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			s.word = binary.LittleEndian.AppendUint64(s.word, z^z>>31)
		}
		n := copy(b[at:], s.word)
		at, s.word = at+n, s.word[n:]
	}
	return len(b), nil
}

// entropy is the randomness of the next start of a device: its seed is its address and the number of the start.
func (d *device) entropy() io.Reader {
	d.starts++
	return &splitMix{state: uint64(d.addr[3])<<56 | uint64(d.addr[5])<<48 | d.starts}
}

func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *world) tell(format string, args ...any) {
	w.out = append(w.out, fmt.Sprintf("%.6f ", w.now.Seconds())+fmt.Sprintf(format, args...))
}

// wait lets time pass, at most until something is so.
func (w *world) wait(t time.Duration, is func() bool) {
	for end := w.now + t; w.err == nil; {
		w.step()
		if is() {
			return
		}
		next, ok := w.next()
		if !ok || next > end {
			w.now = end
			return
		}
		w.now = next
	}
}

// next returns when something happens next.
func (w *world) next() (next time.Duration, ok bool) {
	earlier := func(at time.Duration) {
		if !ok || at < next {
			next, ok = at, true
		}
	}
	for _, f := range w.flying {
		earlier(f.at)
	}
	for _, d := range w.devices {
		m := d.machine()
		if m == nil {
			continue
		}
		if d.busy > w.now {
			earlier(d.busy)
		}
		at, waits := m.NextDeadline()
		switch {
		case !waits:
		case at%time.Microsecond != 0:
			w.fail("at %v %s waits until %v, which is no whole microsecond", w.now, d.name, at)
		case at > w.now:
			earlier(at)
		case d.busy <= w.now:
			w.fail("at %v %s waits until %v, again", w.now, d.name, at)
		}
	}
	return next, ok
}

// step has happen what is due now.
func (w *world) step() {
	landed := w.flying
	w.flying = nil
	for _, f := range landed {
		if f.at <= w.now {
			w.land(f)
		} else {
			w.flying = append(w.flying, f)
		}
	}
	for _, d := range w.devices {
		w.run(d)
	}
}

// land gives a frame to all who hear it.
func (w *world) land(f flight) {
	for _, d := range w.devices {
		if d.channel == f.channel && d.addr != f.from && (d.addr == f.to || f.to.IsBroadcast() && d.gateway != nil) {
			w.hear(d, f)
		}
	}
}

func (w *world) hear(d *device, f flight) {
	if d.machine() == nil {
		return
	}
	loud, ok := w.rssi[[2]espnow.Addr{f.from, d.addr}]
	if !ok {
		loud = rssi
	}
	d.machine().Handle(w.now, link.Frame{Src: f.from, Dst: f.to, RSSI: loud, Channel: d.channel, Body: bytes.Clone(f.body)})
	w.run(d)
}

// run has a machine say all it has to say, and send what the radio can take.
func (w *world) run(d *device) {
	for m := d.machine(); m != nil; {
		w.poll(d)
		if w.now < d.busy {
			return
		}
		f, ok := m.Transmit(w.now)
		if !ok {
			w.poll(d)
			return
		}
		w.send(d, f)
	}
}

func (w *world) poll(d *device) {
	for e, ok := d.machine().Poll(w.now); ok; e, ok = d.machine().Poll(w.now) {
		w.event(d, e)
	}
	drops := d.countDrops()
	for reason, n := range drops.All() {
		if more := n - d.drops[reason]; more > 0 {
			w.tell("%s drops %d: %v", d.name, more, reason)
		}
	}
	d.drops = drops
}

// send puts a frame on the air.
func (w *world) send(d *device, f *link.Transmission) {
	if f.Channel != 0 {
		d.channel = f.Channel
	}
	var how strings.Builder
	if f.Channel != 0 {
		fmt.Fprintf(&how, " on %d", f.Channel)
	}
	if f.Remove != (espnow.Addr{}) {
		fmt.Fprintf(&how, ", for %s", w.name(f.Remove))
	}
	if f.Add {
		how.WriteString(", new")
	}
	flight := flight{w.now + airtime, d.addr, f.Dst, d.channel, bytes.Clone(f.Body)}
	d.sent = append(d.sent, flight)
	d.busy = flight.at
	if d.lose != 0 {
		d.lose--
		how.WriteString(", lost")
	} else {
		w.flying = append(w.flying, flight)
	}
	w.tell("%s > %s%s: %s", d.name, w.name(f.Dst), how.String(), digits(f.Body))
	if w.inside.Reveal != nil {
		w.explain(d.machine(), flight.body)
	}
}

// name is how a scenario calls a device.
func (w *world) name(addr espnow.Addr) string {
	if addr.IsBroadcast() {
		return "all"
	}
	for _, d := range w.devices {
		if d.addr == addr {
			return d.name
		}
	}
	return addr.String()
}
