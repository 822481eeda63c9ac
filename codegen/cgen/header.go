package cgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// About is what the spec says of itself, as lines of a comment.
func (e *emitter) About() string {
	var b strings.Builder
	for _, line := range clean(prose(e.spec.Doc)) {
		for _, part := range wrap(line, width-len(" * ")) {
			fmt.Fprintln(&b, strings.TrimRight(" * "+part, " "))
		}
	}
	return b.String()
}

// Constants are the spec's constants.
func (e *emitter) Constants() string {
	s := &source{}
	for _, c := range e.spec.Constants {
		s.text("\n")
		s.comment(prose(c.Doc))
		number := literal(c.Kind, c.Value)
		if c.Kind == schema.U8 || c.Kind == schema.U16 {
			number += "u"
		}
		s.line("#define %s_%s %s", e.M(), c.Name.Upper(), number)
	}
	return s.String()
}

// CodecErrors are those of packets, or messages, or both, by their numbers.
func (e *emitter) CodecErrors() []schema.CodecError {
	if !e.HasMessages() {
		return schema.CodecErrors
	}
	if len(e.packetCodecs()) == 0 {
		return schema.MessageErrors
	}
	out := slices.Concat(schema.CodecErrors, schema.MessageErrors)
	slices.SortStableFunc(out, func(a, b schema.CodecError) int { return a.Code - b.Code })
	return slices.CompactFunc(out, func(a, b schema.CodecError) bool { return a.Code == b.Code })
}

// Errors are the codec's errors.
func (e *emitter) Errors() string {
	s := &source{depth: 1}
	for _, c := range e.CodecErrors() {
		s.comment(strings.ToUpper(c.Doc[:1]) + c.Doc[1:] + ".")
		s.line("%s = -%d,", e.errorName(c.Name.Upper()), c.Code)
	}
	return s.String()
}

// Enums are the spec's enums, as integers and their names.
func (e *emitter) Enums() string {
	s := &source{}
	for _, n := range e.spec.Enums {
		s.text("\n")
		s.comment(prose(n.Doc))
		s.line("typedef %s %s;", intType(n.Kind), e.enumName(n))
		for _, v := range n.Values {
			s.comment(prose(v.Doc))
			s.line("#define %s ((%s)%s)", e.valueMacro(n, v), e.enumName(n), literal(n.Kind, v.Value))
		}
	}
	return s.String()
}

// sentence ends a text with a full stop and a space; nothing stays nothing.
func sentence(doc string) string {
	doc = prose(doc)
	if doc == "" {
		return ""
	}
	if !strings.ContainsAny(doc[len(doc)-1:], ".!?:") {
		doc += "."
	}
	return doc + " "
}

// rangesDoc says what a number may be; "" where anything.
func rangesDoc(f *schema.Field) string {
	var spans []string
	for _, r := range f.Ranges {
		if !r.HasMin && !r.HasMax {
			continue
		}
		span := fmt.Sprintf("%s..%s", r.Min, r.Max)
		if r.Min.Cmp(r.Max) == 0 {
			span = r.Min.String()
		}
		if f.Unit != "" {
			span += " " + f.Unit
		}
		if r.If != nil {
			span += " if " + words(r.If)
		}
		spans = append(spans, span)
	}
	return strings.Join(spans, ", ")
}
