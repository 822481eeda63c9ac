package schema

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzParse checks that every input is either a spec or faults with places, each once.
func FuzzParse(f *testing.F) {
	specs, err := filepath.Glob("../../testdata/specs/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(specs, "../../espnow/protocol.yaml") {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	cases, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	for _, src := range []string{
		"", "---", "...", "%YAML 1.1\n---\n", "\x00", "\xff\xfe", "- - - -", "{{{{", "!!map {}", "a: &a [*a]",
		"? [x]\n: y\n<<: {a: b}\n", "? {x: y}\n: z\n<<: {a: b}\n", "<<: [{a: b}, x]\n", "<<: *a\n", "a: &a {b: c}\n<<: *a\n", "? &a [x]\n: *a\n<<: *a\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		spec, err := Parse("x.yaml", src)
		if (spec == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", spec, err)
		}
		if err == nil {
			return
		}
		var faults Errors
		if !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		for i, e := range faults {
			if e.File != "x.yaml" || e.Line < 1 || e.Col < 1 || e.What == "" {
				t.Errorf("%+v", e)
			}
			if i > 0 && (e.Line < faults[i-1].Line || e.Line == faults[i-1].Line && e.Col < faults[i-1].Col) {
				t.Errorf("%v stands after %v", e, faults[i-1])
			}
		}
	})
}
