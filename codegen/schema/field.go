package schema

import (
	"fmt"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// bodyParser reads a list of fields, and those of switch cases within.
type bodyParser struct {
	*parser
	scope scope
	nodes map[*Field]*yaml.Node // where each stands
}

func (p *parser) parseBody(o *object, flags []*Flag) Body {
	b := &bodyParser{parser: p, scope: scope{flags: flags}, nodes: map[*Field]*yaml.Node{}}
	faults := len(p.errs)
	body := b.items(o.list("fields"), nil)
	body.Fields = b.scope.fields
	if len(p.errs) == faults {
		b.measure(o, &body)
	}
	return body
}

// items reads fields; of is the case they belong to, nil outside of any.
func (b *bodyParser) items(nodes []*yaml.Node, of *Case) Body {
	var body Body
	for _, n := range nodes {
		if n.Kind == yaml.MappingNode && hasKey(n, "switch") {
			if of != nil {
				b.nodeFault(n, "a switch within a switch", "one choice at a time can be read by people", "use another packet")
				continue
			}
			if s := b.switchItem(n); s != nil {
				body.Items = append(body.Items, s)
			}
			continue
		}
		if f := b.field(n); f != nil {
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
	o := b.object(n, "a switch", "switch", "cases")
	if o == nil {
		return nil
	}
	s := &Switch{}
	on := o.text("switch")
	for _, f := range b.scope.fields {
		if string(f.Name) == on && f.Type.Enum != nil && f.If == nil {
			s.On = f
		}
	}
	if s.On == nil {
		b.nodeFault(o.at("switch"), fmt.Sprintf("a switch on %q", on), "that is no enum field that always stands before", "name one")
		return nil
	}
	v := o.values["cases"]
	if v == nil {
		o.missing("cases")
		return nil
	}
	cases := b.object(v, "cases of "+on, s.On.Type.Enum.names()...)
	if cases == nil {
		return nil
	}
	// A name may stand in several cases if it is the same field; each case sees the fields before the switch only.
	outer := b.scope.fields
	all := outer
	for _, value := range s.On.Type.Enum.Values {
		list := cases.values[string(value.Name)]
		if list == nil || !b.plain(list, yaml.SequenceNode, "a case") {
			continue
		}
		c := &Case{Value: value}
		b.scope.fields = outer
		c.Steps = b.items(list.Content, c).Steps
		c.Fields = b.scope.fields[len(outer):]
		for _, f := range c.Fields {
			for _, other := range all[len(outer):] {
				if other.Name.Snake() == f.Name.Snake() {
					b.nodeFault(b.nodes[f], fmt.Sprintf("the name %q again", f.Name), "another case has it", "choose another")
				}
			}
		}
		all = append(all[:len(all):len(all)], c.Fields...)
		s.Cases = append(s.Cases, c)
	}
	b.scope.fields = all
	return s
}

func (b *bodyParser) field(n *yaml.Node) *Field {
	o := b.object(n, "a field", "name", "type", "doc", "unit", "if", "min", "max", "ranges", "size", "rest", "tlv")
	if o == nil {
		return nil
	}
	f := &Field{Name: o.name(snake), Doc: o.text("doc"), Unit: o.text("unit")}
	for _, other := range b.scope.fields {
		if other.Name.Snake() == f.Name.Snake() && f.Name != "" {
			b.nodeFault(o.values["name"], fmt.Sprintf("the name %q again", f.Name), fmt.Sprintf("line %d has it", b.nodes[other].Line), "choose another")
		}
	}
	b.fieldType(o, f)
	if c := o.values["if"]; c != nil {
		f.If = b.cond(c, b.scope)
	}
	b.ranges(o, f)
	b.nodes[f] = n
	b.scope.fields = append(b.scope.fields[:len(b.scope.fields):len(b.scope.fields)], f)
	return f
}

func (b *bodyParser) fieldType(o *object, f *Field) {
	name := o.required("type")
	t := &f.Type
	switch {
	case name == "":
	case integerKinds[name] != 0:
		t.Kind = integerKinds[name]
		t.Size = t.Kind.Size()
	case b.enums[name] != nil:
		t.Enum = b.enums[name]
		t.Kind = t.Enum.Kind
		t.Size = t.Kind.Size()
	case b.structs[name] != nil:
		t.Kind, t.Struct = StructValue, b.structs[name]
	case name == "bytes":
		b.bytesType(o, t)
	case name == "tlv":
		t.Kind = TLVs
		t.Critical = "odd"
		if v := o.values["tlv"]; v != nil {
			if tlv := b.object(v, "tlv", "critical"); tlv != nil && tlv.required("critical") != "odd" {
				b.nodeFault(tlv.at("critical"), "critical types other than odd ones", "", "write odd")
			}
		}
	default:
		known := append(append(append(sortedKeys(integerKinds), otherKinds...), sortedKeys(b.enums)...), sortedKeys(b.structs)...)
		b.nodeFault(o.values["type"], fmt.Sprintf("unknown type %q", name), "",
			closest(name, known, "there are "+strings.Join(known, ", ")+"; enums and structs stand before their use"))
	}
	for key, kinds := range map[string]string{"size": "bytes", "rest": "bytes", "tlv": "tlv"} {
		if o.has(key) && name != kinds {
			b.nodeFault(o.keys[key], fmt.Sprintf("%s of a field of type %s", key, name), "it goes with "+kinds, "remove it")
		}
	}
}

func (b *bodyParser) bytesType(o *object, t *Type) {
	size, rest := o.values["size"], o.values["rest"]
	switch {
	case (size == nil) == (rest == nil):
		b.nodeFault(o.node, "bytes without a length", "", "say one of size: N, size: {max: N} and rest: {}")
	case rest != nil:
		t.Kind, t.MaxLen = RestBytes, Unbounded
		if r := b.object(rest, "rest", "min", "max", "less"); r != nil {
			t.MinLen = r.small("min", 0, MaxPacketBody, 0)
			t.MaxLen = r.small("max", 0, MaxPacketBody, Unbounded)
			t.Less = r.small("less", 0, MaxPacketBody, 0)
		}
		if t.MaxLen != Unbounded && t.MinLen > t.MaxLen {
			b.nodeFault(rest, "min above max", "", "exchange them")
		}
	case size.Kind == yaml.MappingNode:
		t.Kind = SizedBytes
		if s := b.object(size, "size", "min", "max"); s != nil {
			if !s.has("max") {
				s.missing("max")
			}
			t.MinLen = s.small("min", 0, 65535, 0)
			t.MaxLen = s.small("max", 1, 65535, 65535)
		}
		if t.MinLen > t.MaxLen {
			b.nodeFault(size, "min above max", "", "exchange them")
		}
		t.Prefix = 1
		if t.MaxLen > 255 {
			t.Prefix = 2
		}
	default:
		t.Kind = FixedBytes
		t.Size = o.small("size", 1, MaxPacketBody, 1)
	}
}

func (b *bodyParser) ranges(o *object, f *Field) {
	for _, key := range []string{"min", "max", "ranges"} {
		if o.has(key) && (!f.Type.Kind.Integer() || f.Type.Enum != nil) {
			if f.Type.Kind != 0 {
				b.nodeFault(o.keys[key], fmt.Sprintf("%s of a field that is no number", key), "", "remove it")
			}
			return
		}
	}
	if o.has("min") || o.has("max") {
		b.addRange(o, f, nil)
	}
	for _, n := range o.list("ranges") {
		r := b.object(n, "a range", "if", "min", "max")
		if r == nil {
			continue
		}
		var c Cond
		if r.has("if") {
			c = b.cond(r.values["if"], b.scope)
		}
		if !r.has("min") && !r.has("max") {
			b.nodeFault(n, "a range without bounds", "", "say min, max or both")
		}
		b.addRange(r, f, c)
	}
}

func (b *bodyParser) addRange(o *object, f *Field, c Cond) {
	lo, hi := f.Type.Kind.bounds()
	r := Range{If: c, Min: lo, Max: hi}
	if o.has("min") {
		r.Min = o.value("min", f.Type.Kind)
	}
	if o.has("max") {
		r.Max = o.value("max", f.Type.Kind)
	}
	r.HasMin, r.HasMax = r.Min.Cmp(lo) > 0, r.Max.Cmp(hi) < 0
	if r.Min.Cmp(r.Max) > 0 {
		b.nodeFault(o.node, fmt.Sprintf("min %s is above max %s", r.Min, r.Max), "", "exchange them")
	}
	f.Ranges = append(f.Ranges, r)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// steps joins neighbours of fixed size and equal condition into runs.
func steps(items []Item) []Step {
	var out []Step
	for _, it := range items {
		f, ok := it.(*Field)
		if !ok {
			out = append(out, &Choose{it.(*Switch)})
			continue
		}
		if f.Type.Size == 0 {
			out = append(out, &Var{f.If, f})
			continue
		}
		if len(out) > 0 {
			if run, ok := out[len(out)-1].(*Run); ok && CondString(run.If) == CondString(f.If) {
				run.Fields = append(run.Fields, f)
				run.Size += f.Type.Size
				continue
			}
		}
		out = append(out, &Run{f.If, []*Field{f}, f.Type.Size})
	}
	return out
}
