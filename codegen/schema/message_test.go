package schema

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// messageSpec is a spec of one message with these fields.
const messageSpec = head + `
constants: [{name: MaxName, type: u8, value: 12}]
enums: [{name: Mode, type: u16, values: [{name: Low, value: 1}, {name: High, value: 2}]}]
flags: [{name: Alarm, type: u32, bits: [{name: A, bit: 0}, {name: B, bit: 31}]}]
structs:
  - {name: Point, fields: [{name: x, type: u16}, {name: y, type: u16}]}
  - {name: Label, fields: [{name: text, type: string, size: {max: 4}}, {name: more, type: u8, optional: true}]}
messages:
  - {name: M, id: 1, fields: [%s]}
`

func message(t *testing.T, fields string) *Message {
	t.Helper()
	return parse(t, fmt.Sprintf(messageSpec, fields)).Messages[0]
}

// TestLayout compares steps, offsets and sizes, without the id.
func TestLayout(t *testing.T) {
	optionals := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{name: o%d, type: u8, optional: true}, ", i)
		}
		return b.String()
	}
	for _, test := range []struct {
		fields, steps, offsets string
		min, max               int
	}{
		{"", "", "", 0, 0},
		{"{name: a, type: u8}, {name: b, type: i64}, {name: c, type: bool}", "{a b c}=10", "0 1 9", 10, 10},
		{"{name: a, type: f32}, {name: b, type: f64}, {name: c, type: u8}", "{a b c}=13", "0 4 12", 13, 13},
		{"{name: a, type: Mode}, {name: b, type: Alarm}, {name: c, type: u8}", "{a b c}=7", "0 2 6", 7, 7},
		{"{name: a, type: u16, bits: [{name: x, width: 3}]}, {name: b, type: u8}", "{a b}=3", "0 2", 3, 3},
		{"{name: a, type: bytes, size: 6}, {name: b, type: u8}", "{a b}=7", "0 6", 7, 7},
		{
			"{name: a, type: u16, count: 3}, {name: b, type: f64, count: 2}, {name: c, type: bool, count: MaxName}, {name: d, type: u8}",
			"{a b c d}=35", "0 6 22 34", 35, 35,
		},
		{"{name: a, type: u8}, {name: b, type: string, size: {max: 255}}, {name: c, type: u8}", "{a}=1, b, {c}=1", "0 1 -1", 3, 258},
		{"{name: a, type: string, size: {max: 256}}, {name: b, type: bytes, size: {max: MaxName}}", "a, b", "0 -1", 3, 271},
		{"{name: a, type: u16, count: {max: 255}}, {name: b, type: u8}", "a, {b}=1", "0 -1", 2, 512},
		{"{name: a, type: Mode, count: {max: 256}}", "a", "0", 2, 514},
		{"{name: a, type: Point}, {name: b, type: u8}, {name: c, type: Point, count: 3}, {name: d, type: u8}", "a, {b}=1, c, {d}=1", "0 4 5 17", 18, 18},
		{"{name: a, type: Point, count: {max: 3}}", "a", "0", 1, 13},
		{"{name: a, type: Label}, {name: b, type: u8}", "a, {b}=1", "0 -1", 3, 8},
		{"{name: a, type: Label, count: 2}", "a", "0", 4, 14},
		{"{name: a, type: Label, count: {max: 2}}", "a", "0", 1, 15},
		{
			"{name: a, type: union, variants: [{name: p, tag: 1, type: Point}, {name: l, tag: 9, type: Label}]}, {name: b, type: u8}",
			"a, {b}=1", "0 -1", 4, 11,
		},
		{"{name: a, type: u8}, {name: b, type: u16, optional: true}, {name: c, type: u8}", "{a}=1, presence 0(b), b?, {c}=1", "0 2 -1", 3, 5},
		{
			optionals(8) + "{name: a, type: u8}",
			"presence 0(o0 o1 o2 o3 o4 o5 o6 o7), o0?, o1?, o2?, o3?, o4?, o5?, o6?, o7?, {a}=1", "1 -1 -1 -1 -1 -1 -1 -1 -1", 2, 10,
		},
		{
			optionals(8) + "{name: a, type: u8}, {name: b, type: Label, optional: true}, {name: c, type: u8}, {name: d, type: u8, count: 2, optional: true}",
			"presence 0(o0 o1 o2 o3 o4 o5 o6 o7), o0?, o1?, o2?, o3?, o4?, o5?, o6?, o7?, {a}=1, presence 1(b d), b?, {c}=1, d?",
			"1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1", 4, 21,
		},
		{
			"{name: a, type: u8}, {name: b, type: u8, since: 2}, {name: c, type: u8, since: 2}, {name: d, type: u16, since: 4}",
			"{a}=1, since 2(b c d), {b c}=2, since 4(d), {d}=2", "0 1 2 3", 5, 5,
		},
		{"{name: a, type: u8, since: 2}", "since 2(a), {a}=1", "0", 1, 1},
		{
			"{name: a, type: u8, optional: true}, {name: b, type: u8}, {name: c, type: u8, since: 2, optional: true}",
			"presence 0(a c), a?, {b}=1, since 2(c), c?", "1 -1 -1", 2, 4,
		},
		{
			"{name: a, type: u8}, {name: b, type: u8, since: 2, optional: true}, {name: c, type: u8, since: 3, optional: true}",
			"{a}=1, since 2(b c), presence 0(b c), b?, since 3(c), c?", "0 2 -1", 2, 4,
		},
	} {
		m := message(t, test.fields)
		var offsets []string
		for _, f := range m.Fields {
			offsets = append(offsets, fmt.Sprint(f.Offset))
		}
		got := []any{describe(m.Steps), strings.Join(offsets, " "), m.Min, m.Max, m.MinSize(), m.MaxSize()}
		if diff := cmp.Diff([]any{test.steps, test.offsets, test.min, test.max, test.min + 1, test.max + 1}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.fields, diff)
		}
	}
}

