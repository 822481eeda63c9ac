package pygen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	width  = 88 // of a line, as formatters of Python have it
	indent = 4
)

// source writes the body of a module, already in the form that ruff gives it, and notes what it takes from other modules.
type source struct {
	bytes.Buffer
	depth  int
	uses   map[string]map[string]bool // names by module
	faults []error                    // what Python cannot do
}

func newSource() *source { return &source{uses: map[string]map[string]bool{}} }

// from notes that a name of another module is used, and returns it.
func (s *source) from(module, name string) string {
	if s.uses[module] == nil {
		s.uses[module] = map[string]bool{}
	}
	s.uses[module][name] = true
	return name
}

// fault notes what Python cannot do.
func (s *source) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// wire notes the use of something that the codecs share.
func (s *source) wire(name string) string { return s.from("._wire", name) }

// line writes one line at the present depth.
func (s *source) line(format string, args ...any) { s.write(fmt.Sprintf(format, args...)) }

func (s *source) write(line string) {
	if line != "" {
		line = strings.Repeat(" ", s.depth*indent) + line
	}
	s.WriteString(line + "\n")
}

// fits reports whether a line is no longer than one may be.
func (s *source) fits(line string) bool { return s.depth*indent+utf8.RuneCountInString(line) <= width }

// nested writes what body writes one step deeper.
func (s *source) nested(body func()) {
	s.depth++
	body()
	s.depth--
}

// block writes a compound statement.
func (s *source) block(head string, body func()) {
	s.write(head)
	s.nested(body)
}

// guard writes a compound statement, nothing where its body is empty.
func (s *source) guard(head, body func()) {
	start := s.Len()
	head()
	inner := s.Len()
	s.nested(body)
	if s.Len() == inner {
		s.Truncate(start)
	}
}

// list writes items between brackets, on one line where they fit.
func (s *source) list(open string, items []string, end string) {
	if line := open + strings.Join(items, ", ") + end; s.fits(line) || len(items) == 0 {
		s.write(line)
		return
	}
	s.write(open)
	s.nested(func() {
		for _, item := range items {
			s.write(item + ",")
		}
	})
	s.write(end)
}

// targets writes the assignment of a tuple to several.
func (s *source) targets(names []string, value string) {
	line := strings.Join(names, ", ")
	if len(names) == 1 {
		line = "(" + names[0] + ",)"
	}
	if line += " = " + value; s.fits(line) {
		s.write(line)
		return
	}
	s.list("(", names, ") = "+value)
}

// comprehension writes the assignment of a list of what a call gives for each of many.
func (s *source) comprehension(target, function string, args []string, each string) {
	call := function + "(" + strings.Join(args, ", ") + ")"
	if line := fmt.Sprintf("%s = [%s %s]", target, call, each); s.fits(line) {
		s.write(line)
		return
	}
	s.write(target + " = [")
	s.nested(func() {
		if line := call + " " + each; s.fits(line) {
			s.write(line)
			return
		}
		s.list(function+"(", args, ")")
		s.write(each)
	})
	s.write("]")
}

// condition writes an if, nothing where its body is empty.
func (s *source) condition(cond condition, body func()) {
	s.guard(func() { s.broken("if ", "if (", cond.text, cond.operator+" ", cond.operands, ":", "):") }, body)
}

// broken writes an expression on one line where it fits; else between brackets, broken before its outermost operators if
// that is not enough.
func (s *source) broken(before, open, text, operator string, operands []string, after, end string) {
	if line := before + text + after; s.fits(line) || len(operands) == 0 {
		s.write(line)
		return
	}
	s.write(open)
	s.nested(func() {
		if s.fits(text) {
			s.write(text)
			return
		}
		for i, operand := range operands {
			if i > 0 {
				operand = operator + operand
			}
			s.write(operand)
		}
	})
	s.write(end)
}

// alternatives writes a union of types.
func (s *source) alternatives(name string, types []string) {
	if len(types) == 1 {
		s.write(name + " = " + types[0])
		return
	}
	s.broken(name+" = ", name+" = (", strings.Join(types, " | "), "| ", types, "", ")")
}

// doc writes a docstring, which its text cannot leave: on one line where it fits, nothing where it is empty.
func (s *source) doc(text string) {
	var lines []string
	for i, paragraph := range paragraphs(text) {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, wrap(escaped(paragraph), width-s.depth*indent)...)
	}
	if len(lines) == 0 {
		return
	}
	first := `"""` + lines[0]
	if len(lines) == 1 && (s.fits(first+`"""`) || !s.fits(first)) {
		s.write(first + `"""`)
		return
	}
	s.write(first)
	for _, line := range lines[1:] {
		s.write(line)
	}
	s.write(`"""`)
}

// paragraphs makes a text of the spec fit for a docstring: one line a paragraph, without characters that cannot be seen or
// turn the reading direction.
func paragraphs(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// oneLine makes a text of the spec one line.
func oneLine(text string) string { return strings.Join(paragraphs(text), " ") }

// escaped writes what no docstring takes for its end or for the begin of an escape.
func escaped(line string) string {
	var b strings.Builder
	quote := false // a bare one has just been written
	for i, r := range line {
		quote = r == '"' && !quote && 0 < i && i < len(line)-1
		if r == '\\' || r == '"' && !quote {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// wrap breaks a line between words so that each part, the first of which stands behind three quotes, has at most n columns
// where words allow.
func wrap(line string, n int) []string {
	var out []string
	part := `"""`
	for i, word := range strings.Fields(line) {
		switch {
		case i > 0 && utf8.RuneCountInString(part)+1+utf8.RuneCountInString(word) > n:
			out = append(out, part)
			part = word
		case i > 0:
			part += " " + word
		default:
			part += word
		}
	}
	out = append(out, part)
	out[0] = out[0][3:]
	return out
}

// quoted writes a string as Python reads it back, whatever it holds, in the quotes that need fewer escapes.
func quoted(text string) string {
	quote := '"'
	if strings.Count(text, `"`) > strings.Count(text, `'`) {
		quote = '\''
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range text {
		switch {
		case r == quote || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// module returns the whole module.
func (s *source) module(banner, doc string) []byte {
	head := newSource()
	head.WriteString(banner)
	head.doc(doc)
	head.line("")
	head.line("from __future__ import annotations")
	last := ""
	for _, module := range s.modules() {
		if strings.HasPrefix(last, ".") != strings.HasPrefix(module, ".") || last == "" {
			head.line("")
		}
		names := sortedKeys(s.uses[module])
		if line := fmt.Sprintf("from %s import %s", module, strings.Join(names, ", ")); head.fits(line) {
			head.write(line)
		} else {
			head.list("from "+module+" import (", names, ")")
		}
		last = module
	}
	return []byte(head.String() + s.String())
}

// modules returns the modules that are used, those of the package last.
func (s *source) modules() []string {
	modules := make([]string, 0, len(s.uses))
	for m := range s.uses {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b string) int {
		if own := strings.HasPrefix(a, "."); own != strings.HasPrefix(b, ".") {
			if own {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	return modules
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sortNames(keys)
	return keys
}

// sortNames puts constants before classes, and these before functions.
func sortNames(names []string) {
	kind := func(name string) int {
		switch {
		case strings.ToUpper(name) == name && len(name) > 1:
			return 0
		case unicode.IsUpper(rune(name[0])):
			return 1
		}
		return 2
	}
	slices.SortFunc(names, func(a, b string) int {
		if ka, kb := kind(a), kind(b); ka != kb {
			return ka - kb
		}
		return strings.Compare(a, b)
	})
}
