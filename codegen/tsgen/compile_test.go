package tsgen

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

const runner = "testdata/run_vectors.mjs"

// project is a folder in which the compiler finds everything generated: sources in gen, packages in node_modules.
type project struct{ dir string }

func (p project) write(t *testing.T, path, text string) {
	t.Helper()
	write(t, p.dir, []output.File{{Path: path, Data: []byte(text)}})
}

const tsconfig = `{
  "compilerOptions": {
    "target": "es2022", "module": "nodenext", "lib": ["es2022", "dom"], "types": [], "rootDir": ".", "outDir": "out", "declaration": true,
    "strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "noImplicitReturns": true,
    "noFallthroughCasesInSwitch": true, "noImplicitOverride": true, "noPropertyAccessFromIndexSignature": true, "noUnusedLocals": true,
    "erasableSyntaxOnly": true, "verbatimModuleSyntax": true, "isolatedModules": true, "isolatedDeclarations": true, "skipLibCheck": false
  },
  "include": ["gen", "*.ts"]
}
`

// smallSpecs lack what most have, or have names that the languages and the generated code use themselves.
var smallSpecs = map[string]string{
	"nothing":   "",
	"constant":  "constants: [{name: A, type: u64, value: 18446744073709551615}]",
	"structs":   "structs: [{name: S, fields: [{name: a, type: bytes, rest: {}}]}]",
	"forbidden": "packets: [{name: P, type: 0, forbidden: true}, {name: Q, type: 9, forbidden: true}]",
	"empty":     "packets: [{name: P, type: 3, direction: down}]",
	"flags":     "flags: [{name: F, type: u32, bits: [{name: A, bit: 31}]}]",
	"one":       "messages: [{name: M, id: 1}]",
	"narrowed": `
enums: [{name: E, type: u8, values: [{name: A, value: 0}, {name: B, value: 1}]}]
packets: [{name: P, type: 1, direction: up, fields: [{name: e, type: E}, {switch: e, cases: {A: [{name: a, type: u8, if: "!(e == B)"}], B: []}}]}]`,
	"group":    "messages: [{name: M, id: 1, fields: [{name: a, type: u64, optional: true, bits: [{name: b, width: 1}]}]}]",
	"optional": "messages: [{name: M, id: 1, fields: [{name: a, type: u16, count: {max: 3}, scale: 0.5, offset: -1.5, optional: true}]}]",
	"deep": `
structs:
  - {name: A, fields: [{name: t, type: string, size: {max: 2}, optional: true}]}
  - {name: B, fields: [{name: u, type: union, variants: [{name: a, tag: 1, type: A}, {name: again, tag: 2, type: A}]}, {name: list, type: A, count: {max: 300}}]}
messages: [{name: M, id: 1, fields: [{name: b, type: B, optional: true}, {name: u, type: union, variants: [{name: b, tag: 1, type: B}]}]}]`,
	"both": `
structs: [{name: S, fields: [{name: a, type: u8}]}, {name: T, fields: [{name: a, type: bool}]}]
messages: [{name: M, id: 1, fields: [{name: t, type: T, count: 2}, {name: o, type: T, optional: true}]}]
packets: [{name: P, type: 3, direction: down, fields: [{name: s, type: S}]}]`,
	"names": `
enums: [{name: Map, type: u8, values: [{name: Set, value: 0}, {name: Prototype, value: 1}]}]
flags: [{name: Symbol, type: u8, bits: [{name: Constructor, bit: 0}]}]
structs: [{name: Promise, fields: [{name: to_string, type: u8}]}, {name: Partial, fields: [{name: a, type: u8}]}]
messages:
  - name: Readonly
    id: 1
    fields: [{name: to_string, type: u8}, {name: value_of, type: u64}, {name: has_own_property, type: bool}, {name: prototype, type: f32},
      {name: name, type: string, size: {max: 3}}, {name: r, type: Promise}, {name: w, type: u8}, {name: v, type: u8}, {name: wire, type: u8},
      {name: ids, type: Map}, {name: to_json, type: u8}, {name: body, type: Symbol}, {name: i18n_2_x, type: u8},
      {name: tag, type: union, variants: [{name: tags, tag: 1, type: Partial}, {name: to_string, tag: 2, type: Promise}]}, {name: presence0, type: u8, optional: true}]
  - {name: Record, id: 2}
  - {name: Field, id: 3}
  - {name: Event, id: 4}
packets:
  - {name: Iterable, type: 1, direction: up, flags: [{name: Length, bit: 0}], fields: [{name: body, type: u8}, {name: raw, type: u8, if: Length}]}`,
}

