// Command enow is the command line of ESP-NOW Network.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
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
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
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

// errReported ends a command whose output says what is wrong.
var errReported = errors.New("reported")

// failure is an error that is no fault of the call.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }
