package conformance

import (
	"math/big"
	"math/rand"
	"strings"

	"gopkg.in/yaml.v3"
)

// specMaker makes a spec that is valid.
type specMaker struct {
	*rand.Rand
	named     naming // of what generated code names at its top level
	constants []constant
	enums     []enum
	flags     []string
	structs   []group // that messages hold

	packetStructs []packetGroup
}

type constant struct {
	name  string
	value int64
}

type enum struct {
	name   string
	values []string
	zero   bool // one of them is 0
}

// group is a struct and the most bytes that it takes.
type group struct {
	name string
	size int
}

// packetGroup is a struct that packets hold.
type packetGroup struct {
	name   string
	greedy bool // it takes the rest of the packet
}

// topLevel are names that generated code gives itself.
const topLevel = `packet err bytes ok headersize maxbody maxshortbody rawpacket walker walk decoder type tlvs error errshort errrange errunknownflag errmissingflag errunknowntype
	errreservedtype erroverrun errtoolong errcapacity errunknownid errbool errtext errlength errtrailing message messages unknown
	unknowniderror variant layout layouthash validate encode decode decodeerror encodeerror reader writer array bigint boolean dataview exception
	intenum intflag math number object rangeerror string textdecoder textencoder uint8array valueerror messagedecoder`

// randomSpec makes a spec of that name.
func randomSpec(r *rand.Rand, name string) *yaml.Node {
	m := &specMaker{Rand: r, named: naming{}}
	for _, word := range strings.Fields(topLevel) {
		m.named[word] = true
	}
	spec := mapping("spec", 1, "name", name, "version", pick(r, []string{"0.1.0", "1.2.3", "2.0.0-beta.1"}))
	if m.rarely() {
		set(spec, "license", "MIT OR Apache-2.0")
	}
	set(spec, "doc", m.doc())
	set(spec, "constants", m.several(3, m.constant))
	set(spec, "enums", m.several(3, m.enum))
	set(spec, "flags", m.several(2, m.flagSet))
	messages, packets := true, m.Intn(3) == 0
	if packets {
		messages = m.Intn(3) > 0
	}
	var structs []*yaml.Node
	if messages {
		structs = m.several(4, m.group)
	}
	if packets {
		structs = append(structs, m.several(3, m.packetGroup)...)
	}
	set(spec, "structs", structs)
	if messages {
		m.addMessages(spec)
	}
	if packets {
		set(spec, "packets", m.packets())
	}
	m.layout(spec)
	return spec
}

func (m *specMaker) addMessages(spec *yaml.Node) {
	ids := m.Perm(255)
	count := 1 + m.Intn(4)
	var messages []*yaml.Node
	for _, id := range ids[:count] {
		messages = append(messages, m.message(id+1))
	}
	set(spec, "messages", messages)
	if m.rarely() {
		set(spec, "reserved", mapping("ids", []*yaml.Node{node(ids[count] + 1)}, "names", []*yaml.Node{node(m.typeName())}))
	}
}

func (m *specMaker) rarely() bool { return m.Intn(4) == 0 }
func (m *specMaker) often() bool  { return m.Intn(4) != 0 }

// layout decides how the YAML looks.
func (m *specMaker) layout(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode && m.rarely() {
		n.Style = yaml.FlowStyle
	}
	if n.Tag == "!!str" {
		n.Style = pick(m.Rand, []yaml.Style{0, 0, 0, yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle})
	}
	for _, child := range n.Content {
		m.layout(child)
	}
}

