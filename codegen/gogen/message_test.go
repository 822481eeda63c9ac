package gogen

import (
	"go/format"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

const (
	messageSpec   = "testdata/messages/spec.yaml"
	messageGolden = "testdata/messages/message_gen.go"
	climate       = "../../examples/climate/climate.yaml"
)

// messages returns the Go of a spec without packets.
func messages(t *testing.T, file string, src []byte) []byte {
	t.Helper()
	return only(t, generateFiles(t, file, src), "message_gen.go")
}

// TestReading wants the codec that is measured to be what its spec gives.
func TestReading(t *testing.T) {
	const spec = "internal/reading/reading.yaml"
	if diff := cmp.Diff(string(read(t, "internal/reading/message_gen.go")), string(output.Seal(messages(t, spec, read(t, spec))))); diff != "" {
		t.Errorf("run go generate ./internal/reading (-committed +generated):\n%s", diff)
	}
}

func TestMessageGolden(t *testing.T) {
	got := messages(t, messageSpec, read(t, messageSpec))
	if *update {
		if err := os.WriteFile(messageGolden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, messageGolden)), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// smallMessages are specs that lack what most have.
var smallMessages = map[string]string{
	"flags":    head + "flags: [{name: F, type: u8, bits: [{name: A, bit: 7}]}]",
	"one":      head + "messages: [{name: M, id: 1, fields: [{name: a, type: u8}]}]",
	"bodiless": head + "messages: [{name: M, id: 1, fields: []}]",
	"struct":   head + "structs: [{name: S, fields: [{name: a, type: bool}]}]",
	"text":     head + `messages: [{name: M, id: 1, fields: [{name: a, type: string, size: {max: 30}, default: "math.Pi %d\u00e9\" \\ binary.X"}]}]`,
	"late":     head + "messages: [{name: M, id: 1, fields: [{name: a, type: u8, optional: true, since: 2}, {name: b, type: u8, since: 3}]}]",
	"first":    head + "messages: [{name: M, id: 1, fields: [{name: a, type: u8, since: 2, optional: true}]}]",
	"shared":   head + "messages: [{name: M, id: 1, fields: [{name: a, type: u8, optional: true, since: 2}, {name: b, type: u8, optional: true, since: 3}]}]",
	"deep": head + `
structs:
  - {name: A, fields: [{name: t, type: string, size: {max: 2}, optional: true}]}
  - {name: B, fields: [{name: u, type: union, variants: [{name: a, tag: 1, type: A}]}, {name: list, type: A, count: {max: 300}}]}
messages: [{name: M, id: 1, fields: [{name: b, type: B, optional: true}, {name: u, type: union, variants: [{name: b, tag: 1, type: B}]}]}]`,
	"names": head + `messages: [{name: Names, id: 1, fields: [{name: math, type: f32}, {name: b, type: string, size: {max: 1}}, {name: p, type: u16, count: {max: 1}},
  {name: n, type: u8, optional: true}, {name: err, type: u16, optional: true}, {name: i, type: u16, count: 2}, {name: v, type: u16, count: 2},
  {name: body, type: bytes, size: {max: 1}}, {name: presence0, type: u8}, {name: binary, type: u16}, {name: len, type: u8}]}]`,
	"both": head + `
enums: [{name: E, type: u8, values: [{name: A, value: 0}]}]
messages: [{name: M, id: 1, fields: [{name: a, type: E}]}]
packets: [{name: P, type: 3, direction: down, fields: [{name: a, type: E}]}]`,
}

func TestMessagesFormatted(t *testing.T) {
	specs := map[string]string{"messages": string(read(t, messageSpec)), "climate": string(read(t, climate))}
	for name, src := range smallMessages {
		specs[name] = src
	}
	for name, src := range specs {
		for _, got := range generateFiles(t, name+".yaml", []byte(src)) {
			want, err := format.Source(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s: gofmt (-want +got):\n%s", name, diff)
			}
		}
	}
}

// TestSides wants each side's file where there is something for it, and what both need once.
func TestSides(t *testing.T) {
	files := generateFiles(t, "both.yaml", []byte(smallMessages["both"]))
	for path, has := range map[string]map[string]bool{
		"packet_gen.go":  {"type E uint8": true, "ErrTooLong": true, "ErrText": true, "type Decoder struct": true, "type M struct": false},
		"message_gen.go": {"type E uint8": false, "ErrTooLong": false, "type MessageDecoder struct": true, "type M struct": true},
	} {
		for text, want := range has {
			if got := strings.Contains(string(files[path]), text); got != want {
				t.Errorf("%s has %q: %v", path, text, got)
			}
		}
	}
}

// TestClashes takes names that this target gives itself: it says which, and emits nothing.
func TestClashes(t *testing.T) {
	const spec = head + `structs: [{name: S, fields: [{name: a, type: u8}]}, {name: NoteTextTag, fields: [{name: a, type: u8}]}]
messages: [{name: Note, id: 1, fields: [{name: text, type: union, variants: [{name: s, tag: 1, type: S}]}]}]`
	if s, err := schema.Parse("x.yaml", []byte(spec)); err == nil { // the schema need not know all of them
		if files, err := Files(s); err == nil || !strings.Contains(err.Error(), "go: NoteTextTag would be declared twice") || files != nil {
			t.Error(err)
		}
	}
	for _, field := range []string{"id", "topic", "length", "append", "decode", "validate", "reset", "fields"} {
		s, err := schema.Parse("x.yaml", []byte(head+"messages: [{name: M, id: 1, fields: [{name: "+field+", type: u8}]}]"))
		if err == nil {
			_, err = Files(s)
		}
		if err == nil {
			t.Errorf("%s: a field and a method", field)
		}
	}
	var sources []*source
	for _, text := range []string{
		"package a\ntype T struct { A int }\nfunc (t *T) B() {}\nfunc (T) A() {}\nconst C, D = 1, 2\nfunc B() {}",
		"package a\nvar D int\ntype C int\nfunc (c C) A() {}",
	} {
		s, err := newSource("a.go", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	err := clashes(sources)
	var got []string
	for _, line := range strings.Split(err.Error(), "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "go: "), " ")
		got = append(got, name)
	}
	if diff := cmp.Diff([]string{"T.A", "D", "C"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnsupported gives the emitter what no spec can: it says what, and emits nothing.
func TestUnsupported(t *testing.T) {
	for _, test := range []struct {
		field *schema.Field
		step  schema.Step
		want  string
	}{
		{&schema.Field{Name: "a", Type: schema.Type{Kind: schema.TLVs}}, nil, "go: M.a: a type of kind"},
		{&schema.Field{Name: "a", Type: schema.Type{Kind: schema.SizedBytes, Prefix: 1, MaxLen: 3}, Default: &schema.Default{}}, nil, "go: M.a: a default"},
		{&schema.Field{Name: "a", Type: schema.Type{Kind: schema.U8, Size: 1}}, &schema.Choose{}, "go: M: a step *schema.Choose"},
	} {
		step := test.step
		if step == nil {
			step = &schema.Var{Field: test.field}
		}
		m := &schema.Message{Name: "M", ID: 1, Body: schema.Body{Fields: []*schema.Field{test.field}, Items: []schema.Item{test.field}, Steps: []schema.Step{step}}}
		files, err := Files(&schema.Spec{Name: "x", Go: schema.Go{Package: "x"}, Messages: []*schema.Message{m}})
		if err == nil || !strings.Contains(err.Error(), test.want) || files != nil {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

// everywhereInMessages has a doc in each place where there can be one.
const everywhereInMessages = head + `
doc: DOC
flags: [{name: F, type: u8, doc: DOC, bits: [{name: A, bit: 0, doc: DOC}]}]
structs: [{name: S, doc: DOC, fields: [{name: a, type: u8, unit: DOC, unit_name: Unit, doc: DOC}]}]
messages:
  - name: M
    id: 1
    doc: DOC
    fields:
      - {name: a, type: u8, doc: DOC, unit: DOC, unit_name: Unit}
      - {name: d, type: u8, doc: DOC, scale: 0.1}
      - {name: b, type: u8, doc: DOC, bits: [{name: c, width: 1, doc: DOC}]}
      - {name: u, type: union, doc: DOC, variants: [{name: s, tag: 1, type: S, doc: DOC}]}
`

func TestMessageDocs(t *testing.T) {
	testDocs(t, func(doc string) []byte {
		return messages(t, "x.yaml", []byte(strings.ReplaceAll(everywhereInMessages, "DOC", doc)))
	})
}
