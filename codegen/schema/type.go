package schema

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxPrefixed is what a prefix of two bytes can state.
const maxPrefixed = 1<<16 - 1

// prefixFor returns the bytes of a prefix that states at most so much.
func prefixFor(most int) int {
	if most <= 255 {
		return 1
	}
	return 2
}

var (
	plainKinds = map[string]Kind{"f32": F32, "f64": F64, "bool": Bool}

	// messageWords are types that packets have not, and what these may take.
	messageWords = map[string]string{"f32": "", "f64": "", "bool": "take a flag", "string": "take bytes", "union": "take a switch"}
)

// foreignTypes are what other languages call a type.
var foreignTypes = map[string]string{
	"uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
	"int8_t": "i8", "int16_t": "i16", "int32_t": "i32", "int64_t": "i64", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
	"byte": "u8", "char": "u8", "short": "i16", "int": "i32", "uint": "u32", "long": "i64", "unsigned": "u32",
	"float": "f32", "float32": "f32", "double": "f64", "float64": "f64", "boolean": "bool", "_Bool": "bool", "str": "string", "text": "string",
}

// typeHint says which of the types was meant.
func typeHint(word string, types []string) string {
	if own := foreignTypes[word]; slices.Contains(types, own) {
		return fmt.Sprintf("did you mean %q?", own)
	}
	return Closest(word, types, "there are "+listed(types))
}

// Float reports whether k is a floating-point number.
func (k Kind) Float() bool { return k == F32 || k == F64 }

// number is what a field's scale, bounds and unit speak of: the type itself, or the elements of an array.
func (t *Type) number() *Type {
	if t.Kind == Array {
		return t.Elem
	}
	return t
}

// named reports whether the type is an integer whose values, or parts of them, have names.
func (t *Type) named() bool { return t.Enum != nil || t.Flags != nil || t.Bits != nil }

// claimFor claims the name that generated code gives to something beside a field of a message.
func (b *bodyParser) claimFor(o *object, suffix Name) {
	if b.owner.use.side == forMessages {
		o.claim(b.given, Name(o.text("name")), suffix)
	}
}

// fieldType reads what a field holds.
func (b *bodyParser) fieldType(o *object, f *Field) {
	name := o.word("type")
	t := &f.Type
	at := o.values["type"]
	if word, ok := messageWords[name]; ok {
		b.only(forMessages, at, "type "+quote(name), word)
	}
	switch {
	case name == "":
	case integerKinds[name] != 0:
		t.Kind = integerKinds[name]
		t.Size = t.Kind.Size()
	case b.enums[name] != nil:
		t.Enum = b.enums[name]
		t.Kind = t.Enum.Kind
		t.Size = t.Kind.Size()
	case b.flags[name] != nil:
		b.only(forMessages, at, "type "+quote(name), "")
		t.Flags = b.flags[name]
		t.Kind = t.Flags.Kind
		t.Size = t.Kind.Size()
	case b.structs[name] != nil:
		t.Kind, t.Struct = StructValue, b.structs[name]
		b.holds(t.Struct, at)
	case plainKinds[name] != 0:
		t.Kind = plainKinds[name]
		t.Size = t.Kind.Size()
	case name == "string":
		b.stringType(o, t)
	case name == "union":
		b.unionType(o, f)
	case name == "bytes":
		b.bytesType(o, t)
	case name == "tlv":
		b.only(forPackets, at, "type tlv", "")
		t.Kind = TLVs
		t.Critical = "odd"
		if v := o.values["tlv"]; v != nil {
			if tlv := b.object(v, tlvObject); tlv != nil {
				tlv.formed("critical")
			}
		}
	default:
		b.nodeFault(o.values["type"], "unknown type "+quote(name), "enums and structs stand before their use",
			typeHint(name, b.types))
	}
	for _, k := range []struct {
		key   string
		types []string
	}{
		{"size", []string{"bytes", "string"}},
		{"rest", []string{"bytes"}},
		{"tlv", []string{"tlv"}},
		{"variants", []string{"union"}},
		{"bits", []string{"u8", "u16", "u32", "u64"}},
	} {
		if o.has(k.key) && slices.Contains(b.types, name) && !slices.Contains(k.types, name) {
			b.nodeFault(o.keys[k.key], fmt.Sprintf("%s of a field of type %s", k.key, quote(name)), "it goes with "+strings.Join(k.types, ", "), "remove it")
		}
	}
	if o.has("bits") && t.Kind.Integer() && !t.Kind.Signed() && !t.named() {
		b.bitGroup(o, f)
	}
	if o.has("count") {
		b.arrayType(o, f)
	}
}

