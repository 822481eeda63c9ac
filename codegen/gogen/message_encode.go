package gogen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// length emits the size of the encoding, with so many bytes before the body.
func (r record) length(before int) lines {
	fixed, terms := before, []string{}
	var more lines
	for _, s := range r.body.Steps {
		switch s := s.(type) {
		case *schema.Run:
			fixed += s.Size
		case *schema.Presence:
			fixed++
		case *schema.Var:
			n, t, loop := size(&s.Field.Type, "p."+s.Field.Name.Pascal())
			fixed += n
			if t != "" {
				terms = append(terms, t)
			}
			more = append(more, loop...)
		case *schema.Optional:
			n, t, loop := size(&s.Field.Type, "p."+s.Field.Name.Pascal())
			var there lines
			switch {
			case t == "" && n == 1:
				there.add("n++")
			case t == "":
				there.add("n += %d", n)
			case n == 0:
				there.add("n += %s", t)
			default:
				there.add("n += %d + %s", n, t)
			}
			more.block(append(there, loop...), "if p.Has%s", s.Field.Name.Pascal())
		}
	}
	sum := strings.Join(append([]string{strconv.Itoa(fixed)}, terms...), " + ")
	if len(more) == 0 {
		return lines{code("return %s", sum)}
	}
	return append(append(lines{code("n := %s", sum)}, more...), code("return n"))
}

// size returns what a value takes: fixed bytes, a term for others, and a loop that adds to n what both leave out.
func size(t *schema.Type, v string) (fixed int, term string, loop lines) {
	switch t.Kind {
	case schema.SizedBytes, schema.String:
		return t.Prefix, "len(" + v + ")", nil
	case schema.StructValue, schema.Union:
		return 0, v + ".length()", nil
	case schema.Array:
		if t.Elem.Kind == schema.StructValue {
			loop.block(lines{code("n += %s[i].length()", v)}, "for i := range %s", v)
			return t.Prefix, "", loop
		}
		if t.Count == 0 {
			return t.Prefix, times(t.Elem.Size, "len("+v+")"), nil
		}
	}
	return t.Size, "", nil
}

// times writes n of something.
func times(n int, what string) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%d*%s", n, what)
}

// validate emits what an encoder refuses.
func (r record) validate() lines {
	var l lines
	for _, s := range r.body.Steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				r.refuse(&l, f, &f.Type, "p."+f.Name.Pascal())
			}
		case *schema.Var:
			r.refuse(&l, s.Field, &s.Field.Type, "p."+s.Field.Name.Pascal())
		case *schema.Optional:
			var there lines
			r.refuse(&there, s.Field, &s.Field.Type, "p."+s.Field.Name.Pascal())
			l.block(there, "if p.Has%s", s.Field.Name.Pascal())
		case *schema.Presence, *schema.Generation:
		default:
			r.fault("%s: a step %T in a message", r.name, s)
		}
	}
	return l
}

func (r record) refuse(l *lines, f *schema.Field, t *schema.Type, v string) {
	switch t.Kind {
	case schema.Array:
		if t.Count == 0 {
			l.fail("", "ErrLength", "len(%s) > %d", v, t.MaxLen)
		}
		var each lines
		r.refuse(&each, f, t.Elem, v+"[i]")
		l.block(each, "for i := range %s", v)
	case schema.StructValue, schema.Union:
		l.try("%s.validate()", v)
	case schema.String:
		l.fail("", "ErrLength", "len(%s) > %d", v, t.MaxLen)
		l.fail("", "ErrText", "!utf8.ValidString(%s)", v)
	case schema.SizedBytes:
		l.fail("", "ErrLength", "len(%s) > %d", v, t.MaxLen)
	case schema.FixedBytes, schema.Bool:
	case schema.F32, schema.F64:
		if b := f.Bounds; b != nil {
			var tests []string
			if b.HasMin {
				tests = append(tests, v+" >= "+strconv.FormatFloat(b.Min, 'g', -1, 64))
			}
			if b.HasMax {
				tests = append(tests, v+" <= "+strconv.FormatFloat(b.Max, 'g', -1, 64))
			}
			if len(tests) > 0 {
				l.fail("", "ErrRange", "!(%s)", strings.Join(tests, " && ")) // not a number, too
			}
		}
	default:
		if !t.Kind.Integer() {
			r.fault("%s.%s: a type of kind %d in a message", r.name, f.Name, t.Kind)
			return
		}
		r.refuseInteger(l, f, t, v)
	}
}

