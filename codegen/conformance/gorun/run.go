package gorun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"reflect"
	"slices"
	"strconv"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Message is what generated messages have.
type Message interface {
	ID() uint8
	Length() int
	Append(b []byte) ([]byte, error)
	Decode(payload []byte) (n int, err error)
	Validate() error
	Reset()
}

// Codec is the generated package of a spec.
type Codec struct {
	Errors map[string]error // by their names in vectors

	Decode  func(payload []byte) (any, error) // by a decoder that is always the same
	Records map[string]any                    // a pointer to each message and struct within
	MaxSize map[string]int                    // of messages

	Walk         func(frame []byte) ([]Raw, error)
	DecodePacket func(Raw) (any, error) // by a decoder that is always the same
}

// Main runs the vectors: its arguments are "messages" or "packets", a spec, a file of vectors, and so on. codecs are by the
// names of the specs.
func Main(codecs map[string]Codec) {
	vectors, failures := 0, 0
	for args := os.Args[1:]; len(args) > 2; args = args[3:] {
		n, bad, err := run(codecs, args[0], args[1], args[2], os.Stdout)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		vectors += n
		failures += bad
	}
	if failures > 0 || vectors == 0 {
		fmt.Printf("%d failures in %d vectors\n", failures, vectors)
		os.Exit(1)
	}
	fmt.Printf("%d vectors ok\n", vectors)
}

func run(codecs map[string]Codec, of, specPath, path string, out io.Writer) (vectors, failures int, err error) {
	src, err := os.ReadFile(specPath)
	if err != nil {
		return 0, 0, err
	}
	spec, err := schema.Parse(specPath, src)
	if err != nil {
		return 0, 0, err
	}
	codec, ok := codecs[spec.Name]
	if !ok {
		return 0, 0, fmt.Errorf("%s: no code for spec %s", specPath, spec.Name)
	}
	r := &runner{Codec: codec, spec: spec, out: out}
	if of == "packets" {
		vectors, err = r.frames(path)
	} else {
		vectors, err = r.messages(path)
	}
	return vectors, r.failures, err
}

func (r *runner) frames(path string) (vectors int, err error) {
	frames, err := ReadFrames(path)
	if err != nil {
		return 0, err
	}
	for _, f := range frames {
		r.what = path + ": " + f.Name
		r.frame(f)
	}
	return len(frames), nil
}

func (r *runner) messages(path string) (vectors int, err error) {
	file, err := Read(path)
	if err != nil {
		return 0, err
	}
	for _, v := range file.Vectors {
		r.what = path + ": " + v.Name
		r.vector(v)
	}
	for _, s := range file.Scaled {
		r.what = fmt.Sprintf("%s: scaled %s %s %v", path, s.Type, s.Accessor, s.Value)
		r.scaled(s)
	}
	return len(file.Vectors), nil
}

type runner struct {
	Codec
	spec     *schema.Spec
	out      io.Writer
	what     string // is checked
	failures int
}

func (r *runner) fail(format string, args ...any) {
	r.failures++
	fmt.Fprintf(r.out, "%s: %s\n", r.what, fmt.Sprintf(format, args...))
}

func (r *runner) vector(v *Vector) {
	if v.Result != "ok" {
		m, err := r.Decode(v.Payload)
		if !r.is(err, v.Result) || m != nil {
			r.fail("decoding gives %v, want %s", err, v.Result)
		}
		if target, ok := r.Records[v.Message].(Message); ok {
			r.refused(target, v)
		}
		return
	}
	i := slices.IndexFunc(r.spec.Messages, func(m *schema.Message) bool { return string(m.Name) == v.Message })
	if i < 0 {
		r.fail("no message %s", v.Message)
		return
	}
	body := &r.spec.Messages[i].Body
	got, err := r.Decode(slices.Clip(v.Payload))
	if err != nil {
		r.fail("decoding: %v", err)
		return
	}
	fresh := reflect.New(reflect.TypeOf(got).Elem()).Interface().(Message)
	n, err := fresh.Decode(v.Payload)
	if err != nil || n != len(v.Payload)-v.Tail {
		r.fail("decoding took %d bytes: %v", n, err)
	}
	r.same("the reused target", dump(got, body), v.Dump)
	r.same("the fresh target", dump(fresh, body), v.Dump)
	r.encodes(fresh, v)
	r.prefixes(fresh, body, v)
	if v.EncodeError == "" && !v.DecodeOnly { // all numbers are in range
		d := dumper{scaled: r.scaledBack}
		d.body(reflect.ValueOf(fresh), body, "")
	}
}

// refused wants a target that holds something to be unchanged when decoding fails.
func (r *runner) refused(target Message, v *Vector) {
	target.Reset()
	before := fmt.Sprintf("%#v", target)
	if _, err := target.Decode(v.Payload); !r.is(err, v.Result) {
		r.fail("decoding gives %v, want %s", err, v.Result)
	}
	if fmt.Sprintf("%#v", target) != before {
		r.fail("decoding fails and changes its target")
	}
}

func (r *runner) is(err error, name string) bool {
	want, known := r.Errors[name]
	return known && errors.Is(err, want)
}

