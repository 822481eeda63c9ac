package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

const module = "github.com/esp-now-network/esp-now-network"

// examples returns the folder of all examples, in which C, Python and Node find what is theirs.
func examples(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("the sources of this example: %w: run it in a clone of %s", err, module)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "examples"), nil
}

// live runs sensors, house and consumers until ctx ends or their time is over.
func live(ctx context.Context, o options, t *tally, log *slog.Logger) error {
	folder, err := examples(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "climate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	languages := asked(o.consumers)
	commands, err := prepareConsumers(ctx, languages, filepath.Join(folder, "consumers"), dir)
	if err != nil {
		return err
	}
	program, err := buildSensor(ctx, filepath.Join(folder, "climate"), dir)
	if err != nil {
		return err
	}
	h, err := house.Start(house.Config{Broker: o.broker, Loss: o.loss, Seed: o.seed}, log)
	if err != nil {
		return err
	}
	defer h.Close()
	consumers, err := startConsumers(ctx, o, languages, commands, h, t)
	defer func() {
		for _, c := range consumers {
			c.close()
		}
	}()
	if err != nil {
		return err
	}
	sensors, err := startSensors(program, o, h)
	defer func() {
		for _, s := range sensors {
			s.close()
		}
	}()
	if err != nil {
		return err
	}
	t.say("%d sensors in C, a radio that loses %.0f %% of the frames, the gateway %v, the broker %s, consumers in %s",
		len(sensors), 100*o.loss, house.Gateway, h.Broker.URL, strings.Join(o.consumers, ", "))
	if err := sendAll(ctx, o.duration, sensors, t); err != nil {
		return err
	}
	t.say("the sensors have stopped; waiting for what is under way")
	h.Settle(t.received, t.complete)
	for _, c := range consumers {
		select {
		case <-c.ended:
			if ctx.Err() == nil { // an interrupt may have reached it too
				return c.failed()
			}
		default:
		}
	}
	return nil
}

// asked returns the languages of these names.
func asked(names []string) []language {
	var all []language
	for _, name := range names {
		all = append(all, consumerLanguages[slices.Index(languages(), name)])
	}
	return all
}

// startConsumers runs the commands of the consumers and returns once all have subscribed. On error it returns those that
// run.
func startConsumers(ctx context.Context, o options, languages []language, commands [][]string, h *house.House, t *tally) ([]*consumer, error) {
	var all []*consumer
	for i, l := range languages {
		c, err := startConsumer(l, commands[i], h.Broker,
			func(line string) { t.shown(i, line) }, func(line string) { t.say("%s reports: %s", l.name, line) })
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	var wait <-chan time.Time
	if o.duration > 0 {
		wait = time.After(listenWait)
	}
	for _, c := range all {
		if err := c.waitReady(ctx, h.Refused, wait); err != nil {
			return all, err
		}
	}
	return all, nil
}

// startSensors starts all sensors. On error it returns those that run.
func startSensors(program string, o options, h *house.House) ([]*sensor, error) {
	var all []*sensor
	for i := range o.nodes {
		addr := house.Address(i + 1)
		node, err := h.NewNode(addr, nil)
		if err != nil {
			return all, err
		}
		s, err := startSensor(program, i, o.seed, addr, node)
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// sendAll lets the sensors send for a time, 0 being until ctx ends, one after the other within each interval.
func sendAll(ctx context.Context, duration time.Duration, sensors []*sensor, t *tally) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if duration > 0 {
		defer time.AfterFunc(duration, stop).Stop()
	}
	failures := make([]error, len(sensors))
	var wait sync.WaitGroup
	for i, s := range sensors {
		wait.Go(func() {
			if failures[i] = s.send(ctx, every*time.Duration(i)/time.Duration(len(sensors)), t); failures[i] != nil {
				stop()
			}
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}
