package cgen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// headerSize is the bytes of a packet's header.
const headerSize = 2

// Types are the packet types.
func (e *emitter) Types() string {
	s := &source{}
	for _, p := range e.spec.Packets {
		s.comment(prose(p.Doc))
		s.line("#define %s ((uint8_t)%d)", e.TypeMacro(p), p.Type)
	}
	return s.String()
}

// Structs are the structs and their functions.
func (e *emitter) Structs() string {
	s := &source{}
	for _, t := range e.PacketStructs() {
		m := packetStruct(e, t)
		s.text("\n")
		s.comment(sentence(t.Doc) + "\n\n" + wire(&t.Body))
		m.members(s)
		s.text("\n")
		m.prototypes(s)
	}
	return s.String()
}

// PacketTypes are the packets and their functions.
func (e *emitter) PacketTypes() string {
	s := &source{}
	for _, p := range e.Packets() {
		m := packetOf(e, p)
		s.text("\n/* %s */\n", strings.Join(clean(p.Name.Upper()), " "))
		e.flags(s, p)
		s.text("\n")
		s.comment(sentence(p.Doc) + sentence(direction(p)) + "\n\n" + wire(&p.Body))
		m.members(s)
		if !m.long() {
			s.text("\n")
			s.comment("Bytes of the longest packet, header included.")
			s.line("#define %s_PKT_%s_MAX_SIZE %du", e.M(), p.Name.Upper(), headerSize+p.Max)
		}
		s.text("\n")
		m.prototypes(s)
	}
	return s.String()
}

func (e *emitter) flags(s *source, p *schema.Packet) {
	if len(p.Flags) == 0 {
		return
	}
	s.text("\n")
	for _, f := range p.Flags {
		doc := sentence(f.Doc)
		if f.Requires != nil {
			doc += "Only together with " + f.Requires.Name.Upper() + "."
		}
		s.comment(doc)
		s.line("#define %s 0x%02xu", e.FlagMacro(p, f), 1<<f.Bit)
	}
	s.comment("All of these flags.")
	s.line("#define %s_PKT_%s_FLAGS 0x%02xu", e.M(), p.Name.Upper(), p.FlagMask())
}

func direction(p *schema.Packet) string {
	doc := ""
	switch {
	case p.Up && p.Down:
		doc = "Node to gateway and back"
	case p.Up:
		doc = "Node to gateway"
	default:
		doc = "Gateway to node"
	}
	if p.Broadcast != nil {
		doc += ", broadcast too"
		if cond := words(p.Broadcast); cond != "" {
			doc += " if " + cond
		}
	}
	return doc
}

// members writes the typedef of a struct or packet.
func (m *packetCodec) members(s *source) {
	s.line("typedef struct {")
	s.depth++
	switch {
	case m.flagged():
		s.comment(fmt.Sprintf("Of %s_PKT_%s_FLAGS.", m.M(), m.packet.Name.Upper()))
		s.line("uint8_t flags;")
	case len(m.body.Fields) == 0:
		s.comment("C has no empty structs.")
		s.line("uint8_t nothing;")
	}
	there := presence(m.body)
	for _, f := range m.body.Fields {
		s.comment(fieldDoc(f, there[f]))
		array := ""
		if f.Type.Kind == schema.FixedBytes {
			array = fmt.Sprintf("[%d]", f.Type.Size)
		}
		s.line("%s %s%s;", m.cType(&f.Type), f.Name.Snake(), array)
	}
	s.depth--
	s.line("} %s_t;", m.name)
}

// fieldDoc says what a field is, in which unit and range, and when it is there.
func fieldDoc(f *schema.Field, there schema.Cond) string {
	doc := sentence(f.Doc)
	if spans := rangesDoc(f); spans != "" {
		doc += spans + ". "
	} else if f.Unit != "" {
		doc += "In " + f.Unit + ". "
	}
	if span := lengthDoc(&f.Type); span != "" {
		doc += span + " bytes. "
	}
	if there != nil {
		doc += "There if " + words(there) + "."
	}
	return doc
}

// lengthDoc says how long bytes may be; "" where nothing limits them.
func lengthDoc(t *schema.Type) string {
	switch {
	case t.Kind != schema.SizedBytes && t.Kind != schema.RestBytes:
		return ""
	case t.MaxLen != schema.Unbounded:
		return fmt.Sprintf("%d..%d", t.MinLen, t.MaxLen)
	case t.MinLen > 0:
		return fmt.Sprintf("At least %d", t.MinLen)
	}
	return ""
}

