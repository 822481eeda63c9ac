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
	h, err := house.Start(house.Config{Broker: o.broker, Loss: o.loss, Seed: o.seed}, log)
	if err != nil {
		return totals{}, err
	}
	defer h.Close()
	devices, err := moveIn(o, h)
	if err != nil {
		return totals{}, err
	}
	t := newTally(out, devices)
	var giveUp <-chan time.Time
	if o.duration > 0 {
		giveUp = time.After(brokerWait)
	}
	app, err := startApp(ctx, h, giveUp, t)
	if err != nil {
		return totals{}, err
	}
	defer app.close()
	t.say("devices: %d, the gateway %v, a radio that loses %.0f %% of the frames, the broker %s", len(devices), house.Gateway, 100*o.loss, h.Broker.URL)

	if err := sendAll(ctx, o.duration, devices, t); err != nil {
		return totals{}, err
	}
	t.say("the devices have stopped; waiting for what is under way")
	h.Settle(t.received, t.complete)
	sum := t.totals()
	sum.Stats = h.Stats()
	return sum, nil
}

func moveIn(o options, h *house.House) ([]*device, error) {
	var devices []*device
	for i := range o.nodes {
		d := &device{kind: kinds[i%len(kinds)], addr: house.Address(i + 1), seed: o.seed<<16 + uint64(i)}
		var err error
		if d.node, err = h.NewNode(d.addr, d.kind.unicast); err != nil {
			return nil, err
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
