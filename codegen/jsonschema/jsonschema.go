// Package jsonschema emits the grammar of specs as JSON Schema, for editors.
package jsonschema

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// node is a schema of draft-07.
type node struct {
	Schema      string           `json:"$schema,omitempty"`
	Ref         string           `json:"$ref,omitempty"`
	Description string           `json:"description,omitempty"`
	AllOf       []*node          `json:"allOf,omitempty"`
	AnyOf       []*node          `json:"anyOf,omitempty"`
	If          *node            `json:"if,omitempty"`
	Then        *node            `json:"then,omitempty"`
	Else        *node            `json:"else,omitempty"`
	Type        any              `json:"type,omitempty"`
	Enum        []string         `json:"enum,omitempty"`
	Pattern     string           `json:"pattern,omitempty"`
	Items       *node            `json:"items,omitempty"`
	MinItems    int              `json:"minItems,omitempty"`
	Required    []string         `json:"required,omitempty"`
	Properties  map[string]*node `json:"properties,omitempty"`
	Additional  any              `json:"additionalProperties,omitempty"`
	Definitions map[string]*node `json:"definitions,omitempty"`
}

// Emit returns the JSON Schema, draft-07, of specs. It knows keys and kinds of values; what needs more than that, such as
// whether a name is declared, only lint knows.
func Emit() ([]byte, error) {
	e := emitter{}
	root := e.object(schema.Grammar)
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Definitions = e
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(root)
	return b.Bytes(), err
}

// emitter holds the definitions so far.
type emitter map[string]*node

func (e emitter) object(o *schema.Object) *node {
	n := &node{Description: o.Doc, Type: "object", Properties: map[string]*node{}, Additional: false}
	for _, k := range o.Keys {
		if k.Required {
			n.Required = append(n.Required, k.Name)
		}
		n.Properties[k.Name] = described(e.value(k.Value), k.Doc)
	}
	return n
}

// described gives a node a description. Draft-07 ignores what stands beside a reference.
func described(n *node, doc string) *node {
	if n.Ref != "" {
		n = &node{AllOf: []*node{n}}
	}
	n.Description = doc
	return n
}

func (e emitter) value(v schema.Value) *node {
	switch v := v.(type) {
	case schema.Text:
		return text(v)
	case schema.Truth:
		return &node{Type: "boolean"}
	case schema.Number:
		return orConstant(&node{Type: "integer"}, v.Named)
	case schema.Decimal:
		return orConstant(&node{Type: "number"}, v.Named)
	case schema.Scalar:
		return &node{Type: []string{"number", "string", "boolean"}}
	case schema.List:
		n := &node{Type: "array", Items: e.value(v.Of)}
		if v.Some {
			n.MinItems = 1
		}
		return n
	case schema.Either:
		return &node{AnyOf: []*node{e.value(v.A), e.value(v.B)}}
	case schema.Choice:
		return &node{If: &node{Required: []string{v.Key}}, Then: e.value(v.With), Else: e.value(v.Without)}
	case schema.Cases:
		return &node{Type: "object", Additional: e.value(v.Of)}
	case *schema.Object:
		return e.ref(v)
	}
	return &node{}
}

// ref defines an object once.
func (e emitter) ref(o *schema.Object) *node {
	name := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(o.Name, "a "), "an "), " ", "_")
	if e[name] == nil {
		e[name] = &node{} // not again from within
		e[name] = e.object(o)
	}
	return &node{Ref: "#/definitions/" + name}
}

func text(t schema.Text) *node {
	n := &node{Type: "string"}
	if t.Form != nil {
		n.Pattern = t.Form.String()
	}
	switch {
	case t.Only:
		n.Enum = t.Word
	case t.Word != nil:
		return &node{AnyOf: []*node{{Enum: t.Word}, n}}
	}
	return n
}

// constant is the name of one.
var constant = schema.Text{Form: schema.ConstantName}

func orConstant(n *node, named bool) *node {
	if !named {
		return n
	}
	return &node{AnyOf: []*node{n, text(constant)}}
}
