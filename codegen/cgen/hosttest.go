package cgen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Long reports whether a packet has an encode_last.
func (e *emitter) Long(p *schema.Packet) bool { return packetMessage(e, p).long() }

// Members are the members of a packet as the host test lists them, those of structs within included.
func (e *emitter) Members(p *schema.Packet) []string {
	return members(e.PacketName(p)+"_t", "", &p.Body)
}

func members(typ, path string, b *schema.Body) []string {
	var out []string
	for _, f := range b.Fields {
		member := path + f.Name.Snake()
		switch f.Type.Kind {
		case schema.StructValue:
			out = append(out, members(typ, member+".", &f.Type.Struct.Body)...)
		case schema.FixedBytes:
			out = append(out, fmt.Sprintf("ARRAY(%s, %s)", typ, member))
		case schema.SizedBytes, schema.RestBytes, schema.TLVs:
			out = append(out, fmt.Sprintf("VIEW(%s, %s, %d)", typ, member, f.Type.Prefix))
		default:
			out = append(out, fmt.Sprintf("NUMBER(%s, %s)", typ, member))
		}
	}
	return out
}
