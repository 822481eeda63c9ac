package docgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

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
