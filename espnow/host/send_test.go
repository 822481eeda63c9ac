package host_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// faulty is a radio with faults that a test switches on.
type faulty struct {
	radio.Radio
	mu   sync.Mutex
	send func(ctx context.Context) error // instead of Send; nil, or where it returns nil: Send itself
	add  func() error                    // likewise
}

func (r *faulty) set(send func(context.Context) error, add func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send, r.add = send, add
}

func (r *faulty) Send(ctx context.Context, dst espnow.Addr, body []byte) error {
	r.mu.Lock()
	fault := r.send
	r.mu.Unlock()
	if fault != nil {
		if err := fault(ctx); err != nil {
			return err
		}
	}
	return r.Radio.Send(ctx, dst, body)
}

func (r *faulty) AddPeer(addr espnow.Addr) error {
	r.mu.Lock()
	fault := r.add
	r.mu.Unlock()
	if fault != nil {
		if err := fault(); err != nil {
			return err
		}
	}
	return r.Radio.AddPeer(addr)
}

// A radio out of memory gets the same frame again: nothing is lost by it, not even what nobody repeats.
func TestNoMemory(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.NoMemory = .5
	inHome(t, cfg, func(h *home) {
		n := h.node(1)
		defer n.Close()
		h.until("joined", n.Connected)
		const each = 50
		for range each {
			if _, err := n.Queue(link.Outgoing{Payload: []byte("x")}); err != nil {
				h.Error(err)
			}
			time.Sleep(time.Second)
		}
		if m := told[*link.Message](h, gatewayAddr); len(m) != each {
			h.Errorf("%d of %d messages arrive", len(m), each)
		}
		if s := n.RadioStats(); s.NoMemory < each/2 || s.Failed+s.TimedOut != 0 {
			h.Errorf("%+v", s)
		}
	})
}

func TestRadioStats(t *testing.T) {
	hang := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for name, c := range map[string]struct {
		send func(context.Context) error
		want func(host.RadioStats) bool
	}{
		"never ends":    {hang, func(s host.RadioStats) bool { return s.TimedOut == 1 && s.Failed+s.NoMemory == 0 }},
		"out of memory": {func(context.Context) error { return radio.ErrNoMemory }, func(s host.RadioStats) bool { return s.Failed == 1 && s.NoMemory > 300 && s.TimedOut == 0 }},
		"burnt":         {func(context.Context) error { return errors.New("burnt") }, func(s host.RadioStats) bool { return s == host.RadioStats{Failed: 1} }},
		"nobody there":  {func(context.Context) error { return radio.ErrNotAcknowledged }, func(s host.RadioStats) bool { return s == host.RadioStats{} }},
	} {
		t.Run(name, func(t *testing.T) {
			inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
				r := &faulty{Radio: newStation(t, a, nodeAddr(1)), send: c.send}
				n := startNode(t, r, gatewayAddr, nil)
				defer n.Close()
				mustPublish(t, n, link.Outgoing{Payload: []byte("x")})
				time.Sleep(10 * time.Second)
				if s := n.RadioStats(); !c.want(s) {
					t.Errorf("%+v", s)
				}
				r.set(nil, nil)
				before := a.Stats().Sent
				mustPublish(t, n, link.Outgoing{Payload: []byte("x")})
				time.Sleep(time.Second)
				if a.Stats().Sent != before+1 {
					t.Error("the radio works again, and nothing is sent")
				}
			})
		})
	}
}

// A gateway hears, answers its callers and tells while a frame of its own is stuck.
func TestHearsWhileItSends(t *testing.T) {
	inHome(t, sim.DefaultConfig(), func(h *home) {
		h.gateway.Close()
		r := &faulty{Radio: h.radio}
		h.runGateway(r, nil)
		n := h.node(1)
		defer n.Close()
		h.until("joined", n.Connected)
		time.Sleep(time.Second)
		r.set(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, nil)
		if _, err := h.gateway.Send(nodeAddr(1), important); err != nil {
			h.Fatal(err)
		}
		time.Sleep(time.Millisecond)
		start := time.Now()
		for range 5 {
			if _, err := n.Queue(link.Outgoing{Payload: []byte("x")}); err != nil {
				h.Fatal(err)
			}
		}
		h.until("heard", func() bool { return len(told[*link.Message](h, gatewayAddr)) == 5 })
		h.gateway.Status()
		if took := time.Since(start); took > 100*time.Millisecond {
			h.Errorf("heard after %v", took)
		}
	})
}

// A radio whose list of peers is not what the machine believes is set right.
func TestPeersGoneWrong(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.MaxPeers = 20
	inHome(t, cfg, func(h *home) {
		r := &faulty{Radio: newStation(h.T, h.air, nodeAddr(1))}
		added := 0
		r.set(nil, func() error {
			if added++; added > 1 && added <= 4 { // broadcast is on the list
				return errors.New("no more memory for peers")
			}
			return nil
		})
		n := h.startNode(r)
		defer n.Close()
		if err := n.Publish(h.Context(), important); err != nil {
			h.Error(err)
		}
		if s := n.RadioStats(); s.Failed != 3 {
			h.Errorf("%+v", s)
		}
	})
}
