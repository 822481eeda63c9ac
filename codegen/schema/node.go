package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// MaxSource bounds a spec's size in bytes: far more than anybody writes, far less than would hurt.
const MaxSource = 1 << 20

// document reads the YAML into nodes and nothing else: yaml.v3 panics on some documents when it decodes into structs.
func (p *parser) document(src []byte) *yaml.Node {
	if len(src) > MaxSource {
		p.fault(1, 1, fmt.Sprintf("the spec has more than %d bytes", MaxSource), "", "split it")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && doc.Content[0].Tag == "!!null":
		p.fault(1, 1, "the spec is empty", "", `begin with "spec: 1"`)
		return nil
	case err != nil:
		p.yamlFault(src, err)
		return nil
	}
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		p.yamlFault(src, err)
		return nil
	default:
		p.fault(more.Line, more.Column, "a second YAML document", "a spec is one document", "remove the line ---")
		return nil
	}
	return doc.Content[0]
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

func (p *parser) yamlFault(src []byte, err error) {
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = max(n, 1)
		}
	}
	// YAML's own words do not say that it is the tab, and may name the line before.
	lines := bytes.Split(src, []byte("\n"))
	for n := line; n <= min(line+1, len(lines)); n++ {
		text := lines[n-1]
		indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 {
			p.fault(n, tab+1, "a tab before the first word of a line", "YAML indents with spaces alone", "write spaces instead")
			return
		}
	}
	p.fault(line, 1, "this is not YAML: "+what, "", "")
}

func (p *parser) fault(line, col int, what, why, do string) {
	p.errs = append(p.errs, &Error{File: p.file, Line: line, Col: col, What: what, Why: why, Do: do})
}

func (p *parser) nodeFault(n *yaml.Node, what, why, do string) {
	p.fault(n.Line, n.Column, what, why, do)
}

// quote quotes what the spec holds for a message: its beginning where it is long.
func quote(s string) string {
	const most = 2 * maxNameLength
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strconv.Quote(s)
}

var kindNames = map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}

// plain refuses what YAML has and specs have not, and reports whether n is of the kind wanted.
func (p *parser) plain(n *yaml.Node, kind yaml.Kind, what string) bool {
	const why = "specs have none, so that each line says what it means"
	if n.Anchor != "" {
		p.nodeFault(n, "an anchor (&"+n.Anchor+")", why, "remove it")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		p.nodeFault(n, "a tag ("+n.Tag+")", why, "remove it")
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		p.nodeFault(n, "an alias (*"+n.Value+")", why, "write the value out")
	case n.Kind != kind && n.Tag == "!!null":
		p.nodeFault(n, what+" is empty", "", "make it "+kindNames[kind]+", or remove it")
	case n.Kind != kind:
		p.nodeFault(n, what+" is "+kindNames[n.Kind], "", "make it "+kindNames[kind])
	}
	return n.Kind == kind
}

// object is a mapping whose keys are known.
type object struct {
	*parser
	*Object
	node   *yaml.Node
	keys   map[string]*yaml.Node
	values map[string]*yaml.Node
}

// object checks a mapping against the keys it may have and must have; nil if it is none.
func (p *parser) object(n *yaml.Node, g *Object) *object {
	if !p.plain(n, yaml.MappingNode, g.Name) {
		return nil
	}
	o := &object{p, g, n, map[string]*yaml.Node{}, map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Tag == "!!merge" {
			p.nodeFault(k, "a merge key (<<)", "specs have none", "write the keys out")
			continue
		}
		if !p.plain(k, yaml.ScalarNode, "a key of "+g.Name) {
			continue
		}
		switch {
		case g.key(k.Value) == nil:
			p.nodeFault(k, fmt.Sprintf("unknown key %s in %s", quote(k.Value), g.Name), "",
				Closest(k.Value, g.names(), "it may have "+listed(slices.Sorted(slices.Values(g.names())))))
		case o.has(k.Value):
			p.nodeFault(k, fmt.Sprintf("key %q a second time", k.Value), fmt.Sprintf("the first is in line %d", o.keys[k.Value].Line), "remove one")
		default:
			o.keys[k.Value], o.values[k.Value] = k, v
		}
	}
	for _, k := range g.Keys {
		if k.Required {
			o.require(k.Name)
		}
	}
	return o
}

// single is a node by itself, as the value of a key.
func (p *parser) single(n *yaml.Node, key string, v Value) *object {
	return &object{p, &Object{Keys: []Key{{Name: key, Value: v}}}, n, nil, map[string]*yaml.Node{key: n}}
}

func (o *object) has(key string) bool { return o.values[key] != nil }

// at is where key stands, or the object itself where it does not.
func (o *object) at(key string) *yaml.Node {
	if v := o.values[key]; v != nil {
		return v
	}
	return o.node
}

// pos is where the object's name stands, or the object where it has none.
func (o *object) pos() Pos {
	n := o.at("name")
	return Pos{n.Line, n.Column}
}

