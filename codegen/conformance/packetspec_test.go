package conformance

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// packetMaker makes the fields of a packet, or of a struct that packets hold.
type packetMaker struct {
	*specMaker
	given  naming
	flags  []string
	scope  []asked // that conditions may speak of: what is sure to stand before
	greedy bool    // the last field takes the rest
}

// asked is an enum field.
type asked struct {
	name string
	enum enum
}

// mostAsked bounds the enum fields that conditions speak of, since all their values are tried in all combinations.
const mostAsked = 2

func (m *specMaker) packetBody(flags []string) *packetMaker {
	return &packetMaker{specMaker: m, given: naming{"header": true, "length": true, "tail": true, "rest": true}, flags: flags}
}

// packetGroup makes a struct that packets hold.
func (m *specMaker) packetGroup() *yaml.Node {
	name := m.typeName()
	p := m.packetBody(nil)
	fields := p.fields(1 + m.Intn(4))
	m.packetStructs = append(m.packetStructs, packetGroup{name, p.greedy})
	return mapping("name", name, "doc", m.doc(), "fields", fields)
}

// packets makes some, the first of which can be sent: without one there is no decoder.
func (m *specMaker) packets() []*yaml.Node {
	var packets []*yaml.Node
	for i, typ := range m.Perm(16)[:1+m.Intn(5)] {
		packets = append(packets, m.packet(typ, i > 0 && m.Intn(8) == 0))
	}
	return packets
}

func (m *specMaker) packet(typ int, forbidden bool) *yaml.Node {
	name := m.named.fresh(func() string { return pascalName(m.Rand) }, func(n string) []string { return []string{"Type" + n, n + "Flags"} })
	n := mapping("name", name, "type", typ, "doc", m.doc())
	if forbidden {
		set(n, "forbidden", true)
		return n
	}
	set(n, "direction", pick(m.Rand, []string{"up", "down", "both"}))
	var flags []*yaml.Node
	names := m.valueNames(name, m.Intn(5))
	for i, bit := range m.Perm(4)[:len(names)] {
		flag := mapping("name", names[i], "bit", bit, "doc", m.doc())
		if m.rarely() && len(names) > 1 {
			set(flag, "requires", names[(i+1+m.Intn(len(names)-1))%len(names)])
		}
		flags = append(flags, flag)
	}
	set(n, "flags", flags)
	p := m.packetBody(names)
	if fields := p.fields(m.Intn(7)); len(fields) > 0 {
		set(n, "fields", fields)
	}
	p.scope = nil // what may be broadcast is known by the header
	switch condition := p.condition(); {
	case condition != "" && m.Intn(2) == 0:
		set(n, "broadcast", condition)
	case m.Intn(2) == 0:
		set(n, "broadcast", m.Intn(2) == 0)
	}
	return n
}

// fields makes some, and often one that takes the rest.
func (p *packetMaker) fields(count int) []*yaml.Node {
	var fields []*yaml.Node
	for range count {
		if len(p.scope) > 0 && p.rarely() {
			fields = append(fields, p.choice())
			continue
		}
		fields = append(fields, p.field())
	}
	if p.often() {
		fields = append(fields, p.last()...)
	}
	if len(fields) == 0 {
		fields = append(fields, p.number())
	}
	return fields
}

func (p *packetMaker) name() string {
	return p.given.fresh(func() string { return snakeName(p.Rand) }, func(n string) []string { return []string{n + "_len"} })
}

// field makes one that does not take the rest.
func (p *packetMaker) field() *yaml.Node {
	var n *yaml.Node
	inner := slices.DeleteFunc(slices.Clone(p.packetStructs), func(g packetGroup) bool { return g.greedy })
	switch kind := p.Intn(8); {
	case kind < 2 && len(p.enums) > 0:
		e := pick(p.Rand, p.enums)
		n = mapping("name", p.name(), "type", e.name)
		if p.Intn(2) == 0 {
			if len(p.scope) < mostAsked {
				p.scope = append(p.scope, asked{get(n, "name").Value, e})
			}
			return n
		}
	case kind == 2:
		n = mapping("name", p.name(), "type", "bytes", "size", 1+p.Intn(9))
	case kind == 3:
		least := p.Intn(4)
		most := max(1, least+pick(p.Rand, []int{0, 5, 40, 254, 300}))
		n = mapping("name", p.name(), "type", "bytes", "size", mapping("max", most))
		if least > 0 {
			set(get(n, "size"), "min", least)
		}
	case kind == 4 && len(inner) > 0:
		n = mapping("name", p.name(), "type", pick(p.Rand, inner).name)
	default:
		n = p.number()
	}
	p.maybe(n)
	return n
}

