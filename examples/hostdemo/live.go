package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// live runs the network until ctx ends or its time is over, and counts.
func live(ctx context.Context, o options, faults []fault, out io.Writer) (sum totals, err error) {
	root, err := sources(ctx)
	if err != nil {
		return totals{}, err
	}
	if err := checkNeeds(ctx, root); err != nil {
		return totals{}, err
	}
	dir, err := os.MkdirTemp("", "hostdemo")
	if err != nil {
		return totals{}, err
	}
	defer os.RemoveAll(dir)
	j := &journal{out: out}
	programs, err := buildFirmware(ctx, root, j)
	if err != nil {
		return totals{}, err
	}
	orders := make(chan *kind, 64)
	t := newTally(j, o.log, orders)
	n, err := newNetwork(ctx, o, root, programs, dir, t)
	defer func() { err = errors.Join(err, n.close()) }()
	if err != nil {
		return totals{}, err
	}
	app, err := startApp(ctx, n.broker.URL, t)
	if err != nil {
		return totals{}, err
	}
	defer app.close()
	j.say("devices: %d, the gateway %v of a secure network, a radio that loses %.0f %% of the frames, the broker %s",
		len(kinds), gatewayAddr, 100*o.loss, n.broker.URL)
	if err := n.on(); err != nil {
		return totals{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go app.giveOrders(ctx, orders, j)
	if err := endure(ctx, o.duration, faults, n, t); err != nil {
		return totals{}, err
	}
	n.devicesOff()
	j.say("the devices are off; waiting for what is under way")
	settle(t)
	return t.totals(), nil
}

// endure lets it run for a time, 0 being until ctx ends, and carries out the faults meanwhile.
func endure(ctx context.Context, duration time.Duration, faults []fault, n *network, t *tally) error {
	start := time.Now()
	for _, f := range faults {
		sleep(ctx, time.Until(start.Add(f.after)))
		if ctx.Err() != nil {
			return nil
		}
		if err := f.strike(ctx, n, t); err != nil {
			return err
		}
	}
	if duration == 0 {
		<-ctx.Done()
		return nil
	}
	sleep(ctx, time.Until(start.Add(duration)))
	return nil
}

// settleMost is how long the end waits for what was acknowledged.
const settleMost = 5 * time.Second

func settle(t *tally) {
	for end := time.Now().Add(settleMost); time.Now().Before(end) && !t.complete(); {
		time.Sleep(20 * time.Millisecond)
	}
}
