package gogen

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// changes emit what makes a valid value one that is refused.
type changes struct {
	subject
	root    string          // the type that is changed
	path    string          // "p." or of a struct within: "p.Point."
	prefix  string          // the same for people: "point."
	there   []string        // conditions without which it is not there, and a change would change nothing
	lacking []string        // conditions under which an array lacks the element to be changed
	flags   string          // what holds the flags of the packet
	met     map[string]bool // structs of messages of which all changes were emitted: once is enough
	limit   int             // of the changes that are emitted
	emitted *int
}

// changes emits them for a type, after what first emits.
func (s subject) changes(met map[string]bool, first func(changes)) {
	s.line("changes: []change[%s]{", s.name)
	c := changes{subject: s, root: s.name, path: "p.", flags: "p.Flags", met: met, limit: math.MaxInt, emitted: new(int)}
	first(c)
	c.all()
	s.line("},")
}

func (c changes) member(f *schema.Field) string { return c.path + f.Name.Pascal() }

func (c changes) cond(x schema.Cond) string { return condition(x, c.packet, c.flags, c.member) }

// provided returns changes that need a condition, too.
func (c changes) provided(format string, args ...any) changes {
	if cond := fmt.Sprintf(format, args...); cond != "true" {
		c.there = append(c.there[:len(c.there):len(c.there)], cond)
	}
	return c
}

// outcome is what becomes of a change. "" is no error.
type outcome struct {
	encode, decode  string
	unwritten, flip bool
}

// emit emits one change.
func (c changes) emit(what string, o outcome, format string, args ...any) {
	if *c.emitted == c.limit || c.limit == 1 && o.encode == "" {
		return
	}
	*c.emitted++
	change := fmt.Sprintf(format, args...)
	if len(c.lacking) == 0 {
		change += "; "
	} else {
		change = fmt.Sprintf("\nif %s {\nreturn false\n}\n%s\n", strings.Join(c.lacking, " || "), change)
	}
	c.line("{what: %q, apply: func(p *%s) bool { %sreturn %s }%s},", c.prefix+what, c.root, change, c.condition(), o.members())
}

// members returns what is said of the outcome.
func (o outcome) members() string {
	var s string
	if o.encode != "" {
		s += ", encode: " + o.encode
	}
	if o.decode != "" {
		s += ", decode: " + o.decode
	}
	if o.unwritten {
		s += ", unwritten: true"
	}
	if o.flip {
		s += ", flip: true"
	}
	return s
}

// condition returns the condition under which a change changes something.
func (c changes) condition() string {
	if len(c.there) == 0 {
		return "true"
	}
	terms := make([]string, len(c.there))
	for i, term := range c.there {
		if terms[i] = term; strings.Contains(term, "||") && len(c.there) > 1 {
			terms[i] = "(" + term + ")"
		}
	}
	return strings.Join(terms, " && ")
}

// all emits the changes of a body.
func (c changes) all() {
	for _, it := range c.body.Items {
		switch it := it.(type) {
		case *schema.Field:
			c.field(it)
		case *schema.Switch:
			c.without(it)
			for _, cs := range it.Cases {
				inner := c.provided("%s == %s", c.member(it.On), enumConst(it.On, cs.Value))
				for _, f := range cs.Fields {
					inner.field(f)
				}
			}
		}
	}
}

// without gives a switch a value without a case.
func (c changes) without(s *schema.Switch) {
	var cases []schema.Int
	for _, cs := range s.Cases {
		cases = append(cases, cs.Value.Value)
	}
	if v := absent(s.On.Type.Kind, cases); v != nil {
		c.emit(fmt.Sprintf("%s without a case", s.On.Name), outcome{encode: "ErrRange", decode: "ErrRange"}, "%s = %s", c.member(s.On), v)
	}
}

// absent returns the least number from 0 that is none of the values; nil where there is none.
func absent(k schema.Kind, values []schema.Int) schema.Int {
	taken := map[string]bool{}
	for _, v := range values {
		taken[v.String()] = true
	}
	_, hi := k.Limits()
	for v := new(big.Int); v.Cmp(hi) <= 0; v.Add(v, big.NewInt(1)) {
		if !taken[v.String()] {
			return v
		}
	}
	return nil
}

func (c changes) field(f *schema.Field) {
	inner := c.provided("%s", c.cond(f.If))
	if f.Presence != nil {
		inner = inner.provided("%sHas%s", c.path, f.Name.Pascal())
	}
	inner.value(f, &f.Type, c.member(f), f.Name.Snake())
}

// ofMessage reports whether the subject follows the rules of messages.
func (c changes) ofMessage() bool { return c.met != nil }

