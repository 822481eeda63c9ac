// Package schema turns a spec in YAML into a checked form in which every name, offset and limit is resolved, so that the
// emitters (gogen, cgen, pygen, tsgen, docgen) decide nothing but the shape of their language.
package schema

import "math/big"

// Int is any integer that a spec can name: u64 and i64 both fit.
type Int = *big.Int

// Pos is a place in the source of a spec.
type Pos struct{ Line, Col int } // from 1

// Spec is a whole specification. What has a name stands, in its source, At that name.
type Spec struct {
	Name      string // lower case
	Version   string // of the generated component, semantic
	License   string // SPDX
	Doc       string
	Source    string // base name of the file it came from
	Go        Go
	C         C
	Constants []*Constant
	Enums     []*Enum
	Flags     []*Flags
	Structs   []*Struct
	Messages  []*Message
	Reserved  Reserved
	Packets   []*Packet
	Hash      uint64 // of the messages' layout: ids, order, types and scales, but neither names nor text for people
}

// Go holds the options of the Go target.
type Go struct{ Package string }

// C holds the options of the C target: the ESP-IDF component.
type C struct {
	Prefix      string // of every symbol
	Component   string
	Namespace   string // of the component registry
	Description string
	URL         string
	Repository  string
	Tags        []string
	Targets     []string // chips that the component is for; none: all
}

// Reserved is what messages once had and never have again.
type Reserved struct {
	IDs   []uint8
	Names []Name
}

// Constant is a named number.
type Constant struct {
	At    Pos
	Name  Name
	Doc   string
	Kind  Kind // an unsigned or signed integer
	Value Int
}

// Enum is a set of named numbers. It is open: a reader keeps values it does not know.
type Enum struct {
	At     Pos
	Name   Name
	Doc    string
	Kind   Kind
	Values []*EnumValue
}

// EnumValue is one of an Enum's numbers.
type EnumValue struct {
	At    Pos
	Name  Name
	Doc   string
	Value Int
}

// Flags is a set of named bits. It is open: a reader keeps bits it does not know.
type Flags struct {
	At   Pos
	Name Name
	Doc  string
	Kind Kind    // unsigned
	Bits []*Flag // none requires another
}

// Mask is the union of the bits that have names.
func (f *Flags) Mask() uint64 {
	var mask uint64
	for _, b := range f.Bits {
		mask |= 1 << b.Bit
	}
	return mask
}

// Struct is a group of fields that stands alone, inside of packets or inside of messages. It is frozen once published.
type Struct struct {
	At      Pos
	Name    Name
	Doc     string
	Message bool // messages hold it: its codec follows the rules of [Message], not those of packets
	Body
}

// Message is what a node publishes: its id, then the body.
//
// Decoding checks what it needs to find the fields and to give them a value: lengths, counts, bools and UTF-8. It accepts
// an end at a [Generation] and ignores what follows the last field. Only encoding (and Validate) checks ranges, that an
// enum has a name for its value and that flags and bits have names for all that are set; a union is written as it is, its
// tag known or not, so it may be longer than MaxSize. A payload without an id is Short.
//
// The error is that of the first step that fails, in order; within a [Run], Short comes before the rest. Within a field, a
// length or count is judged first, then whether all that it counts is there, then what that holds; structs in an array are
// read one by one. A union must be all there before its variant is read; that it is longer (Trailing) comes last.
type Message struct {
	At    Pos
	Name  Name
	Doc   string
	ID    uint8  // 1..255
	Topic string // below the device's own; "" is the device's own
	Limit int    // MaxSize is at most this
	Body
}

// MinSize is the size in bytes of the shortest encoding, the id included.
func (m *Message) MinSize() int { return 1 + m.Min }

// MaxSize is the size in bytes of the longest encoding, the id included, as long as unions have tags that the spec knows.
func (m *Message) MaxSize() int { return 1 + m.Max }

