package tsgen

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

const (
	width  = 120 // of a comment's line
	indent = "    "
)

// source writes marked text. What comes from the spec enters it by comment and quote alone.
type source struct {
	strings.Builder
	depth int
}

// line writes one line at the present depth.
func (s *source) line(format string, args ...any) {
	s.WriteString(strings.Repeat(indent, s.depth) + fmt.Sprintf(format, args...) + "\n")
}

// block writes a line that opens a brace, what stands within, and the line that closes it.
func (s *source) block(inner func(), format string, args ...any) {
	s.line(format+" {", args...)
	s.nested(inner)
	s.line("}")
}

// nested writes what inner writes one step deeper.
func (s *source) nested(inner func()) {
	s.depth++
	inner()
	s.depth--
}

// types writes declarations that are only for types.
func (s *source) types(inner func()) {
	s.WriteString("«\n")
	inner()
	s.WriteString("»\n")
}

// gap separates declarations.
func (s *source) gap() { s.WriteString("\n") }

// comment writes a documentation comment: on one line where it fits, nothing where it is empty.
func (s *source) comment(text string) {
	lines := clean(text)
	room := width - s.depth*len(indent)
	switch {
	case len(lines) == 0:
	case len(lines) == 1 && utf8.RuneCountInString(lines[0])+len("/**  */") <= room:
		s.line("/** %s */", lines[0])
	default:
		s.line("/**")
		for _, l := range lines {
			for _, part := range wrap(l, room-len(" * ")) {
				s.line("%s", strings.TrimRight(" * "+part, " "))
			}
		}
		s.line(" */")
	}
}

// clean makes a text fit for a comment: one line a paragraph, and nothing in it that ends a comment, breaks a line or
// turns the reading direction.
func clean(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	var lines []string
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n") {
		line := strings.Join(strings.Fields(paragraph), " ")
		lines = append(lines, strings.ReplaceAll(line, "*/", "* /"))
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines
}

// wrap breaks a line between words so that each part has at most n columns where words allow.
func wrap(line string, n int) []string {
	var out []string
	part := ""
	for _, word := range strings.Fields(line) {
		if part != "" && utf8.RuneCountInString(part)+1+utf8.RuneCountInString(word) > n {
			out = append(out, part)
			part = ""
		}
		if part != "" {
			part += " "
		}
		part += word
	}
	return append(out, part)
}

// quote writes a string.
func quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '«' || r == '»' || !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// camel returns the form of a property: messageId.
func camel(n schema.Name) string {
	words := strings.Split(n.Snake(), "_")
	for i, w := range words[1:] {
		words[i+1] = capital(w)
	}
	return strings.Join(words, "")
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