func (c changes) value(f *schema.Field, t *schema.Type, v, what string) {
	switch t.Kind {
	case schema.Bool:
		c.emit(what+" neither 0 nor 1", outcome{decode: "ErrBool", flip: true}, "%s = !%s", v, v)
	case schema.F32, schema.F64:
		if b := f.Bounds; b != nil {
			next := map[schema.Kind]string{schema.F32: "math.Nextafter32(%v, float32(math.Inf(%d)))", schema.F64: "math.Nextafter(%v, math.Inf(%d))"}[t.Kind]
			if b.HasMin {
				c.emit(fmt.Sprintf("%s below %v", what, b.Min), outcome{encode: "ErrRange"}, "%s = "+next, v, b.Min, -1)
			}
			if b.HasMax {
				c.emit(fmt.Sprintf("%s above %v", what, b.Max), outcome{encode: "ErrRange"}, "%s = "+next, v, b.Max, 1)
			}
			if b.HasMin || b.HasMax {
				c.emit(what+" not a number", outcome{encode: "ErrRange"}, "%s = %s(math.NaN())", v, goType(t))
			}
		}
	case schema.String:
		c.lengths(t, v, what, `strings.Repeat("x", %d)`)
		if t.MaxLen > 0 {
			c.emit(what+" not UTF-8", outcome{encode: "ErrText", decode: "ErrText"}, `%s = "\xff"`, v)
		}
	case schema.SizedBytes, schema.RestBytes:
		c.lengths(t, v, what, "make([]byte, %d)")
	case schema.TLVs:
		c.emit(what+" cut", outcome{encode: "ErrShort", decode: "ErrShort"}, "%s = append(%s, 1)", v, v)
	case schema.Array:
		element := fmt.Sprintf("%s[%d]", v, t.Count-1)
		if t.Count == 0 {
			c.lengths(t, v, what, "make("+strings.ReplaceAll(goType(t), "%", "%%")+", %d)")
			c.lacking = append(c.lacking[:len(c.lacking):len(c.lacking)], "len("+v+") == 0")
			element = fmt.Sprintf("%s[len(%s)-1]", v, v)
		}
		c.value(f, t.Elem, element, what+"[]")
	case schema.StructValue:
		c.within(t.Struct, v, what)
	case schema.Union:
		c.union(f, v, what)
	default:
		if t.Kind.Integer() {
			c.integer(f, t, v, what)
		}
	}
}

// lengths emits lengths out of their limits.
func (c changes) lengths(t *schema.Type, v, what, value string) {
	o := outcome{encode: "ErrRange", decode: "ErrRange"}
	if c.ofMessage() {
		o = outcome{encode: "ErrLength", decode: "ErrLength"}
	}
	if t.MaxLen != schema.Unbounded {
		o.unwritten = t.Prefix > 0 && t.MaxLen >= 1<<(8*t.Prefix)-1
		c.emit(fmt.Sprintf("%s above %d", what, t.MaxLen), o, "%s = "+value, v, t.MaxLen+1)
	}
	if t.MinLen > 0 {
		if t.Kind == schema.RestBytes {
			o.decode = "ErrShort"
		}
		o.unwritten = false
		c.emit(fmt.Sprintf("%s below %d", what, t.MinLen), o, "%s = "+value, v, t.MinLen-1)
	}
}

func (c changes) integer(f *schema.Field, t *schema.Type, v, what string) {
	o := outcome{encode: "ErrRange", decode: "ErrRange"}
	if c.ofMessage() {
		o.decode = "" // it may be a newer writer's
		if t.Enum != nil {
			var values []schema.Int
			for _, value := range t.Enum.Values {
				values = append(values, value.Value)
			}
			if x := absent(t.Kind, values); x != nil {
				c.emit(what+" without a name", o, "%s = %s", v, x)
			}
		}
		if other := ^mask(t) & (^uint64(0) >> (64 - 8*t.Kind.Size())); other != 0 {
			c.emit(what+" with a bit without a name", o, "%s |= %#x", v, other&-other)
		}
	}
	for _, r := range f.Ranges {
		ranged := c.provided("%s", c.cond(r.If))
		if r.HasMin {
			ranged.emit(fmt.Sprintf("%s below %s", what, r.Min), o, "%s = %s", v, new(big.Int).Sub(r.Min, big.NewInt(1)))
		}
		if r.HasMax {
			ranged.emit(fmt.Sprintf("%s above %s", what, r.Max), o, "%s = %s", v, new(big.Int).Add(r.Max, big.NewInt(1)))
		}
	}
}

// within emits the changes of a struct. In messages structs have functions of their own: once all of them were seen to
// refuse, it is enough to see that the function is called.
func (c changes) within(s *schema.Struct, v, what string) {
	inner := c
	inner.body, inner.path, inner.prefix, inner.packet, inner.flags = &s.Body, v+".", c.prefix+what+".", "", ""
	inner.name = s.Name.Pascal()
	if c.ofMessage() && c.limit > 1 {
		inner.emitted = new(int)
		if c.met[inner.name] {
			inner.limit = 1
		}
		c.met[inner.name] = true
	}
	inner.all()
}

func (c changes) union(f *schema.Field, v, what string) {
	for _, variant := range f.Type.Variants {
		inner := c.provided("%s.Tag == %s", v, c.unionType(f)+variant.Name.Pascal())
		inner.emit(what+"."+variant.Name.Snake()+" with more behind it", outcome{decode: "ErrTrailing"}, "%s.Raw = []byte{0}", v)
		inner.within(variant.Struct, v+"."+variant.Name.Pascal(), what+"."+variant.Name.Snake())
	}
	if tag, ok := unnamedTag(f); ok {
		c.provided("%s.Tag == %d", v, tag).emit(what+" of too many bytes", outcome{encode: "ErrLength", unwritten: true}, "%s.Raw = make([]byte, 65536)", v)
	}
}
