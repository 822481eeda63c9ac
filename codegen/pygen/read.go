package pygen

import (
	"fmt"
	"slices"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// reader writes the method that takes a value from the front of some bytes.
func (r *record) reader() {
	head, made := fmt.Sprintf("def _read(cls, r: %s) -> %s", r.wire("Reader"), r.class()), "cls()"
	if r.packet != nil && len(r.packet.Flags) > 0 {
		head, made = fmt.Sprintf("def _read(cls, r: %s, flags: Flags) -> %s", r.wire("Reader"), r.class()), "cls(flags)"
	}
	r.method(head, "", func() {
		if len(r.body.Steps) == 0 {
			r.line("return %s", made)
			return
		}
		r.line("m = %s", made)
		r.reads(r.body.Steps)
		r.line("return m")
	}, "classmethod")
}

// reads writes the statements that fill m. The locals are m, r and those that hold presence bytes.
func (r *record) reads(steps []schema.Step) {
	for _, g := range grouped(steps) {
		r.guarded(g.cond, "m", func() {
			for _, s := range g.steps {
				r.readStep(s)
			}
		})
	}
}

func (r *record) readStep(s schema.Step) {
	switch s := s.(type) {
	case *schema.Run:
		r.readRun(s.Fields, s.Size)
	case *schema.Var:
		r.readVar(s.Field)
	case *schema.Choose:
		r.choose(s.Switch, "m", func(c *schema.Case) { r.reads(c.Steps) }, func() { r.caseless("m", s.Switch.On) })
	case *schema.Presence:
		r.line(`(presence%d,) = r.unpack("<B")`, s.Index)
	case *schema.Optional:
		f := s.Field
		r.block(fmt.Sprintf("if presence%d & %d:", f.Presence.Index, 1<<f.Bit), func() {
			if f.Type.Size > 0 {
				r.readRun([]*schema.Field{f}, f.Type.Size)
			} else {
				r.readVar(f)
			}
		})
	case *schema.Generation:
		r.block("if r.left() == 0:", func() { r.line("return m") })
	default:
		r.fault("%s: a step %T", r.name, s)
	}
}

// readRun writes the unpacking of fields of fixed size, then what becomes of their values.
func (r *record) readRun(fields []*schema.Field, size int) {
	var layout string
	var targets []string
	flush := func() {
		if len(targets) > 0 {
			r.targets(targets, fmt.Sprintf(`r.unpack("<%s")`, layout))
		}
		layout, targets = "", nil
	}
	if len(fields) > 1 && slices.ContainsFunc(fields, checked) && slices.ContainsFunc(fields, isArray) {
		r.line("r.need(%d)", size) // of all of them, before the values of any are checked
	}
	for _, f := range fields {
		if isArray(f) {
			flush()
			r.readArray(f, fmt.Sprint(f.Type.Count))
			continue
		}
		layout += letter(&f.Type, "B")
		targets = append(targets, "m."+attribute(f.Name))
	}
	flush()
	for _, f := range fields {
		name := "m." + attribute(f.Name)
		if function, args := r.maker(&f.Type); function != "" {
			r.list(name+" = "+function+"(", append(args, name), ")")
		}
	}
	if r.message {
		return
	}
	for _, f := range fields {
		for _, rng := range f.Ranges {
			r.guarded(rng.If, "m", func() {
				r.checkCall("check_range", "m."+attribute(f.Name), rng.Min.String(), rng.Max.String(), r.where(f))
			})
		}
	}
}

func isArray(f *schema.Field) bool { return f.Type.Kind == schema.Array }

// checked reports whether a decoder refuses values of the field.
func checked(f *schema.Field) bool {
	return f.Type.Kind == schema.Bool || isArray(f) && f.Type.Elem.Kind == schema.Bool
}

// maker is the function that makes the value of what was unpacked, and the first of its arguments; "" where there is none.
func (r *record) maker(t *schema.Type) (function string, args []string) {
	switch {
	case t.Enum != nil:
		return r.wire("named"), []string{r.from(".values", class(t.Enum.Name))}
	case t.Flags != nil:
		return r.from(".values", class(t.Flags.Name)), nil
	case t.Kind == schema.Bool:
		return r.wire("truth"), nil
	}
	return "", nil
}

// readArray writes the reading of so many elements.
func (r *record) readArray(f *schema.Field, count string) {
	target, elem := "m."+attribute(f.Name), f.Type.Elem
	if elem.Kind == schema.StructValue {
		r.comprehension(target, class(elem.Struct.Name)+"._read", []string{"r"}, "for _ in range("+count+")")
		return
	}
	all := fmt.Sprintf(`r.array("%s", %s)`, letter(elem, "B"), count)
	if function, args := r.maker(elem); function != "" {
		r.comprehension(target, function, append(args, "v"), "for v in "+all)
		return
	}
	r.line("%s = %s", target, all)
}

// readVar writes the reading of a field whose size the wire decides, or of a struct.
func (r *record) readVar(f *schema.Field) {
	t, target := &f.Type, "m."+attribute(f.Name)
	length := fmt.Sprintf("r.length(%d, %d)", t.Prefix, t.MaxLen)
	switch t.Kind {
	case schema.StructValue, schema.Union:
		r.line("%s = %s._read(r)", target, r.typeOf(f, t))
	case schema.Array:
		if t.Count > 0 {
			length = fmt.Sprint(t.Count)
		}
		r.readArray(f, length)
	case schema.String:
		r.line("%s = r.text(%s)", target, length)
	case schema.SizedBytes:
		if r.message {
			r.line("%s = r.take(%s)", target, length)
		} else {
			r.line("%s = r.sized(%d, %d, %d)", target, t.Prefix, t.MinLen, t.MaxLen)
		}
	case schema.RestBytes:
		args := fmt.Sprintf("%d, %d", t.Less, t.MinLen)
		if t.MaxLen != schema.Unbounded {
			args += fmt.Sprintf(", %d", t.MaxLen)
		}
		r.line("%s = r.rest(%s)", target, args)
	case schema.TLVs:
		r.line("%s = r.tlvs()", target)
	}
}

// letter is the layout of a value in the words of Python's struct; that of a bool is given.
func letter(t *schema.Type, boolean string) string {
	switch t.Kind {
	case schema.Bool:
		return boolean
	case schema.FixedBytes:
		return fmt.Sprintf("%ds", t.Size)
	}
	return letters[t.Kind]
}

var letters = map[schema.Kind]string{
	schema.U8: "B", schema.U16: "H", schema.U32: "I", schema.U64: "Q", schema.I8: "b", schema.I16: "h", schema.I32: "i", schema.I64: "q",
	schema.F32: "f", schema.F64: "d",
}

// group is a row of steps under one condition.
type group struct {
	cond  schema.Cond // nil: always
	steps []schema.Step
}

func grouped(steps []schema.Step) []group {
	var groups []group
	for _, s := range steps {
		var cond schema.Cond
		switch s := s.(type) {
		case *schema.Run:
			cond = s.If
		case *schema.Var:
			cond = s.If
		}
		if last := len(groups) - 1; last >= 0 && schema.CondString(groups[last].cond) == schema.CondString(cond) {
			groups[last].steps = append(groups[last].steps, s)
			continue
		}
		groups = append(groups, group{cond, []schema.Step{s}})
	}
	return groups
}

// guarded writes what body writes, within an if where there is a condition on the fields of a value.
func (r *record) guarded(c schema.Cond, value string, body func()) {
	if cond := r.terms(value).write(c); cond.text != "" {
		r.condition(cond, body)
		return
	}
	body()
}

func (r *record) terms(value string) terms { return terms{r.class(), value} }

// raise writes the refusal of something; what says where, and what of it is wrong.
func (r *record) raise(code string, what ...string) {
	args := append([]string{r.from(".errors", "ErrorCode") + "." + code}, what...)
	r.list("raise "+r.from(".errors", "CodecError")+"(", args, ")")
}

// caseless writes the refusal of a value for which a switch has no case.
func (r *record) caseless(value string, on *schema.Field) {
	r.raise("RANGE", r.where(on), fmt.Sprintf(`f"{%s.%s} has no case"`, value, attribute(on.Name)))
}

// choose writes what each case of a switch does; other is what follows for a value without one.
func (r *record) choose(s *schema.Switch, value string, body func(*schema.Case), other func()) {
	keyword := "if"
	for _, c := range s.Cases {
		r.block(fmt.Sprintf("%s %s.%s == %s:", keyword, value, attribute(s.On.Name), enumMember(s.On.Type.Enum, c.Value)), func() {
			before := r.Len()
			if body(c); r.Len() == before {
				r.line("pass")
			}
		})
		keyword = "elif"
	}
	if other != nil {
		r.block("else:", other)
	}
}
