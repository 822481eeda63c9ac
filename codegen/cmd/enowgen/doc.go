package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/docgen"
	"github.com/esp-now-network/esp-now-network/codegen/output"
)

func docCommand() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "doc SPEC FILE",
		Short: "Fill the tables of a Markdown file from a spec",
		Long: `doc replaces what stands between <!-- enowgen:begin KIND NAME --> and <!-- enowgen:end --> by that
table of the spec. Kinds: packets, constants, enum, struct, packet. Every packet, struct and enum
must have its place.`,
		Example: "  enowgen doc espnow/protocol.yaml SPEC.md",
		Args:    exactly(2, "a spec and a Markdown file"),
		RunE: func(c *cobra.Command, args []string) error {
			spec, err := readSpec(args[0])
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[1])
			if err != nil {
				return usageError{err}
			}
			filled, err := docgen.Fill(spec, text)
			if err != nil {
				return usageError{fmt.Errorf("%s: %w", args[1], err)}
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