var compiled = map[string]string{"climate": climateSpec, "everything": everythingSpec, "protocol": protocolSpec}

// newProject writes everything that the compiler is to see.
func newProject(t *testing.T) project {
	t.Helper()
	p := project{t.TempDir()}
	p.write(t, "package.json", `{"type": "module"}`)
	p.write(t, "tsconfig.json", tsconfig)
	p.write(t, "use.ts", read(t, "testdata/use.ts"))
	for name, path := range compiled {
		fs := files(t, readSpec(t, path))
		write(t, filepath.Join(p.dir, "gen", name), sources(fs))
		write(t, filepath.Join(p.dir, "node_modules", name), fs)
		readme := strings.ReplaceAll(string(fs[0].Data), `"enow"`, `"protocol"`)
		for i, piece := range strings.Split(readme, "```ts\n")[1:] {
			code, _, _ := strings.Cut(piece, "```")
			p.write(t, fmt.Sprintf("readme_%s_%d.ts", name, i), code)
		}
	}
	for name, rest := range smallSpecs {
		fs := files(t, parse(t, "small.yaml", small+rest))
		write(t, filepath.Join(p.dir, "gen", name), sources(fs))
		write(t, filepath.Join(p.dir, "node_modules", name), fs)
		p.write(t, "import_"+name+".ts", fmt.Sprintf("import * as %s_ from %q;\nexport const all: object = %s_;\n", name, name, name))
	}
	return p
}

// sources are the files of the TypeScript itself.
func sources(fs []output.File) []output.File {
	var out []output.File
	for _, f := range fs {
		if strings.HasPrefix(f.Path, "src/") {
			out = append(out, output.File{Path: filepath.Base(f.Path), Data: f.Data})
		}
	}
	return out
}

