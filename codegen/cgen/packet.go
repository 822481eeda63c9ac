package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packetCodec is a packet or a struct that follows the rules of packets.
type packetCodec struct {
	*emitter
	name   string // what its functions begin with
	packet *schema.Packet
	group  *schema.Struct // the one of the two that it is
	body   *schema.Body
}

func packetStruct(e *emitter, s *schema.Struct) *packetCodec {
	return &packetCodec{emitter: e, name: e.StructName(s), group: s, body: &s.Body}
}

func packetOf(e *emitter, p *schema.Packet) *packetCodec {
	return &packetCodec{emitter: e, name: e.PacketName(p), packet: p, body: &p.Body}
}

// packetCodecs are all that have a file of their own, in the order of the spec.
func (e *emitter) packetCodecs() []*packetCodec {
	var out []*packetCodec
	for _, s := range e.PacketStructs() {
		out = append(out, packetStruct(e, s))
	}
	for _, p := range e.Packets() {
		out = append(out, packetOf(e, p))
	}
	return out
}

func (m *packetCodec) file() string {
	if m.packet != nil {
		return "src/" + m.packet.Name.Snake() + ".c"
	}
	return "src/" + m.group.Name.Snake() + ".c"
}

// taken are names that a generated function uses for its own.
var taken = map[string]bool{
	"out": true, "in": true, "flags": true, "body": true, "data": true, "len": true, "buf": true, "cap": true,
	"most": true, "at": true, "n": true, "p": true, "v": true, "put": true, "encode": true, "memcpy": true, "memset": true,
}

// local names a variable for a field, unlike any other name in its function.
func (m *packetCodec) local(f *schema.Field, suffix string) string {
	name := f.Name.Snake() + suffix
	for m.occupied(name, f) {
		name += "_"
	}
	return name
}

func (m *packetCodec) occupied(name string, of *schema.Field) bool {
	if taken[name] || strings.HasSuffix(name, "_t") || strings.HasPrefix(name, m.P()+"_") {
		return true
	}
	for _, f := range m.body.Fields {
		if f != of && f.Name.Snake() == name {
			return true
		}
	}
	return false
}

// flagged reports whether the value has a member of flags.
func (m *packetCodec) flagged() bool { return m.packet != nil && len(m.packet.Flags) > 0 }

// long reports whether a body can be longer than its header's length byte can state.
func (m *packetCodec) long() bool {
	return m.packet != nil && (m.body.Max == schema.Unbounded || m.body.Max > schema.MaxShortBody)
}

// The prototypes, without their return type and semicolon.

func (m *packetCodec) initParams() (string, []string) {
	return m.name + "_init", []string{m.name + "_t *out"}
}

func (m *packetCodec) lengthParams() (string, []string) {
	return m.name + "_length", []string{"const " + m.name + "_t *in"}
}

func (m *packetCodec) encodeParams(suffix string) (string, []string) {
	return m.name + "_encode" + suffix, []string{"const " + m.name + "_t *in", "uint8_t *buf", "size_t cap"}
}

func (m *packetCodec) decodeParams() (string, []string) {
	params := []string{m.name + "_t *out"}
	if m.packet != nil {
		params = append(params, "uint8_t flags")
	}
	return m.name + "_decode", append(params, "const uint8_t *"+m.input(), "size_t len")
}

// input names the bytes that a decoder reads.
func (m *packetCodec) input() string {
	if m.packet != nil {
		return "body"
	}
	return "data"
}

func (m *packetCodec) prototypes(s *source) {
	declare := func(result, name string, params []string) { s.list(result+" "+name+"(", params, ",", ");") }
	name, params := m.initParams()
	declare("void", name, params)
	name, params = m.lengthParams()
	declare("int", name, params)
	name, params = m.encodeParams("")
	declare("int", name, params)
	if m.long() {
		name, params = m.encodeParams("_last")
		declare("int", name, params)
	}
	name, params = m.decodeParams()
	declare("int", name, params)
}

func (m *packetCodec) init(s *source) {
	name, params := m.initParams()
	s.function("void "+name, params...)
	s.line("memset(out, 0, sizeof *out);")
	s.close()
}

// flagChecks refuses flags that the packet does not define, and those without the flag they require.
func (m *packetCodec) flagChecks(s *source, flags string) {
	if len(m.packet.Flags) == 0 {
		s.fail(flags+" != 0", m.errorName("UNKNOWN_FLAG"))
		return
	}
	s.fail(fmt.Sprintf("(%s & ~%s_PKT_%s_FLAGS) != 0", flags, m.M(), m.packet.Name.Upper()), m.errorName("UNKNOWN_FLAG"))
	test := m.test(flags, nil)
	for _, f := range m.packet.Flags {
		if f.Requires != nil {
			s.fail(test.flag(f, true)+" && "+test.flag(f.Requires, false), m.errorName("MISSING_FLAG"))
		}
	}
}

// rangeTest returns the condition under which a number is out of its range; "" where its type is the range.
func rangeTest(k schema.Kind, r schema.Range, value string) string {
	var tests []string
	switch {
	case r.HasMin && !k.Signed() && r.Min.IsInt64() && r.Min.Int64() == 1 && !r.HasMax:
		return value + " == 0"
	case r.HasMax && !k.Signed() && r.Max.Sign() == 0:
		return value + " != 0"
	}
	if r.HasMin {
		tests = append(tests, value+" < "+strings.Trim(literal(k, r.Min), "()"))
	}
	if r.HasMax {
		tests = append(tests, value+" > "+strings.Trim(literal(k, r.Max), "()"))
	}
	return strings.Join(tests, " || ")
}

// sizeTest returns the condition under which the length of bytes is out of range; "" where there is none.
func sizeTest(t *schema.Type, length string) string {
	var tests []string
	if t.MinLen > 0 {
		tests = append(tests, fmt.Sprintf("%s < %d", length, t.MinLen))
	}
	if t.MaxLen != schema.Unbounded {
		tests = append(tests, fmt.Sprintf("%s > %d", length, t.MaxLen))
	}
	return strings.Join(tests, " || ")
}

// rangeChecks refuses numbers out of range. value writes a field, cond a condition.
func (m *packetCodec) rangeChecks(
	s *source, fields []*schema.Field, value func(*schema.Field) string, cond func(schema.Cond) string,
) {
	for _, f := range fields {
		for _, r := range f.Ranges {
			if test := rangeTest(f.Type.Kind, r, value(f)); test != "" {
				s.fail(both(cond(r.If), test), m.errorName("RANGE"))
			}
		}
	}
}

// ranged reports whether a decoder must look at a number before it may keep it.
func ranged(f *schema.Field) bool {
	for _, r := range f.Ranges {
		if r.HasMin || r.HasMax {
			return true
		}
	}
	return false
}
