// Package schema turns a spec in YAML into a checked form in which every name, offset and limit is resolved, so that the
// emitters (gogen, cgen, docgen) decide nothing but the shape of their language.
package schema

import "math/big"

// Int is any integer that a spec can name: u64 and i64 both fit.
type Int = *big.Int

// Spec is a whole specification.
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
	Structs   []*Struct
	Packets   []*Packet
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
}

// Constant is a named number.
type Constant struct {
	Name  Name
	Doc   string
	Kind  Kind // an unsigned or signed integer
	Value Int
}

// Enum is a set of named numbers. It is open: a reader keeps values it does not know.
type Enum struct {
	Name   Name
	Doc    string
	Kind   Kind
	Values []*EnumValue
}

// EnumValue is one of an Enum's numbers.
type EnumValue struct {
	Name  Name
	Doc   string
	Value Int
}

// Struct is a group of fields that stands alone or inside of a packet.
type Struct struct {
	Name Name
	Doc  string
	Body
}

// Packet is a control packet: fixed header, then the body.
type Packet struct {
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

// Flag is one bit of a packet's header.
type Flag struct {
	Name     Name
	Doc      string
	Bit      uint8 // 0..3
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
	Name   Name
	Doc    string
	Type   Type
	If     Cond    // nil: always there; speaks only of flags and of enum fields that always stand before
	Ranges []Range // what a decoder refuses and an encoder does not write
	Unit   string
}

// Range bounds a number while If holds.
type Range struct {
	If       Cond // nil: always
	Min, Max Int  // inclusive; a bound that the type itself gives is the type's own
	HasMin   bool // Min is narrower than the type
	HasMax   bool // Max is narrower than the type
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

// Step is one thing a codec does: a *Run, a *Var or a *Choose.
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

func (*Run) step()    {}
func (*Var) step()    {}
func (*Choose) step() {}

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
)

// Size returns the bytes of an integer kind, 0 for others.
func (k Kind) Size() int {
	switch k {
	case U8, I8:
		return 1
	case U16, I16:
		return 2
	case U32, I32:
		return 4
	case U64, I64:
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
	Struct   *Struct // StructValue
	Size     int     // bytes on the wire of integers and FixedBytes; 0 where the wire decides
	Prefix   int     // SizedBytes: bytes of the length prefix, 1 or 2
	MinLen   int     // SizedBytes, RestBytes
	MaxLen   int     // SizedBytes; RestBytes: Unbounded where only the packet limits it
	Less     int     // RestBytes: fixed bytes that follow it
	Critical string  // TLVs: "odd"
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
