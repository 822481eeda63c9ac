package schema

import "regexp"

// Object is a mapping of the language. The parser and the JSON Schema for editors are made from the same ones.
type Object struct {
	Name string // in messages: a field
	Doc  string
	Keys []Key
}

// Key is one that an [Object] may have.
type Key struct {
	Name     string
	Doc      string
	Required bool
	Value    Value
}

// Value says what may stand at a key or in a list: Text, Truth, Number, Decimal, Scalar, List, *Object, Either, Choice or
// Cases.
type Value interface{ value() }

type (
	// Text is a string.
	Text struct {
		Form *Form    // nil: any
		Word []string // some that it may be, for an editor to offer; or all of them, if there is no other
		Only bool     // one of Word
	}
	// Truth is true or false.
	Truth struct{}
	// Number is an integer.
	Number struct {
		Named bool // or the name of a constant
	}
	// Decimal is a number with a point or without.
	Decimal struct {
		Named bool // or the name of a constant
	}
	// Scalar is a number, the name of a constant, a text or a truth.
	Scalar struct{}
	// List is a list.
	List struct {
		Of   Value
		Some bool // at least one
	}
	// Either is one of both, told apart by the kind of node.
	Either struct{ A, B Value }
	// Choice is With where there is the key, else Without.
	Choice struct {
		Key           string
		With, Without *Object
	}
	// Cases are a mapping of names to the values.
	Cases struct{ Of Value }
)

func (Text) value()    {}
func (Truth) value()   {}
func (Number) value()  {}
func (Decimal) value() {}
func (Scalar) value()  {}
func (List) value()    {}
func (Either) value()  {}
func (Choice) value()  {}
func (Cases) value()   {}
func (*Object) value() {}

// Form is a pattern of a text and how a message calls it.
type Form struct {
	*regexp.Regexp
	Want string
}

func form(pattern, want string) *Form { return &Form{regexp.MustCompile(pattern), want} }

var (
	pascal      = form(`^[A-Z][A-Za-z0-9]*$`, "PascalCase, such as MaxSamples")
	snake       = form(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, "snake_case, such as max_samples")
	slug        = form(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`, "lower-case words joined by - or _, the first of which begins with a letter")
	packageName = form(`^[a-z][a-z0-9]*$`, "lower-case letters and digits")
	prefix      = form(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, "lower-case words joined by _")
	semver      = form(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-~+][0-9A-Za-z.-]+)*$`, "a semantic version such as 1.2.0")
	license     = form(`^[A-Za-z0-9.+() -]+$`, "an SPDX expression such as MIT")
	website     = form(url, "a URL such as https://example.org/climate")
	repository  = form(url, "a URL such as https://example.org/climate.git")
	unitName    = form(`^[A-Z][A-Za-z0-9]{0,63}$`, "PascalCase, such as MetersPerSecond, of at most 64 characters")
	odd         = form(`^odd$`, "odd: no other types can be critical")
	chip        = form(`^esp32[a-z0-9]*$`, "a chip such as esp32 or esp32c3")
	registryTag = form(`^[A-Za-z0-9_-]{3,32}$`, "3 to 32 letters, digits, _ and -, for the component registry")
)

const url = `^[a-z][a-z0-9+.-]*://[!#-;=?-~]+$` // no spaces, quotes, < and >

// ConstantName is the form of the name of a constant.
var ConstantName = pascal

// doc is the key of what people read.
var doc = Key{Name: "doc", Doc: "What it is, for people: it becomes comments and tables.", Value: Text{}}

// typeName and fieldName are the keys of names, as the two kinds of things have them.
var (
	typeName  = Key{Name: "name", Doc: "Its name, in PascalCase.", Required: true, Value: Text{Form: pascal}}
	fieldName = Key{Name: "name", Doc: "Its name, in snake_case.", Required: true, Value: Text{Form: snake}}
)

func integerKey(doc string) Key {
	return Key{Name: "type", Doc: doc, Required: true, Value: Text{Word: integerTypes, Only: true}}
}

// Grammar is a whole spec.
var Grammar = &Object{"the spec", "A spec of messages and packets.", []Key{
	{"spec", "The version of this language: 1.", true, Number{}},
	{"name", "The spec's name. Generated packages are named after it.", true, Text{Form: slug}},
	{"version", "The semantic version of what is generated.", true, Text{Form: semver}},
	{"license", "Your licence, as an SPDX expression. It is what generated packages say of themselves.", false, Text{Form: license}},
	doc,
	{"go", "Options of the Go package.", false, goObject},
	{"c", "Options of the ESP-IDF component in C.", false, cObject},
	{"constants", "Named numbers. Sizes, limits, bounds and defaults can be stated by name.", false, List{Of: constantObject}},
	{"enums", "Sets of named numbers. A reader keeps values that it does not know.", false, List{Of: enumObject}},
	{"flags", "Sets of named bits, for messages. A reader keeps bits that it does not know.", false, List{Of: flagsObject}},
	{"structs", "Groups of fields, frozen once published.", false, List{Of: structObject}},
	{"messages", "What nodes publish.", false, List{Of: messageObject}},
	{"reserved", "What messages once had and never have again.", false, reservedObject},
	{"packets", "Packets of a protocol.", false, List{Of: packetObject}},
}}

