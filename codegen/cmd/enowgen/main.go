// Command enowgen turns a spec in YAML into Go, into an ESP-IDF component in C and into the tables of a document.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Exit codes.
const (
	exitFailed = 1 // --check found differences, or a file could not be written
	exitUsage  = 2 // the call, the spec or the document is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "enowgen",
		Short: "Turn a spec of binary packets into codecs",
		Long: "enowgen reads a spec in YAML and writes codecs in Go and C that agree to the byte, and the tables of its\n" +
			"documentation. The same spec always gives the same bytes.",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("unknown command %q; see enowgen --help", args[0])}
		}
		return nil
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	root.AddCommand(genCommand(), lintCommand(), docCommand())
	return report(root.Execute(), stderr)
}

// report prints an error and returns the exit code for it.
func report(err error, stderr io.Writer) int {
	var faults faultsError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &faults):
		faults.print(stderr)
		return exitUsage
	case errors.Is(err, errStale): // printed
		return exitFailed
	}
	fmt.Fprintln(stderr, "enowgen:", err)
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a call that cannot be carried out as it stands.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exactly is cobra's ExactArgs with words for people.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s takes %s, not %d arguments; see %s --help", c.Name(), what, len(args), c.CommandPath())}
		}
		return nil
	}
}

func readSpec(path string) (*schema.Spec, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, schema.MaxSource+1)) // schema says so where it is more
	if err != nil {
		return nil, usageError{err}
	}
	spec, err := schema.Parse(path, src)
	var faults schema.Errors
	if errors.As(err, &faults) {
		return nil, faultsError{faults, src}
	}
	return spec, err
}

func lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "lint SPEC",
		Short:   "Report every fault of a spec",
		Example: "  enowgen lint climate.yaml",
		Args:    exactly(1, "one spec"),
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := readSpec(args[0])
			return err
		},
	}
}
