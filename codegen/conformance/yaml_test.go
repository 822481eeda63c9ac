package conformance

import (
	"fmt"
	"math/big"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Specs are made as nodes, so that they can be changed, and written as YAML, so that the parser is tested too.

// mapping makes a mapping of pairs: a key and a value, which is no entry where it is nil.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(pairs); i += 2 {
		set(n, pairs[i].(string), pairs[i+1])
	}
	return n
}

func set(n *yaml.Node, key string, value any) {
	if v := node(value); v != nil {
		n.Content = append(n.Content, scalar("!!str", key), v)
	}
}

// get returns the value at a key, nil where there is none.
func get(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// number is a number, or the name of a constant, as it is to be written.
type number string

func node(value any) *yaml.Node {
	switch v := value.(type) {
	case nil:
		return nil
	case *yaml.Node:
		return v
	case []*yaml.Node:
		if v == nil {
			return nil
		}
		return &yaml.Node{Kind: yaml.SequenceNode, Content: v}
	case string:
		return scalar("!!str", v)
	case number:
		return scalar("", string(v))
	case int:
		return scalar("!!int", strconv.Itoa(v))
	case *big.Int:
		return scalar("!!int", v.String())
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	}
	panic(fmt.Sprintf("a %T in a spec", value))
}

func scalar(tag, text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

func marshal(n *yaml.Node) []byte {
	out, err := yaml.Marshal(n)
	if err != nil {
		panic(err)
	}
	return out
}
