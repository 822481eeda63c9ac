package tsgen

import (
	"fmt"
	"strconv"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packetTypes writes what is common to all packets.
func (g *generator) packetTypes() {
	types := make([]named, len(g.spec.Packets))
	for i, p := range g.spec.Packets {
		types[i] = named{p.Name, p.Doc, strconv.Itoa(int(p.Type))}
	}
	g.names("Type", "The types of packets: the upper four bits of the first byte.", schema.U8, types)
	classes := g.Classes()
	if len(classes) == 0 {
		return
	}
	g.oneOf("Packet", "A packet: its type says which.", classes)
	g.gap()
	g.comment("Decodes a packet that walk has yielded; what follows the last field is ignored. Throws a CodecError.")
	g.block(func() {
		g.block(func() {
			for _, name := range classes {
				g.line("case Type.%s:", name)
				g.nested(func() { g.line("return %s.decode(raw.flags, raw.body);", name) })
			}
			g.line("default:")
			g.nested(func() { g.line("throw new wire.CodecError(wire.ErrorCode.UnknownType);") })
		}, "switch (raw.type)")
	}, "export function decodePacket(raw«: wire.RawPacket»)«: Packet»")
}

func (g *generator) packet(p *schema.Packet) {
	r := g.record(p.Name, &p.Body, true)
	r.packet = p
	flags := "0"
	if len(p.Flags) > 0 {
		flags = "this.flags"
		g.names(p.Name+"Flags", fmt.Sprintf("The flags of a %s packet.", p.Name), schema.U8, flagValues(schema.U8, p.Flags))
	}
	r.class(p.Doc, func() {
		r.constant("The upper four bits of the first byte.", "TYPE", strconv.Itoa(int(p.Type)))
		r.constant("Whether a node may send it to a gateway.", "UP", strconv.FormatBool(p.Up))
		r.constant("Whether a gateway may send it to a node.", "DOWN", strconv.FormatBool(p.Down))
	}, func() {
		r.method("Decodes the flags and the body of a packet; what follows the last field is ignored. Throws a CodecError.",
			fmt.Sprintf("static decode(flags«: number», body«: Uint8Array»)«: %s»", r.name),
			fmt.Sprintf("return read%s(new wire.Reader(body), flags);", r.name))
		r.kind()
		r.method("Reports whether the packet, as it is, may be sent to everybody.", "broadcast()«: boolean»", r.broadcast()...)
		r.method(fmt.Sprintf("Returns the packet, its header of two bytes included. Its body may have up to %d bytes, and as the last of its "+
			"frame up to %d. Throws a CodecError where a value is out of its range.", schema.MaxShortBody, schema.MaxPacketBody),
			"encode(last«: boolean» = false)«: Uint8Array»",
			"const w = new wire.Writer();", fmt.Sprintf("write%s(w, this);", r.name),
			fmt.Sprintf("return wire.packet(%s.TYPE, %s, w.bytes(), last);", r.name, flags))
	})
	r.codec()
}

// broadcast returns the body of the method.
func (r record) broadcast() []string {
	switch cond := r.cond(r.packet.Broadcast); {
	case r.packet.Broadcast == nil:
		return []string{"return false;"}
	case cond == "":
		return []string{"return true;"}
	default:
		return []string{"const v = this;", fmt.Sprintf("return %s;", cond)}
	}
}
