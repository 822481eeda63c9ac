package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// record emits a message or a struct that messages hold. A decoder walks the body first and keeps a view of each part of
// it; when all checks are behind it, it fills the target from the views: so that the target is unchanged on error.
type record struct {
	*generator
	name string // of the Go type
	body *schema.Body
}

func (g *generator) messageFile() {
	for _, f := range g.spec.Flags {
		g.messageFlags(f)
	}
	for _, e := range g.spec.Enums {
		if g.messagesHave(e) {
			g.known(e)
		}
	}
	g.dispatch()
	for _, s := range g.spec.Structs {
		if s.Message {
			g.messageStruct(s)
		}
	}
	for _, m := range g.spec.Messages {
		g.message(m)
	}
	if g.messageFields(func(f *schema.Field) bool { return f.Presence != nil || checked(f) }) {
		g.doc("bit is a bool on the wire.")
		g.file.Func().Id("bit").Params(jen.Id("v").Bool()).Byte().Block(jen.If(jen.Id("v")).Block(jen.Return(jen.Lit(1))), jen.Return(jen.Lit(0)))
	}
}

// messageFields reports whether a field of messages, or of what they hold, is such.
func (g *generator) messageFields(such func(*schema.Field) bool) bool {
	for _, m := range g.spec.Messages {
		if slices.ContainsFunc(m.Fields, such) {
			return true
		}
	}
	for _, s := range g.spec.Structs {
		if s.Message && slices.ContainsFunc(s.Fields, such) {
			return true
		}
	}
	return false
}

func (g *generator) messagesHave(e *schema.Enum) bool {
	return g.messageFields(func(f *schema.Field) bool {
		return f.Type.Enum == e || f.Type.Kind == schema.Array && f.Type.Elem.Enum == e
	})
}

func (g *generator) messageFlags(f *schema.Flags) {
	name := f.Name.Pascal()
	g.doc("%s", sentence(name, f.Doc))
	g.file.Type().Id(name).Id(goInt(f.Kind))
	g.doc("The bits of %s.", name)
	names := lines{code("names := []string{}")}
	g.file.Const().DefsFunc(func(d *jen.Group) {
		for _, b := range f.Bits {
			d.Id(name + b.Name.Pascal()).Id(name).Op("=").Id(fmt.Sprintf("1 << %d", b.Bit)).Add(remark(b.Doc))
			names.block(lines{code("names = append(names, %q)", b.Name.Snake())}, "if f&%s%s != 0", name, b.Name.Pascal())
		}
	})
	g.doc("Names returns the names in the spec of the bits that are set.")
	g.file.Func().Params(jen.Id("f").Id(name)).Id("Names").Params().Index().String().Block(append(names, code("return names"))...)
}

// known emits what an encoder asks of an enum.
func (g *generator) known(e *schema.Enum) {
	var values []string
	for _, v := range e.Values {
		values = append(values, e.Name.Pascal()+v.Name.Pascal())
	}
	list := strings.Join(values, ", ")
	if len(list) > 100 {
		list = strings.Join(values, ",\n")
	}
	g.doc("known reports whether the value has a name.")
	g.file.Func().Params(jen.Id("v").Id(e.Name.Pascal())).Id("known").Params().Bool().Block(
		code("switch v").Block(code("case %s:\nreturn true", list)), code("return false"))
}

