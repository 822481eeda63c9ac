// Package gorun runs vector files over generated Go: the packages of many specs, which a program of generated code hands
// to [Main]. It finds fields and accessors by reflection; what they are called it takes from the spec.
package gorun

import (
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// Vector is a payload of a message and what codecs make of it.
type Vector struct {
	Name    string
	Message string // its name, or the number of an id without one
	Result  string // of decoding
	Payload []byte
	Dump    []Line

	Tail        int    // bytes that no field takes, at the end
	Encoded     []byte // what encoding gives
	EncodeError string // or how it fails
	DecodeOnly  bool   // or that it is not tried
	Ends        []int  // lengths at which the payload of an older writer ends
}

// Line is a value in the dump of a message.
type Line struct{ Path, Value string }

// Scaled is what the setter of a scaled value does.
type Scaled struct {
	Type, Accessor string
	Value          float64
	Result         string // the number that it stores, or "range"
}

// File is what stands in a file of vectors.
type File struct {
	Vectors []*Vector
	Scaled  []Scaled
}

// Read reads a file of vectors of messages.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{}
	names := map[string]bool{}
	for i, line := range strings.Split(string(text), "\n") {
		if err := f.line(line, names); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	for _, v := range f.Vectors {
		if v.Encoded == nil {
			v.Encoded = v.Payload
		}
	}
	return f, nil
}

func (f *File) line(line string, names map[string]bool) error {
	line = strings.TrimRight(line, "\r")
	key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if key == "" || key[0] == '#' {
		return nil
	}
	words := strings.Fields(rest)
	switch {
	case key == "vector" && len(words) == 1 && !names[rest]:
		names[rest] = true
		f.Vectors = append(f.Vectors, &Vector{Name: rest})
		return nil
	case key == "scaled" && len(words) == 4:
		value, err := scaledValue(words[2])
		f.Scaled = append(f.Scaled, Scaled{words[0], words[1], value, words[3]})
		return err
	case len(f.Vectors) == 0:
		return fmt.Errorf("%q before the first vector", line)
	}
	return f.Vectors[len(f.Vectors)-1].line(line, key, rest, words)
}

func (v *Vector) line(line, key, rest string, words []string) (err error) {
	if line[0] == ' ' {
		return v.field(key, rest)
	}
	switch {
	case key == "about":
	case key == "message" && len(words) == 2:
		v.Message, v.Result = words[0], words[1]
	case key == "decode_only" && rest == "":
		v.DecodeOnly = true
	case key == "encode":
		v.Encoded, err = wire(rest)
	case key == "encode_error" && len(words) == 1:
		v.EncodeError = rest
	case key == "ends":
		for _, word := range words {
			n, err := strconv.Atoi(word)
			if err != nil {
				return err
			}
			v.Ends = append(v.Ends, n)
		}
	default:
		return fmt.Errorf("%q is no line of a vector", line)
	}
	return err
}

func (v *Vector) field(path, rest string) error {
	bytes, value, valued := strings.Cut(rest, " ")
	b, err := wire(bytes)
	if err != nil {
		return err
	}
	v.Payload = append(v.Payload, b...)
	if valued {
		v.Dump = append(v.Dump, Line{path, value})
	}
	if path == "tail" && !valued { // or it is a field of that name
		v.Tail = len(b)
	}
	return nil
}

// wire reads bytes: hexadecimal digits, aa*3 for repeated ones, + between, - for none.
func wire(text string) ([]byte, error) {
	if text == "-" {
		return nil, nil
	}
	var out []byte
	for _, item := range strings.Split(text, "+") {
		digits, times, repeated := strings.Cut(item, "*")
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) == 0 {
			return nil, fmt.Errorf("%q are no bytes", text)
		}
		n := 1
		if repeated {
			if n, err = strconv.Atoi(times); err != nil {
				return nil, fmt.Errorf("%q are no bytes", text)
			}
		}
		for range n {
			out = append(out, b...)
		}
	}
	return out, nil
}

func scaledValue(text string) (float64, error) {
	if text == "nan" {
		return math.NaN(), nil
	}
	bits, err := strconv.ParseUint(text, 0, 64)
	return math.Float64frombits(bits), err
}
