package gogen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// part is what one view holds: the fields of a run, or one field.
type part struct {
	view    string
	fields  []*schema.Field
	guarded bool // the view is nil where the fields are not there
}

// decodePayload emits the check of the id, and the decoding of what is behind it.
func (r record) decodePayload() lines {
	var l lines
	l.fail("0, ", "ErrShort", "len(payload) == 0")
	l.fail("0, ", "UnknownIDError(payload[0])", "payload[0] != %sID", r.name)
	l.add("b := payload[1:]")
	return append(l, r.decode("payload", 1)...)
}

// decodeBody emits the decoding of a struct into a target that may be nil.
func (r record) decodeBody() lines {
	return append(lines{code("b := body")}, r.decode("body", 0)...)
}

// decode emits the walk over b, which is the input from some byte on, and the filling of the target.
func (r record) decode(input string, start int) lines {
	w := &walk{record: r, input: input, start: start}
	body := w.steps(r.body.Steps, false)
	var guarded []string
	for _, p := range w.parts {
		if p.guarded {
			guarded = append(guarded, p.view)
		}
	}
	var l lines
	result := code("return %s, nil", w.consumed(len(r.body.Steps)))
	for len(guarded) > 0 {
		n := min(len(guarded), 6)
		l.add("var %s []byte", strings.Join(guarded[:n], ", "))
		guarded = guarded[n:]
	}
	l = append(l, body...)
	if start == 0 {
		l.block(lines{result}, "if p == nil")
	}
	for _, p := range w.parts {
		var there, absent lines
		offset := 0
		for _, f := range p.fields {
			if f.Presence != nil {
				there.add("p.Has%s = true", f.Name.Pascal())
			}
			r.fill(&there, f, p.view, offset)
			offset += f.Type.Size
			r.reset(&absent, f)
		}
		if p.guarded {
			l = append(l, code("if %s != nil", p.view).Block(there...).Else().Block(absent...))
		} else {
			l = append(l, there...)
		}
	}
	return append(l, result)
}

// walk emits the checks and the views.
type walk struct {
	record
	input string
	start int // of b in the input
	parts []part
	tail  int // bytes of the last run, which b is not cut by
}

// consumed returns what the fields took, in so many steps.
func (w *walk) consumed(steps int) string {
	switch {
	case w.tail > 0 && steps == 1:
		return strconv.Itoa(w.start + w.tail)
	case w.tail > 0:
		return fmt.Sprintf("len(%s) - len(b) + %d", w.input, w.tail)
	}
	return fmt.Sprintf("len(%s) - len(b)", w.input)
}

func (w *walk) steps(steps []schema.Step, guarded bool) lines {
	var l lines
	at := 0 // of the next step in b
	for i, s := range steps {
		switch s := s.(type) {
		case *schema.Run:
			if prefix := joined(steps[i:]); prefix > 0 { // one check for both, and no new b
				short(&l, s.Size+prefix)
				w.view(&l, s.Fields, s.Size, guarded)
				at = s.Size
				continue
			}
			w.run(&l, s.Fields, s.Size, guarded)
			if i == len(steps)-1 && !guarded {
				w.tail = s.Size
				continue
			}
			l.add("b = b[%d:]", s.Size)
		case *schema.Var:
			w.variable(&l, s.Field, at, guarded)
			at = 0
		case *schema.Presence:
			short(&l, 1)
			l.add("presence%d := b[0]", s.Index)
			l.add("b = b[1:]")
		case *schema.Optional:
			f := s.Field
			var there lines
			if f.Type.Size > 0 {
				w.run(&there, []*schema.Field{f}, f.Type.Size, true)
				there.add("b = b[%d:]", f.Type.Size)
			} else {
				w.variable(&there, f, 0, true)
			}
			l.block(there, "if presence%d&%#02x != 0", f.Presence.Index, 1<<f.Bit)
		case *schema.Generation:
			l.block(w.steps(steps[i+1:], true), "if len(b) > 0")
			return l
		}
	}
	return l
}

// joined returns the bytes of the prefix behind a run, where the lack of them is no other error than the lack of the run.
func joined(steps []schema.Step) int {
	if len(steps) < 2 || slices.ContainsFunc(steps[0].(*schema.Run).Fields, checked) {
		return 0
	}
	if next, ok := steps[1].(*schema.Var); ok && counted(&next.Field.Type) {
		return next.Field.Type.Prefix
	}
	return 0
}

// checked reports whether a decoder refuses values of a field of fixed size.
func checked(f *schema.Field) bool {
	return f.Type.Kind == schema.Bool || f.Type.Kind == schema.Array && f.Type.Elem.Kind == schema.Bool
}

// counted reports whether a value is a prefix and as many bytes or elements of fixed size.
func counted(t *schema.Type) bool {
	return t.Kind == schema.String || t.Kind == schema.SizedBytes || t.Kind == schema.Array && t.Count == 0 && t.Elem.Size > 0
}

// keep notes a view and returns what assigns to it.
func (w *walk) keep(view string, fields []*schema.Field, guarded bool) string {
	w.parts = append(w.parts, part{view, fields, guarded})
	if guarded {
		return "="
	}
	return ":="
}