var goObject = &Object{"go", "Options of the Go package.", []Key{
	{"package", "The package's name; without it, the spec's.", false, Text{Form: packageName}},
}}

var cObject = &Object{"c", "Options of the ESP-IDF component in C.", []Key{
	{"prefix", "What every symbol begins with; without it, the spec's name.", false, Text{Form: prefix}},
	{"component", "The component's name; without it, the spec's.", false, Text{Form: slug}},
	{"namespace", "Your namespace in the component registry.", false, Text{Form: slug}},
	{"description", "One line for the component registry.", false, Text{}},
	{"url", "The component's website.", false, Text{Form: website}},
	{"repository", "Where its source is.", false, Text{Form: repository}},
	{"tags", "Words by which the component registry finds it.", false, List{Of: Text{Form: registryTag}}},
	{"targets", "The chips that it is for; without them, all.", false, List{Of: Text{Form: chip}}},
}}

var constantObject = &Object{"a constant", "A named number.", []Key{
	typeName, doc, integerKey("Its type."), {"value", "The number.", true, Number{}},
}}

var enumObject = &Object{"an enum", "A set of named numbers, open to others.", []Key{
	typeName, doc, integerKey("The type of its numbers."),
	{"values", "Its numbers.", true, List{enumValueObject, true}},
}}

var enumValueObject = &Object{"an enum value", "A named number.", []Key{
	typeName, {"value", "The number on the wire.", true, Number{}}, doc,
}}

var flagsObject = &Object{"flags", "A set of named bits, open to others.", []Key{
	typeName, doc, integerKey("An unsigned type that has all the bits."), {"bits", "Its bits.", true, List{bitObject, true}},
}}

var bitObject = &Object{"a bit", "A named bit.", []Key{
	typeName, {"bit", "Its number, from 0.", true, Number{}}, doc,
}}

var structObject = &Object{"a struct", "A group of fields, frozen once published.", []Key{
	typeName, doc, {"fields", "Its fields, in the order of the wire.", true, List{item, true}},
}}

var messageObject = &Object{"a message", "What a node publishes.", []Key{
	typeName,
	{"id", "The first byte of its payload, 1 to 255. Never change it.", true, Number{}},
	{"topic", "The topic below the device's own; without it, the device's own.", false, Text{}},
	{"limit", "The most bytes that it may take, its id included.", false, Number{Named: true}},
	doc,
	{"fields", "Its fields, in the order of the wire.", false, List{Of: item}},
}}

var reservedObject = &Object{"reserved", "What messages once had and never have again.", []Key{
	{"ids", "Ids of messages that are gone.", false, List{Of: Number{}}},
	{"names", "Names of messages that are gone.", false, List{Of: Text{Form: pascal}}},
}}

var packetObject = &Object{"a packet", "A packet of a protocol: a header with type, flags and length, then its fields.", []Key{
	typeName,
	{"type", "Its number in the header, 0 to 15.", true, Number{}},
	doc,
	{"forbidden", "Never sent; the walk over a frame ends at it.", false, Truth{}},
	{"direction", "Who sends it: up (node to gateway), down or both.", false, Text{Word: directions, Only: true}},
	{"broadcast", "Whether it may be broadcast: true, false or a condition on its flags.", false, Either{Truth{}, Text{}}},
	{"flags", "Its flags in the header.", false, List{Of: flagObject}},
	{"fields", "Its fields, in the order of the wire.", false, List{Of: item}},
}}

var flagObject = &Object{"a flag", "A flag in the header of a packet.", []Key{
	typeName, {"bit", "Its bit, 0 to 3.", true, Number{}}, {"requires", "The flag without which this one is malformed.", false, Text{}}, doc,
}}

// item is what a list of fields holds.
var item = Choice{"switch", switchObject, fieldObject}

var switchObject = &Object{"a switch", "Fields chosen by the value of an enum field before them, in packets.", []Key{
	{"switch", "The enum field.", true, Text{}},
	{"cases", "The fields for each value; a value without a case is out of range.", true, Cases{List{Of: fieldObject}}},
}}

