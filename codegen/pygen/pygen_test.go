package pygen

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

func TestScratch(t *testing.T) {
	for _, p := range []string{"../../testdata/specs/climate.yaml", "/tmp/everything.yaml", "../../espnow/protocol.yaml"} {
		src, _ := os.ReadFile(p)
		spec, err := schema.Parse(p, src)
		if err != nil {
			t.Fatal(err)
		}
		fs, err := Files(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fs {
			path := filepath.Join("/tmp/pyout", spec.Name, f.Path)
			os.MkdirAll(filepath.Dir(path), 0o755)
			os.WriteFile(path, f.Data, 0o644)
		}
	}
}
