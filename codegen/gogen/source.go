package gogen

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// source is a Go file.
type source struct {
	path   string
	data   []byte
	syntax *ast.File
}

// gofmt prints as gofmt does. format.Node would, too, but prints and parses whatever has imports once more before.
var gofmt = printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}

// newSource formats a file.
func newSource(path string, text []byte) (*source, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("go: %w", err)
	}
	ast.SortImports(fset, syntax)
	var out bytes.Buffer
	if err := gofmt.Fprint(&out, fset, syntax); err != nil {
		return nil, fmt.Errorf("go: %w", err)
	}
	return &source{path, out.Bytes(), syntax}, nil
}

func files(sources []*source) []output.File {
	var files []output.File
	for _, s := range sources {
		files = append(files, output.File{Path: s.path, Data: s.data})
	}
	return files
}

// belongTogether makes two files compile beside each other only if they were generated together.
func belongTogether(a, b *source) {
	hash := sha256.Sum256(bytes.Join([][]byte{a.data, b.data}, nil))
	sum := fmt.Sprintf("%#016x", binary.BigEndian.Uint64(hash[:]))
	a.data = fmt.Appendf(a.data, "\n// generation is of this file and of %s alike.\nconst generation uint64 = %s\n", b.path, sum)
	b.data = fmt.Appendf(b.data, "\n// An index out of bounds means that %s is of another generation: generate both again.\n"+
		"var _ = [1]struct{}{}[generation-%s]\n", a.path, sum)
}

// packageDoc returns the file of the package's comment.
func packageDoc(spec *schema.Spec) []byte {
	var b bytes.Buffer
	text := fmt.Sprintf("Package %s has the codecs of %s.", spec.Go.Package, strings.Join(strings.Fields(spec.Source), " "))
	if spec.Doc != "" {
		text += "\n\n" + spec.Doc
	}
	for _, line := range wrap(text, 117) {
		b.WriteString(strings.TrimRight("// "+line, " ") + "\n")
	}
	fmt.Fprintf(&b, "package %s\n", spec.Go.Package)
	return b.Bytes()
}

// clashes reports what is declared twice: generated names that the spec's own have taken.
func clashes(sources []*source) error {
	given := map[string]bool{}
	var faults []error
	declare := func(name string) {
		if given[name] && name != "_" {
			faults = append(faults, fmt.Errorf("go: %s would be declared twice: rename what the spec calls so", name))
		}
		given[name] = true
	}
	for _, s := range sources {
		for _, d := range s.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				declare(receiver(d) + d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					declareSpec(s, declare)
				}
			}
		}
	}
	return errors.Join(faults...)
}

// receiver returns the type that a method belongs to, and a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return typ.(*ast.Ident).Name + "."
}

func declareSpec(s ast.Spec, declare func(string)) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			declare(n.Name)
		}
	case *ast.TypeSpec:
		declare(s.Name.Name)
		if st, ok := s.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					declare(s.Name.Name + "." + n.Name)
				}
			}
		}
	}
}
