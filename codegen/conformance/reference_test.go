package conformance

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/esp-now-network/esp-now-network/codegen/conformance/gorun"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

const (
	everything         = "../../testdata/specs/everything.yaml"
	everythingMessages = "../../testdata/specs/everything_messages.txt"
	everythingPackets  = "../../testdata/specs/everything_packets.txt"
)

// TestReference wants the reference codec to agree with the vectors that were calculated by hand.
func TestReference(t *testing.T) {
	checkMessages(t, readSpec(t, everything), everythingMessages)
}

func checkMessages(t *testing.T, spec *schema.Spec, path string) {
	t.Helper()
	file, err := gorun.Read(path)
	if err != nil || len(file.Vectors) == 0 {
		t.Fatalf("no vectors in %s: %v", path, err)
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) { checkVector(t, spec, v) })
	}
	for _, s := range file.Scaled {
		f := accessor(t, spec, s)
		got := string(outside)
		if raw, err := unscaled(f, f.Type.Kind, s.Value); err == "" {
			got = raw.String()
		}
		if got != s.Result {
			t.Errorf("scaled %s %s %v: %s, want %s", s.Type, s.Accessor, s.Value, got, s.Result)
		}
	}
}

func checkVector(t *testing.T, spec *schema.Spec, v *gorun.Vector) {
	d, err := decode(spec, v.Payload)
	if result := string(err); result != v.Result && (result != "" || v.Result != "ok") {
		t.Fatalf("decoding gives %q, want %s", err, v.Result)
	}
	if err != "" {
		return
	}
	if string(d.message.Name) != v.Message {
		t.Errorf("it is a %s, want %s", d.message.Name, v.Message)
	}
	var lines []gorun.Line
	for _, l := range dump(d.value) {
		lines = append(lines, gorun.Line{Path: l.path, Value: l.value})
	}
	if diff := cmp.Diff(v.Dump, lines); diff != "" {
		t.Errorf("dump (-want +got):\n%s", diff)
	}
	if got := shorter(d.ends, len(v.Payload)); !slices.Equal(got, v.Ends) {
		t.Errorf("ends %v, want %v", got, v.Ends)
	}
	if v.DecodeOnly {
		return
	}
	switch again, err := encode(d.message, d.value); {
	case string(err) != v.EncodeError:
		t.Errorf("encoding gives %q, want %q", err, v.EncodeError)
	case err == "" && !bytes.Equal(again, v.Encoded):
		t.Errorf("encoding gives %x, want %x", again, v.Encoded)
	}
}

// accessor returns the field that a line of a scaled value speaks of.
func accessor(t *testing.T, spec *schema.Spec, s gorun.Scaled) *schema.Field {
	t.Helper()
	fields := map[string][]*schema.Field{}
	for _, m := range spec.Messages {
		fields[string(m.Name)] = m.Fields
	}
	for _, st := range spec.Structs {
		fields[string(st.Name)] = st.Fields
	}
	for _, f := range fields[s.Type] {
		if f.Scale != nil && f.Scale.Accessor.Snake() == s.Accessor {
			return f
		}
	}
	t.Fatalf("no accessor %s of %s", s.Accessor, s.Type)
	return nil
}

// TestReferenceOfPackets wants the same of the packets: those of everything, and those of the protocol.
func TestReferenceOfPackets(t *testing.T) {
	files, err := filepath.Glob("../../testdata/vectors/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors of the protocol", err)
	}
	specs := map[string]string{everythingPackets: everything}
	for _, path := range files {
		specs[path] = "../../espnow/protocol.yaml"
	}
	for path, spec := range specs {
		frames, err := gorun.ReadFrames(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			t.Run(f.Name, func(t *testing.T) { checkFrame(t, readSpec(t, spec), f) })
		}
	}
}

func checkFrame(t *testing.T, spec *schema.Spec, f *gorun.Frame) {
	packets, rest, end := walk(spec, f.Wire())
	if string(resultOf(end)) != f.End || !bytes.Equal(rest, f.Unwalked) {
		t.Errorf("the walk ends with %s, want %s, and leaves %x, want %x", resultOf(end), f.End, rest, f.Unwalked)
	}
	if len(packets) != len(f.Packets) {
		t.Fatalf("%d packets, want %d", len(packets), len(f.Packets))
	}
	for i, got := range packets {
		want := &f.Packets[i]
		if string(resultOf(got.result)) != want.Result {
			t.Errorf("%s gives %s, want %s", want.Type, resultOf(got.result), want.Result)
		}
		if want.Result != "ok" {
			continue
		}
		fields := []gorun.Bytes{{Path: "header", Wire: got.bytes[:1]}, {Path: "length", Wire: got.bytes[1:2]}}
		for _, s := range got.spans {
			fields = append(fields, gorun.Bytes{Path: s.path, Wire: s.bytes})
		}
		if len(got.tail) > 0 {
			fields = append(fields, gorun.Bytes{Path: "tail", Wire: got.tail})
		}
		if diff := cmp.Diff(want.Fields, fields, cmpopts.EquateEmpty()); got.packet.Name.Upper() != want.Type || diff != "" {
			t.Errorf("%s, want %s (-want +got):\n%s", got.packet.Name.Upper(), want.Type, diff)
		}
	}
}
