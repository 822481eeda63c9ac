package pygen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packets writes the packets and what they hold, and returns the names.
func (e *emitter) packets() (names []string) {
	if !e.HasPackets() {
		return nil
	}
	s := newSource()
	if len(e.spec.Packets) > 0 {
		s.packetTypes(e.spec.Packets)
		names = append(names, "Type")
	}
	for _, st := range e.spec.Structs {
		if !st.Message {
			r := &record{source: s, name: st.Name, body: &st.Body}
			r.declarePart(st)
			names = append(names, r.class())
		}
	}
	var classes []string
	for _, p := range e.spec.Packets {
		if !p.Forbidden {
			r := &record{source: s, name: p.Name, body: &p.Body, packet: p}
			r.declarePacket()
			classes = append(classes, r.class())
		}
	}
	names = append(names, classes...)
	if len(e.spec.Packets) > 0 {
		s.walk(e.spec.Packets)
		names = append(names, "RawPacket", "walk")
	}
	if len(classes) > 0 {
		s.packetDispatch(classes)
		names = append(names, "PACKETS", "Packet", "decode_packet")
	}
	e.module("packets.py", s, "Control packets: type and flags, the length of the body, the body.")
	return names
}

func (s *source) packetTypes(packets []*schema.Packet) {
	types := make([]member, len(packets))
	for i, p := range packets {
		types[i] = member{p.Name, p.Doc, fmt.Sprint(p.Type)}
	}
	s.line("")
	s.line("")
	s.members("Type", "IntEnum", "What a packet is: the upper four bits of its first byte.", types)
}

// declarePart writes a struct, which stands alone: parts of packets are encoded apart.
func (r *record) declarePart(st *schema.Struct) {
	r.declare(st.Doc, func() {}, func() {
		r.method(fmt.Sprintf("def decode(cls, data: %s) -> %s", r.wire("Buffer"), r.class()), "Decode it. A longer tail is ignored.",
			func() { r.line("return cls._read(%s(data))", r.wire("Reader")) }, "classmethod")
		r.method("def encode(self) -> bytes", "Return its bytes, or raise what validate does.", func() {
			r.line("self.validate()")
			r.line("out = bytearray()")
			r.line("self._write(out)")
			r.line("return bytes(out)")
		})
		r.validatePacket()
		r.present()
		r.reader()
		r.writer()
	})
}

func (r *record) declarePacket() {
	p := r.packet
	r.declare(p.Doc, func() {
		r.line("")
		if len(p.Flags) > 0 {
			r.members("Flags", "IntFlag", fmt.Sprintf("The flags of %s.", p.Name.Upper()), bits(p.Flags))
			r.line("")
		}
		r.constant("TYPE", "Type", "Type."+p.Name.Upper())
		r.constant("UP", "bool", boolean(p.Up))
		r.line(`"""A node may send it to a gateway."""`)
		r.constant("DOWN", "bool", boolean(p.Down))
		r.line(`"""A gateway may send it to a node."""`)
		if len(p.Flags) > 0 {
			r.line("")
			r.line("flags: Flags = %s(default=Flags(0))", r.from("dataclasses", "field"))
		}
	}, func() {
		r.method(fmt.Sprintf("def decode(cls, flags: int, body: %s) -> %s", r.wire("Buffer"), r.class()),
			"Decode the flags and the body of a packet. A longer tail is ignored.", r.decodePacket, "classmethod")
		r.method("def encode(self, *, last: bool = False) -> bytes",
			fmt.Sprintf("Return the packet, or raise what validate does. Its body has at most %d bytes, or %d where it is the last of its frame.",
				schema.MaxShortBody, schema.MaxPacketBody), r.encodePacket)
		r.method("def broadcast(self) -> bool", "Tell whether the packet, as it is, may be sent to everybody.", func() {
			cond := r.terms("self").write(p.Broadcast)
			if cond.text == "" {
				r.line("return %s", boolean(p.Broadcast != nil))
				return
			}
			r.broken("return bool(", "return bool(", cond.text, cond.operator+" ", cond.operands, ")", ")")
		})
		r.validatePacket()
		r.present()
		r.reader()
		r.writer()
	})
}

// decodePacket writes the decoding of a packet from its flags and its body.
func (r *record) decodePacket() {
	r.flagChecks("flags")
	if len(r.packet.Flags) == 0 {
		r.line("return cls._read(%s(body))", r.wire("Reader"))
		return
	}
	r.line("return cls._read(%s(body), cls.Flags(flags))", r.wire("Reader"))
}

func (r *record) flagChecks(flags string) {
	r.block(fmt.Sprintf("if %s & ~0x%X:", flags, r.packet.FlagMask()), func() { r.raise("UNKNOWN_FLAG") })
	for _, f := range r.packet.Flags {
		if f.Requires != nil {
			name := r.class() + ".Flags."
			set, lacks := flags+" & "+name+f.Name.Upper(), "not "+flags+" & "+name+f.Requires.Name.Upper()
			r.condition(condition{set + " and " + lacks, "and", []string{set, lacks}}, func() { r.raise("MISSING_FLAG") })
		}
	}
}