// The compiler accepts sources, declarations and what a user writes, and makes of the sources what was generated.
func TestCompiler(t *testing.T) {
	tsc, node := tooltest.Find(t, "tsc"), tooltest.Find(t, "node")
	p := newProject(t)
	if out, err := tooltest.Run(p.dir, tsc, "-p", "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, path := range compiled {
		for _, f := range files(t, readSpec(t, path)) {
			if strings.HasSuffix(f.Path, ".js") || strings.HasSuffix(f.Path, ".d.ts") {
				emitted := read(t, filepath.Join(p.dir, "out", "gen", name, f.Path))
				if diff := cmp.Diff(alike(f.Path, emitted), alike(f.Path, string(f.Data))); diff != "" {
					t.Errorf("%s of %s (-compiler +generated):\n%s", f.Path, name, diff)
				}
			}
		}
	}
	if out, err := tooltest.Run(p.dir, node, "out/use.js"); err != nil || out != "ok\n" {
		t.Errorf("%v\n%s", err, out)
	}
	for name := range smallSpecs {
		if out, err := tooltest.Run(p.dir, node, "out/import_"+name+".js"); err != nil || out != "" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// alike takes from code what the compiler writes in another way: it drops empty lines, and in declarations breaks
// lines elsewhere, separates the last member of a type and drops the first comment.
func alike(path, code string) string {
	if strings.HasSuffix(path, ".d.ts") {
		if first, rest, _ := strings.Cut(code, "\n"); strings.HasPrefix(first, "//") {
			code = rest
		}
		code = strings.ReplaceAll(strings.Join(strings.Fields(code), ""), ";}", "}")
		return strings.ReplaceAll(code, ";", ";\n")
	}
	var lines []string
	for _, line := range strings.Split(code, "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// vectorFiles are the vectors of a spec.
func vectorFiles(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return paths
}

func TestVectors(t *testing.T) {
	node := tooltest.Find(t, "node")
	for spec, vectors := range map[string][]string{
		everythingSpec: {"../../testdata/specs/everything_messages.txt", "../../testdata/specs/everything_packets.txt"},
		protocolSpec:   vectorFiles(t, "../../testdata/vectors/*.txt"),
	} {
		dir := t.TempDir()
		write(t, dir, files(t, readSpec(t, spec)))
		args := append([]string{runner, filepath.Join(dir, "index.js")}, vectors...)
		if out, err := tooltest.Run(".", node, args...); err != nil || !strings.HasSuffix(out, " vectors ok\n") {
			t.Errorf("%s: %v\n%s", spec, err, out)
		}
	}
}

// npm installs the folder without a network, a compiler or a script of it.
func TestInstall(t *testing.T) {
	npm, node := tooltest.Find(t, "npm"), tooltest.Find(t, "node")
	p := project{t.TempDir()}
	write(t, filepath.Join(p.dir, "codecs", "climate"), files(t, readSpec(t, climateSpec)))
	p.write(t, "app/package.json", `{"type": "module", "private": true}`)
	p.write(t, "app/main.js", `import { decode, Reading } from "climate";
console.log(decode(new Reading({ temperatureCelsius: -3.5 }).encode()).temperatureCelsius);
`)
	app := filepath.Join(p.dir, "app")
	if out, err := tooltest.Run(app, npm, "install", "--offline", "--no-audit", "--no-fund", "../codecs/climate"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := tooltest.Run(app, node, "main.js"); err != nil || out != "-3.5\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// The runner finds a fault in any part of the codec: each of these makes it fail.
func TestRunnerFindsFaults(t *testing.T) {
	node := tooltest.Find(t, "node")
	for _, spec := range []struct {
		path    string
		faults  []struct{ file, right, wrong string }
		vectors []string
	}{
		{everythingSpec, []struct{ file, right, wrong string }{
			{"wire.js", "getUint16(this.next(2), true)", "getUint16(this.next(2))"},
			{"wire.js", "setBigInt64(at, value, true)", "setBigInt64(at, value)"},
			{"wire.js", "Math.fround(value)", "value + 1"},
			{"wire.js", "value > 1)", "value > 2)"},
			{"wire.js", "return value === 1", "return value === 0"},
			{"wire.js", "count > max", "count > max + 1"},
			{"wire.js", "this.left < size", "this.left + 1 < size"},
			{"wire.js", "if (this.left > 0) {\n            throw", "if (this.left > 1) {\n            throw"},
			{"wire.js", "fatal: true", "fatal: false"},
			{"wire.js", "ignoreBOM: true", "ignoreBOM: false"},
			{"wire.js", "bits | (1 << i)", "bits | (2 << i)"},
			{"wire.js", "this.at - length - 2", "this.at - length"},
			{"wire.js", ">= 0.5", "> 0.5"},
			{"wire.js", "whole + Math.sign(value)", "whole + 1"},
			{"wire.js", "raw + 0", "raw"},
			{"wire.js", "% 2 ** width", "% 2 ** (width + 1)"},
			{"wire.js", "(value & ~mask) === 0,", "true,"},
			{"wire.js", "inRange(Object.values(values).includes(value)", "inRange(true"},
			{"wire.js", "got !== id", "false"},
			{"wire.js", "this.id = id", "this.id = 0"},
			{"wire.js", "UnknownID: 10", "UnknownID: 2"},
			{"wire.js", "const grown = new Uint8Array(2 * this.at)", "const grown = new Uint8Array(this.buffer.length + 1)"},
			{"index.js", "i16(v.temperature, -4000, 12500)", "i16(v.temperature)"},
			{"index.js", "value * 100, -4000, 12500)", "value * 100, -3999, 12500)"},
			{"index.js", "this.temperature / 100", "this.temperature * 0.01"},
			{"index.js", "w.masked(v.alarms, 129)", "v.alarms"},
			{"index.js", "w.masked64(v.wide, 9223372036854775809n)", "v.wide"},
			{"index.js", "(presence0 & 2) !== 0", "(presence0 & 4) !== 0"},
			{"index.js", "(presence1 & 1) !== 0", "false"},
			{"index.js", "case 255:\n            return { tag: \"beep\"", "case 254:\n            return { tag: \"beep\""},
			{"index.js", "if (r.left === 0) {\n        return v;\n    }", ""},
			{"index.js", "second = 1013", "second = 1014"},
			{"index.js", "third = \"none\"", "third = \"\""},
			{"index.js", "r.list(1, 2, 2, () => r.u16())", "r.list(2, 2, 2, () => r.u16())"},
			{"index.js", "wire.part(this.odd, 20, 11)", "wire.part(this.odd, 19, 11)"},
			{"index.js", "[0, Infinity]", "undefined"},
			{"index.js", "MAX_SIZE = 65", "MAX_SIZE = 64"},
		}, []string{"../../testdata/specs/everything_messages.txt"}},
		{everythingSpec, []struct{ file, right, wrong string }{
			{"wire.js", "length >= min && length <= max", "length <= max"},
			{"wire.js", "length <= max, \"\"", "true, \"\""},
			{"wire.js", "this.need(less + min)", "this.need(less)"},
			{"wire.js", "inRange(value >= min && value <= max", "inRange(value <= max"},
			{"index.js", "if ((v.flags & FlaggedFlags.First) !== 0 || (v.flags & FlaggedFlags.Late) !== 0)", "if ((v.flags & FlaggedFlags.First) !== 0)"},
			{"index.js", "r.rest(7, 2, 6)", "r.rest(6, 2, 6)"},
		}, []string{"../../testdata/specs/everything_packets.txt"}},
		{protocolSpec, []struct{ file, right, wrong string }{
			{"wire.js", "inRange(value >= min && value <= max", "inRange(value >= min"},
			{"wire.js", "Math.max(2 + length, left)", "2 + length"},
			{"wire.js", "left < end", "left + 1 < end"},
			{"wire.js", "first & 0x0f", "first & 0x07"},
			{"wire.js", "first >> 4 === 0", "false"},
			{"wire.js", "Math.min(body.length, 255)", "body.length"},
			{"wire.js", "offset + 2, offset + end", "offset + 2"},
			{"wire.js", "(flags & ~known) !== 0", "false"},
			{"wire.js", "(flags & required) === 0", "false"},
			{"wire.js", "throw new CodecError(ErrorCode.MissingFlag)", "throw new CodecError(ErrorCode.UnknownFlag)"},
			{"index.js", `wire.between("Hello.maxFrame", v.maxFrame, 250, 1470);`, ""},
			{"index.js", "v.load = r.u8();\n            v.channel = r.u8();", "v.channel = r.u8();\n            v.load = r.u8();"},
			{"index.js", "throw new wire.CodecError(wire.ErrorCode.Range, `Connack.status: ${v.status} has no case`);", "break;"},
			{"index.js", "w.of(\"Sealed.session\").u8(v.session, 1, 255);", ""},
		}, vectorFiles(t, "../../testdata/vectors/*.txt")},
	} {
		right := files(t, readSpec(t, spec.path))
		for _, f := range spec.faults {
			t.Run(f.file+" "+f.wrong, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				write(t, dir, right)
				code := read(t, filepath.Join(dir, f.file))
				wrong := strings.ReplaceAll(code, f.right, f.wrong)
				if wrong == code {
					t.Fatalf("%q is not in %s", f.right, f.file)
				}
				write(t, dir, []output.File{{Path: f.file, Data: []byte(wrong)}})
				args := append([]string{runner, filepath.Join(dir, "index.js")}, spec.vectors...)
				if out, err := tooltest.Run(".", node, args...); err == nil {
					t.Errorf("it finds nothing wrong: %s", out)
				}
			})
		}
	}
}

// A runner that has nothing to check has checked nothing.
func TestRunnerWantsVectors(t *testing.T) {
	node := tooltest.Find(t, "node")
	p := project{t.TempDir()}
	write(t, p.dir, files(t, readSpec(t, climateSpec)))
	p.write(t, "none.txt", "# nothing\n")
	if out, err := tooltest.Run(".", node, runner, filepath.Join(p.dir, "index.js"), filepath.Join(p.dir, "none.txt")); err == nil || out != "no vectors\n" {
		t.Errorf("%v: %s", err, out)
	}
}
