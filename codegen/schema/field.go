package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// bodyParser reads a list of fields, and those of switch cases within.
type bodyParser struct {
	*parser
	owner  owner
	scope  scope
	given  names
	fields []*Field              // so far
	nodes  map[*Field]*yaml.Node // where each stands
	leaves int                   // fields so far, those of structs within counted one by one

	presences []*Presence // so far
	since     int         // of the field before
	sinceLine int         // that says so
}

// owner is whose body it is.
type owner struct {
	name Name
	what string // it is, for messages: "a struct"
	use  *use
}

// maxLeaves bounds the fields of a body, those of structs within counted one by one: structs of structs grow quickly.
const maxLeaves = 1000

// parseBody reads the fields of the owner, which stands at at.
func (p *parser) parseBody(at *yaml.Node, o owner, fields []*yaml.Node, flags []*Flag) Body {
	b := &bodyParser{parser: p, owner: o, scope: scope{flags: flags}, given: memberNames(o.what), nodes: map[*Field]*yaml.Node{}, since: 1}
	faults := len(p.errs)
	body := b.items(fields)
	if b.leaves > maxLeaves {
		b.nodeFault(at, fmt.Sprintf("more than %d fields, those of structs within included", maxLeaves), "", "split it")
		return Body{}
	}
	body.Fields, body.leaves = b.fields, b.leaves
	if len(p.errs) == faults && len(flags) <= maxFlags {
		b.measure(at, &body)
		setOffsets(body.Steps, 0)
	}
	return body
}

// items reads fields and switches.
func (b *bodyParser) items(nodes []*yaml.Node) Body {
	var body Body
	for _, n := range nodes {
		if n.Kind == yaml.MappingNode && hasKey(n, "switch") {
			b.only(forPackets, n, "a switch", "take a field of type union")
			if s := b.switchItem(n); s != nil && b.owner.use.side != forMessages {
				body.Items = append(body.Items, s)
			}
		} else if f := b.field(n); f != nil {
			body.Items = append(body.Items, f)
		}
	}
	body.Steps = steps(body.Items)
	return body
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

func (b *bodyParser) switchItem(n *yaml.Node) *Switch {
	o := b.object(n, switchObject)
	if o == nil {
		return nil
	}
	name := o.word("switch")
	s := &Switch{On: b.scope.enum(name)}
	if s.On == nil {
		if name != "" {
			b.nodeFault(o.values["switch"], "a switch on "+quote(name), "it is no enum field that always stands before", b.scope.hint(name))
		}
		return nil
	}
	v := o.values["cases"]
	if v == nil {
		return nil
	}
	cases := b.object(v, casesOf(name, s.On.Type.Enum))
	if cases == nil {
		return nil
	}
	if len(v.Content) == 0 {
		b.nodeFault(v, "a switch without cases", "no value would be in range", "add some")
	}
	for _, value := range s.On.Type.Enum.Values {
		if list := cases.values[string(value.Name)]; list != nil && b.plain(list, yaml.SequenceNode, "a case") {
			s.Cases = append(s.Cases, b.switchCase(value, list.Content))
		}
	}
	return s
}

// switchCase reads one case. What stands in it is no more certain after the switch.
func (b *bodyParser) switchCase(value *EnumValue, nodes []*yaml.Node) *Case {
	outer, first := b.scope, len(b.fields)
	defer func() { b.scope = outer }()
	var flat []*yaml.Node
	for _, n := range nodes {
		if n.Kind == yaml.MappingNode && hasKey(n, "switch") {
			b.nodeFault(n, "a switch within a switch", "people can read one choice at a time", "use another packet")
			continue
		}
		flat = append(flat, n)
	}
	steps := b.items(flat).Steps
	return &Case{Value: value, Fields: b.fields[first:len(b.fields):len(b.fields)], Steps: steps}
}

func (b *bodyParser) field(n *yaml.Node) *Field {
	o := b.object(n, fieldObject)
	if o == nil {
		return nil
	}
	f := &Field{At: o.pos(), Name: o.fieldName(), Doc: o.text("doc")}
	o.claim(b.given, "", f.Name)
	b.sides(o)
	b.fieldType(o, f)
	b.unit(o, f)
	if c := o.values["if"]; c != nil && b.owner.use.side != forMessages {
		f.If = b.cond(c, b.scope)
	}
	b.presence(o, f)
	b.generation(o, f)
	b.scale(o, f)
	b.ranges(o, f)
	b.defaults(o, f)
	b.nodes[f] = n
	b.fields = append(b.fields, f)
	if f.Type.Enum != nil && f.If == nil {
		b.scope.enums = append(b.scope.enums[:len(b.scope.enums):len(b.scope.enums)], f)
	}
	b.leaves++
	for _, s := range f.Type.structs() {
		b.leaves += s.leaves
	}
	return f
}

// sides reports the keys of a field that do not go with what the body is for.
func (b *bodyParser) sides(o *object) {
	for _, k := range []struct {
		key string
		of  side
		do  string
	}{
		{"if", forPackets, "say optional: true"},
		{"ranges", forPackets, "say min and max"},
		{"count", forMessages, ""},
		{"bits", forMessages, ""},
		{"optional", forMessages, "say if"},
		{"scale", forMessages, ""},
		{"offset", forMessages, ""},
		{"default", forMessages, ""},
	} {
		if o.has(k.key) {
			b.only(k.of, o.keys[k.key], k.key, k.do)
		}
	}
}

// presence gives an optional field its bit.
func (b *bodyParser) presence(o *object, f *Field) {
	if !o.flag("optional") {
		return
	}
	o.claim(b.given, "has_", f.Name)
	last := len(b.presences) - 1
	if last < 0 || len(b.presences[last].Fields) == 8 {
		last++
		b.presences = append(b.presences, &Presence{Index: last})
	}
	f.Presence = b.presences[last]
	f.Bit = uint8(len(f.Presence.Fields))
	f.Presence.Fields = append(f.Presence.Fields, f)
}

// generation reads since.
func (b *bodyParser) generation(o *object, f *Field) {
	f.Since = b.since
	key := o.keys["since"]
	switch {
	case key == nil && b.since > 1:
		b.nodeFault(o.node, "a field without since", fmt.Sprintf("line %d has one of generation %d and what is added stands at the end", b.sinceLine, b.since),
			fmt.Sprintf("move line %d's to the end, or say since: %d if this is the new one", b.sinceLine, b.since))
		b.since = 1 // said once
	case key == nil:
	case b.owner.use.side == forPackets:
		b.only(forMessages, key, "since", "")
	case b.owner.use.side != forMessages || b.owner.use.why != "":
		b.nodeFault(key, "since in a struct", "structs are frozen once published", "declare another one")
	default:
		f.Since = o.small("since", 2, maxGeneration, b.since)
		if f.Since < b.since {
			b.nodeFault(o.values["since"], fmt.Sprintf("since is %d", f.Since), fmt.Sprintf("the field before it is of generation %d", b.since),
				"what is added stands at the end")
			f.Since = b.since
		}
		b.since, b.sinceLine = f.Since, key.Line
	}
}

// maxGeneration bounds since.
const maxGeneration = 255