// require reports the key where it is missing.
func (o *object) require(key string) {
	if !o.has(key) {
		o.nodeFault(o.node, fmt.Sprintf("%s has no %q", o.Name, key), "it is required", "add it")
	}
}

// text returns the text at key, trimmed; "" where there is none.
func (o *object) text(key string) string {
	v := o.values[key]
	if v == nil {
		return ""
	}
	s, _ := o.scalar(v, key)
	return strings.TrimSpace(s)
}

// word returns the text at key, which must not be empty; "" where there is none (reported only if it is there).
func (o *object) word(key string) string {
	v := o.values[key]
	if v == nil {
		return ""
	}
	s, ok := o.scalar(v, key)
	if s = strings.TrimSpace(s); ok && s == "" {
		o.nodeFault(v, key+" is empty", "", "give it a value")
	}
	return s
}

// formed returns the text at key, which must have its form; "" where there is none.
func (o *object) formed(key string) string {
	v := o.values[key]
	if v == nil {
		return ""
	}
	s, ok := o.scalar(v, key)
	if f := o.form(key); ok && !f.MatchString(s) {
		o.nodeFault(v, fmt.Sprintf("%s %s", key, quote(s)), "it must be "+f.Want, "")
	}
	return s
}

// scalar returns the text of a node; ok is false where it is none (reported).
func (p *parser) scalar(v *yaml.Node, what string) (s string, ok bool) {
	if !p.plain(v, yaml.ScalarNode, what) {
		return "", false
	}
	switch {
	case v.Value == "" && v.Tag == "!!null":
		p.nodeFault(v, what+" is empty", "", "give it a value, or remove it")
		return "", false
	case v.Tag != "!!str":
		p.nodeFault(v, fmt.Sprintf("%s is not text: %s", what, v.Value), "YAML reads it as another type", "quote it: "+quote(v.Value))
		return "", false
	}
	if i := strings.IndexFunc(v.Value, unprintable); i >= 0 {
		r := []rune(v.Value[i:])[0]
		p.nodeFault(v, fmt.Sprintf("%s has the character %U", what, r), "it cannot stand in generated code", "remove it")
		return "", false
	}
	return v.Value, true
}

// unprintable reports characters that a compiler refuses, even in comments, or that change how a line looks.
func unprintable(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}

// flag returns the truth at key, false where there is none.
func (o *object) flag(key string) bool {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.ScalarNode, key) {
		return false
	}
	if v.Tag != "!!bool" || v.Value != "true" && v.Value != "false" {
		o.nodeFault(v, fmt.Sprintf("%s is %s", key, quote(v.Value)), "", "write true or false")
	}
	return v.Value == "true"
}

var integer = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,30})$`)

// number returns the integer at key; ok is false where there is none (reported only if something else is there).
func (o *object) number(key string) (n Int, ok bool) {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.ScalarNode, key) {
		return nil, false
	}
	if n, named := o.constant(key); named {
		return n, n != nil
	}
	if v.Style != 0 || !integer.MatchString(v.Value) {
		o.nodeFault(v, fmt.Sprintf("%s is %s", key, quote(v.Value)),
			"it must be a decimal number of at most 31 digits, without quotes, leading zeros and underscores", "")
		return nil, false
	}
	return new(big.Int).SetString(v.Value, 10)
}

// small returns the integer at key if it is within lo..hi, and fallback where it is not (reported) or there is none.
func (o *object) small(key string, lo, hi, fallback int) int {
	n, ok := o.number(key)
	if !ok {
		return fallback
	}
	if n.Cmp(big.NewInt(int64(lo))) < 0 || n.Cmp(big.NewInt(int64(hi))) > 0 {
		o.nodeFault(o.values[key], fmt.Sprintf("%s is %s", key, n), fmt.Sprintf("it must be %d to %d", lo, hi), "")
		return fallback
	}
	return int(n.Int64())
}

// value returns the number at key if the kind can hold it; ok is false where there is none (reported only if something
// else is there).
func (o *object) value(key string, k Kind) (n Int, ok bool) {
	n, ok = o.number(key)
	if !ok || k == 0 {
		return n, ok
	}
	if lo, hi := k.Limits(); n.Cmp(lo) < 0 || n.Cmp(hi) > 0 {
		o.nodeFault(o.values[key], fmt.Sprintf("%s is %s", key, n), fmt.Sprintf("its type holds %s to %s", lo, hi), k.fit())
		return nil, false
	}
	return n, true
}

// list returns the nodes of the list at key.
func (o *object) list(key string) []*yaml.Node {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.SequenceNode, key) {
		return nil
	}
	return v.Content
}

// some returns the nodes of the list at key, which must not be empty.
func (o *object) some(key string) []*yaml.Node {
	nodes := o.list(key)
	if v := o.values[key]; v != nil && v.Kind == yaml.SequenceNode && len(nodes) == 0 {
		o.nodeFault(v, key+" is empty", "", "add some")
	}
	return nodes
}
