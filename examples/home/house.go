package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// live runs the house until ctx ends or its time is over, and counts.
func live(ctx context.Context, o options, out io.Writer, log *slog.Logger) (totals, error) {
	devices := buy(o)
	t := newTally(out, devices)
	h, err := house.Start(house.Config{Broker: o.broker, Loss: o.loss, Seed: o.seed, Open: o.open, Presence: t.presence}, log)
	if err != nil {
		return totals{}, err
	}
	defer h.Close()
	var giveUp <-chan time.Time
	if o.duration > 0 {
		giveUp = time.After(brokerWait)
	}
	app, err := startApp(ctx, h, giveUp, t)
	if err != nil {
		return totals{}, err
	}
	defer app.close()
	network := "a secure network"
	if o.open {
		network = "an open network"
	}
	t.say("devices: %d, the gateway %v of %s, a radio that loses %.0f %% of the frames, the broker %s",
		len(devices), house.Gateway, network, 100*o.loss, h.Broker.URL)
	for _, d := range devices {
		if d.node, err = h.NewNode(d.addr, t.follow(d)); err != nil {
			return totals{}, err
		}
	}
	if err := sendAll(ctx, o, h, devices, t); err != nil {
		return totals{}, err
	}
	sum := t.totals()
	sum.Stats = h.Stats()
	return sum, nil
}

// buy returns the devices, which have no radio yet.
func buy(o options) (devices []*device) {
	for i := range o.nodes {
		devices = append(devices, &device{kind: kinds[i%len(kinds)], addr: house.Address(i + 1), seed: o.seed<<16 + uint64(i)})
	}
	return devices
}

// sendAll lets the devices send for a time, 0 being until ctx ends, shows the counts meanwhile, and waits for what is under
// way then.
func sendAll(ctx context.Context, o options, h *house.House, devices []*device, t *tally) error {
	patience, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	if o.duration > 0 {
		limited, cancel := context.WithTimeout(ctx, o.duration)
		defer cancel()
		ctx = limited
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failures := make([]error, len(devices)+1)
	var wait sync.WaitGroup
	for i, d := range devices {
		wait.Go(func() {
			if failures[i] = d.send(ctx, patience, t); failures[i] != nil {
				stop()
			}
		})
	}
	if o.killGateway > 0 {
		wait.Go(func() {
			if failures[len(devices)] = cutPower(ctx, o.killGateway, h, t); failures[len(devices)] != nil {
				stop()
			}
		})
	}
	show(ctx, t)
	t.say("the devices have stopped; waiting for what is under way")
	h.Settle(t.received, t.complete)
	giveUp()
	wait.Wait()
	return errors.Join(failures...)
}

// outage is how long the gateway is without power.
const outage = time.Second

// cutPower kills the gateway, unless ctx ends before.
func cutPower(ctx context.Context, after time.Duration, h *house.House, t *tally) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(after):
	}
	t.say("%s  the gateway loses its power, and with it all sessions", clock())
	h.KillGateway()
	time.Sleep(outage)
	t.gatewayIsBack()
	return h.ReviveGateway()
}

// show shows the counts until ctx ends.
func show(ctx context.Context, t *tally) {
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			t.show()
		case <-ctx.Done():
		}
	}
}
