package pygen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// values writes constants, enums and flags, and returns their names.
func (e *emitter) values() (names []string) {
	s := newSource()
	if len(e.spec.Constants) > 0 {
		s.line("")
	}
	for _, c := range e.spec.Constants {
		s.line("%s = %s", constant(c.Name), c.Value)
		s.doc(c.Doc)
		names = append(names, constant(c.Name))
	}
	for _, enum := range e.spec.Enums {
		members := make([]member, len(enum.Values))
		for i, v := range enum.Values {
			members[i] = member{v.Name, v.Doc, v.Value.String()}
		}
		names = append(names, s.enum(class(enum.Name), "IntEnum", enum.Doc, members))
	}
	for _, f := range e.spec.Flags {
		names = append(names, s.enum(class(f.Name), "IntFlag", f.Doc, bits(f.Bits)))
	}
	if len(names) > 0 {
		e.module("values.py", s, "Constants, enums and flags.")
	}
	return names
}

// member is one of an enum in Python.
type member struct {
	name  schema.Name
	doc   string
	value string
}

func bits(flags []*schema.Flag) []member {
	members := make([]member, len(flags))
	for i, f := range flags {
		members[i] = member{f.Name, f.Doc, fmt.Sprintf("1 << %d", f.Bit)}
	}
	return members
}

// enum writes an enum at the top of a module and returns its name.
func (s *source) enum(name, base, doc string, members []member) string {
	s.line("")
	s.line("")
	s.members(name, base, doc, members)
	return name
}

// members writes an enum.
func (s *source) members(name, base, doc string, members []member) {
	s.block(fmt.Sprintf("class %s(%s):", name, s.from("enum", base)), func() {
		s.doc(doc)
		if doc != "" && len(members) > 0 {
			s.line("")
		}
		for _, m := range members {
			s.line("%s = %s", m.name.Upper(), m.value)
			s.doc(m.doc)
		}
	})
}
