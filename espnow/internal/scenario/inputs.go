package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// do has one input happen.
func (w *world) do(input string) error {
	a, err := parseArguments(input)
	if err != nil {
		return err
	}
	subject := a.word()
	switch subject {
	case "network":
		err = w.network(a.word())
	case "wait":
		err = w.waitFor(&a)
	default:
		err = w.deviceDoes(subject, a.word(), &a)
	}
	return errors.Join(err, a.rest(), w.err)
}

// network says what kind of one it is; its keys are the bytes from 0 on, and from 32 on.
func (w *world) network(kind string) error {
	w.secure = kind == "secure"
	if !w.secure && kind != "open" {
		return fmt.Errorf("network %q: want open or secure", kind)
	}
	for i := range 2 {
		var digits strings.Builder
		for j := range 32 {
			fmt.Fprintf(&digits, "%02x", 32*i+j)
		}
		key, err := link.ParseNetworkKey(digits.String())
		if err != nil {
			return err
		}
		w.keys = append(w.keys, key)
	}
	return nil
}

// waitFor lets time pass, or waits until an output says something; quietly, the outputs are only counted and summed.
func (w *world) waitFor(a *arguments) error {
	t, err := time.ParseDuration(a.word())
	if err != nil {
		return err
	}
	quietly := a.flag("quietly")
	until, waits := a.setting("until")
	says := func(line string) bool { return strings.Contains(line, until) }
	w.wait(t, func() bool { return waits && slices.ContainsFunc(w.out, says) })
	if waits && !slices.ContainsFunc(w.out, says) {
		return fmt.Errorf("nothing says so: %q", w.out)
	}
	if !quietly {
		return nil
	}
	sum, lines := sha256.New(), 0
	for _, line := range w.out {
		if !explains(line) {
			lines++
			fmt.Fprintln(sum, line)
		}
	}
	w.out = nil
	w.tell("%d lines, sum %x", lines, sum.Sum(nil)[:6])
	return nil
}

// deviceDoes has something happen at a device.
func (w *world) deviceDoes(name, verb string, a *arguments) error {
	d, err := w.device(name)
	if err != nil {
		return err
	}
	if verb == "starts" {
		err = w.start(d, a)
	} else if verb == "wakes" {
		err = w.wake(d, a)
	} else if d.machine() == nil {
		return fmt.Errorf("%s is off", name)
	} else if found, e := w.common(d, verb, a); found {
		err = e
	} else if d.node != nil {
		err = w.nodeDoes(d, verb, a)
	} else {
		err = w.gatewayDoes(d, verb, a)
	}
	if err == nil {
		w.step()
	}
	return err
}

func (w *world) device(name string) (*device, error) {
	addr, err := parseAddr(name)
	if err != nil {
		return nil, err
	}
	for _, d := range w.devices {
		if d.addr == addr {
			return d, nil
		}
	}
	d := &device{name: name, addr: addr, channel: 1}
	w.devices = append(w.devices, d)
	return d, nil
}

// start switches a device on, with nothing in its memory.
func (w *world) start(d *device, a *arguments) (err error) {
	d.node, d.gateway, d.busy, d.drops, d.waiting = nil, nil, 0, link.Drops{}, nil
	if strings.HasPrefix(d.name, "N") {
		if d.config, err = w.nodeConfig(d, a); err == nil {
			d.node, err = w.machines.NewNode(d.config)
		}
		return err
	}
	d.accepts = !a.flag("undecided")
	w.ring = 1
	if a.flag("both_keys") {
		w.ring = 2
	}
	cfg, err := w.gatewayConfig(d, a)
	if err != nil {
		return err
	}
	d.channel = cfg.Channel
	m, err := w.machines.NewGateway(cfg)
	if err != nil {
		return err
	}
	gateway, ok := m.(gatewayMachine)
	if !ok {
		return fmt.Errorf("%T cannot refuse messages", m)
	}
	d.gateway = gateway
	return nil
}

// wake has a node go on from its snapshot.
func (w *world) wake(d *device, a *arguments) error {
	if d.snapshot == nil {
		return fmt.Errorf("%s does not sleep", d.name)
	}
	if a.flag("damaged") {
		d.snapshot[len(d.snapshot)/2] ^= 1
	}
	d.config.Random = d.entropy()
	m, err := w.machines.ResumeNode(d.config, w.now, w.now-d.slept, d.snapshot)
	d.snapshot, d.busy, d.drops = nil, 0, link.Drops{}
	if err != nil {
		w.tell("%s: %s", d.name, verdict(err))
		m, err = w.machines.NewNode(d.config)
	}
	d.node = m
	return err
}

// common is what both kinds of device can do.
func (w *world) common(d *device, verb string, a *arguments) (found bool, err error) {
	switch verb {
	case "stops":
		d.node, d.gateway = nil, nil
	case "loses":
		d.lose, err = strconv.Atoi(a.word())
		if a.flag("frames") {
			break
		}
		a.flag("frame")
	case "hears":
		err = w.heard(d, a)
	case "repeats":
		err = w.repeat(d, a)
	case "resets":
		d.machine().RadioReset()
	default:
		return false, nil
	}
	return true, err
}

