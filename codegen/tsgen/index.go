package tsgen

import (
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// index writes the module of the spec.
func (g *generator) index() {
	g.line("%s", g.Banner())
	g.gap()
	g.comment(g.spec.Doc)
	g.imports()
	for _, c := range g.spec.Constants {
		g.constant(c)
	}
	for _, e := range g.spec.Enums {
		g.enum(e)
	}
	for _, f := range g.spec.Flags {
		g.names(f.Name, f.Doc, f.Kind, flagValues(f.Kind, f.Bits))
	}
	for _, s := range g.spec.Structs {
		g.structure(s)
	}
	if len(g.spec.Messages) > 0 {
		g.dispatch()
	}
	for _, m := range g.spec.Messages {
		g.message(m)
	}
	if g.Packets() {
		g.packetTypes()
	}
	for _, p := range g.spec.Packets {
		if !p.Forbidden {
			g.packet(p)
		}
	}
}

// imports writes what of wire.ts is for users, too.
func (g *generator) imports() {
	values, types := []string{"CodecError", "ErrorCode", "nameOf", "namesOf"}, []string{"FieldInfo"}
	if g.Messages() {
		values = append(values, "UnknownIdError")
	}
	if g.Packets() {
		values = append(values, "walk")
		types = append(types, "RawPacket")
	}
	if g.PacketBodies() {
		types = append(types, "Tlv")
	}
	if len(g.spec.Structs)+len(g.spec.Messages)+len(g.Classes()) > 0 {
		g.line(`import * as wire from "./wire.js";`)
		g.gap()
	}
	g.line(`export { %s } from "./wire.js";`, strings.Join(values, ", "))
	g.types(func() { g.line(`export type { %s } from "./wire.js";`, strings.Join(types, ", ")) })
}

func (g *generator) constant(c *schema.Constant) {
	g.gap()
	g.comment(c.Doc)
	value := literal(c.Kind, c.Value)
	g.line("export const %s«: %s» = %s;", c.Name.Upper(), value, value)
}

// literal writes a number of a kind.
func literal(k schema.Kind, n schema.Int) string {
	if k.Size() == 8 {
		return n.String() + "n"
	}
	return n.String()
}

// scalar is the type of a number of a kind.
func scalar(k schema.Kind) string {
	if k.Integer() && k.Size() == 8 {
		return "bigint"
	}
	return "number"
}

func (g *generator) enum(e *schema.Enum) {
	values := make([]named, len(e.Values))
	for i, v := range e.Values {
		values[i] = named{v.Name, v.Doc, literal(e.Kind, v.Value)}
	}
	g.names(e.Name, e.Doc, e.Kind, values)
}

// named is a number with a name.
type named struct {
	name  schema.Name
	doc   string
	value string
}

// names writes named numbers, and the type of their field, which may have other numbers too.
func (g *generator) names(name schema.Name, doc string, kind schema.Kind, values []named) {
	g.gap()
	g.comment(doc)
	g.line("export const %s = {", name)
	g.nested(func() {
		for _, v := range values {
			g.comment(v.doc)
			g.line("%s: %s,", v.name, v.value)
		}
	})
	g.line("}« as const»;")
	g.types(func() {
		g.comment(doc)
		g.line("export type %s = %s;", name, scalar(kind))
	})
}

func flagValues(k schema.Kind, flags []*schema.Flag) []named {
	values := make([]named, len(flags))
	for i, f := range flags {
		values[i] = named{f.Name, f.Doc, mask(k, 1<<f.Bit)}
	}
	return values
}

// mask writes bits of a number of a kind.
func mask(k schema.Kind, bits uint64) string { return literal(k, new(big.Int).SetUint64(bits)) }

// dispatch writes what is common to all messages.
func (g *generator) dispatch() {
	g.gap()
	g.comment("Names the layout of the messages: their ids, and the order, types and scales of their fields. It is not on the wire.")
	g.line("export const LAYOUT_HASH«: bigint» = %#016xn;", g.spec.Hash)
	names := make([]string, len(g.spec.Messages))
	for i, m := range g.spec.Messages {
		names[i] = string(m.Name)
	}
	g.oneOf("Message", "A message: its type says which.", names)
	g.gap()
	g.comment("Decodes a payload, which is a message's id and then its body; what follows the last field is ignored. " +
		"Throws an UnknownIdError where no message has the id, and else a CodecError.")
	g.block(func() {
		g.line("const r = new wire.Reader(payload);")
		g.line("r.need(1);")
		g.line("const id = r.u8();")
		g.block(func() {
			for _, m := range g.spec.Messages {
				g.line("case %d:", m.ID)
				g.nested(func() { g.line("return read%s(r);", m.Name) })
			}
			g.line("default:")
			g.nested(func() { g.line("throw new wire.UnknownIdError(id);") })
		}, "switch (id)")
	}, "export function decode(payload«: Uint8Array»)«: Message»")
}

// oneOf writes a type that is one of several.
func (g *generator) oneOf(name, doc string, types []string) {
	g.gap()
	g.types(func() {
		g.comment(doc)
		g.line("export type %s = %s;", name, strings.Join(types, " | "))
	})
}
