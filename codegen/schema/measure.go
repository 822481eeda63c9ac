package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// world is one truth of everything that conditions speak of.
type world struct {
	flags map[*Flag]bool
	enums map[*Field]*EnumValue
}

func (w world) holds(c Cond) bool {
	switch c := c.(type) {
	case *FlagSet:
		return w.flags[c.Flag]
	case *Equals:
		return w.enums[c.Field] == c.Value
	case *Not:
		return !w.holds(c.C)
	case *And:
		return w.holds(c.A) && w.holds(c.B)
	case *Or:
		return w.holds(c.A) || w.holds(c.B)
	}
	return true
}

// maxWorlds bounds how many are tried for one body: 4 flags and a few enum fields need far fewer.
const maxWorlds = 1 << 12

// maxFlags is how many a packet's header has room for.
const maxFlags = 4

// measure walks the body in every world: it finds the shortest and the longest encoding, and reports fields that could
// not be found because one before them takes the rest.
func (b *bodyParser) measure(at *yaml.Node, body *Body) {
	asked := askedFor(body)
	worlds := 1 << len(b.scope.flags)
	for _, f := range asked {
		worlds *= len(f.Type.Enum.Values) + 1
		if worlds > maxWorlds {
			b.nodeFault(at, "too many conditions on enum fields", fmt.Sprintf("more than %d cases to check", maxWorlds), "split it")
			return
		}
	}
	body.Min = -1
	reported := map[*Field]bool{}
	b.eachWorld(asked, func(w world) { b.measureIn(w, body, reported) })
	body.Min = max(body.Min, 0) // -1 where no world has an encoding
}

// askedFor returns the enum fields that conditions or switches ask for.
func askedFor(body *Body) []*Field {
	set := map[*Field]bool{}
	for _, f := range body.Fields {
		collect(f.If, set)
	}
	for _, it := range body.Items {
		if s, ok := it.(*Switch); ok {
			set[s.On] = true
		}
	}
	var asked []*Field
	for _, f := range body.Fields {
		if set[f] {
			asked = append(asked, f)
		}
	}
	return asked
}

// eachWorld visits every legal set of flags with every value of the enum fields, a value without a name among them.
func (b *bodyParser) eachWorld(enums []*Field, visit func(world)) {
	w := world{map[*Flag]bool{}, map[*Field]*EnumValue{}}
	var choose func(rest []*Field)
	choose = func(rest []*Field) {
		if len(rest) == 0 {
			visit(w)
			return
		}
		values := rest[0].Type.Enum.Values
		for _, v := range append(values[:len(values):len(values)], nil) {
			w.enums[rest[0]] = v
			choose(rest[1:])
		}
	}
	for mask := range 1 << len(b.scope.flags) {
		for i, f := range b.scope.flags {
			w.flags[f] = mask>>i&1 == 1
		}
		legal := true
		for _, f := range b.scope.flags {
			legal = legal && (!w.flags[f] || f.Requires == nil || w.flags[f.Requires])
		}
		if legal {
			choose(enums)
		}
	}
}

func collect(c Cond, asked map[*Field]bool) {
	switch c := c.(type) {
	case *Equals:
		asked[c.Field] = true
	case *Not:
		collect(c.C, asked)
	case *And:
		collect(c.A, asked)
		collect(c.B, asked)
	case *Or:
		collect(c.A, asked)
		collect(c.B, asked)
	}
}

// measureIn measures the body in one world. A field that takes the rest is reported once.
func (b *bodyParser) measureIn(w world, body *Body, reported map[*Field]bool) {
	present, ok := w.present(body)
	if !ok {
		return
	}
	lo, hi := 0, 0
	for i, f := range present {
		l, h := f.Type.Span()
		if f.Presence != nil {
			l = 0
			if f.Bit == 0 { // the byte itself
				l, h = 1, h+1
			}
		}
		lo = min(lo+l, huge)
		if h == Unbounded || hi == Unbounded {
			hi = Unbounded
		} else {
			hi = min(hi+h, huge)
		}
		if !reported[f] {
			reported[f] = b.rest(f, present[i+1:])
		}
	}
	if body.Min < 0 || lo < body.Min {
		body.Min = lo
	}
	if hi == Unbounded || body.Max == Unbounded {
		body.Max = Unbounded
	} else {
		body.Max = max(body.Max, hi)
	}
}

// present returns the fields that are there; ok is false where a switch has no case.
func (w world) present(body *Body) (fields []*Field, ok bool) {
	add := func(f *Field) {
		if w.holds(f.If) {
			fields = append(fields, f)
		}
	}
	for _, it := range body.Items {
		switch it := it.(type) {
		case *Field:
			add(it)
		case *Switch:
			c := it.choose(w.enums[it.On])
			if c == nil {
				return nil, false
			}
			for _, f := range c.Fields {
				add(f)
			}
		}
	}
	return fields, true
}

// rest reports whether f takes the rest of the packet, but not exactly what the fields after it need.
func (b *bodyParser) rest(f *Field, after []*Field) bool {
	less, greedy := f.Type.greedy()
	if !greedy {
		return false
	}
	size := 0
	for _, g := range after {
		if g.Type.Size == 0 {
			b.nodeFault(b.nodes[f], fmt.Sprintf("%q takes the rest of the packet", f.Name),
				fmt.Sprintf("yet %q, of no fixed size, can follow it", g.Name), "put it last")
			return true
		}
		size += g.Type.Size
	}
	if size == less {
		return false
	}
	do := "put it last"
	if f.Type.Kind == RestBytes {
		do = fmt.Sprintf("say rest: {less: %d}, and let the fields after it be there whenever it is", size)
	}
	b.nodeFault(b.nodes[f], fmt.Sprintf("%q leaves %d of the packet's bytes", f.Name, less), fmt.Sprintf("the fields after it can take %d", size), do)
	return true
}

func (s *Switch) choose(v *EnumValue) *Case {
	for _, c := range s.Cases {
		if c.Value == v {
			return c
		}
	}
	return nil
}

// huge stands for all sizes that are above every limit by far, so that their sums and products fit 32 bits.
const huge = 1 << 30

// Span returns the fewest and the most bytes that a value takes.
func (t *Type) Span() (lo, hi int) {
	switch t.Kind {
	case SizedBytes, String:
		return t.Prefix + t.MinLen, t.Prefix + t.MaxLen
	case Array:
		lo, hi = t.Elem.Span()
		if t.Count > 0 {
			return times(t.Count, lo), times(t.Count, hi)
		}
		return t.Prefix, t.Prefix + times(t.MaxLen, hi)
	case Union:
		for _, v := range t.Variants {
			hi = max(hi, v.Struct.Max)
		}
		return unionHead, unionHead + hi
	case RestBytes:
		return t.MinLen, t.MaxLen
	case TLVs:
		return 0, Unbounded
	case StructValue:
		return t.Struct.Min, t.Struct.Max
	}
	return t.Size, t.Size
}

// unionHead are the bytes before the body of a union: tag and length.
const unionHead = 3

func times(n, size int) int { return int(min(int64(n)*int64(size), huge-unionHead)) }

// greedy reports whether the value ends only where the packet does, less the bytes that it leaves.
func (t *Type) greedy() (less int, greedy bool) {
	switch t.Kind {
	case RestBytes:
		return t.Less, true
	case TLVs:
		return 0, true
	case StructValue:
		for _, f := range t.Struct.Fields {
			if _, g := f.Type.greedy(); g {
				return 0, true
			}
		}
	}
	return 0, false
}
