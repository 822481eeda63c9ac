package docgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func messages(spec *schema.Spec) string {
	var b strings.Builder
	head(&b, "id", "name", "topic", "bytes, id included", "purpose")
	for _, m := range spec.Messages {
		row(&b, fmt.Sprint(m.ID), string(m.Name), code(m.Topic), fromTo(m.MinSize(), m.MaxSize()), m.Doc)
	}
	return b.String()
}

// record is the table of the fields of a message or of a struct in messages, which begin at byte at.
func record(body *schema.Body, at int) string {
	var b strings.Builder
	head(&b, "offset", "size", "field", "type", "unit", "range", "default", "since", "meaning")
	if at > 0 {
		row(&b, "0", "1", "", "u8, the id", "", "", "", "", "")
	}
	for _, s := range body.Steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				recordRow(&b, f, at)
			}
		case *schema.Var:
			recordRow(&b, s.Field, at)
		case *schema.Presence:
			presenceRow(&b, s, at)
		case *schema.Optional:
			recordRow(&b, s.Field, at)
		}
	}
	return b.String()
}

func offset(f *schema.Field, at int) string {
	if f.Offset == schema.Varies {
		return "..."
	}
	return fmt.Sprint(f.Offset + at)
}

// presenceRow is that of the byte right before the first of its fields.
func presenceRow(b *strings.Builder, p *schema.Presence, at int) {
	bits := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		bits[i] = fmt.Sprintf("bit %d: %s", i, f.Name.Snake())
	}
	row(b, offset(p.Fields[0], at-1), "1", "", "u8, which of the optional fields are there", "", "", "", "", strings.Join(bits, ", "))
}

func recordRow(b *strings.Builder, f *schema.Field, at int) {
	size := fromTo(f.Type.Span())
	if f.Presence != nil {
		size = "0 or " + size
	}
	since := ""
	if f.Since > 1 {
		since = fmt.Sprint(f.Since)
	}
	row(b, offset(f, at), size, f.Name.Snake(), typeName(&f.Type), unit(f), bounds(f), initial(f), since, f.Doc)
	for _, p := range f.Type.Bits {
		bits := fmt.Sprintf("bits %d to %d", p.Shift, p.Shift+p.Width-1)
		if p.Width == 1 {
			bits = fmt.Sprintf("bit %d", p.Shift)
		}
		row(b, "", "", f.Name.Snake()+"."+p.Name.Snake(), bits, "", "", "", "", p.Doc)
	}
	for _, v := range f.Type.Variants {
		lo, hi := v.Struct.Min, v.Struct.Max
		row(b, "", fromTo(lo, hi), f.Name.Snake()+"."+v.Name.Snake(), fmt.Sprintf("tag %d: %s", v.Tag, v.Struct.Name), "", "", "", "", v.Doc)
	}
}

func fromTo(lo, hi int) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// unit says what the number is worth.
func unit(f *schema.Field) string {
	s := f.Scale
	if s == nil {
		return f.Unit
	}
	worth := ""
	if s.Num != s.Den {
		worth = "times " + s.Factor
	}
	switch {
	case strings.HasPrefix(s.Offset, "-"):
		worth += " - " + s.Offset[1:]
	case s.Add != 0:
		worth += " + " + s.Offset
	}
	return strings.TrimSpace(worth + " " + f.Unit)
}

// bounds are those on the wire and, where the number is scaled, of the value.
func bounds(f *schema.Field) string {
	if b := f.Bounds; b != nil {
		return number(f, b.Min) + ".." + number(f, b.Max)
	}
	if len(f.Ranges) == 0 || f.Scale == nil {
		return ranges(f)
	}
	r := f.Ranges[0]
	return fmt.Sprintf("%s..%s (%s..%s)", r.Min, r.Max, f.Scale.Text(r.Min), f.Scale.Text(r.Max))
}

func initial(f *schema.Field) string {
	d := f.Default
	switch {
	case d == nil:
		return ""
	case d.Enum != nil:
		return d.Enum.Name.Snake()
	case f.Scale != nil:
		return fmt.Sprintf("%s (%s)", d.Raw, f.Scale.Text(d.Raw))
	case d.Raw != nil:
		return d.Raw.String()
	case f.Type.Kind == schema.Bool:
		return strconv.FormatBool(d.Bool)
	case f.Type.Kind == schema.String:
		return code(strconv.Quote(d.Text))
	}
	return number(f, d.Float)
}

// number prints a floating-point number of the field with no more digits than it needs.
func number(f *schema.Field, v float64) string {
	kind := f.Type.Kind
	if kind == schema.Array {
		kind = f.Type.Elem.Kind
	}
	return strconv.FormatFloat(v, 'g', -1, 8*kind.Size())
}

// code is a text as it stands; "" where there is none.
func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) == 1 {
		return fence + s + fence
	}
	return fence + " " + s + " " + fence
}
