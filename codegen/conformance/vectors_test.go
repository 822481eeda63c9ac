package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// vectorWriter writes a file of vectors of messages, in the format of testdata/specs/README.md.
type vectorWriter struct {
	strings.Builder
	spec *schema.Spec
	made map[string]int // vectors by the first part of their name
}

// messageVectors returns random vectors of a spec, so many of each kind.
func messageVectors(spec *schema.Spec, rng *rand.Rand, each int) string {
	w := &vectorWriter{spec: spec, made: map[string]int{}}
	w.vector("empty", "A payload without an id.", nil)
	for range each {
		w.vector("any_id", "A payload that may have an id that nobody knows.", append([]byte{byte(rng.Intn(256))}, maker{rng, wild}.bytes(rng.Intn(4))...))
	}
	for _, m := range spec.Messages {
		w.message(m, rng, each)
		w.scales(string(m.Name), &m.Body, rng)
	}
	for _, s := range spec.Structs {
		if s.Message {
			w.scales(string(s.Name), &s.Body, rng)
		}
	}
	return w.String()
}

func (w *vectorWriter) message(m *schema.Message, rng *rand.Rand, each int) {
	name := m.Name.Snake()
	w.vector(name, "Each field as it is at first.", encodeAny(m, initial(&m.Body)))
	payloads := [][]byte{}
	for h := range habits {
		for i := range each {
			if i > 0 && h < valid {
				break
			}
			payload := encodeAny(m, maker{rng, h}.record(&m.Body))
			payloads = append(payloads, payload)
			w.vector(name, [...]string{"The least.", "The most.", "What an encoder writes.", "What a decoder takes."}[h], payload)
		}
	}
	for range each {
		payload := payloads[rng.Intn(len(payloads))]
		w.vector(name, "With a tail.", append(slices.Clip(payload), maker{rng, wild}.bytes(1+rng.Intn(5))...))
		w.vector(name, "Cut short.", payload[:1+rng.Intn(len(payload))])
		d, _ := decode(w.spec, payload)
		if len(d.ends) > 0 {
			w.vector(name, "Of an older writer.", payload[:pick(rng, d.ends)])
		}
		if len(d.spoils) > 0 {
			w.vector(name, "With something above its limit.", spoiled(payload, pick(rng, d.spoils)))
		}
		for range 3 {
			changed := slices.Clone(payload)
			for range 1 + rng.Intn(2) {
				changed[rng.Intn(len(changed))] = [...]byte{0, 1, 2, 0xff, 0x80, byte(rng.Intn(256))}[rng.Intn(6)]
			}
			w.vector(name, "With bytes changed.", changed)
		}
	}
}

func spoiled(payload []byte, s spoil) []byte {
	payload = slices.Clone(payload)
	copy(payload[s.at:], s.bytes)
	return payload
}

// vector writes what the reference makes of a payload.
func (w *vectorWriter) vector(name, about string, payload []byte) {
	w.made[name]++
	fmt.Fprintf(w, "vector %s_%d\nabout %s\n", name, w.made[name], about)
	d, err := decode(w.spec, payload)
	if err != "" {
		message := "-"
		switch {
		case d.message != nil:
			message = string(d.message.Name)
		case len(payload) > 0:
			message = fmt.Sprint(payload[0])
		}
		fmt.Fprintf(w, "message %s %s\n", message, err)
		if len(payload) > 0 {
			fmt.Fprintf(w, "  payload %x\n", payload)
		}
		w.WriteString("\n")
		return
	}
	fmt.Fprintf(w, "message %s ok\n", d.message.Name)
	again, err := encode(d.message, d.value)
	switch {
	case hasOdd(d.value):
		w.WriteString("decode_only\n")
	case err != "":
		fmt.Fprintf(w, "encode_error %s\n", err)
	case !bytes.Equal(again, payload):
		fmt.Fprintf(w, "encode %x\n", again)
	}
	if ends := shorter(d.ends, len(payload)); len(ends) > 0 {
		fmt.Fprintf(w, "ends %s\n", strings.Trim(fmt.Sprint(ends), "[]"))
	}
	w.annotated(d)
	w.WriteString("\n")
}

