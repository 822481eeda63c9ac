package cgen

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// layoutHash names everything that header and sources must agree on: names, numbers, types, order and conditions, but
// no text for people.
func layoutHash(spec *schema.Spec) uint32 {
	var b strings.Builder
	fmt.Fprintln(&b, spec.C.Prefix, spec.C.Component)
	for _, c := range spec.Constants {
		fmt.Fprintln(&b, "constant", c.Name, c.Kind, c.Value)
	}
	for _, e := range spec.Enums {
		fmt.Fprintln(&b, "enum", e.Name, e.Kind)
		for _, v := range e.Values {
			fmt.Fprintln(&b, v.Name, v.Value)
		}
	}
	for _, f := range spec.Flags {
		fmt.Fprintln(&b, "flags", f.Name, f.Kind)
		for _, bit := range f.Bits {
			fmt.Fprintln(&b, bit.Name, bit.Bit)
		}
	}
	for _, s := range spec.Structs {
		fmt.Fprintln(&b, "struct", s.Name)
		layoutItems(&b, s.Items)
	}
	for _, p := range spec.Packets {
		fmt.Fprintln(&b, "packet", p.Name, p.Type, p.Forbidden, p.Up, p.Down, p.Broadcast != nil, words(p.Broadcast))
		for _, f := range p.Flags {
			fmt.Fprintln(&b, "flag", f.Name, f.Bit)
			if f.Requires != nil {
				fmt.Fprintln(&b, "requires", f.Requires.Name)
			}
		}
		layoutItems(&b, p.Items)
	}
	for _, m := range spec.Messages {
		fmt.Fprintln(&b, "message", m.Name, m.ID, strconv.Quote(m.Topic))
		layoutItems(&b, m.Items)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return binary.BigEndian.Uint32(sum[:])
}

func layoutItems(b *strings.Builder, items []schema.Item) {
	for _, it := range items {
		switch it := it.(type) {
		case *schema.Field:
			layoutField(b, it)
		case *schema.Switch:
			fmt.Fprintln(b, "switch", it.On.Name)
			for _, c := range it.Cases {
				fmt.Fprintln(b, "case", c.Value.Name)
				for _, f := range c.Fields {
					layoutField(b, f)
				}
			}
			fmt.Fprintln(b, "end")
		}
	}
}

func layoutField(b *strings.Builder, f *schema.Field) {
	t := f.Type
	fmt.Fprintln(b, f.Name, t.Kind, t.Size, t.Prefix, t.MinLen, t.MaxLen, t.Less, t.Critical, words(f.If))
	if t.Enum != nil {
		fmt.Fprintln(b, "of", t.Enum.Name)
	}
	if t.Struct != nil {
		fmt.Fprintln(b, "of", t.Struct.Name)
	}
	for _, r := range f.Ranges {
		fmt.Fprintln(b, "range", r.Min, r.Max, words(r.If))
	}
	layoutMessageField(b, f)
}

// layoutMessageField writes what only fields of messages have, and nothing for those of packets.
func layoutMessageField(b *strings.Builder, f *schema.Field) {
	t := f.Type
	if t.Flags != nil {
		fmt.Fprintln(b, "of flags", t.Flags.Name)
	}
	for _, part := range t.Bits {
		fmt.Fprintln(b, "bits", part.Name, part.Shift, part.Width)
	}
	if t.Elem != nil {
		fmt.Fprintln(b, "count", t.Count)
		layoutField(b, &schema.Field{Type: *t.Elem})
	}
	for _, v := range t.Variants {
		fmt.Fprintln(b, "variant", v.Name, v.Tag, v.Struct.Name)
	}
	if s := f.Scale; s != nil {
		fmt.Fprintln(b, "scale", s.Num, s.Den, s.Add, s.Accessor)
	}
	if f.Bounds != nil {
		fmt.Fprintln(b, "bounds", *f.Bounds)
	}
	if f.Presence != nil {
		fmt.Fprintln(b, "optional", f.Presence.Index, f.Bit)
	}
	if f.Since > 1 {
		fmt.Fprintln(b, "since", f.Since)
	}
	if d := f.Default; d != nil {
		fmt.Fprintln(b, "default", d.Raw, d.Float, d.Bool, strconv.Quote(d.Text))
	}
}
