package main

import (
	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/jsonschema"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of specs, for editors",
		Long: `schema prints a JSON Schema (draft-07) of specs. An editor that has it, by way of
yaml-language-server, completes keys, shows what they mean and marks those that do not belong.
The first line of a spec names it:

  # yaml-language-server: $schema=enowgen.schema.json`,
		Example: "  enowgen schema > enowgen.schema.json",
		Args:    exactly(0, "nothing"),
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := jsonschema.Emit()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
}
