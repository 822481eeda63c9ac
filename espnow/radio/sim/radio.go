package sim

import (
	"context"
	"net"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Radio is a station of an [Air].
type Radio struct {
	air     *Air
	station *Station
	turn    chan struct{} // full while a frame is in flight, or its outcome has not been fetched
	outcome chan error    // of the frame in flight
	arrived chan struct{} // the queue has got a frame
	closed  chan struct{}

	// Guarded by air.mu.
	orphan bool // nobody waits for the frame in flight: its Send gave up
	isOff  bool
	queue  radio.Queue
}

var _ radio.Radio = (*Radio)(nil)

func newRadio(a *Air, s *Station) *Radio {
	return &Radio{
		air:     a,
		station: s,
		turn:    make(chan struct{}, 1),
		outcome: make(chan error, 1),
		arrived: make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
}

// Addr implements [radio.Radio].
func (r *Radio) Addr() espnow.Addr { return r.station.Addr() }

// MaxFrame implements [radio.Radio].
func (r *Radio) MaxFrame() int { return r.station.MaxFrame() }

// Tune implements [radio.Radio].
func (r *Radio) Tune(_ context.Context, channel uint8) error {
	return r.do(func() error { return r.station.Tune(channel) })
}

// AddPeer implements [radio.Radio].
func (r *Radio) AddPeer(addr espnow.Addr) error {
	return r.do(func() error { return r.station.AddPeer(addr) })
}

// RemovePeer implements [radio.Radio].
func (r *Radio) RemovePeer(addr espnow.Addr) error {
	return r.do(func() error { return r.station.RemovePeer(addr) })
}

// do changes the station at the present time, after all that was due. It fails once the radio is closed.
func (r *Radio) do(f func() error) error {
	r.air.mu.Lock()
	defer r.air.mu.Unlock()
	if r.isOff {
		return net.ErrClosed
	}
	r.air.advance()
	return f()
}

// Stats are the station's own.
func (r *Radio) Stats() Stats {
	r.air.mu.Lock()
	defer r.air.mu.Unlock()
	return r.station.Stats()
}

// Send implements [radio.Radio]. The outcome comes when the frame has been on the air for as long as a real one.
func (r *Radio) Send(ctx context.Context, dst espnow.Addr, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.closed:
		return net.ErrClosed
	}
	if err := r.air.send(r.station, dst, body); err != nil {
		<-r.turn
		return err
	}
	select {
	case err := <-r.outcome:
		<-r.turn
		return err
	case <-ctx.Done():
		return r.giveUp(ctx.Err())
	case <-r.closed:
		return net.ErrClosed
	}
}

// giveUp leaves the frame in flight to itself, unless its outcome is there already.
func (r *Radio) giveUp(cause error) error {
	r.air.mu.Lock()
	defer r.air.mu.Unlock()
	select {
	case err := <-r.outcome:
		<-r.turn
		return err
	default:
		r.orphan = true
		return cause
	}
}

// ended takes the outcome of the frame in flight. The caller holds air.mu.
func (r *Radio) ended(err error) {
	if r.orphan {
		r.orphan = false
		<-r.turn
		return
	}
	r.outcome <- err
}

// Receive implements [radio.Radio]. 32 frames wait in the queue at most.
func (r *Radio) Receive(ctx context.Context) (link.Frame, error) {
	for {
		if err := ctx.Err(); err != nil {
			return link.Frame{}, err
		}
		if frame, ok, err := r.take(); ok || err != nil {
			return frame, err
		}
		select {
		case <-r.arrived:
		case <-ctx.Done():
		case <-r.closed:
		}
	}
}

// take removes the oldest frame from the queue.
func (r *Radio) take() (frame link.Frame, ok bool, err error) {
	r.air.mu.Lock()
	defer r.air.mu.Unlock()
	if r.isOff {
		return link.Frame{}, false, net.ErrClosed
	}
	frame, ok = r.queue.Pop()
	return frame, ok, nil
}

// arrive queues a copy of frame, or drops it. The caller holds air.mu.
func (r *Radio) arrive(frame link.Frame) {
	if !r.queue.Push(frame) {
		r.station.stats.Dropped++
		return
	}
	signal(r.arrived)
}

// Close implements [radio.Radio]. The address is free for another station.
func (r *Radio) Close() error {
	r.air.mu.Lock()
	defer r.air.mu.Unlock()
	r.close()
	return nil
}

// close is Close for a caller that holds air.mu.
func (r *Radio) close() {
	if r.isOff {
		return
	}
	r.isOff = true
	r.station.Leave()
	delete(r.air.radios, r.station)
	close(r.closed)
}
