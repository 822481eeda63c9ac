// Package house is what stands between the devices of a house and its applications: a simulated radio, a gateway and an
// MQTT broker.
package house

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/bridge"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

const (
	// SettleMost is how long the end waits for what is under way.
	SettleMost = 10 * time.Second

	settleIdle = 600 * time.Millisecond // how long nothing must arrive for the end to be the end
)

// Config is what a house is like.
type Config struct {
	Broker   string              // URL; "": one of its own
	Loss     float64             // probability that the radio loses a frame
	Seed     uint64              // of all that is random in the radio
	Open     bool                // no network key: everybody in reach can listen and send
	Presence func(link.Presence) // is told who joins and leaves; it must not block. nil: nobody is
}

// House is a running house. Its methods are safe for concurrent use, except NewNode and Close.
type House struct {
	Broker  Broker
	Refused <-chan error // one, once the broker has refused the house for good

	cfg     Config
	key     link.NetworkKey // unless the house is open
	log     *slog.Logger
	air     *sim.Air
	nodes   []*host.Node
	closers []func() // in the order in which they were needed

	mu      sync.Mutex // guards gateway
	gateway *gateway
}

// Stats are the counters of a house. Those of gateway and bridge begin anew when the gateway does.
type Stats struct {
	Gateway link.GatewayStats `json:"gateway"`
	Bridge  bridge.Stats      `json:"bridge"`
	Air     sim.Stats         `json:"air"`
}

// Address returns that of the i-th device: Espressif's prefix, then a number.
func Address(i int) espnow.Addr {
	return espnow.Addr{0x24, 0x6f, 0x28, 0, byte(i >> 8), byte(i)}
}

// Start builds a house; it need not wait for the broker.
func Start(cfg Config, log *slog.Logger) (*House, error) {
	h := &House{cfg: cfg, log: log}
	if err := h.start(); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *House) start() error {
	if !h.cfg.Open {
		var err error
		if h.key, err = link.NewNetworkKey(rand.Reader); err != nil {
			return err
		}
	}
	text := h.cfg.Broker
	if text == "" {
		u, stop, err := startBroker()
		if err != nil {
			return err
		}
		h.closers = append(h.closers, stop)
		text = u
	}
	var err error
	if h.Broker, err = ParseBroker(text); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	refused := make(chan error, 1)
	h.Refused = refused
	stop, err := h.Broker.knock(context.Background(), refused)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, stop)

	radio := sim.DefaultConfig()
	radio.Loss, radio.Seed, radio.MaxPeers = h.cfg.Loss, h.cfg.Seed, 20
	if h.air, err = sim.NewAir(radio); err != nil {
		return err
	}
	h.closers = append(h.closers, func() { _ = h.air.Close() })
	if h.gateway, err = h.startGateway(); err != nil {
		return err
	}
	h.closers = append(h.closers, func() { h.running().close() })
	return nil
}

// NewNode adds a device, which finds the gateway by itself. tell is told what happens to it, and may be nil.
func (h *House) NewNode(addr espnow.Addr, tell func(link.Event)) (*host.Node, error) {
	station, err := h.air.NewStation(addr, espnow.MaxFrameV1)
	if err != nil {
		return nil, err
	}
	cfg := link.DefaultNodeConfig(addr)
	if !h.cfg.Open {
		cfg.Key, cfg.KeyID = h.key.Device(addr), keyID
	}
	node, err := host.StartNode(station, cfg, tell, h.log)
	if err != nil {
		return nil, err
	}
	h.nodes = append(h.nodes, node)
	h.closers = append(h.closers, node.Close)
	return node, nil
}

// Settle waits until all is there that can be: everything, as complete says, or nothing more for a while. received is
// how much has arrived so far.
func (h *House) Settle(received func() int, complete func() bool) {
	end := time.Now().Add(SettleMost)
	last, since := received(), time.Now()
	for time.Now().Before(end) && !complete() {
		time.Sleep(20 * time.Millisecond)
		b := h.running().bridge.Stats()
		waiting := b.Queued + b.InFlight
		for _, n := range h.nodes {
			waiting += n.Stats().Queued
		}
		if n := received(); n != last || waiting > 0 {
			last, since = n, time.Now()
		}
		if time.Since(since) > settleIdle {
			return
		}
	}
}

// Stats returns the counters so far.
func (h *House) Stats() Stats {
	g := h.running()
	return Stats{g.host.Stats(), g.bridge.Stats(), h.air.Stats()}
}

// Close ends everything, what was started last first.
func (h *House) Close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		h.closers[i]()
	}
}
