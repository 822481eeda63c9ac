//go:build !race

package protobuf

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading"
	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading/floor"
	"github.com/esp-now-network/esp-now-network/internal/numberstest"
)

// TestNumbers measures Protocol Buffers against the floor of the project's own codec. It only informs: there is no limit.
func TestNumbers(t *testing.T) {
	in := floor.Example()
	message := &Reading{
		Uptime: in.Uptime, Temperature: int32(in.Temperature), Humidity: uint32(in.Humidity), Battery: uint32(in.Battery), Mode: uint32(in.Mode),
		Pressure: in.Pressure, Room: in.Room,
	}
	for _, s := range in.Samples {
		message.Samples = append(message.Samples, uint32(s))
	}
	encoded, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Reading
	if err := proto.Unmarshal(encoded, &decoded); err != nil || !proto.Equal(message, &decoded) {
		t.Fatalf("%v: %v became %v", err, message, &decoded)
	}
	payload, err := floor.Append(in, nil)
	if err != nil {
		t.Fatal(err)
	}

	var out reading.Reading
	var options proto.MarshalOptions
	b := make([]byte, 0, 64)
	for _, figure := range []struct {
		name           string
		theirs, byHand func()
	}{
		{"encode", func() { b, _ = options.MarshalAppend(b[:0], message) }, func() { b, _ = floor.Append(in, b[:0]) }},
		{"decode", func() { _ = proto.Unmarshal(encoded, &decoded) }, func() { _, _ = floor.Decode(&out, payload[1:]) }},
	} {
		fmt.Printf("BENCH codec_go_protobuf_%s_ratio=%.1f\n", figure.name, numberstest.Ratio(100, 1000, nil, figure.theirs, figure.byHand))
		fmt.Printf("BENCH codec_go_protobuf_%s_allocs=%.0f\n", figure.name, testing.AllocsPerRun(1000, figure.theirs))
	}
}
