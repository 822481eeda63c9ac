package breaking

import "github.com/esp-now-network/esp-now-network/codegen/schema"

func (c *comparer) packages() {
	for _, p := range []struct{ what, old, now string }{
		{"the spec", c.old.Name, c.now.Name},
		{"the Go package", c.old.Go.Package, c.now.Go.Package},
		{"the C prefix", c.old.C.Prefix, c.now.C.Prefix},
		{"the component", c.old.C.Component, c.now.C.Component},
	} {
		if p.old != p.now {
			c.add(packageRenamed, top, "%s is named %s, it was %s", p.what, p.now, p.old)
		}
	}
}

func (c *comparer) gone(what string, name schema.Name, at schema.Pos) {
	c.add(declarationRemoved, top, "%s %s is gone %s", what, name, was(at))
}

func (c *comparer) constants() {
	for _, o := range c.old.Constants {
		n := named(c.now.Constants, o.Name, func(k *schema.Constant) schema.Name { return k.Name })
		switch {
		case n == nil:
			c.gone("constant", o.Name, o.At)
		case n.Kind != o.Kind || n.Value.Cmp(o.Value) != 0:
			c.add(constantChanged, n.At, "constant %s is %s as %s, it was %s as %s", n.Name, n.Value, n.Kind, o.Value, o.Kind)
		}
	}
}

func (c *comparer) enums() {
	for _, o := range c.old.Enums {
		n := named(c.now.Enums, o.Name, func(e *schema.Enum) schema.Name { return e.Name })
		if n == nil {
			c.gone("enum", o.Name, o.At)
			continue
		}
		if n.Kind != o.Kind {
			c.add(enumType, n.At, "enum %s is of type %s, it was %s", n.Name, n.Kind, o.Kind)
		}
		for _, ov := range o.Values {
			nv := named(n.Values, ov.Name, func(v *schema.EnumValue) schema.Name { return v.Name })
			switch {
			case nv == nil:
				c.add(enumValueRemoved, n.At, "value %s = %s of %s is gone %s", ov.Name, ov.Value, n.Name, was(ov.At))
			case nv.Value.Cmp(ov.Value) != 0:
				c.add(enumValueChanged, nv.At, "%s of %s is %s, it was %s", nv.Name, n.Name, nv.Value, ov.Value)
			}
		}
	}
}

func (c *comparer) flags() {
	for _, o := range c.old.Flags {
		n := named(c.now.Flags, o.Name, func(f *schema.Flags) schema.Name { return f.Name })
		if n == nil {
			c.gone("flags", o.Name, o.At)
			continue
		}
		if n.Kind != o.Kind {
			c.add(flagsType, n.At, "flags %s are of type %s, they were %s", n.Name, n.Kind, o.Kind)
		}
		for _, ob := range o.Bits {
			nb := named(n.Bits, ob.Name, func(f *schema.Flag) schema.Name { return f.Name })
			switch {
			case nb == nil:
				c.add(flagRemoved, n.At, "bit %d of %s, %s, is gone %s", ob.Bit, n.Name, ob.Name, was(ob.At))
			case nb.Bit != ob.Bit:
				c.add(flagChanged, nb.At, "%s of %s is bit %d, it was %d", nb.Name, n.Name, nb.Bit, ob.Bit)
			}
		}
	}
}

func (c *comparer) structs() {
	for _, o := range c.old.Structs {
		n := named(c.now.Structs, o.Name, func(s *schema.Struct) schema.Name { return s.Name })
		switch {
		case n == nil:
			c.gone("struct", o.Name, o.At)
		case n.Message != o.Message:
			c.add(structChanged, n.At, "struct %s is for %s, it was for %s", n.Name, holder(n), holder(o))
		case n.Message:
			body{c, n.Name, n.At, true}.message(&o.Body, &n.Body)
		default:
			body{c, n.Name, n.At, true}.packet(&o.Body, &n.Body)
		}
	}
}

func holder(s *schema.Struct) string {
	if s.Message {
		return "messages"
	}
	return "packets"
}
