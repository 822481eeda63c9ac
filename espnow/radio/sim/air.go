package sim

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Air is a [Medium] in real time: its virtual clock follows the wall clock, and its stations are radios. It is safe for
// concurrent use. What arrives when depends on the goroutines' timing, so a seed repeats the odds of a run and not the
// run, and the host's own delays come on top of the airtime, which shows at the fast rates. Use a Medium where either
// matters.
type Air struct {
	start time.Time
	wake  chan struct{} // a deadline may have come nearer
	quit  chan struct{}
	loop  sync.WaitGroup

	mu     sync.Mutex // guards all below, and the state of the radios
	medium *Medium
	radios map[*Station]*Radio
	closed bool
}

// NewAir makes empty air and starts the goroutine that keeps its time, which Close ends. The error is that of
// [Config.Check], or names a setting that an Air does not have.
func NewAir(cfg Config) (*Air, error) {
	if cfg.LostCallbacks != 0 {
		return nil, fmt.Errorf("sim: LostCallbacks is %v: an Air tells the end of each frame", cfg.LostCallbacks)
	}
	m, err := NewMedium(cfg)
	if err != nil {
		return nil, err
	}
	a := &Air{
		start:  time.Now(),
		wake:   make(chan struct{}, 1),
		quit:   make(chan struct{}),
		medium: m,
		radios: make(map[*Station]*Radio),
	}
	a.loop.Go(a.run)
	return a, nil
}

// NewStation switches on a radio that sends and hears frames of up to maxFrame bytes, [espnow.MaxFrameV1] to
// [espnow.MaxFrameV2]. Errors are those of [Medium.NewStation], and [net.ErrClosed].
func (a *Air) NewStation(addr espnow.Addr, maxFrame int) (*Radio, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, net.ErrClosed
	}
	s, err := a.medium.NewStation(addr, maxFrame)
	if err != nil {
		return nil, err
	}
	r := newRadio(a, s)
	a.radios[s] = r
	return r, nil
}

// Stats are the sums over all stations, closed ones included.
func (a *Air) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.medium.Stats()
}

// Close closes all radios and ends the goroutine. Closing again does nothing and returns nil.
func (a *Air) Close() error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		for _, r := range a.radios {
			r.close()
		}
		close(a.quit)
	}
	a.mu.Unlock()
	a.loop.Wait()
	return nil
}

// run calls advance whenever the medium has something due.
func (a *Air) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-a.quit:
			return
		case <-a.wake:
		case <-timer.C:
		}
		a.mu.Lock()
		a.advance()
		at, ok := a.medium.NextDeadline()
		a.mu.Unlock()
		if ok {
			timer.Reset(at - time.Since(a.start))
		}
	}
}

// advance brings the medium to the present and tells the radios what happened. The caller holds a.mu.
func (a *Air) advance() {
	now := time.Since(a.start)
	for e, ok := a.medium.Poll(now); ok; e, ok = a.medium.Poll(now) {
		r := a.radios[e.Station]
		switch e.Kind {
		case Received:
			r.arrive(e.Frame)
		case Sent:
			r.ended(e.Err)
		}
	}
}

// send starts a frame at the present time.
func (a *Air) send(s *Station, dst espnow.Addr, body []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.advance()
	if err := s.Send(dst, body); err != nil {
		return err
	}
	signal(a.wake)
	return nil
}

// signal leaves a token in c, which has room for one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
