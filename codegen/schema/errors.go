package schema

import (
	"fmt"
	"sort"
	"strings"
)

// Error is one fault of a spec: what it is, why it is one, and what to do.
type Error struct {
	File      string
	Line, Col int // from 1
	What      string
	Why       string // may be empty
	Do        string // may be empty
}

// Place returns "file:line:col:".
func (e *Error) Place() string { return fmt.Sprintf("%s:%d:%d:", e.File, e.Line, e.Col) }

// Error returns "file:line:col: what, why, what to do".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Place() + " " + e.What)
	for _, s := range []string{e.Why, e.Do} {
		if s != "" {
			b.WriteString(", " + s)
		}
	}
	return b.String()
}

// Errors are all the faults of a spec, in the order of their places.
type Errors []*Error

// Error returns a line for each.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

func (es Errors) sort() {
	sort.SliceStable(es, func(i, j int) bool {
		if es[i].Line != es[j].Line {
			return es[i].Line < es[j].Line
		}
		return es[i].Col < es[j].Col
	})
}

// maxCandidates bounds the work for a hint.
const maxCandidates = 200

// Closest returns a hint ("did you mean ...?") where one of the candidates is near to word, and fallback where none is.
func Closest(word string, candidates []string, fallback string) string {
	if best := nearest(word, candidates); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return fallback
}

// nearest returns the candidate that is nearest to word, else the longest that word begins with, such as max for maximum;
// "" where there is none.
func nearest(word string, candidates []string) string {
	if len(word) > maxNameLength || len(candidates) > maxCandidates {
		return ""
	}
	best, distance := "", min(len(word)/2+1, len(word)/3+2)
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best != "" {
		return best
	}
	const tellsSomething = 3
	for _, c := range candidates {
		if len(c) >= max(tellsSomething, len(best)+1) && strings.HasPrefix(word, c) {
			best = c
		}
	}
	return best
}

// listed names what there is, the first of them where they are many.
func listed(names []string) string {
	const most = 20
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// editDistance counts the characters to insert, remove or replace, and neighbours to exchange, that make b of a.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
