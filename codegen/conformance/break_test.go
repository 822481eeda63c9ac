package conformance

import (
	"bytes"
	"math/rand"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// breaker changes a spec.
type breaker struct {
	*rand.Rand
	root *yaml.Node
}

// nodes returns those below a node, itself too, for which such holds.
func nodes(n *yaml.Node, such func(*yaml.Node) bool) []*yaml.Node {
	var all []*yaml.Node
	if such(n) {
		all = append(all, n)
	}
	for _, child := range n.Content {
		all = append(all, nodes(child, such)...)
	}
	return all
}

// holder returns some mapping that has the keys, nil where there is none.
func (b *breaker) holder(keys ...string) *yaml.Node {
	return b.where(func(n *yaml.Node) bool {
		return n.Kind == yaml.MappingNode && !slices.ContainsFunc(keys, func(key string) bool { return get(n, key) == nil })
	})
}

func (b *breaker) where(such func(*yaml.Node) bool) *yaml.Node {
	all := nodes(b.root, such)
	if len(all) == 0 {
		return nil
	}
	return pick(b.Rand, all)
}

// plainField returns a field of a message that is an integer and nothing else.
func (b *breaker) plainField() *yaml.Node {
	inMessages := &breaker{b.Rand, get(b.root, "messages")}
	return inMessages.where(func(n *yaml.Node) bool {
		if n.Kind != yaml.MappingNode || get(n, "type") == nil || get(n, "values") != nil || get(n, "value") != nil {
			return false
		}
		for _, key := range []string{"bits", "scale", "offset", "count", "min", "max", "default", "optional"} {
			if get(n, key) != nil {
				return false
			}
		}
		return slices.ContainsFunc(integers, func(i integerType) bool { return i.name == get(n, "type").Value })
	})
}

// put sets a key of a mapping and returns the new value, nil where there is no mapping.
func put(n *yaml.Node, key string, value any) *yaml.Node {
	if n == nil {
		return nil
	}
	if v := get(n, key); v != nil {
		*v = *node(value)
		return v
	}
	set(n, key, value)
	return n.Content[len(n.Content)-1]
}

// item returns the last element of the list at a key of some mapping, nil where there is none.
func (b *breaker) item(key string) *yaml.Node {
	n := b.where(func(n *yaml.Node) bool {
		if n.Kind != yaml.MappingNode || get(n, key) == nil || len(get(n, key).Content) == 0 {
			return false
		}
		items := get(n, key).Content
		return get(items[len(items)-1], "name") != nil // or it is a switch
	})
	if n == nil {
		return nil
	}
	items := get(n, key).Content
	return items[len(items)-1]
}

// again gives the last element of a list what the one before it has, and returns it.
func (b *breaker) again(list, key string) *yaml.Node {
	n := b.where(func(n *yaml.Node) bool {
		if n.Kind != yaml.MappingNode || get(n, list) == nil {
			return false
		}
		items := get(n, list).Content
		return len(items) > 1 && get(items[0], key) != nil
	})
	if n == nil {
		return nil
	}
	items := get(n, list).Content
	one, other := get(items[len(items)-2], key), get(items[len(items)-1], key)
	*other = *one
	return other
}

func without(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return n
		}
	}
	return nil
}

