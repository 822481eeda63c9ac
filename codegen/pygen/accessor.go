package pygen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// accessors writes the properties that say what the numbers of a field stand for.
func (r *record) accessors(f *schema.Field) {
	if f.Scale != nil {
		r.scaled(f)
	}
	for _, b := range f.Type.Bits {
		r.part(f, b)
	}
}

// property writes a property with its setter.
func (r *record) property(name, typ, doc string, get, set func()) {
	r.method(fmt.Sprintf("def %s(self) -> %s", name, typ), doc, get, "property")
	r.method(fmt.Sprintf("def %s(self, value: %s) -> None", name, typ), "", set, name+".setter")
}

// scaled writes the property of the value that a number, or each element of an array, stands for.
func (r *record) scaled(f *schema.Field) {
	name, attr := f.Scale.Accessor.Snake(), "self."+attribute(f.Name)
	many := f.Type.Kind == schema.Array
	typ, raw, value := "float", attr, "value"
	if many {
		typ, raw, value = "list[float]", "v", "v"
	}
	if f.Presence != nil {
		typ += " | None"
	}
	doc := "The value of " + f.Name.Snake()
	if f.Unit != "" {
		doc += " in " + f.Unit
	}
	r.property(name, typ, doc+".", func() {
		if f.Presence != nil {
			r.block("if "+attr+" is None:", func() { r.line("return None") })
		}
		get := scaledValue(f.Scale, raw)
		if many {
			get = "[" + get + " for v in " + attr + "]"
		}
		r.line("return %s", get)
	}, func() {
		if f.Presence != nil {
			r.block("if value is None:", func() {
				r.line("%s = None", attr)
				r.line("return")
			})
		}
		least, most := f.Limits()
		args := []string{rawValue(f.Scale, value), least.String(), most.String(), r.whereAccessor(name)}
		if many {
			r.comprehension(attr, r.wire("nearest"), args, "for v in value")
		} else {
			r.list(attr+" = "+r.wire("nearest")+"(", args, ")")
		}
	})
}

func (r *record) whereAccessor(name string) string { return fmt.Sprintf("%q", string(r.name)+"."+name) }

// scaledValue writes the scaled value of a raw one. Steps that change nothing are left out.
func scaledValue(s *schema.Scale, v string) string {
	x := "float(" + v + ")"
	if s.Num != 1 {
		x += fmt.Sprintf(" * %d.0", s.Num)
	}
	if s.Add != 0 {
		x += signed(s.Add)
	}
	if s.Den != 1 {
		if s.Add != 0 {
			x = "(" + x + ")"
		}
		x += fmt.Sprintf(" / %d.0", s.Den)
	}
	return x
}

// rawValue writes the raw value of a scaled one, not yet rounded.
func rawValue(s *schema.Scale, v string) string {
	x := v
	if s.Den != 1 {
		x += fmt.Sprintf(" * %d.0", s.Den)
	}
	if s.Add != 0 {
		x += signed(-s.Add)
	}
	if s.Num != 1 {
		if s.Add != 0 {
			x = "(" + x + ")"
		}
		x += fmt.Sprintf(" / %d.0", s.Num)
	}
	return x
}

func signed(n int64) string {
	if n < 0 {
		return fmt.Sprintf(" - %s.0", strings.TrimPrefix(fmt.Sprint(n), "-"))
	}
	return fmt.Sprintf(" + %d.0", n)
}

// partName is the property of a part of a byte group.
func partName(f *schema.Field, b *schema.Bits) string { return f.Name.Snake() + "_" + b.Name.Snake() }

// part writes the property of a part of a byte group.
func (r *record) part(f *schema.Field, b *schema.Bits) {
	name, attr := partName(f, b), "self."+attribute(f.Name)
	most := b.Mask() >> b.Shift
	doc := fmt.Sprintf("Bits %d..%d of %s: up to %d.", b.Shift, b.Shift+b.Width-1, f.Name.Snake(), most)
	if b.Width == 1 {
		doc = fmt.Sprintf("Bit %d of %s.", b.Shift, f.Name.Snake())
	}
	get, group := attr, attr
	if f.Presence != nil { // none of the bits is set while the group is not there
		get, group = "("+attr+" or 0)", attr+" or 0"
	}
	r.property(name, "int", strings.TrimSpace(strings.TrimSpace(b.Doc)+" "+doc), func() {
		r.line("return %s >> %d & 0x%X", get, b.Shift, most)
	}, func() {
		args := []string{group, "value", fmt.Sprintf("0x%X", most), fmt.Sprint(b.Shift), r.whereAccessor(name)}
		r.list(attr+" = "+r.wire("with_part")+"(", args, ")")
	})
}
