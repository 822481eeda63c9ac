//go:build !race

package reading_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading"
)

const (
	codecLimit = 1.05 // of the floor's time
	tolerance  = 1.25 // of the limit, in a test on a machine that does other things too
)

// ratio measures two functions in turns and returns the median of the quotients of their times.
func ratio(ours, floor func()) float64 {
	const calls = 2000
	rounds := 101
	if os.Getenv("ENOW_BENCH") != "" {
		rounds = 1001
	}
	clock := func(f func()) float64 {
		start := time.Now()
		for range calls {
			f()
		}
		return float64(time.Since(start))
	}
	quotients := make([]float64, rounds)
	for i := range quotients {
		if i%2 == 0 {
			a := clock(ours)
			quotients[i] = a / clock(floor)
		} else {
			b := clock(floor)
			quotients[i] = clock(ours) / b
		}
	}
	slices.Sort(quotients)
	return quotients[rounds/2]
}

func TestNumbers(t *testing.T) {
	in := &reading.Reading{
		Uptime: 86400, Temperature: 2150, Humidity: 4020, Battery: 2980, Mode: 1, Pressure: 101325, Room: "kitchen", Samples: [8]uint16{1, 2, 3, 4, 5, 6, 7, 8},
	}
	payload, err := in.Append(nil)
	if err != nil || len(payload) != 1+39 {
		t.Fatal(len(payload), err)
	}
	if floor, err := floorAppend(in, nil); err != nil || !bytes.Equal(floor, payload) {
		t.Fatalf("% x, floor % x, %v", payload, floor, err)
	}
	for end := range payload[1:] { // what is compared must do the same
		var ours, floor reading.Reading
		n, err := ours.Decode(payload[1 : end+2])
		m, floorErr := floorDecode(&floor, payload[1:end+2])
		if n != m || !errors.Is(err, floorErr) || cmp.Diff(ours, floor) != "" {
			t.Fatalf("%d bytes: %d, %v, floor %d, %v\n%s", end+1, n, err, m, floorErr, cmp.Diff(ours, floor))
		}
	}

	var out, floorOut reading.Reading
	b := make([]byte, 0, 64)
	for _, figure := range []struct {
		name        string
		ours, floor func()
	}{
		{"codec_go_reading_encode_ratio", func() { b, _ = in.Append(b[:0]) }, func() { b, _ = floorAppend(in, b[:0]) }},
		{"codec_go_reading_decode_ratio", func() { _, _ = out.Decode(payload[1:]) }, func() { _, _ = floorDecode(&floorOut, payload[1:]) }},
	} {
		r := ratio(figure.ours, figure.floor)
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
	fmt.Printf("BENCH codec_go_reading_allocs=%.0f\nLIMIT codec_go_reading_allocs=0\n", allocs)
	if allocs != 0 {
		t.Errorf("%v allocations, the limit is 0", allocs)
	}
}