// Packet is a control packet: fixed header, then the body.
type Packet struct {
	At        Pos
	Name      Name
	Doc       string
	Type      uint8 // 0..15
	Forbidden bool  // its type ends the walk over a frame; no flags, no body
	Up        bool  // node to gateway
	Down      bool  // gateway to node
	Broadcast Cond  // when it may be broadcast; nil = never, Always = whenever
	Flags     []*Flag
	Body
}

// FlagMask is the union of the packet's flags.
func (p *Packet) FlagMask() uint8 {
	var mask uint8
	for _, f := range p.Flags {
		mask |= 1 << f.Bit
	}
	return mask
}

// Flag is one bit of a packet's header or of [Flags].
type Flag struct {
	At       Pos
	Name     Name
	Doc      string
	Bit      uint8 // 0..3 in a header
	Requires *Flag // the flag without which this one is malformed; nil for none
}

// Body is a sequence of fields, resolved.
type Body struct {
	Items  []Item   // as declared
	Fields []*Field // all of them, those of switch cases too, in order of declaration; names are unique
	Steps  []Step   // what a codec does, in order
	Min    int      // bytes in the shortest encoding
	Max    int      // bytes in the longest; Unbounded where the packet's own limit is the only one
	leaves int      // fields, those of structs within counted one by one
}

// Unbounded is the Max of a body whose last field takes whatever is left.
const Unbounded = -1

// Item is a *Field or a *Switch.
type Item interface{ item() }

// Field is one value on the wire.
type Field struct {
	At       Pos
	Name     Name
	Doc      string
	Type     Type
	Offset   int     // bytes from the start of the body, which for a message is after the id; Varies where the wire decides
	If       Cond    // nil: always there; speaks only of flags and of enum fields that always stand before
	Ranges   []Range // what an encoder does not write and a packet's decoder refuses; of an array: for each element
	Unit     string  // as written: °C
	UnitName Name    // Celsius; "" where there is no unit

	// What follows is for messages.

	Scale    *Scale    // nil: the number is its own value; of an array: for each element
	Bounds   *Bounds   // of F32 and F64, or an array of them: for each element; nil: any value, NaN too
	Presence *Presence // nil: always there; else the field is there while its bit is set
	Bit      uint8     // in Presence, 0..7
	Since    int       // the generation that added it; 1 for the first
	Default  *Default  // what it has at first, and where an older writer left it out; nil: zero, empty, absent; of a struct, what its fields have
}

// Varies is the Offset of a field whose place the wire decides.
const Varies = -1

// Range bounds a number while If holds.
type Range struct {
	If       Cond // nil: always
	Min, Max Int  // inclusive, as on the wire (not scaled); a bound that the type itself gives is the type's own
	HasMin   bool // Min is narrower than the type
	HasMax   bool // Max is narrower than the type
}

// Bounds bound a floating-point number, inclusive. NaN is out of bounds. An F32 is compared after it was rounded to one.
type Bounds struct {
	Min, Max       float64 // exact in the field's kind; infinite where there is none
	HasMin, HasMax bool
}

// Scale says which value an integer on the wire stands for:
//
//	value = (raw*Num + Add) / Den
//	raw   = (value*Den - Add) / Num, rounded to nearest, half away from zero
//
// in binary64 arithmetic, each operation rounded by itself (not fused): so all languages get the same bits. A raw number of
// more than 53 bits is first rounded to binary64. A value is out of range where raw, after it was rounded, is outside of
// Ranges or of the type, and where it is NaN.
type Scale struct {
	Num, Den, Add int64  // exact as binary64; Num and Den are at least 1
	Factor        string // as written: 0.01
	Offset        string // as written; "0" where there is none
	Decimals      int    // digits after the point that print each value exactly
	Accessor      Name   // of the scaled value: temperature_celsius, or <field>_scaled where there is no unit
}

// Default is a value that a spec states. The field's type tells which member counts.
type Default struct {
	Raw   Int        // integers, as on the wire (not scaled); of enums too
	Enum  *EnumValue // enums
	Float float64    // F32 and F64; exact in the kind
	Bool  bool
	Text  string // String
}

