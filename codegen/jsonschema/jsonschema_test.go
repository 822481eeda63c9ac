package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// python returns one that has the module jsonschema.
func python(t *testing.T) string {
	t.Helper()
	var tried []string
	for _, name := range []string{"python3", "../../.venv/bin/python3"} {
		out, err := exec.Command(name, "-c", "import jsonschema").CombinedOutput()
		if err == nil {
			return name
		}
		tried = append(tried, fmt.Sprintf("%s: %v %s", name, err, bytes.TrimSpace(out)))
	}
	tooltest.Missing(t, fmt.Sprintf("no Python with jsonschema here: %q", tried))
	return ""
}

const validate = `
import json, sys
from jsonschema import Draft7Validator
job = json.load(sys.stdin)
Draft7Validator.check_schema(job["schema"])
validator = Draft7Validator(job["schema"])
def fault(doc):
    for e in validator.iter_errors(doc):
        return "/".join(map(str, e.absolute_path)) + ": " + e.message[:200]
    return ""
json.dump({name: fault(doc) for name, doc in job["docs"].items()}, sys.stdout)
`

// judge returns what the schema has against each document; "" where it has nothing.
func judge(t *testing.T, docs map[string]any) map[string]string {
	t.Helper()
	emitted, err := Emit()
	if err != nil {
		t.Fatal(err)
	}
	job, err := json.Marshal(map[string]any{"schema": json.RawMessage(emitted), "docs": docs})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), "-c", validate)
	cmd.Stdin = bytes.NewReader(job)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var verdicts map[string]string
	if err := json.Unmarshal(out, &verdicts); err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(docs) {
		t.Fatalf("%d verdicts on %d documents", len(verdicts), len(docs))
	}
	return verdicts
}

// decode returns a document as an editor sees it; ok is false where it is no YAML.
func decode(src []byte) (doc any, ok bool) {
	defer func() {
		if recover() != nil { // yaml.v3 does on some
			ok = false
		}
	}()
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, false
	}
	doc = jsonLike(doc)
	_, err := json.Marshal(doc) // which knows no infinity
	return doc, err == nil
}

func jsonLike(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = jsonLike(v[k])
		}
	case map[any]any:
		m := map[string]any{}
		for k := range v {
			m[fmt.Sprint(k)] = jsonLike(v[k])
		}
		return m
	case []any:
		for i := range v {
			v[i] = jsonLike(v[i])
		}
	}
	return v
}

