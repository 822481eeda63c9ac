package schema

// steps joins neighbours of fixed size and equal condition into runs.
func steps(items []Item) []Step {
	var out []Step
	since := 1
	for i, it := range items {
		f, ok := it.(*Field)
		if !ok {
			out = append(out, &Choose{it.(*Switch)})
			continue
		}
		if f.Since > since {
			since = f.Since
			out = append(out, &Generation{since, fieldsOf(items[i:])})
		}
		if f.Presence != nil {
			if f.Bit == 0 {
				out = append(out, f.Presence)
			}
			out = append(out, &Optional{f})
			continue
		}
		if f.Type.Size == 0 {
			out = append(out, &Var{f.If, f})
			continue
		}
		if len(out) > 0 {
			if run, ok := out[len(out)-1].(*Run); ok && CondString(run.If) == CondString(f.If) {
				run.Fields = append(run.Fields, f)
				run.Size += f.Type.Size
				continue
			}
		}
		out = append(out, &Run{f.If, []*Field{f}, f.Type.Size})
	}
	return out
}

func fieldsOf(items []Item) []*Field {
	var fields []*Field
	for _, it := range items {
		if f, ok := it.(*Field); ok {
			fields = append(fields, f)
		}
	}
	return fields
}

// setOffsets says where the fields of the steps are, the first of which begins at at.
func setOffsets(steps []Step, at int) {
	add := func(size int, fixed bool) {
		if at == Varies || !fixed {
			at = Varies
			return
		}
		at += size
	}
	for _, s := range steps {
		switch s := s.(type) {
		case *Run:
			for _, f := range s.Fields {
				f.Offset = at
				add(f.Type.Size, true)
			}
			add(0, s.If == nil)
		case *Var:
			s.Field.Offset = at
			lo, hi := s.Field.Type.Span()
			add(lo, lo == hi && s.If == nil)
		case *Choose:
			for _, c := range s.Switch.Cases {
				setOffsets(c.Steps, at)
			}
			at = Varies
		case *Presence:
			add(1, true)
		case *Optional:
			s.Field.Offset = at
			at = Varies
		}
	}
}
