package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/cgen"
	"github.com/esp-now-network/esp-now-network/codegen/gogen"
	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/pygen"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/codegen/tsgen"
)

// emitter turns a spec into the files of a target.
type emitter func(*schema.Spec) ([]output.File, error)

// target is a language that gen writes.
type target struct {
	flag, what string
	emit       emitter
	dir        string // as asked for; "" where it is not
	extra      *extra // nil: there is none
}

// extra are files that a target has on request.
type extra struct {
	flag, what string
	emit       emitter
	wanted     bool
}

func genCommand() *cobra.Command {
	targets := []*target{
		{
			flag: "go", what: "write Go into `DIR`", emit: gogen.Files,
			extra: &extra{flag: "tests", what: "with --go: tests and a fuzz target, too", emit: gogen.Tests},
		},
		{
			flag: "c", what: "write the ESP-IDF component into `DIR`", emit: cgen.Files,
			extra: &extra{flag: "names", what: "with --c: a header of the names of numbers, for logs", emit: cgen.Names},
		},
		{flag: "py", what: "write a Python project into `DIR`", emit: pygen.Files},
		{flag: "ts", what: "write an npm package of TypeScript into `DIR`", emit: tsgen.Files},
	}
	var dry, force bool
	c := &cobra.Command{
		Use:   "gen SPEC",
		Short: "Write the codecs of a spec",
		Long: `gen writes the codecs of a spec into the folders named.

It overwrites what it generated before, removes what it generated and no longer does, such as the
files of a message that is gone, and touches nothing else. What it scaffolds (README, CHANGELOG,
LICENSE) it writes once; from then on that is yours.

The last line of each generated file holds a sum of the rest. If one was edited by hand, or comes
from another spec, it is reported and nothing is written, unless --force says so.`,
		Example: `  enowgen gen climate.yaml --go climate
  enowgen gen climate.yaml --go climate --tests --c components/climate --py python --ts typescript
  enowgen gen climate.yaml --go climate --check   # in continuous integration

  //go:generate go tool enowgen gen climate.yaml --go climate`,
		Args: exactly(1, "one spec"),
		RunE: func(c *cobra.Command, args []string) error {
			if dry && force {
				return usageError{errors.New("--force overwrites and --check writes nothing: leave one of them out")}
			}
			all, err := generate(args[0], targets)
			switch {
			case err != nil:
				return err
			case dry:
				return check(c.OutOrStdout(), all)
			}
			return apply(all, force)
		},
	}
	for _, t := range targets {
		c.Flags().StringVar(&t.dir, t.flag, "", t.what)
		if t.extra != nil {
			c.Flags().BoolVar(&t.extra.wanted, t.extra.flag, false, t.extra.what)
		}
	}
	c.Flags().BoolVar(&dry, "check", false, "write nothing; print what would change and exit 1")
	c.Flags().BoolVar(&force, "force", false, "overwrite generated files that were edited or come from another spec, too")
	return c
}

// generate returns what must change so that the targets asked for are as the spec wants them.
func generate(path string, targets []*target) ([]change, error) {
	asked := false
	for _, t := range targets {
		asked = asked || t.dir != ""
		if t.dir == "" && t.extra != nil && t.extra.wanted {
			return nil, usageError{fmt.Errorf("--%s goes with --%s: add it", t.extra.flag, t.flag)}
		}
	}
	if !asked {
		return nil, usageError{errors.New("nothing to write: name a folder with " + flagNames(targets))}
	}
	spec, err := readSpec(path)
	if err != nil {
		return nil, err
	}
	emitted, errs := make([][]output.File, len(targets)), make([]error, len(targets))
	var emitters sync.WaitGroup
	for i, t := range targets {
		if t.dir != "" {
			emitters.Go(func() { emitted[i], errs[i] = t.files(spec) })
		}
	}
	emitters.Wait()
	var all []change
	for i, t := range targets {
		if t.dir == "" {
			continue
		}
		if errs[i] != nil {
			return nil, usageError{fmt.Errorf("%s: %w", path, errs[i])}
		}
		changed, err := changes(t.dir, spec.Source, emitted[i])
		if err != nil {
			return nil, err
		}
		all = append(all, changed...)
	}
	return all, nil
}

// files are all that the target is to have.
func (t *target) files(spec *schema.Spec) ([]output.File, error) {
	files, err := t.emit(spec)
	if err != nil || t.extra == nil || !t.extra.wanted {
		return files, err
	}
	more, err := t.extra.emit(spec)
	return append(files, more...), err
}

func flagNames(targets []*target) string {
	names := "--" + targets[0].flag
	for i, t := range targets[1:] {
		if i == len(targets)-2 {
			names += " or --" + t.flag
		} else {
			names += ", --" + t.flag
		}
	}
	return names
}