func (r *record) encodePacket() {
	r.line("self.validate()")
	r.line("body = bytearray()")
	r.line("self._write(body)")
	r.block(fmt.Sprintf("if len(body) > (%d if last else %d):", schema.MaxPacketBody, schema.MaxShortBody), func() { r.raise("TOO_LONG") })
	head := "self.TYPE << 4"
	if len(r.packet.Flags) > 0 {
		head += " | self.flags"
	}
	r.line("return bytes([%s, min(len(body), 255)]) + body", head)
}

// validatePacket writes the refusal of what a packet, or a part of one, cannot hold.
func (r *record) validatePacket() {
	r.method("def validate(self) -> None", "Raise the error of the first value that cannot be encoded.", func() {
		if r.packet != nil && len(r.packet.Flags) > 0 {
			r.flagChecks("self.flags")
		}
		r.checks(r.body.Steps)
	})
}

// present writes the iterator over what is there.
func (r *record) present() {
	head := fmt.Sprintf("def fields(self) -> %s[tuple[str, %s]]", r.from("collections.abc", "Iterator"), r.from("typing", "Any"))
	r.method(head, "Yield the names and values of the fields that are there.", func() {
		if len(r.body.Fields) == 0 {
			r.line("yield from ()")
		}
		r.yields(r.body.Steps)
	})
}

func (r *record) yields(steps []schema.Step) {
	one := func(f *schema.Field) { r.line(`yield "%s", self.%s`, attribute(f.Name), attribute(f.Name)) }
	for _, g := range grouped(steps) {
		r.guarded(g.cond, "self", func() {
			for _, s := range g.steps {
				switch s := s.(type) {
				case *schema.Run:
					for _, f := range s.Fields {
						one(f)
					}
				case *schema.Var:
					one(s.Field)
				case *schema.Choose:
					r.choose(s.Switch, "self", func(c *schema.Case) { r.yields(c.Steps) }, nil)
				}
			}
		})
	}
}

// walk writes the walk over a frame: the fixed headers and the rule of remaining length 255.
func (s *source) walk(packets []*schema.Packet) {
	s.from("dataclasses", "dataclass")
	s.line("")
	s.line("")
	s.line("@dataclass(slots=True)")
	s.block("class RawPacket:", func() {
		s.doc("A packet as it stands in a frame, its body not yet decoded.")
		s.line("")
		s.line("type: Type | int")
		s.line("flags: int")
		s.line(`"""The lower four bits of the first byte."""`)
		s.line("offset: int")
		s.line(`"""Of the packet in its frame."""`)
		s.line("body: bytes")
	})
	raise := func(code string) {
		s.line("raise %s(%s.%s, f\"offset {at}\")", s.from(".errors", "CodecError"), s.from(".errors", "ErrorCode"), code)
	}
	s.line("")
	s.line("")
	s.block(fmt.Sprintf("def walk(frame: %s) -> %s[RawPacket]:", s.wire("Buffer"), s.from("collections.abc", "Iterator")), func() {
		s.doc("Yield the packets of a frame, of a type known or not. Where the frame is malformed the walk ends with a CodecError; the packets before stand.")
		s.line("data = bytes(frame)")
		s.line("at = 0")
		s.block("while at < len(data):", func() {
			s.line("kind = %s(Type, data[at] >> 4)", s.wire("named"))
			for _, p := range packets {
				if p.Forbidden {
					s.block("if kind == Type."+p.Name.Upper()+":", func() { raise("RESERVED_TYPE") })
				}
			}
			s.block("if len(data) < at + 2:", func() { raise("OVERRUN") })
			s.line("end = at + 2 + data[at + 1]")
			s.block("if data[at + 1] == 255:  # to the end of the frame, at least 255 bytes", func() { s.line("end = max(end, len(data))") })
			s.block("if end > len(data):", func() { raise("OVERRUN") })
			s.line("yield RawPacket(kind, data[at] & 0x0F, at, data[at + 2 : end])")
			s.line("at = end")
		})
	})
}

// packetDispatch writes the way from a type to a packet.
func (s *source) packetDispatch(classes []string) {
	s.line("")
	s.line("")
	s.alternatives("Packet: "+s.from("typing", "TypeAlias"), classes)
	s.line("")
	items := make([]string, len(classes))
	for i, c := range classes {
		items[i] = c + ".TYPE: " + c
	}
	s.list("PACKETS: dict[int, type[Packet]] = {", items, "}")
	s.line(`"""The packets by their types."""`)
	s.line("")
	s.line("")
	s.block("def decode_packet(raw: RawPacket) -> Packet:", func() {
		s.doc("Decode a packet that a walk yields.")
		s.block("if raw.type not in PACKETS:", func() {
			s.line("raise %s(%s.UNKNOWN_TYPE)", s.from(".errors", "CodecError"), s.from(".errors", "ErrorCode"))
		})
		s.line("return PACKETS[raw.type].decode(raw.flags, raw.body)")
	})
}
