package breaking

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

var update = flag.Bool("update", false, "write what the tests get into their files")

func parse(t *testing.T, name string, src []byte) *schema.Spec {
	t.Helper()
	spec, err := schema.Parse(name, src)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// report prints the breaks, a line each.
func report(breaks []Break) string {
	var b strings.Builder
	for _, k := range breaks {
		b.WriteString(k.Fault("new.yaml").Error() + "\n")
	}
	return b.String()
}

// TestRules has a case for each rule: an old spec, a new one that breaks the rule, the breaks wanted, and another new one
// with a change of the same kind that is allowed.
func TestRules(t *testing.T) {
	for _, rule := range Rules {
		t.Run(rule.Name, func(t *testing.T) {
			path := filepath.Join("testdata", rule.Name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
			}
			old := parse(t, "old.yaml", files["old.yaml"])
			got := report(Compare(old, parse(t, "new.yaml", files["new.yaml"])))
			if *update {
				archive.Files[2].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(files["want"]), got); diff != "" {
				t.Errorf("breaks (-want +got):\n%s", diff)
			}
			if !strings.Contains(got, ": "+rule.Name+": ") {
				t.Error("the case does not break the rule")
			}
			if got := report(Compare(old, parse(t, "allowed.yaml", files["allowed.yaml"]))); got != "" {
				t.Errorf("allowed, yet it breaks\n%s", got)
			}
		})
	}
}

// TestCases wants a rule for each case.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) != len(Rules) {
		t.Errorf("%d cases for %d rules: %v", len(paths), len(Rules), err)
	}
	for _, r := range Rules {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`).MatchString(r.Name) || r.What == "" || r.Why == "" || r.Do == "" {
			t.Errorf("%+v", r)
		}
	}
}

// TestSame finds no break between a spec and itself, nor where only text for people differs.
func TestSame(t *testing.T) {
	for _, path := range []string{"../../testdata/specs/everything.yaml", "../../espnow/protocol.yaml"} {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		old := parse(t, "old.yaml", src)
		now := parse(t, "new.yaml", regexp.MustCompile(`doc: [A-Z][a-z ]+`).ReplaceAll(src, []byte("doc: Else")))
		if got := report(Compare(old, now)); got != "" {
			t.Errorf("%s breaks itself:\n%s", path, got)
		}
	}
}

// FuzzCompare compares any two specs: no panic, each break has a place, and a spec does not break itself.
func FuzzCompare(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data, archive.Files[1].Data)
		f.Add(archive.Files[1].Data, archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		old, err := schema.Parse("old.yaml", a)
		if err != nil {
			return
		}
		if same := Compare(old, old); same != nil {
			t.Errorf("breaks itself:\n%s", report(same))
		}
		now, err := schema.Parse("new.yaml", b)
		if err != nil {
			return
		}
		for _, k := range Compare(old, now) {
			if k.At.Line < 1 || k.At.Col < 1 || k.What == "" {
				t.Errorf("%+v", k)
			}
		}
	})
}