// TestPresence checks that the fields and their presence bytes know each other.
func TestPresence(t *testing.T) {
	var fields strings.Builder
	for i := range 17 {
		fmt.Fprintf(&fields, "{name: f%d, type: u8}, {name: o%d, type: u8, optional: true}, ", i, i)
	}
	m := message(t, fields.String())
	seen := 0
	for _, f := range m.Fields {
		if strings.HasPrefix(string(f.Name), "f") {
			if f.Presence != nil {
				t.Errorf("%s is optional", f.Name)
			}
			continue
		}
		if f.Presence == nil || f.Presence.Index != seen/8 || int(f.Bit) != seen%8 || f.Presence.Fields[f.Bit] != f {
			t.Errorf("%s: %+v, bit %d", f.Name, f.Presence, f.Bit)
		}
		seen++
	}
}

func TestTypes(t *testing.T) {
	m := message(t, `{name: a, type: string, size: {max: MaxName}}, {name: b, type: u16, count: {max: 300}}, {name: c, type: Mode, count: 4},
		{name: d, type: u64, bits: [{name: one, width: 1}, {name: rest, width: 63}]}, {name: e, type: u64, bits: [{name: all, width: 64}]},
		{name: f, type: union, variants: [{name: p, tag: 1, type: Point}, {name: l, tag: 255, type: Label}]}, {name: g, type: Alarm}`)
	a, b, c, d, e, f, g := &m.Fields[0].Type, &m.Fields[1].Type, &m.Fields[2].Type, &m.Fields[3].Type, &m.Fields[4].Type, &m.Fields[5].Type, &m.Fields[6].Type
	if a.Kind != String || a.MaxLen != 12 || a.Prefix != 1 || a.Size != 0 {
		t.Errorf("string: %+v", a)
	}
	if b.Kind != Array || b.Elem.Kind != U16 || b.Elem.Size != 2 || b.MaxLen != 300 || b.Prefix != 2 || b.Count != 0 || b.Size != 0 {
		t.Errorf("counted: %+v", b)
	}
	if c.Kind != Array || c.Elem.Kind != U16 || c.Elem.Enum == nil || c.Count != 4 || c.Prefix != 0 || c.Size != 8 || c.Enum != nil {
		t.Errorf("fixed: %+v", c)
	}
	if d.Kind != U64 || len(d.Bits) != 2 || d.Bits[0].Mask() != 1 || d.Bits[1].Mask() != math.MaxUint64-1 || e.Bits[0].Mask() != math.MaxUint64 {
		t.Errorf("bits: %+v", d)
	}
	if f.Kind != Union || len(f.Variants) != 2 || f.Variants[1].Tag != 255 || f.Variants[1].Struct.Name != "Label" {
		t.Errorf("union: %+v", f)
	}
	if g.Kind != U32 || g.Flags.Mask() != 1<<31|1 {
		t.Errorf("flags: %+v", g)
	}
}

