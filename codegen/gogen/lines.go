package gogen

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// lines are statements of a function.
type lines []jen.Code

var packages = map[string]string{
	"binary": "encoding/binary", "iter": "iter", "math": "math", "slices": "slices", "strconv": "strconv", "utf8": "unicode/utf8",
}

// code is Go as it stands there, without text of the spec; packages in it are imported.
func code(format string, args ...any) *jen.Statement {
	text := fmt.Sprintf(format, args...)
	s := &jen.Statement{}
	at := 0
	for i := range len(text) - 1 {
		if text[i] != '.' || text[i+1] < 'A' || text[i+1] > 'Z' {
			continue
		}
		begin, end := i, i+1
		for begin > at && letter(text[begin-1]) {
			begin--
		}
		path, ok := packages[text[begin:i]]
		if !ok {
			continue
		}
		for end < len(text) && letter(text[end]) {
			end++
		}
		if begin > at {
			s.Id(text[at:begin])
		}
		s.Qual(path, text[i+1:end])
		at = end
	}
	if at < len(text) {
		s.Id(text[at:])
	}
	return s
}

// letter reports whether a byte may be part of a name.
func letter(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

func (l *lines) add(format string, args ...any) { *l = append(*l, code(format, args...)) }

// block adds a statement with a block; none where the block would be empty.
func (l *lines) block(inner lines, format string, args ...any) {
	if len(inner) > 0 {
		*l = append(*l, code(format, args...).Block(inner...))
	}
}

// fail adds the refusal of what meets a condition.
func (l *lines) fail(result, err, format string, args ...any) {
	l.block(lines{code("return %s%s", result, err)}, "if "+format, args...)
}

// try adds a call that gives an error alone.
func (l *lines) try(format string, args ...any) {
	l.block(lines{code("return err")}, "if err := %s; err != nil", fmt.Sprintf(format, args...))
}
