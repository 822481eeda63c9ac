package cgen

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	width  = 120 // of a line, as .clang-format has it
	indent = 4
)

// source writes C, already in the form that clang-format gives it.
type source struct {
	strings.Builder
	depth int
}

// text writes lines as they are.
func (s *source) text(format string, args ...any) { fmt.Fprintf(s, format, args...) }

// aside returns what write writes instead of writing it.
func (s *source) aside(write func()) string {
	before := s.String()
	s.Reset()
	write()
	written := s.String()
	s.Reset()
	s.WriteString(before)
	return written
}

// line writes one line at the present depth.
func (s *source) line(format string, args ...any) {
	fmt.Fprintf(s, "%*s%s\n", s.depth*indent, "", fmt.Sprintf(format, args...))
}

// nested writes what body writes one step deeper.
func (s *source) nested(body func()) {
	s.depth++
	body()
	s.depth--
}

// function begins a function; its body follows until the next close.
func (s *source) function(head string, params ...string) {
	s.text("\n")
	s.list(head+"(", params, ",", ")")
	s.line("{")
	s.depth++
}

func (s *source) close() {
	s.depth--
	s.line("}")
}

// fail writes the return of an error where a condition holds.
func (s *source) fail(cond, err string) {
	s.list("if (", []string{cond}, "", ") {")
	s.nested(func() { s.line("return %s;", err) })
	s.line("}")
}

// list writes items between open and end and breaks the line after a separator where it gets too long.
func (s *source) list(open string, items []string, sep, end string) {
	line := fmt.Sprintf("%*s%s", s.depth*indent, "", open)
	column := utf8.RuneCountInString(line)
	var words []string
	for i, item := range items {
		words = append(words, breakable(item)...)
		if i < len(items)-1 {
			words[len(words)-1] += sep
		}
	}
	for i, word := range words {
		if i == len(words)-1 {
			word += end
		}
		if i > 0 {
			if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				s.text("%s\n", line)
				line = strings.Repeat(" ", column)
			} else {
				line += " "
			}
		}
		line += word
	}
	if len(words) == 0 {
		line += end
	}
	s.text("%s\n", line)
}

// call writes "variable = function(arguments);", broken behind the = where that is enough.
func (s *source) call(variable, function string, args ...string) {
	whole := function + "(" + strings.Join(args, ", ") + ");"
	room := width - s.depth*indent
	if utf8.RuneCountInString(variable+" = "+whole) > room && utf8.RuneCountInString(whole) <= room-indent {
		s.line("%s =", variable)
		s.nested(func() { s.line("%s", whole) })
		return
	}
	s.list(variable+" = "+function+"(", args, ",", ");")
}

// breakable cuts a condition after the operators that no parenthesis encloses.
func breakable(cond string) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(cond); i++ {
		switch cond[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ' ':
			if op := cond[start:i]; depth == 0 && (strings.HasSuffix(op, " &&") || strings.HasSuffix(op, " ||")) {
				out = append(out, op)
				start = i + 1
			}
		}
	}
	return append(out, cond[start:])
}

// clean makes a text of the spec fit for a comment: one line a paragraph, and nothing in it that ends a comment, begins
// another or turns the reading direction.
func clean(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		out = append(out, strings.Join(strings.Fields(paragraph), " "))
	}
	for i, line := range out {
		for _, pair := range []string{"*/", "/*", "??"} {
			for strings.Contains(line, pair) {
				line = strings.ReplaceAll(line, pair, pair[:1]+" "+pair[1:])
			}
		}
		out[i] = line
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// prose makes a line of each paragraph.
func prose(doc string) string {
	paragraphs := strings.Split(strings.TrimSpace(doc), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(p), " ")
	}
	return strings.Join(paragraphs, "\n\n")
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

// comment writes a documentation comment: on one line where it fits, nothing where it is empty.
func (s *source) comment(text string) {
	lines := clean(text)
	if len(lines) == 0 {
		return
	}
	room := width - s.depth*indent
	if len(lines) == 1 && utf8.RuneCountInString(lines[0])+len("/**  */") <= room {
		s.line("/** %s */", lines[0])
		return
	}
	s.line("/**")
	for _, l := range lines {
		for _, part := range wrap(l, room-len(" * ")) {
			s.line("%s", strings.TrimRight(" * "+part, " "))
		}
	}
	s.line(" */")
}

var shortFunction = regexp.MustCompile(`(?m)^([A-Za-z][^\n;]*\))\n\{\n {4}([^ \n][^\n]*;)\n\}$`)

// joinShortFunctions puts a function of one statement on one line where it fits, as clang-format does.
func joinShortFunctions(src []byte) []byte {
	return shortFunction.ReplaceAllFunc(src, func(f []byte) []byte {
		m := shortFunction.FindSubmatch(f)
		joined := fmt.Appendf(nil, "%s { %s }", m[1], m[2])
		if utf8.RuneCount(joined) > width {
			return f
		}
		return joined
	})
}