// maybe lets a field be there on a condition.
func (p *packetMaker) maybe(n *yaml.Node) {
	if condition := p.condition(); condition != "" && p.Intn(3) == 0 {
		set(n, "if", condition)
	}
	set(n, "doc", p.doc())
}

// number makes an integer, often with ranges.
func (p *packetMaker) number() *yaml.Node {
	kind := pick(p.Rand, integers)
	n := mapping("name", p.name(), "type", kind.name)
	if p.rarely() {
		set(n, "unit", "anything")
	}
	lo, hi := kind.limits()
	if p.Intn(3) == 0 {
		p.bounds(n, lo, hi)
	}
	var ranges []*yaml.Node
	for p.Intn(4) == 0 {
		r := mapping()
		if condition := p.condition(); condition != "" {
			set(r, "if", condition)
		}
		p.bounds(r, lo, hi)
		ranges = append(ranges, r)
	}
	set(n, "ranges", ranges)
	return n
}

// bounds adds min, max or both.
func (p *packetMaker) bounds(n *yaml.Node, lo, hi *big.Int) {
	a, b := p.specMaker.number(lo, hi), p.specMaker.number(lo, hi)
	if a.Cmp(b) > 0 {
		a, b = b, a
	}
	which := p.Intn(3)
	if which != 0 {
		set(n, "min", a)
	}
	if which != 1 {
		set(n, "max", b)
	}
}

// condition makes one that speaks once of some of what is in scope; "" where nothing is. One that says a thing twice, or
// contradicts itself, is what linters of the generated code complain of.
func (p *packetMaker) condition() string {
	terms := slices.Clone(p.flags)
	for _, a := range p.scope {
		terms = append(terms, fmt.Sprintf("%s == %s", a.name, pick(p.Rand, a.enum.values)))
	}
	if len(terms) == 0 {
		return ""
	}
	p.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	return p.joined(terms[:1+p.Intn(len(terms))])
}

func (p *packetMaker) joined(terms []string) string {
	if len(terms) == 1 {
		switch term := terms[0]; {
		case p.often():
			return term
		case strings.Contains(term, "=="):
			return "!(" + term + ")"
		default:
			return "!" + term
		}
	}
	middle := 1 + p.Intn(len(terms)-1)
	left, right := p.joined(terms[:middle]), p.joined(terms[middle:])
	return fmt.Sprintf(pick(p.Rand, []string{"%s && %s", "%s || %s", "%s||%s", "!(%s && %s)", "(%s || %s)", "(%s) && (%s)"}), left, right)
}

// choice makes a switch on an enum field.
func (p *packetMaker) choice() *yaml.Node {
	on := pick(p.Rand, p.scope)
	cases := mapping()
	for _, value := range on.enum.values {
		if p.Intn(5) == 0 && len(cases.Content) > 0 {
			continue // out of range then
		}
		fields := []*yaml.Node{}
		outer := p.scope
		for range p.Intn(3) {
			fields = append(fields, p.field())
		}
		p.scope = outer[:len(outer):len(outer)]
		set(cases, value, fields)
	}
	return mapping("switch", on.name, "cases", cases)
}

// last makes what takes the rest of the packet, and what may follow that.
func (p *packetMaker) last() []*yaml.Node {
	p.greedy = true
	inner := slices.DeleteFunc(slices.Clone(p.packetStructs), func(g packetGroup) bool { return !g.greedy })
	switch kind := p.Intn(4); {
	case kind == 0:
		n := mapping("name", p.name(), "type", "tlv")
		if p.Intn(2) == 0 {
			set(n, "tlv", mapping("critical", "odd"))
		}
		p.maybe(n)
		return []*yaml.Node{n}
	case kind == 1 && len(inner) > 0:
		n := mapping("name", p.name(), "type", pick(p.Rand, inner).name)
		p.maybe(n)
		return []*yaml.Node{n}
	}
	rest := mapping()
	least := p.Intn(3)
	if least > 0 {
		set(rest, "min", least)
	}
	if p.Intn(2) == 0 {
		set(rest, "max", least+p.Intn(20))
	}
	n := mapping("name", p.name(), "type", "bytes", "rest", rest)
	p.maybe(n)
	fields := []*yaml.Node{n}
	if p.rarely() {
		size := 0
		for range 1 + p.Intn(3) {
			bytes := 1 + p.Intn(4)
			size += bytes
			fields = append(fields, mapping("name", p.name(), "type", "bytes", "size", bytes))
		}
		set(rest, "less", size)
	}
	return fields
}
