package gogen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// walker emits the walk over a frame: the fixed headers and the rule of remaining length 255.
func (g *generator) walker() {
	g.doc("Packet is one control packet.")
	g.file.Type().Id("Packet").Interface(
		jen.Comment("Type returns the packet's type."),
		jen.Id("Type").Params().Id("Type"),
		jen.Comment("Broadcast reports whether the packet, as it is, may be sent to everybody."),
		jen.Id("Broadcast").Params().Bool(),
		jen.Comment("Length returns the bytes of the packet's body, without its header of 2."),
		jen.Id("Length").Params().Int(),
		jen.Comment("Append appends the packet; ErrTooLong where its body has more than 254 bytes. b is unchanged on error."),
		jen.Id("Append").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
		jen.Comment("AppendLast appends the packet as the last of its frame: its body may have up to 1468 bytes."),
		jen.Id("AppendLast").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
		jen.Comment("Decode fills the packet from its flags and body and returns how many bytes its fields took; a longer"),
		jen.Comment("tail is ignored. The packet views body, and is unchanged on error."),
		jen.Id("Decode").Params(jen.Id("flags").Uint8(), jen.Id("body").Index().Byte()).Params(jen.Id("n").Int(), jen.Err().Error()),
		jen.Comment("Fields yields the names in the spec and the values of the flags and of the fields that are there, in order."),
		jen.Id("Fields").Params().Qual("iter", "Seq2").Types(jen.String(), jen.Any()),
	)

	g.doc("RawPacket is a packet as it stands in a frame, its body not yet decoded. It is four words, so that it stays in registers.")
	g.file.Type().Id("RawPacket").Struct(
		jen.Id("Type").Id("Type"),
		jen.Id("Flags").Uint8().Comment("the lower four bits of the first byte"),
		jen.Id("Offset").Uint32().Comment("of the packet in its frame"),
		jen.Id("Body").Index().Byte().Comment("a view of the frame"),
	)

	g.doc("Walker steps over the packets of a frame:\n\n\tfor w := Walk(frame); ; {\n\t\traw, ok := w.Next()\n\t\t…\n\t}")
	g.file.Type().Id("Walker").Struct(
		jen.Id("frame").Index().Byte(),
		jen.Id("offset").Int(),
		jen.Id("err").Error(),
	)

	g.doc("Walk returns a Walker at the start of frame, which it views.")
	g.file.Func().Id("Walk").Params(jen.Id("frame").Index().Byte()).Id("Walker").Block(
		jen.Return(jen.Id("Walker").Values(jen.Dict{jen.Id("frame"): jen.Id("frame")})),
	)

	g.doc("Next returns the next packet, of a type known or not. ok is false at the end of the frame and where Err is not nil.")
	g.file.Func().Params(jen.Id("w").Op("*").Id("Walker")).Id("Next").Params().Params(jen.Id("raw").Id("RawPacket"), jen.Id("ok").Bool()).Block(
		jen.Id("b").Op(":=").Id("w.frame[w.offset:]"),
		jen.If(jen.Len(jen.Id("b")).Op("==").Lit(0).Op("||").Id("w.err").Op("!=").Nil()).Block(
			jen.Return(jen.Id("RawPacket").Values(), jen.False()),
		),
		jen.Id("typ").Op(":=").Id("Type").Call(jen.Id("b[0] >> 4")),
		g.forbidden(),
		jen.If(jen.Id("len(b) < 2")).Block(
			jen.Return(jen.Id("w").Dot("fail").Call(jen.Id("ErrOverrun"))),
		),
		jen.Id("end").Op(":=").Id("2 + int(b[1])"),
		jen.If(jen.Id("b[1] == 255")).Block(
			jen.Id("end").Op("=").Id("max(end, len(b))").Comment("to the end of the frame, at least 255 bytes"),
		),
		jen.If(jen.Id("end > len(b)")).Block(
			jen.Return(jen.Id("w").Dot("fail").Call(jen.Id("ErrOverrun"))),
		),
		jen.Id("raw").Op("=").Id("RawPacket").Values(jen.Id("typ"), jen.Id("b[0] & 0x0f"), jen.Id("uint32(w.offset)"), jen.Id("b[2:end:end]")),
		jen.Id("w.offset").Op("+=").Id("end"),
		jen.Return(jen.Id("raw"), jen.True()),
	)

	g.doc("fail ends the walk.")
	g.file.Func().Params(jen.Id("w").Op("*").Id("Walker")).Id("fail").Params(jen.Err().Id("Error")).Params(jen.Id("RawPacket"), jen.Bool()).Block(
		jen.Id("w.err").Op("=").Err(),
		jen.Return(jen.Id("RawPacket").Values(), jen.False()),
	)

	g.doc("Err returns what ended the walk before the end of the frame, nil where nothing did. The packets before stand.")
	g.file.Func().Params(jen.Id("w").Op("*").Id("Walker")).Id("Err").Params().Error().Block(jen.Return(jen.Id("w.err")))

	g.doc("Offset returns where in the frame the next packet starts, or the one that Err speaks of.")
	g.file.Func().Params(jen.Id("w").Op("*").Id("Walker")).Id("Offset").Params().Int().Block(jen.Return(jen.Id("w.offset")))
}