// Switch chooses fields by the value of an enum field before it. A value without a case is out of range.
type Switch struct {
	On    *Field
	Cases []*Case
}

// Case is one choice of a Switch.
type Case struct {
	Value  *EnumValue
	Fields []*Field
	Steps  []Step
}

func (*Field) item()  {}
func (*Switch) item() {}

// Step is one thing a codec does: a *Run, a *Var, in packets a *Choose, in messages a *Presence, an *Optional or a
// *Generation.
type Step interface{ step() }

// Run is a row of fields of fixed size under the same condition: one check of the length serves them all.
type Run struct {
	If     Cond
	Fields []*Field
	Size   int // bytes in all
}

// Var is one field whose size the wire decides, or a struct.
type Var struct {
	If    Cond
	Field *Field
}

// Choose is a Switch.
type Choose struct{ Switch *Switch }

// Presence is a byte that says which of up to eight optional fields are there. Field i has bit i. A field of a later
// generation may be among them. A decoder ignores bits that have no field, an encoder writes them as 0.
type Presence struct {
	Index  int // of the presence bytes of the body, from 0
	Fields []*Field
}

// Optional is one field, of fixed size or not, that is there while its bit is set: see [Field.Presence].
type Optional struct{ Field *Field }

// Generation is where the body of an older writer may end: if it does, Fields have their defaults, and those of them that
// are optional are absent, whatever their bit says.
type Generation struct {
	Since  int      // the generation that begins here, from 2
	Fields []*Field // from here to the end of the body
}

func (*Run) step()        {}
func (*Var) step()        {}
func (*Choose) step()     {}
func (*Presence) step()   {}
func (*Optional) step()   {}
func (*Generation) step() {}

// Kind is the kind of a type.
type Kind uint8

// The kinds. Integers have their size in bytes from [Kind.Size]; an enum has the kind of its numbers.
const (
	U8 Kind = iota + 1
	U16
	U32
	U64
	I8
	I16
	I32
	I64
	FixedBytes  // Type.Size bytes
	SizedBytes  // a length prefix of Type.Prefix bytes, then that many bytes, at most Type.MaxLen
	RestBytes   // what is left of the body but Type.Less bytes, MinLen..MaxLen
	TLVs        // what is left of the body: type u8, length u8, value, again and again
	StructValue // the body of Type.Struct

	// What follows is for messages, and so are SizedBytes and FixedBytes longer than a packet.

	F32    // IEEE 754 binary32, little-endian; of a decoded NaN only that it is one need be kept
	F64    // IEEE 754 binary64, little-endian
	Bool   // u8, 0 or 1
	String // as SizedBytes; UTF-8, NUL allowed
	Array  // Type.Count elements Type.Elem; or a count of Type.Prefix bytes, then that many, at most Type.MaxLen
	Union  // tag u8, length u16, then that many bytes: one of Type.Variants, or bytes as they came for another tag
)

// Size returns the bytes of an integer, floating-point or bool kind, 0 for others.
func (k Kind) Size() int {
	switch k {
	case U8, I8, Bool:
		return 1
	case U16, I16:
		return 2
	case U32, I32, F32:
		return 4
	case U64, I64, F64:
		return 8
	}
	return 0
}

// Signed reports whether k is a signed integer.
func (k Kind) Signed() bool { return k >= I8 && k <= I64 }

// Integer reports whether k is an integer.
func (k Kind) Integer() bool { return k >= U8 && k <= I64 }

