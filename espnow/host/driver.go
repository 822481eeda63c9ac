// Package host drives the machines of package link: each gets a radio, a clock and goroutines of its own.
package host

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// machine is what a driver needs of a link.Node and a link.Gateway.
type machine interface {
	Handle(now time.Duration, f link.Frame)
	Poll(now time.Duration) (link.Event, bool)
	Transmit(now time.Duration) (*link.Transmission, bool)
	NextDeadline() (time.Duration, bool)
}

// driver runs one machine. One goroutine owns the machine, sends its frames and tells its events; another waits for the
// radio. A frame goes from the second to the first and stays the radio's own until the machine is done with it.
type driver struct {
	radio   radio.Radio
	machine machine
	tell    func(*link.Message)
	log     *slog.Logger
	start   time.Time

	stop    context.CancelFunc
	frames  chan link.Frame
	handled chan struct{} // the machine is done with the frame
	calls   chan func()
	ended   chan struct{} // the owner has; the machine is at rest for good
	wait    sync.WaitGroup

	failing bool // the last frame could not be handed to the radio
}

func startDriver(r radio.Radio, m machine, tell func(*link.Message), log *slog.Logger) *driver {
	ctx, cancel := context.WithCancel(context.Background())
	d := &driver{
		radio: r, machine: m, tell: tell, log: log, start: time.Now(), stop: cancel,
		frames: make(chan link.Frame), handled: make(chan struct{}), calls: make(chan func()), ended: make(chan struct{}),
	}
	d.wait.Go(func() { d.receive(ctx) })
	d.wait.Go(func() { d.own(ctx) })
	return d
}

// close ends both goroutines. The radio stays open.
func (d *driver) close() {
	d.stop()
	d.wait.Wait()
}

func (d *driver) now() time.Duration { return time.Since(d.start) }

// do runs f in the goroutine that owns the machine and reports whether it did. It does not once the owner has ended;
// then the machine is safe to read from anywhere.
func (d *driver) do(f func()) bool {
	done := make(chan struct{})
	select {
	case d.calls <- func() { f(); close(done) }:
		<-done
		return true
	case <-d.ended:
		return false
	}
}

func (d *driver) receive(ctx context.Context) {
	for {
		f, err := d.radio.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.log.Error("the radio receives no more", "addr", d.radio.Addr(), "err", err)
			}
			return
		}
		select {
		case d.frames <- f:
			<-d.handled
		case <-ctx.Done():
			return
		}
	}
}

func (d *driver) own(ctx context.Context) {
	defer close(d.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var wake <-chan time.Time
		if at, ok := d.machine.NextDeadline(); ok {
			timer.Reset(at - d.now())
			wake = timer.C
		}
		select {
		case f := <-d.frames:
			d.machine.Handle(d.now(), f)
			d.drain(ctx)
			d.handled <- struct{}{}
		case call := <-d.calls:
			call()
			d.drain(ctx)
		case <-wake:
			d.drain(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// drain does what the machine wants done. Between two frames it serves calls, which so wait for one frame at most and
// not for a long message.
func (d *driver) drain(ctx context.Context) {
	for ctx.Err() == nil {
		if event, ok := d.machine.Poll(d.now()); ok {
			if m, ok := event.(*link.Message); ok {
				d.tell(m)
			}
			continue
		}
		out, ok := d.machine.Transmit(d.now())
		if !ok {
			return
		}
		d.send(ctx, out)
		select {
		case call := <-d.calls:
			call()
		default:
		}
	}
}

// send hands a frame to the radio. A radio that fails is said so once, and once that it works again.
func (d *driver) send(ctx context.Context, f *link.Transmission) {
	err := d.radio.Send(ctx, f.Dst, f.Body)
	if ctx.Err() != nil {
		return
	}
	failed := err != nil && !errors.Is(err, radio.ErrNotAcknowledged)
	switch {
	case failed && !d.failing:
		d.log.Error("the radio does not send", "addr", d.radio.Addr(), "err", err)
	case !failed && d.failing:
		d.log.Info("the radio sends again", "addr", d.radio.Addr())
	}
	d.failing = failed
}
