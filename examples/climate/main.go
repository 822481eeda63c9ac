// Command climate shows one spec in several languages: sensors that encode in C, a simulated radio, a gateway, an MQTT
// broker, and consumers that print what they decode. climate.yaml is the spec; the rest of the folders is generated.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

//go:generate go run ../../codegen/cmd/enowgen gen climate.yaml --go climate --tests --c components/climate --names --py python --ts typescript
//go:generate cp climate.yaml ../../components/enow_node/examples/climate/climate.yaml
//go:generate go run ../../codegen/cmd/enowgen gen climate.yaml --c ../../components/enow_node/examples/climate/components/climate

// options are what the flags say.
type options struct {
	duration  time.Duration // 0: until interrupted
	broker    string        // "": the embedded one
	nodes     int
	loss      float64
	seed      uint64
	consumers []string // languages
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
	case len(o.consumers) == 0:
		return cli.Usage(errors.New("--consumers is empty: want some of " + strings.Join(languages(), ",")))
	}
	for i, name := range o.consumers {
		if !slices.Contains(languages(), name) || slices.Contains(o.consumers[:i], name) {
			return cli.Usage(fmt.Errorf("--consumers: %q: want some of %s, each once", name, strings.Join(languages(), ",")))
		}
	}
	return nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var o options
	root := &cobra.Command{
		Use:   "climate",
		Short: "Typed readings that C code encoded, read in Go, Python and Node",
		Long: "climate builds the sensor in publisher/main.c with this machine's C compiler and runs one for each node. What they\n" +
			"encode goes over a radio that loses frames to a gateway and from there to an MQTT broker; the consumers of\n" +
			"../consumers decode and print it. What the C program says that it encoded is compared with what they print.\n\n" +
			"Two of the consumers need an install first:\n" +
			"  python: " + pipInstall + "\n" +
			"  node: " + npmInstall + "\n\n" +
			"It ends after --for, or when interrupted: exit status 0 if every consumer heard every sensor and printed only what\n" +
			"was sent, 1 if not, 2 for a wrong call. With --for it gives up after 15 s without a broker, otherwise it waits for\n" +
			"one. A broker that refuses the user ends it at once.",
		Example: "  go run ./examples/climate --for 10s\n  go run ./examples/climate --consumers go,python,node\n" +
			"  go run ./examples/climate --broker tcp://127.0.0.1:1883 --loss 0.3",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if o.broker == "" && c.Flags().Changed("broker") {
				return cli.Usage(errors.New("--broker is empty: name a broker, or leave it out"))
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			t := newTally(c.OutOrStdout(), o.consumers)
			err := live(ctx, o, t, slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil)))
			if err != nil {
				return err
			}
			t.print()
			return t.verdict()
		},
	}
	f := root.Flags()
	f.DurationVar(&o.duration, "for", 0, "end after this time (0: when interrupted)")
	f.StringVar(&o.broker, "broker", "", house.BrokerUsage)
	f.StringSliceVar(&o.consumers, "consumers", []string{"go"}, "`LANGUAGES` to read in, of "+strings.Join(languages(), ","))
	f.IntVar(&o.nodes, "nodes", 3, fmt.Sprintf("how many sensors, 1 to %d", maxNodes))
	f.Float64Var(&o.loss, "loss", 0.1, "probability that the radio loses a frame, 0 to 1")
	f.Uint64Var(&o.seed, "seed", 1, "of all that is random in radio and sensors")
	return cli.Run(root, args, stdout, stderr)
}
