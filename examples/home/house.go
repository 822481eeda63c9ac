package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	settleMost = 5 * time.Second        // how long the end waits for what is under way
	settleIdle = 600 * time.Millisecond // how long nothing must arrive for the end to be the end
)

// live runs the house until ctx ends or its time is over, and counts.
func live(ctx context.Context, o options, out io.Writer, log *slog.Logger) (totals, error) {
	text := o.broker
	if text == "" {
		u, stop, err := startBroker()
		if err != nil {
			return totals{}, err
		}
		defer stop()
		text = u
	}
	broker, err := bridge.ParseURL(text)
	if err != nil {
		return totals{}, usageError{fmt.Errorf("--broker: %w", err)}
	}
	// The gateway outlives ctx, so that what is under way at the end still arrives.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	toBroker, err := bridge.Start(running, bridge.Config{URL: text, Gateway: gatewayAddr, Logger: log})
	if err != nil {
		return totals{}, err
	}
	defer closeBridge(toBroker)

	cfg := sim.DefaultConfig()
	cfg.Loss, cfg.Seed = o.loss, o.seed
	air, err := sim.NewAir(cfg)
	if err != nil {
		return totals{}, err
	}
	defer air.Close()

	gatewayRadio, err := air.NewStation(gatewayAddr, espnow.MaxFrameV1)
	if err != nil {
		return totals{}, err
	}
	gateway, err := host.StartGateway(gatewayRadio, link.DefaultGatewayConfig(gatewayAddr), func(m *link.Message) {
		toBroker.Deliver(*m, time.Now())
	}, log)
	if err != nil {
		return totals{}, err
	}
	defer gateway.Close()

	devices, err := moveIn(o, air, log)
	defer func() {
		for _, d := range devices {
			d.node.Close()
		}
	}()
	if err != nil {
		return totals{}, err
	}
	t := newTally(out, devices)
	var giveUp <-chan time.Time
	if o.duration > 0 {
		giveUp = time.After(brokerWait)
	}
	app, err := startApp(ctx, broker, giveUp, t)
	if err != nil {
		return totals{}, err
	}
	defer app.close()
	t.say("devices: %d, the gateway %v, a radio that loses %.0f %% of the frames, the broker %s", len(devices), gatewayAddr, 100*o.loss, broker)

	if err := sendAll(ctx, o.duration, devices, t); err != nil {
		return totals{}, err
	}
	t.say("the devices have stopped; waiting for what is under way")
	settle(devices, toBroker, t)
	sum := t.totals()
	sum.Gateway, sum.Bridge, sum.Air = gateway.Stats(), toBroker.Stats(), air.Stats()
	return sum, nil
}

func closeBridge(b *bridge.Bridge) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = b.Close(ctx) // what is left is in the totals already
}

func moveIn(o options, air *sim.Air, log *slog.Logger) ([]*device, error) {
	var devices []*device
	for i := range o.nodes {
		d := &device{kind: kinds[i%len(kinds)], addr: deviceAddr(i + 1), seed: o.seed<<16 + uint64(i)}
		r, err := air.NewStation(d.addr, espnow.MaxFrameV1)
		if err != nil {
			return devices, err
		}
		cfg := link.DefaultNodeConfig(d.addr)
		cfg.FirstID = uint16(draw(d.seed, 0).Uint32())
		if d.kind.unicast {
			cfg.Gateway = gatewayAddr
		}
		if d.node, err = host.StartNode(r, cfg, log); err != nil {
			return devices, err
		}
		devices = append(devices, d)
	}
	return devices, nil
}

// sendAll lets the devices send for a time, 0 being until ctx ends, and shows the counts meanwhile.
func sendAll(ctx context.Context, duration time.Duration, devices []*device, t *tally) error {
	if duration > 0 {
		limited, cancel := context.WithTimeout(ctx, duration)
		defer cancel()
		ctx = limited
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failures := make([]error, len(devices))
	var wait sync.WaitGroup
	for i, d := range devices {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if failures[i] = d.send(ctx, t); failures[i] != nil {
				stop()
			}
		}()
	}
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			t.show()
		case <-ctx.Done():
		}
	}
	wait.Wait()
	return errors.Join(failures...)
}

// settle waits until all is there that can be: everything, or nothing more for a while.
func settle(devices []*device, b *bridge.Bridge, t *tally) {
	end := time.Now().Add(settleMost)
	last, since := t.received(), time.Now()
	for time.Now().Before(end) && !t.complete() {
		time.Sleep(20 * time.Millisecond)
		waiting := b.Stats().Queued + b.Stats().InFlight
		for _, d := range devices {
			waiting += d.node.Stats().Queued
		}
		if n := t.received(); n != last || waiting > 0 {
			last, since = n, time.Now()
		}
		if time.Since(since) > settleIdle {
			return
		}
	}
}
