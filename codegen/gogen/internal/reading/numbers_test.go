//go:build !race

package reading_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading"
	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading/floor"
	"github.com/esp-now-network/esp-now-network/internal/numberstest"
)

const (
	codecLimit = 1.05 // of the floor's time
	tolerance  = 1.25 // of the limit, in a test on a machine that does other things too
)

func TestNumbers(t *testing.T) {
	in := floor.Example()
	payload, err := in.Append(nil)
	if err != nil || len(payload) != 1+39 {
		t.Fatal(len(payload), err)
	}
	if byHand, err := floor.Append(in, nil); err != nil || !bytes.Equal(byHand, payload) {
		t.Fatalf("% x, by hand % x, %v", payload, byHand, err)
	}
	inputs := [][]byte{append([]byte{2}, payload[1:]...)}
	for end := range len(payload) + 1 {
		inputs = append(inputs, payload[:end])
	}
	for _, input := range inputs { // what is compared must do the same
		var ours, byHand reading.Reading
		n, err := ours.Decode(input)
		m, byHandErr := floor.Decode(&byHand, input)
		if n != m || !errors.Is(err, byHandErr) || cmp.Diff(ours, byHand) != "" {
			t.Fatalf("%x: %d, %v, by hand %d, %v\n%s", input, n, err, m, byHandErr, cmp.Diff(ours, byHand))
		}
	}

	var out, byHandOut reading.Reading
	b := make([]byte, 0, 64)
	for _, figure := range []struct {
		name         string
		ours, byHand func()
	}{
		{"codec_go_encode_ratio", func() { b, _ = in.Append(b[:0]) }, func() { b, _ = floor.Append(in, b[:0]) }},
		{"codec_go_decode_ratio", func() { _, _ = out.Decode(payload) }, func() { _, _ = floor.Decode(&byHandOut, payload) }},
	} {
		r := numberstest.Ratio(100, 1000, nil, figure.ours, figure.byHand)
		fmt.Printf("BENCH %s=%.3f\nLIMIT %s=%.2f\n", figure.name, r, figure.name, codecLimit)
		if r > codecLimit*tolerance {
			t.Errorf("%s is %.3f, the limit %.2f", figure.name, r, codecLimit)
		}
	}
	var dec reading.Decoder
	allocs := testing.AllocsPerRun(1000, func() {
		b, _ = in.Append(b[:0])
		_, _ = dec.Decode(payload)
	})
	fmt.Printf("BENCH codec_go_allocs=%.0f\nLIMIT codec_go_allocs=0\n", allocs)
	if allocs != 0 {
		t.Errorf("%v allocations, the limit is 0", allocs)
	}
}
