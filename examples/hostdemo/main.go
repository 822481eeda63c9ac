// Command hostdemo runs the firmware of devices and gateway on a PC: the very sources that an ESP32 is flashed with, on
// a radio made of UDP that loses frames, with a real Mosquitto and an application that reads it. With --kill parts of it
// lose their power meanwhile.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
)

// options are what the flags say.
type options struct {
	duration time.Duration // 0: until interrupted
	loss     float64
	seed     uint32
	kills    []string
	log      bool
	json     bool
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var o options
	root := &cobra.Command{
		Use:   "hostdemo",
		Short: "The firmware of three devices and a gateway, on this PC",
		Long: "hostdemo builds the firmware examples of components/ for this PC and runs each as a process of its own: a gateway, a\n" +
			"sensor that sleeps between readings, a climate sensor with messages of its own and a device that sends 30 KB at a time.\n" +
			"Their sources are those that an ESP32 is flashed with; ESP-IDF, the radio and the access point are stand-ins. The radio\n" +
			"loses frames. The network is secure: a key is made at the start, and each device is given its own. A real Mosquitto\n" +
			"takes what the gateway publishes, and an application prints it and sends each device an order.\n\n" +
			"What a device was told is acknowledged must arrive, whatever is killed. The parts that --kill takes the power of:\n" +
			"  gateway  comes back knowing nobody\n" +
			"  broker   comes back with what it had saved\n" +
			"  node     the one with 30 KB, in the middle of a message\n" +
			"  ap       the access point, which comes back on another channel\n\n" +
			"It ends after --for, or when interrupted, with the totals: exit status 0 if every device was heard and got its order,\n" +
			"all that was acknowledged arrived as it was sent, all came back from each --kill, and no process ended by itself; 1 if\n" +
			"not; 2 for a wrong call.",
		Example: "  go run ./examples/hostdemo --for 20s\n  go run ./examples/hostdemo --for 30s --kill gateway@5s,node@15s\n" +
			"  go run ./examples/hostdemo --loss 0.3 --log",
		RunE: func(c *cobra.Command, _ []string) error {
			faults, err := o.check()
			if err != nil {
				return cli.Usage(err)
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			t, err := live(ctx, o, faults, c.OutOrStdout())
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
	f.Float64Var(&o.loss, "loss", 0.1, "probability that the radio loses a frame, 0 to 0.9")
	f.Uint32Var(&o.seed, "seed", 1, "of what the radio loses")
	f.StringSliceVar(&o.kills, "kill", nil, "`WHAT@WHEN`,...: cut the power of the gateway, broker, node or ap, as in gateway@5s")
	f.BoolVar(&o.log, "log", false, "print all that the firmware logs, not only warnings and errors")
	f.BoolVar(&o.json, "json", false, "print the totals as one JSON object, in the last line")
	return cli.Run(root, args, stdout, stderr)
}

// maxLoss is where a device may take minutes to find a gateway.
const maxLoss = 0.9

// check returns the faults that --kill names, in the order of their times.
func (o options) check() ([]fault, error) {
	switch {
	case o.duration < 0:
		return nil, fmt.Errorf("--for %v: want a duration such as 20s, or 0 for no end", o.duration)
	case !(o.loss >= 0 && o.loss <= maxLoss):
		return nil, fmt.Errorf("--loss %v: want a probability, 0 to %v", o.loss, maxLoss)
	}
	faults, err := parseFaults(o.kills)
	if err != nil {
		return nil, fmt.Errorf("--kill: %w", err)
	}
	for _, f := range faults {
		if o.duration > 0 && f.after >= o.duration {
			return nil, fmt.Errorf("--kill %s@%v: want a time before the end that --for gives", f.victim.name, f.after)
		}
	}
	return faults, nil
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
