package pygen

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// everywhere has a text in each place where there can be one.
const everywhere = `spec: 1
name: docs
version: 1.0.0
doc: DOC
constants: [{name: A, type: u8, value: 1, doc: DOC}]
enums: [{name: E, type: u8, doc: DOC, values: [{name: A, value: 1, doc: DOC}]}]
flags: [{name: F, type: u8, doc: DOC, bits: [{name: A, bit: 0, doc: DOC}]}]
structs:
  - {name: S, doc: DOC, fields: [{name: a, type: u8, unit: DOC, unit_name: Unit, doc: DOC}]}
  - {name: T, doc: DOC, fields: [{name: a, type: u8, unit: DOC, doc: DOC}]}
messages:
  - name: M
    id: 1
    doc: DOC
    fields:
      - {name: a, type: u8, doc: DOC, unit: DOC, unit_name: Unit, scale: 0.1}
      - {name: b, type: u8, doc: DOC, bits: [{name: c, width: 1, doc: DOC}]}
      - {name: u, type: union, doc: DOC, variants: [{name: s, tag: 1, type: S, doc: DOC}]}
packets:
  - {name: P, type: 1, direction: up, doc: DOC, flags: [{name: G, bit: 0, doc: DOC}], fields: [{name: t, type: T, doc: DOC}]}
  - {name: Q, type: 0, forbidden: true, doc: DOC}
`

// hostile are texts that would change the code if they left their docstring, as they stand between quotes in YAML.
var hostile = []string{
	`\"\"\"`, `\"\"\"\"\"\"\"`, `\"`, `a \"`, `\"\"`, `x\"\"\"\nimport os\n\"\"\"`, `'''`, `\\`, `\\\\`, `\\\"`, `\\\"\"\"`, `\\N{BULLET}`, `\\x`, `\\u12`,
	`# type: ignore`, `type: int`, `# noqa`, `fmt: off`, `-*- coding: ascii -*-`, `{x}`, `%s`, `\nimport os`, `a\n\nimport os`, `a\n\n    import os`, `\tx`,
	`é`, `日本語`, `DO NOT EDIT`, strings.Repeat("word ", 60), strings.Repeat("w", 200), strings.Repeat(`\"\"\" `, 40),
	strings.Repeat(`\\ `, 60),
}

func TestDocs(t *testing.T) {
	python, ruff := tooltest.Find(t, "python3"), tooltest.Find(t, "ruff")
	dir := t.TempDir()
	folders := []string{filepath.Join(dir, "plain")}
	writeSealed(t, folders[0], files(t, parse(t, "x.yaml", strings.ReplaceAll(everywhere, "DOC", "plain"))))
	for i, doc := range hostile {
		folders = append(folders, filepath.Join(dir, fmt.Sprint(i)))
		writeSealed(t, folders[i+1], files(t, parse(t, "x.yaml", strings.ReplaceAll(everywhere, "DOC", `"`+doc+`"`))))
	}
	must(t, dir, python, append([]string{"-W", "error", absolute(t, "testdata/same_code.py")[0]}, folders...)...)
	must(t, dir, ruff, "format", "--isolated", "--no-cache", "--target-version=py310", "--diff", dir)
}

// TestQuoted lets Python read what is written for it.
func TestQuoted(t *testing.T) {
	var pairs [][2]string
	for _, text := range append(hostile, "\x00\x1f\x7f\u0085\u00a0\u202e\U000e0001", "\r\n\t\f", "'\"", "''\"", "\"", "😀") {
		pairs = append(pairs, [2]string{text, quoted(text)})
	}
	data, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pairs.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, ".", tooltest.Find(t, "python3"), "-W", "error", "-c", `
import ast, json, sys
for text, quoted in json.load(open(sys.argv[1], encoding="utf-8")):
    assert ast.literal_eval(quoted) == text, quoted
    assert quoted.isprintable(), quoted
`, path)
}

func TestVersion(t *testing.T) {
	for semantic, want := range map[string]string{
		"1.2.3": "1.2.3", "2.0.0-beta.1": "2.0.0b1", "2.0.0-alpha.10": "2.0.0a10", "1.0.0-rc1": "1.0.0rc1", "1.0.0-rc.01": "1.0.0rc1",
		"1.0.0-rc.0": "1.0.0rc0", "1.0.0-beta": "1.0.0b0", "1.0.0-dev.4": "1.0.0.dev4", "1.0.0+build.5": "1.0.0+build.5", "1.0.0-Foo.bar-2": "1.0.0.dev0+foo.bar.2",
		"1.0.0-beta.1+x-y": "1.0.0b1+x.y", "1.0.0~2": "1.0.0.dev0+2", "1.0.0-beta.1.2": "1.0.0.dev0+beta.1.2", "1.0.0-.": "1.0.0.dev0", "10.20.30-rc.0010": "10.20.30rc10",
	} {
		if got := version(semantic); got != want {
			t.Errorf("%s: %s, want %s", semantic, got, want)
		}
	}
}