func (r record) refuseInteger(l *lines, f *schema.Field, t *schema.Type, v string) {
	if t.Enum != nil {
		l.fail("", "ErrRange", "!%s.known()", v)
	}
	if mask, all := mask(t), ^uint64(0)>>(64-8*t.Kind.Size()); mask != all {
		l.fail("", "ErrRange", "%s&^%#x != 0", v, mask)
	}
	for _, rng := range f.Ranges {
		if test := rangeCheck(rng, t.Kind, v); test != "" {
			l.fail("", "ErrRange", "%s", test)
		}
	}
}

// mask is the union of the bits that a value may have.
func mask(t *schema.Type) uint64 {
	if t.Flags != nil {
		return t.Flags.Mask()
	}
	var mask uint64
	for _, b := range t.Bits {
		mask |= b.Mask()
	}
	if len(t.Bits) == 0 {
		mask = ^uint64(0) >> (64 - 8*t.Kind.Size())
	}
	return mask
}

// appender gathers single bytes, so that those in a row are appended at once.
type appender struct {
	lines
	pending []string // bytes of one field each, joined by commas
}

func (a *appender) flush() {
	switch all := strings.Join(a.pending, ", "); {
	case all == "":
	case len(all) < 90:
		a.add("b = append(b, %s)", all)
	default:
		a.add("b = append(b,\n%s,\n)", strings.Join(a.pending, ",\n"))
	}
	a.pending = nil
}

// bytes adds the bytes of an unsigned value, the lowest first.
func (a *appender) bytes(v string, size int, typ string) {
	if typ == "uint8" {
		a.pending = append(a.pending, v)
		return
	}
	parts := []string{"byte(" + v + ")"}
	for i := 1; i < size; i++ {
		parts = append(parts, fmt.Sprintf("byte(%s>>%d)", v, 8*i))
	}
	a.pending = append(a.pending, strings.Join(parts, ", "))
}

// appends emits the encoding, with bytes before the body.
func (r record) appends(before ...string) lines {
	a := &appender{pending: before}
	for _, s := range r.body.Steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				a.value(&f.Type, "p."+f.Name.Pascal())
			}
		case *schema.Var:
			a.value(&s.Field.Type, "p."+s.Field.Name.Pascal())
		case *schema.Presence:
			var bits []string
			for i, f := range s.Fields {
				bit := "bit(p.Has" + f.Name.Pascal() + ")"
				if i > 0 {
					bit += fmt.Sprintf("<<%d", i)
				}
				bits = append(bits, bit)
			}
			a.pending = append(a.pending, strings.Join(bits, "|"))
		case *schema.Optional:
			a.flush()
			var there appender
			there.value(&s.Field.Type, "p."+s.Field.Name.Pascal())
			there.flush()
			a.block(there.lines, "if p.Has%s", s.Field.Name.Pascal())
		}
	}
	a.flush()
	return a.lines
}

func (a *appender) value(t *schema.Type, v string) {
	switch t.Kind {
	case schema.F32, schema.F64:
		a.flush()
		bits := 8 * t.Kind.Size()
		a.add("b = binary.LittleEndian.AppendUint%d(b, math.Float%dbits(%s))", bits, bits, v)
	case schema.Bool:
		a.pending = append(a.pending, "bit("+v+")")
	case schema.FixedBytes:
		a.flush()
		a.add("b = append(b, %s[:]...)", v)
	case schema.SizedBytes, schema.String:
		a.prefix(t, v)
		a.add("b = append(b, %s...)", v)
	case schema.StructValue, schema.Union:
		a.flush()
		a.add("b = %s.append(b)", v)
	case schema.Array:
		a.prefix(t, v)
		if goType(t.Elem) == "uint8" {
			if t.Count > 0 {
				v += "[:]"
			}
			a.add("b = append(b, %s...)", v)
			return
		}
		var each appender
		if t.Elem.Kind == schema.StructValue {
			each.value(t.Elem, v+"[i]")
			a.block(each.lines, "for i := range %s", v)
			return
		}
		each.value(t.Elem, "v")
		each.flush()
		a.block(each.lines, "for _, v := range %s", v)
	default:
		a.bytes(v, t.Kind.Size(), goType(t))
	}
}

// prefix adds the length or count of a value, if it has one.
func (a *appender) prefix(t *schema.Type, v string) {
	if t.Prefix > 0 {
		a.bytes("len("+v+")", t.Prefix, "int")
	}
	a.flush()
}
