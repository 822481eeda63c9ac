// Package house is what stands between the devices of a house and its applications: a simulated radio, a gateway and an
// MQTT broker.
package house

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/bridge"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

const (
	settleMost = 5 * time.Second        // how long the end waits for what is under way
	settleIdle = 600 * time.Millisecond // how long nothing must arrive for the end to be the end
)

// Config is what a house is like.
type Config struct {
	Broker string  // URL; "": one of its own
	Loss   float64 // probability that the radio loses a frame
	Seed   uint64  // of all that is random in the radio
}

// House is a running house. Its methods are safe for concurrent use, except NewNode and Close.
type House struct {
	Broker  Broker
	Refused <-chan error // one, once the broker has refused the house for good

	log     *slog.Logger
	air     *sim.Air
	gateway *host.Gateway
	bridge  *bridge.Bridge
	nodes   []*host.Node
	closers []func() // in the order in which they were needed
}

// Stats are the counters of a house.
type Stats struct {
	Gateway link.GatewayStats `json:"gateway"`
	Bridge  bridge.Stats      `json:"bridge"`
	Air     sim.Stats         `json:"air"`
}

// Address returns that of the i-th device: Espressif's prefix, then a number.
func Address(i int) espnow.Addr {
	return espnow.Addr{0x24, 0x6f, 0x28, 0, byte(i >> 8), byte(i)}
}

// Gateway is the gateway's address.
var Gateway = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}

// Start builds a house; it need not wait for the broker.
func Start(cfg Config, log *slog.Logger) (*House, error) {
	h := &House{log: log}
	if err := h.start(cfg); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *House) start(cfg Config) error {
	text := cfg.Broker
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
	h.bridge, err = bridge.Start(context.Background(), bridge.Config{
		URL: h.Broker.URL.String(), Username: h.Broker.Username, Password: h.Broker.Password,
		Gateway: Gateway, Logger: h.log,
	})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, h.closeBridge)

	radio := sim.DefaultConfig()
	radio.Loss, radio.Seed = cfg.Loss, cfg.Seed
	if h.air, err = sim.NewAir(radio); err != nil {
		return err
	}
	h.closers = append(h.closers, func() { _ = h.air.Close() })

	station, err := h.air.NewStation(Gateway, espnow.MaxFrameV1)
	if err != nil {
		return err
	}
	h.gateway, err = host.StartGateway(station, link.DefaultGatewayConfig(Gateway), func(g *host.Gateway, e link.Event) {
		if m, ok := e.(*link.Message); ok {
			h.bridge.Deliver(*m, time.Now(), g.Settle)
		}
	}, h.log)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, h.gateway.Close)
	return nil
}

func (h *House) closeBridge() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = h.bridge.Close(ctx) // what is left is in Stats already
}

// NewNode adds a device, which sends to the gateway, or to everybody if it is not unicast.
func (h *House) NewNode(addr espnow.Addr, unicast bool) (*host.Node, error) {
	station, err := h.air.NewStation(addr, espnow.MaxFrameV1)
	if err != nil {
		return nil, err
	}
	cfg := link.DefaultNodeConfig(addr)
	cfg.Gateway = espnow.Broadcast
	if unicast {
		cfg.Gateway = Gateway
	}
	node, err := host.StartNode(station, cfg, nil, h.log)
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
	end := time.Now().Add(settleMost)
	last, since := received(), time.Now()
	for time.Now().Before(end) && !complete() {
		time.Sleep(20 * time.Millisecond)
		b := h.bridge.Stats()
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
	return Stats{h.gateway.Stats(), h.bridge.Stats(), h.air.Stats()}
}

// Close ends everything, what was started last first.
func (h *House) Close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		h.closers[i]()
	}
}