var fieldObject = &Object{"a field", "One value on the wire.", []Key{
	fieldName,
	{"type", "u8 to u64, i8 to i64, f32, f64, bool, string, bytes, union, tlv, or an enum, flags or a struct that stands before.", true, Text{Word: builtinTypes}},
	doc,
	{"unit", "Of the value, such as °C.", false, Text{Word: units}},
	{"unit_name", "A word for a unit that has none yet, such as MetersPerSecond.", false, Text{Form: unitName}},
	{"if", "When it is there, in packets: flags, !, &&, ||, ( ) and field == EnumValue.", false, Text{}},
	{"min", "The least value that may be sent.", false, Decimal{Named: true}},
	{"max", "The greatest value that may be sent.", false, Decimal{Named: true}},
	{"ranges", "Bounds that hold under conditions, in packets.", false, List{Of: rangeObject}},
	{"size", "Of bytes: their number, or {max: N} with a length before them. Of a string: {max: N}.", false, Either{Number{Named: true}, sizeObject}},
	{"rest", "Bytes to the end of the packet.", false, restObject},
	{"tlv", "Options of a list of type, length and value.", false, tlvObject},
	{"count", "Makes it an array: of N elements, or {max: N} with a count before them.", false, Either{Number{Named: true}, countObject}},
	{"bits", "Parts of an unsigned integer, from bit 0 up.", false, List{bitFieldObject, true}},
	{"variants", "What a union may hold.", false, List{variantObject, true}},
	{"optional", "Whether it may be absent.", false, Truth{}},
	{"scale", "What one of the integer on the wire is worth: 0.01.", false, Decimal{}},
	{"offset", "What is added to the scaled value.", false, Decimal{}},
	{"default", "Its value at first, and where an older writer leaves it out.", false, Scalar{}},
	{"since", "The generation that added it, from 2; it stands at the end.", false, Number{}},
}}

var rangeObject = &Object{"a range", "Bounds that hold under a condition.", []Key{
	{"if", "When they hold; without it, always.", false, Text{}},
	{"min", "The least value.", false, Decimal{Named: true}},
	{"max", "The greatest value.", false, Decimal{Named: true}},
}}

// sizeObject is that of bytes; stringSizeObject that of a string.
var (
	sizeObject = &Object{"size", "The limits of a length.", []Key{
		{"min", "The fewest bytes, in packets.", false, Number{Named: true}}, {"max", "The most bytes.", true, Number{Named: true}},
	}}
	stringSizeObject = &Object{"size", "The limit of a length.", []Key{{"max", "The most bytes.", true, Number{Named: true}}}}
)

var restObject = &Object{"rest", "The limits of bytes to the end of the packet.", []Key{
	{"min", "The fewest bytes.", false, Number{Named: true}},
	{"max", "The most bytes.", false, Number{Named: true}},
	{"less", "The bytes of the fields that follow.", false, Number{Named: true}},
}}

var tlvObject = &Object{"tlv", "Options of a list of type, length and value.", []Key{
	{"critical", "Which types a reader must know: odd.", true, Text{Form: odd}},
}}

var countObject = &Object{"count", "The limit of a count.", []Key{{"max", "The most elements.", true, Number{Named: true}}}}

var bitFieldObject = &Object{"a bit field", "Part of an unsigned integer.", []Key{
	fieldName, {"width", "Its bits.", true, Number{}}, doc,
}}

var variantObject = &Object{"a variant", "One of what a union may hold.", []Key{
	fieldName,
	{"tag", "Its number on the wire, 1 to 255.", true, Number{}},
	{"type", "The struct that it is.", true, Text{}},
	doc,
}}

// casesOf is a mapping from the values of an enum to fields.
func casesOf(field string, e *Enum) *Object {
	o := &Object{Name: "cases of " + field}
	for _, name := range e.names() {
		o.Keys = append(o.Keys, Key{Name: name, Value: List{Of: fieldObject}})
	}
	return o
}

// key returns the key of that name, nil where there is none.
func (g *Object) key(name string) *Key {
	for i := range g.Keys {
		if g.Keys[i].Name == name {
			return &g.Keys[i]
		}
	}
	return nil
}

func (g *Object) names() []string {
	names := make([]string, len(g.Keys))
	for i, k := range g.Keys {
		names[i] = k.Name
	}
	return names
}

// form returns the form of the text at key.
func (g *Object) form(key string) *Form { return g.key(key).Value.(Text).Form }

// takesConstant reports whether the name of a constant may stand at key for its number.
func (g *Object) takesConstant(key string) bool {
	v := g.key(key).Value
	if e, ok := v.(Either); ok {
		v = e.A
	}
	switch v := v.(type) {
	case Number:
		return v.Named
	case Decimal:
		return v.Named
	}
	_, scalar := v.(Scalar)
	return scalar
}
