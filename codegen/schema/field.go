package schema

import (
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"
)

// bodyParser reads a list of fields, and those of switch cases within.
type bodyParser struct {
	*parser
	scope  scope
	given  names
	fields []*Field              // so far
	nodes  map[*Field]*yaml.Node // where each stands
	leaves int                   // fields so far, those of structs within counted one by one
}

// maxLeaves bounds the fields of a body, those of structs within counted one by one: structs of structs grow quickly.
const maxLeaves = 1000

// parseBody reads the fields of at, a struct or packet.
func (p *parser) parseBody(at *yaml.Node, fields []*yaml.Node, flags []*Flag) Body {
	b := &bodyParser{parser: p, scope: scope{flags: flags}, given: names{}, nodes: map[*Field]*yaml.Node{}}
	faults := len(p.errs)
	body := b.items(fields)
	if b.leaves > maxLeaves {
		b.nodeFault(at, fmt.Sprintf("more than %d fields, those of structs within included", maxLeaves), "", "split it")
		return Body{}
	}
	body.Fields, body.leaves = b.fields, b.leaves
	if len(p.errs) == faults && len(flags) <= maxFlags {
		b.measure(at, &body)
	}
	return body
}

// items reads fields and switches.
func (b *bodyParser) items(nodes []*yaml.Node) Body {
	var body Body
	for _, n := range nodes {
		if n.Kind == yaml.MappingNode && hasKey(n, "switch") {
			if s := b.switchItem(n); s != nil {
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
	o := b.object(n, "a switch", "switch", "cases")
	if o == nil {
		return nil
	}
	o.require("cases")
	name := o.text("switch")
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
	cases := b.object(v, "cases of "+name, s.On.Type.Enum.names()...)
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
	o := b.object(n, "a field", "name", "type", "doc", "unit", "if", "min", "max", "ranges", "size", "rest", "tlv")
	if o == nil {
		return nil
	}
	o.require("name", "type")
	f := &Field{Name: o.fieldName(), Doc: o.text("doc"), Unit: o.text("unit")}
	o.claim(b.given, "", f.Name)
	b.fieldType(o, f)
	if c := o.values["if"]; c != nil {
		f.If = b.cond(c, b.scope)
	}
	b.ranges(o, f)
	b.nodes[f] = n
	b.fields = append(b.fields, f)
	if f.Type.Enum != nil && f.If == nil {
		b.scope.enums = append(b.scope.enums[:len(b.scope.enums):len(b.scope.enums)], f)
	}
	b.leaves++
	if f.Type.Struct != nil {
		b.leaves += f.Type.Struct.leaves
	}
	return f
}

func (b *bodyParser) fieldType(o *object, f *Field) {
	name := o.text("type")
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
			if tlv := b.object(v, "tlv", "critical"); tlv != nil {
				tlv.require("critical")
				tlv.pattern("critical", odd, "odd: no other types can be critical")
			}
		}
	default:
		b.nodeFault(o.values["type"], "unknown type "+quote(name), "enums and structs stand before their use",
			closest(name, b.types, "there are "+listed(b.types)))
	}
	for key, typ := range map[string]string{"size": "bytes", "rest": "bytes", "tlv": "tlv"} {
		if o.has(key) && name != typ {
			b.nodeFault(o.keys[key], fmt.Sprintf("%s of a field of type %s", key, quote(name)), "it goes with "+typ, "remove it")
		}
	}
}

var odd = regexp.MustCompile(`^odd$`)

func (b *bodyParser) bytesType(o *object, t *Type) {
	const ways = "say one of size: N, size: {max: N} and rest: {}"
	size, rest := o.values["size"], o.values["rest"]
	switch {
	case size == nil && rest == nil:
		b.nodeFault(o.node, "bytes without a length", "", ways)
	case size != nil && rest != nil:
		b.nodeFault(o.keys["rest"], "both size and rest", "", ways)
	case rest != nil:
		b.restType(rest, t)
	case size.Kind == yaml.MappingNode:
		b.sizedType(size, t)
	default:
		t.Kind = FixedBytes
		t.Size = o.small("size", 1, MaxPacketBody, 1)
	}
}

func (b *bodyParser) restType(n *yaml.Node, t *Type) {
	t.Kind, t.MaxLen = RestBytes, Unbounded
	o := b.object(n, "rest", "min", "max", "less")
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
	const most = 1<<16 - 1 // what a prefix of two bytes can state
	t.Kind, t.MaxLen, t.Prefix = SizedBytes, most, 2
	o := b.object(n, "size", "min", "max")
	if o == nil {
		return
	}
	o.require("max")
	t.MinLen = o.small("min", 0, most, 0)
	t.MaxLen = o.small("max", 1, most, most)
	if t.MaxLen <= 255 {
		t.Prefix = 1
	}
	if t.MinLen > t.MaxLen {
		b.nodeFault(n, fmt.Sprintf("min %d is above max %d", t.MinLen, t.MaxLen), "", "exchange them")
	}
}

func (b *bodyParser) ranges(o *object, f *Field) {
	if f.Type.Kind == 0 {
		return // an unknown type, reported
	}
	if !f.Type.Kind.Integer() || f.Type.Enum != nil {
		for _, key := range []string{"min", "max", "ranges"} {
			if o.has(key) {
				b.nodeFault(o.keys[key], key+" of a field that is no number", "", "remove it")
			}
		}
		return
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
	if n, ok := o.value("min", f.Type.Kind); ok {
		r.Min = n
	}
	if n, ok := o.value("max", f.Type.Kind); ok {
		r.Max = n
	}
	r.HasMin, r.HasMax = r.Min.Cmp(lo) > 0, r.Max.Cmp(hi) < 0
	if r.Min.Cmp(r.Max) > 0 {
		b.nodeFault(o.values["min"], fmt.Sprintf("min %s is above max %s", r.Min, r.Max), "", "exchange them")
	}
	f.Ranges = append(f.Ranges, r)
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
