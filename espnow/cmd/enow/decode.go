package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// maxLine bounds a line of input, in bytes: the longest frame in hexadecimal digits, with room for separators.
const maxLine = 16 << 10

func decodeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "decode [HEX...]",
		Short: "Print the packets of frames as JSON",
		Long: "decode prints a JSON object for each packet of each frame. A frame is an argument, or without arguments a line of\n" +
			"standard input, in hexadecimal digits, with or without 0x before them; spaces and colons between them are ignored.\n\n" +
			"Fields have the names of protocol.yaml; bytes are hexadecimal, flags and enum values are names (an enum value\n" +
			"without a name is a number). A PUBLISH with a whole message has its topic and payload too, behind the data that\n" +
			"they are in. Where a frame is malformed, a line {\"error\": ..., \"offset\": N} says what is wrong with the packet\n" +
			"that starts at byte N, and decode exits with 1 when all is printed.",
		Example: "  enow decode 300901000668656c6c6f21\n  tail -f frames.txt | enow decode",
		RunE: func(c *cobra.Command, args []string) error {
			for _, a := range args {
				if digits(a) == "" {
					return errors.New("nothing to decode: an argument is empty: want a frame in hexadecimal digits")
				}
			}
			out := bufio.NewWriter(c.OutOrStdout())
			d := &decoder{out: out}
			for _, a := range args {
				d.frame(a)
			}
			if len(args) == 0 {
				announceInput(c, "frames, one a line,", "enow decode HEX takes one as its argument")
				if err := d.lines(c.InOrStdin()); err != nil {
					return failure{err}
				}
			}
			if err := out.Flush(); err != nil {
				return failure{err}
			}
			if d.malformed {
				return errReported
			}
			return nil
		},
	}
}

// separators may stand between the digits of a frame.
var separators = strings.NewReplacer(" ", "", "\t", "", "\r", "", ":", "")

// digits takes out what is none of a frame's digits and may stand there.
func digits(text string) string {
	text = separators.Replace(text)
	if len(text) > 1 && strings.EqualFold(text[:2], "0x") {
		return text[2:]
	}
	return text
}

type decoder struct {
	out       *bufio.Writer
	malformed bool
}

// lines decodes a frame a line, and lets each be seen at once.
func (d *decoder) lines(r io.Reader) error {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			d.fault(fmt.Sprintf("a line of more than %d bytes: no frame is so long", maxLine), espnow.MaxFrameV2)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = lines.ReadSlice('\n')
			}
		} else {
			d.frame(strings.TrimSuffix(string(line), "\n"))
		}
		if flushed := d.out.Flush(); flushed != nil {
			return flushed
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) frame(text string) {
	frame, err := hex.DecodeString(digits(text))
	switch {
	case errors.Is(err, hex.ErrLength):
		d.fault("an odd number of hexadecimal digits", len(frame))
		return
	case err != nil:
		d.fault("not hexadecimal: "+strings.TrimPrefix(err.Error(), "encoding/hex: "), len(frame))
		return
	case len(frame) > espnow.MaxFrameV2:
		d.fault(fmt.Sprintf("a frame of %d bytes: the longest has %d", len(frame), espnow.MaxFrameV2), espnow.MaxFrameV2)
		return
	}
	for p, err := range espnow.Packets(frame) {
		var fault *espnow.PacketError
		if errors.As(err, &fault) {
			d.fault(fault.Error(), fault.Offset)
			continue
		}
		d.packet(p)
	}
}

func (d *decoder) fault(what string, offset int) {
	d.malformed = true
	d.object(func(yield func(string, any) bool) {
		if yield("error", what) {
			yield("offset", offset)
		}
	})
	d.out.WriteByte('\n')
}

func (d *decoder) packet(p espnow.Packet) {
	d.object(func(yield func(string, any) bool) {
		if !yield("type", p.Type().String()) {
			return
		}
		p.Fields()(yield)
		if m, ok := whole(p); ok {
			yield("topic", string(m.Topic))
			yield("payload", m.Payload)
		}
	})
	d.out.WriteByte('\n')
}

// whole returns the message of a packet that carries all of one.
func whole(p espnow.Packet) (espnow.Message, bool) {
	var m espnow.Message
	publish, ok := p.(*espnow.Publish)
	if !ok || publish.Flags&espnow.PublishFragment != 0 {
		return m, false
	}
	_, err := m.Decode(publish.Data)
	return m, err == nil && utf8.Valid(m.Topic)
}

// object writes fields in the order of the wire.
func (d *decoder) object(fields iter.Seq2[string, any]) {
	separator := byte('{')
	for name, value := range fields {
		d.out.WriteByte(separator)
		d.json(name)
		d.out.WriteByte(':')
		d.value(value)
		separator = ','
	}
	d.out.WriteByte('}')
}

func (d *decoder) value(value any) {
	switch v := value.(type) {
	case interface{ Names() []string }: // flags
		d.json(v.Names())
	case interface {
		Fields() iter.Seq2[string, any]
	}:
		d.object(v.Fields())
	case []byte:
		d.json(hex.EncodeToString(v))
	case fmt.Stringer: // an enum: a value without a name prints as its number
		if name := v.String(); name[0] < '0' || name[0] > '9' {
			d.json(name)
			return
		}
		d.json(value)
	default:
		d.json(v)
	}
}

// json writes what cannot fail to be JSON: strings, lists of them and integers.
func (d *decoder) json(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	d.out.Write(text)
}
