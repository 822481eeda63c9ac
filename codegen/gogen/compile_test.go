package gogen

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// module is a module of generated code, apart from this one.
type module struct {
	*testing.T
	dir string
}

func newModule(t *testing.T) module {
	m := module{t, t.TempDir()}
	m.write("go.mod", []byte("module generated\n\ngo 1.25.0\n"))
	return m
}

func (m module) write(path string, data []byte) {
	m.Helper()
	path = filepath.Join(m.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(path, output.Seal(data), 0o644); err != nil {
		m.Fatal(err)
	}
}

// add writes a package.
func (m module) add(pkg string, files ...map[string][]byte) {
	m.Helper()
	for _, set := range files {
		for path, data := range set {
			m.write(filepath.Join(pkg, path), data)
		}
	}
}

func (m module) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// specs are what tests generate from, by the name of a package.
func specs(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	for name, path := range map[string]string{
		"everything": everything, "edges": "testdata/edges/spec.yaml", "messages": messageSpec, "climate": climate, "protocol": "../../espnow/protocol.yaml",
		"reading": "internal/reading/reading.yaml",
	} {
		all[name] = read(t, path)
	}
	for name, src := range small {
		all[name] = []byte(src)
	}
	for name, src := range smallMessages {
		all["m"+name] = []byte(src)
	}
	return all
}

// strict is what golangci-lint makes of generated code as if it had been written by hand.
const strict = `
version: "2"
linters:
  default: none
  enable: [govet, ineffassign, staticcheck, unused]
  settings: {staticcheck: {checks: [all]}}
  exclusions: {generated: disable}
formatters:
  enable: [gofumpt]
  exclusions: {generated: disable}
issues: {max-issues-per-linter: 0, max-same-issues: 0}
`

// TestCompiles vets and lints generated code and its generated tests, and runs them and the tests written for it.
func TestCompiles(t *testing.T) {
	m := newModule(t)
	for name, src := range specs(t) {
		m.add(name, emitted(t, Files, name+".yaml", src), emitted(t, Tests, name+".yaml", src))
	}
	for _, name := range []string{"everything", "edges", "messages"} {
		m.add(filepath.Join("byhand", name), generateFiles(t, name+".yaml", specs(t)[name]))
		m.write(filepath.Join("byhand", name, name+"_test.go"), read(t, filepath.Join("testdata", name, name+"_test.go")))
	}
	for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}} {
		if out, err := m.run("go", args...); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	linter := tooltest.Find(t, "golangci-lint")
	m.write(".golangci.yml", []byte(strict))
	if err := os.RemoveAll(filepath.Join(m.dir, "byhand")); err != nil {
		t.Fatal(err)
	}
	if out, err := m.run(linter, "run", "./..."); err != nil {
		t.Errorf("golangci-lint: %v\n%s", err, out)
	}
}

// TestLarge wants the generated tests of messages about as long as any can be to take seconds.
func TestLarge(t *testing.T) {
	const large = `spec: 1
name: large
version: 1.0.0
structs: [{name: Point, fields: [{name: x, type: u16}, {name: good, type: bool}]}]
messages:
  - {name: Bulk, id: 1, fields: [{name: data, type: u8, count: {max: 65532}}]}
  - {name: Wide, id: 2, fields: [{name: words, type: u64, count: 8191}]}
  - {name: Many, id: 3, fields: [{name: points, type: Point, count: {max: 20000}}]}
  - {name: Tenths, id: 4, fields: [{name: tenths, type: i16, scale: 0.1, count: {max: 30000}}]}
`
	m := newModule(t)
	m.add("large", emitted(t, Files, "large.yaml", []byte(large)), emitted(t, Tests, "large.yaml", []byte(large)))
	if out, err := m.run("go", "test", "-timeout=20s", "./..."); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestGuards wants names and files that no longer belong together to be refused by the compiler.
func TestGuards(t *testing.T) {
	files := generateFiles(t, everything, read(t, everything))
	other := generateFiles(t, everything, []byte(strings.Replace(string(read(t, everything)), "{name: Slow, value: 1}", "{name: Slow, value: 3}", 1)))
	for _, test := range []struct{ name, path, right, wrong string }{
		{"value", "packet_gen.go", "ModeSlow Mode = 1\n", "ModeSlow Mode = 3\n"},
		{"negative", "packet_gen.go", "SignedMinus Signed = -2", "SignedMinus Signed = -3"},
		{"large", "packet_gen.go", "Big = 18446744073709551615", "Big = 18446744073709551614"},
		{"type", "packet_gen.go", "Type = 14 ", "Type = 13 "},
		{"tag", "message_gen.go", "ChoicesEventTag = 255", "ChoicesEventTag = 254"},
		{"another spec", "message_gen.go", string(files["message_gen.go"]), string(other["message_gen.go"])},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newModule(t)
			changed := maps.Clone(files)
			changed[test.path] = replaced(t, changed[test.path], test.right, test.wrong)
			m.add("p", changed)
			if out, err := m.run("go", "build", "./..."); err == nil || !strings.Contains(out, "out of bounds") && !strings.Contains(out, "must not be negative") && !strings.Contains(out, "overflows") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func replaced(t *testing.T, data []byte, right, wrong string) []byte {
	t.Helper()
	if !strings.Contains(string(data), right) {
		t.Fatalf("%q is not there", right)
	}
	return []byte(strings.ReplaceAll(string(data), right, wrong))
}

// TestGeneratedTestsFind breaks a codec in many places: the generated test of each must fail. Packages are slow to build, so
// those of different tests share one.
func TestGeneratedTestsFind(t *testing.T) {
	src := read(t, everything)
	files, tests := emitted(t, Files, everything, src), emitted(t, Tests, everything, src)
	m := newModule(t)
	type fault struct{ test, path, right, wrong string }
	broken := map[string][]fault{} // by package
	for _, f := range []fault{
		{"TestMessageScalars", "message_gen.go", "p.A < 3 ", "p.A < 2 "},
		{"TestMessageScalars", "message_gen.go", "p.I <= 0.10000000149011612", "p.I <= 1"},
		{"TestMessageScalars", "message_gen.go", "case ModeOff, ModeSlow, ModeFast, ModeOdd:", "case ModeOff, ModeSlow, ModeFast, ModeOdd, 3:"},
		{"TestMessageScalars", "message_gen.go", "p.Alarms&^0x81 != 0", "p.Alarms&^0x83 != 0"},
		{"TestMessageScalars", "message_gen.go", "byte(p.B), byte(p.B>>8)", "byte(p.B>>8), byte(p.B)"},
		{"TestMessageLengths", "message_gen.go", "labelCount > 12", "labelCount > 13"},
		{"TestMessageLengths", "message_gen.go", "len(p.LongOne) > 256", "len(p.LongOne) > 257"},
		{"TestMessageLengths", "message_gen.go", "!utf8.Valid(shortOneView)", "len(shortOneView) > 255"},
		{"TestMessageLengths", "message_gen.go", "p.LongOne != string(longOneView)", "len(longOneView) > 0"},
		{"TestMessageLengths", "message_gen.go", "len(b) < longBlobEnd", "len(b) < longBlobEnd-1"},
		{"TestMessageLengths", "message_gen.go", "longBlobView := b[2:longBlobEnd:longBlobEnd]", "longBlobView := append([]byte(nil), b[2:longBlobEnd]...)"},
		{"TestMessageOptionals", "message_gen.go", "p.HasO2 = false", "_ = false"},
		{"TestMessageOptionals", "message_gen.go", "bit(p.HasO8)<<7", "bit(p.HasO8)<<6"},
		{"TestMessageGrown", "message_gen.go", "presence0&0x02 != 0 {\n\t\t\tif", "presence0&0x04 != 0 {\n\t\t\tif"},
		{"TestMessageGrown", "message_gen.go", "\t\tp.Second = 1013", "\t\tp.Second = 1014"},
		{"TestMessageScalars", "message_gen.go", "\tp.J = 0\n", ""},
		{"TestMessageChoices", "message_gen.go", "n < len(b)", "n > len(b)"},
		{"TestMessageChoices", "message_gen.go", "p.Raw = nil\n\tif", "if"},
		{"TestAccessors", "message_gen.go", "float64(p.Temperature) / 100", "float64(p.Temperature) / 10"},
		{"TestAccessors", "message_gen.go", "raw <= 12500)", "raw <= 40000)"},
		{"TestAccessors", "message_gen.go", "p.Status&^0x7 |", "p.Status |"},
		{"TestUnknownID", "message_gen.go", "UnknownIDError(payload[0])", "UnknownIDError(0)"},
		{"TestMessageEmpty", "message_gen.go", "payload[0] != EmptyID", "false"},
		{"TestMessageOptionals", "message_gen.go", "p.O4.validate()", "error(nil)"},
		{"TestPacketFlagged", "packet_gen.go", "set&^0x0b != 0", "set&^0x0f != 0"},
		{"TestPacketFlagged", "packet_gen.go", "return 0, ErrMissingFlag", "_ = 0"},
		{"TestPacketTheAnswerToALongQuestion", "packet_gen.go", "n > limit", "n > limit+1"},
		{"TestPacketNested", "packet_gen.go", "firstX > 1000000", "firstX > 1000001"},
		{"TestPacketNested", "packet_gen.go", "p.First.X > 1000000", "p.First.X > 1000001"},
		{"TestTypes", "packet_gen.go", "end = max(end, len(b))", "end = len(b)"},
		{"TestTypes", "packet_gen.go", "return w.fail(ErrReservedType)", "_ = w"},
		{"TestPacketNested", "packet_gen.go", "!restNotes.whole()", "len(restNotes) > 255"},
		{"TestPacketNested", "packet_gen.go", "thirdMark != nil", "thirdMark != nil || true"},
		{"TestPacketSizes", "packet_gen.go", "len(b) > 13", "len(b) > 14"},
		{"TestPacketChosen", "packet_gen.go", "p.Suffix = suffix", "p.Suffix += suffix"},
	} {
		pkg := ""
		for i := 0; pkg == "" || slices.ContainsFunc(broken[pkg], func(other fault) bool { return other.test == f.test }); i++ {
			pkg = fmt.Sprintf("broken%d", i)
		}
		broken[pkg] = append(broken[pkg], f)
	}
	for pkg, faults := range broken {
		changed := maps.Clone(files)
		for _, f := range faults {
			changed[f.path] = replaced(t, changed[f.path], f.right, f.wrong)
		}
		m.add(pkg, changed, tests)
	}
	for pkg, faults := range broken {
		out, err := m.run("go", "test", "-vet=off", "./"+pkg)
		for _, f := range faults {
			if err == nil || !strings.Contains(out, "--- FAIL: "+f.test+" (") {
				t.Errorf("%s passes with %q instead of %q:\n%s", f.test, f.wrong, f.right, out)
			}
		}
	}
}