func short(l *lines, size int) { l.fail("0, ", "ErrShort", "len(b) < %d", size) }

func (w *walk) run(l *lines, fields []*schema.Field, size int, guarded bool) {
	short(l, size)
	view := w.view(l, fields, size, guarded)
	offset := 0
	for _, f := range fields {
		switch {
		case f.Type.Kind == schema.Bool:
			l.fail("0, ", "ErrBool", "%s[%d] > 1", view, offset)
		case f.Type.Kind == schema.Array && f.Type.Elem.Kind == schema.Bool:
			bools(l, fmt.Sprintf("%s[%d:%d]", view, offset, offset+f.Type.Size))
		}
		offset += f.Type.Size
	}
}

// view emits the view of a run that has passed the check of its length.
func (w *walk) view(l *lines, fields []*schema.Field, size int, guarded bool) string {
	view := fields[0].Name.Camel() + "Run"
	l.add("%s %s b[:%d]", view, w.keep(view, fields, guarded), size)
	return view
}

func bools(l *lines, view string) {
	var each lines
	each.fail("0, ", "ErrBool", "v > 1")
	l.block(each, "for _, v := range %s", view)
}

// prefixed reads the length or count at a place in b.
func prefixed(size int, b string, at int) string {
	return "int(" + scalar(&schema.Type{Kind: prefixKinds[size]}, b, strconv.Itoa(at)) + ")"
}

var prefixKinds = map[int]schema.Kind{1: schema.U8, 2: schema.U16}

// variable emits the walk over a field whose size the wire decides, or a struct. The view is without a prefix, but for
// that of an array of structs. Where at is not 0, the field is there in b, and its prefix has passed the check.
func (w *walk) variable(l *lines, f *schema.Field, at int, guarded bool) {
	t, name := &f.Type, f.Name.Camel()
	view := name + "View"
	op := w.keep(view, []*schema.Field{f}, guarded)
	switch {
	case t.Kind == schema.StructValue || t.Kind == schema.Union:
		l.add("%sLen, err := (*%s)(nil).decode(b)", name, w.goType(f))
		l.block(lines{code("return 0, err")}, "if err != nil")
		l.add("%s %s b[:%sLen]", view, op, name)
		l.add("b = b[%sLen:]", name)
	case t.Kind == schema.Array && t.Elem.Kind == schema.StructValue:
		count := strconv.Itoa(t.Count)
		if t.Count == 0 {
			count = name + "Count"
			short(l, t.Prefix)
			limit(l, t, count, 0)
		}
		l.add("%sLen := %d", name, t.Prefix)
		l.block(lines{
			code("n, err := (*%s)(nil).decode(b[%sLen:])", goType(t.Elem), name),
			code("if err != nil").Block(code("return 0, err")),
			code("%sLen += n", name),
		}, "for range %s", count)
		l.add("%s %s b[:%sLen]", view, op, name)
		l.add("b = b[%sLen:]", name)
	case counted(t):
		w.counted(l, f, view+" "+op, at)
	default:
		w.fault("%s.%s: a type of kind %d and no fixed size in a message", w.name, f.Name, t.Kind)
	}
}

// counted emits the walk over a prefix and what it counts.
func (w *walk) counted(l *lines, f *schema.Field, assign string, at int) {
	t, name := &f.Type, f.Name.Camel()
	if at == 0 {
		short(l, t.Prefix)
	}
	limit(l, t, name+"Count", at)
	unit := 1
	if t.Kind == schema.Array {
		unit = t.Elem.Size
	}
	l.add("%sEnd := %d+%s", name, at+t.Prefix, times(unit, name+"Count"))
	l.fail("0, ", "ErrShort", "len(b) < %sEnd", name)
	if t.Kind == schema.SizedBytes { // the target keeps it
		l.add("%s b[%d:%sEnd:%sEnd]", assign, at+t.Prefix, name, name)
	} else {
		l.add("%s b[%d:%sEnd]", assign, at+t.Prefix, name)
	}
	l.add("b = b[%sEnd:]", name)
	switch {
	case t.Kind == schema.String:
		l.fail("0, ", "ErrText", "!utf8.Valid(%sView)", name)
	case t.Kind == schema.Array && t.Elem.Kind == schema.Bool:
		bools(l, name+"View")
	}
}

// limit emits the reading of a prefix at a place in b, whose limit comes before what it counts.
func limit(l *lines, t *schema.Type, name string, at int) {
	l.add("%s := %s", name, prefixed(t.Prefix, "b", at))
	if t.MaxLen < 1<<(8*t.Prefix)-1 {
		l.fail("0, ", "ErrLength", "%s > %d", name, t.MaxLen)
	}
}

