package host

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// quiet is a radio that hears nothing and counts what it sends.
type quiet struct {
	radio.Radio
	sent atomic.Int32
}

func (r *quiet) Addr() espnow.Addr                               { return espnow.Addr{} }
func (r *quiet) Send(context.Context, espnow.Addr, []byte) error { r.sent.Add(1); return nil }

func (r *quiet) Receive(ctx context.Context) (link.Frame, error) {
	<-ctx.Done()
	return link.Frame{}, ctx.Err()
}

// slow is a machine whose one frame is due just when it has said that it has none. No deadline tells of a frame that waits
// to be asked for, as of a node's search.
type slow struct {
	machine
	due     time.Duration // 0: not any more
	waiting bool
}

func (m *slow) Poll(now time.Duration) (link.Event, bool) {
	if m.due != 0 && now >= m.due {
		m.due, m.waiting = 0, true
	}
	return nil, false
}

func (m *slow) Transmit(now time.Duration) (*link.Transmission, bool) {
	if m.waiting {
		m.waiting = false
		return &link.Transmission{}, true
	}
	if m.due != 0 {
		time.Sleep(m.due - now + time.Millisecond)
	}
	return nil, false
}

func (m *slow) NextDeadline() (time.Duration, bool) { return m.due, m.due != 0 }

// What becomes due while the machine is asked for a frame is not forgotten.
func TestDueWhileItTransmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r quiet
		d := newDriver(&r, &slow{due: time.Second}, nil, nil)
		d.run()
		d.do(func() {}) // before it is due
		time.Sleep(time.Minute)
		if sent := r.sent.Load(); sent != 1 {
			t.Errorf("%d frames sent", sent)
		}
		d.close(func() bool { return false })
	})
}
