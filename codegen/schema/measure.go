package schema

import "fmt"

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
const maxWorlds = 1 << 14

// measure walks the body in every world: it finds the shortest and the longest encoding, and reports fields that could
// not be found because one before them takes the rest.
func (b *bodyParser) measure(o *object, body *Body) {
	asked := map[*Field]bool{} // enum fields that conditions or switches ask for
	for _, f := range body.Fields {
		collect(f.If, asked)
	}
	for _, it := range body.Items {
		if s, ok := it.(*Switch); ok {
			asked[s.On] = true
		}
	}
	body.Min, body.Max = -1, 0
	w := world{map[*Flag]bool{}, map[*Field]*EnumValue{}}
	tried := 0
	reported := map[*Field]bool{}
	var enumWorlds func(i int)
	enumWorlds = func(i int) {
		for ; i < len(body.Fields) && !asked[body.Fields[i]]; i++ {
		}
		if i < len(body.Fields) {
			f := body.Fields[i]
			for _, v := range append(f.Type.Enum.Values[:len(f.Type.Enum.Values):len(f.Type.Enum.Values)], nil) {
				w.enums[f] = v
				enumWorlds(i + 1)
			}
			return
		}
		if tried++; tried > maxWorlds {
			return
		}
		b.measureIn(w, body, reported)
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
			enumWorlds(0)
		}
	}
	if tried > maxWorlds {
		b.nodeFault(o.node, "too many conditions on enum fields", fmt.Sprintf("more than %d cases to check", maxWorlds), "split the packet")
	}
	if body.Min < 0 { // every world ends in a switch without a case
		body.Min = 0
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

// measureIn walks the fields that are there in one world.
func (b *bodyParser) measureIn(w world, body *Body, reported map[*Field]bool) {
	var present []*Field
	for _, it := range body.Items {
		switch it := it.(type) {
		case *Field:
			if w.holds(it.If) {
				present = append(present, it)
			}
		case *Switch:
			c := it.choose(w.enums[it.On])
			if c == nil {
				return
			}
			for _, f := range c.Fields {
				if w.holds(f.If) {
					present = append(present, f)
				}
			}
		}
	}
	lo, hi := 0, 0
	for i, f := range present {
		l, h := f.Type.span()
		lo += l
		if h == Unbounded || hi == Unbounded {
			hi = Unbounded
		} else {
			hi += h
		}
		less, greedy := f.Type.greedy()
		if !greedy || reported[f] {
			continue
		}
		after, fixed := 0, true
		for _, g := range present[i+1:] {
			after += g.Type.Size
			fixed = fixed && g.Type.Size > 0
		}
		if !fixed || after != less {
			reported[f] = true
			do := "put it last"
			if f.Type.Kind == RestBytes && fixed {
				do = fmt.Sprintf("put it last, or say rest: {less: %d}", after)
			}
			b.nodeFault(b.nodes[f], fmt.Sprintf("%q takes the rest of the packet but %d bytes", f.Name, less),
				fmt.Sprintf("the fields after it do not take exactly these when they are there (%s follows)", follows(present[i+1:])), do)
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

func follows(fields []*Field) string {
	if len(fields) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", fields[0].Name)
}

func (s *Switch) choose(v *EnumValue) *Case {
	for _, c := range s.Cases {
		if c.Value == v {
			return c
		}
	}
	return nil
}

// span returns the fewest and the most bytes that a value takes.
func (t *Type) span() (lo, hi int) {
	switch t.Kind {
	case SizedBytes:
		return t.Prefix + t.MinLen, t.Prefix + t.MaxLen
	case RestBytes:
		return t.MinLen, t.MaxLen
	case TLVs:
		return 0, Unbounded
	case StructValue:
		return t.Struct.Min, t.Struct.Max
	}
	return t.Size, t.Size
}

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
