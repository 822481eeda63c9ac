package cgen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Flags are the spec's sets of bits, as integers and their names.
func (e *emitter) Flags() string {
	s := &source{}
	for _, f := range e.spec.Flags {
		s.text("\n")
		s.comment(prose(f.Doc))
		s.line("typedef %s %s;", intType(f.Kind), e.flagsName(f))
		for _, b := range f.Bits {
			s.comment(prose(b.Doc))
			s.line("#define %s_%s_%s ((%s)%s)", e.M(), f.Name.Upper(), b.Name.Upper(), e.flagsName(f), hex(f.Kind, 1<<b.Bit))
		}
	}
	return s.String()
}

// Records are the messages, the structs that they hold, and their functions.
func (e *emitter) Records() string {
	s := &source{}
	for _, r := range e.messageCodecs() {
		if r.supported() != nil {
			continue // source reports it
		}
		if r.message != nil {
			s.text("\n/* %s */\n", r.message.Name.Upper())
			r.macros(s)
		}
		for _, f := range r.body.Fields {
			r.tagMacros(s, f)
		}
		s.text("\n")
		s.comment(sentence(r.doc))
		r.typedef(s)
		for _, f := range r.body.Fields {
			r.bits(s, f)
		}
		s.text("\n")
		s.line("void %s_init(%s_t *out);", r.name, r.name)
		if r.message != nil {
			s.line("int %s_length(const %s_t *in);", r.name, r.name)
			s.list("int "+r.name+"_encode(", []string{"const " + r.name + "_t *in", "uint8_t *buf", "size_t cap"}, ",", ");")
			s.list("int "+r.name+"_decode(", []string{r.name + "_t *out", "const uint8_t *payload", "size_t len"}, ",", ");")
		}
	}
	return s.String()
}

func (r *messageCodec) macros(s *source) {
	s.text("\n")
	s.line("#define %s_ID ((uint8_t)%d)", r.macro, r.message.ID)
	s.comment("Below the device's own topic, which \"\" is.")
	s.line("#define %s_TOPIC %s", r.macro, cString(r.message.Topic))
	longest := "Bytes of the longest encoding, id included"
	if r.hasUnion() {
		longest += ", while tags of unions are known"
	}
	s.comment(longest + ".")
	s.line("#define %s_MAX_SIZE %du", r.macro, r.message.MaxSize())
}

func (r *messageCodec) hasUnion() bool {
	for _, f := range r.body.Fields {
		if f.Type.Kind == schema.Union {
			return true
		}
		if g := scalar(&f.Type).Struct; g != nil && messageStruct(r.emitter, g).hasUnion() {
			return true
		}
	}
	return false
}

// tagMacros names the tags of a union.
func (r *messageCodec) tagMacros(s *source, f *schema.Field) {
	if len(f.Type.Variants) == 0 {
		return
	}
	s.text("\n")
	for _, v := range f.Type.Variants {
		s.comment(prose(v.Doc))
		s.line("#define %s ((uint8_t)%d)", r.tagMacro(f, v), v.Tag)
	}
}

func (r *messageCodec) typedef(s *source) {
	s.line("typedef struct {")
	s.depth++
	if len(r.body.Fields) == 0 {
		s.comment("C has no empty structs.")
		s.line("uint8_t nothing;")
	}
	for _, f := range r.body.Fields {
		members := r.members(f)
		s.comment(r.fieldDoc(f))
		for _, m := range members {
			s.line("%s;", m.decl)
		}
	}
	s.depth--
	s.line("} %s_t;", r.name)
}

// fieldDoc says what a field is, in which unit and range, and when it is there.
func (r *messageCodec) fieldDoc(f *schema.Field) string {
	doc := sentence(f.Doc)
	spans := numbersDoc(f)
	switch {
	case f.Scale != nil:
		doc += "In " + f.Scale.Factor
		if f.Unit != "" {
			doc += " " + f.Unit
		}
		if f.Scale.Offset != "0" {
			doc += ", from " + f.Scale.Offset + " on"
		}
		if spans != "" {
			doc += ": " + spans
		}
		doc += ". "
	case spans != "":
		doc += strings.TrimRight(spans+" "+f.Unit, " ") + ". "
	case f.Unit != "":
		doc += "In " + f.Unit + ". "
	}
	switch t := &f.Type; {
	case t.Kind == schema.String:
		doc += fmt.Sprintf("UTF-8 of %s_len bytes, at most %d; the NUL that decode puts behind them is not counted. ", f.Name.Snake(), t.MaxLen)
	case t.Kind == schema.SizedBytes:
		doc += fmt.Sprintf("%s_len bytes, at most %d. ", f.Name.Snake(), t.MaxLen)
	case t.Kind == schema.Array && t.Count == 0:
		doc += fmt.Sprintf("%s_count of them, at most %d. ", f.Name.Snake(), t.MaxLen)
	case t.Kind == schema.Union:
		doc += "Set the tag too: it chooses the member, and with tag 0 nothing is sent. "
	}
	if f.Presence != nil {
		doc += "Optional. "
	}
	if f.Since > 1 {
		doc += fmt.Sprintf("Since generation %d. ", f.Since)
	}
	return doc
}

// numbersDoc says what a number may be, as it stands in its member; "" where anything.
func numbersDoc(f *schema.Field) string {
	if b := f.Bounds; b != nil {
		k := scalar(&f.Type).Kind
		low, high := strings.TrimSuffix(float(k, b.Min), "f"), strings.TrimSuffix(float(k, b.Max), "f")
		switch {
		case !b.HasMax:
			return "At least " + low
		case !b.HasMin:
			return "At most " + high
		}
		return low + ".." + high
	}
	bare := *f
	bare.Unit = ""
	return rangesDoc(&bare)
}

// bits writes functions that take a byte group apart and put it together.
func (r *messageCodec) bits(s *source, f *schema.Field) {
	for _, b := range f.Type.Bits {
		typ, name := intType(f.Type.Kind), r.name+"_"+f.Name.Snake()
		mask := hex(f.Type.Kind, b.Mask()>>b.Shift)
		s.text("\n")
		s.comment(sentence(b.Doc) + fmt.Sprintf("%s of %s: 0..%s.", b.Name.Snake(), f.Name.Snake(), new(big.Int).SetUint64(b.Mask()>>b.Shift)))
		s.line("static inline %s %s_get_%s(%s group)", typ, name, b.Name.Snake(), typ)
		s.line("{")
		s.nested(func() { s.line("return (%s)(%s & %s);", typ, shifted(typ, "group", ">>", b.Shift), mask) })
		s.line("}")
		s.text("\n")
		s.comment(fmt.Sprintf("The group with another %s; bits of value above its width are dropped.", b.Name.Snake()))
		s.line("static inline %s %s_with_%s(%s group, %s value)", typ, name, b.Name.Snake(), typ, typ)
		s.line("{")
		keep := ^b.Mask() & (^uint64(0) >> (64 - 8*f.Type.Kind.Size()))
		s.nested(func() {
			s.line("return (%s)((group & %s) | %s);", typ, hex(f.Type.Kind, keep), shifted(typ, "(value & "+mask+")", "<<", b.Shift))
		})
		s.line("}")
	}
}

func shifted(typ, value, operator string, by uint8) string {
	if by == 0 {
		return value
	}
	return fmt.Sprintf("(%s)(%s %s %d)", typ, value, operator, by)
}