func (r *runner) same(what string, got, want []Line) {
	for i := range max(len(got), len(want)) {
		var g, w Line
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			r.fail("%s has %s %s, want %s %s", what, g.Path, g.Value, w.Path, w.Value)
			return
		}
	}
}

func (r *runner) encodes(m Message, v *Vector) {
	if v.DecodeOnly {
		return
	}
	front := []byte{0xee}
	got, err := m.Append(slices.Clip(front))
	if v.EncodeError != "" {
		if !r.is(err, v.EncodeError) || !r.is(m.Validate(), v.EncodeError) || !bytes.Equal(got, front) {
			r.fail("encoding gives %x %v, want %s", got, err, v.EncodeError)
		}
		return
	}
	if err != nil || m.Validate() != nil || !bytes.Equal(got[1:], v.Encoded) {
		r.fail("encoding gives %x %v, want %x", got[1:], err, v.Encoded)
	}
	if m.Length() != len(v.Encoded) || m.ID() != v.Encoded[0] {
		r.fail("length %d, want %d, or id %d, want %d", m.Length(), len(v.Encoded), m.ID(), v.Encoded[0])
	}
	known := !slices.ContainsFunc(v.Dump, func(l Line) bool { return l.Value != "" && l.Value[0] == '<' }) // no union may hold more
	if most := r.MaxSize[v.Message]; known && len(v.Encoded) > most {
		r.fail("%d bytes, above MaxSize %d", len(v.Encoded), most)
	}
}

// prefixes cuts the payload everywhere: only where an older writer ends, and in the tail, is it whole.
func (r *runner) prefixes(m Message, body *schema.Body, v *Vector) {
	before := dump(m, body)
	for n := range len(v.Payload) {
		got, err := r.Decode(slices.Clip(v.Payload[:n]))
		whole := slices.Contains(v.Ends, n) || n >= len(v.Payload)-v.Tail && v.Tail > 0
		switch {
		case whole && (err != nil || got == nil):
			r.fail("cut to %d bytes: %v", n, err)
		case !whole && !r.is(err, "short"):
			r.fail("cut to %d bytes: %v, want short", n, err)
		case !whole:
			if _, err := m.Decode(slices.Clip(v.Payload[:n])); !r.is(err, "short") {
				r.fail("cut to %d bytes: the message itself gives %v, want short", n, err)
			}
		}
	}
	if !slices.Equal(dump(m, body), before) {
		r.fail("decoding fails and changes its target")
	}
}

// maxExact bounds the numbers of which scaled values are exact enough to find them again.
const maxExact = 1 << 50

// scaledBack sets a scaled number to its own value.
func (r *runner) scaledBack(p reflect.Value, f *schema.Field, at []reflect.Value) {
	raw := func() *big.Int {
		v := member(p, f.Name.Pascal())
		if len(at) > 0 {
			v = v.Index(int(at[0].Int()))
		}
		return integer(v)
	}
	before := raw()
	if before.CmpAbs(big.NewInt(maxExact)) > 0 {
		return
	}
	value := method(p, f.Scale.Accessor.Pascal()).Call(at)[0]
	err := method(p, "Set"+f.Scale.Accessor.Pascal()).Call(append(slices.Clip(at), value))[0]
	if !err.IsNil() || raw().Cmp(before) != 0 {
		r.fail("%s: %s set to its own value %v: %s %v", f.Name, before, value, raw(), err)
	}
}

func integer(v reflect.Value) *big.Int {
	if v.CanUint() {
		return new(big.Int).SetUint64(v.Uint())
	}
	return big.NewInt(v.Int())
}

func (r *runner) scaled(s Scaled) {
	var body *schema.Body
	for _, m := range r.spec.Messages {
		if string(m.Name) == s.Type {
			body = &m.Body
		}
	}
	for _, st := range r.spec.Structs {
		if string(st.Name) == s.Type {
			body = &st.Body
		}
	}
	if body == nil {
		r.fail("no such type")
		return
	}
	i := slices.IndexFunc(body.Fields, func(f *schema.Field) bool { return f.Scale != nil && f.Scale.Accessor.Snake() == s.Accessor })
	if i < 0 {
		r.fail("no such accessor")
		return
	}
	f := body.Fields[i]
	p := reflect.New(reflect.TypeOf(r.Records[s.Type]).Elem())
	result := method(p, "Set"+f.Scale.Accessor.Pascal()).Call([]reflect.Value{reflect.ValueOf(s.Value)})[0]
	got := integer(member(p, f.Name.Pascal())).String()
	if err, _ := result.Interface().(error); err != nil {
		if got != "0" {
			r.fail("fails and stores %s", got)
		}
		got = "an error"
		if r.is(err, "range") {
			got = "range"
		}
	}
	if got != s.Result {
		r.fail("stores %s, want %s (bits 0x%016x)", got, s.Result, math.Float64bits(s.Value))
	}
	if f.Presence != nil && member(p, "Has"+f.Name.Pascal()).Bool() != (s.Result != "range") {
		r.fail("is there: %s", strconv.FormatBool(s.Result == "range"))
	}
}
