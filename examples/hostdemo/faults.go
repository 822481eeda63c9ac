package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// victim is a part of the network that may lose its power.
type victim struct {
	name       string
	dies, back string // for people
	kill       func(ctx context.Context, n *network, j *journal) error
	revive     func(n *network) error
	sign       string // in the gateway's log, before which nothing has recovered; "": there is none
}

var victims = []*victim{
	{
		name: "gateway", dies: "the gateway loses its power, and with it all sessions", back: "the gateway is back, and knows nobody",
		kill:   func(_ context.Context, n *network, _ *journal) error { n.gateway.off(); return nil },
		revive: func(n *network) error { return n.gateway.on() },
		sign:   "connected to broker",
	},
	{
		name: "broker", dies: "the broker is killed", back: "the broker is back",
		kill:   func(_ context.Context, n *network, _ *journal) error { return n.broker.Kill() },
		revive: func(n *network) error { return n.broker.Restart() },
		sign:   "connected to broker",
	},
	{
		name: "node", dies: "the device with 30 KB is to lose its power within a message", back: "the device with 30 KB is back",
		kill:   interrupt,
		revive: func(n *network) error { return n.bulk().on() },
	},
	{
		name: "ap", dies: "the access point is away", back: "the access point is back, on another channel",
		kill: func(_ context.Context, n *network, _ *journal) error { return n.setAccessPoint(n.channel, false) },
		revive: func(n *network) error {
			return n.setAccessPoint(firstChannel+otherChannel-n.channel, true)
		},
		sign: "joined access point",
	},
}

// fault takes the power of a victim at a time of the run.
type fault struct {
	victim *victim
	after  time.Duration
}

// parseFaults reads texts such as gateway@5s, and returns them in the order of their times.
func parseFaults(texts []string) ([]fault, error) {
	var all []fault
	for _, text := range texts {
		name, when, _ := strings.Cut(text, "@")
		at := slices.IndexFunc(victims, func(v *victim) bool { return v.name == name })
		after, err := time.ParseDuration(when)
		if at < 0 || err != nil || after <= 0 {
			return nil, fmt.Errorf("%q: want gateway, broker, node or ap, and when, as in gateway@5s", text)
		}
		all = append(all, fault{victims[at], after})
	}
	slices.SortStableFunc(all, func(a, b fault) int { return int(a.after - b.after) })
	return all, nil
}

const (
	// outage is how long a part is without power.
	outage = time.Second
	// patience is how long it may take until everything works again.
	patience = 30 * time.Second
)

// strike carries out a fault, and waits until all devices are heard again.
func (f fault) strike(ctx context.Context, n *network, t *tally) error {
	v := f.victim
	t.journal.say("%s", v.dies)
	if err := v.kill(ctx, n, t.journal); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("--kill %s: %w", v.name, err)
	}
	sleep(ctx, outage)
	t.journal.say("%s", v.back)
	back := time.Now()
	silent := map[string]bool{}
	for _, k := range kinds {
		silent[k.firmware] = true
	}
	signed := v.sign == ""
	recovered := t.journal.watch(func(source, text string) bool {
		signed = signed || source == n.gateway.name && strings.Contains(text, v.sign)
		for _, k := range kinds {
			if signed && source == k.firmware && k.acknowledges.MatchString(text) {
				delete(silent, source)
			}
		}
		return len(silent) == 0
	})
	if err := v.revive(n); err != nil {
		return fmt.Errorf("--kill %s: %w", v.name, err)
	}
	select {
	case <-recovered:
		t.recovered(faultTotals{v.name, time.Since(back).Milliseconds()})
	case <-ctx.Done():
	case <-time.After(patience):
		return fmt.Errorf("--kill %s: not all devices have had a message acknowledged %v after it was back", v.name, patience)
	}
	return nil
}

// statsTopic is where the gateway tells its counters.
var statsTopic = string(espnow.DefaultRoots.AppendGateway(nil, gatewayAddr, []byte("$stats")))

// tries of interrupt: a message takes some 30 ms.
const tries = 10

// interrupt takes the power of the device with 30 KB while the gateway has some parts of a message of it. Whether it has,
// only the gateway can say, and only afterwards: if not, the device is switched on again for another try.
func interrupt(ctx context.Context, n *network, j *journal) error {
	device := n.bulk()
	for try := range tries {
		joined := false // which takes time, and the first message waits for it
		if err := await(ctx, j, func(source, text string) bool {
			joined = joined || source == device.name && bulkAcknowledges.MatchString(text)
			return joined && source == device.name && strings.Contains(text, bulkBegins)
		}); err != nil {
			return err
		}
		sleep(ctx, time.Duration(3+2*try)*time.Millisecond)
		device.off()
		var stats struct{ Link struct{ Partial int } } // messages of which parts are missing
		heard := 0
		if err := await(ctx, j, func(source, text string) bool {
			if source == statsTopic && json.Unmarshal([]byte(text), &stats) == nil {
				heard++
			}
			return heard == 2 // the first may be from before
		}); err != nil {
			return err
		}
		if stats.Link.Partial > 0 {
			j.say("the gateway has parts of a message that is never whole: link.partial %d in its $stats", stats.Link.Partial)
			return nil
		}
		if err := device.on(); err != nil {
			return err
		}
	}
	return fmt.Errorf("not once in %d tries was a message on its way", tries)
}

// await waits until sees returns true.
func await(ctx context.Context, j *journal, sees func(source, text string) bool) error {
	select {
	case <-j.watch(sees):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return fmt.Errorf("nothing came within %v of what was waited for", patience)
	}
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
