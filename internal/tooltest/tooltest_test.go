package tooltest

import "testing"

// verdict keeps how a test would have ended.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper()               {}
func (v *verdict) Skipf(string, ...any)  { v.skipped = true }
func (v *verdict) Fatalf(string, ...any) { v.failed = true }

func TestMissing(t *testing.T) {
	for _, required := range []bool{false, true} {
		t.Setenv("ENOW_REQUIRE_TOOLS", "")
		if required {
			t.Setenv("ENOW_REQUIRE_TOOLS", "1")
		}
		v := &verdict{TB: t}
		if path := Find(v, "no-such-tool"); path != "" || v.failed != required || !v.failed && !v.skipped {
			t.Errorf("required %v: %q, failed %v, skipped %v", required, path, v.failed, v.skipped)
		}
		v = &verdict{TB: t}
		if path := Find(v, "no-such-tool", "go"); path == "" || v.failed || v.skipped {
			t.Errorf("go: %q, failed %v, skipped %v", path, v.failed, v.skipped)
		}
	}
}
