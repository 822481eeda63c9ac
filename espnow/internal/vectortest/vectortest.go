// Package vectortest reads testdata/vectors for tests (its README tells the format).
package vectortest

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

// Vector is one case: a frame, and what its specification says of it.
type Vector struct {
	Name       string
	File       string
	Line       int
	DecodeOnly bool // legal to receive, not what an encoder writes
	Packets    []Packet
	End        string // "ok", or the reason that ended the walk
}

// Packet is one packet of a vector.
type Packet struct {
	Type   string // [Unwalked] for bytes that are no packet
	Result string // "ok", or the reason of its drop
	Fields []Field
}

// Field is an annotated part of a packet.
type Field struct {
	Name  string
	Bytes []byte
}

// Frame returns the bytes in order.
func (v *Vector) Frame() []byte {
	var frame []byte
	for _, p := range v.Packets {
		for _, f := range p.Fields {
			frame = append(frame, f.Bytes...)
		}
	}
	return frame
}

// Reproducible reports whether encoding what was decoded must give the frame again.
func (v *Vector) Reproducible() bool {
	if v.DecodeOnly || v.End != "ok" {
		return false
	}
	for _, p := range v.Packets {
		if p.Result != "ok" || p.Field("tail") != nil {
			return false
		}
	}
	return true
}

// Field returns the bytes of a field, nil where there is none.
func (p Packet) Field(name string) []byte {
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Bytes
		}
	}
	return nil
}

// Unwalked is the Type of bytes that the walk makes no packet of.
const Unwalked = "unwalked"

// minVectors guards against a test that reads nothing.
const minVectors = 80

// Read returns the vectors of a folder; the test fails where there are too few, or one is not understood.
func Read(t testing.TB, dir string) []*Vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*Vector
	names := map[string]bool{}
	for _, file := range files {
		for _, v := range readFile(t, file) {
			if names[v.Name] {
				t.Fatalf("%s:%d: vector %q a second time", v.File, v.Line, v.Name)
			}
			names[v.Name] = true
			all = append(all, v)
		}
	}
	if len(all) < minVectors {
		t.Fatalf("%d vectors in %s, want at least %d", len(all), dir, minVectors)
	}
	return all
}

func readFile(t testing.TB, file string) []*Vector {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Vector
	var v *Vector
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
			v = &Vector{Name: words[1], File: file, Line: n}
		case v == nil:
			bad("outside of a vector")
		case words[0] == "about":
		case words[0] == "decode_only":
			v.DecodeOnly = true
		case words[0] == "packet" && len(words) == 3:
			v.Packets = append(v.Packets, Packet{Type: words[1], Result: words[2]})
		case words[0] == Unwalked:
			v.Packets = append(v.Packets, Packet{Type: Unwalked})
		case words[0] == "end" && len(words) == 2:
			v.End = words[1]
			all = append(all, v)
			v = nil
		case len(v.Packets) == 0:
			bad("fields before a packet")
		default:
			p := &v.Packets[len(v.Packets)-1]
			for _, w := range words {
				name, text, ok := strings.Cut(w, "=")
				if !ok {
					bad(fmt.Sprintf("%q is no field=hex", w))
				}
				value, err := expandHex(text)
				if err != nil {
					bad(err)
				}
				p.Fields = append(p.Fields, Field{name, value})
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
