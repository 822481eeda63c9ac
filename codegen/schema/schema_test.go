package schema

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the tests get into their files")

// TestErrors reads cases of a faulty spec.yaml and the faults wanted, all of them, a line each.
func TestErrors(t *testing.T) {
	paths, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 2 || archive.Files[0].Name != "spec.yaml" || archive.Files[1].Name != "want" {
				t.Fatal("a case has the files spec.yaml and want")
			}
			spec, err := Parse("spec.yaml", archive.Files[0].Data)
			var faults Errors
			if !errors.As(err, &faults) || spec != nil {
				t.Fatalf("Parse = %v, %v; want Errors alone", spec, err)
			}
			got := faults.Error() + "\n"
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// head is what every spec begins with.
const head = "spec: 1\nname: x\nversion: 1.0.0\n"

// parse reads a spec that must have no faults.
func parse(t *testing.T, src string) *Spec {
	t.Helper()
	spec, err := Parse("x.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// wantFault reports whether the one fault of src is as wanted.
func wantFault(t *testing.T, src []byte, want string) {
	t.Helper()
	if _, err := Parse("x.yaml", src); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSourceSize(t *testing.T) {
	longest := append([]byte(head), bytes.Repeat([]byte{'#'}, MaxSource-len(head))...)
	if _, err := Parse("x.yaml", longest); err != nil {
		t.Errorf("%d bytes: %v", len(longest), err)
	}
	wantFault(t, append(longest, '#'), "x.yaml:1:1: the spec has more than 1048576 bytes, split it")
}

// TestBytes holds what a text file of a case cannot.
func TestBytes(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"nothing", "", `1:1: the spec is empty, begin with "spec: 1"`},
		{"no document", "---", `1:1: the spec is empty, begin with "spec: 1"`},
		{"NUL", head + "doc: a\x00b\n", "1:1: this is not YAML: control characters are not allowed"},
		{"no UTF-8", head + "doc: \xff\n", "1:1: this is not YAML: invalid leading UTF-8 octet"},
		{"deep flow", "a: " + strings.Repeat("[", 20_000), "1:1: this is not YAML: exceeded max depth of 10000"},
		{"deep blocks", strings.Repeat("- ", 20_000), "1:1: this is not YAML: exceeded max depth of 10000"},
	} {
		t.Run(test.name, func(t *testing.T) { wantFault(t, []byte(test.src), "x.yaml:"+test.want) })
	}
	parse(t, "\xef\xbb\xbf"+head) // a byte order mark
	parse(t, strings.ReplaceAll(head, "\n", "\r\n"))
}

// TestLimits tries the limits on both sides where a case would be long.
func TestLimits(t *testing.T) {
	flags := "spec: 1\nname: x\nversion: 1.0.0\npackets: [{name: P, type: 1, direction: up, flags: [{name: A, bit: 0}], fields: [{name: a, type: u8, if: \"%s\"}]}]\n"
	parse(t, fmt.Sprintf(flags, "A"+strings.Repeat(" ", maxCondLength-1)))
	wantFault(t, fmt.Appendf(nil, flags, "A"+strings.Repeat(" ", maxCondLength)),
		"x.yaml:4:106: a condition of 501 bytes, the limit is 500, shorten it")
	parse(t, fmt.Sprintf(flags, strings.Repeat("!", maxCondDepth-1)+"A"))
	wantFault(t, fmt.Appendf(nil, flags, strings.Repeat("!", maxCondDepth)+"A"),
		"x.yaml:4:106: a condition nested deeper than 20, conditions are made of flags, !, &&, ||, ( ) and field == EnumValue")
	wantFault(t, fmt.Appendf(nil, flags, strings.Repeat("(", 400)+"A"),
		"x.yaml:4:106: a condition nested deeper than 20, conditions are made of flags, !, &&, ||, ( ) and field == EnumValue")

	fields := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{name: f%d, type: u8},", i)
		}
		return "[" + b.String() + "]"
	}
	parse(t, head+"structs: [{name: S, fields: "+fields(maxLeaves)+"}]")
	wantFault(t, []byte(head+"structs: [{name: S, fields: "+fields(maxLeaves+1)+"}]"),
		"x.yaml:4:11: more than 1000 fields, those of structs within included, split it")

	// Each struct holds the one before it twice.
	doubled := head + "structs:\n  - {name: S0, fields: [{name: a, type: u8}]}\n"
	for i := range 40 {
		doubled += fmt.Sprintf("  - {name: S%d, fields: [{name: a, type: S%d}, {name: b, type: S%d}]}\n", i+1, i, i)
	}
	if _, err := Parse("x.yaml", []byte(doubled)); err == nil || !strings.HasPrefix(err.Error(), "x.yaml:14:5: more than 1000 fields") {
		t.Error(err)
	}

	// Two switches with 63 and 62 values and those without a name are 64 * 63 cases; with 64 values, 64 * 65.
	worlds := func(n int) string {
		enum := func(name string, n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "{name: V%d, value: %d},", i, i)
			}
			return "  - {name: " + name + ", type: u8, values: [" + b.String() + "]}\n"
		}
		return head + "enums:\n" + enum("A", 63) + enum("B", n) +
			"structs:\n  - {name: S, fields: [{name: a, type: A}, {name: b, type: B}, {switch: a, cases: {V0: []}}, {switch: b, cases: {V0: []}}]}\n"
	}
	parse(t, worlds(63))
	wantFault(t, []byte(worlds(64)), "x.yaml:8:5: too many conditions on enum fields, more than 4096 cases to check, split it")
}

// TestMuch bounds the work that a long and faulty spec makes.
func TestMuch(t *testing.T) {
	var flags, dup, conds strings.Builder
	for i := range 70 {
		fmt.Fprintf(&flags, "{name: F%d, bit: 0},", i)
	}
	for dup.Len() < MaxSource/8 {
		dup.WriteString("{name: a, type: nothing},")
	}
	for i := 0; conds.Len() < MaxSource/8; i++ {
		fmt.Fprintf(&conds, "{name: E%d, type: u8, values: [{name: A, value: 0}]},", i)
	}
	word := strings.Repeat("a", MaxSource/8)
	for _, test := range []struct{ name, src string }{
		{"flags", head + "packets: [{name: P, type: 1, direction: up, flags: [" + flags.String() + "], fields: []}]"},
		{"names", head + "structs: [{name: S, fields: [" + dup.String() + "]}]"},
		{"types", head + "enums: [" + conds.String() + "]\nstructs: [{name: S, fields: [" + dup.String()[:MaxSource/16/25*25] + "]}]"},
		{"packets", head + "packets: [" + strings.Repeat("{name: P, type: 1},", MaxSource/80) + "]"},
		{"words", head + "enums: [{name: " + word + ", type: u8, values: []}]\nstructs: [{name: S, fields: [{name: a, type: " + word + "b}]}]"},
		{"condition", head + "structs: [{name: S, fields: [{name: a, type: u8, if: \"" + strings.Repeat("A&&", MaxSource/16) + "A\"}]}]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("x.yaml", []byte(test.src))
			if err == nil {
				t.Fatal("no faults")
			}
			if got := len(err.Error()); got > 32*MaxSource {
				t.Errorf("%d bytes of messages", got)
			}
		})
	}
}
