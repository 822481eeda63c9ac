package schema

import (
	"fmt"
	"strings"
)

// String returns the word of the spec, that of Array apart: it has none.
func (k Kind) String() string {
	words := [...]string{
		U8: "u8", U16: "u16", U32: "u32", U64: "u64", I8: "i8", I16: "i16", I32: "i32", I64: "i64",
		FixedBytes: "bytes", SizedBytes: "bytes", RestBytes: "bytes", TLVs: "tlv", StructValue: "struct",
		F32: "f32", F64: "f64", Bool: "bool", String: "string", Array: "array", Union: "union",
	}
	return words[k]
}

// String names the type in the words of the spec. Two types with the same text take the same bytes, but for what enums,
// structs, bits and variants hold.
func (t *Type) String() string {
	switch {
	case t.Enum != nil:
		return string(t.Enum.Name)
	case t.Flags != nil:
		return string(t.Flags.Name)
	}
	switch t.Kind {
	case FixedBytes:
		return fmt.Sprintf("bytes, size: %d", t.Size)
	case SizedBytes, String:
		return fmt.Sprintf("%s, size: %s", t.Kind, t.limits())
	case RestBytes:
		return "bytes, rest: " + t.limits()
	case StructValue:
		return string(t.Struct.Name)
	case Array:
		if t.Count > 0 {
			return fmt.Sprintf("%s, count: %d", t.Elem, t.Count)
		}
		return fmt.Sprintf("%s, count: %s", t.Elem, t.limits())
	}
	return t.Kind.String()
}

func (t *Type) limits() string {
	var parts []string
	if t.MinLen > 0 {
		parts = append(parts, fmt.Sprintf("min: %d", t.MinLen))
	}
	if t.MaxLen != Unbounded {
		parts = append(parts, fmt.Sprintf("max: %d", t.MaxLen))
	}
	if t.Less > 0 {
		parts = append(parts, fmt.Sprintf("less: %d", t.Less))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
