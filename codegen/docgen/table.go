package docgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// table is one of a spec: what its place says, a heading and a text for where it stands by itself, and its rows.
type table struct{ key, title, intro, text string }

// tablesOf are all those of a spec, in the order of a document.
func tablesOf(spec *schema.Spec) []table {
	var all []table
	if len(spec.Messages) > 0 {
		all = append(all, table{"messages", "Messages", "A payload is the id, one byte, then the fields.", messages(spec)})
	}
	for _, m := range spec.Messages {
		all = append(all, table{"message " + string(m.Name), string(m.Name), m.Doc, record(&m.Body, 1)})
	}
	if len(spec.Packets) > 0 {
		all = append(all, table{"packets", "Packets", "", packets(spec)})
	}
	for _, p := range spec.Packets {
		if !p.Forbidden {
			all = append(all, table{"packet " + string(p.Name), string(p.Name), p.Doc, layout(p.Flags, &p.Body)})
		}
	}
	for _, s := range spec.Structs {
		text := layout(nil, &s.Body)
		if s.Message {
			text = record(&s.Body, 0)
		}
		all = append(all, table{"struct " + string(s.Name), "Struct " + string(s.Name), s.Doc, text})
	}
	for _, e := range spec.Enums {
		all = append(all, table{"enum " + string(e.Name), "Enum " + string(e.Name), e.Doc, enum(e)})
	}
	for _, f := range spec.Flags {
		all = append(all, table{"flags " + string(f.Name), "Flags " + string(f.Name), f.Doc, flags(f)})
	}
	if len(spec.Constants) > 0 {
		all = append(all, table{"constants", "Constants", "", constants(spec)})
	}
	return all
}

// pipes are escaped in a cell, which they would end, and so are tags; those that the doc escapes stay.
var pipes = strings.NewReplacer(`\|`, `\|`, `|`, `\|`, `\<`, `\<`, `<`, `\<`)

// row writes a row of a table.
func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + strings.Join(strings.Fields(pipes.Replace(c)), " ") + " ")
	}
	b.WriteString("|\n")
}

func head(b *strings.Builder, cells ...string) {
	row(b, cells...)
	b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

func constants(spec *schema.Spec) string {
	var b strings.Builder
	head(&b, "constant", "value", "meaning")
	for _, c := range spec.Constants {
		row(&b, string(c.Name), c.Value.String(), c.Doc)
	}
	return b.String()
}

func enum(e *schema.Enum) string {
	var b strings.Builder
	head(&b, "value", "name", "meaning")
	for _, v := range e.Values {
		row(&b, v.Value.String(), v.Name.Snake(), v.Doc)
	}
	return b.String()
}

func flags(f *schema.Flags) string {
	var b strings.Builder
	head(&b, "bit", "name", "meaning")
	for _, bit := range f.Bits {
		row(&b, fmt.Sprint(bit.Bit), bit.Name.Snake(), bit.Doc)
	}
	return b.String()
}
