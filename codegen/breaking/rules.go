package breaking

// Rule is one way to break what is deployed or compiled.
type Rule struct {
	Name string
	What string // breaks it
	Why  string // that is a break
	Do   string // instead
}

// The rules for messages.
var (
	messageRemoved  = &Rule{"message-removed", "a message is gone, its id and name not reserved", "another could be given them while devices still send it", "reserve both"}
	messageRenamed  = &Rule{"message-renamed", "a message has another name", "programs that name it no longer compile", "keep the name"}
	messageID       = &Rule{"message-id", "a message has another id", "its id is how readers know it", "keep the id, or add another message"}
	idReused        = &Rule{"id-reused", "an id is now that of another message", "older readers take one for the other", "take an id that nothing had"}
	reservedFreed   = &Rule{"reserved-freed", "an id or name is no longer reserved", "it is reserved because something had it", "reserve it again"}
	messageTopic    = &Rule{"message-topic", "a message has another topic", "who subscribes to the old one no longer gets it", "keep the topic, or add another message"}
	messageLimit    = &Rule{"message-limit", "the limit of a message is higher or gone", "readers made room for what it promised", "keep the limit, or add another message"}
	fieldRemoved    = &Rule{"field-removed", "a field is gone", "readers find fields by what stands before them", "keep it, and say in its doc that it is unused"}
	fieldRenamed    = &Rule{"field-renamed", "a field has another name", "programs that name it no longer compile", "keep the name"}
	fieldMoved      = &Rule{"field-moved", "fields stand in another order", "the order is that of the wire", "put them back"}
	fieldInserted   = &Rule{"field-inserted", "a new field stands before an old one or has no since", "readers find fields by what stands before them, and older writers end before it", "put it at the end with a since above all others"}
	generationGrown = &Rule{"generation-grown", "a new field is of a generation that was there before", "older writers of that generation end before it", "give it a since above all others"}
	fieldSince      = &Rule{"field-since", "a field has another since", "it says where older payloads may end", "keep it"}
	fieldType       = &Rule{"field-type", "a field has another type", "its bytes mean something else", "keep the type, or add another field at the end"}
	fieldSize       = &Rule{"field-size", "a field takes other bytes: a fixed size or count, or a prefix of other width since its max passed 255", "what stands after it moves", "keep it, or add another field at the end"}
	fieldLimit      = &Rule{"field-limit", "a max is another, the width of the prefix the same", "readers refuse more than their max: older ones if it rose, newer ones if it fell", "keep it, or add another field at the end"}
	fieldScale      = &Rule{"field-scale", "a scale or offset is another", "the same bytes stand for another value", "keep it, or add another field at the end"}
	fieldUnit       = &Rule{"field-unit", "a unit is another", "the same bytes stand for another value, and accessors are named after it", "keep it, or add another field at the end"}
	fieldOptional   = &Rule{"field-optional", "a field is optional and was not, or was and is not", "a presence byte comes or goes", "keep it, or add another field at the end"}
	fieldDefault    = &Rule{"field-default", "the default of a field that was added later is another", "payloads of older writers, which leave it out, get another value", "keep it"}
	rangeNarrowed   = &Rule{"range-narrowed", "min rose or max fell", "values that programs send are refused; a wider range is fine, for readers do not check it", "keep the range"}
	bitsChanged     = &Rule{"bits-changed", "a part of a bit group is gone or moved; one above the others may be added", "the same bits mean something else", "put it back"}
	variantChanged  = &Rule{"variant-changed", "a variant of a union is gone or has another tag or type; one may be added", "its tag is how readers know it", "put it back"}
)

// The rules for what messages and packets share, and for programs.
var (
	enumType           = &Rule{"enum-type", "an enum has another type", "all fields that hold it take other bytes", "keep the type"}
	enumValueRemoved   = &Rule{"enum-value-removed", "a value of an enum is gone or has another name", "writers may not send it any more, and programs that name it no longer compile", "keep it"}
	enumValueChanged   = &Rule{"enum-value-changed", "a value of an enum has another number; others may be added", "the same number means something else", "keep the number"}
	flagsType          = &Rule{"flags-type", "flags have another type", "all fields that hold them take other bytes", "keep the type"}
	flagRemoved        = &Rule{"flag-removed", "a bit of flags is gone or has another name", "writers may not set it any more, and programs that name it no longer compile", "keep it"}
	flagChanged        = &Rule{"flag-changed", "a named bit is another; others may be added", "the same bit means something else", "keep the bit"}
	structChanged      = &Rule{"struct-changed", "the bytes of a struct are others", "structs are frozen once published: nothing in a payload says which it is", "declare another struct"}
	constantChanged    = &Rule{"constant-changed", "a constant has another type or value", "programs of both versions disagree on it", "keep it, or declare another one"}
	declarationRemoved = &Rule{"declaration-removed", "a constant, an enum, flags or a struct is gone", "programs that name it no longer compile", "keep it"}
	packageRenamed     = &Rule{"package-renamed", "the name of the spec, the Go package, the C prefix or the component is another", "programs that include it no longer compile", "keep it"}
)

// The rules for packets, whose readers check all that writers do.
var (
	packetRemoved   = &Rule{"packet-removed", "a packet is gone or has another name", "peers still send it", "keep it"}
	packetType      = &Rule{"packet-type", "a packet has another type, or its type is now that of another", "the type is how readers know it", "keep the type"}
	packetDirection = &Rule{"packet-direction", "a packet has another direction, or is forbidden and was not, or was and is not", "peers refuse it in the direction that they do not know", "keep it"}
	packetBroadcast = &Rule{"packet-broadcast", "a packet may be broadcast when it might not, or the other way about", "peers refuse the broadcasts that they do not know", "keep it"}
	packetFlags     = &Rule{"packet-flags", "a flag of a packet is new, gone, moved or requires another", "peers refuse flags that they do not know", "take another packet"}
	packetFields    = &Rule{"packet-fields", "a field of a packet is new, gone, moved or changed", "peers find fields by what stands before them", "take another packet"}
	packetRange     = &Rule{"packet-range", "a range of a packet is another, wider or narrower", "peers refuse values out of the range that they know", "keep the range"}
	packetCases     = &Rule{"packet-cases", "a switch chooses by another field or has other cases", "peers refuse values without a case", "take another packet"}
)

// Rules are all of them.
var Rules = []*Rule{
	messageRemoved, messageRenamed, messageID, idReused, reservedFreed, messageTopic, messageLimit,
	fieldRemoved, fieldRenamed, fieldMoved, fieldInserted, generationGrown, fieldSince, fieldType, fieldSize, fieldLimit,
	fieldScale, fieldUnit, fieldOptional, fieldDefault, rangeNarrowed, bitsChanged, variantChanged,
	enumType, enumValueRemoved, enumValueChanged, flagsType, flagRemoved, flagChanged, structChanged, constantChanged,
	declarationRemoved, packageRenamed,
	packetRemoved, packetType, packetDirection, packetBroadcast, packetFlags, packetFields, packetRange, packetCases,
}
