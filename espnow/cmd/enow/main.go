// Command enow is the command line of ESP-NOW Network.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/internal/build"
)

// Exit codes.
const (
	exitFailed = 1 // the input is malformed, or something could not be read
	exitUsage  = 2 // the call is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "enow",
		Short:         "ESP-NOW Network on the command line",
		Version:       build.Version(),
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(decodeCommand(), keysCommand(), simCommand())
	called, err := root.ExecuteC()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitFailed
	}
	var failed failure
	if errors.As(err, &failed) {
		fmt.Fprintln(stderr, "enow:", err)
		return exitFailed
	}
	fmt.Fprintf(stderr, "enow: %v; see %s --help\n", err, called.CommandPath())
	return exitUsage
}

// announceInput tells who waits at a terminal what is waited for.
func announceInput(c *cobra.Command, what, otherwise string) {
	if file, ok := c.InOrStdin().(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintf(c.ErrOrStderr(), "reading %s from standard input; %s\n", what, otherwise)
		}
	}
}

// errReported ends a command whose output says what is wrong.
var errReported = errors.New("reported")

// failure is an error that is no fault of the call.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }
