package cgen

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// hostTest compiles one of a component's host tests without sanitizers, as objects, so that single files can be compiled
// again.
type hostTest struct {
	cc, dir string
	objects map[string]string // of C files, by their base names
}

func newHostTest(t *testing.T, spec, of string) *hostTest {
	t.Helper()
	h := &hostTest{cc: tooltest.Find(t, "gcc", "cc", "clang-14"), dir: component(t, spec), objects: map[string]string{}}
	for _, pattern := range []string{"src/*.c", "host_test/*.c", "host_test/" + of + "/*.c"} {
		for _, path := range sources(t, h.dir, pattern) {
			h.objects[filepath.Base(path)] = h.compile(t, path, filepath.Base(path)+".o")
		}
	}
	return h
}

func (h *hostTest) compile(t *testing.T, path, object string, flags ...string) string {
	t.Helper()
	args := append([]string{"-std=c99", "-O1", "-c", path, "-o", object}, append(flags, "-Iinclude", "-Isrc")...)
	if out, err := tooltest.Run(h.dir, h.cc, args...); err != nil {
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
	if out, err := tooltest.Run(h.dir, h.cc, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return tooltest.Run(h.dir, program, vectors...)
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
	if err != nil || strings.HasPrefix(out, "0 ") || !strings.HasSuffix(out, " truncations\nok\n") || strings.Contains(out, " 0 truncations") {
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
		{"connect", "tlv.c", "end <= list->len", "end - 2 <= list->len"},
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
		{file: "scalars.c", right: "in->i <= (float)0.1f", wrong: "in->i < (float)0.1f"},
		{file: "scalars.c", right: "!(in->i >= -1.5f) || !(in->i <= (float)0.1f)", wrong: "in->i < -1.5f || in->i > 0.1f"}, // NaN
		{file: "scalars.c", right: "!ev_wire_has_big(in->big)", wrong: "false"},
		{file: "scalars.c", right: "ev_wire_put16(p, (uint16_t)in->f)", wrong: "ev_wire_put16(p, (uint16_t)in->e)"},
		{file: "scalars.c", right: "(int16_t)ev_wire_get16", wrong: "(int16_t)(uint8_t)ev_wire_get16"},
		{file: "scaled.c", right: "in->history[i] > 100", wrong: "in->history[i] > 101"},
		{file: "scaled.c", right: "in->history_count > 4", wrong: "in->history_count > 5"},
		{file: "bits.c", right: "(in->odd & 0x80000000u) != 0", wrong: "false"},
		{file: "lengths.c", right: "out->label[out->label_len] = '\\0';", wrong: ""},
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
		{file: "empty.c", right: "payload[0] != EV_EMPTY_ID", wrong: "false"},
		{file: "grown.c", right: "payload[0] != EV_GROWN_ID", wrong: "payload[0] < 128"},
		{file: "place.c", right: "out->good = p[8] != 0", wrong: "out->good = true"},
		{file: "choices.c", right: "cap < (size_t)n", wrong: "cap + 1 < (size_t)n"},
		{file: "everything_spec_wire.c", right: "first == 0xed ? 0x9f", wrong: "first == 0xed ? 0xbf"},
		{file: "arrays.c", right: "len - at < (size_t)part * 8", wrong: "len - at < (size_t)part"},
		{file: "lengths.c", right: "part > 12", wrong: "part >= 12"},
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

// And where there are no vectors, which is how a user begins.
func TestHostTestFindsFaultsWithoutVectors(t *testing.T) {
	h := newHostTest(t, everythingSpec, "messages")
	for _, f := range []fault{
		{file: "grown.c", right: "if (len == at)", wrong: "if (len < at + 2)"},
		{file: "grown.c", right: "if (len == at)", wrong: "if (len > at + 100)"},
		{file: "optionals.c", right: "if (len - at < 1) {\n        return EV_ERR_SHORT;", wrong: "if (len - at < 1) {\n        return (int)at;"},
		{file: "scalars.c", right: "EV_ERR_SHORT", wrong: "EV_ERR_RANGE"},
	} {
		h.finds(t, f)
	}
}

// largeSpec has messages about as long as any can be.
const largeSpec = `spec: 1
name: large
version: 1.0.0
structs: [{name: Point, fields: [{name: x, type: u16}, {name: good, type: bool}]}]
messages:
  - {name: Bulk, id: 1, fields: [{name: data, type: u8, count: {max: 65532}}]}
  - {name: Wide, id: 2, fields: [{name: words, type: u64, count: 8191}]}
  - {name: Many, id: 3, fields: [{name: points, type: Point, count: {max: 20000}}]}
  - {name: Tenths, id: 4, fields: [{name: tenths, type: i16, scale: 0.1, count: {max: 30000}}]}
`

func TestHostTestOfLargeMessages(t *testing.T) {
	spec := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(spec, []byte(largeSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	runsWithoutVectors(t, newHostTest(t, spec, "messages"))
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
		var vectors []string
		if f.vectors != "" {
			vectors = vectorFiles(t, f.vectors)
		}
		if out, err := h.run(t, base, object, vectors...); err == nil {
			t.Errorf("it finds nothing wrong: %s", out)
		}
	})
}
