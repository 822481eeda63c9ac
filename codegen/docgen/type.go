package docgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func typeName(t *schema.Type) string {
	switch {
	case t.Enum != nil:
		return fmt.Sprintf("%s (%s)", t.Enum.Name, t.Kind)
	case t.Flags != nil:
		return fmt.Sprintf("%s (%s)", t.Flags.Name, t.Kind)
	case t.Bits != nil:
		return t.Kind.String() + ", in parts"
	}
	switch t.Kind {
	case schema.FixedBytes:
		return fmt.Sprintf("%d bytes", t.Size)
	case schema.SizedBytes:
		return fmt.Sprintf("length u%d, then %d to %d bytes", 8*t.Prefix, t.MinLen, t.MaxLen)
	case schema.Bool:
		return "bool, 0 or 1"
	case schema.String:
		return fmt.Sprintf("length u%d, then UTF-8, at most %d bytes", 8*t.Prefix, t.MaxLen)
	case schema.Array:
		if t.Count > 0 {
			return fmt.Sprintf("%d times %s", t.Count, typeName(t.Elem))
		}
		return fmt.Sprintf("count u%d, then at most %d times %s", 8*t.Prefix, t.MaxLen, typeName(t.Elem))
	case schema.Union:
		return "tag u8, length u16, then what the tag says"
	case schema.TLVs:
		return "TLVs to the end"
	case schema.StructValue:
		return string(t.Struct.Name)
	}
	if t.Kind != schema.RestBytes {
		return t.Kind.String()
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
