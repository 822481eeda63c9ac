package schema

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

const maxNameLength = 64

var (
	pascal       = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	snake        = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	integerTypes = []string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"}
	integerKinds = map[string]Kind{"u8": U8, "u16": U16, "u32": U32, "u64": U64, "i8": I8, "i16": I16, "i32": I32, "i64": I64}
)

// typeName returns the name at key "name" of a thing that is no field.
func (o *object) typeName() Name {
	return o.name(pascal, "PascalCase, such as MaxSamples")
}

// fieldName returns the name at key "name" of a field, which a target may keep for itself.
func (o *object) fieldName() Name {
	n := o.name(snake, "snake_case, such as max_samples")
	if reservedWords[string(n)] {
		o.nodeFault(o.values["name"], fmt.Sprintf("the name %q", n), "it is a reserved word in a generated language", "choose another")
	}
	return n
}

func (o *object) name(form *regexp.Regexp, want string) Name {
	s := o.pattern("name", form, want)
	if len(s) > maxNameLength {
		o.nodeFault(o.values["name"], fmt.Sprintf("a name of %d characters", len(s)), fmt.Sprintf("the limit is %d", maxNameLength), "shorten it")
	}
	return Name(s)
}

// names are those given so far and their lines, in the form that no target tells apart: Go writes both id_x and idx as
// idx, C writes both IdX and ID_X as ID_X.
type names map[string]int

// claim gives o's name to o, and reports where another has it. owner is the type whose name generated code puts before.
func (o *object) claim(given names, owner, n Name) bool {
	if n == "" || !o.has("name") {
		return false // reported
	}
	key := owner.Lower() + n.Lower()
	switch line, taken := given[key]; {
	case taken && line == 0:
		o.nodeFault(o.values["name"], "the name "+quote(string(owner+n)), "generated code has one that is or becomes the same", "choose another")
		return false
	case taken:
		o.nodeFault(o.values["name"], "the name "+quote(string(owner+n))+" again",
			fmt.Sprintf("line %d has one that is or becomes the same in generated code", line), "choose another")
		return false
	}
	given[key] = o.values["name"].Line
	return true
}

// generatedNames are those that generated code gives itself, in line 0.
func generatedNames() names {
	given := names{"packet": 0, "rawpacket": 0, "walker": 0, "walk": 0, "decoder": 0, "type": 0, "tlvs": 0, "error": 0}
	for _, e := range CodecErrors {
		given["err"+e.Name.Lower()] = 0
	}
	return given
}

func (o *object) integerKind() Kind {
	t := o.text("type")
	if k, ok := integerKinds[t]; ok || t == "" {
		return k
	}
	o.nodeFault(o.values["type"], "type "+quote(t), "it must be an integer", closest(t, integerTypes, "u8, u16, u32, u64 or i8 to i64"))
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

func (p *parser) parseConstant(n *yaml.Node) {
	o := p.object(n, "a constant", "name", "doc", "type", "value")
	if o == nil {
		return
	}
	o.require("name", "type", "value")
	c := &Constant{Name: o.typeName(), Doc: o.text("doc"), Kind: o.integerKind()}
	o.claim(p.named, "", c.Name)
	c.Value, _ = o.value("value", c.Kind)
	p.spec.Constants = append(p.spec.Constants, c)
}

func (p *parser) parseEnum(n *yaml.Node) {
	o := p.object(n, "an enum", "name", "doc", "type", "values")
	if o == nil {
		return
	}
	o.require("name", "type", "values")
	e := &Enum{Name: o.typeName(), Doc: o.text("doc"), Kind: o.integerKind()}
	given := p.named
	if !o.claim(p.named, "", e.Name) {
		given = names{} // what is wrong with the enum's name is no fault of its values
	}
	numbers := map[string]int{}
	for _, vn := range o.some("values") {
		v := p.object(vn, "an enum value", "name", "value", "doc")
		if v == nil {
			continue
		}
		v.require("name", "value")
		ev := &EnumValue{Name: v.typeName(), Doc: v.text("doc")}
		v.claim(given, e.Name, ev.Name)
		e.Values = append(e.Values, ev)
		number, ok := v.value("value", e.Kind)
		if !ok {
			continue
		}
		ev.Value = number
		if line, taken := numbers[number.String()]; taken {
			v.nodeFault(v.values["value"], fmt.Sprintf("the value %s again", number), fmt.Sprintf("line %d has it", line), "choose another")
		}
		numbers[number.String()] = v.values["value"].Line
	}
	p.spec.Enums = append(p.spec.Enums, e)
	p.enums[string(e.Name)] = e
	p.types = append(p.types, string(e.Name))
}

func (p *parser) parseStruct(n *yaml.Node) {
	o := p.object(n, "a struct", "name", "doc", "fields")
	if o == nil {
		return
	}
	o.require("name", "fields")
	s := &Struct{Name: o.typeName(), Doc: o.text("doc")}
	o.claim(p.named, "", s.Name)
	s.Body = p.parseBody(n, o.some("fields"), nil)
	p.spec.Structs = append(p.spec.Structs, s)
	p.structs[string(s.Name)] = s
	p.types = append(p.types, string(s.Name))
}

// reservedWords are names that a field cannot have in Go, C, C++, Python, TypeScript or Lua, or that generated code gives
// to a member of its own.
var reservedWords = wordSet(`
	alignas alignof and and_eq as asm assert async await atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case catch chan char
	class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue debugger decltype
	def default defer del delete do double dynamic_cast elif else elseif end enum except exec explicit export extends extern
	fallthrough false finally float for friend from func function global go goto if implements import in inline instanceof int
	interface is lambda let local long map mutable namespace new nil noexcept none nonlocal not not_eq null nullptr operator or
	or_eq package pass private protected public raise range register reinterpret_cast repeat requires restrict return select
	short signed sizeof static static_assert static_cast struct super switch template then this thread_local throw true try
	type typedef typeid typename typeof typeof_unqual union unsigned until using var virtual void volatile wchar_t while with
	xor xor_eq yield
	append append_last broadcast decode fields flags length`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