// fill emits the filling of a field from its view.
func (r record) fill(l *lines, f *schema.Field, view string, offset int) {
	t, v := &f.Type, "p."+f.Name.Pascal()
	switch t.Kind {
	case schema.FixedBytes:
		l.add("%s = [%d]byte(%s[%d:%d])", v, t.Size, view, offset, offset+t.Size)
	case schema.SizedBytes:
		l.add("%s = %s", v, view)
	case schema.String:
		l.block(lines{code("%s = string(%s)", v, view)}, "if %s != string(%s)", v, view)
	case schema.StructValue, schema.Union:
		l.add("%s.decode(%s) // which has passed", v, view)
	case schema.Array:
		r.fillArray(l, t, v, view, offset)
	default:
		l.add("%s = %s", v, scalar(t, view, strconv.Itoa(offset)))
	}
}

// maxUnrolled is the longest array whose elements are spelt out: at known places of a view, they need no checks.
const maxUnrolled = 8

func (r record) fillArray(l *lines, t *schema.Type, v, view string, offset int) {
	if t.Elem.Kind == schema.StructValue {
		if t.Count == 0 {
			l.add("%s = slices.Grow(%s[:0], %s)[:%s]", v, v, prefixed(t.Prefix, view, 0), prefixed(t.Prefix, view, 0))
			l.add("%s = %s[%d:]", view, view, t.Prefix)
		}
		l.block(lines{
			code("n, _ := %s[i].decode(%s) // which has passed", v, view),
			code("%s = %s[n:]", view, view),
		}, "for i := range %s", v)
		return
	}
	plain := goType(t.Elem) == "uint8"
	switch {
	case t.Count == 0 && plain:
		l.add("%s = append(%s[:0], %s...)", v, v, view)
		return
	case t.Count > 0 && plain:
		l.add("%s = [%d]uint8(%s[%d:%d])", v, t.Count, view, offset, offset+t.Size)
		return
	case t.Count == 0:
		n := "len(" + view + ")"
		if t.Elem.Size > 1 {
			n += "/" + strconv.Itoa(t.Elem.Size)
		}
		l.add("%s = slices.Grow(%s[:0], %s)[:%s]", v, v, n, n)
	}
	if t.Count > 0 && t.Count <= maxUnrolled {
		for i := range t.Count {
			l.add("%s[%d] = %s", v, i, scalar(t.Elem, view, strconv.Itoa(offset+i*t.Elem.Size)))
		}
		return
	}
	at := times(t.Elem.Size, "i")
	if offset > 0 {
		at = fmt.Sprintf("%d+%s", offset, at)
	}
	l.block(lines{code("%s[i] = %s", v, scalar(t.Elem, view, at))}, "for i := range %s", v)
}

// scalar reads a number or a bool at a place in a view.
func scalar(t *schema.Type, view, at string) string {
	from := view + "[" + at + ":]"
	if at == "0" {
		from = view
	}
	bits := 8 * t.Kind.Size()
	value := fmt.Sprintf("binary.LittleEndian.Uint%d(%s)", bits, from)
	if bits == 8 {
		value = view + "[" + at + "]"
	}
	switch typ := goType(t); {
	case t.Kind == schema.Bool:
		return value + " != 0"
	case t.Kind == schema.F32 || t.Kind == schema.F64:
		return fmt.Sprintf("math.Float%dfrombits(%s)", bits, value)
	case typ != fmt.Sprintf("uint%d", bits):
		return typ + "(" + value + ")"
	}
	return value
}

// reset emits the default of a field.
func (r record) reset(l *lines, f *schema.Field) {
	t, d, v := &f.Type, f.Default, "p."+f.Name.Pascal()
	if f.Presence != nil {
		l.add("p.Has%s = false", f.Name.Pascal())
	}
	switch {
	case t.Kind == schema.StructValue || t.Kind == schema.Union:
		l.add("%s.Reset()", v)
	case t.Kind == schema.Array && t.Count == 0:
		l.add("%s = %s[:0]", v, v)
	case t.Kind == schema.Array && t.Elem.Kind == schema.StructValue:
		l.block(lines{code("%s[i].Reset()", v)}, "for i := range %s", v)
	case t.Kind == schema.Array || t.Kind == schema.FixedBytes:
		l.add("%s = %s{}", v, goType(t))
	case t.Kind == schema.SizedBytes:
		l.add("%s = nil", v)
	case t.Kind == schema.String:
		text := ""
		if d != nil {
			text = d.Text
		}
		*l = append(*l, jen.Id(v).Op("=").Lit(text))
		return
	default:
		l.add("%s = %s", v, r.initial(f))
		return
	}
	if d != nil {
		r.fault("%s.%s: a default of a type of kind %d", r.name, f.Name, t.Kind)
	}
}

// initial returns the default of a number or a bool.
func (r record) initial(f *schema.Field) string {
	d := f.Default
	switch k := f.Type.Kind; {
	case k == schema.Bool:
		return strconv.FormatBool(d != nil && d.Bool)
	case d == nil:
		return "0"
	case k == schema.F32 || k == schema.F64:
		return strconv.FormatFloat(d.Float, 'g', -1, 64)
	case d.Enum != nil:
		return f.Type.Enum.Name.Pascal() + d.Enum.Name.Pascal()
	}
	return d.Raw.String()
}
