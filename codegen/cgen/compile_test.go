package cgen

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

var warnings = []string{
	"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wcast-qual", "-Wshadow", "-pedantic", "-Werror",
}

func sources(t *testing.T, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return paths
}

// component writes the component of a spec into a folder of its own, with all that there is on request.
func component(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files(t, readSpec(t, path)))
	write(t, dir, names(t, readSpec(t, path)))
	return dir
}

func TestCompiles(t *testing.T) {
	for _, spec := range []string{everythingSpec, climateSpec} {
		compileAll(t, spec)
	}
}

func compileAll(t *testing.T, spec string) {
	t.Helper()
	dir := component(t, spec)
	var includes strings.Builder
	for _, header := range sources(t, dir, "include/*.h") {
		fmt.Fprintf(&includes, "#include \"%s\"\n", filepath.Base(header))
	}
	includes.WriteString("extern int translation_units_are_not_empty;\n")
	if err := os.WriteFile(filepath.Join(dir, "headers.c"), []byte(includes.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		compiler []string
		args     string
	}{
		{[]string{"gcc"}, "-std=c99 -Os"},
		{[]string{"gcc"}, "-std=c11 -O2"},
		{[]string{"gcc"}, "-std=gnu2x -O2"},
		{[]string{"g++"}, "-x c++ -O2"},
		{[]string{"clang", "clang-14"}, "-std=c99 -O2"},
		{[]string{"clang", "clang-14"}, "-std=gnu2x"},
		{[]string{"clang++", "clang++-14"}, "-x c++"},
		{[]string{"i686-linux-gnu-gcc"}, "-std=c99 -O2"},
	} {
		t.Run(filepath.Base(spec)+" "+c.compiler[0]+" "+c.args, func(t *testing.T) {
			t.Parallel()
			args := append(strings.Fields(c.args), warnings...)
			args = append(append(args, "-c", "-I"+filepath.Join(dir, "include")), sources(t, dir, "src/*.c")...)
			args = append(args, filepath.Join(dir, "headers.c"))
			if out, err := tooltest.Run(t.TempDir(), tooltest.Find(t, c.compiler...), args...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Parts of the language may be used alone.
func TestSmallSpecsCompile(t *testing.T) {
	cc := tooltest.Find(t, "gcc", "cc", "clang-14")
	for name, rest := range map[string]string{
		"constants": "constants: [{name: C, type: u8, value: 1}]",
		"structs":   "structs: [{name: S, fields: [{name: a, type: u8}]}]",
		"TLVs":      "structs: [{name: S, fields: [{name: a, type: tlv}]}]",
		"empty":     "packets: [{name: P, type: 3, direction: down}]",
		"flags":     "flags: [{name: F, type: u16, bits: [{name: A, bit: 15}]}]",
		"message":   "messages: [{name: M, id: 1}]",
		"variants": "structs: [{name: S, fields: [{name: a, type: u64, scale: 3, offset: 1}]}]\n" +
			"messages: [{name: M, id: 1, fields: [{name: u, type: union, variants: [{name: s, tag: 1, type: S}]}]}]",
		"both": `structs: [{name: S, fields: [{name: a, type: u8}]}, {name: T, fields: [{name: a, type: bool}]}]
messages: [{name: M, id: 1, fields: [{name: t, type: T, count: 2}, {name: o, type: T, optional: true}]}]
packets: [{name: P, type: 3, direction: down, fields: [{name: s, type: S}]}]`,
		"forbidden": `packets: [{name: P, type: 3, direction: down, broadcast: true}, {name: V, type: 0, forbidden: true},
                        {name: W, type: 9, forbidden: true}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, files(t, parse(t, "small.yaml", small+rest)))
			main := filepath.Join(dir, "main.c")
			const code = "#include \"small_spec.h\"\nint main(void)\n{\n    return 0;\n}\n"
			if err := os.WriteFile(main, []byte(code), 0o644); err != nil {
				t.Fatal(err)
			}
			paths, err := filepath.Glob(filepath.Join(dir, "src/*.c"))
			if err != nil {
				t.Fatal(err)
			}
			args := append([]string{"-std=c99", "-Iinclude", "-o", "main", main}, warnings...)
			if out, err := tooltest.Run(dir, cc, append(args, paths...)...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestPackets(t *testing.T) { runC(t, everythingSpec, "testdata/packets_test.c") }

func TestMessages(t *testing.T) { runC(t, everythingSpec, "testdata/messages_test.c") }

func TestNames(t *testing.T) { runC(t, everythingSpec, "testdata/names_test.c") }

// runC compiles a component and a test of it with sanitizers, and runs them.
func runC(t *testing.T, spec, source string) {
	t.Helper()
	cc := tooltest.Find(t, "gcc", "clang-14")
	dir := component(t, spec)
	test, err := filepath.Abs(source)
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{
		"-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
		"-Wall", "-Wextra", "-pedantic", "-Werror", "-Iinclude", "-o", "c_test", test,
	}, sources(t, dir, "src/*.c")...)
	if out, err := tooltest.Run(dir, cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := tooltest.Run(dir, "./c_test"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Numbers of 64 bits without a sign are rounded by a function of their own.
func TestScaleOfU64(t *testing.T) {
	cc := tooltest.Find(t, "gcc", "cc", "clang-14")
	dir := t.TempDir()
	write(t, dir, files(t, parse(t, "small.yaml", small+`
messages: [{name: M, id: 1, fields: [{name: a, type: u64, scale: 2, unit: m}]}]`)))
	const code = `#include "small_spec_float.h"
#include <math.h>
int main(void)
{
    sm_m_t v = {7};
    if (sm_m_set_a_meters(&v, 36893488147419103232.0) != SM_ERR_RANGE || sm_m_set_a_meters(&v, -1.0) != SM_ERR_RANGE ||
        sm_m_set_a_meters(&v, NAN) != SM_ERR_RANGE || sm_m_set_a_meters(&v, INFINITY) != SM_ERR_RANGE || v.a != 7) {
        return 1;
    }
    if (sm_m_set_a_meters(&v, 36893488147419099136.0) != 0 || v.a != 18446744073709549568ULL) {
        return 2;
    }
    if (sm_m_set_a_meters(&v, 5.0) != 0 || v.a != 3 || sm_m_a_meters(&v) != 6.0) {
        return 3;
    }
    return sm_m_set_a_meters(&v, -0.9) != 0 || v.a != 0 ? 4 : 0;
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-std=c99", "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", "-Iinclude", "-o", "main", "main.c"}, warnings...)
	if out, err := tooltest.Run(dir, cc, append(args, sources(t, dir, "src/*.c")...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := tooltest.Run(dir, "./main"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A bound is what its type can hold, where arithmetic has more bits than that too.
func TestBoundsWithExcessPrecision(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		t.Skipf("no x87 in %s", runtime.GOARCH)
	}
	cc := tooltest.Find(t, "i686-linux-gnu-gcc")
	dir := component(t, everythingSpec)
	const code = `#include "everything_spec.h"
int main(void)
{
    ev_scalars_t v;
    ev_scalars_init(&v);
    v.a = 3;
    v.e = -1;
    return ev_scalars_length(&v) == 65 && v.i == (float)0.1f ? 0 : 1;
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-std=c99", "-mfpmath=387", "-static", "-Iinclude", "-o", "main", "main.c"}, sources(t, dir, "src/*.c")...)
	if out, err := tooltest.Run(dir, cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := tooltest.Run(dir, "./main"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStaleSourceDoesNotCompile(t *testing.T) {
	cc := tooltest.Find(t, "gcc", "cc", "clang-14")
	dir := component(t, everythingSpec)
	header := filepath.Join(dir, "include/everything_spec.h")
	data, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	e := &emitter{spec: readSpec(t, everythingSpec), layout: layoutHash(readSpec(t, everythingSpec))}
	for name, layout := range map[string]string{"another": "0x00000001u", "none": ""} {
		stale := strings.Replace(string(data), "#define EV_LAYOUT "+e.Layout(), "#define EV_LAYOUT "+layout, 1)
		if err := os.WriteFile(header, []byte(stale), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, path := range sources(t, dir, "src/*.c") {
			out, err := tooltest.Run(dir, cc, "-fsyntax-only", "-Iinclude", path)
			if err == nil || !strings.Contains(out, "come from different specs") && layout != "" {
				t.Errorf("with %s layout %s compiles: %s", name, path, out)
			}
		}
	}
}

func TestClangFormat(t *testing.T) {
	format := tooltest.Find(t, "clang-format", "clang-format-14")
	for _, dir := range []string{golden, protocolC} {
		args := append([]string{"--dry-run", "-Werror", "--style=file"}, append(sources(t, dir, "*/*.[ch]"), sources(t, dir, "*/*/*.[ch]")...)...)
		if out, err := tooltest.Run(".", format, args...); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// logToStdout stands for ESP-IDF's header: what the example needs of it.
const logToStdout = `#include <stdio.h>
#define ESP_LOGI(tag, ...) (printf("%s: ", tag), printf(__VA_ARGS__), printf("\n"))
#define ESP_LOGW ESP_LOGI
#define ESP_LOGE ESP_LOGI
#define ESP_LOG_BUFFER_HEX(tag, data, len) ESP_LOGI(tag, "%u bytes at %p", (unsigned)(len), (const void *)(data))
void app_main(void);
`

// The example decodes what it encoded, whatever it had to fill in for that.
func TestExample(t *testing.T) {
	cc := tooltest.Find(t, "gcc", "cc", "clang-14")
	const needy = small + `
enums: [{name: E, type: i8, values: [{name: A, value: -3}]}]
structs: [{name: S, fields: [{name: a, type: u8, min: 7}, {name: e, type: E}, {name: free, type: u16}]}]
messages:
  - {name: Nothing, id: 1}
  - name: M
    id: 2
    fields:
      - {name: above, type: u16, min: 5, scale: 0.5, unit: "°C"}
      - {name: below, type: i16, max: -5, unit: m}
      - {name: ratio, type: f32, min: 2, max: 3}
      - {name: row, type: i8, count: 2, min: 3}
      - {name: points, type: S, count: 2}
      - {name: point, type: S}
      - {name: set, type: u8, min: 4, default: 9}
      - {name: maybe, type: u8, min: 4, optional: true}
`
	for name, c := range map[string]struct{ spec, want string }{
		"messages": {needy, "round_trip: decoded\nround_trip: above = 10\nround_trip: below = -5\nround_trip: set = 9\n"},
		"packets": {small + `packets:
  - {name: P, type: 1, direction: up, fields: [{name: a, type: u8, min: 2}]}
  - {name: Q, type: 2, direction: up, fields: [{name: a, type: u8, max: 0}, {name: b, type: u16}]}`, "round_trip: decoded\nround_trip: a = 0\nround_trip: b = 1\n"},
		"an empty one": {small + "messages: [{name: M, id: 1}]", "round_trip: decoded\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, files(t, parse(t, "small.yaml", c.spec)))
			write(t, dir, []output.File{
				{Path: "host/esp_log.h", Data: []byte(logToStdout)},
				{Path: "host/main.c", Data: []byte("#include \"esp_log.h\"\nint main(void)\n{\n    app_main();\n    return 0;\n}\n")},
			})
			args := []string{"-std=c99", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-Ihost", "-o", "example", "host/main.c"}
			args = append(args, sources(t, dir, exampleDir+"main/*.c")...)
			if out, err := tooltest.Run(dir, cc, append(args, sources(t, dir, "src/*.c")...)...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := tooltest.Run(dir, "./example"); err != nil || !strings.HasSuffix(out, c.want) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// What the component's README shows compiles, each piece as a file of its own.
func TestReadmeCompiles(t *testing.T) {
	cc := tooltest.Find(t, "gcc", "cc", "clang-14")
	for _, dir := range []string{protocolC, golden} {
		readmeCompiles(t, cc, dir)
	}
}

func readmeCompiles(t *testing.T, cc, dir string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pieces := strings.Split(string(readme), "```c\n")[1:]
	if len(pieces) == 0 {
		t.Fatal("no C in the README")
	}
	include, err := filepath.Abs(filepath.Join(dir, "include"))
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range pieces {
		code, _, _ := strings.Cut(piece, "```")
		path := filepath.Join(t.TempDir(), "readme.c")
		if err := os.WriteFile(path, []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-std=c99", "-fsyntax-only", "-I", include, path}, warnings...)
		if out, err := tooltest.Run(".", cc, args...); err != nil {
			t.Errorf("piece %d: %v\n%s", i+1, err, out)
		}
	}
}
