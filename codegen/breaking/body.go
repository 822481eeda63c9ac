package breaking

import (
	"slices"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// body compares the fields of one owner.
type body struct {
	*comparer
	owner  schema.Name
	at     schema.Pos // of the owner
	frozen bool       // it is a struct, whose bytes have one rule
}

// layout adds a break of the bytes.
func (b body) layout(r *Rule, at schema.Pos, format string, args ...any) {
	if b.frozen {
		r = structChanged
	}
	b.add(r, at, format, args...)
}

// pair is a field of both specs.
type pair struct{ old, now *schema.Field }

// matched are the fields of two bodies, in the old order.
type matched struct {
	pairs   []pair
	renamed []pair
	removed []*schema.Field
	added   []*schema.Field
}

// match finds the fields by their names, and by their place and type those that got another name.
func match(old, now *schema.Body) matched {
	name := func(f *schema.Field) schema.Name { return f.Name }
	var m matched
	taken := map[*schema.Field]bool{}
	for i, o := range old.Fields {
		n := named(now.Fields, o.Name, name)
		switch {
		case n != nil:
			m.pairs = append(m.pairs, pair{o, n})
		case i < len(now.Fields) && now.Fields[i].Type.String() == o.Type.String() && named(old.Fields, now.Fields[i].Name, name) == nil:
			n = now.Fields[i]
			m.pairs = append(m.pairs, pair{o, n})
			m.renamed = append(m.renamed, pair{o, n})
		default:
			m.removed = append(m.removed, o)
		}
		taken[n] = true
	}
	for _, n := range now.Fields {
		if !taken[n] {
			m.added = append(m.added, n)
		}
	}
	return m
}

// order reports fields that are gone or that stand before one that they stood behind. It returns the place behind the
// last of the old ones.
func (b body) order(m matched, now *schema.Body, removed, moved *Rule) (end int) {
	for _, f := range m.removed {
		b.layout(removed, b.at, "field %q of %s is gone %s", f.Name, b.owner, was(f.At))
	}
	for _, p := range m.pairs {
		i := slices.Index(now.Fields, p.now)
		if i < end {
			b.layout(moved, p.now.At, "field %q of %s stands before %q, which was before it", p.now.Name, b.owner, now.Fields[end-1].Name)
		}
		end = max(end, i+1)
	}
	for _, p := range m.renamed {
		b.add(fieldRenamed, p.now.At, "field %q of %s was named %q", p.now.Name, b.owner, p.old.Name)
	}
	return end
}

// message compares bodies of messages.
func (b body) message(old, now *schema.Body) {
	m := match(old, now)
	end := b.order(m, now, fieldRemoved, fieldMoved)
	last := 1 // generation of the old body
	if k := len(old.Fields); k > 0 {
		last = old.Fields[k-1].Since
	}
	for _, f := range m.added {
		switch {
		case b.frozen:
			b.layout(fieldInserted, f.At, "field %q of %s is new", f.Name, b.owner)
		case slices.Index(now.Fields, f) < end:
			b.layout(fieldInserted, f.At, "new field %q of %s stands before old ones", f.Name, b.owner)
		case f.Since == 1:
			b.layout(fieldInserted, f.At, "new field %q of %s has no since", f.Name, b.owner)
		case f.Since <= last:
			b.layout(generationGrown, f.At, "new field %q of %s is of generation %d, which was there before", f.Name, b.owner, f.Since)
		}
	}
	for _, p := range m.pairs {
		b.field(p.old, p.now)
	}
}

// packet compares bodies of packets.
func (b body) packet(old, now *schema.Body) {
	m := match(old, now)
	b.order(m, now, packetFields, packetFields)
	for _, f := range m.added {
		b.layout(packetFields, f.At, "field %q of %s is new", f.Name, b.owner)
	}
	for _, p := range m.pairs {
		b.packetField(p.old, p.now)
	}
	if o, n := choices(old), choices(now); o != n {
		b.layout(packetCases, b.at, "%s chooses fields by %s, it was by %s", b.owner, n, o)
	}
}
