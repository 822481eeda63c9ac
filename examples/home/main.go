// Command home is a whole house in one process: simulated devices, a radio that loses frames, a gateway, an MQTT broker and
// an application that reads it. With --broker the broker is a real one; with --kill-gateway the gateway loses its power.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// options are what the flags say.
type options struct {
	duration time.Duration // 0: until interrupted
	broker   string        // "": the embedded one
	nodes    int
	loss     float64
	seed     uint64
	open     bool
	json     bool

	killGateway time.Duration // when its power is cut; 0: it is not
}

const maxNodes = 200

func (o options) check() error {
	if o.broker != "" {
		if _, err := house.ParseBroker(o.broker); err != nil {
			return cli.Usage(fmt.Errorf("--broker: %w", err))
		}
	}
	switch {
	case o.duration < 0:
		return cli.Usage(fmt.Errorf("--for %v: want a duration such as 10s, or 0 for no end", o.duration))
	case o.nodes < 1 || o.nodes > maxNodes:
		return cli.Usage(fmt.Errorf("--nodes %d: want 1 to %d", o.nodes, maxNodes))
	case !(o.loss >= 0 && o.loss <= 1):
		return cli.Usage(fmt.Errorf("--loss %v: want a probability, 0 to 1", o.loss))
	case o.killGateway < 0 || o.duration > 0 && o.killGateway >= o.duration:
		return cli.Usage(fmt.Errorf("--kill-gateway %v: want a time before the end that --for gives", o.killGateway))
	}
	return nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var o options
	root := &cobra.Command{
		Use:   "home",
		Short: "A whole house in one process: devices, radio, gateway, broker, application",
		Long: "home runs simulated devices that search for a gateway, join it and send to it over a radio that loses frames. The\n" +
			"gateway forwards to an MQTT broker, and an application prints what arrives at /device/<mac>, with a count for each\n" +
			"device. The network is secure: a key is made at the start, and each device gets its own from it.\n\n" +
			"Doors and power meters want their messages acknowledged: those are repeated until the broker has them, whatever\n" +
			"happens to the gateway, and never dropped. What the others send can get lost.\n\n" +
			"It ends after --for, or when interrupted, with the totals: exit status 0 if every device was heard, every message\n" +
			"that was to be acknowledged arrived, all 20 KB pictures that arrived were equal to those sent, and at least one did;\n" +
			"with --kill-gateway, if also every device is connected again. 1 if not; 2 for a wrong call. With --for it gives up\n" +
			"after 15 s without a broker, otherwise it waits for one. A broker that refuses the user ends it at once.",
		Example: "  go run ./examples/home --for 10s\n  go run ./examples/home --for 10s --kill-gateway 4s\n  go run ./examples/home --broker tcp://127.0.0.1:1883 --loss 0.3",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if o.broker == "" && c.Flags().Changed("broker") {
				return cli.Usage(errors.New("--broker is empty: name a broker, or leave it out"))
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			t, err := live(ctx, o, c.OutOrStdout(), slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil)))
			if err == nil {
				t.print(c.OutOrStdout())
				err = t.verdict()
			}
			if o.json {
				printJSON(c.OutOrStdout(), t, err)
			}
			return err
		},
	}
	f := root.Flags()
	f.DurationVar(&o.duration, "for", 0, "end after this time (0: when interrupted)")
	f.StringVar(&o.broker, "broker", "", house.BrokerUsage)
	f.IntVar(&o.nodes, "nodes", 5, fmt.Sprintf("how many devices, 1 to %d; the air carries about 30, each fifth a camera", maxNodes))
	f.Float64Var(&o.loss, "loss", 0.1, "probability that the radio loses a frame, 0 to 1")
	f.Uint64Var(&o.seed, "seed", 1, "of all that is random in radio and devices")
	f.BoolVar(&o.open, "open", false, "an open network: no keys, and everybody in reach can listen and send")
	f.DurationVar(&o.killGateway, "kill-gateway", 0, "cut the gateway's power after this time, for a second (0: never)")
	f.BoolVar(&o.json, "json", false, "print the totals as one JSON object, in the last line")
	return cli.Run(root, args, stdout, stderr)
}

// printJSON prints the totals as one line; err is what the run lacks to be a success.
func printJSON(w io.Writer, t totals, err error) {
	if t.OK = err == nil; err != nil {
		t.Error = err.Error()
	}
	line, err := json.Marshal(t)
	if err != nil {
		panic(err) // counts and texts only
	}
	fmt.Fprintf(w, "%s\n", line)
}