// breakages break a spec for sure. Each returns the node at which there must be a fault, nil where the spec has nothing to
// break so.
var breakages = map[string]func(*breaker) *yaml.Node{
	"an id twice":              func(b *breaker) *yaml.Node { return b.again("messages", "id") },
	"an id that is reserved":   func(b *breaker) *yaml.Node { return b.reserve() },
	"an id of 0":               func(b *breaker) *yaml.Node { return put(b.item("messages"), "id", 0) },
	"an id of 256":             func(b *breaker) *yaml.Node { return put(b.item("messages"), "id", 256) },
	"an empty type":            func(b *breaker) *yaml.Node { return put(b.item("fields"), "type", "") },
	"an unknown type":          func(b *breaker) *yaml.Node { return put(b.item("fields"), "type", "Nonsense99") },
	"a size of 0":              func(b *breaker) *yaml.Node { return put(b.holder("type", "size"), "size", 0) },
	"min above max":            func(b *breaker) *yaml.Node { return b.inverted() },
	"a default too large":      func(b *breaker) *yaml.Node { return put(b.plainField(), "default", number("18446744073709551616")) },
	"a default too precise":    func(b *breaker) *yaml.Node { return put(b.plainField(), "default", number("0.5")) },
	"a field twice":            func(b *breaker) *yaml.Node { return b.again("fields", "name") },
	"an enum value twice":      func(b *breaker) *yaml.Node { return b.again("values", "value") },
	"a bit twice":              func(b *breaker) *yaml.Node { return b.again("bits", "bit") },
	"a tag of 0":               func(b *breaker) *yaml.Node { return put(b.holder("name", "tag"), "tag", 0) },
	"a bit of 64":              func(b *breaker) *yaml.Node { return put(b.holder("name", "bit"), "bit", 64) },
	"a width of 0":             func(b *breaker) *yaml.Node { return put(b.holder("name", "width"), "width", 0) },
	"a count of 0":             func(b *breaker) *yaml.Node { return put(b.holder("type", "count"), "count", 0) },
	"an unknown version":       func(b *breaker) *yaml.Node { return put(b.root, "spec", 2) },
	"a quoted number":          func(b *breaker) *yaml.Node { return put(b.item("messages"), "id", "1") },
	"a number as text":         func(b *breaker) *yaml.Node { return put(b.item("messages"), "name", 1) },
	"a name in another form":   func(b *breaker) *yaml.Node { return put(b.item("messages"), "name", "two_words") },
	"no name":                  func(b *breaker) *yaml.Node { return without(b.holder("name", "id"), "name") },
	"no type":                  func(b *breaker) *yaml.Node { return without(b.item("fields"), "type") },
	"a scale of 0":             func(b *breaker) *yaml.Node { return put(b.holder("type", "scale"), "scale", 0) },
	"a scale with an exponent": func(b *breaker) *yaml.Node { return put(b.holder("type", "scale"), "scale", number("1e-3")) },
	"a list for a mapping":     func(b *breaker) *yaml.Node { return replace(b.item("fields"), &yaml.Node{Kind: yaml.SequenceNode}) },
	"a mapping for a list":     func(b *breaker) *yaml.Node { return put(b.root, "messages", mapping("name", "M")) },
	"nothing for a mapping":    func(b *breaker) *yaml.Node { return replace(b.item("fields"), scalar("!!null", "null")) },
	"since before a field's":   func(b *breaker) *yaml.Node { return b.earlier() },
	"since in a struct":        func(b *breaker) *yaml.Node { return b.sinceInStruct() },
	"a topic with a wildcard":  func(b *breaker) *yaml.Node { return put(b.item("messages"), "topic", "a/+/b") },
	"a limit that is too low":  func(b *breaker) *yaml.Node { return b.limit() },
	"an anchor":                func(b *breaker) *yaml.Node { return b.anchored() },
	"a key twice":              func(b *breaker) *yaml.Node { return key(b.item("fields"), "name") },
	"an unknown key":           func(b *breaker) *yaml.Node { return key(b.item("fields"), "nonsense") },
	"a merge key":              func(b *breaker) *yaml.Node { return key(b.item("fields"), "<<") },
	"a character of no width":  func(b *breaker) *yaml.Node { return put(b.root, "doc", "a\u200bb") },
}

// key adds a key to a mapping.
func key(n *yaml.Node, name string) *yaml.Node {
	if n == nil {
		return nil
	}
	k := scalar("", name)
	n.Content = append(n.Content, k, scalar("!!str", "x"))
	return k
}

func replace(n, with *yaml.Node) *yaml.Node {
	if n != nil {
		*n = *with
	}
	return n
}

func (b *breaker) reserve() *yaml.Node {
	without(b.root, "reserved")
	id := get(b.item("messages"), "id")
	set(b.root, "reserved", mapping("ids", []*yaml.Node{clone(id)}))
	return id
}

func (b *breaker) inverted() *yaml.Node {
	f := b.plainField()
	if put(f, "max", 3) == nil {
		return nil
	}
	return put(f, "min", 7)
}

