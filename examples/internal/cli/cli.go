// Package cli is how the examples are called: flags and no arguments, a line for what went wrong, an exit status.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	ExitFailed = 1
	ExitUsage  = 2
)

type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage returns the error of a call that cannot be carried out as it stands, because of err.
func Usage(err error) error { return usageError{err} }

// Run runs c with args and returns the exit status.
func Run(c *cobra.Command, args []string, stdout, stderr io.Writer) int {
	c.Args = func(c *cobra.Command, args []string) error {
		if err := cobra.NoArgs(c, args); err != nil {
			return Usage(err)
		}
		return nil
	}
	c.SilenceErrors, c.SilenceUsage = true, true
	c.CompletionOptions.DisableDefaultCmd = true
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return Usage(err) })
	err := c.Execute()
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%s: %v; see --help\n", c.Name(), err)
		return ExitUsage
	}
	fmt.Fprintf(stderr, "%s: %v\n", c.Name(), err)
	return ExitFailed
}
