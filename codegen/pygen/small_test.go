package pygen

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// small are specs that lack what most have, or have names that mean something in Python.
var small = map[string]string{
	"constants": "constants: [{name: C, type: u8, value: 1}, {name: Packets, type: u8, value: 2}]",
	"nothing":   "doc: Nothing at all.",
	"enums":     "enums: [{name: E, type: i8, values: [{name: None, value: -1}, {name: Name, value: 1}]}]",
	"flags":     "flags: [{name: F, type: u64, bits: [{name: A, bit: 63}, {name: Value, bit: 0}]}]",
	"parts":     "structs: [{name: S, fields: [{name: a, type: u8}]}]",
	"tlvs":      "structs: [{name: S, fields: [{name: a, type: tlv}]}]",
	"structs":   "structs: [{name: S, fields: [{name: a, type: bool}]}]",
	"empty":     "packets: [{name: P, type: 3, direction: down}]",
	"one":       "messages: [{name: M, id: 1}]",
	"late":      "messages: [{name: M, id: 1, fields: [{name: a, type: u8, optional: true, since: 2}, {name: b, type: u8, since: 3}]}]",
	"first":     "messages: [{name: M, id: 1, fields: [{name: a, type: u8, since: 2, optional: true}]}]",
	"forbidden": `packets: [{name: P, type: 3, direction: down, broadcast: true}, {name: V, type: 0, forbidden: true}, {name: W, type: 9, forbidden: true}]`,
	"only":      `packets: [{name: V, type: 0, forbidden: true}]`,
	"each": `
flags: [{name: Int, type: u8, bits: [{name: A, bit: 0}]}]
messages: [{name: M, id: 1, fields: [{name: a, type: Int, count: 2}, {name: b, type: u8, count: 2, min: 0, max: 3}]}]`,
	"text": `messages: [{name: M, id: 1, topic: "\u00e9'\"\\{x}", fields: [{name: a, type: string, size: {max: 30}, default: "%d {x}\u00e9\"\n\\ '"}]}]`,
	"optionals": `
enums: [{name: E, type: i16, values: [{name: A, value: 1}]}]
messages:
  - name: M
    id: 1
    fields:
      - {name: bits, type: u16, bits: [{name: one, width: 3}, {name: two, width: 1}], optional: true}
      - {name: list, type: u8, count: 3, scale: 0.1, unit: V, optional: true}
      - {name: more, type: i32, count: {max: 300}, scale: 2.5, offset: -7, optional: true}
      - {name: enums, type: E, count: 2}
      - {name: maybe, type: E, optional: true}
      - {name: real, type: f32, count: 2, optional: true, min: -1}`,
	"deep": `
structs:
  - {name: A, fields: [{name: t, type: string, size: {max: 2}, optional: true}]}
  - {name: B, fields: [{name: u, type: union, variants: [{name: a, tag: 1, type: A}, {name: b, tag: 2, type: A}]}, {name: list, type: A, count: {max: 300}}]}
messages: [{name: M, id: 1, fields: [{name: b, type: B, optional: true}, {name: u, type: union, variants: [{name: b, tag: 1, type: B}]}]}]`,
	"names": `
enums: [{name: "Any", type: u8, values: [{name: None, value: 0}]}]
flags: [{name: Flags, type: u8, bits: [{name: "True", bit: 0}]}]
structs: [{name: Tag, fields: [{name: str, type: u8}]}, {name: Iterator, fields: [{name: "on", type: bool}]}]
messages:
  - {name: None, id: 1, fields: [{name: bytes, type: bytes, size: 2}, {name: str, type: string, size: {max: 3}}, {name: list, type: u8, count: 2}]}
  - {name: ClassVar, id: 2, fields: [{name: property, type: u8, scale: 0.1}, {name: classmethod, type: u8, bits: [{name: a, width: 1}]}, {name: t, type: u8}]}
  - {name: Field, id: 3, fields: [{name: field, type: u8, count: 2}, {name: tuple, type: u8, count: {max: 2}}, {name: any, type: Any}, {name: f, type: Flags}]}
  - {name: Names, id: 4, fields: [{name: m, type: f32}, {name: r, type: string, size: {max: 1}}, {name: out, type: u16, count: {max: 1}},
     {name: cls, type: u8, optional: true}, {name: pack, type: u16, optional: true}, {name: v, type: Tag, count: 2}, {name: named, type: Any, count: 2},
     {name: body, type: bytes, size: {max: 1}}, {name: presence0, type: u8}, {name: value, type: bool, count: 3}]}
  - {name: Union, id: 5, fields: [{name: u, type: union, variants: [{name: thing, tag: 1, type: Tag}, {name: nothing, tag: 2, type: Iterator}]}, {name: object, type: Iterator}]}`,
	"calendar": `
structs: [{name: Flags, fields: [{name: bytes, type: u8}]}, {name: Message, fields: [{name: kind, type: u8}]}]
packets:
  - {name: Tag, type: 1, direction: up, flags: [{name: A, bit: 0}], fields: [{name: group, type: Flags}, {name: tlvs, type: tlv}]}
  - {name: Any, type: 2, direction: up, flags: [{name: None, bit: 0}], fields: [{name: kind, type: bytes, rest: {}}]}`,
}

func smallSpec(t *testing.T, name string) *schema.Spec {
	t.Helper()
	return parse(t, name+".yaml", fmt.Sprintf("spec: 1\nname: %s\nversion: 1.0.0\n%s\n", name, small[name]))
}

// TestSmall imports what each gives, and encodes and decodes what each message and packet is at first.
func TestSmall(t *testing.T) {
	python, mypy, ruff := tooltest.Find(t, "python3"), tooltest.Find(t, "mypy"), tooltest.Find(t, "ruff")
	dir := t.TempDir()
	var packages, sources []string
	for name := range small {
		spec := smallSpec(t, name)
		writeSealed(t, filepath.Join(dir, name), files(t, spec))
		packages = append(packages, packageName(spec))
		sources = append(sources, filepath.Join(dir, name, "src"))
	}
	script := absolute(t, "testdata/try_all.py")[0]
	must(t, dir, python, append([]string{"-W", "error", script, strings.Join(sources, ":")}, packages...)...)
	must(t, dir, mypy, append([]string{"--strict", "--python-version=3.10", "--cache-dir=" + dir}, sources...)...)
	must(t, dir, ruff, append([]string{"check", "--isolated", "--no-cache", "--target-version=py310"}, sources...)...)
}
