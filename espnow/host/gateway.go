package host

import (
	"log/slog"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Gateway is a running [link.Gateway]. Its methods may be called from different goroutines at the same time.
type Gateway struct {
	driver  *driver
	machine *link.Gateway
}

// StartGateway runs a gateway on a radio. tell gets every message, one at a time, and must not block, nor call the
// Gateway: it hears nothing meanwhile. The message is valid until tell returns. cfg.Addr is set to the radio's. log may
// be nil. The error is that of [link.NewGateway].
func StartGateway(r radio.Radio, cfg link.GatewayConfig, tell func(*link.Message), log *slog.Logger) (*Gateway, error) {
	cfg.Addr = r.Addr()
	m, err := link.NewGateway(cfg)
	if err != nil {
		return nil, err
	}
	return &Gateway{driver: startDriver(r, m, tell, orDefault(log)), machine: m}, nil
}

// Stats returns the gateway's counters, after Close the last ones.
func (g *Gateway) Stats() link.GatewayStats {
	var s link.GatewayStats
	if !g.driver.do(func() { s = g.machine.Stats() }) {
		return g.machine.Stats()
	}
	return s
}

// Close stops the gateway; tell is not called after it. The radio stays open.
func (g *Gateway) Close() { g.driver.close() }

func orDefault(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
