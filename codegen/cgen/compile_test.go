package cgen

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var warnings = []string{
	"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wcast-qual", "-Wshadow", "-pedantic", "-Werror",
}

// run runs a tool in a folder and returns what it printed.
func run(t *testing.T, dir, tool string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tool returns the first of some tools that there is, and skips the test where there is none.
func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("ENOW_REQUIRE_TOOLS") != "" {
		t.Fatalf("no %s here: make tools installs it", strings.Join(names, ", "))
	}
	t.Skipf("no %s here; make test has it", strings.Join(names, ", "))
	return ""
}

func sources(t *testing.T, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return paths
}

// component writes the component of a spec into a folder of its own.
func component(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files(t, readSpec(t, path)))
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
			if out, err := run(t, t.TempDir(), tool(t, c.compiler...), args...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Parts of the language may be used alone.
func TestSmallSpecsCompile(t *testing.T) {
	cc := tool(t, "gcc", "cc", "clang-14")
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
			if out, err := run(t, dir, cc, append(args, paths...)...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestPackets(t *testing.T) { runC(t, everythingSpec, "testdata/packets_test.c") }

func TestMessages(t *testing.T) { runC(t, everythingSpec, "testdata/messages_test.c") }

// runC compiles a component and a test of it with sanitizers, and runs them.
func runC(t *testing.T, spec, source string) {
	t.Helper()
	cc := tool(t, "gcc", "clang-14")
	dir := component(t, spec)
	test, err := filepath.Abs(source)
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{
		"-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
		"-Wall", "-Wextra", "-pedantic", "-Werror", "-Iinclude", "-o", "c_test", test,
	}, sources(t, dir, "src/*.c")...)
	if out, err := run(t, dir, cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run(t, dir, "./c_test"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Numbers of 64 bits without a sign are rounded by a function of their own.
func TestScaleOfU64(t *testing.T) {
	cc := tool(t, "gcc", "cc", "clang-14")
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
	if out, err := run(t, dir, cc, append(args, sources(t, dir, "src/*.c")...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run(t, dir, "./main"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStaleSourceDoesNotCompile(t *testing.T) {
	cc := tool(t, "gcc", "cc", "clang-14")
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
			out, err := run(t, dir, cc, "-fsyntax-only", "-Iinclude", path)
			if err == nil || !strings.Contains(out, "come from different specs") && layout != "" {
				t.Errorf("with %s layout %s compiles: %s", name, path, out)
			}
		}
	}
}

func TestClangFormat(t *testing.T) {
	format := tool(t, "clang-format", "clang-format-14")
	for _, dir := range []string{golden, protocolC} {
		args := append([]string{"--dry-run", "-Werror", "--style=file"}, append(sources(t, dir, "*/*.[ch]"), sources(t, dir, "*/*/*.[ch]")...)...)
		if out, err := run(t, ".", format, args...); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// hostTest compiles one of a component's host tests without sanitizers, as objects, so that single files can be compiled
// again.
type hostTest struct {
	cc, dir string
	objects map[string]string // of C files, by their base names
}

func newHostTest(t *testing.T, spec, of string) *hostTest {
	t.Helper()
	h := &hostTest{cc: tool(t, "gcc", "cc", "clang-14"), dir: component(t, spec), objects: map[string]string{}}
	for _, pattern := range []string{"src/*.c", "host_test/*.c", "host_test/" + of + "/*.c"} {
		for _, path := range sources(t, h.dir, pattern) {
			h.objects[filepath.Base(path)] = h.compile(t, path, filepath.Base(path)+".o")
		}
	}
	return h
}

func (h *hostTest) compile(t *testing.T, path, object string, flags ...string) string {
	t.Helper()
	args := append(flags, "-std=c99", "-O1", "-Iinclude", "-Isrc", "-c", path, "-o", object)
	if out, err := run(t, h.dir, h.cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return object
}

// run links the objects, the one of name replaced, and runs the test over vectors.
func (h *hostTest) run(t *testing.T, name, object string, vectors ...string) (string, error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "test")
	args := []string{"-o", program}
	for base, o := range h.objects {
		if base == name {
			o = object
		}
		args = append(args, o)
	}
	if out, err := run(t, h.dir, h.cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return run(t, h.dir, program, vectors...)
}

func vectorFiles(t *testing.T, pattern string) []string {
	t.Helper()
	paths := sources(t, ".", pattern)
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			t.Fatal(err)
		}
		paths[i] = abs
	}
	return paths
}

func TestHostTestOfPackets(t *testing.T) {
	h := newHostTest(t, everythingSpec, "packets")
	if out, err := h.run(t, "", "", vectorFiles(t, packetVectors)...); err != nil || !strings.HasSuffix(out, " vectors ok\n") {
		t.Errorf("%v\n%s", err, out)
	}
	runsWithoutVectors(t, h)
}

func TestHostTestOfMessages(t *testing.T) {
	h := newHostTest(t, everythingSpec, "messages")
	if out, err := h.run(t, "", "", vectorFiles(t, messageVectors)...); err != nil || !strings.HasSuffix(out, " vectors ok\n") {
		t.Errorf("%v\n%s", err, out)
	}
	runsWithoutVectors(t, h)
	runsWithoutVectors(t, newHostTest(t, climateSpec, "messages"))
}

// runsWithoutVectors wants a host test to do something before there are vectors, and to say where some are missing.
func runsWithoutVectors(t *testing.T, h *hostTest) {
	t.Helper()
	out, err := h.run(t, "", "")
	if err != nil || strings.HasPrefix(out, "0 ") || !strings.HasSuffix(out, "\n0 vectors ok\n") {
		t.Errorf("%v\n%s", err, out)
	}
	empty := filepath.Join(t.TempDir(), "empty.txt")
	for text, want := range map[string]string{
		"# Nothing.\n":     "no vectors",
		"vector nothing\n": "empty.txt:1: : this line is not understood",
		"about nothing\n":  "empty.txt:1: : this line is not understood",
	} {
		if err := os.WriteFile(empty, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := h.run(t, "", "", empty); err == nil || !strings.Contains(out, want) {
			t.Errorf("%q gives %v\n%s", text, err, out)
		}
	}
	if out, err := h.run(t, "", "", empty+".missing"); err == nil || !strings.Contains(out, "cannot be opened") {
		t.Errorf("%v\n%s", err, out)
	}
}

type fault struct{ vectors, file, right, wrong string }

// A host test finds a fault in any part of a codec of packets: each of these makes it fail.
func TestHostTestFindsFaultsInPackets(t *testing.T) {
	h := newHostTest(t, protocolSpec, "packets")
	if out, err := h.run(t, "", "", vectorFiles(t, "../../testdata/vectors/*.txt")...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range []fault{
		{"frame", "walk.c", "left - ENOW_HEADER_SIZE > length", "left > length"},
		{"frame", "walk.c", "length > left - ENOW_HEADER_SIZE", "length > left"},
		{"frame", "walk.c", "packet[0] & 0x0fu", "packet[0] & 0x07u"},
		{"frame", "walk.c", "length > most", "length > most + 1"},
		{"frame", "walk.c", "cap < (size_t)length + ENOW_HEADER_SIZE", "cap < (size_t)length"},
		{"frame", "walk.c", "type == ENOW_TYPE_RESERVED", "false"},
		{"connect", "tlv.c", "list->len - 2 < length", "list->len < length"},
		{"connect", "connect.c", "& ~ENOW_PKT_CONNECT_FLAGS", "& ~0xffu"},
		{"connect", "connect.c", "v.key_id == 0", "v.key_id == 1"},
		{"connect", "connect.c", "in->key_id != 0", "in->key_id > 1"},
		{"connect", "connect.c", "len - at < 32", "len - at < 31"},
		{"connack", "connack.c", "v.load = body[at + 8]", "v.load = body[at + 9]"},
		{"connack", "connack.c", "put8(p, in->load)", "put8(p, in->channel)"},
		{"connack", "connack.c", "enow_pkt_connack_init(&v);", "v = *out;"},
		{"publish", "publish.c", "enow_wire_get16(body)", "(uint16_t)(body[0] << 8 | body[1])"},
		{"publish", "publish.c", "uint32_t offset = 0", "uint32_t offset = out->offset"},
		{"publish", "publish.c", "(flags & ENOW_PKT_PUBLISH_MORE) != 0", "false"},
		{"publish", "publish.c", "    out->data.len = len - at", "    out->data.len = len - 2"},
		{"puback", "puback.c", "len - 7 > 8", "len - 7 > 9"},
		{"puback", "puback.c", "in->bitmap.len > 8", "in->bitmap.len > 9"},
		{"sealed", "sealed.c", "body + len - 16", "body + 5"},
		{"sealed", "sealed.c", "len - 21", "len - 20"},
		{"connect", "hello.c", "window > 64", "window > 65"},
		{"connect", "hello.c", "max_frame < 250", "max_frame < 249"},
		{"connack", "welcome.c", "if (keep_alive == 0)", "if (false)"},
		{"connack", "welcome.c", "in->session == 0", "false"},
		{"disconnect", "disconnect.c", "len - at < 13", "len - at < 12"},
		{"disconnect", "disconnect.c", "*out = v;", "*out = v; out->flags = 0;"},
		{"room", "suback.c", "if (len < 3) {", "if (len < 3) {\n        out->status = 0;"},
		{"ping", "pingresp.c", "body + 4", "body + 3"},
		{"ping", "pingreq.c", "(body);\n    return 4;", "(body);\n    return (int)len;"},
		{"ping", "pingreq.c", "(void)in;\n    return 4;", "(void)in;\n    return 5;"},
		{"connack", "connack.c", "(in->flags & ~ENOW_PKT_CONNACK_FLAGS) != 0", "false"},
		{"connack", "connack.c", "return ENOW_ERR_RANGE;\n    }\n    if", "break;\n    }\n    if"},
		{"publish", "publish.c", "(in->flags & ENOW_PKT_PUBLISH_MORE) != 0", "false"},
		{"publish", "publish.c", "n > ENOW_MAX_BODY", "n > 300"},
	} {
		f.vectors = "../../testdata/vectors/" + f.vectors + ".txt"
		h.finds(t, f)
	}
}

// And in one of messages.
func TestHostTestFindsFaultsInMessages(t *testing.T) {
	h := newHostTest(t, everythingSpec, "messages")
	for _, f := range []fault{
		{file: "scalars.c", right: "in->a < 3", wrong: "in->a < 4"},
		{file: "scalars.c", right: "in->i <= 0.1f", wrong: "in->i < 0.1f"},
		{file: "scalars.c", right: "!(in->i >= -1.5f) || !(in->i <= 0.1f)", wrong: "in->i < -1.5f || in->i > 0.1f"}, // NaN
		{file: "scalars.c", right: "!ev_wire_has_big(in->big)", wrong: "false"},
		{file: "scalars.c", right: "ev_wire_put16(p, (uint16_t)in->f)", wrong: "ev_wire_put16(p, (uint16_t)in->e)"},
		{file: "scalars.c", right: "(int16_t)ev_wire_get16", wrong: "(int16_t)(uint8_t)ev_wire_get16"},
		{file: "scaled.c", right: "in->history[i] > 100", wrong: "in->history[i] > 101"},
		{file: "scaled.c", right: "in->history_count > 4", wrong: "in->history_count > 5"},
		{file: "bits.c", right: "(in->odd & 0x80000000u) != 0", wrong: "false"},
		{file: "lengths.c", right: "memset(out->label, 0, sizeof out->label);", wrong: ""},
		{file: "lengths.c", right: "in->label_len > 12", wrong: "in->label_len > 13"},
		{file: "lengths.c", right: "!ev_wire_utf8(in->short_one, in->short_one_len)", wrong: "false"},
		{file: "everything_spec_wire.c", right: "data[i] > 1", wrong: "data[i] > 2"},
		{file: "arrays.c", right: "out->corners[i]", wrong: "out->corners[0]"},
		{file: "optionals.c", right: "in->has_o8 ? 0x80u", wrong: "in->has_o8 ? 0x40u"},
		{file: "optionals.c", right: "        if (in->o1 < 5) {", wrong: "        if (in->o1 < 4) {"},
		{file: "optionals.c", right: "const uint8_t presence1 = body[at];", wrong: "const uint8_t presence1 = presence0;"},
		{file: "optionals.c", right: "body[at] > 1", wrong: "body[at] > 2"},
		{file: "choices.c", right: "variant < part - 3", wrong: "variant < part - 4"},
		{file: "choices.c", right: "(size_t)part - 3", wrong: "len - at - 3"},
		{file: "choices.c", right: "in->event.unknown.len > UINT16_MAX", wrong: "in->event.unknown.len > 2"},
		{file: "choices.c", right: "out->event.unknown.data = p + 3", wrong: "out->event.unknown.data = p + 2"},
		{file: "grown.c", right: "    ev_grown_init(out);", wrong: "    out->second = 0;"},
		{file: "grown.c", right: "if (len == at)", wrong: "if (len <= at + 1)"},
		{file: "grown.c", right: "out->second = 1013", wrong: "out->second = 1012"},
		{file: "place.c", right: "out->good = p[8] != 0", wrong: "out->good = true"},
		{file: "choices.c", right: "cap < (size_t)n", wrong: "cap + 1 < (size_t)n"},
		{file: "everything_spec_wire.c", right: "first == 0xed ? 0x9f", wrong: "first == 0xed ? 0xbf"},
		{file: "everything_spec_wire.c", right: "(len - prefix) / size", wrong: "len / size"},
		{file: "everything_spec_wire.c", right: "count > most", wrong: "count >= most"},
		{file: "everything_spec_wire.c", right: "    case EV_GROWN_ID:\n", wrong: ""},
		{file: "everything_spec.h", right: "(group >> 20) & 0x000007ffu", wrong: "(group >> 20) & 0x00000fffu"},
		{file: "everything_spec.h", right: "(group & 0xf7u)", wrong: "(group & 0xf6u)"},
		{file: "everything_spec_float.h", right: "part <= -0.5", wrong: "part < -0.5"},
		{file: "everything_spec_float.h", right: "product - 229835.0", wrong: "product - 229836.0"},
		{file: "everything_spec_float.h", right: "-4000LL, 12500LL", wrong: "-4000LL, 12501LL"},
		{file: "everything_spec_float.h", right: "out->pressure = (uint8_t)raw", wrong: "out->pressure = 0"},
	} {
		f.vectors = messageVectors
		h.finds(t, f)
	}
}

// finds wants the test to fail with a fault in a source, or in a header that only the test compiles.
func (h *hostTest) finds(t *testing.T, f fault) {
	t.Helper()
	t.Run(fmt.Sprintf("%s %s", f.file, f.wrong), func(t *testing.T) {
		t.Parallel()
		folder, base := "src", f.file
		if strings.HasSuffix(f.file, ".h") {
			folder, base = "include", "codecs.c"
		}
		right, err := os.ReadFile(filepath.Join(h.dir, folder, f.file))
		if err != nil {
			t.Fatal(err)
		}
		wrong := strings.ReplaceAll(string(right), f.right, f.wrong)
		if wrong == string(right) {
			t.Fatalf("%q is not in %s", f.right, f.file)
		}
		dir := filepath.Join(t.TempDir(), folder)
		path := filepath.Join(dir, f.file)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(h.dir, folder))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(wrong), 0o644); err != nil {
			t.Fatal(err)
		}
		if folder == "include" {
			path = "host_test/messages/codecs.c"
		}
		object := h.compile(t, path, filepath.Join(dir, base+".o"), "-I"+dir)
		if out, err := h.run(t, base, object, vectorFiles(t, f.vectors)...); err == nil {
			t.Errorf("it finds nothing wrong: %s", out)
		}
	})
}

// What the component's README shows compiles, each piece as a file of its own.
func TestReadmeCompiles(t *testing.T) {
	cc := tool(t, "gcc", "cc", "clang-14")
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
		if out, err := run(t, ".", cc, args...); err != nil {
			t.Errorf("piece %d: %v\n%s", i+1, err, out)
		}
	}
}
