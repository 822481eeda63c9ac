// Package docgen emits the tables of a spec as Markdown, into a text that people write around them.
package docgen

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

var begin = regexp.MustCompile(`^<!-- enowgen:begin ([a-z]+(?: [A-Za-z0-9]+)?) -->$`)

const (
	end    = "<!-- enowgen:end -->"
	marker = "<!-- enowgen:" // how both begin
)

// Fill replaces what stands between "<!-- enowgen:begin KIND NAME -->" and "<!-- enowgen:end -->" by the table of that
// name; kinds are packets, constants, enum, struct and packet. Each table of the spec must have its one place. The error
// holds a line for each fault of text.
func Fill(spec *schema.Spec, text []byte) ([]byte, error) {
	if !spec.PacketsOnly() {
		return nil, errors.New("messages and flags are not supported yet, packets are")
	}
	tables := tables(spec)
	var out bytes.Buffer
	var faults []error
	within, filled := "", map[string]bool{}
	for i, line := range strings.SplitAfter(string(text), "\n") {
		bare := strings.TrimRight(line, "\r\n")
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("line %d: %s", i+1, fmt.Sprintf(format, args...)))
		}
		m := begin.FindStringSubmatch(bare)
		switch {
		case m != nil:
			key := m[1]
			table, ok := tables[key]
			switch {
			case within != "":
				fault("%q begins before %q ends", key, within)
			case !ok:
				fault("the spec has no table %q", key)
			case filled[key]:
				fault("a second place for %q", key)
			}
			within, filled[key] = key, true
			fmt.Fprintf(&out, "%s\n%s%s\n", bare, table, end)
		case bare == end:
			if within == "" {
				fault("an end without a begin")
			}
			within = ""
		case strings.HasPrefix(bare, marker):
			fault("%q is neither <!-- enowgen:begin KIND NAME --> nor %s", bare, end)
		case within == "":
			out.WriteString(line)
		}
	}
	if within != "" {
		faults = append(faults, fmt.Errorf("%q has no end: add %s", within, end))
	}
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		if !filled[key] {
			faults = append(faults, fmt.Errorf("the text has no place for %q: add %sbegin %s --> and %s", key, marker, key, end))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out.Bytes(), nil
}

// tables are the contents of all places by what their beginnings say.
func tables(spec *schema.Spec) map[string]string {
	t := map[string]string{}
	if len(spec.Constants) > 0 {
		t["constants"] = constants(spec)
	}
	if len(spec.Packets) > 0 {
		t["packets"] = packets(spec)
	}
	for _, e := range spec.Enums {
		t["enum "+string(e.Name)] = enum(e)
	}
	for _, s := range spec.Structs {
		t["struct "+string(s.Name)] = layout(nil, &s.Body)
	}
	for _, p := range spec.Packets {
		if !p.Forbidden {
			t["packet "+string(p.Name)] = layout(p.Flags, &p.Body)
		}
	}
	return t
}

// pipes are escaped in a cell, which they would end; those that the doc escapes stay.
var pipes = strings.NewReplacer(`\|`, `\|`, `|`, `\|`)

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

func packets(spec *schema.Spec) string {
	var b strings.Builder
	head(&b, "type", "name", "direction", "broadcast", "body, bytes", "purpose")
	for _, p := range spec.Packets {
		if p.Forbidden {
			row(&b, fmt.Sprint(p.Type), p.Name.Upper(), "", "", "", p.Doc)
			continue
		}
		row(&b, fmt.Sprint(p.Type), p.Name.Upper(), direction(p), broadcast(p), size(p), p.Doc)
	}
	return b.String()
}

func direction(p *schema.Packet) string {
	switch {
	case p.Up && p.Down:
		return "both"
	case p.Up:
		return "node to gateway"
	}
	return "gateway to node"
}

func broadcast(p *schema.Packet) string {
	switch p.Broadcast {
	case nil:
		return "no"
	case schema.Always:
		return "yes"
	}
	return "if " + condition(p.Broadcast)
}

func size(p *schema.Packet) string {
	switch p.Max {
	case schema.Unbounded:
		return fmt.Sprintf("%d and more", p.Min)
	case p.Min:
		return fmt.Sprint(p.Min)
	}
	return fmt.Sprintf("%d to %d", p.Min, p.Max)
}

