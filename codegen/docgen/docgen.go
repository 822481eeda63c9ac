// Package docgen emits the tables of a spec as Markdown, into a text that people write around them.
package docgen

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

var (
	begin = regexp.MustCompile(`^<!-- enowgen:begin ([a-z]+)(?: ([A-Za-z0-9]+))? -->$`)
	end   = "<!-- enowgen:end -->"
)

// Fill replaces what stands between "<!-- enowgen:begin KIND NAME -->" and "<!-- enowgen:end -->" by the table of that
// name; kinds are packets, constants, enum, struct and packet. Each packet, struct and enum must have its place.
func Fill(spec *schema.Spec, text []byte) ([]byte, error) {
	tables := tables(spec)
	var out bytes.Buffer
	within := ""
	for i, line := range strings.SplitAfter(string(text), "\n") {
		bare := strings.TrimRight(line, "\n")
		m := begin.FindStringSubmatch(bare)
		switch {
		case m != nil:
			key := strings.TrimSpace(m[1] + " " + m[2])
			table, ok := tables[key]
			if !ok {
				return nil, fmt.Errorf("line %d: no table %q in the spec, or a second place for it", i+1, key)
			}
			if within != "" {
				return nil, fmt.Errorf("line %d: %q begins before %q ends", i+1, key, within)
			}
			delete(tables, key)
			within = key
			fmt.Fprintf(&out, "%s\n%s%s\n", bare, table, end)
		case bare == end:
			if within == "" {
				return nil, fmt.Errorf("line %d: an end without a begin", i+1)
			}
			within = ""
		case within == "":
			out.WriteString(line)
		}
	}
	if within != "" {
		return nil, fmt.Errorf("%q has no end", within)
	}
	for key := range tables {
		return nil, fmt.Errorf("the text has no place for %q: add <!-- enowgen:begin %s --> and %s", key, key, end)
	}
	return out.Bytes(), nil
}

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

// row writes a row of a table; | within a cell would end it.
func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		c = strings.Join(strings.Fields(strings.ReplaceAll(c, "|", `\|`)), " ")
		b.WriteString("| " + c + " ")
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
		direction, broadcast := "", "no"
		switch {
		case p.Up && p.Down:
			direction = "both"
		case p.Up:
			direction = "node to gateway"
		case p.Down:
			direction = "gateway to node"
		}
		switch p.Broadcast {
		case nil:
		case schema.Always:
			broadcast = "yes"
		default:
			broadcast = "if " + flagNames(schema.CondString(p.Broadcast))
		}
		size := fmt.Sprint(p.Min)
		switch {
		case p.Forbidden:
			size, broadcast = "", ""
		case p.Max == schema.Unbounded:
			size += " and more"
		case p.Max != p.Min:
			size += fmt.Sprintf(" to %d", p.Max)
		}
		row(&b, fmt.Sprint(p.Type), p.Name.Upper(), direction, broadcast, size, p.Doc)
	}
	return b.String()
}

// flagNames writes the flags of a condition as the wire's documentation does, in capitals.
func flagNames(cond string) string {
	return regexp.MustCompile(`[A-Za-z]+`).ReplaceAllStringFunc(cond, strings.ToUpper)
}

func layout(flags []*schema.Flag, body *schema.Body) string {
	var b strings.Builder
	if len(flags) > 0 {
		head(&b, "bit", "flag", "meaning")
		for _, f := range flags {
			doc := f.Doc
			if f.Requires != nil {
				doc += " Needs " + f.Requires.Name.Upper() + "."
			}
			row(&b, fmt.Sprint(f.Bit), f.Name.Upper(), doc)
		}
		b.WriteString("\n")
	}
	head(&b, "offset", "field", "type", "there if", "range", "meaning")
	offset := 0 // -1 once it depends on what came before
	line := func(f *schema.Field, when []string) {
		at := "..."
		if offset >= 0 {
			at = fmt.Sprint(offset)
		}
		if f.If != nil {
			when = append(when[:len(when):len(when)], flagNames(schema.CondString(f.If)))
		}
		if len(when) > 0 || f.Type.Size == 0 {
			offset = -1
		} else if offset >= 0 {
			offset += f.Type.Size
		}
		doc := f.Doc
		if f.Unit != "" {
			doc = strings.TrimSpace(doc + " Unit: " + f.Unit + ".")
		}
		row(&b, at, f.Name.Snake(), typeName(&f.Type), strings.Join(when, " and "), ranges(f), doc)
	}
	for _, it := range body.Items {
		switch it := it.(type) {
		case *schema.Field:
			line(it, nil)
		case *schema.Switch:
			for _, c := range it.Cases {
				for _, f := range c.Fields {
					line(f, []string{it.On.Name.Snake() + " = " + c.Value.Name.Snake()})
				}
			}
		}
	}
	return b.String()
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
			s += " if " + flagNames(schema.CondString(r.If))
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}
