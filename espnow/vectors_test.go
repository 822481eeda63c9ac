package espnow_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// vector is one case of testdata/vectors: a frame, and what its specification says of it.
type vector struct {
	name       string
	file       string
	line       int
	decodeOnly bool
	packets    []vectorPacket
	end        string
}

type vectorPacket struct {
	typ, result string
	fields      []vectorField
}

type vectorField struct {
	name  string
	bytes []byte
}

func (v *vector) frame() []byte {
	var frame []byte
	for _, p := range v.packets {
		for _, f := range p.fields {
			frame = append(frame, f.bytes...)
		}
	}
	return frame
}

// reproducible reports whether encoding what was decoded must give the frame again.
func (v *vector) reproducible() bool {
	if v.decodeOnly || v.end != "ok" {
		return false
	}
	for _, p := range v.packets {
		if p.result != "ok" || p.field("tail") != nil {
			return false
		}
	}
	return true
}

func (p vectorPacket) field(name string) []byte {
	for _, f := range p.fields {
		if f.name == name {
			return f.bytes
		}
	}
	return nil
}

const unwalked = "unwalked"

// minVectors guards against a test that reads nothing.
const minVectors = 80

func readVectors(t testing.TB) []*vector {
	t.Helper()
	files, err := filepath.Glob("../testdata/vectors/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []*vector
	names := map[string]bool{}
	for _, file := range files {
		for _, v := range readVectorFile(t, file) {
			if names[v.name] {
				t.Fatalf("%s:%d: vector %q a second time", v.file, v.line, v.name)
			}
			names[v.name] = true
			all = append(all, v)
		}
	}
	if len(all) < minVectors {
		t.Fatalf("%d vectors in testdata/vectors, want at least %d", len(all), minVectors)
	}
	return all
}

func readVectorFile(t testing.TB, file string) []*vector {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []*vector
	var v *vector
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		bad := func(why any) { t.Fatalf("%s:%d: %v", file, n, why) }
		switch {
		case words[0] == "vector" && len(words) == 2 && v == nil:
			v = &vector{name: words[1], file: file, line: n}
		case v == nil:
			bad("outside of a vector")
		case words[0] == "about":
		case words[0] == "decode_only":
			v.decodeOnly = true
		case words[0] == "packet" && len(words) == 3:
			v.packets = append(v.packets, vectorPacket{typ: words[1], result: words[2]})
		case words[0] == unwalked:
			v.packets = append(v.packets, vectorPacket{typ: unwalked})
		case words[0] == "end" && len(words) == 2:
			v.end = words[1]
			all = append(all, v)
			v = nil
		case len(v.packets) == 0:
			bad("fields before a packet")
		default:
			p := &v.packets[len(v.packets)-1]
			for _, w := range words {
				name, text, ok := strings.Cut(w, "=")
				if !ok {
					bad(fmt.Sprintf("%q is no field=hex", w))
				}
				value, err := expandHex(text)
				if err != nil {
					bad(err)
				}
				p.fields = append(p.fields, vectorField{name, value})
			}
		}
	}
	if err := lines.Err(); err != nil || v != nil {
		t.Fatalf("%s: a vector without end, or %v", file, err)
	}
	return all
}

// expandHex reads "0102+ff*3".
func expandHex(text string) ([]byte, error) {
	out := []byte{}
	if text == "" {
		return out, nil
	}
	for _, item := range strings.Split(text, "+") {
		digits, times, repeated := strings.Cut(item, "*")
		count := 1
		if repeated {
			n, err := strconv.Atoi(times)
			if err != nil {
				return nil, err
			}
			count = n
		}
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, err
		}
		out = append(out, bytes.Repeat(b, count)...)
	}
	return out, nil
}