func (b *bodyParser) bytesType(o *object, t *Type) {
	ways := "say one of size: N, size: {max: N} and rest: {}"
	if b.owner.use.side == forMessages {
		ways = "say size: N or size: {max: N}"
	}
	size, rest := o.values["size"], o.values["rest"]
	switch {
	case rest != nil && b.owner.use.side == forMessages:
		b.only(forPackets, o.keys["rest"], "rest", ways)
	case size == nil && rest == nil:
		b.nodeFault(o.node, "bytes without a length", "", ways)
	case size != nil && rest != nil:
		b.nodeFault(o.keys["rest"], "both size and rest", "", ways)
	case rest != nil:
		b.only(forPackets, o.keys["rest"], "rest", ways)
		b.restType(rest, t)
	case size.Kind == yaml.MappingNode:
		b.sizedType(size, t)
		b.claimFor(o, "_len")
	default:
		most := MaxPacketBody
		if b.owner.use.side != forPackets {
			most = maxMessageBody
		}
		t.Kind = FixedBytes
		t.Size = o.small("size", 1, most, 1)
	}
}

func (b *bodyParser) restType(n *yaml.Node, t *Type) {
	t.Kind, t.MaxLen = RestBytes, Unbounded
	o := b.object(n, restObject)
	if o == nil {
		return
	}
	t.MinLen = o.small("min", 0, MaxPacketBody, 0)
	t.MaxLen = o.small("max", 0, MaxPacketBody, Unbounded)
	t.Less = o.small("less", 0, MaxPacketBody, 0)
	if t.MaxLen != Unbounded && t.MinLen > t.MaxLen {
		b.nodeFault(n, fmt.Sprintf("min %d is above max %d", t.MinLen, t.MaxLen), "", "exchange them")
	}
}

func (b *bodyParser) sizedType(n *yaml.Node, t *Type) {
	const most = maxPrefixed
	t.Kind, t.MaxLen, t.Prefix = SizedBytes, most, 2
	o := b.object(n, sizeObject)
	if o == nil {
		return
	}
	if o.has("min") {
		b.only(forPackets, o.keys["min"], "min of a size", "remove it")
	}
	t.MinLen = o.small("min", 0, most, 0)
	t.MaxLen = o.small("max", 1, most, most)
	t.Prefix = prefixFor(t.MaxLen)
	if t.MinLen > t.MaxLen {
		b.nodeFault(n, fmt.Sprintf("min %d is above max %d", t.MinLen, t.MaxLen), "", "exchange them")
	}
}

func (b *bodyParser) stringType(o *object, t *Type) {
	t.Kind, t.Prefix, t.MaxLen = String, 2, maxPrefixed
	size := o.values["size"]
	switch {
	case size == nil:
		b.nodeFault(o.node, "a string without a limit", "", "say size: {max: N}, in bytes")
		return
	case size.Kind != yaml.MappingNode:
		b.nodeFault(size, "a string of fixed size", "its length stands before it", "say size: {max: N}, in bytes")
		return
	}
	if s := b.object(size, stringSizeObject); s != nil {
		t.MaxLen = s.small("max", 1, maxPrefixed, maxPrefixed)
		t.Prefix = prefixFor(t.MaxLen)
	}
	b.claimFor(o, "_len")
}

