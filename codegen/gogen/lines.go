package gogen

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/output"
)

// lines are statements of a function.
type lines []jen.Code

var packages = map[string]string{
	"binary": "encoding/binary", "iter": "iter", "math": "math", "slices": "slices", "strconv": "strconv", "utf8": "unicode/utf8",
}

var qualified = regexp.MustCompile(`\b(binary|iter|math|slices|strconv|utf8)\.([A-Z]\w*)`)

// code is Go as it stands there, without text of the spec; packages in it are imported.
func code(format string, args ...any) *jen.Statement {
	text := fmt.Sprintf(format, args...)
	s := &jen.Statement{}
	at := 0
	for _, m := range qualified.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			s.Id(text[at:m[0]])
		}
		s.Qual(packages[text[m[2]:m[3]]], text[m[4]:m[5]])
		at = m[1]
	}
	if at < len(text) {
		s.Id(text[at:])
	}
	return s
}

func (l *lines) add(format string, args ...any) { *l = append(*l, code(format, args...)) }

// block adds a statement with a block; none where the block would be empty.
func (l *lines) block(inner lines, format string, args ...any) {
	if len(inner) > 0 {
		*l = append(*l, code(format, args...).Block(inner...))
	}
}

// fail adds the refusal of what meets a condition.
func (l *lines) fail(result, err, format string, args ...any) {
	l.block(lines{code("return %s%s", result, err)}, "if "+format, args...)
}

// try adds a call that gives an error alone.
func (l *lines) try(format string, args ...any) {
	l.block(lines{code("return err")}, "if err := %s; err != nil", fmt.Sprintf(format, args...))
}

// clashes reports what is declared twice: generated names that the spec's own have taken.
func clashes(files []output.File) error {
	given := map[string]bool{}
	var faults []error
	declare := func(name string) {
		if given[name] && name != "_" {
			faults = append(faults, fmt.Errorf("go: %s would be declared twice: rename what the spec calls so", name))
		}
		given[name] = true
	}
	for _, f := range files {
		file, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("go: %w", err)
		}
		for _, d := range file.Decls {
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
