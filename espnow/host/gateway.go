package host

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Gateway is a running [link.Gateway]. Its methods may be called from different goroutines at the same time; by tell only
// those that say so.
type Gateway struct {
	driver  *driver
	machine *link.Gateway
}

// StartGateway tunes a radio, whose list of peers is empty, to cfg.Channel and runs a gateway on it. tell gets every event,
// one at a time, and must not block: the gateway hears nothing meanwhile. An event is valid until tell returns. log may be
// nil. cfg.Addr is set to the radio's, and cfg.MaxFrame lowered to it. The error is that of [link.NewGateway], or the radio's.
func StartGateway(r radio.Radio, cfg link.GatewayConfig, tell func(*Gateway, link.Event), log *slog.Logger) (*Gateway, error) {
	cfg.Addr = r.Addr()
	cfg.MaxFrame = min(cfg.MaxFrame, r.MaxFrame())
	m, err := link.NewGateway(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	if err := r.Tune(ctx, cfg.Channel); err != nil {
		return nil, fmt.Errorf("gateway: channel %d: %w", cfg.Channel, err)
	}
	g := &Gateway{machine: m}
	g.driver = newDriver(r, wallClock{m}, func(e link.Event) { tell(g, e) }, log)
	g.driver.run()
	return g, nil
}

// wallClock has a gateway tell the time as it is, though the clock may be set meanwhile.
type wallClock struct{ *link.Gateway }

func (g wallClock) Transmit(now time.Duration) (*link.Transmission, bool) {
	g.SetUnixTime(now, time.Now())
	return g.Gateway.Transmit(now)
}

// Settle says that somebody has taken responsibility for a message, or that nobody ever will: [link.Gateway.Accept] or
// [link.Gateway.Refuse]. It does not wait, and tell may call it.
func (g *Gateway) Settle(r link.Receipt, taken bool) {
	g.driver.post(func() {
		if taken {
			g.machine.Accept(g.driver.now(), r)
		} else {
			g.machine.Refuse(g.driver.now(), r)
		}
	})
}

// Send queues a copy of a message to a node, as [link.Gateway.Send] does. The error is [net.ErrClosed] after Close.
func (g *Gateway) Send(to espnow.Addr, m link.Outgoing) (ticket link.Ticket, err error) {
	if !g.driver.do(func() { ticket, err = g.machine.Send(g.driver.now(), to, m) }) {
		return 0, net.ErrClosed
	}
	return ticket, err
}

// Deny puts a node on the deny-list, as [link.Gateway.Deny] does. It does not wait, and tell may call it.
func (g *Gateway) Deny(addr espnow.Addr) {
	g.driver.post(func() { g.machine.Deny(g.driver.now(), addr) })
}

// Allow takes a node off the deny-list. It does not wait, and tell may call it.
func (g *Gateway) Allow(addr espnow.Addr) {
	g.driver.post(func() { g.machine.Allow(addr) })
}

// Elsewhere says that another gateway holds a node, as [link.Gateway.Elsewhere] does. It does not wait, and tell may call it.
func (g *Gateway) Elsewhere(addr espnow.Addr) {
	g.driver.post(func() { g.machine.Elsewhere(g.driver.now(), addr) })
}

// AddKey adds the next network key while devices of the last one still use theirs. The error is that of [link.Keyring.Add], or [net.ErrClosed].
func (g *Gateway) AddKey(id uint8, key link.NetworkKey) error {
	err := net.ErrClosed
	g.driver.do(func() { err = g.machine.Keys().Add(id, key) })
	return err
}

// RemoveKey wipes a network key: devices that use it are strangers from their next join on. It does not wait.
func (g *Gateway) RemoveKey(id uint8) {
	g.driver.post(func() { g.machine.Keys().Remove(id) })
}

// SetChannel says that the radio's access point has moved to another channel, 1..14. It does not wait.
func (g *Gateway) SetChannel(channel uint8) {
	g.driver.post(func() { g.machine.SetChannel(channel) })
}

// Status returns all that the gateway knows, after Close as it was last.
func (g *Gateway) Status() link.Status {
	return ask(g.driver, func() link.Status { return g.machine.Status(g.driver.now()) })
}

// Stats returns the gateway's counters, after Close the last ones.
func (g *Gateway) Stats() link.GatewayStats { return ask(g.driver, g.machine.Stats) }

// RadioStats returns the driver's counters, after Close the last ones.
func (g *Gateway) RadioStats() RadioStats {
	return ask(g.driver, func() RadioStats { return g.driver.stats })
}

// Kill stops the gateway as a power cut does: nobody is told. tell is not called after it. The radio stays open.
func (g *Gateway) Kill() { g.driver.close(func() bool { return false }) }

// Close says goodbye to the nodes, whose sessions end, and stops the gateway; tell is not called after it. The radio stays
// open.
func (g *Gateway) Close() {
	g.driver.close(func() bool {
		sessions := g.machine.Stats().Sessions
		g.machine.Shutdown(g.driver.now())
		return sessions > 0
	})
}