// wire draws the bytes of a body: lines that break between fields only.
func wire(b *schema.Body) string {
	var lines, row []string
	head := "Wire: "
	flush := func() {
		if len(row) > 0 {
			lines = append(lines, rows(head, row)...)
		}
		row = nil
	}
	for _, it := range b.Items {
		switch it := it.(type) {
		case *schema.Field:
			row = append(row, wireField(it))
		case *schema.Switch:
			row = append(row, "by "+it.On.Name.Snake()+":")
			flush()
			for _, c := range it.Cases {
				head = "- " + c.Value.Name.Upper() + ": "
				for _, f := range c.Fields {
					row = append(row, wireField(f))
				}
				if len(row) == 0 {
					row = []string{"nothing"}
				}
				flush()
			}
			head = "then: "
		}
	}
	if len(b.Items) == 0 {
		row = []string{"nothing"}
	}
	flush()
	return strings.Join(lines, "\n")
}

// rows joins fields to lines that fit into a comment.
func rows(head string, fields []string) []string {
	var out []string
	line := head
	for i, f := range fields {
		if i < len(fields)-1 {
			f += " |"
		}
		if line != head && len(line)+len(f) > width-len(" * ") {
			out = append(out, strings.TrimRight(line, " "))
			line = ""
		}
		line += f + " "
	}
	return append(out, strings.TrimRight(line, " "))
}

func wireField(f *schema.Field) string {
	t := &f.Type
	if t.Kind == schema.StructValue && t.Struct.Name.Snake() == f.Name.Snake() {
		return f.Name.Snake() + wireCond(f)
	}
	text := f.Name.Snake() + " "
	switch t.Kind {
	case schema.FixedBytes:
		text += fmt.Sprint(t.Size)
	case schema.SizedBytes:
		text += fmt.Sprintf("u%d length, bytes", 8*t.Prefix)
	case schema.RestBytes:
		text += "..."
	case schema.TLVs:
		text += "TLV..."
	case schema.StructValue:
		text += t.Struct.Name.Snake()
	default:
		text += strings.TrimSuffix(strings.Replace(strings.Replace(intType(t.Kind), "uint", "u", 1), "int", "i", 1), "_t")
	}
	return text + wireCond(f)
}

func wireCond(f *schema.Field) string {
	if f.If == nil {
		return ""
	}
	return " if " + words(f.If)
}

// Directions writes the cases of a switch on the type: those packets that go up, or down.
func (e *emitter) Directions(up bool) string {
	s := &source{depth: 1}
	var types []string
	for _, p := range e.Packets() {
		if up && p.Up || !up && p.Down {
			types = append(types, e.TypeMacro(p))
		}
	}
	if len(types) == 0 {
		s.line("(void)type;")
		s.line("return false;")
		return s.String()
	}
	s.line("switch (type) {")
	for _, t := range types {
		s.line("case %s:", t)
	}
	s.nested(func() { s.line("return true;") })
	s.line("default:")
	s.nested(func() { s.line("return false;") })
	s.line("}")
	return s.String()
}

// Broadcasts writes the body of the function that tells which packets may be sent to everybody.
func (e *emitter) Broadcasts() string {
	s := &source{depth: 1}
	usesFlags := false
	var cases []func()
	for _, p := range e.Packets() {
		if p.Broadcast == nil {
			continue
		}
		test := packetOf(e, p).test("flags", nil).write(p.Broadcast)
		usesFlags = usesFlags || test != ""
		if test == "" {
			test = "true"
		}
		cases = append(cases, func() {
			s.line("case %s:", e.TypeMacro(p))
			s.nested(func() { s.list("return ", []string{test}, "", ";") })
		})
	}
	if !usesFlags {
		s.line("(void)flags;")
	}
	if len(cases) == 0 {
		s.line("(void)type;")
		s.line("return false;")
		return s.String()
	}
	s.line("switch (type) {")
	for _, c := range cases {
		c()
	}
	s.line("default:")
	s.nested(func() { s.line("return false;") })
	s.line("}")
	return s.String()
}

// ForbiddenTest is true of a type that ends the walk; "" where there is none.
func (e *emitter) ForbiddenTest() string {
	var tests []string
	for _, p := range e.Forbidden() {
		tests = append(tests, "type == "+e.TypeMacro(p))
	}
	return strings.Join(tests, " || ")
}

// PacketBytes says how long a packet may be, header included.
func (e *emitter) PacketBytes(p *schema.Packet) string {
	least, most := headerSize+p.Min, headerSize+schema.MaxPacketBody
	if p.Max != schema.Unbounded {
		most = min(most, headerSize+p.Max)
	}
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