// heard has a frame arrive that nobody sent; or says how loud somebody is from now on.
func (w *world) heard(d *device, a *arguments) error {
	from, err := parseAddr(a.word())
	if err != nil {
		return err
	}
	if a.flag("at") {
		n, err := strconv.ParseInt(a.word(), 10, 8)
		w.rssi[[2]espnow.Addr{from, d.addr}] = int8(n)
		return err
	}
	to := d.addr
	if a.flag("broadcast") {
		to = espnow.Broadcast
	}
	frame, err := hex.DecodeString(strings.Join(a.words, ""))
	if err != nil {
		return err
	}
	a.words = nil
	if w.inside.Reveal != nil {
		w.explain(nil, frame)
	}
	w.hear(d, flight{from: from, to: to, body: frame})
	return nil
}

// repeat has a frame arrive again that a device has sent: the number-th of all, or -1 for the last one; perhaps with a bit
// flipped, or from somebody else.
func (w *world) repeat(d *device, a *arguments) error {
	n, err := strconv.Atoi(a.word())
	if err != nil {
		return err
	}
	if n < 0 {
		n += len(d.sent) + 1
	}
	if n < 1 || n > len(d.sent) {
		return fmt.Errorf("frame %d of %d", n, len(d.sent))
	}
	f := d.sent[n-1]
	s := &settings{arguments: a}
	bit, length := -1, len(f.body)
	number(s, "flip", &bit)
	number(s, "cut", &length)
	s.set("as", func(value string) (err error) {
		f.from, err = parseAddr(value)
		return err
	})
	s.set("to", func(value string) (err error) {
		f.to, err = parseAddr(value)
		return err
	})
	if s.err != nil {
		return s.err
	}
	if bit >= 8*len(f.body) || length > len(f.body) {
		return fmt.Errorf("the frame has %d bytes", len(f.body))
	}
	f.body = append([]byte(nil), f.body[:length]...)
	if bit >= 0 {
		f.body[bit/8] ^= 1 << (bit % 8)
	}
	for _, other := range w.devices {
		if other.addr != f.from && (other.addr == f.to || f.to.IsBroadcast() && other.gateway != nil) {
			w.hear(other, f)
		}
	}
	return nil
}

// countFrom has a device count its packets to a peer from a number on; a node has one peer only.
func (w *world) countFrom(d *device, peer espnow.Addr, a *arguments) error {
	a.flag("from")
	n, err := strconv.ParseUint(a.word(), 10, 32)
	if err == nil && !w.inside.CountFrom(d.machine(), peer, uint32(n)) {
		err = fmt.Errorf("%s has no session that counts", d.name)
	}
	return err
}

func (w *world) nodeDoes(d *device, verb string, a *arguments) error {
	switch verb {
	case "publishes":
		m, err := outgoing(a)
		if err != nil {
			return err
		}
		if _, err := d.node.Publish(w.now, m); err != nil {
			w.tell("%s: not published: %s", d.name, verdict(err))
		}
	case "counts":
		return w.countFrom(d, espnow.Addr{}, a)
	case "leaves":
		d.node.Goodbye(w.now)
	case "sleeps":
		snapshot, err := d.node.Snapshot(w.now)
		if err != nil {
			w.tell("%s: does not sleep: %s", d.name, verdict(err))
			return nil
		}
		d.snapshot, d.slept, d.node = append([]byte(nil), snapshot...), w.now, nil
	default:
		return fmt.Errorf("a node does not do %q", verb)
	}
	return nil
}

func (w *world) gatewayDoes(d *device, verb string, a *arguments) error {
	switch verb {
	case "sends":
		to, err := parseAddr(a.word())
		if err != nil {
			return err
		}
		m, err := outgoing(a)
		if err != nil {
			return err
		}
		if _, err := d.gateway.Send(w.now, to, m); err != nil {
			w.tell("%s: not sent: %s", d.name, verdict(err))
		}
	case "accepts", "refuses":
		if len(d.waiting) == 0 {
			return fmt.Errorf("no message waits at %s", d.name)
		}
		settle := d.gateway.Accept
		if verb == "refuses" {
			settle = d.gateway.Refuse
		}
		if !settle(w.now, d.waiting[0]) {
			return fmt.Errorf("the message at %s waits no more", d.name)
		}
		d.waiting = d.waiting[1:]
	case "denies", "allows", "misses":
		addr, err := parseAddr(a.word())
		if err != nil {
			return err
		}
		switch verb {
		case "denies":
			d.gateway.Deny(w.now, addr)
		case "allows":
			d.gateway.Allow(addr)
		case "misses": // it is elsewhere
			d.gateway.Elsewhere(w.now, addr)
		}
	case "moves":
		n, err := strconv.ParseUint(a.word(), 10, 8)
		if err != nil {
			return err
		}
		d.channel = uint8(n)
		d.gateway.SetChannel(d.channel)
	case "counts":
		addr, err := parseAddr(a.word())
		if err != nil {
			return err
		}
		return w.countFrom(d, addr, a)
	case "knows":
		seconds, err := strconv.ParseInt(a.word(), 10, 64)
		if err != nil {
			return err
		}
		d.gateway.SetUnixTime(w.now, time.Unix(seconds, 0))
	case "leaves":
		d.gateway.Shutdown(w.now)
	default:
		return fmt.Errorf("a gateway does not do %q", verb)
	}
	return nil
}