// Type is the type of a field.
type Type struct {
	Kind     Kind
	Enum     *Enum   // the field's values have names; Kind is that of the enum
	Flags    *Flags  // the field's bits have names; Kind is that of the flags
	Bits     []*Bits // parts of the field, which is an unsigned integer, from bit 0 up; it is one value, open like flags
	Struct   *Struct // StructValue
	Elem     *Type   // Array: an integer (enum or flags, too), F32, F64, Bool or StructValue
	Count    int     // Array: elements of a fixed one; 0 where it is counted
	Variants []*Variant
	Size     int    // bytes on the wire where they are fixed, but 0 of a StructValue and an Array of them
	Prefix   int    // SizedBytes, String, Array: bytes of the length or count before it, 1 or 2; 0 of a fixed Array
	MinLen   int    // RestBytes; SizedBytes in packets
	MaxLen   int    // SizedBytes, String: bytes; Array: elements; RestBytes: Unbounded where only the packet limits it
	Less     int    // RestBytes: fixed bytes that follow it
	Critical string // TLVs: "odd"
}

// Bits is one part of a byte group: an unsigned number.
type Bits struct {
	At    Pos
	Name  Name
	Doc   string
	Shift uint8 // of its lowest bit
	Width uint8 // bits, at least 1
}

// Mask is the part's bits in the group.
func (b *Bits) Mask() uint64 { return (1<<b.Width - 1) << b.Shift }

// Variant is one choice of a Union.
type Variant struct {
	At     Pos
	Name   Name
	Doc    string
	Tag    uint8 // 1..255: 0 is a union without a value, written with length 0; a body behind it is dropped
	Struct *Struct
}

// Cond is a condition on flags and enum fields: a *FlagSet, *Equals, *Not, *And, *Or, or Always.
type Cond interface{ cond() }

type (
	// FlagSet holds while the flag is set.
	FlagSet struct{ Flag *Flag }
	// Equals holds while the enum field has the value.
	Equals struct {
		Field *Field
		Value *EnumValue
	}
	// Not holds while C does not.
	Not struct{ C Cond }
	// And holds while both do.
	And struct{ A, B Cond }
	// Or holds while one does.
	Or     struct{ A, B Cond }
	always struct{}
)

// Always holds.
var Always Cond = always{}

func (*FlagSet) cond() {}
func (*Equals) cond()  {}
func (*Not) cond()     {}
func (*And) cond()     {}
func (*Or) cond()      {}
func (always) cond()   {}

// MaxPacketBody is the longest body of a packet: a v2 frame of 1470 bytes less the fixed header.
const MaxPacketBody = 1468

// MaxShortBody is the longest body whose length the header states; a longer one runs to the end of the frame.
const MaxShortBody = 254

// PacketsOnly reports whether the spec has nothing that goes with messages.
func (s *Spec) PacketsOnly() bool {
	for _, st := range s.Structs {
		if st.Message {
			return false
		}
	}
	return len(s.Messages) == 0 && len(s.Flags) == 0
}

// CodecError is an error that every generated codec has, with the same number everywhere.
type CodecError struct {
	Code int // C: the negative of it
	Name Name
	Doc  string
}

// CodecErrors are the errors of generated packet codecs.
var CodecErrors = []CodecError{
	{1, "Short", "a body is shorter than its fields"},
	{2, "Range", "a value is outside of its range"},
	{3, "UnknownFlag", "a flag is set that the type does not define"},
	{4, "MissingFlag", "a flag is set without the one it requires"},
	{5, "UnknownType", "a type that this version does not define"},
	{6, "ReservedType", "the reserved type: the rest of the frame is void"},
	{7, "Overrun", "a packet goes past the end of its frame"},
	{8, "TooLong", "a body is too long for where it is to stand"},
	{9, "Capacity", "the buffer is too small"},
}

// MessageErrors are the errors of generated message codecs. What packets have too has the same name and number there.
var MessageErrors = []CodecError{
	{1, "Short", "a body is shorter than its fields"},
	{2, "Range", "a value is outside of its range"},
	{9, "Capacity", "the buffer is too small"},
	{10, "UnknownID", "an id that this version does not define"},
	{11, "Bool", "a bool is neither 0 nor 1"},
	{12, "Text", "a string is not UTF-8"},
	{13, "Length", "a length or count is outside of its limits"},
	{14, "Trailing", "the body of a union is longer than its variant"},
}
