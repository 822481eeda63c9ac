package gorun

import (
	"fmt"
	"os"
	"strings"
)

// Frame is a frame and what codecs make of it.
type Frame struct {
	Name       string
	Packets    []Packet
	Unwalked   []byte // what no packet can be made of
	End        string // of the walk: "ok", or a fault
	DecodeOnly bool   // an encoder does not write it
}

// Packet is what the walk over a frame yields.
type Packet struct {
	Type   string // its name, or the number of a type without one
	Result string // of decoding
	Fields []Bytes
}

// Bytes are those of a field.
type Bytes struct {
	Path string
	Wire []byte
}

// Wire returns the bytes of the packet, header included.
func (p *Packet) Wire() []byte {
	var all []byte
	for _, f := range p.Fields {
		all = append(all, f.Wire...)
	}
	return all
}

// Tail returns what follows the known fields, nil where nothing does.
func (p *Packet) Tail() []byte {
	if last := len(p.Fields) - 1; last >= 0 && p.Fields[last].Path == "tail" {
		return p.Fields[last].Wire
	}
	return nil
}

// Wire returns the bytes of the frame.
func (f *Frame) Wire() []byte {
	var all []byte
	for _, p := range f.Packets {
		all = append(all, p.Wire()...)
	}
	return append(all, f.Unwalked...)
}

// ReadFrames reads a file of vectors of packets.
func ReadFrames(path string) ([]*Frame, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var frames []*Frame
	var unwalked bool
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if words[0] == "vector" && len(words) == 2 {
			frames = append(frames, &Frame{Name: words[1]})
			unwalked = false
			continue
		}
		if len(frames) == 0 {
			return nil, fmt.Errorf("%s:%d: %q before the first vector", path, i+1, line)
		}
		if err := frames[len(frames)-1].line(line, words, &unwalked); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return frames, nil
}

func (f *Frame) line(line string, words []string, unwalked *bool) error {
	switch {
	case line[0] == ' ':
		return f.bytes(words, *unwalked)
	case words[0] == "about":
	case words[0] == "decode_only":
		f.DecodeOnly = true
	case words[0] == "packet" && len(words) == 3:
		f.Packets = append(f.Packets, Packet{Type: words[1], Result: words[2]})
	case words[0] == "unwalked":
		*unwalked = true
	case words[0] == "end" && len(words) == 2:
		f.End = words[1]
	default:
		return fmt.Errorf("%q is no line of a vector", line)
	}
	return nil
}

func (f *Frame) bytes(words []string, unwalked bool) error {
	for _, word := range words {
		path, hex, _ := strings.Cut(word, "=")
		var b []byte
		if hex != "" {
			var err error
			if b, err = wire(hex); err != nil {
				return err
			}
		}
		switch {
		case unwalked:
			f.Unwalked = append(f.Unwalked, b...)
		case len(f.Packets) == 0:
			return fmt.Errorf("%q before the first packet", word)
		default:
			last := &f.Packets[len(f.Packets)-1]
			last.Fields = append(last.Fields, Bytes{path, b})
		}
	}
	return nil
}
