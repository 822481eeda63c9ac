package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/breaking"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// errBroken ends a comparison that found breaks; they are printed already.
var errBroken = errors.New("broken")

func breakingCommand() *cobra.Command {
	var against string
	var rules bool
	c := &cobra.Command{
		Use:   "breaking --against OLD NEW",
		Short: "Name what of a spec breaks devices and programs made from an older version of it",
		Long: `breaking compares a spec with an older version of it, such as the one that devices in the field
have. Each break is named by its rule: file:line:col: rule: what, why, what to do. It ends with 1
where there are some.

Fields may be added at the end of a message, with a since; and messages, values of enums, bits
and variants may be added. What else may change, and what may not, --rules tells.`,
		Example: `  enowgen breaking --against released.yaml climate.yaml
  enowgen breaking --rules

  git show v1.0.0:climate.yaml > released.yaml    # where the older version is in Git`,
		Args: func(c *cobra.Command, args []string) error {
			if rules {
				return exactly(0, "--rules alone")(c, args)
			}
			return exactly(1, "--against OLD and one new spec")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if rules {
				return printRules(c.OutOrStdout())
			}
			if against == "" {
				return usageError{errors.New("against what? name the older version with --against")}
			}
			return compare(c.OutOrStdout(), against, args[0])
		},
	}
	c.Flags().StringVar(&against, "against", "", "compare with the spec in `OLD`")
	c.Flags().BoolVar(&rules, "rules", false, "print the rules")
	return c
}

func compare(w io.Writer, oldPath, newPath string) error {
	old, err := readSpec(oldPath)
	if err != nil {
		return err
	}
	src, err := readSource(newPath)
	if err != nil {
		return err
	}
	now, err := parseSpec(newPath, src)
	if err != nil {
		return err
	}
	breaks := breaking.Compare(old, now)
	if len(breaks) == 0 {
		_, err := fmt.Fprintln(w, "no breaking changes")
		return err
	}
	found := make(schema.Errors, len(breaks))
	for i, b := range breaks {
		found[i] = b.Fault(newPath)
	}
	faultsError{found, src}.print(w, paletteFor(w))
	return errBroken
}

func printRules(w io.Writer) error {
	for _, r := range breaking.Rules {
		if _, err := fmt.Fprintf(w, "%s: %s.\n    Why: %s. Instead: %s.\n", r.Name, r.What, r.Why, r.Do); err != nil {
			return err
		}
	}
	return nil
}