// several makes up to most of something, nil for none.
func (m *specMaker) several(most int, one func() *yaml.Node) []*yaml.Node {
	var nodes []*yaml.Node
	for range m.Intn(most + 1) {
		if n := one(); n != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

var docs = []string{
	"What it is.", "*/ int escaped; /*", "// not a comment \\", "'''\"\"\"", "` ${x} %d %s %", "ends with a backslash \\", "trigraph ??/", "\"quoted\"",
	"two\nlines", "a paragraph\n\nand another\n\n\twith an example */", "# hash: and colon", "°C µ € 🌡 \u202f", "{{.}} <b>&amp;</b> --> <!--",
	"#define X 1\n#include <x>\n//go:build ignore\n//export X", "It is so long that it has to be wrapped, as it does not fit on a line of any of the languages, not one of them.",
	strings.Repeat("unbreakable", 14), "\\x41 \\u0041 \\N{BULLET} \\", "@param {string} x", "*", "/", "-", "!", "Tab\tin it", "$(x) $x", "nul is not \\0",
}

// doc returns a doc, or nil for none.
func (m *specMaker) doc() any {
	if m.often() {
		return nil
	}
	doc := pick(m.Rand, docs)
	for m.rarely() {
		doc += pick(m.Rand, []string{" ", "\n", "\n\n"}) + pick(m.Rand, docs)
	}
	return doc
}

func nothing(string) []string { return nil }

func (m *specMaker) typeName() string {
	return m.named.fresh(func() string { return pascalName(m.Rand) }, nothing)
}

// valueNames makes names of what belongs to a type.
func (m *specMaker) valueNames(owner string, count int) []string {
	var names []string
	for range count {
		names = append(names, m.named.fresh(func() string { return owner + pascalName(m.Rand) }, nothing)[len(owner):])
	}
	return names
}

func (m *specMaker) constant() *yaml.Node {
	kind := pick(m.Rand, integers)
	lo, hi := kind.limits()
	value := m.number(lo, hi)
	if m.often() {
		value = big.NewInt(int64(1 + m.Intn(100)))
	}
	name := m.typeName()
	if value.Sign() > 0 && value.Cmp(big.NewInt(100)) < 0 && name != "True" && name != "NULL" { // which YAML takes for others
		m.constants = append(m.constants, constant{name, value.Int64()})
	}
	return mapping("name", name, "doc", m.doc(), "type", kind.name, "value", value)
}

func (m *specMaker) number(lo, hi *big.Int) *big.Int { return maker{m.Rand, valid}.between(lo, hi) }

func (m *specMaker) enum() *yaml.Node {
	kind := pick(m.Rand, integers)
	lo, hi := kind.limits()
	e := enum{name: m.typeName()}
	used := map[string]bool{}
	e.values = m.valueNames(e.name, 1+m.Intn(5))
	var values []*yaml.Node
	for _, name := range e.values {
		n := m.number(lo, hi)
		for used[n.String()] {
			n = new(big.Int).Add(lo, big.NewInt(int64(m.Intn(256))))
		}
		used[n.String()] = true
		e.zero = e.zero || n.Sign() == 0
		values = append(values, mapping("name", name, "value", n, "doc", m.doc()))
	}
	m.enums = append(m.enums, e)
	return mapping("name", e.name, "type", kind.name, "doc", m.doc(), "values", values)
}

func (m *specMaker) flagSet() *yaml.Node {
	kind := pick(m.Rand, unsigned)
	name := m.typeName()
	places := m.Perm(8 * kind.size)
	var bits []*yaml.Node
	for i, bit := range m.valueNames(name, 1+m.Intn(min(len(places), 5))) {
		bits = append(bits, mapping("name", bit, "bit", places[i], "doc", m.doc()))
	}
	m.flags = append(m.flags, name)
	return mapping("name", name, "type", kind.name, "bits", bits, "doc", m.doc())
}

// group makes a struct that messages hold.
func (m *specMaker) group() *yaml.Node {
	name := m.typeName()
	b := m.body(name)
	var fields []*yaml.Node
	for range 1 + m.Intn(4) {
		fields = append(fields, b.field(1))
	}
	if b.plain { // nothing says that it is for messages
		fields = append(fields, mapping("name", b.name(), "type", "bool"))
		b.size++
	}
	m.structs = append(m.structs, group{name, b.size})
	return mapping("name", name, "doc", m.doc(), "fields", fields)
}

func (m *specMaker) message(id int) *yaml.Node {
	name := m.named.fresh(func() string { return pascalName(m.Rand) }, func(n string) []string { return []string{n + "ID", n + "Topic", n + "MaxSize"} })
	b := m.body(name)
	fields := []*yaml.Node{}
	since := 1
	count := m.Intn(9)
	if b.mostlyOptional = m.Intn(6) == 0; b.mostlyOptional {
		count = 9 + m.Intn(9)
	}
	for range count {
		if m.Intn(5) == 0 {
			since += 1 + m.Intn(2)
		}
		fields = append(fields, b.field(since))
	}
	n := mapping("name", name, "id", id, "doc", m.doc(), "fields", fields)
	if m.rarely() {
		set(n, "topic", pick(m.Rand, []string{"reading", "a/b", "ä/€ \"quoted\"\\", "%s/${x}", "*x*", "x y"}))
	}
	return n
}