func shorter(ends []int, length int) []int {
	return slices.Compact(slices.DeleteFunc(slices.Clone(ends), func(end int) bool { return end >= length }))
}

// hasOdd reports whether a value has a NaN that need not be encoded to what it was.
func hasOdd(v any) bool {
	switch v := v.(type) {
	case float:
		return v.odd()
	case []any:
		return slices.ContainsFunc(v, hasOdd)
	case *record:
		return v != nil && slices.ContainsFunc(slices.Collect(maps.Values(v.values)), hasOdd)
	case *choice:
		return hasOdd(v.value)
	}
	return false
}

// annotated writes the lines of the fields: the dump, and the bytes that are no value where they stand on the wire.
func (w *vectorWriter) annotated(d decoded) {
	lines := dump(d.value)
	spans := d.spans
	voids := func() {
		for len(spans) > 0 && !spans[0].value {
			fmt.Fprintf(w, "  %s %s\n", spans[0].path, items(spans[0].bytes))
			spans = spans[1:]
		}
	}
	voids()
	for _, l := range lines {
		wire := "-"
		if len(spans) > 0 && spans[0].path == l.path {
			wire, spans = items(spans[0].bytes), spans[1:]
		}
		fmt.Fprintf(w, "  %s %s %s\n", l.path, wire, l.value)
		voids()
	}
	if len(spans) > 0 {
		panic(fmt.Sprintf("%s: bytes of %s are in no line", d.message.Name, spans[0].path))
	}
	if len(d.tail) > 0 {
		fmt.Fprintf(w, "  tail %s\n", items(d.tail))
	}
}

// items writes bytes as vectors have them, long rows of the same in short.
func items(b []byte) string {
	const long = 8
	var parts []string
	plain := 0 // where the bytes begin that no part has
	flush := func(end int) {
		if end > plain {
			parts = append(parts, fmt.Sprintf("%x", b[plain:end]))
		}
	}
	for i := 0; i < len(b); {
		n := 1
		for i+n < len(b) && b[i+n] == b[i] {
			n++
		}
		if n >= long {
			flush(i)
			parts = append(parts, fmt.Sprintf("%02x*%d", b[i], n))
			plain = i + n
		}
		i += n
	}
	flush(len(b))
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, "+")
}

// scales writes what setters of scaled values do.
func (w *vectorWriter) scales(owner string, b *schema.Body, rng *rand.Rand) {
	for _, f := range fieldsOf(b) {
		if f.Scale == nil || f.Type.Kind == schema.Array {
			continue
		}
		for _, v := range scaleInputs(f, rng) {
			in, out := "nan", string(outside)
			if !math.IsNaN(v) {
				in = fmt.Sprintf("0x%016x", math.Float64bits(v))
			}
			if raw, err := unscaled(f, f.Type.Kind, v); err == "" {
				out = raw.String()
			}
			fmt.Fprintf(w, "scaled %s %s %s %s\n", owner, f.Scale.Accessor.Snake(), in, out)
		}
	}
}

// scaleInputs returns values for a setter: those of numbers on the wire, halves, the edges and beyond.
func scaleInputs(f *schema.Field, rng *rand.Rand) []float64 {
	values := []float64{
		0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, rng.NormFloat64() * 1000,
	}
	lo, hi := limits(f.Type.Kind)
	if len(f.Ranges) > 0 {
		lo, hi = f.Ranges[0].Min, f.Ranges[0].Max
	}
	raws := []*big.Int{lo, hi}
	for range 5 {
		raws = append(raws, maker{rng, valid}.between(lo, hi))
	}
	for _, raw := range raws {
		at := scaled(f.Scale, raw)
		values = append(values, at, math.Nextafter(at, math.Inf(1)), math.Nextafter(at, math.Inf(-1)))
		for _, side := range []int64{-1, 1} {
			next := scaled(f.Scale, new(big.Int).Add(raw, big.NewInt(side)))
			half := at + (next-at)/2
			values = append(values, next, half, math.Nextafter(half, math.Inf(1)), math.Nextafter(half, math.Inf(-1)))
		}
	}
	return values
}