// bitGroup reads the parts of an unsigned integer.
func (b *bodyParser) bitGroup(o *object, f *Field) {
	size := 8 * f.Type.Kind.Size()
	shift := 0
	for _, n := range o.some("bits") {
		part := b.object(n, bitFieldObject)
		if part == nil {
			continue
		}
		p := &Bits{At: part.pos(), Name: part.fieldName(), Doc: part.text("doc"), Shift: uint8(shift)}
		if part.claim(b.given, f.Name+"_", p.Name) {
			part.claim(b.given, "set_"+f.Name+"_", p.Name)
		}
		width := part.small("width", 1, size, 1)
		if shift += width; shift > size {
			b.nodeFault(part.at("width"), fmt.Sprintf("bit %d of %s", shift-1, quote(string(f.Name))), fmt.Sprintf("its type has %d", size),
				"make it wider, or begin another field")
			break
		}
		p.Width = uint8(width)
		f.Type.Bits = append(f.Type.Bits, p)
	}
}

// unionType reads the variants. The type that generated code makes of it is named after owner and field.
func (b *bodyParser) unionType(o *object, f *Field) {
	f.Type.Kind = Union
	b.claimFor(o, "_tag")
	own := b.owner.name + Name(f.Name.Pascal())
	if b.owner.name != "" && f.Name != "" {
		if o.claim(b.named, b.owner.name, Name(f.Name.Pascal())) {
			o.claim(b.named, own, "Tag")
		}
	}
	if !o.has("variants") {
		b.nodeFault(o.node, "a union without variants", "", "say variants: [{name: ..., tag: 1, type: ...}]")
	}
	given, tags := variantNames(), map[int]int{}
	for _, n := range o.some("variants") {
		v := b.object(n, variantObject)
		if v == nil {
			continue
		}
		variant := &Variant{At: v.pos(), Name: v.fieldName(), Doc: v.text("doc")}
		if v.claim(given, "", variant.Name) {
			v.claim(b.named, own, Name(variant.Name.Pascal()))
		}
		f.Type.Variants = append(f.Type.Variants, variant)
		const none = -1
		if tag := v.small("tag", 1, 255, none); tag != none {
			if line, again := tags[tag]; again {
				v.nodeFault(v.values["tag"], fmt.Sprintf("tag %d again", tag), fmt.Sprintf("line %d has it", line), "choose another")
			}
			tags[tag] = v.values["tag"].Line
			variant.Tag = uint8(tag)
		}
		b.variantType(v, variant)
	}
}

func (b *bodyParser) variantType(v *object, variant *Variant) {
	name := v.word("type")
	if name == "" {
		return
	}
	at := v.values["type"]
	variant.Struct = b.structs[name]
	if variant.Struct == nil {
		b.nodeFault(at, "type "+quote(name)+" of a variant", "it must be a struct, which stands before its use",
			Closest(name, b.known.structs, "there are "+listed(b.known.structs)))
		return
	}
	b.holds(variant.Struct, at)
}

// arrayType makes the field an array of what it was until now.
func (b *bodyParser) arrayType(o *object, f *Field) {
	elem := f.Type
	switch {
	case elem.Kind == 0:
		return // reported
	case elem.Bits != nil || !elem.Kind.Integer() && !elem.Kind.Float() && elem.Kind != Bool && elem.Kind != StructValue:
		what := "type " + quote(o.text("type"))
		if elem.Bits != nil {
			what = "bits"
		}
		b.nodeFault(o.keys["count"], "count of a field of "+what, "arrays are of numbers, bool, enums, flags and structs", "put it into a struct")
		return
	}
	t := Type{Kind: Array, Elem: &elem}
	if count := o.values["count"]; count.Kind == yaml.MappingNode {
		t.MaxLen = maxPrefixed
		if c := b.object(count, countObject); c != nil {
			t.MaxLen = c.small("max", 1, maxPrefixed, maxPrefixed)
		}
		t.Prefix = prefixFor(t.MaxLen)
		b.claimFor(o, "_count")
	} else {
		t.Count = o.small("count", 1, maxPrefixed, 1)
		t.Size = t.Count * elem.Size
	}
	f.Type = t
}
