// Command enowgen turns a spec of messages and packets in YAML into their codecs and their documentation.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/internal/build"
)

// languagePage tells what may stand in a spec.
const languagePage = "https://github.com/esp-now-network/esp-now-network/blob/main/codegen/LANGUAGE.md"

// Exit codes.
const (
	exitFailed = 1 // --check found differences, breaking found breaks, or a file could not be written
	exitUsage  = 2 // the call, the spec or the document is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(root.Execute(), stderr)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "enowgen",
		Short: "Turn a spec of binary messages into codecs",
		Long: `enowgen reads a spec of messages and packets in YAML and writes codecs that agree to the byte,
and their documentation. The same spec always gives the same bytes.
The language of specs:
` + languagePage,
		Example: `  enowgen init climate                            # a spec to begin with: climate.yaml
  enowgen lint climate.yaml
  enowgen gen climate.yaml --go climate --c components/climate`,
		Version:       build.Version(),
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; %s", err, flagHint(c, err))}
	})
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("unknown command %q; %s", args[0], commandHint(c, args[0]))}
		}
		return nil
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	root.AddCommand(initCommand(), genCommand(), lintCommand(), docCommand(), breakingCommand(), schemaCommand())
	root.SetHelpCommand(helpCommand(root))
	return root
}

func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Tell about a command",
		Long:    "help tells what a command does, with examples, as COMMAND --help does.",
		Example: "  enowgen help gen",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				word := args[len(args)-1]
				return usageError{fmt.Errorf("unknown command %q; %s", word, commandHint(root, word))}
			}
			return c.Help()
		},
	}
}

func commandHint(c *cobra.Command, word string) string {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return schema.Closest(word, names, fmt.Sprintf("see %s --help", c.CommandPath()))
}

func flagHint(c *cobra.Command, err error) string {
	see := fmt.Sprintf("see %s --help", c.CommandPath())
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return see
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	word := unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" { // -go, which is read as -g -o
		word = short
	}
	return schema.Closest("--"+word, names, see)
}

// report prints an error and returns the exit code for it.
func report(err error, stderr io.Writer) int {
	var faults faultsError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &faults):
		faults.print(stderr, paletteFor(stderr))
		return exitUsage
	case errors.Is(err, errStale), errors.Is(err, errBroken): // printed
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
