package gogen

import (
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packetTests emits the tests of packets and of the structs that are for them.
func (s *suite) packetTests() {
	for _, p := range s.Packets() {
		sub := subject{s, p.Name.Pascal(), p.Name.Pascal(), &p.Body}
		flags := "func(p " + sub.name + ") uint8 { return uint8(p.Flags) }"
		if len(p.Flags) == 0 {
			flags = "func(" + sub.name + ") uint8 { return 0 }"
		}
		s.line("func TestPacket%s(t *testing.T) {\ntestPacket(t, %#x, %s, bodyTest[%s]{", sub.name, p.FlagMask(), flags, sub.name)
		sub.bodyTest(func(c changes) { c.ofFlags(p) })
		s.line("})\n}\n")
		sub.random(func() { sub.randomFlags(p) })
		sub.wire("", 0)
	}
	for _, st := range s.spec.Structs {
		if st.Message {
			continue
		}
		sub := subject{s, st.Name.Pascal(), "", &st.Body}
		s.line("func TestStruct%s(t *testing.T) {\ntestBody(t, bodyTest[%s]{", sub.name, sub.name)
		sub.bodyTest(func(changes) {})
		s.line("}, (*%s).Append, func(_ %s, p *%s, body []byte) (int, error) { return p.Decode(body) })\n}\n", sub.name, sub.name, sub.name)
		sub.random(func() {})
		sub.wire("", 0)
	}
}

func (s subject) bodyTest(first func(changes)) {
	s.line("random: random%s,\nwire: wireOf%s,", s.name, s.name)
	s.changes(nil, first)
}

func (s subject) randomFlags(p *schema.Packet) {
	if len(p.Flags) == 0 {
		return
	}
	s.line("p.Flags = %sFlags(r.Uint32())&%#02x", s.name, p.FlagMask())
	for _, f := range p.Flags {
		var required []string
		for other := f.Requires; other != nil; other = other.Requires {
			required = append(required, s.name+other.Name.Pascal())
		}
		if len(required) > 0 {
			s.line("if p.Flags&%s != 0 {\np.Flags |= %s\n}", s.name+f.Name.Pascal(), strings.Join(required, " | "))
		}
	}
}

// ofFlags emits flags that a packet cannot have.
func (c changes) ofFlags(p *schema.Packet) {
	if len(p.Flags) == 0 {
		return
	}
	if other := ^p.FlagMask() & 0xf; other != 0 {
		c.emit("an unknown flag", outcome{encode: "ErrUnknownFlag", decode: "ErrUnknownFlag"}, "p.Flags |= %#x", other&-other)
	}
	for _, f := range p.Flags {
		if f.Requires != nil {
			c.emit(f.Name.Snake()+" alone", outcome{encode: "ErrMissingFlag", decode: "ErrMissingFlag"},
				"p.Flags = p.Flags&^%s | %s", c.name+f.Requires.Name.Pascal(), c.name+f.Name.Pascal())
		}
	}
}
