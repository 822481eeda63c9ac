package breaking

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func (c *comparer) packets() {
	name := func(p *schema.Packet) schema.Name { return p.Name }
	for _, o := range c.old.Packets {
		n := named(c.now.Packets, o.Name, name)
		if n == nil {
			c.add(packetRemoved, top, "packet %s, type %d, is gone %s", o.Name, o.Type, was(o.At))
			continue
		}
		c.packet(o, n)
	}
	for _, n := range c.now.Packets {
		for _, o := range c.old.Packets {
			if o.Type == n.Type && o.Name != n.Name {
				c.add(packetType, n.At, "type %d is that of packet %s, it was that of %s", n.Type, n.Name, o.Name)
			}
		}
	}
}

func (c *comparer) packet(o, n *schema.Packet) {
	if n.Type != o.Type {
		c.add(packetType, n.At, "packet %s has type %d, it was %d", n.Name, n.Type, o.Type)
	}
	if was, is := direction(o), direction(n); was != is {
		c.add(packetDirection, n.At, "packet %s is %s, it was %s", n.Name, is, was)
		if o.Forbidden || n.Forbidden {
			return
		}
	}
	if was, is := broadcast(o), broadcast(n); was != is {
		c.add(packetBroadcast, n.At, "packet %s is broadcast %s, it was %s", n.Name, is, was)
	}
	c.packetFlags(o, n)
	body{c, n.Name, n.At, false}.packet(&o.Body, &n.Body)
}

func direction(p *schema.Packet) string {
	switch {
	case p.Forbidden:
		return "forbidden"
	case p.Up && p.Down:
		return "both ways"
	case p.Up:
		return "up"
	}
	return "down"
}

func broadcast(p *schema.Packet) string {
	switch p.Broadcast {
	case nil:
		return "never"
	case schema.Always:
		return "always"
	}
	return "if " + schema.CondString(p.Broadcast)
}

func (c *comparer) packetFlags(o, n *schema.Packet) {
	name := func(f *schema.Flag) schema.Name { return f.Name }
	for _, of := range o.Flags {
		nf := named(n.Flags, of.Name, name)
		switch {
		case nf == nil:
			c.add(packetFlags, n.At, "flag %s of %s is gone %s", of.Name, n.Name, was(of.At))
		case flagText(nf) != flagText(of):
			c.add(packetFlags, nf.At, "flag %s of %s is %s, it was %s", nf.Name, n.Name, flagText(nf), flagText(of))
		}
	}
	for _, nf := range n.Flags {
		if named(o.Flags, nf.Name, name) == nil {
			c.add(packetFlags, nf.At, "flag %s of %s is new", nf.Name, n.Name)
		}
	}
}

func flagText(f *schema.Flag) string {
	if f.Requires == nil {
		return fmt.Sprintf("bit %d", f.Bit)
	}
	return fmt.Sprintf("bit %d and requires %s", f.Bit, f.Requires.Name)
}

// packetField compares a field of a packet.
func (b body) packetField(o, n *schema.Field) {
	what := fmt.Sprintf("field %q of %s", n.Name, b.owner)
	if was, is := o.Type.String(), n.Type.String(); was != is {
		b.layout(packetFields, n.At, "%s is %s, it was %s", what, is, was)
	}
	if was, is := condition(o.If), condition(n.If); was != is {
		b.layout(packetFields, n.At, "%s is there %s, it was %s", what, is, was)
	}
	if was, is := ranges(o), ranges(n); was != is {
		b.layout(packetRange, n.At, "%s has %s, it was %s", what, is, was)
	}
}

func condition(c schema.Cond) string {
	if s := schema.CondString(c); s != "" {
		return "if " + s
	}
	return "always"
}

func ranges(f *schema.Field) string {
	if len(f.Ranges) == 0 {
		return "no range"
	}
	var parts []string
	for _, r := range f.Ranges {
		parts = append(parts, fmt.Sprintf("%s to %s %s", r.Min, r.Max, condition(r.If)))
	}
	return "the range " + strings.Join(parts, ", ")
}

// choices prints the switches of a body: by what, and which fields are in which case.
func choices(b *schema.Body) string {
	var all []string
	for _, it := range b.Items {
		s, ok := it.(*schema.Switch)
		if !ok {
			continue
		}
		var cases []string
		for _, c := range s.Cases {
			var names []string
			for _, f := range c.Fields {
				names = append(names, string(f.Name))
			}
			cases = append(cases, fmt.Sprintf("%s: [%s]", c.Value.Name, strings.Join(names, ", ")))
		}
		all = append(all, fmt.Sprintf("%s {%s}", s.On.Name, strings.Join(cases, ", ")))
	}
	if all == nil {
		return "nothing"
	}
	return strings.Join(all, " and ")
}
