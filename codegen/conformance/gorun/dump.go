package gorun

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// dumper prints what a generated struct holds.
type dumper struct {
	lines  []Line
	scaled func(owner reflect.Value, f *schema.Field, at []reflect.Value) // told of each scaled number; may be nil
}

func dump(m any, b *schema.Body) []Line {
	d := &dumper{}
	d.body(reflect.ValueOf(m), b, "")
	return d.lines
}

func (d *dumper) add(path, format string, args ...any) {
	d.lines = append(d.lines, Line{path, fmt.Sprintf(format, args...)})
}

// member returns the field of a generated struct behind a pointer.
func member(p reflect.Value, name string) reflect.Value {
	v := p.Elem().FieldByName(name)
	if !v.IsValid() {
		panic(fmt.Sprintf("%s has no %s", p.Type(), name))
	}
	return v
}

func method(p reflect.Value, name string) reflect.Value {
	m := p.MethodByName(name)
	if !m.IsValid() {
		panic(fmt.Sprintf("%s has no method %s", p.Type(), name))
	}
	return m
}

func (d *dumper) body(p reflect.Value, b *schema.Body, prefix string) {
	for _, f := range b.Fields {
		path := prefix + f.Name.Snake()
		if f.Presence != nil && !member(p, "Has"+f.Name.Pascal()).Bool() {
			d.add(path, "none")
			continue
		}
		d.field(p, f, prefix, path)
	}
}

func (d *dumper) field(p reflect.Value, f *schema.Field, prefix, path string) {
	v := member(p, f.Name.Pascal())
	switch {
	case f.Type.Kind == schema.StructValue:
		d.body(v.Addr(), &f.Type.Struct.Body, path+".")
		return
	case f.Type.Kind == schema.Union:
		d.union(v.Addr(), f.Type.Variants, path)
		return
	case f.Type.Kind == schema.Array && f.Type.Elem.Kind == schema.StructValue:
		if f.Type.Count == 0 {
			d.add(path, "%d", v.Len())
		}
		for i := range v.Len() {
			d.body(v.Index(i).Addr(), &f.Type.Elem.Struct.Body, fmt.Sprintf("%s[%d].", path, i))
		}
		return
	}
	d.add(path, "%s", text(f.Type.Kind, v))
	for _, b := range f.Type.Bits {
		d.add(path+"."+b.Name.Snake(), "%d", method(p, f.Name.Pascal()+b.Name.Pascal()).Call(nil)[0].Uint())
	}
	if f.Scale != nil {
		d.scale(p, f, prefix, v)
	}
}

func (d *dumper) union(p reflect.Value, variants []*schema.Variant, path string) {
	tag := member(p, "Tag").Uint()
	d.add(path+".tag", "%d", tag)
	for _, v := range variants {
		if uint64(v.Tag) == tag {
			d.body(member(p, v.Name.Pascal()).Addr(), &v.Struct.Body, path+"."+v.Name.Snake()+".")
			return
		}
	}
	if tag != 0 {
		d.add(path+".unknown", "<%x>", member(p, "Raw").Bytes())
	}
}

func (d *dumper) scale(p reflect.Value, f *schema.Field, prefix string, v reflect.Value) {
	path := prefix + f.Scale.Accessor.Snake()
	get := method(p, f.Scale.Accessor.Pascal())
	one := func(at ...reflect.Value) string {
		if d.scaled != nil {
			d.scaled(p, f, at)
		}
		return fmt.Sprintf("0x%016x", math.Float64bits(get.Call(at)[0].Float()))
	}
	if f.Type.Kind != schema.Array {
		d.add(path, "%s", one())
		return
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = one(reflect.ValueOf(i))
	}
	d.add(path, "[%s]", strings.Join(words, " "))
}

func text(k schema.Kind, v reflect.Value) string {
	switch {
	case k == schema.SizedBytes || k == schema.FixedBytes:
		return fmt.Sprintf("<%x>", v.Bytes())
	case k == schema.String:
		return quoted(v.String())
	case k == schema.Array:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = text(0, v.Index(i))
		}
		return "[" + strings.Join(words, " ") + "]"
	case v.CanFloat() && math.IsNaN(v.Float()):
		return "nan"
	case v.Kind() == reflect.Float32:
		return fmt.Sprintf("0x%08x", math.Float32bits(float32(v.Float())))
	case v.Kind() == reflect.Float64:
		return fmt.Sprintf("0x%016x", math.Float64bits(v.Float()))
	case v.CanUint():
		return fmt.Sprint(v.Uint())
	case v.CanInt():
		return fmt.Sprint(v.Int())
	}
	return fmt.Sprint(v.Bool())
}

func quoted(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return `"` + b.String() + `"`
}
