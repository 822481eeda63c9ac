package schema

import (
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// parser walks the nodes and collects every fault instead of stopping at the first.
type parser struct {
	file    string
	errs    Errors
	spec    *Spec
	enums   map[string]*Enum
	structs map[string]*Struct
	named   map[string]int // snake-case names of enums, structs and packets, and their lines
}

// Parse reads and checks a spec. file is its name for messages. Where the spec has faults the error is [Errors], all of
// them, and the spec nil.
func Parse(file string, src []byte) (*Spec, error) {
	p := &parser{
		file: file, spec: &Spec{Source: filepath.Base(file)},
		enums: map[string]*Enum{}, structs: map[string]*Struct{}, named: map[string]int{},
	}
	if root := p.document(src); root != nil {
		p.parseSpec(root)
	}
	if len(p.errs) > 0 {
		p.errs.sort()
		return nil, p.errs
	}
	return p.spec, nil
}

var (
	packageName   = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	slug          = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	prefix        = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	semver        = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-~+][0-9A-Za-z.-]+)*$`)
	registryTag   = regexp.MustCompile(`^[A-Za-z0-9_-]{3,32}$`)
	pascal        = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	snake         = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	integerKinds  = map[string]Kind{"u8": U8, "u16": U16, "u32": U32, "u64": U64, "i8": I8, "i16": I16, "i32": I32, "i64": I64}
	otherKinds    = []string{"bytes", "tlv"}
	maxNameLength = 64
)

func (p *parser) parseSpec(root *yaml.Node) {
	o := p.object(root, "the spec", "spec", "name", "version", "license", "doc", "go", "c", "constants", "enums", "structs", "packets")
	if o == nil {
		return
	}
	if !o.has("spec") {
		o.nodeFault(root, `the spec does not begin with "spec: 1"`, "it says which version of this language it is written in", "add it")
	}
	o.small("spec", 1, 1, 1)
	s := p.spec
	s.Name = o.pattern("name", slug, "lower-case letters and digits", true)
	s.Version = o.pattern("version", semver, "a semantic version such as 1.2.0", true)
	s.License = o.text("license")
	s.Doc = o.text("doc")
	p.parseTargets(o)
	for _, n := range o.list("constants") {
		p.parseConstant(n)
	}
	for _, n := range o.list("enums") {
		p.parseEnum(n)
	}
	for _, n := range o.list("structs") {
		p.parseStruct(n)
	}
	for _, n := range o.list("packets") {
		p.parsePacket(n)
	}
}

func (p *parser) parseTargets(o *object) {
	s := p.spec
	s.Go.Package = strings.NewReplacer("_", "", "-", "").Replace(s.Name)
	if v := o.values["go"]; v != nil {
		if g := p.object(v, "go", "package"); g != nil && g.has("package") {
			s.Go.Package = g.pattern("package", packageName, "lower-case letters and digits", true)
		}
	}
	s.C = C{Prefix: strings.ReplaceAll(s.Name, "-", "_"), Component: s.Name, Description: firstLine(s.Doc)}
	v := o.values["c"]
	if v == nil {
		return
	}
	c := p.object(v, "c", "prefix", "component", "namespace", "description", "url", "repository", "tags")
	if c == nil {
		return
	}
	if c.has("prefix") {
		s.C.Prefix = c.pattern("prefix", prefix, "lower-case words joined by _", true)
	}
	if c.has("component") {
		s.C.Component = c.pattern("component", slug, "a slug: lower-case words joined by - or _", true)
	}
	s.C.Namespace = c.pattern("namespace", slug, "a slug: lower-case words joined by - or _", false)
	if c.has("description") {
		s.C.Description = c.text("description")
	}
	s.C.URL, s.C.Repository = c.text("url"), c.text("repository")
	for _, t := range c.list("tags") {
		tag := p.scalar(t, "a tag")
		if tag != "" && !registryTag.MatchString(tag) {
			p.nodeFault(t, fmt.Sprintf("tag %q", tag), "the component registry takes 3 to 32 letters, digits, _ and -", "")
		}
		s.C.Tags = append(s.C.Tags, tag)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (o *object) pattern(key string, re *regexp.Regexp, want string, required bool) string {
	if required && !o.has(key) {
		o.missing(key)
		return ""
	}
	s := o.text(key)
	if o.has(key) && s != "" && !re.MatchString(s) {
		o.nodeFault(o.values[key], fmt.Sprintf("%s %q", key, s), "it must be "+want, "")
	}
	return s
}

// name returns the name at key. It is checked for its form and against the words that a target keeps for itself.
func (o *object) name(form *regexp.Regexp) Name {
	want := "PascalCase, such as MaxSamples"
	if form == snake {
		want = "snake_case, such as max_samples"
	}
	s := o.pattern("name", form, want, true)
	switch {
	case len(s) > maxNameLength:
		o.nodeFault(o.values["name"], fmt.Sprintf("a name of %d characters", len(s)), fmt.Sprintf("the limit is %d", maxNameLength), "shorten it")
	case form == snake && reservedWords[s]:
		o.nodeFault(o.values["name"], fmt.Sprintf("the name %q", s), "it is a reserved word in a generated language", "choose another")
	}
	return Name(s)
}

// declare notes a type's name and reports one that another type's has already become.
func (o *object) declare(n Name) {
	if n == "" {
		return
	}
	if line, taken := o.named[n.Snake()]; taken {
		o.nodeFault(o.values["name"], fmt.Sprintf("the name %q again", n), fmt.Sprintf("line %d has it, or one that becomes the same in C", line), "choose another")
		return
	}
	o.named[n.Snake()] = o.values["name"].Line
}

// unique notes a name within seen and reports a second one.
func (o *object) unique(n Name, seen map[string]int) {
	if n == "" {
		return
	}
	if line, taken := seen[n.Snake()]; taken {
		o.nodeFault(o.values["name"], fmt.Sprintf("the name %q again", n), fmt.Sprintf("line %d has it, or one that becomes the same in C", line), "choose another")
		return
	}
	seen[n.Snake()] = o.values["name"].Line
}

func (o *object) integerKind() Kind {
	t := o.required("type")
	if k, ok := integerKinds[t]; ok || t == "" {
		return k
	}
	o.nodeFault(o.values["type"], fmt.Sprintf("type %q", t), "it must be an integer", closest(t, sortedKeys(integerKinds), "u8, u16, u32, u64 or i8 to i64"))
	return 0
}

// bounds returns what a kind can hold.
func (k Kind) bounds() (lo, hi Int) {
	bits := uint(8 * k.Size())
	one := big.NewInt(1)
	if k.Signed() {
		hi = new(big.Int).Sub(new(big.Int).Lsh(one, bits-1), one)
		return new(big.Int).Neg(new(big.Int).Lsh(one, bits-1)), hi
	}
	return new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)
}

// value returns the number at key, checked against what the kind can hold.
func (o *object) value(key string, k Kind) Int {
	n, ok := o.number(key)
	if !ok {
		if !o.has(key) {
			o.missing(key)
		}
		return new(big.Int)
	}
	if k == 0 {
		return n
	}
	if lo, hi := k.bounds(); n.Cmp(lo) < 0 || n.Cmp(hi) > 0 {
		o.nodeFault(o.values[key], fmt.Sprintf("%s %s", key, n), fmt.Sprintf("its type holds %s to %s", lo, hi), "")
	}
	return n
}

func (p *parser) parseConstant(n *yaml.Node) {
	o := p.object(n, "a constant", "name", "doc", "type", "value")
	if o == nil {
		return
	}
	c := &Constant{Name: o.name(pascal), Doc: o.text("doc"), Kind: o.integerKind()}
	o.declare(c.Name)
	c.Value = o.value("value", c.Kind)
	p.spec.Constants = append(p.spec.Constants, c)
}

func (p *parser) parseEnum(n *yaml.Node) {
	o := p.object(n, "an enum", "name", "doc", "type", "values")
	if o == nil {
		return
	}
	e := &Enum{Name: o.name(pascal), Doc: o.text("doc"), Kind: o.integerKind()}
	o.declare(e.Name)
	names, numbers := map[string]int{}, map[string]int{}
	for _, vn := range o.list("values") {
		v := p.object(vn, "a value of "+string(e.Name), "name", "value", "doc")
		if v == nil {
			continue
		}
		ev := &EnumValue{Name: v.name(pascal), Doc: v.text("doc"), Value: v.value("value", e.Kind)}
		v.unique(ev.Name, names)
		if line, taken := numbers[ev.Value.String()]; taken && v.has("value") {
			v.nodeFault(v.values["value"], fmt.Sprintf("the value %s again", ev.Value), fmt.Sprintf("line %d has it", line), "choose another")
		}
		numbers[ev.Value.String()] = v.at("value").Line
		e.Values = append(e.Values, ev)
	}
	if len(e.Values) == 0 {
		o.nodeFault(o.at("values"), fmt.Sprintf("enum %s has no values", e.Name), "", "add some")
	}
	p.spec.Enums = append(p.spec.Enums, e)
	p.enums[string(e.Name)] = e
}

func (p *parser) parseStruct(n *yaml.Node) {
	o := p.object(n, "a struct", "name", "doc", "fields")
	if o == nil {
		return
	}
	s := &Struct{Name: o.name(pascal), Doc: o.text("doc")}
	o.declare(s.Name)
	s.Body = p.parseBody(o, nil)
	if len(s.Fields) == 0 {
		o.nodeFault(n, fmt.Sprintf("struct %s has no fields", s.Name), "", "add some")
	}
	p.spec.Structs = append(p.spec.Structs, s)
	p.structs[string(s.Name)] = s
}

func (p *parser) parsePacket(n *yaml.Node) {
	o := p.object(n, "a packet", "name", "type", "doc", "forbidden", "direction", "broadcast", "flags", "fields")
	if o == nil {
		return
	}
	k := &Packet{Name: o.name(pascal), Doc: o.text("doc"), Forbidden: o.flag("forbidden")}
	o.declare(k.Name)
	if !o.has("type") {
		o.missing("type")
	}
	k.Type = uint8(o.small("type", 0, 15, 0))
	for _, other := range p.spec.Packets {
		if other.Type == k.Type && o.has("type") {
			o.nodeFault(o.values["type"], fmt.Sprintf("type %d again", k.Type), fmt.Sprintf("%s has it", other.Name), "choose another")
		}
	}
	p.spec.Packets = append(p.spec.Packets, k)
	if k.Forbidden {
		for _, key := range []string{"direction", "broadcast", "flags", "fields"} {
			if o.has(key) {
				o.nodeFault(o.keys[key], fmt.Sprintf("%s of the forbidden packet %s", key, k.Name), "it is never sent", "remove it")
			}
		}
		return
	}
	p.parseFlags(o, k)
	switch d := o.required("direction"); d {
	case "up":
		k.Up = true
	case "down":
		k.Down = true
	case "both":
		k.Up, k.Down = true, true
	case "":
	default:
		o.nodeFault(o.values["direction"], fmt.Sprintf("direction %q", d), "", "write up (node to gateway), down or both")
	}
	k.Body = p.parseBody(o, k.Flags)
	if b := o.values["broadcast"]; b != nil {
		switch {
		case b.Tag != "!!bool":
			k.Broadcast = p.cond(b, scope{flags: k.Flags})
		case o.flag("broadcast"):
			k.Broadcast = Always
		}
	}
	if k.Min > MaxPacketBody {
		o.nodeFault(n, fmt.Sprintf("packet %s takes %d bytes at least", k.Name, k.Min), fmt.Sprintf("a frame has room for %d", MaxPacketBody), "shorten it")
	}
}

func (p *parser) parseFlags(o *object, k *Packet) {
	names, bits := map[string]int{}, map[int]int{}
	requires := map[*Flag]*object{}
	for _, fn := range o.list("flags") {
		f := p.object(fn, "a flag of "+string(k.Name), "name", "bit", "requires", "doc")
		if f == nil {
			continue
		}
		flag := &Flag{Name: f.name(pascal), Doc: f.text("doc")}
		f.unique(flag.Name, names)
		if !f.has("bit") {
			f.missing("bit")
		}
		bit := f.small("bit", 0, 3, 0)
		if line, taken := bits[bit]; taken && f.has("bit") {
			f.nodeFault(f.values["bit"], fmt.Sprintf("bit %d again", bit), fmt.Sprintf("line %d has it", line), "choose another")
		}
		bits[bit] = f.at("bit").Line
		flag.Bit = uint8(bit)
		k.Flags = append(k.Flags, flag)
		requires[flag] = f
	}
	for flag, f := range requires {
		name := f.text("requires")
		if name == "" {
			continue
		}
		for _, other := range k.Flags {
			if string(other.Name) == name && other != flag {
				flag.Requires = other
			}
		}
		if flag.Requires == nil {
			f.nodeFault(f.values["requires"], fmt.Sprintf("%q is no other flag of %s", name, k.Name), "", "name one of its flags")
		}
	}
}

// reservedWords are names of fields that C and C++ cannot have.
var reservedWords = wordSet(`
	alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const constexpr
	continue decltype default delete do double else enum explicit export extern false float for friend goto if inline int
	long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
	requires restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local
	throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
	flags`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