func (b *breaker) earlier() *yaml.Node {
	n := b.item("messages")
	fields := get(n, "fields")
	fields.Content = append(fields.Content, mapping("name", "late_one", "type", "u8", "since", 200))
	early := mapping("name", "early_one", "type", "u8", "since", 199)
	fields.Content = append(fields.Content, early)
	return get(early, "since")
}

func (b *breaker) sinceInStruct() *yaml.Node {
	list := get(b.root, "structs")
	if list == nil || len(list.Content) == 0 {
		return nil
	}
	fields := get(pick(b.Rand, list.Content), "fields").Content
	last := fields[len(fields)-1]
	set(last, "since", 2)
	return last.Content[len(last.Content)-2]
}

func (b *breaker) limit() *yaml.Node {
	n := b.item("messages")
	if len(get(n, "fields").Content) == 0 {
		return nil
	}
	return put(n, "limit", 1)
}

func (b *breaker) anchored() *yaml.Node {
	n := b.item("fields")
	if n == nil {
		return nil
	}
	n = get(n, "name")
	n.Anchor = "here"
	return n
}

// scribble changes a node so that the spec may or may not stay valid.
func (b *breaker) scribble() {
	n := b.where(func(*yaml.Node) bool { return true })
	other := b.where(func(*yaml.Node) bool { return true })
	switch b.Intn(6) {
	case 0:
		if n.Kind == yaml.ScalarNode {
			*n = *scalar("", pick(b.Rand, scraps))
		}
	case 1:
		*n = *clone(other)
	case 2:
		if len(n.Content) > 1 {
			i := b.Intn(len(n.Content)/2) * 2
			n.Content = slices.Delete(n.Content, i, i+2)
		}
	case 3:
		n.Content = append(n.Content, clone(n).Content...)
	case 4:
		b.Shuffle(len(n.Content), func(i, j int) { n.Content[i], n.Content[j] = n.Content[j], n.Content[i] })
	case 5:
		n.Style = yaml.TaggedStyle
		n.Tag = pick(b.Rand, []string{"!!str", "!!int", "!!binary", "!x", "!!map", "!!set"})
	}
}

// Scraps of YAML that mean something, or seem to.
var scraps = strings.Split(`null|~|""|0|-1|256|65536|18446744073709551615|18446744073709551616|99999999999999999999999999999999|0x10|010|1_000|1e9|.inf|.nan|-0|
0.1|-0.000000000000000001|true|yes|Off|[]|{}|[[]]|{a: b}|&a x|*a|<<|<<: {a: b}|? [x]|: y|!!binary aGk=|!x y|"\u2028"|"\0"|'|"|>|\||%|@|-|- -|# x|---|...|u8|
i64|f32|union|string|bytes|max|min|\t|
|  |é|🌡|\xff|\ufeff|name: x|size: {max: 1}|since: 2|optional: true|A|a|Nonsense99`, "|")

// mutate changes the text of a spec.
func mutate(r *rand.Rand, source []byte) []byte {
	lines := bytes.SplitAfter(source, []byte("\n"))
	for range 1 + r.Intn(3) {
		i, j := r.Intn(len(lines)), r.Intn(len(lines))
		switch r.Intn(7) {
		case 0:
			lines[i] = nil
		case 1:
			lines = slices.Insert(lines, i, lines[j])
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		case 3:
			lines[i] = append([]byte(pick(r, []string{" ", "  ", "\t", "- ", "? ", "    "})), lines[i]...)
		default:
			lines[i] = splice(r, lines[i])
		}
	}
	return bytes.Join(lines, nil)
}

// splice replaces a part of a line by a scrap.
func splice(r *rand.Rand, line []byte) []byte {
	from := r.Intn(len(line) + 1)
	to := min(from+r.Intn(6), len(line))
	if r.Intn(2) == 0 { // a value
		if at := bytes.IndexByte(line, ':'); at >= 0 {
			from, to = at+1, len(line)
		}
	}
	return slices.Concat(line[:from], []byte(pick(r, scraps)), line[to:])
}
