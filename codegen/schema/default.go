package schema

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// defaults reads default, and wants one where zero is not a value that the field can have.
func (b *bodyParser) defaults(o *object, f *Field) {
	switch key := o.keys["default"]; {
	case f.Type.Kind == 0 || b.owner.use.side == forPackets: // reported
	case key == nil:
		b.needsDefault(o, f)
	case f.Presence != nil:
		b.nodeFault(key, "default of an optional field", "it is absent at first", "remove one of them")
	default:
		f.Default = b.readDefault(o, f)
	}
}

// What is wrong with a default that an encoder would not write, and what to do.
const (
	outside = "it is outside of min and max"
	within  = "take one within, or widen them"
)

func (b *bodyParser) readDefault(o *object, f *Field) *Default {
	const key = "default"
	v := o.values[key]
	t := &f.Type
	switch {
	case t.Enum != nil:
		name, ok := b.scalar(v, key)
		value := t.Enum.value(name)
		if ok && value == nil {
			names := t.Enum.names()
			b.nodeFault(v, fmt.Sprintf("unknown value %s of %s", quote(name), t.Enum.Name), "", Closest(name, names, "it has "+listed(names)))
		}
		if value != nil {
			return &Default{Raw: value.Value, Enum: value}
		}
	case t.Kind.Integer() && !t.named():
		if raw, ok := b.defaultNumber(o, f); ok {
			if !f.allows(raw) {
				b.nodeFault(v, "default is "+v.Value, outside, within)
			}
			return &Default{Raw: raw}
		}
	case t.Kind.Float():
		if n, ok := o.decimal(key); ok {
			d := &Default{Float: t.Kind.float(n)}
			if !f.Bounds.allow(d.Float) {
				b.nodeFault(v, "default is "+v.Value, outside, within)
			}
			return d
		}
	case t.Kind == Bool:
		return &Default{Bool: o.flag(key)}
	case t.Kind == String:
		return b.defaultText(v, t)
	default:
		b.nodeFault(o.keys[key], key+" of a field that is no number, bool, enum or string", "it begins empty, or with all bits 0", "remove it")
	}
	return nil
}

// defaultNumber returns the number on the wire. A scaled one is exact: a bound may move inwards, a value must not move.
func (b *bodyParser) defaultNumber(o *object, f *Field) (raw Int, ok bool) {
	if f.Scale == nil {
		return o.value("default", f.Type.Kind)
	}
	below, ok := o.bound("default", f.Type.Kind, f.Scale, floor)
	if !ok {
		return nil, false
	}
	above, _ := o.bound("default", f.Type.Kind, f.Scale, ceil)
	var near []string
	for _, raw := range []Int{below, above} {
		if f.allows(raw) {
			near = append(near, f.Scale.Text(raw))
		}
	}
	if below.Cmp(above) != 0 && near != nil {
		v := o.values["default"]
		b.nodeFault(v, "default is "+v.Value, "no number on the wire stands for it", "take the nearest, "+strings.Join(near, " or "))
		return nil, false
	}
	return below, true
}

func (b *bodyParser) defaultText(v *yaml.Node, t *Type) *Default {
	text, ok := b.scalar(v, "default")
	if !ok || !utf8.ValidString(text) {
		return nil
	}
	if len(text) > t.MaxLen {
		b.nodeFault(v, fmt.Sprintf("default has %d bytes", len(text)), fmt.Sprintf("the limit is %d", t.MaxLen), "shorten it or raise the limit")
	}
	return &Default{Text: text}
}

// needsDefault reports a field that older writers leave out while zero, which it would be then, is no value of it.
func (b *bodyParser) needsDefault(o *object, f *Field) {
	if f.Since < 2 || f.Presence != nil || f.Type.Kind == Array && f.Type.Count == 0 {
		return
	}
	zero := true
	switch t := f.Type.number(); {
	case t.Enum != nil:
		zero = t.Enum.has(new(big.Int))
	case t.Kind.Integer():
		zero = f.allows(new(big.Int))
	case t.Kind.Float():
		zero = f.Bounds.allow(0)
	}
	switch {
	case zero:
	case f.Type.Kind == Array:
		b.nodeFault(o.node, "an array added later", "its elements would be 0 where an older writer leaves it out, which is no value of theirs",
			"let it be counted or optional")
	default:
		b.nodeFault(o.node, "a field added later without default", "it would be 0 where an older writer leaves it out, which is no value of it", "add default")
	}
}

func (e *Enum) has(number Int) bool {
	for _, v := range e.Values {
		if v.Value != nil && v.Value.Cmp(number) == 0 {
			return true
		}
	}
	return false
}