// condition writes a condition as the wire's documentation does: flags in capitals.
func condition(c schema.Cond) string {
	return schema.FormatCond(c, func(f *schema.Flag, set bool) string {
		if set {
			return f.Name.Upper()
		}
		return "!" + f.Name.Upper()
	}, func(f *schema.Field, v *schema.EnumValue, equal bool) string {
		op := "="
		if !equal {
			op = "!="
		}
		return fmt.Sprintf("%s %s %s", f.Name.Snake(), op, v.Name.Snake())
	})
}

// layout is the table of a body's fields, below one of the flags where there are any.
func layout(flags []*schema.Flag, body *schema.Body) string {
	var b strings.Builder
	if len(flags) > 0 {
		flagTable(&b, flags)
		b.WriteString("\n")
	}
	head(&b, "offset", "field", "type", "there if", "range", "meaning")
	offset := 0 // -1 once it depends on what came before
	line := func(f *schema.Field, when string) {
		at := "..."
		if offset >= 0 {
			at = fmt.Sprint(offset)
		}
		if when != "" || f.Type.Size == 0 {
			offset = -1
		} else if offset >= 0 {
			offset += f.Type.Size
		}
		doc := f.Doc
		if f.Unit != "" {
			doc = strings.TrimSpace(doc + " Unit: " + f.Unit + ".")
		}
		row(&b, at, f.Name.Snake(), typeName(&f.Type), when, ranges(f), doc)
	}
	for _, it := range body.Items {
		switch it := it.(type) {
		case *schema.Field:
			line(it, condition(it.If))
		case *schema.Switch:
			for _, c := range it.Cases {
				for _, f := range c.Fields {
					line(f, inCase(it.On, c.Value, f.If))
				}
			}
		}
	}
	return b.String()
}

// inCase says when a field of a switch's case is there.
func inCase(on *schema.Field, value *schema.EnumValue, also schema.Cond) string {
	is := fmt.Sprintf("%s = %s", on.Name.Snake(), value.Name.Snake())
	switch also.(type) {
	case nil:
		return is
	case *schema.Or:
		return is + " and (" + condition(also) + ")"
	}
	return is + " and " + condition(also)
}

func flagTable(b *strings.Builder, flags []*schema.Flag) {
	head(b, "bit", "flag", "meaning")
	for _, f := range flags {
		doc := f.Doc
		if f.Requires != nil {
			doc += " Needs " + f.Requires.Name.Upper() + "."
		}
		row(b, fmt.Sprint(f.Bit), f.Name.Upper(), doc)
	}
}

func typeName(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return fmt.Sprintf("%s (%s)", t.Enum.Name, integer(t.Kind))
	case t.Kind.Integer():
		return integer(t.Kind)
	}
	switch t.Kind {
	case schema.FixedBytes:
		return fmt.Sprintf("%d bytes", t.Size)
	case schema.SizedBytes:
		return fmt.Sprintf("length u%d, then %d to %d bytes", 8*t.Prefix, t.MinLen, t.MaxLen)
	case schema.TLVs:
		return "TLVs to the end"
	case schema.StructValue:
		return string(t.Struct.Name)
	}
	s := "bytes to the end"
	if t.Less > 0 {
		s += fmt.Sprintf(" but %d", t.Less)
	}
	if t.MaxLen != schema.Unbounded {
		s += fmt.Sprintf(", at most %d", t.MaxLen)
	}
	if t.MinLen > 0 {
		s += fmt.Sprintf(", at least %d", t.MinLen)
	}
	return s
}

func integer(k schema.Kind) string {
	sign := "u"
	if k.Signed() {
		sign = "i"
	}
	return fmt.Sprintf("%s%d", sign, 8*k.Size())
}

func ranges(f *schema.Field) string {
	var parts []string
	for _, r := range f.Ranges {
		s := fmt.Sprintf("%s..%s", r.Min, r.Max)
		if r.Min.Cmp(r.Max) == 0 {
			s = r.Min.String()
		}
		if r.If != nil {
			s += " if " + condition(r.If)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}
