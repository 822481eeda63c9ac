package main

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("a", 69) + "b" + strings.Repeat("c", 40)
	for _, test := range []struct {
		line        string
		col         int
		text, caret string
	}{
		{"a: b", 4, "a: b", "   ^"},
		{"a", 1, "a", "^"},
		{"a:", 3, "a:", "  ^"},
		{"a:", 4, "", ""},
		{"\ta: b", 2, "\ta: b", "\t^"},
		{"é: °C", 4, "é: °C", "   ^"},
		{"\ufeffa: b", 4, "a: b", "   ^"},
		{"", 1, "", ""},
		{"  ", 1, "", ""},
		{strings.Repeat(" ", maxLine-1) + "a", 1, strings.Repeat(" ", 41) + "...", "^"},
		{strings.Repeat(" ", maxLine) + "a", 1, "", ""},
		{"a\x1b[2J", 1, "", ""},
		{"a\u202eb", 1, "", ""},
		{"a\xff", 1, "", ""},
		{long, 70, long, strings.Repeat(" ", 69) + "^"},
		{long, 71, long, strings.Repeat(" ", 70) + "^"},
		{long, 72, "..." + long[1:], "..." + strings.Repeat(" ", 70) + "^"},
		{long, 69, long[:109] + "...", strings.Repeat(" ", 68) + "^"},
	} {
		wantCaret := strings.ReplaceAll(test.caret, ".", " ")
		if text, caret := excerpt(test.line, test.col); text != test.text || caret != wantCaret {
			t.Errorf("%q, %d:\n%q\n%q, want\n%q\n%q", test.line, test.col, text, caret, test.text, wantCaret)
		}
	}
}
