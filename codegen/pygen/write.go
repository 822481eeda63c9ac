package pygen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// packer gathers values of known layouts, so that those in a row are packed at once.
type packer struct {
	*record
	layout string
	values []string
}

func (p *packer) add(layout string, values ...string) {
	p.layout += layout
	p.values = append(p.values, values...)
}

func (p *packer) flush() {
	if p.layout != "" {
		p.list("out += "+p.from("struct", "pack")+"(", append([]string{`"<` + p.layout + `"`}, p.values...), ")")
	}
	p.layout, p.values = "", nil
}

// append writes a statement that stands behind what was gathered.
func (p *packer) append(format string, args ...any) {
	p.flush()
	p.line(format, args...)
}

// writer writes the method that appends what validate has passed.
func (r *record) writer() {
	r.method("def _write(self, out: bytearray) -> None", "Append the fields, which have been validated.", func() {
		r.writes(r.body.Steps)
	})
}

func (r *record) writes(steps []schema.Step) {
	p := &packer{record: r}
	for _, g := range grouped(steps) {
		if g.cond == nil {
			p.steps(g.steps)
			continue
		}
		p.flush()
		r.guarded(g.cond, "self", func() {
			inner := &packer{record: r}
			inner.steps(g.steps)
			inner.flush()
		})
	}
	p.flush()
}

func (p *packer) steps(steps []schema.Step) {
	for _, s := range steps {
		switch s := s.(type) {
		case *schema.Run:
			for _, f := range s.Fields {
				p.value(f)
			}
		case *schema.Var:
			p.value(s.Field)
		case *schema.Choose:
			p.flush()
			p.choose(s.Switch, "self", func(c *schema.Case) { p.writes(c.Steps) }, nil)
		case *schema.Presence:
			p.flush()
			p.list("out += "+p.wire("presence")+"(", presenceOf(s), ")")
		case *schema.Optional:
			p.flush()
			p.block("if self."+attribute(s.Field.Name)+" is not None:", func() {
				inner := &packer{record: p.record}
				inner.value(s.Field)
				inner.flush()
			})
		}
	}
}

// value writes or gathers one field.
func (p *packer) value(f *schema.Field) {
	t, v := &f.Type, "self."+attribute(f.Name)
	switch t.Kind {
	case schema.StructValue, schema.Union:
		p.append("%s._write(out)", v)
	case schema.String:
		p.append("out += %s(%s.encode(), %d)", p.wire("prefixed"), v, t.Prefix)
	case schema.SizedBytes:
		p.append("out += %s(%s, %d)", p.wire("prefixed"), v, t.Prefix)
	case schema.RestBytes:
		p.append("out += %s", v)
	case schema.TLVs:
		p.flush()
		p.block("for kind, value in "+v+":", func() {
			p.line(`out += %s("<BB", kind, len(value)) + value`, p.from("struct", "pack"))
		})
	case schema.Array:
		p.array(t, v)
	default:
		p.add(letter(t, "?"), v)
	}
}

func (p *packer) array(t *schema.Type, v string) {
	if t.Prefix > 0 {
		p.add(map[int]string{1: "B", 2: "H"}[t.Prefix], "len("+v+")")
	}
	switch {
	case t.Elem.Kind == schema.StructValue:
		p.flush()
		each := eachOf(t.Elem)
		p.block("for "+each+" in "+v+":", func() { p.line("%s._write(out)", each) })
	case t.Count > 0:
		p.add(fmt.Sprint(t.Count)+letter(t.Elem, "?"), "*"+v)
	default:
		p.flush()
		p.list("out += "+p.from("struct", "pack")+"(", []string{fmt.Sprintf(`f"<{len(%s)}%s"`, v, letter(t.Elem, "?")), "*" + v}, ")")
	}
}

// presenceOf are the fields of a presence byte as arguments.
func presenceOf(p *schema.Presence) []string {
	var args []string
	for _, f := range p.Fields {
		args = append(args, "self."+attribute(f.Name))
	}
	return args
}
