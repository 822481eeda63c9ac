package schema

import (
	"fmt"
	"math/big"
	"slices"

	"gopkg.in/yaml.v3"
)

var (
	integerTypes = []string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"}
	integerKinds = map[string]Kind{"u8": U8, "u16": U16, "u32": U32, "u64": U64, "i8": I8, "i16": I16, "i32": I32, "i64": I64}

	// builtinTypes are those of fields that no spec declares.
	builtinTypes = append(slices.Clone(integerTypes), "f32", "f64", "bool", "string", "bytes", "union", "tlv")
)

func (o *object) integerKind() Kind {
	t := o.word("type")
	if k, ok := integerKinds[t]; ok || t == "" {
		return k
	}
	o.nodeFault(o.values["type"], "type "+quote(t), "it must be an integer", typeHint(t, integerTypes))
	return 0
}

// Limits are the least and the greatest number that an integer kind can hold.
func (k Kind) Limits() (least, most Int) {
	bits := uint(8 * k.Size())
	one := big.NewInt(1)
	if k.Signed() {
		most = new(big.Int).Sub(new(big.Int).Lsh(one, bits-1), one)
		return new(big.Int).Neg(new(big.Int).Lsh(one, bits-1)), most
	}
	return new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)
}

// fit says what to do where the kind cannot hold a number.
func (k Kind) fit() string {
	if k.Size() == U64.Size() {
		return "take one of those"
	}
	return "take one of those, or a wider type"
}

func (p *parser) parseConstant(n *yaml.Node) {
	o := p.object(n, constantObject)
	if o == nil {
		return
	}
	c := &Constant{At: o.pos(), Name: o.name(), Doc: o.text("doc"), Kind: o.integerKind()}
	o.claim(p.named, "", c.Name)
	c.Value, _ = o.value("value", c.Kind)
	p.constants[string(c.Name)] = c
	p.known.constants = append(p.known.constants, string(c.Name))
	p.spec.Constants = append(p.spec.Constants, c)
}

func (p *parser) parseEnum(n *yaml.Node) {
	o := p.object(n, enumObject)
	if o == nil {
		return
	}
	e := &Enum{At: o.pos(), Name: o.name(), Doc: o.text("doc"), Kind: o.integerKind()}
	given := p.named
	if !o.claim(p.named, "", e.Name) {
		given = names{} // what is wrong with the enum's name is no fault of its values
	}
	numbers := map[string]int{}
	for _, vn := range o.some("values") {
		v := p.object(vn, enumValueObject)
		if v == nil {
			continue
		}
		ev := &EnumValue{At: v.pos(), Name: v.name(), Doc: v.text("doc")}
		v.claim(given, e.Name, ev.Name)
		e.Values = append(e.Values, ev)
		number, ok := v.value("value", e.Kind)
		if !ok {
			continue
		}
		ev.Value = number
		if line, taken := numbers[number.String()]; taken {
			v.nodeFault(v.values["value"], fmt.Sprintf("the value %s again", number), fmt.Sprintf("line %d has it", line), "choose another")
		}
		numbers[number.String()] = v.values["value"].Line
	}
	p.spec.Enums = append(p.spec.Enums, e)
	p.enums[string(e.Name)] = e
	p.types = append(p.types, string(e.Name))
}

// parseFlagSet reads a set of named bits, which messages can have.
func (p *parser) parseFlagSet(n *yaml.Node) {
	o := p.object(n, flagsObject)
	if o == nil {
		return
	}
	f := &Flags{At: o.pos(), Name: o.name(), Doc: o.text("doc"), Kind: o.integerKind()}
	if f.Kind.Signed() {
		o.nodeFault(o.values["type"], "type "+quote(o.text("type")), "bits have no sign", "take u8, u16, u32 or u64")
	}
	given := p.named
	if !o.claim(p.named, "", f.Name) {
		given = names{} // what is wrong with the name of the flags is no fault of their bits
	}
	f.Bits = p.parseBits(o.some("bits"), given, f.Name, max(8*f.Kind.Size(), 1))
	p.spec.Flags = append(p.spec.Flags, f)
	p.flags[string(f.Name)] = f
	p.types = append(p.types, string(f.Name))
}

// parseBits reads named bits, which are bits of so many; given are the names so far.
func (p *parser) parseBits(nodes []*yaml.Node, given names, owner Name, size int) []*Flag {
	var flags []*Flag
	bits := map[int]int{}
	for _, n := range nodes {
		o := p.object(n, bitObject)
		if o == nil {
			continue
		}
		flag := &Flag{At: o.pos(), Name: o.name(), Doc: o.text("doc")}
		o.claim(given, owner, flag.Name)
		flag.Bit = o.bit(bits, size)
		flags = append(flags, flag)
	}
	return flags
}

// bit returns the number at key "bit", of so many. lines are those of the bits given so far.
func (o *object) bit(lines map[int]int, size int) uint8 {
	const none = -1
	bit := o.small("bit", 0, size-1, none)
	if bit == none {
		return 0
	}
	if line, taken := lines[bit]; taken {
		o.nodeFault(o.values["bit"], fmt.Sprintf("bit %d again", bit), fmt.Sprintf("line %d has it", line), "choose another")
	}
	lines[bit] = o.values["bit"].Line
	return uint8(bit)
}

func (p *parser) parseStruct(n *yaml.Node) {
	o := p.object(n, structObject)
	if o == nil {
		return
	}
	s := &Struct{At: o.pos(), Name: o.name(), Doc: o.text("doc")}
	o.claim(p.named, "", s.Name)
	u := &use{}
	s.Body = p.parseBody(n, owner{s.Name, "a struct", u}, o.some("fields"), nil)
	if u.side == forMessages && s.Max > maxMessageBody {
		p.nodeFault(n, string(s.Name)+" takes "+upTo(s.Max), fmt.Sprintf("a message has room for %d", maxMessageBody), "shorten it")
		s.Min, s.Max = 0, 0 // what holds it is not at fault
	}
	p.uses[s] = u
	p.spec.Structs = append(p.spec.Structs, s)
	p.structs[string(s.Name)] = s
	p.known.structs = append(p.known.structs, string(s.Name))
	p.types = append(p.types, string(s.Name))
}
