package conformance

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// line is a value in the dump of a message.
type line struct{ path, value string }

// dump returns what a record holds, in order of declaration.
func dump(r *record) []line { return r.dump(nil, "") }

func (r *record) dump(lines []line, path string) []line {
	for _, f := range fieldsOf(r.body) {
		lines = dumpField(lines, f, path, r.values[f])
	}
	return lines
}

func dumpField(lines []line, f *schema.Field, prefix string, v any) []line {
	path := prefix + f.Name.Snake()
	switch v := v.(type) {
	case nil:
		return append(lines, line{path, "none"})
	case *record:
		return v.dump(lines, path+".")
	case *choice:
		lines = append(lines, line{path + ".tag", fmt.Sprint(v.tag)})
		switch {
		case v.variant != nil:
			return v.value.dump(lines, path+"."+v.variant.Name.Snake()+".")
		case v.tag != 0:
			return append(lines, line{path + ".unknown", fmt.Sprintf("<%x>", v.raw)})
		}
		return lines
	case []any:
		if f.Type.Elem.Kind == schema.StructValue {
			if f.Type.Count == 0 {
				lines = append(lines, line{path, fmt.Sprint(len(v))})
			}
			for i, element := range v {
				lines = element.(*record).dump(lines, fmt.Sprintf("%s[%d].", path, i))
			}
			return lines
		}
	}
	lines = append(lines, line{path, text(&f.Type, v)})
	for _, b := range f.Type.Bits {
		part := new(big.Int).Rsh(v.(*big.Int), uint(b.Shift))
		part.And(part, new(big.Int).SetUint64(1<<b.Width-1))
		lines = append(lines, line{path + "." + b.Name.Snake(), part.String()})
	}
	if f.Scale != nil {
		lines = append(lines, line{prefix + f.Scale.Accessor.Snake(), scaledText(f.Scale, v)})
	}
	return lines
}

func text(t *schema.Type, v any) string {
	switch v := v.(type) {
	case float:
		if math.IsNaN(v.value()) {
			return "nan"
		}
		return fmt.Sprintf("0x%0*x", 2*v.size, v.bits)
	case []byte:
		if t.Kind == schema.String {
			return quoted(v)
		}
		return fmt.Sprintf("<%x>", v)
	case []any:
		return list(v, func(element any) string { return text(t.Elem, element) })
	}
	return fmt.Sprint(v)
}

func scaledText(s *schema.Scale, v any) string {
	if elements, ok := v.([]any); ok {
		return list(elements, func(element any) string { return scaledText(s, element) })
	}
	return fmt.Sprintf("0x%016x", math.Float64bits(scaled(s, v.(*big.Int))))
}

func list(elements []any, text func(any) string) string {
	words := make([]string, len(elements))
	for i, element := range elements {
		words[i] = text(element)
	}
	return "[" + strings.Join(words, " ") + "]"
}

func quoted(text []byte) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
