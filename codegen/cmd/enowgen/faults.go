package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// faultsError are the faults of a spec, with its text.
type faultsError struct {
	schema.Errors
	src []byte
}

// palette are the words that a terminal takes for colours; empty where there are none.
type palette struct{ bold, red, off string }

// paletteFor returns colours where w is a terminal whose user has nothing against them: see https://no-color.org.
func paletteFor(w io.Writer) palette {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return palette{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return palette{}
	}
	return palette{"\x1b[1m", "\x1b[1;31m", "\x1b[0m"}
}

// print writes each fault and, below it, the line that it is in and a caret.
func (e faultsError) print(w io.Writer, c palette) {
	lines := strings.Split(string(e.src), "\n")
	for _, f := range e.Errors {
		place := f.Place()
		fmt.Fprintf(w, "%s%s%s%s\n", c.bold, place, c.off, strings.TrimPrefix(f.Error(), place))
		if f.Line <= len(lines) {
			if line, caret := excerpt(strings.TrimSuffix(lines[f.Line-1], "\r"), f.Col); line != "" {
				fmt.Fprintf(w, "    %s\n    %s%s%s\n", line, c.red, caret, c.off)
			}
		}
	}
}

// maxLine bounds the bytes of a line that is shown: one of a megabyte, with a fault at each word, would take long.
const maxLine = 4096

// excerpt returns a line, or what stands around the column (from 1) where it is long, and the caret below it. Both are
// empty where the line is blank, has no such column or cannot be shown.
func excerpt(line string, col int) (text, caret string) {
	const before, after = 70, 40
	if len(line) > maxLine {
		return "", ""
	}
	line = strings.TrimPrefix(line, "\ufeff")
	runes := []rune(line)
	if strings.TrimSpace(line) == "" || col > len(runes)+1 || !utf8.ValidString(line) || strings.ContainsFunc(line, hidden) {
		return "", ""
	}
	from, to := 0, len(runes)
	cutFront, cutBack := "", ""
	if col-1-from > before {
		from, cutFront = col-1-before, "..."
	}
	if to-col > after {
		to, cutBack = col+after, "..."
	}
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, cutFront+string(runes[from:col-1]))
	return cutFront + string(runes[from:to]) + cutBack, pad + "^"
}

// hidden reports characters that move the caret or what a terminal shows.
func hidden(r rune) bool { return r != '\t' && !unicode.IsGraphic(r) }