// specs are valid ones.
func specs(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"../../testdata/specs/*.yaml", "../../espnow/protocol.yaml", "../gogen/testdata/*/*.yaml", "../../examples/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if all[path], err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
			if _, err := schema.Parse(path, all[path]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if all["../../testdata/specs/everything.yaml"] == nil || all["../../espnow/protocol.yaml"] == nil {
		t.Fatalf("specs %q", slices.Collect(maps.Keys(all)))
	}
	return all
}

func TestValid(t *testing.T) {
	docs := map[string]any{}
	for path, src := range specs(t) {
		doc, ok := decode(src)
		if !ok {
			t.Fatal(path)
		}
		docs[path] = doc
	}
	for path, fault := range judge(t, docs) {
		if fault != "" {
			t.Errorf("%s: %s", path, fault)
		}
	}
}

// shape are the faults that a schema can see.
var shape = regexp.MustCompile(`: (unknown key "[^"]*" in (the spec|an? [a-z ]+|go|c|flags|reserved|rest|tlv|count)[,:]|` +
	`(the spec|an? [a-z ]+|flags|size|count) has no "[^"]*"|` +
	`[a-z ]+ is (a list|a mapping|a single value|empty)[,:]|\w+ is not text|name "[^"]*", it must be (PascalCase|snake_case))`)

// scalarKind are the faults of scalars of another kind, as the mutants have them: a schema sees no leading zeros.
var scalarKind = regexp.MustCompile(`: (\w+ is "[^"]*", (write true or false|it must be a decimal number)|direction "|type "[^"]*", it must be an integer)`)

// unseen are those among them that it does not: they depend on values.
var unseen = regexp.MustCompile(`a packet has no "direction"|: (key|case|default|a key of [a-z ]+) is `)

// TestFaulty judges the parser's own cases of faults: where one is of the shape, the schema has something against it.
func TestFaulty(t *testing.T) {
	paths, err := filepath.Glob("../schema/testdata/errors/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	docs, want := map[string]any{}, map[string]string{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := decode(archive.Files[0].Data)
		if !ok {
			continue
		}
		for _, fault := range strings.Split(string(archive.Files[1].Data), "\n") {
			if shape.MatchString(fault) && !unseen.MatchString(fault) {
				docs[path], want[path] = doc, fault
			}
		}
	}
	if len(docs) < 20 {
		t.Fatalf("only %d cases", len(docs))
	}
	for path, fault := range judge(t, docs) {
		if fault == "" {
			t.Errorf("%s: the schema has nothing against it, the parser has %s", path, want[path])
		}
	}
}

// TestMutants breaks each key of each kind of object once: takes it out, puts another beside it, gives it another kind of
// value. The parser and the schema must agree on whether that is a spec.
func TestMutants(t *testing.T) {
	m := mutator{docs: map[string]any{}, sources: map[string][]byte{}, done: map[string]bool{}}
	src, err := os.ReadFile("testdata/every_key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Parse("every_key.yaml", src); err != nil {
		t.Fatal(err)
	}
	m.root = &yaml.Node{}
	if err := yaml.Unmarshal(src, m.root); err != nil {
		t.Fatal(err)
	}
	m.value(m.root.Content[0], schema.Grammar)
	if len(m.docs) < 300 {
		t.Fatalf("only %d mutants", len(m.docs))
	}
	for name, fault := range judge(t, m.docs) {
		_, err := schema.Parse("x.yaml", m.sources[name])
		switch {
		case fault != "" && err == nil:
			t.Errorf("%s: the parser takes it, the schema has %s", name, fault)
		case fault == "" && err != nil && ofShape(err):
			t.Errorf("%s: the schema takes it, the parser has %v", name, err)
		}
	}
	var missing []string
	for _, o := range objects(schema.Grammar, map[*schema.Object]bool{}) {
		for _, k := range o.Keys {
			if !m.done[o.Name+"."+k.Name] {
				missing = append(missing, o.Name+"."+k.Name)
			}
		}
	}
	if missing != nil {
		t.Errorf("every_key.yaml lacks %q", missing)
	}
}

func ofShape(err error) bool {
	var faults schema.Errors
	if !errors.As(err, &faults) {
		return false
	}
	return slices.ContainsFunc(faults, func(e *schema.Error) bool {
		text := e.Error()
		return (shape.MatchString(text) || scalarKind.MatchString(text)) && !unseen.MatchString(text)
	})
}

// objects returns those that a value may hold.
func objects(v schema.Value, seen map[*schema.Object]bool) []*schema.Object {
	switch v := v.(type) {
	case *schema.Object:
		if seen[v] {
			return nil
		}
		seen[v] = true
		all := []*schema.Object{v}
		for _, k := range v.Keys {
			all = append(all, objects(k.Value, seen)...)
		}
		return all
	case schema.List:
		return objects(v.Of, seen)
	case schema.Either:
		return append(objects(v.A, seen), objects(v.B, seen)...)
	case schema.Choice:
		return append(objects(v.With, seen), objects(v.Without, seen)...)
	case schema.Cases:
		return objects(v.Of, seen)
	}
	return nil
}

// mutator walks a spec by the grammar.
type mutator struct {
	root    *yaml.Node
	docs    map[string]any
	sources map[string][]byte
	done    map[string]bool // OBJECT.KEY
}

func (m *mutator) value(n *yaml.Node, v schema.Value) {
	switch v := v.(type) {
	case *schema.Object:
		m.object(n, v)
	case schema.List:
		for _, c := range n.Content {
			m.value(c, v.Of)
		}
	case schema.Either:
		if n.Kind == yaml.MappingNode {
			m.value(n, v.B)
		}
	case schema.Choice:
		if keyAt(n, v.Key) >= 0 {
			m.object(n, v.With)
		} else {
			m.object(n, v.Without)
		}
	case schema.Cases:
		for i := 1; i < len(n.Content); i += 2 {
			m.value(n.Content[i], v.Of)
		}
	}
}

func (m *mutator) object(n *yaml.Node, o *schema.Object) {
	for _, k := range o.Keys {
		i := keyAt(n, k.Name)
		if i < 0 {
			continue
		}
		if name := o.Name + "." + k.Name; !m.done[name] {
			m.done[name] = true
			m.mutate(n, i, name)
		}
		m.value(n.Content[i+1], k.Value)
	}
}

// keyAt returns where the key stands in a mapping's content, -1 where it does not.
func keyAt(n *yaml.Node, key string) int {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// mutate breaks the key at n.Content[i] in each way.
func (m *mutator) mutate(n *yaml.Node, i int, name string) {
	keep := n.Content
	defer func() { n.Content = keep }()
	with := func(what string, value *yaml.Node) {
		n.Content = slices.Clone(keep)
		n.Content[i+1] = value
		m.add(name + ": " + what)
	}
	n.Content = slices.Delete(slices.Clone(keep), i, i+2)
	m.add(name + ": gone")
	n.Content = append(slices.Clone(keep), scalar("!!str", name+"X"), scalar("!!int", "1"))
	m.add(name + ": another beside it")
	with("a list", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.SequenceNode}}})
	with("a mapping", &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("!!str", "x-y"), scalar("!!int", "1")}})
	with("a text", scalar("!!str", "!?"))
	with("a number", scalar("!!int", "1"))
	with("a truth", scalar("!!bool", "true"))
	with("nothing", scalar("!!null", "null"))
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func (m *mutator) add(name string) {
	src, err := yaml.Marshal(m.root)
	if err != nil {
		panic(err) // the nodes are the test's own
	}
	if doc, ok := decode(src); ok {
		m.docs[name], m.sources[name] = doc, src
	}
}
