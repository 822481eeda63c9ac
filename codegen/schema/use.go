package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// side is what a body is for. Packets and messages differ in what they may hold and in what their decoders check, so that
// a struct is for one of them: for that which uses it, or whose features it has.
type side uint8

const (
	forPackets side = iota + 1
	forMessages
)

func (s side) String() string { return [...]string{"both", "packets", "messages"}[s] }

// use is the side of a body, 0 while nothing has decided it, and what did.
type use struct {
	side side
	why  string
}

// only reports that what stands at n, which goes with one side only, stands in a body of the other side.
func (b *bodyParser) only(s side, n *yaml.Node, what, do string) {
	switch u := b.owner.use; {
	case u.side == 0:
		u.side, u.why = s, fmt.Sprintf("line %d has %s", n.Line, what)
		for _, f := range b.fields {
			for _, inner := range f.Type.structs() {
				b.decide(inner, s, n, u.why)
			}
		}
	case u.side != s && u.why != "": // a struct
		b.nodeFault(n, what+" in a struct for "+u.side.String(), fmt.Sprintf("it is for %s, yet %s", s, u.why), "use one or the other")
	case u.side != s:
		b.nodeFault(n, what+" in "+b.owner.what, "it is for "+s.String(), do)
	}
}

// holds notes that the body holds a struct, at n.
func (b *bodyParser) holds(inner *Struct, n *yaml.Node) {
	u := b.uses[inner]
	switch {
	case b.owner.use.side != 0:
		b.decide(inner, b.owner.use.side, n, fmt.Sprintf("line %d has it in %s", n.Line, b.owner.what))
	case u.side != 0:
		b.only(u.side, n, "struct "+string(inner.Name), "")
	}
}

// decide makes a struct, and those in it, one for this side, or reports at n that it is for the other.
func (p *parser) decide(s *Struct, to side, n *yaml.Node, why string) {
	u := p.uses[s]
	switch u.side {
	case to:
	case 0:
		u.side, u.why = to, why
		for _, f := range s.Fields {
			for _, inner := range f.Type.structs() {
				p.decide(inner, to, n, why)
			}
		}
	default:
		p.nodeFault(n, fmt.Sprintf("struct %s is for %s, not for %s", s.Name, u.side, to), u.why, "declare another one")
	}
}

// structs returns those that a value of the type holds itself.
func (t *Type) structs() []*Struct {
	switch t.Kind {
	case StructValue:
		return []*Struct{t.Struct}
	case Array:
		return t.Elem.structs()
	case Union:
		var all []*Struct
		for _, v := range t.Variants {
			if v.Struct != nil {
				all = append(all, v.Struct)
			}
		}
		return all
	}
	return nil
}
