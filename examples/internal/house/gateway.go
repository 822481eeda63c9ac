package house

import (
	"context"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/bridge"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// Gateway is the gateway's address.
var Gateway = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}

const (
	keyID   = 1
	channel = 6 // of the gateway; nodes have to find it
	// joinEvery is what a join costs this machine, and not an ESP32.
	joinEvery = 5 * time.Millisecond
)

// gateway is one life of the gateway, from power to power cut.
type gateway struct {
	station *sim.Radio
	host    *host.Gateway
	bridge  *bridge.Bridge
}

// startGateway switches the gateway on: it remembers nothing.
func (h *House) startGateway() (*gateway, error) {
	cfg := link.DefaultGatewayConfig(Gateway)
	cfg.Channel, cfg.JoinEvery = channel, joinEvery
	if !h.cfg.Open {
		if err := cfg.Keys.Add(keyID, h.key); err != nil {
			return nil, err
		}
	}
	g := &gateway{}
	var err error
	g.bridge, err = bridge.Start(context.Background(), bridge.Config{
		URL: h.Broker.URL.String(), Username: h.Broker.Username, Password: h.Broker.Password,
		Gateway: Gateway, Logger: h.log,
	})
	if err != nil {
		return nil, err
	}
	if g.station, err = h.air.NewStation(Gateway, espnow.MaxFrameV1); err != nil {
		g.closeBridge(0)
		return nil, err
	}
	g.host, err = host.StartGateway(g.station, cfg, func(run *host.Gateway, e link.Event) {
		switch e := e.(type) {
		case *link.Message:
			g.bridge.Deliver(*e, time.Now(), run.Settle)
		case *link.Presence:
			if h.cfg.Presence != nil {
				h.cfg.Presence(*e)
			}
		}
	}, h.log)
	if err != nil {
		g.closeBridge(0)
		return nil, err
	}
	return g, nil
}

// close says goodbye in every direction.
func (g *gateway) close() {
	g.host.Close()
	g.closeBridge(2 * time.Second)
}

// closeBridge gives the bridge some time to deliver what it holds. What is left is in its counters.
func (g *gateway) closeBridge(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = g.bridge.Close(ctx)
}

// kill cuts the gateway's power: what it holds is gone, and nobody is told.
func (g *gateway) kill() {
	g.host.Kill()
	_ = g.station.Close()
	g.closeBridge(0)
}

// running is the gateway as it is now, or was last.
func (h *House) running() *gateway {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.gateway
}

// KillGateway cuts the gateway's power.
func (h *House) KillGateway() { h.running().kill() }

// ReviveGateway switches the gateway on after KillGateway.
func (h *House) ReviveGateway() error {
	g, err := h.startGateway()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gateway = g
	return nil
}
