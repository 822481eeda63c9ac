package tsgen

import (
	"regexp"
	"strings"
)

// A marked text is TypeScript in which « and » enclose what is only for types: within a line, or as lines of their own
// around whole declarations. Comments stand on lines of their own and have no marks. Declarations begin at the margin,
// members of classes are indented once.

var (
	marks = regexp.MustCompile(`[«»]`)
	typed = regexp.MustCompile(`«[^»]*»`)
)

// typescript returns the text without its marks.
func typescript(marked string) string {
	var out view
	for _, line := range strings.Split(marked, "\n") {
		switch {
		case comment(line):
			out.line(line)
		case line != "«" && line != "»":
			out.line(marks.ReplaceAllString(line, ""))
		}
	}
	return out.String()
}

// javascript returns the text without what is for types.
func javascript(marked string) string {
	var out view
	types := false
	for _, line := range strings.Split(marked, "\n") {
		switch {
		case line == "«" || line == "»":
			types = line == "«"
		case types:
		case comment(line):
			out.line(line)
		default:
			out.line(typed.ReplaceAllString(line, ""))
		}
	}
	return out.String()
}

// view gathers lines, of empty ones not two in a row.
type view struct{ strings.Builder }

func (v *view) line(line string) {
	s := v.Builder.String()
	if line == "" && (s == "" || strings.HasSuffix(s, "\n\n")) {
		return
	}
	v.WriteString(line + "\n")
}

func (v *view) String() string { return strings.TrimRight(v.Builder.String(), "\n") + "\n" }

func comment(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "*") || strings.HasPrefix(line, "//")
}

// declarations returns what users of the module see of it: no code, and only what is exported.
func declarations(marked string) string {
	d := declarer{lines: strings.Split(marked, "\n")}
	d.module()
	return d.out.String()
}

type declarer struct {
	lines    []string
	out      view
	comments []string // of the declaration that follows
}

// next returns the next line, and takes it.
func (d *declarer) next() string {
	line := d.lines[0]
	d.lines = d.lines[1:]
	return line
}

// skip passes over the rest of what a line began at an indentation, unless it ended there.
func (d *declarer) skip(line, indent string) {
	for !ends(line, indent) && len(d.lines) > 0 {
		line = d.next()
	}
}

// ends reports whether a line at an indentation is the last of its declaration.
func ends(line, indent string) bool {
	return strings.HasPrefix(line, indent) && !strings.HasPrefix(line, indent+" ") && (strings.HasSuffix(line, ";") || strings.HasSuffix(line, "}"))
}

// declare writes a line, which may be empty, and the comment before it.
func (d *declarer) declare(line string) {
	for _, c := range d.comments {
		d.out.line(c)
	}
	d.comments = nil
	d.out.line(line)
}

func (d *declarer) module() {
	for len(d.lines) > 0 {
		switch line := d.next(); {
		case line == "":
			d.declare("")
		case comment(line):
			d.comments = append(d.comments, line)
		case line == "«":
			d.types()
		case strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "export { "):
			d.declare(line)
		case strings.HasPrefix(line, "export class "):
			d.declare("export declare " + strings.TrimPrefix(line, "export "))
			d.members()
		case strings.HasPrefix(line, "export const ") && strings.HasSuffix(line, " = {"):
			d.declare("export declare " + strings.TrimSuffix(strings.TrimPrefix(line, "export "), " = {") + ": {")
			d.values()
		case strings.HasPrefix(line, "export "):
			d.declare("export declare " + strings.Replace(head(strings.TrimPrefix(line, "export ")), "function* ", "function ", 1))
			d.skip(line, "")
		default:
			d.comments = nil
			d.skip(line, "")
		}
	}
}

// types writes what is only for types.
func (d *declarer) types() {
	for line := d.next(); line != "»"; line = d.next() {
		d.out.line(line)
	}
}

// values writes the members of an object whose values are their types.
func (d *declarer) values() {
	for line := d.next(); !strings.HasPrefix(line, "}"); line = d.next() {
		if !comment(line) {
			line = "    readonly " + strings.TrimSuffix(strings.TrimLeft(line, " "), ",") + ";"
		}
		d.out.line(line)
	}
	d.out.line("};")
}

// members writes those of a class.
func (d *declarer) members() {
	const indent = "    "
	for line := d.next(); line != "}"; line = d.next() {
		switch {
		case line == "":
		case comment(line):
			d.comments = append(d.comments, line)
		default:
			d.declare(indent + head(strings.TrimPrefix(line, indent)))
			d.skip(line, indent)
		}
	}
	d.out.line("}")
}

var optional = regexp.MustCompile(`«: ([^»]*)» = [^,)]+`)

// head returns a function without its body, or a variable or property without its value.
func head(line string) string {
	if strings.Contains(line, "(") && strings.HasSuffix(line, " {") {
		line = optional.ReplaceAllString(strings.TrimSuffix(line, " {"), "?: $1")
	} else {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, ";"), " = ")
	}
	return marks.ReplaceAllString(line, "") + ";"
}
