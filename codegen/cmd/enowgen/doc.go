package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/docgen"
	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func docCommand() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "doc SPEC [FILE]",
		Short: "Print a spec as Markdown, or fill its tables into a file",
		Long: `doc prints Markdown with the layout of everything in a spec, byte by byte.

With a file it replaces what stands between <!-- enowgen:begin KIND NAME --> and <!-- enowgen:end
--> by that table of the spec, and leaves the text around it alone. Kinds are messages, packets
and constants, which have no name, and message, packet, struct, enum and flags, each of which
must have its place.`,
		Example: `  enowgen doc climate.yaml > climate.md
  enowgen doc climate.yaml README.md`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return exactly(2, "a spec and, if it has tables, a Markdown file")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			spec, err := readSpec(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				if dry {
					return usageError{errors.New("--check goes with a file: name it")}
				}
				_, err := c.OutOrStdout().Write(docgen.Document(spec))
				return err
			}
			text, err := os.ReadFile(args[1])
			if err != nil {
				return usageError{err}
			}
			filled, err := docgen.Fill(spec, args[1], text)
			var faults schema.Errors
			switch {
			case errors.As(err, &faults):
				return faultsError{faults, text}
			case err != nil:
				return err
			}
			var all []change
			if !output.Same(filled, text) {
				all = append(all, change{path: args[1], old: text, data: filled})
			}
			if dry {
				return check(c.OutOrStdout(), all)
			}
			return apply(all, false)
		},
	}
	c.Flags().BoolVar(&dry, "check", false, "write nothing; print what would change and exit 1")
	return c
}
