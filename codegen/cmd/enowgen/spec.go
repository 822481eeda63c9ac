package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// readSpec reads a spec; what is wrong with it is a faultsError.
func readSpec(path string) (*schema.Spec, error) {
	src, err := readSource(path)
	if err != nil {
		return nil, err
	}
	return parseSpec(path, src)
}

func readSource(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, schema.MaxSource+1)) // schema says so where it is more
	if err != nil {
		return nil, usageError{err}
	}
	return src, nil
}

func parseSpec(path string, src []byte) (*schema.Spec, error) {
	spec, err := schema.Parse(path, src)
	var faults schema.Errors
	if errors.As(err, &faults) {
		return nil, faultsError{faults, src}
	}
	return spec, err
}

func lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint SPEC",
		Short: "Report every fault of a spec",
		Long: `lint reads a spec and reports all of its faults, each as file:line:col: what, why, what to do. It
is silent where there are none, and ends with 2 where there are some.`,
		Example: "  enowgen lint climate.yaml",
		Args:    exactly(1, "one spec"),
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := readSpec(args[0])
			return err
		},
	}
}
