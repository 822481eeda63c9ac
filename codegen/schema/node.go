package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxSource bounds a spec's size: far more than anybody writes, far less than would hurt.
const maxSource = 1 << 20

// document reads the YAML into nodes and nothing else: yaml.v3 panics on some documents when it decodes into structs.
func (p *parser) document(src []byte) *yaml.Node {
	if len(src) > maxSource {
		p.fault(1, 1, fmt.Sprintf("%d bytes are too many for a spec", len(src)), fmt.Sprintf("the limit is %d", maxSource), "split it")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		p.fault(1, 1, "the spec is empty", "", `begin with "spec: 1"`)
		return nil
	case err != nil:
		p.yamlFault(err)
		return nil
	}
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		p.yamlFault(err)
		return nil
	default:
		p.fault(more.Line, more.Column, "a second YAML document", "a spec is one document", "remove the line ---")
		return nil
	}
	return doc.Content[0]
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

func (p *parser) yamlFault(err error) {
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
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

// plain refuses what YAML has and specs have not, and reports whether n is of the kind wanted.
func (p *parser) plain(n *yaml.Node, kind yaml.Kind, what string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		p.nodeFault(n, "an alias (*"+n.Value+")", "specs have none, so that each line says what it means", "write the value out")
		return false
	case n.Anchor != "":
		p.nodeFault(n, "an anchor (&"+n.Anchor+")", "specs have none", "remove it")
		return false
	case n.Kind != kind:
		names := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
		p.nodeFault(n, fmt.Sprintf("%s is %s", what, names[n.Kind]), "", "make it "+names[kind])
		return false
	}
	return true
}

// object is a mapping whose keys are known.
type object struct {
	*parser
	node   *yaml.Node
	what   string
	keys   map[string]*yaml.Node
	values map[string]*yaml.Node
}

// object checks a mapping against the keys it may have; nil if it is none.
func (p *parser) object(n *yaml.Node, what string, known ...string) *object {
	if !p.plain(n, yaml.MappingNode, what) {
		return nil
	}
	o := &object{p, n, what, map[string]*yaml.Node{}, map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !p.plain(k, yaml.ScalarNode, "a key of "+what) {
			continue
		}
		switch {
		case k.Tag == "!!merge":
			p.nodeFault(k, "a merge key (<<)", "specs have none", "write the keys out")
		case !contains(known, k.Value):
			sorted := append([]string(nil), known...)
			sort.Strings(sorted)
			p.nodeFault(k, fmt.Sprintf("unknown key %q in %s", k.Value, what), "",
				closest(k.Value, known, "it may have "+strings.Join(sorted, ", ")))
		case o.values[k.Value] != nil:
			p.nodeFault(k, fmt.Sprintf("key %q a second time", k.Value), fmt.Sprintf("the first is in line %d", o.keys[k.Value].Line), "remove one")
		default:
			o.keys[k.Value], o.values[k.Value] = k, v
		}
	}
	return o
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (o *object) has(key string) bool { return o.values[key] != nil }

// at is where key stands, or the object itself where it does not.
func (o *object) at(key string) *yaml.Node {
	if v := o.values[key]; v != nil {
		return v
	}
	return o.node
}

func (o *object) missing(key string) {
	o.nodeFault(o.node, fmt.Sprintf("%s has no %q", o.what, key), "it is required", "add it")
}

// text returns the string at key, "" where there is none.
func (o *object) text(key string) string {
	v := o.values[key]
	if v == nil {
		return ""
	}
	return o.scalar(v, key)
}

func (p *parser) scalar(v *yaml.Node, what string) string {
	if !p.plain(v, yaml.ScalarNode, what) {
		return ""
	}
	if v.Tag != "!!str" {
		p.nodeFault(v, fmt.Sprintf("%s is not text: %s", what, v.Value), "YAML reads it as another type", fmt.Sprintf("quote it: %q", v.Value))
		return ""
	}
	return v.Value
}

func (o *object) required(key string) string {
	if !o.has(key) {
		o.missing(key)
	}
	return o.text(key)
}

func (o *object) flag(key string) bool {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.ScalarNode, key) {
		return false
	}
	if v.Tag != "!!bool" || v.Value != "true" && v.Value != "false" {
		o.nodeFault(v, fmt.Sprintf("%s is %q", key, v.Value), "", "write true or false")
	}
	return v.Value == "true"
}

var integer = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,30})$`)

// number returns the integer at key; ok is false where there is none (reported only if it is there and none).
func (o *object) number(key string) (Int, bool) {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.ScalarNode, key) {
		return nil, false
	}
	if v.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 || !integer.MatchString(v.Value) {
		o.nodeFault(v, fmt.Sprintf("%s is %q", key, v.Value), "it must be a decimal number without leading zeros and underscores", "")
		return nil, false
	}
	n, _ := new(big.Int).SetString(v.Value, 10)
	return n, true
}

// small returns the integer at key if it is within lo..hi, fallback where there is none.
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

// list returns the nodes of the list at key.
func (o *object) list(key string) []*yaml.Node {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.SequenceNode, key) {
		return nil
	}
	return v.Content
}
