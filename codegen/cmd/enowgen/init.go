package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/codegen/jsonschema"
	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

//go:embed starter.yaml.tmpl
var starterText string

var starter = template.Must(template.New("").Parse(starterText))

// schemaFile is where init writes the JSON Schema.
const schemaFile = "enowgen.schema.json"

func initCommand() *cobra.Command {
	var withSchema bool
	c := &cobra.Command{
		Use:   "init NAME",
		Short: "Write a spec to begin with",
		Long: `init writes NAME.yaml, a spec with comments that is complete as it stands: change it to what your
devices have to say. It never overwrites a file.`,
		Example: `  enowgen init climate
  enowgen init climate --schema    # and the JSON Schema, for the editor`,
		Args: exactly(1, "one name"),
		RunE: func(c *cobra.Command, args []string) error {
			name := strings.TrimSuffix(args[0], ".yaml")
			files, err := starterFiles(name, withSchema)
			if err != nil {
				return err
			}
			for _, f := range files {
				if err := f.create(); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "wrote %s.yaml: change it, then run enowgen lint %[1]s.yaml (in a Go module: go tool enowgen ...)\n", name)
			return err
		},
	}
	c.Flags().BoolVar(&withSchema, "schema", false, "write "+schemaFile+", too, and name it in the spec")
	return c
}

// starterFiles returns what init is to write.
func starterFiles(name string, withSchema bool) ([]change, error) {
	data := struct{ Name, Schema, Language string }{Name: name, Language: languagePage}
	var files []change
	if withSchema {
		data.Schema = schemaFile
		emitted, err := jsonschema.Emit()
		if err != nil {
			return nil, err
		}
		files = []change{{path: schemaFile, data: emitted}}
	}
	var text bytes.Buffer
	if err := starter.Execute(&text, data); err != nil {
		return nil, err
	}
	spec := change{path: name + ".yaml", data: text.Bytes()}
	_, err := schema.Parse(spec.path, spec.data)
	var faults schema.Errors
	if errors.As(err, &faults) {
		return nil, usageError{fmt.Errorf("%q cannot be the name of a spec: %s, %s", name, faults[0].What, faults[0].Why)}
	}
	return append(files, spec), err
}

// create writes a file where there is none yet; one that is as it would be may stay.
func (c change) create() error {
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if old, err := os.ReadFile(c.path); err == nil && output.Same(old, c.data) {
			return nil
		}
		return usageError{fmt.Errorf("%s exists and is not overwritten: move it away", c.path)}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(c.data)
	return errors.Join(err, f.Close())
}
