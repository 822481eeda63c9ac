package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// simOptions are what the flags of sim say.
type simOptions struct {
	nodes, gateways, sleepy int
	loss                    float64
	duration, bound         time.Duration
	every, down             time.Duration
	size                    int
	seed                    uint64
	faults                  string
	open, json              bool
}

// maxSize is what a node's queue holds, 64 KiB, less the longest topic that a fleet has and the byte before it.
const maxSize = 64<<10 - 17

func simCommand() *cobra.Command {
	o := simOptions{}
	c := &cobra.Command{
		Use:   "sim",
		Short: "Run a simulated fleet of nodes and gateways, and check its invariants",
		Long: "sim runs nodes and gateways on a simulated radio, with one virtual clock, and checks after every event that all\n" +
			"invariants hold: no key makes two packets with one counter, nothing is told twice, damaged or made up, memory stays\n" +
			"within its bounds, what is acknowledged has arrived. Nodes send acknowledged messages for the time of --for; faults\n" +
			"befall the fleet meanwhile; then everything must be connected and acknowledged within --bound.\n\n" +
			"A run is determined by its flags: the same ones give the same run, to the byte. It exits with 0 if all invariants\n" +
			"held, and with 1 and the command that repeats the run if one did not. Ctrl-C ends it early, with what came of it so\n" +
			"far and exit status 1; a second one ends it at once.\n\n" +
			"Faults, with commas between them, or \"all\":\n" + faultList(),
		Example: "  enow sim --nodes 50 --gateways 2 --loss 0.1 --for 10m\n" +
			"  enow sim --nodes 8 --for 1m --seed 7 --faults gateway-reboot,partition,burst --json",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt)
			defer stop()
			context.AfterFunc(ctx, stop)
			return simulate(ctx, o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.IntVar(&o.nodes, "nodes", 10, "how many nodes")
	f.IntVar(&o.gateways, "gateways", 1, "how many gateways")
	f.IntVar(&o.sleepy, "sleepy", 0, "how many of the nodes sleep between messages")
	f.Float64Var(&o.loss, "loss", 0, "probability that a copy of a frame is lost, 0 to 1")
	f.DurationVar(&o.duration, "for", 10*time.Minute, "virtual time in which messages are sent and faults happen")
	f.DurationVar(&o.bound, "bound", 5*time.Minute, "virtual time after --for in which all must be connected and acknowledged")
	f.DurationVar(&o.every, "every", time.Minute, "mean time between two messages of a node")
	f.DurationVar(&o.down, "down", 0, "mean time between two messages of a gateway to one of its nodes; 0: none")
	f.IntVar(&o.size, "size", 50, fmt.Sprintf("bytes of a message, 12 to %d", maxSize))
	f.Uint64Var(&o.seed, "seed", 1, "decides all that is random")
	f.StringVar(&o.faults, "faults", "", "what goes wrong: names with commas between them, or all")
	f.BoolVar(&o.open, "open", false, "an open network, without a key")
	f.BoolVar(&o.json, "json", false, "print the report as one JSON object")
	return c
}

func faultList() string {
	var b strings.Builder
	for _, f := range fleet.AllFaults() {
		fmt.Fprintf(&b, "  %-17s %s\n", f, f.About())
	}
	return b.String()
}

// config turns flags into a fleet. What it cannot be is said by the fleet itself.
func (o *simOptions) config() (fleet.Config, []fleet.Fault, error) {
	faults, err := fleet.ParseFaults(o.faults)
	room := link.DefaultGatewayConfig(espnow.Addr{}).Sessions
	switch {
	case err != nil:
		return fleet.Config{}, nil, fmt.Errorf("--faults: %w", err)
	case o.nodes < 1 || o.gateways < 1:
		return fleet.Config{}, nil, errors.New("--nodes and --gateways: want at least 1 of each")
	case (o.nodes-1)/room >= o.gateways:
		return fleet.Config{}, nil, fmt.Errorf("--nodes %d: a gateway has room for %d nodes, so %d gateways for %d: want --gateways %d, or fewer nodes",
			o.nodes, room, o.gateways, room*o.gateways, (o.nodes-1)/room+1)
	case !(o.loss >= 0 && o.loss <= 1): // so written, it refuses NaN
		return fleet.Config{}, nil, fmt.Errorf("--loss %v: want a probability, 0 to 1", o.loss)
	case o.size < 12 || o.size > maxSize:
		return fleet.Config{}, nil, fmt.Errorf("--size %d: want 12 to %d bytes", o.size, maxSize)
	case o.open && slices.Equal(faults, []fleet.Fault{fleet.Corrupt}):
		return fleet.Config{}, nil, errors.New("--faults corrupt: on an --open network nothing shows damage: leave --open out")
	case o.faults != "all" && o.sleepy == 0 && slices.Contains(faults, fleet.RTCLoss):
		return fleet.Config{}, nil, errors.New("--faults rtc-loss: no node sleeps: add --sleepy")
	case o.down < 0:
		return fleet.Config{}, nil, fmt.Errorf("--down %v: want a duration such as 10m, or 0 for none", o.down)
	case o.duration <= 0 || o.bound <= 0:
		return fleet.Config{}, nil, errors.New("--for and --bound: want a duration such as 10m")
	case o.every < time.Millisecond:
		return fleet.Config{}, nil, fmt.Errorf("--every %v: want 1ms or more", o.every)
	}
	cfg := fleet.DefaultConfig()
	cfg.Seed, cfg.Nodes, cfg.Gateways, cfg.Sleepy, cfg.Secure = o.seed, o.nodes, o.gateways, o.sleepy, !o.open
	cfg.Medium.Loss = o.loss
	cfg.Traffic.Every, cfg.Traffic.Down, cfg.Traffic.Until = o.every, o.down, o.duration
	cfg.Traffic.MinSize, cfg.Traffic.MaxSize = o.size, o.size
	cfg.Channels = []uint8{1, 2, 6, 11} // two that overhear each other, and where a gateway can move to
	cfg.Repeat = o.repeat()
	return cfg, faults, nil
}

// repeat is the command that repeats the run.
func (o *simOptions) repeat() string {
	command := fmt.Sprintf("enow sim --nodes %d --gateways %d --sleepy %d --loss %v --for %v --bound %v --every %v --down %v --size %d --seed %d",
		o.nodes, o.gateways, o.sleepy, o.loss, o.duration, o.bound, o.every, o.down, o.size, o.seed)
	if o.faults != "" {
		command += " --faults " + o.faults
	}
	if o.open {
		command += " --open"
	}
	return command
}

func simulate(ctx context.Context, o simOptions, out, progress io.Writer) error {
	cfg, faults, err := o.config()
	if err != nil {
		return err
	}
	f, err := fleet.New(cfg)
	if err != nil {
		return err
	}
	attend(ctx, f, o.duration, progress)
	broken := f.Trial(faults, o.duration, o.bound)
	r := f.Report()
	if o.json {
		err = printSimJSON(out, r, broken)
	} else {
		err = printSim(out, r, broken == nil)
	}
	if broken != nil {
		return failure{broken}
	}
	if err != nil {
		return failure{err}
	}
	return nil
}

// attend tells now and then how far a run has come that takes its time, and ends it once ctx is done.
func attend(ctx context.Context, f *fleet.Fleet, until time.Duration, w io.Writer) {
	const step, often = time.Second, 5 * time.Second
	last := time.Now()
	var look func()
	look = func() {
		if ctx.Err() != nil {
			f.Stop(fmt.Errorf("interrupted at %v of %v: no invariant was broken so far, and whether all settles is not known", f.Now().Round(time.Second), until))
			return
		}
		if now := time.Now(); now.Sub(last) >= often {
			last = now
			fmt.Fprintf(w, "%v of %v, %d of %d nodes connected\n", f.Now(), until, f.Connected(), f.Living())
		}
		f.After(step, look)
	}
	f.After(step, look)
}

func printSim(w io.Writer, r fleet.Report, held bool) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	line("fleet", "%d nodes, %d gateways, seed %d, %v of virtual time", r.Nodes, r.Gateways, r.Seed, r.Time.Round(time.Millisecond))
	line("published", "%d messages, and %d for which there was no room", r.Published, r.Refused)
	line("delivered", "%d, of which %d were acknowledged; %d failed", r.Delivered, r.Acknowledged, r.Failed)
	line("duplicates", "%d, after a gateway's restart or by another gateway", r.Duplicates)
	line("down", "%d messages to nodes, %d delivered, %d acknowledged", r.Down.Published, r.Down.Delivered, r.Down.Acknowledged)
	line("connections", "%d; %d of %d nodes are connected", r.Connections, r.Connected, r.Living)
	line("joins", "%d, %d told to come later; %d searches answered", r.Machines.Joins, r.Machines.Busy, r.Machines.Searches)
	line("retransmissions", "%d parts of messages, and %d frames by the radios' MAC", r.Machines.Resent, r.Air.Retries)
	line("airtime", "%v, efficiency %.3f", r.Air.Airtime.Round(time.Millisecond), r.Efficiency)
	line("latency", "50 %% %v, 90 %% %v, 99 %% %v, most %v", r.Latency.P50.Round(10*time.Microsecond),
		r.Latency.P90.Round(10*time.Microsecond), r.Latency.P99.Round(10*time.Microsecond), r.Latency.Max.Round(10*time.Microsecond))
	for _, i := range fleet.Invariants() {
		line("held: "+i.String(), "%d times", r.Checks[i.String()])
	}
	if err := t.Flush(); err != nil || !held {
		return err
	}
	_, err := fmt.Fprintln(w, "all invariants held")
	return err
}

func printSimJSON(w io.Writer, r fleet.Report, broken error) error {
	out := struct {
		fleet.Report
		Held  bool   `json:"held"`
		Error string `json:"error,omitempty"`
	}{Report: r, Held: broken == nil}
	if broken != nil {
		out.Error = broken.Error()
	}
	line, err := json.Marshal(out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}
