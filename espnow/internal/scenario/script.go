package scenario

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Script is a scenario as it is written: what is put in, and what must come out.
type Script struct {
	path  string
	steps []step
	tail  []string // comments behind the last step
}

// step is one input.
type step struct {
	line  int
	above []string // comments and blank lines
	input string
	want  []string
}

const (
	inputMark   = "> "
	commentMark = "#"
)

// Read reads a scenario.
func Read(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{path: path}
	var above []string
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		input, isInput := strings.CutPrefix(line, inputMark)
		switch {
		case isInput:
			s.steps = append(s.steps, step{line: i + 1, above: above, input: input})
			above = nil
		case line == "" || strings.HasPrefix(line, commentMark):
			above = append(above, line)
		case len(s.steps) == 0 || above != nil:
			return nil, fmt.Errorf("%s:%d: %q stands behind no input", path, i+1, line)
		default:
			last := &s.steps[len(s.steps)-1]
			last.want = append(last.want, line)
		}
	}
	s.tail = above
	return s, nil
}

// record writes the scenario with other outputs.
func (s *Script) record(outputs [][]string) error {
	var b bytes.Buffer
	line := func(line string) { b.WriteString(line + "\n") }
	for i, step := range s.steps {
		for _, above := range step.above {
			line(above)
		}
		line(inputMark + step.input)
		for _, output := range outputs[i] {
			line(output)
		}
	}
	for _, below := range s.tail {
		line(below)
	}
	return os.WriteFile(s.path, b.Bytes(), 0o600)
}

// explains reports whether an output only tells a reader what another means.
func explains(output string) bool {
	return strings.HasPrefix(strings.TrimSpace(output), commentMark)
}

// arguments are those of an input: words, and settings as name=value. A value in quotes may have spaces.
type arguments struct {
	words    []string
	settings map[string]string
	used     map[string]bool
}

func parseArguments(input string) (arguments, error) {
	a := arguments{settings: map[string]string{}, used: map[string]bool{}}
	for rest := strings.TrimSpace(input); rest != ""; rest = strings.TrimSpace(rest) {
		end := strings.IndexByte(rest, ' ')
		name, value, isSetting := strings.Cut(rest, "=")
		if isSetting && !strings.Contains(name, " ") && strings.HasPrefix(value, `"`) {
			closing := strings.IndexByte(value[1:], '"')
			if closing < 0 {
				return a, fmt.Errorf("%q has no closing quote", rest)
			}
			a.settings[name] = value[1 : 1+closing]
			rest = value[2+closing:]
			continue
		}
		word := rest
		if end >= 0 {
			word = rest[:end]
		}
		rest = rest[len(word):]
		if name, value, ok := strings.Cut(word, "="); ok {
			a.settings[name] = value
		} else {
			a.words = append(a.words, word)
		}
	}
	return a, nil
}

// word takes the next word, or none.
func (a *arguments) word() string {
	if len(a.words) == 0 {
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// flag takes a word if it is there.
func (a *arguments) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

// setting takes a setting if it is there.
func (a *arguments) setting(name string) (string, bool) {
	value, ok := a.settings[name]
	a.used[name] = true
	return value, ok
}

// rest is an error if something was not taken.
func (a *arguments) rest() error {
	for name := range a.settings {
		if !a.used[name] {
			return fmt.Errorf("nothing has a setting %q here", name)
		}
	}
	if len(a.words) > 0 {
		return fmt.Errorf("nobody knows what to do with %q", a.words)
	}
	return nil
}