func TestScale(t *testing.T) {
	for _, test := range []struct {
		field         string
		num, den, add int64
		decimals      int
		accessor      string
		lo, hi        string // on the wire
	}{
		{"type: i16, scale: 0.01, unit: °C, min: -40, max: 125", 1, 100, 0, 2, "a_celsius", "-4000", "12500"},
		{"type: u16, scale: 0.018, offset: -459.67, unit: °F, min: 0", 9, 500, -229835, 3, "a_fahrenheit", "25538", "65535"},
		{"type: u8, offset: 900, unit: hPa, max: 1000", 1, 1, 900, 0, "a_hectopascals", "0", "100"},
		{"type: u32, scale: 250, min: 1", 250, 1, 0, 0, "a_scaled", "1", "4294967295"},
		{"type: u8, scale: 0.5, offset: -40, min: -39.9, max: 87.4", 1, 2, -80, 1, "a_scaled", "1", "254"},
		{"type: i8, scale: 0.3, min: -1, max: 1", 3, 10, 0, 1, "a_scaled", "-3", "3"},
		{"type: u16, scale: 0.1, unit: μS/cm, max: 1", 1, 10, 0, 1, "a_microsiemens_per_centimeter", "0", "10"},
		{"type: u8, scale: 0.10, offset: 0.25, unit: fl oz, unit_name: FluidOunces, min: 1.25, max: 1.25", 2, 20, 5, 2, "a_fluid_ounces", "10", "10"},
		{"type: i16, scale: 0.5, unit: '%', min: 1, max: 2, count: 3", 1, 2, 0, 1, "a_percent", "2", "4"},
		{"type: u8, scale: 9007199254740992, min: 9007199254740992", 1 << 53, 1, 0, 0, "a_scaled", "1", "255"},
	} {
		f := message(t, "{name: a, "+test.field+"}").Fields[0]
		s, r := f.Scale, f.Ranges[0]
		got := []any{s.Num, s.Den, s.Add, s.Decimals, string(s.Accessor), r.Min.String(), r.Max.String()}
		if diff := cmp.Diff([]any{test.num, test.den, test.add, test.decimals, test.accessor, test.lo, test.hi}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.field, diff)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, test := range []struct {
		field string
		want  Default
	}{
		{"type: u64, default: 18446744073709551615", Default{Raw: new(big.Int).SetUint64(math.MaxUint64)}},
		{"type: u8, default: MaxName", Default{Raw: big.NewInt(12)}},
		{"type: i16, scale: 0.01, default: 21.5", Default{Raw: big.NewInt(2150)}},
		{"type: i16, scale: 0.1, default: 0.3", Default{Raw: big.NewInt(3)}},
		{"type: i16, scale: 0.1, default: -0.3", Default{Raw: big.NewInt(-3)}},
		{"type: u8, scale: 0.5, offset: -40, default: -39.50", Default{Raw: big.NewInt(1)}},
		{"type: u8, min: 5, max: 6, default: 6", Default{Raw: big.NewInt(6)}},
		{"type: f32, max: 0.1, default: 0.1", Default{Float: float64(float32(0.1))}},
		{"type: f64, default: 0.1", Default{Float: 0.1}},
		{"type: bool, default: true", Default{Bool: true}},
		{"type: bool, default: false", Default{}},
		{"type: string, size: {max: 3}, default: abc", Default{Text: "abc"}},
		{"type: string, size: {max: 3}, default: ' a '", Default{Text: " a "}},
		{"type: string, size: {max: 3}, default: ''", Default{}},
	} {
		got := message(t, "{name: a, "+test.field+"}").Fields[0].Default
		if got == nil || (got.Raw == nil) != (test.want.Raw == nil) || got.Raw != nil && got.Raw.Cmp(test.want.Raw) != 0 ||
			got.Float != test.want.Float || got.Bool != test.want.Bool || got.Text != test.want.Text {
			t.Errorf("%s: %+v, want %+v", test.field, got, test.want)
		}
	}
	f := message(t, "{name: a, type: Mode, default: High, since: 2}").Fields[0]
	if f.Default.Enum.Name != "High" || f.Default.Raw.Int64() != 2 || f.Since != 2 {
		t.Errorf("%+v", f.Default)
	}
	if f := message(t, "{name: a, type: u8}").Fields[0]; f.Default != nil || f.Since != 1 {
		t.Errorf("%+v", f)
	}
}

func TestBounds(t *testing.T) {
	f := message(t, "{name: a, type: f32, min: -1.5, max: 0.1}").Fields[0]
	if b := f.Bounds; b.Min != -1.5 || b.Max != float64(float32(0.1)) || !b.HasMin || !b.HasMax || f.Ranges != nil {
		t.Errorf("%+v", b)
	}
	f = message(t, "{name: a, type: f64, max: 0.1, count: 2}").Fields[0]
	if b := f.Bounds; !math.IsInf(b.Min, -1) || b.Max != 0.1 || b.HasMin || !b.HasMax {
		t.Errorf("%+v", b)
	}
	if f := message(t, "{name: a, type: f64}").Fields[0]; f.Bounds != nil {
		t.Errorf("%+v", f.Bounds)
	}
}

func TestMessages(t *testing.T) {
	spec := parse(t, head+`
c: {targets: [esp32, esp32c6]}
messages:
  - {name: First, id: 255, topic: "a/b$", doc: " One. ", limit: 1}
  - {name: Second, id: 1, topic: ""}
reserved: {ids: [7, 2], names: [Old, Older]}
`)
	first, second := spec.Messages[0], spec.Messages[1]
	if first.Name != "First" || first.ID != 255 || first.Topic != "a/b$" || first.Doc != "One." || first.Limit != 1 {
		t.Errorf("%+v", first)
	}
	if second.ID != 1 || second.Topic != "" || second.Limit != 65535 {
		t.Errorf("%+v", second)
	}
	got := fmt.Sprint(spec.Reserved, spec.C.Targets)
	if want := "{[7 2] [Old Older]} [esp32 esp32c6]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	parse(t, head+"messages: [{name: M, id: 1, topic: "+strings.Repeat("é", 127)+"a}]")
	wantFault(t, []byte(head+"messages: [{name: M, id: 1, topic: "+strings.Repeat("a", 256)+"}]"),
		`x.yaml:4:36: topic "`+strings.Repeat("a", 128)+`...", it has 256 bytes and the limit is 255, write levels joined by /, such as room/reading`)
}

// TestSides checks for which of packets and messages the structs are.
func TestSides(t *testing.T) {
	const structs = head + `
structs:
  - {name: Plain, fields: [{name: a, type: u8, max: 9}]}
  - {name: Alone, fields: [{name: a, type: u8}]}
  - {name: Floats, fields: [{name: a, type: f32}]}
  - {name: Inner, fields: [{name: a, type: Plain}]}
  - {name: Outer, fields: [{name: a, type: Inner}]}
`
	for _, test := range []struct{ rest, want string }{
		{"", "[Floats]"},
		{"packets: [{name: P, type: 1, direction: up, fields: [{name: a, type: Outer}]}]", "[Floats]"},
		{"messages: [{name: M, id: 1}]", "[Plain Alone Floats Inner Outer]"},
		{"messages: [{name: M, id: 1, fields: [{name: a, type: Inner}]}]\npackets: [{name: P, type: 1, direction: up}]", "[Plain Floats Inner]"},
		{
			"messages: [{name: M, id: 1, fields: [{name: a, type: Outer, count: {max: 2}}]}]\n" +
				"packets: [{name: P, type: 1, direction: up, fields: [{name: a, type: Alone}]}]", "[Plain Floats Inner Outer]",
		},
		{
			"messages: [{name: M, id: 1, fields: [{name: u, type: union, variants: [{name: a, tag: 1, type: Alone}]}]}]\n" +
				"packets: [{name: P, type: 1, direction: up}]", "[Alone Floats]",
		},
	} {
		spec := parse(t, structs+test.rest)
		var names []Name
		for _, s := range spec.Structs {
			if s.Message {
				names = append(names, s.Name)
			}
		}
		if got := fmt.Sprint(names); got != test.want {
			t.Errorf("%s: %s, want %s", test.rest, got, test.want)
		}
		if spec.PacketsOnly() {
			t.Errorf("%s: packets only", test.rest)
		}
	}
	for src, want := range map[string]bool{"": true, "flags: [{name: F, type: u8, bits: [{name: A, bit: 0}]}]": false, "messages: [{name: M, id: 1}]": false} {
		if got := parse(t, head+src).PacketsOnly(); got != want {
			t.Errorf("%s: packets only %v", src, got)
		}
	}
}

// TestHash checks that the hash changes with the layout and with nothing else.
func TestHash(t *testing.T) {
	const base = head + `
enums: [{name: Mode, type: u8, values: [{name: A, value: 0}]}]
structs: [{name: Point, fields: [{name: x, type: u16}]}, {name: Holder, fields: [{name: p, type: Point}]}]
messages:
  - name: M
    id: 1
    fields:
      - {name: a, type: u8, max: 9}
      - {name: b, type: i16, scale: 0.10, unit: s}
      - {name: c, type: string, size: {max: 8}}
      - {name: d, type: Holder}
      - {name: e, type: u8, count: 3}
      - {name: f, type: union, variants: [{name: p, tag: 1, type: Point}]}
      - {name: g, type: u8, bits: [{name: one, width: 3}]}
      - {name: h, type: Mode, optional: true}
      - {name: i, type: u8, since: 2}
`
	hash := parse(t, base).Hash
	for _, test := range []struct {
		old, new string
		same     bool
	}{
		{"name: a,", "name: z, doc: Text.,", true},
		{"max: 9", "max: 10", true},
		{"unit: s", "unit: ms", true},
		{"scale: 0.10", "scale: 0.1", true},
		{"name: M\n", "name: N\n", true},
		{"value: 0}", "value: 0}, {name: B, value: 1}", true},
		{"since: 2", "since: 2, default: 4", true},
		{"    id: 1", "    topic: x\n    id: 1", true},
		{"id: 1", "id: 2", false},
		{"type: u8, max: 9", "type: i8, max: 9", false},
		{"scale: 0.10", "scale: 0.11", false},
		{"scale: 0.10", "scale: 0.1, offset: 1", false},
		{"size: {max: 8}", "size: {max: 9}", false},
		{"{name: x, type: u16}", "{name: x, type: i16}", false},
		{"count: 3", "count: 4", false},
		{"count: 3", "count: {max: 3}", false},
		{"tag: 1", "tag: 2", false},
		{"type: Point}]}\n", "type: Holder}]}\n", false},
		{"width: 3", "width: 4", false},
		{"name: Mode, type: u8", "name: Mode, type: u16", false},
		{", optional: true", "", false},
		{"since: 2", "since: 3", false},
		{", since: 2", "", false},
	} {
		edited := strings.Replace(base, test.old, test.new, 1)
		if edited == base {
			t.Fatalf("%s is not in the spec", test.old)
		}
		if got := parse(t, edited).Hash; (got == hash) != test.same {
			t.Errorf("%s -> %s: %016x, %016x before", test.old, test.new, got, hash)
		}
	}
}

func TestUnits(t *testing.T) {
	for unit, name := range unitNames {
		if !unitName.MatchString(string(name)) || micro.Replace(unit) != unit {
			t.Errorf("%s: %s", unit, name)
		}
	}
	if n := len(unitNames); n < 60 {
		t.Errorf("%d units", n)
	}
}

// TestSpecs reads the specs that emitters are tested with.
func TestSpecs(t *testing.T) {
	for _, test := range []struct{ file, sizes string }{
		{"../../examples/climate/climate.yaml", "Reading 15..49, Trouble 6..6"},
		{"../../testdata/specs/everything.yaml", "Empty 1..1, Scalars 65..65, Scaled 21..29, Bits 16..16, Lengths 14..840, Arrays 42..352, Optionals 6..39, Choices 17..80, Grown 20..36"},
	} {
		src, err := os.ReadFile(test.file)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []string
		for _, m := range parse(t, string(src)).Messages {
			sizes = append(sizes, fmt.Sprintf("%s %d..%d", m.Name, m.MinSize(), m.MaxSize()))
		}
		if got := strings.Join(sizes, ", "); got != test.sizes {
			t.Errorf("%s:\n got %s\nwant %s", test.file, got, test.sizes)
		}
	}
}
