package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

const (
	// sendTimeout bounds the sending of one frame: the callback of ESP-NOW may never come. It is well above the time that a
	// crowded channel takes.
	sendTimeout = 2 * time.Second
	// memoryPause is how long a radio that is out of memory is left alone.
	memoryPause = 5 * time.Millisecond
)

// RadioStats count what went wrong between a driver and its radio.
type RadioStats struct {
	NoMemory uint64 `json:"noMemory"` // times that the radio had no buffer, and got the same frame again
	TimedOut uint64 `json:"timedOut"` // frames of which the radio did not say what became
	Failed   uint64 `json:"failed"`   // frames that the radio did not send for another reason
}

// sender has the radio send frames, one at a time.
type sender struct {
	radio radio.Radio
	peers []espnow.Addr // that it has put on the radio's list
}

// outcome is what became of a frame.
type outcome struct {
	err      error
	noMemory uint64
	forgot   bool // the radio's list of peers is empty
}

// run sends until ctx is done, and leaves the radio's list as it was.
func (s *sender) run(ctx context.Context, outgoing <-chan link.Transmission, sent chan<- outcome) {
	defer s.forget()
	for {
		select {
		case t := <-outgoing:
			o := s.send(ctx, t)
			select {
			case sent <- o:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *sender) send(ctx context.Context, t link.Transmission) (o outcome) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := s.prepare(ctx, t); err != nil {
		s.forget() // what the machine believes to be on the list may not be
		return outcome{err: err, forgot: true}
	}
	for {
		o.err = s.radio.Send(ctx, t.Dst, t.Body)
		if errors.Is(o.err, context.DeadlineExceeded) {
			o.err = fmt.Errorf("it does not say within %v what became of a frame: %w", sendTimeout, o.err)
		}
		if !errors.Is(o.err, radio.ErrNoMemory) {
			return o
		}
		o.noMemory++
		select {
		case <-time.After(memoryPause):
		case <-ctx.Done():
			return o
		}
	}
}

// prepare does to the radio what a frame needs.
func (s *sender) prepare(ctx context.Context, t link.Transmission) error {
	if t.Remove != (espnow.Addr{}) {
		if err := s.radio.RemovePeer(t.Remove); err != nil {
			return err
		}
		s.peers = slices.DeleteFunc(s.peers, func(a espnow.Addr) bool { return a == t.Remove })
	}
	if t.Add {
		if err := s.radio.AddPeer(t.Dst); err != nil {
			return err
		}
		s.peers = append(s.peers, t.Dst)
	}
	if t.Channel != 0 {
		return s.radio.Tune(ctx, t.Channel)
	}
	return nil
}

// forget takes its peers off the radio's list.
func (s *sender) forget() {
	for _, p := range s.peers {
		_ = s.radio.RemovePeer(p) // one that the radio has lost already
	}
	s.peers = s.peers[:0]
}

// account counts what became of a frame. A radio that fails is said so once, and once that it works again.
func (d *driver) account(o outcome) {
	if errors.Is(o.err, context.Canceled) {
		return // by Close
	}
	if o.forgot {
		d.machine.RadioReset()
	}
	d.stats.NoMemory += o.noMemory
	failed := o.err != nil && !errors.Is(o.err, radio.ErrNotAcknowledged)
	switch {
	case errors.Is(o.err, context.DeadlineExceeded):
		d.stats.TimedOut++
	case failed:
		d.stats.Failed++
	}
	switch {
	case failed && !d.failing:
		d.log.Error("the radio does not send", "err", o.err)
	case !failed && d.failing:
		d.log.Info("the radio sends again")
	}
	d.failing = failed
}
