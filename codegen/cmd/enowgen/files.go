package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/esp-now-network/esp-now-network/codegen/output"
)

// errStale ends a --check that found differences; they are printed already.
var errStale = errors.New("stale")

// change is what must happen to a file so that it is as generated.
type change struct {
	path string
	old  []byte // nil: there is none
	data []byte // nil: it is no longer generated
	bar  bar
	from string // the spec that old was generated from; "" where it was not
}

// bar is what keeps a change from being carried out.
type bar uint8

const (
	open    bar = iota
	foreign     // it was not generated
	edited      // it was changed after it had been
	others      // it was generated from another spec
)

func (c change) String() string {
	switch {
	case c.bar == foreign:
		return fmt.Sprintf("%s was not generated (its first line lacks %q), so it is not overwritten: move it away", c.path, output.Mark)
	case c.bar == others:
		return fmt.Sprintf("%s was generated from %s: name another folder, or, if that spec was renamed, let --force overwrite it", c.path, c.from)
	case c.bar == edited && c.data == nil:
		return c.path + " was edited after enowgen wrote it and is no longer generated: move it away, or let --force remove it"
	case c.bar == edited:
		return c.path + " was edited after enowgen wrote it: move the edit to the spec or to a file of its own, then --force overwrites it"
	case c.data == nil:
		return c.path + " is no longer generated: generate again to remove it"
	}
	return c.path + " is stale: generate it again"
}

// changes returns what in dir is not as it should be.
func changes(dir, spec string, emitted []output.File) ([]change, error) {
	var all []change
	for _, f := range emitted {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		origin, ours := output.OriginOf(old)
		c := change{path: path, old: old, data: output.Seal(f.Data), from: origin.Spec}
		switch {
		case err != nil: // there is none
		case f.Once || output.Same(old, c.data):
			continue
		case !ours:
			c.bar = foreign
		case origin.Spec != spec:
			c.bar = others
		case origin.Edited:
			c.bar = edited
		}
		all = append(all, c)
	}
	leftovers, err := leftovers(dir, spec, emitted)
	return append(all, leftovers...), err
}

// leftovers returns the files that were generated from a spec of this name but are no longer. It looks for them in dir, and
// in the folders of dir that the emitter has, among files of the kinds that it writes there: another target may use the
// same folders.
func leftovers(dir, spec string, emitted []output.File) ([]change, error) {
	kinds, current := map[string][]string{}, map[string]bool{} // kinds by folder of dir
	for _, f := range emitted {
		current[f.Path] = true
		kinds[folder(f.Path)] = append(kinds[folder(f.Path)], path.Ext(f.Path))
	}
	root := os.DirFS(dir)
	var all []change
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() && name != "." && kinds[folder(name+"/")] == nil:
			return fs.SkipDir
		case !d.Type().IsRegular() || current[name] || !slices.Contains(kinds[folder(name)], path.Ext(name)):
			return nil
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if origin, ours := output.OriginOf(data); ours && origin.Spec == spec {
			c := change{path: filepath.Join(dir, filepath.FromSlash(name)), old: data}
			if origin.Edited {
				c.bar = edited
			}
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// folder is the first folder of a path; "" where there is none.
func folder(name string) string {
	first, _, within := strings.Cut(name, "/")
	if !within {
		return ""
	}
	return first
}

// check prints what would change.
func check(w io.Writer, all []change) error {
	for _, c := range all {
		fmt.Fprintf(w, "%s\n%s", c, diff.Diff(c.path+" as it is", c.old, c.path+" generated", c.data))
	}
	if len(all) > 0 {
		return errStale
	}
	return nil
}

// apply carries out the changes, all or, where one must not be, none.
func apply(all []change, force bool) error {
	var barred []error
	for _, c := range all {
		if c.bar == foreign || c.bar != open && !force {
			barred = append(barred, errors.New(c.String()))
		}
	}
	if len(barred) > 0 {
		return errors.Join(barred...)
	}
	for _, c := range all {
		if err := c.apply(); err != nil {
			return err
		}
	}
	return nil
}

func (c change) apply() error {
	if c.data == nil {
		return os.Remove(c.path)
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.path, c.data, 0o644)
}
