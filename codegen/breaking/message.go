package breaking

import (
	"slices"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func (c *comparer) messages() {
	name := func(m *schema.Message) schema.Name { return m.Name }
	renamed := map[*schema.Message]bool{} // new ones
	for _, o := range c.old.Messages {
		n := named(c.now.Messages, o.Name, name)
		if n != nil {
			c.message(o, n)
			continue
		}
		heir := withID(c.now.Messages, o.ID)
		switch {
		case heir != nil && named(c.old.Messages, heir.Name, name) == nil && sameFields(&o.Body, &heir.Body):
			renamed[heir] = true
			c.add(messageRenamed, heir.At, "message %s, id %d, was named %s", heir.Name, heir.ID, o.Name)
			c.message(o, heir)
		case heir == nil && !c.reserves(o):
			c.add(messageRemoved, top, "message %s, id %d, is gone and not reserved %s", o.Name, o.ID, was(o.At))
		}
	}
	for _, n := range c.now.Messages {
		o := withID(c.old.Messages, n.ID)
		if o != nil && o.Name != n.Name && !renamed[n] {
			c.add(idReused, n.At, "id %d is that of message %s, it was that of %s", n.ID, n.Name, o.Name)
		}
	}
	for _, id := range c.old.Reserved.IDs {
		if !slices.Contains(c.now.Reserved.IDs, id) {
			c.add(reservedFreed, top, "id %d is no longer reserved", id)
		}
	}
	for _, name := range c.old.Reserved.Names {
		if !slices.Contains(c.now.Reserved.Names, name) {
			c.add(reservedFreed, top, "the name %s is no longer reserved", name)
		}
	}
}

func withID(list []*schema.Message, id uint8) *schema.Message {
	for _, m := range list {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// sameFields reports whether two bodies have fields of the same names and types.
func sameFields(a, b *schema.Body) bool {
	return slices.EqualFunc(a.Fields, b.Fields, func(f, g *schema.Field) bool {
		return f.Name == g.Name && f.Type.String() == g.Type.String()
	})
}

// reserves reports whether nothing can have the message's id or name again.
func (c *comparer) reserves(m *schema.Message) bool {
	return slices.Contains(c.now.Reserved.IDs, m.ID) && slices.Contains(c.now.Reserved.Names, m.Name)
}

func (c *comparer) message(o, n *schema.Message) {
	if n.ID != o.ID {
		c.add(messageID, n.At, "message %s has id %d, it was %d", n.Name, n.ID, o.ID)
	}
	if n.Topic != o.Topic {
		c.add(messageTopic, n.At, "message %s has topic %q, it was %q", n.Name, n.Topic, o.Topic)
	}
	if n.Limit > o.Limit {
		c.add(messageLimit, n.At, "message %s has a limit of %d bytes, it was %d", n.Name, n.Limit, o.Limit)
	}
	body{c, n.Name, n.At, false}.message(&o.Body, &n.Body)
}
