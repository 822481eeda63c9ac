// Package host drives the machines of package link: each gets a radio, a clock and goroutines of its own.
package host

import (
	"context"
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
	RadioReset()
}

// driver runs one machine. One goroutine owns the machine and tells its events; one waits for what the radio receives, and
// one for what it sends, so that the machine hears while a frame is on the air. A received frame stays the radio's own
// until the machine is done with it; one to send is copied, for the machine goes on meanwhile.
type driver struct {
	machine machine
	tell    func(link.Event)
	radio   radio.Radio
	log     *slog.Logger
	start   time.Time

	stop     context.CancelFunc
	frames   chan link.Frame
	handled  chan struct{} // the machine is done with the frame
	outgoing chan link.Transmission
	sent     chan outcome
	posted   chan struct{} // there are calls
	ended    chan struct{} // the owner has; the machine is at rest for good
	wait     sync.WaitGroup
	farewell sync.Once

	mu    sync.Mutex
	calls []func() // that wait for the owner; guarded by mu

	// Of the owner.
	sending bool // outgoing was given, and sent not yet taken
	body    []byte
	leaving bool          // the owner ends when there is nothing more to send
	polled  time.Duration // until when poll has told
	failing bool          // the last frame could not be handed to the radio
	stats   RadioStats
}

// farewellTime is how long Close waits until goodbyes are sent.
const farewellTime = time.Second

func newDriver(r radio.Radio, m machine, tell func(link.Event), log *slog.Logger) *driver {
	if log == nil {
		log = slog.Default()
	}
	return &driver{
		machine: m, tell: tell, radio: r, log: log.With("addr", r.Addr()), start: time.Now(),
		frames: make(chan link.Frame), handled: make(chan struct{}), outgoing: make(chan link.Transmission),
		sent: make(chan outcome), posted: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// run starts the goroutines. tell may be called before run returns.
func (d *driver) run() {
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	s := sender{radio: d.radio}
	d.wait.Go(func() { d.receive(ctx) })
	d.wait.Go(func() { s.run(ctx, d.outgoing, d.sent) })
	d.wait.Go(func() { d.own(ctx) })
}

// close ends the goroutines. If goodbye, which runs in the owner, says that there is something to be sent before, it waits
// for that, but not for long. The radio stays open.
func (d *driver) close(goodbye func() bool) {
	d.farewell.Do(func() {
		wait := false
		d.do(func() { wait = goodbye(); d.leaving = wait })
		if wait {
			timeout := time.NewTimer(farewellTime)
			defer timeout.Stop()
			select {
			case <-d.ended:
			case <-timeout.C:
			}
		}
		d.stop()
	})
	d.wait.Wait()
}

func (d *driver) now() time.Duration { return time.Since(d.start) }

// post has the owner run f soon, unless it has ended. It does not wait, so tell may call it.
func (d *driver) post(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.ended:
		return
	default:
	}
	d.calls = append(d.calls, f)
	select {
	case d.posted <- struct{}{}:
	default:
	}
}

// do has the owner run f, waits until it has, and reports whether it did. It does not once the owner has ended; then the
// machine is safe to read from anywhere.
func (d *driver) do(f func()) bool {
	done := make(chan struct{})
	d.post(func() { f(); close(done) })
	select {
	case <-done:
		return true
	case <-d.ended:
	}
	select {
	case <-done: // the last thing that the owner did
		return true
	default:
		return false
	}
}

// ask returns what f reads of the machine.
func ask[T any](d *driver, f func() T) (answer T) {
	if !d.do(func() { answer = f() }) {
		answer = f()
	}
	return answer
}

func (d *driver) receive(ctx context.Context) {
	for {
		f, err := d.radio.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.log.Error("the radio receives no more", "err", err)
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
	for !d.leaving || d.sending {
		select {
		case f := <-d.frames:
			d.machine.Handle(d.now(), f)
			d.poll(d.now())
			d.handled <- struct{}{}
		case <-d.posted:
			d.serve()
		case o := <-d.sent:
			d.sending = false
			d.account(o)
		case <-d.deadline(timer):
			d.poll(d.now())
		case <-ctx.Done():
			return
		}
		d.transmit(ctx)
	}
}

// deadline fires when the machine wants to be polled. What is due already waits for the radio.
func (d *driver) deadline(timer *time.Timer) <-chan time.Time {
	at, ok := d.machine.NextDeadline()
	if !ok || d.sending && at <= d.polled {
		return nil
	}
	timer.Reset(at - d.now())
	return timer.C
}

// serve runs the calls that wait.
func (d *driver) serve() {
	d.mu.Lock()
	calls := d.calls
	d.calls = nil
	d.mu.Unlock()
	for _, call := range calls {
		call()
		d.poll(d.now())
	}
}

// poll tells what happened by now, and reports whether anything did.
func (d *driver) poll(now time.Duration) (told bool) {
	d.polled = now
	for {
		event, ok := d.machine.Poll(now)
		if !ok {
			return told
		}
		d.tell(event)
		told = true
	}
}

// transmit gives the radio the next frame, if it has none. All of it is at one moment: what became due after the machine
// had nothing to send must stay due, for a deadline tells of it, and of a frame that waits to be asked for none does.
func (d *driver) transmit(ctx context.Context) {
	for !d.sending && ctx.Err() == nil {
		now := d.now()
		d.poll(now)
		out, ok := d.machine.Transmit(now)
		if ok {
			d.body = append(d.body[:0], out.Body...)
			t := *out
			t.Body = d.body
			d.sending = true
			select {
			case d.outgoing <- t:
			case <-ctx.Done():
				return
			}
		}
		if !d.poll(now) {
			return
		}
	}
}
