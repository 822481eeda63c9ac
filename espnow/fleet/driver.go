package fleet

import (
	"errors"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

const (
	callbackTimeout = 100 * time.Millisecond // then the driver waits no more for the send callback
	sendAgain       = 5 * time.Millisecond   // after the radio had no memory
)

// owner is the node or gateway that a device is part of.
type owner interface {
	event(link.Event)
	wants(dst espnow.Addr) bool // whether the callback of the radio keeps a frame
	excess() string             // what of the machine is beyond its bounds; empty: nothing
	ran()                       // the driver has done all that is to be done now
}

// device is what nodes and gateways have in common: a machine, its radio, and the driver between them. It does what the
// real ones do: one frame is in flight, what arrives while the machine computes waits in a queue, and time is that of
// the device's own crystal.
type device struct {
	fleet *Fleet
	owner owner
	addr  espnow.Addr

	x, y    float64 // its place, in metres
	machine Machine // nil: the power is off
	station *sim.Station
	local   localClock
	wake    timer
	busy    time.Duration // until then the machine computes
	frames  radio.Queue
	drained bool // the machine has said all, so that it takes another frame

	exchanges uint64 // of the machine, that it has been busy for

	out      *link.Transmission // what the machine wants sent next; nil: nothing yet
	prepared bool               // the radio is tuned for it, and has its peer
	again    time.Duration      // not before this is out handed to the radio
	inFlight bool
	giveUp   time.Duration // on the send callback
}

func (d *device) equip(f *Fleet, o owner, addr espnow.Addr) {
	d.fleet, d.owner, d.addr = f, o, addr
	d.wake.do = d.run
}

// Addr is the device's address.
func (d *device) Addr() espnow.Addr { return d.addr }

// Now is the time of the device's machine.
func (d *device) Now() time.Duration { return d.now() }

// Kick has the driver do what the machine wants after a caller has called it.
func (d *device) Kick() { d.run() }

// Move puts the device to another place, in metres.
func (d *device) Move(x, y float64) {
	d.x, d.y = x, y
	if d.station != nil {
		d.station.Move(x, y)
	}
}

// ResetRadio starts ESP-NOW anew: the list of peers is empty, and a frame that was to be sent is lost.
func (d *device) ResetRadio() {
	if d.machine == nil {
		return
	}
	channel := d.station.Channel()
	delete(d.fleet.devices, d.station)
	d.station.Leave()
	d.join(d.station.MaxFrame())
	if d.fleet.err == nil {
		d.fleet.fail(d.station.Tune(channel))
	}
	d.out, d.inFlight = nil, false
	d.machine.RadioReset()
	d.run()
}

// Stall keeps the machine from being called for a while, as a long write to flash does. Its clock goes on.
func (d *device) Stall(t time.Duration) {
	d.busy = max(d.busy, d.fleet.clock.now+t)
	d.arm()
}

// Leap puts the clock of the machine forward.
func (d *device) Leap(t time.Duration) {
	d.local.base += t
	d.run()
}

// switchOn puts the device on the air and starts its machine.
func (d *device) switchOn(m Machine, maxFrame int) {
	d.machine = m
	d.busy, d.exchanges, d.out, d.inFlight, d.drained = 0, 0, nil, false, false
	d.frames.Clear()
	d.join(maxFrame)
	d.fleet.note(On, d.addr, espnow.Addr{}, nil)
	d.run()
}

// join puts the device on the air.
func (d *device) join(maxFrame int) {
	s, err := d.fleet.medium.NewStation(d.addr, maxFrame)
	if err != nil {
		d.fleet.fail(err)
		return
	}
	s.Move(d.x, d.y)
	d.station = s
	d.fleet.devices[s] = d
}

// switchOff takes the machine away, and the station off the air.
func (d *device) switchOff() {
	d.fleet.note(Off, d.addr, espnow.Addr{}, nil)
	delete(d.fleet.devices, d.station)
	d.station.Leave()
	d.machine, d.station = nil, nil
	d.fleet.clock.stop(&d.wake)
}

// idle reports whether the driver has nothing to do for the machine.
func (d *device) idle() bool { return !d.inFlight && d.out == nil && d.frames.Len() == 0 }

// now is the machine's time.
func (d *device) now() time.Duration { return d.local.at(d.fleet.clock.now) }

// free reports whether the machine can be called.
func (d *device) free() bool {
	return d.machine != nil && d.busy <= d.fleet.clock.now && d.fleet.err == nil
}

// run has the machine do what is to be done, and comes back when it waits: for time, a frame, the radio.
func (d *device) run() {
	for d.free() && d.step() {
		continue
	}
	if d.free() {
		d.owner.ran()
	}
	d.arm()
}

// step does the next thing, and reports whether there was one.
func (d *device) step() bool {
	event, ok := d.machine.Poll(d.now())
	if ok {
		d.owner.event(event)
	}
	d.drained = !ok
	d.inspect()
	if ok || !d.free() {
		return true
	}
	return d.advance() || d.handle()
}

// inspect makes the machine busy if it has done key exchanges, of which the two operations of a handshake's step cost as one,
// and judges how much it holds.
func (d *device) inspect() {
	f := d.fleet
	if exchanges := d.machine.KeyExchanges(); exchanges != d.exchanges {
		d.exchanges = exchanges
		d.busy = f.clock.now + f.cfg.KeyExchange
	}
	if excess := d.owner.excess(); excess != "" {
		f.violate(memory, "%v: %s", d.addr, excess)
		return
	}
	f.held(memory)
}

// advance goes on with sending, if the radio is free, and reports whether anything happened.
func (d *device) advance() bool {
	now := d.fleet.clock.now
	if d.inFlight && now >= d.giveUp {
		d.inFlight = false
		d.fleet.counts.LostCallbacks++
		return true
	}
	if d.inFlight {
		return false
	}
	if d.out == nil {
		out, ok := d.machine.Transmit(d.now())
		if !ok {
			return false
		}
		d.out, d.prepared, d.again = out, false, now
	}
	if now < d.again {
		return false
	}
	d.send()
	return true
}

// handle gives the machine, which has let go of the frame before, the next that arrived. It reports whether there was one.
func (d *device) handle() bool {
	f, ok := d.frames.Pop()
	if ok {
		d.fleet.note(Handles, d.addr, f.Src, f.Body)
		d.drained = false
		d.machine.Handle(d.now(), f)
	}
	return ok
}

// prepare tunes the radio for what is to be sent, and changes its list of peers.
func (d *device) prepare() error {
	if d.out.Channel != 0 {
		if err := d.station.Tune(d.out.Channel); err != nil {
			return err
		}
	}
	if d.out.Remove != (espnow.Addr{}) {
		if err := d.station.RemovePeer(d.out.Remove); err != nil {
			return err
		}
	}
	if d.out.Add {
		return d.station.AddPeer(d.out.Dst)
	}
	return nil
}

// send hands out to the radio.
func (d *device) send() {
	f := d.fleet
	if !d.prepared {
		d.prepared = true
		if err := d.prepare(); err != nil {
			f.violate(radioPeers, "%v to %v: %v", d.addr, d.out.Dst, err)
			return
		}
		f.held(radioPeers)
	}
	err := d.station.Send(d.out.Dst, d.out.Body)
	switch {
	case err == nil:
		f.note(Sends, d.addr, d.out.Dst, d.out.Body)
		f.keys.onAir(d.addr, d.out.Body)
		f.counts.Frames++
		d.out, d.inFlight, d.giveUp = nil, true, f.clock.now+callbackTimeout
	case errors.Is(err, sim.ErrBusy): // the frame whose callback the driver gave up on is still in line
		d.inFlight, d.giveUp = true, f.clock.now+callbackTimeout
	case errors.Is(err, radio.ErrNoMemory):
		f.counts.SendErrors++
		d.again = f.clock.now + sendAgain
	default:
		f.violate(radioPeers, "%v to %v: %v", d.addr, d.out.Dst, err)
	}
}

// received takes a frame from the radio.
func (d *device) received(fr link.Frame) {
	if !d.owner.wants(fr.Dst) {
		return
	}
	if !d.frames.Push(fr) {
		d.fleet.counts.Overruns++
		return
	}
	if d.free() {
		if d.drained {
			d.handle()
		}
		d.run()
	}
}

// sent takes the send callback.
func (d *device) sent() {
	d.inFlight = false
	if d.free() {
		d.run()
	}
}

// arm sets the alarm for when run has something to do, if nothing else happens before.
func (d *device) arm() {
	f := d.fleet
	if d.machine == nil || f.err != nil {
		f.clock.stop(&d.wake)
		return
	}
	if d.busy > f.clock.now {
		f.clock.set(&d.wake, d.busy)
		return
	}
	at, ok := time.Duration(0), false
	earlier := func(t time.Duration) {
		if !ok || t < at {
			at, ok = t, true
		}
	}
	if d.inFlight {
		earlier(d.giveUp)
	} else if d.out != nil {
		earlier(d.again)
	}
	if deadline, some := d.machine.NextDeadline(); some {
		switch t := d.local.when(deadline); {
		case t > f.clock.now:
			f.held(progress)
			earlier(t)
		case !d.inFlight && d.out == nil: // it had its Poll and its Transmit
			f.violate(progress, "%v waits for %v at %v, again", d.addr, deadline, d.now())
		}
	}
	if ok {
		f.clock.set(&d.wake, at)
	} else {
		f.clock.stop(&d.wake)
	}
}