// forbidden emits the check for types that end the walk.
func (g *generator) forbidden() jen.Code {
	var types []jen.Code
	for _, p := range g.spec.Packets {
		if p.Forbidden {
			types = append(types, jen.Id("Type"+p.Name.Pascal()))
		}
	}
	if len(types) == 0 {
		return jen.Null()
	}
	return jen.Switch(jen.Id("typ")).Block(
		jen.Case(types...).Block(jen.Return(jen.Id("w").Dot("fail").Call(jen.Id("ErrReservedType")))),
	)
}

func (g *generator) decoder() {
	var packets []*schema.Packet
	for _, p := range g.spec.Packets {
		if !p.Forbidden {
			packets = append(packets, p)
		}
	}
	if len(packets) == 0 {
		return
	}
	g.doc("Decoder decodes packets into targets of its own. A decoded packet is valid until the next Decode, and no longer than the frame it views.")
	g.file.Type().Id("Decoder").StructFunc(func(s *jen.Group) {
		for _, p := range packets {
			s.Id(local(p.Name)).Id(p.Name.Pascal())
		}
	})
	g.doc("Decode decodes one packet: ErrUnknownType where the type is not known, or what its body lacks.")
	g.file.Func().Params(jen.Id("d").Op("*").Id("Decoder")).Id("Decode").Params(jen.Id("raw").Id("RawPacket")).
		Params(jen.Id("Packet"), jen.Error()).Block(
		jen.Var().Id("p").Id("Packet"),
		jen.Switch(jen.Id("raw.Type")).BlockFunc(func(b *jen.Group) {
			for _, p := range packets {
				b.Case(jen.Id("Type" + p.Name.Pascal())).Block(jen.Id("p").Op("=").Op("&").Id("d").Dot(local(p.Name)))
			}
			b.Default().Block(jen.Return(jen.Nil(), jen.Id("ErrUnknownType")))
		}),
		jen.If(jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("p.Decode").Call(jen.Id("raw.Flags"), jen.Id("raw.Body")), jen.Err().Op("!=").Nil()).Block(
			jen.Return(jen.Nil(), jen.Err()),
		),
		jen.Return(jen.Id("p"), jen.Nil()),
	)
}

func (g *generator) hasTLVs() bool {
	for _, s := range g.spec.Structs {
		for _, f := range s.Fields {
			if f.Type.Kind == schema.TLVs {
				return true
			}
		}
	}
	for _, p := range g.spec.Packets {
		for _, f := range p.Fields {
			if f.Type.Kind == schema.TLVs {
				return true
			}
		}
	}
	return false
}

func (g *generator) tlvs() {
	g.doc("TLVs are extensions: type, length and value, again and again. Those with an odd type are critical: a receiver that does not know one refuses.")
	g.file.Type().Id("TLVs").Index().Byte()
	g.doc("All yields types and values, up to the first that is cut short: none is after a decode.")
	g.file.Func().Params(jen.Id("t").Id("TLVs")).Id("All").Params().Qual("iter", "Seq2").Types(jen.Uint8(), jen.Index().Byte()).Block(
		jen.Return(jen.Func().Params(jen.Id("yield").Func().Params(jen.Uint8(), jen.Index().Byte()).Bool()).Block(
			jen.For(jen.Id("b").Op(":=").Id("t"), jen.Id("len(b) >= 2 && len(b) >= 2+int(b[1])"), jen.Id("b = b[2+int(b[1]):]")).Block(
				jen.If(jen.Op("!").Id("yield").Call(jen.Id("b[0]"), jen.Id("b[2:2+int(b[1])]"))).Block(jen.Return()),
			),
		)),
	)
	g.doc("Append appends one extension; ErrTooLong where its value has more than 255 bytes.")
	g.file.Func().Params(jen.Id("t").Id("TLVs")).Id("Append").Params(jen.Id("typ").Uint8(), jen.Id("value").Index().Byte()).Params(jen.Id("TLVs"), jen.Error()).Block(
		jen.If(jen.Id("len(value) > 255")).Block(jen.Return(jen.Id("t"), jen.Id("ErrTooLong"))),
		jen.Return(jen.Append(jen.Append(jen.Id("t"), jen.Id("typ"), jen.Byte().Call(jen.Len(jen.Id("value")))), jen.Id("value").Op("...")), jen.Nil()),
	)
	g.doc("whole reports whether the last extension ends where t does.")
	g.file.Func().Params(jen.Id("t").Id("TLVs")).Id("whole").Params().Bool().Block(
		jen.For(jen.Id("len(t) > 0")).Block(
			jen.If(jen.Id("len(t) < 2 || len(t) < 2+int(t[1])")).Block(jen.Return(jen.False())),
			jen.Id("t").Op("=").Id("t[2+int(t[1]):]"),
		),
		jen.Return(jen.True()),
	)
}

// condition writes a condition: "true" for none. flags is the variable with the packet's flags, field names the one that
// holds a field.
func condition(c schema.Cond, packet, flags string, field func(*schema.Field) string) string {
	s := schema.FormatCond(c, func(f *schema.Flag, set bool) string {
		op := "!="
		if !set {
			op = "=="
		}
		return fmt.Sprintf("%s&%s %s 0", flags, packet+f.Name.Pascal(), op)
	}, func(f *schema.Field, v *schema.EnumValue, equal bool) string {
		op := "=="
		if !equal {
			op = "!="
		}
		return fmt.Sprintf("%s %s %s", field(f), op, enumConst(f, v))
	})
	if s == "" {
		return "true"
	}
	return s
}
