package docgen

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

var update = flag.Bool("update", false, "write what the tests get into their files")

const spec = `
spec: 1
name: x
version: 1.0.0
constants: [{name: Most, type: i8, value: -3, doc: "a | b\nand \\| c"}]
enums: [{name: Mode, type: u8, values: [{name: Off, value: 0, doc: Not at all.}, {name: VerySlow, value: 1}]}]
structs:
  - {name: Inner, fields: [{name: a, type: i16, unit: mm, doc: "How | far\n\nit is.", min: -5}, {name: list, type: tlv}]}
packets:
  - {name: Void, type: 0, forbidden: true, doc: Never.}
  - name: MyPacket
    type: 1
    direction: both
    broadcast: "!SoFast || Odd"
    flags: [{name: SoFast, bit: 0, doc: Quick.}, {name: Odd, bit: 2, requires: SoFast}]
    fields:
      - {name: mode, type: Mode}
      - {name: b, type: u32, ranges: [{if: SoFast, min: 1}, {min: 3, max: 3}]}
      - switch: mode
        cases:
          "Off": [{name: c, type: bytes, size: 2}, {name: d, type: u8, if: SoFast || Odd}]
          VerySlow: [{name: e, type: bytes, size: {min: 1, max: 300}}]
      - {name: f, type: u16, if: "!(mode == Off) && SoFast"}
      - {name: g, type: bytes, rest: {min: 1, max: 9, less: 4}}
      - {name: h, type: bytes, size: 4}
  - {name: Fixed, type: 2, direction: up, broadcast: true, fields: [{name: a, type: u64}, {name: b, type: u8}]}
  - {name: Open, type: 3, direction: down, fields: [{name: inner, type: Inner}]}
`

func parse(t *testing.T, src string) *schema.Spec {
	t.Helper()
	s, err := schema.Parse("x.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filled is testdata/filled.md: text with all tables of spec.
func filled(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/filled.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// empty takes the tables out of a text.
func empty(text string) string {
	var out strings.Builder
	within := false
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.HasPrefix(line, end) {
			within = false
		}
		if !within {
			out.WriteString(line)
		}
		if strings.HasPrefix(line, marker+"begin") {
			within = true
		}
	}
	return out.String()
}

func TestFill(t *testing.T) {
	want := filled(t)
	for name, text := range map[string]string{
		"empty": empty(want), "filled": want, "something else": strings.ReplaceAll(empty(want), end, "stale\n| rows |\n"+end),
		"CRLF at markers": strings.ReplaceAll(empty(want), " -->\n", " -->\r\n"),
	} {
		got, err := Fill(parse(t, spec), "x.md", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFillWithoutTables(t *testing.T) {
	const text = "Nothing\r\nto <!-- enowgen:begin enum A --> fill,\n  <!-- enowgen:end -->\nand no newline"
	got, err := Fill(parse(t, "spec: 1\nname: x\nversion: 1.0.0\n"), "x.md", []byte(text))
	if err != nil || string(got) != text {
		t.Errorf("%q, %v", got, err)
	}
	const place = "<!-- enowgen:begin enum Mode -->\n<!-- enowgen:end -->" // no newline either
	got, err = Fill(parse(t, "spec: 1\nname: x\nversion: 1.0.0\nenums: [{name: Mode, type: u8, values: [{name: Off, value: 0}]}]"), "x.md", []byte(place))
	const want = "<!-- enowgen:begin enum Mode -->\n| value | name | meaning |\n|---|---|---|\n| 0 | off |  |\n<!-- enowgen:end -->\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDocument compares with the document of the spec that has everything; its first part is checked against the layout by hand.
func TestDocument(t *testing.T) {
	const golden = "testdata/everything.md"
	src, err := os.ReadFile("../../testdata/specs/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	one, err := schema.Parse("everything.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	got := Document(one)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDocumentIsText holds texts of the spec to their places.
func TestDocumentIsText(t *testing.T) {
	one := parse(t, "spec: 1\nname: x\nversion: 1.0.0\ndoc: \"# no heading\\n\\n```\\n\\n<!-- no comment\"\n"+
		"messages: [{name: M, id: 1, doc: \"- no list | no cell\", fields: [{name: a, type: u8, doc: \"a | b\\n| c <b>\"}, "+
		"{name: s, type: string, size: {max: 9}, default: \"`|``\"}]}]\n")
	got := string(Document(one))
	for _, want := range []string{
		"\n\\# no heading\n", "\n\\```\n", "\n\\<!-- no comment\n", "\n\\- no list | no cell\n",
		`| 1 | 1 | a | u8 |  |  |  |  | a \| b \| c \<b> |` + "\n", "| ``` \"`\\|``\" ``` |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestFillErrors(t *testing.T) {
	const begin, stop = "<!-- enowgen:begin enum Mode -->\n", end + "\n"
	one := parse(t, "spec: 1\nname: x\nversion: 1.0.0\nenums: [{name: Mode, type: u8, values: [{name: Off, value: 0}]}]")
	for _, test := range []struct{ name, text, want string }{
		{"no place", "", `x.md:1:1: no place for "enum Mode", each table has one, add <!-- enowgen:begin enum Mode --> and <!-- enowgen:end -->`},
		{"no end", "\n" + begin + "text\n", `x.md:2:1: "enum Mode" has no end, add <!-- enowgen:end -->`},
		{"twice", begin + stop + begin + stop, `x.md:3:1: a second place for "enum Mode", line 1 has one, remove one`},
		{"end alone", begin + stop + stop, "x.md:3:1: an end without a begin, remove it"},
		{"begin within", begin + begin + stop, `x.md:2:1: "enum Mode" begins within "enum Mode", line 1 has no end, add <!-- enowgen:end --> before it`},
		{
			"unknown name", begin + stop + "<!-- enowgen:begin enum mode -->\n" + stop,
			`x.md:3:1: a place for "enum mode", the spec has no such table, did you mean "enum Mode"?`,
		},
		{"unknown kind", begin + stop + "<!-- enowgen:begin thing -->\n" + stop, `x.md:3:1: a place for "thing", the spec has no such table, it has enum Mode`},
		{"empty kind", begin + stop + "<!-- enowgen:begin constants -->\n" + stop, `x.md:3:1: a place for "constants", the spec has no such table, it has enum Mode`},
		{
			"no marker", begin + stop + "<!-- enowgen:begin  enum Mode-->\n",
			`x.md:3:1: an unknown mark "<!-- enowgen:begin  enum Mode-->", write <!-- enowgen:begin KIND NAME --> or <!-- enowgen:end -->`,
		},
		{
			"all of them", "<!-- enowgen:begin enum A -->\n<!-- enowgen:begin enum B -->\n<!-- enowgen:stop -->\n",
			`x.md:1:1: a place for "enum A", the spec has no such table, it has enum Mode
x.md:2:1: "enum B" begins within "enum A", line 1 has no end, add <!-- enowgen:end --> before it
x.md:3:1: an unknown mark "<!-- enowgen:stop -->", write <!-- enowgen:begin KIND NAME --> or <!-- enowgen:end -->
x.md:2:1: "enum B" has no end, add <!-- enowgen:end -->
x.md:4:1: no place for "enum Mode", each table has one, add <!-- enowgen:begin enum Mode --> and <!-- enowgen:end -->`,
		},
	} {
		got, err := Fill(one, "x.md", []byte(test.text))
		if err == nil || err.Error() != test.want || got != nil {
			t.Errorf("%s: %q\ngot  %v\nwant %s", test.name, got, err, test.want)
		}
	}
}