// dispatch emits what is common to all messages.
func (g *generator) dispatch() {
	g.doc("LayoutHash names the layout of the messages: their ids, and the order, types and scales of their fields. It is not on the wire.")
	g.file.Const().Id("LayoutHash").Uint64().Op("=").Id(fmt.Sprintf("%#016x", g.spec.Hash))
	g.doc("Message is one message: a payload is its id, then its body.")
	g.file.Type().Id("Message").Interface(
		jen.Comment("ID returns the first byte of the payload."),
		jen.Id("ID").Params().Uint8(),
		jen.Comment("Topic returns the topic below the device's own; \"\" is the device's own."),
		jen.Id("Topic").Params().String(),
		jen.Comment("Length returns the bytes of the payload, the id included."),
		jen.Id("Length").Params().Int(),
		jen.Comment("Append appends the payload, the id included. b is unchanged on error: what Validate says."),
		jen.Id("Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
		jen.Comment("Decode fills the message from a payload and returns how many bytes of it the id and the fields took; a longer tail"),
		jen.Comment("is ignored. ErrShort where it is empty, an UnknownIDError where the id is another's. The message views payload, and"),
		jen.Comment("is unchanged on error. Slices that it has are reused."),
		jen.Id("Decode").Params(jen.Id("payload").Index().Byte()).Params(jen.Id("n").Int(), jen.Err().Error()),
		jen.Comment("Validate reports what cannot be encoded: a value out of its range or without a name, a length out of its limits,"),
		jen.Comment("text that is not UTF-8."),
		jen.Id("Validate").Params().Error(),
		jen.Comment("Reset gives each field its default."),
		jen.Id("Reset").Params(),
		jen.Comment("Fields yields the names in the spec and the values, not scaled, of the fields that are there, in order."),
		jen.Id("Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()),
	)
	g.doc("UnknownIDError is the id of a payload of another message, or of none that this version defines. It is ErrUnknownID to errors.Is.")
	g.file.Type().Id("UnknownIDError").Uint8()
	g.doc("Error says which id it is.")
	g.file.Func().Params(jen.Id("e").Id("UnknownIDError")).Id("Error").Params().String().Block(
		jen.Return(jen.Lit(g.spec.Name+": unexpected id ").Op("+").Qual("strconv", "Itoa").Call(jen.Id("int(e)"))))
	g.doc("Is reports whether target is ErrUnknownID.")
	g.file.Func().Params(jen.Id("e").Id("UnknownIDError")).Id("Is").Params(jen.Id("target").Error()).Bool().Block(
		jen.Return(jen.Id("target == ErrUnknownID")))
	if len(g.spec.Messages) > 0 {
		g.messageDecoder()
	}
}

// messageDecoderName returns the name of the type that dispatches by id.
func (g *generator) messageDecoderName() string {
	if len(g.spec.Packets) > 0 { // which have one of that name
		return "MessageDecoder"
	}
	return "Decoder"
}

func (g *generator) messageDecoder() {
	name := g.messageDecoderName()
	g.doc("%s decodes messages into targets of its own. A decoded message is valid until the next Decode, and no longer than the payload it views.", name)
	g.file.Type().Id(name).StructFunc(func(s *jen.Group) {
		for _, m := range g.spec.Messages {
			s.Id(local(m.Name)).Id(m.Name.Pascal())
		}
	})
	g.doc("Decode decodes one payload: ErrShort where it is empty, an UnknownIDError where no message has its id, or what its body lacks.")
	g.file.Func().Params(jen.Id("d").Op("*").Id(name)).Id("Decode").Params(jen.Id("payload").Index().Byte()).
		Params(jen.Id("Message"), jen.Error()).BlockFunc(func(b *jen.Group) {
		b.Add(code("if len(payload) == 0").Block(code("return nil, ErrShort")))
		b.Var().Id("m").Id("Message")
		b.Switch(jen.Id("payload[0]")).BlockFunc(func(b *jen.Group) {
			for _, m := range g.spec.Messages {
				b.Case(jen.Id(m.Name.Pascal() + "ID")).Block(code("m = &d.%s", local(m.Name)))
			}
			b.Default().Block(code("return nil, UnknownIDError(payload[0])"))
		})
		b.Add(code("if _, err := m.Decode(payload); err != nil").Block(code("return nil, err")))
		b.Add(code("return m, nil"))
	})
}

func (g *generator) message(m *schema.Message) {
	r := record{g, m.Name.Pascal(), &m.Body}
	g.doc("What is fixed of %s.", r.name)
	g.file.Const().Defs(
		jen.Id(r.name+"ID").Op("=").Lit(int(m.ID)),
		jen.Id(r.name+"Topic").Op("=").Lit(m.Topic).Comment("below the device's own"),
		jen.Id(r.name+"MaxSize").Op("=").Lit(m.MaxSize()).Comment("bytes of the longest payload, the id included"),
	)
	r.declare(m.Doc)
	g.doc("ID returns %sID.", r.name)
	r.method("ID", "", "uint8", lines{code("return %sID", r.name)})
	g.doc("Topic returns %sTopic.", r.name)
	r.method("Topic", "", "string", lines{code("return %sTopic", r.name)})
	g.doc("Length returns the bytes of the payload, the id included.")
	r.method("Length", "", "int", r.length(1))
	g.doc("Validate reports what cannot be encoded: a value out of its range or without a name, a length out of its limits,\ntext that is not UTF-8.")
	r.method("Validate", "", "error", append(r.validate(), code("return nil")))
	g.doc("Append appends the payload, the id included. b is unchanged on error: what Validate says.")
	body := lines{}
	body.block(lines{code("return b, err")}, "if err := p.Validate(); err != nil")
	r.method("Append", "b []byte", "([]byte, error)", append(append(body, r.appends(r.name+"ID")...), code("return b, nil")))
	g.doc("Decode fills p from a payload and returns how many bytes of it the id and the fields took; a longer tail is ignored.\nErrShort where it is empty, an UnknownIDError where the id is not %sID. p views payload, and is unchanged on\nerror. Slices that p has are reused.", r.name)
	r.method("Decode", "payload []byte", "(n int, err error)", r.decodePayload())
	r.common(m.Fields)
}

func (g *generator) messageStruct(s *schema.Struct) {
	r := record{g, s.Name.Pascal(), &s.Body}
	r.declare(s.Doc)
	r.inner(r.length(0), r.validate(), r.appends(), r.decodeBody())
	r.common(s.Fields)
}

// inner emits the codec of what stands within a message.
func (r record) inner(length, validate, appends, decode lines) {
	r.doc("length returns the bytes of the encoding.")
	r.method("length", "", "int", length)
	r.doc("validate reports what cannot be encoded.")
	r.method("validate", "", "error", append(validate, code("return nil")))
	r.doc("append appends what validate has passed.")
	r.method("append", "b []byte", "[]byte", append(appends, code("return b")))
	r.doc("decode fills p, unless it is nil, and returns how many bytes its fields took. p is unchanged on error.")
	r.method("decode", "body []byte", "(n int, err error)", decode)
}

// common emits what messages and structs alike have.
func (r record) common(fields []*schema.Field) {
	r.doc("Reset gives each field its default.")
	var reset, yields lines
	for _, f := range fields {
		r.reset(&reset, f)
		one := lines{code("return")}
		value := "p." + f.Name.Pascal()
		switch f.Type.Kind {
		case schema.StructValue, schema.Union:
			value = "&" + value
		case schema.FixedBytes:
			value += "[:]"
		}
		var yield lines
		yield.block(one, "if !yield(%q, %s)", f.Name, value)
		if f.Presence != nil {
			yields.block(yield, "if p.Has%s", f.Name.Pascal())
		} else {
			yields = append(yields, yield...)
		}
	}
	r.method("Reset", "", "", reset)
	r.doc("Fields yields the names in the spec and the values, not scaled, of the fields that are there, in order.")
	r.method("Fields", "", "iter.Seq2[string, any]", lines{code("return func(yield func(string, any) bool)").Block(yields...)})
	for _, f := range fields {
		r.scaled(f)
		r.parts(f)
		if f.Type.Kind == schema.Union {
			r.union(f)
		}
	}
}

// method emits a method of the record.
func (r record) method(name, params, result string, body lines) {
	r.file.Add(code("func (p *%s) %s(%s) %s", r.name, name, params, result).Block(body...))
}

// declare emits the type.
func (r record) declare(doc string) {
	r.doc("%s", sentence(r.name, doc))
	r.file.Type().Id(r.name).StructFunc(func(s *jen.Group) {
		for _, f := range r.body.Fields {
			if f.Presence != nil {
				s.Id("Has" + f.Name.Pascal()).Bool()
			}
			s.Id(f.Name.Pascal()).Id(r.goType(f)).Add(remark(messageFieldDoc(f)))
		}
	})
}

func (r record) goType(f *schema.Field) string {
	if f.Type.Kind == schema.Union {
		return r.name + f.Name.Pascal()
	}
	return goType(&f.Type)
}

// messageFieldDoc says what a field is, how it is scaled, and when it is there.
func messageFieldDoc(f *schema.Field) string {
	plain := *f
	if s := f.Scale; s != nil {
		plain.Unit = strings.TrimSpace(s.Factor + " " + f.Unit)
		if s.Offset != "0" {
			plain.Unit += " from " + s.Offset
		}
	}
	parts := []string{}
	if s := fieldDoc(&plain, ""); s != "" {
		parts = append(parts, s)
	}
	if b := f.Bounds; b != nil {
		parts = append(parts, fmt.Sprintf("%g..%g", b.Min, b.Max))
	}
	switch f.Type.Kind {
	case schema.String, schema.SizedBytes:
		parts = append(parts, fmt.Sprintf("up to %d bytes", f.Type.MaxLen))
	case schema.Array:
		if f.Type.Count == 0 {
			parts = append(parts, fmt.Sprintf("up to %d", f.Type.MaxLen))
		}
	}
	if f.Since > 1 {
		parts = append(parts, fmt.Sprintf("since generation %d", f.Since))
	}
	return strings.Join(parts, "; ")
}
