package schema

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const languagePage = "../LANGUAGE.md"

// TestLanguageExamples puts the examples of the page together as the page says: one spec, and after its messages fields
// of another one each.
func TestLanguageExamples(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	spec, fields := "", 0
	for _, m := range blocks {
		text := m[1]
		whole := spec + text
		if strings.HasPrefix(text, "- ") {
			fields++
			whole = spec + "  - name: Example\n    id: 2\n    fields:\n" + indented(text)
		} else {
			spec = whole
		}
		if _, err := Parse(languagePage, []byte(whole)); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
	if fields == 0 || !strings.HasPrefix(spec, "spec: 1") || !strings.Contains(spec, "\npackets:") {
		t.Errorf("%d examples, %d of them of fields, are not all", len(blocks), fields)
	}
}

func indented(text string) string {
	return regexp.MustCompile(`(?m)^.`).ReplaceAllString(text, "      $0")
}

// TestLanguageWords wants each key and type of the language on the page.
func TestLanguageWords(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	keysOf(Grammar, keys)
	if !keys["critical"] || !keys["unit_name"] {
		t.Fatal("the grammar is not read to its leaves")
	}
	for key := range keys {
		if !regexp.MustCompile(`\b` + key + ":").Match(page) {
			t.Errorf("no example has the key %s", key)
		}
	}
	for _, word := range builtinTypes {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("the type %s is not told", word)
		}
	}
}

// TestLanguageUnits wants the page to list the units that are known, all and no others.
func TestLanguageUnits(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile("(?s)These are known:\n\n```text\n(.*?)```").FindSubmatch(page)
	if list == nil {
		t.Fatal("the page has no list of units")
	}
	if diff := cmp.Diff(units, strings.Fields(string(list[1]))); diff != "" {
		t.Errorf("units (-known +listed):\n%s", diff)
	}
}

// keysOf adds the names of all keys within a value.
func keysOf(v Value, keys map[string]bool) {
	switch v := v.(type) {
	case *Object:
		for _, k := range v.Keys {
			keys[k.Name] = true
			keysOf(k.Value, keys)
		}
	case List:
		keysOf(v.Of, keys)
	case Either:
		keysOf(v.A, keys)
		keysOf(v.B, keys)
	case Choice:
		keysOf(v.With, keys)
		keysOf(v.Without, keys)
	case Cases:
		keysOf(v.Of, keys)
	}
}
