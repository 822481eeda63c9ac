//go:build !race

package espnow_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
	"github.com/esp-now-network/esp-now-network/internal/numberstest"
)

const (
	codecLimit = 1.05 // of the floor's time
	tolerance  = 1.25 // of the limit, in a test on a machine that does other things too
)

func TestNumbers(t *testing.T) {
	publish := &espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: 7, Offset: 640, Data: make([]byte, 32)}
	connack := &espnow.Connack{Echo: 0x12345678, Welcome: espnow.Welcome{Boot: 1, MaxMessage: 1 << 16, MaxFrame: 250, KeepAlive: 60, Session: 3, Window: 32, Channel: 6}}
	p, floorP := new(espnow.Publish), new(espnow.Publish)
	c, floorC := new(espnow.Connack), new(espnow.Connack)
	b := make([]byte, 0, 256)
	publishFrame, _ := publish.Append(nil)
	connackFrame, _ := connack.Append(nil)

	// What is compared must do the same.
	if floor, _ := floorAppendPublish(publish, nil, 254); !bytes.Equal(floor, publishFrame) {
		t.Fatalf("PUBLISH: % x, floor % x", publishFrame, floor)
	}
	if floor, _ := floorAppendConnack(connack, nil, 254); !bytes.Equal(floor, connackFrame) {
		t.Fatalf("CONNACK: % x, floor % x", connackFrame, floor)
	}
	for _, v := range vectortest.Read(t, "../testdata/vectors") {
		w := espnow.Walk(v.Frame())
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			switch raw.Type {
			case espnow.TypePublish:
				n, err := p.Decode(raw.Flags, raw.Body)
				m, floorErr := floorDecodePublish(floorP, raw.Flags, raw.Body)
				if n != m || !errors.Is(err, floorErr) || cmp.Diff(p, floorP) != "" {
					t.Fatalf("%s: %d, %v, floor %d, %v\n%s", v.Name, n, err, m, floorErr, cmp.Diff(p, floorP))
				}
			case espnow.TypeConnack:
				n, err := c.Decode(raw.Flags, raw.Body)
				m, floorErr := floorDecodeConnack(floorC, raw.Flags, raw.Body)
				if n != m || !errors.Is(err, floorErr) || cmp.Diff(c, floorC) != "" {
					t.Fatalf("%s: %d, %v, floor %d, %v\n%s", v.Name, n, err, m, floorErr, cmp.Diff(c, floorC))
				}
			}
		}
	}

	type pair struct {
		name        string
		ours, floor func()
	}
	// Where in memory things are makes a difference of a tenth, and none of it is the codec's: each round has them elsewhere.
	var kept [][]byte // keeps what the allocator gives next from being what it gave before
	move := func() {
		kept = append(kept, make([]byte, 16*(1+len(kept)%31)))
		again, answer := *publish, *connack
		publish, connack = &again, &answer
		p, floorP, c, floorC = new(espnow.Publish), new(espnow.Publish), new(espnow.Connack), new(espnow.Connack)
		b = make([]byte, 0, 256)
		publishFrame, connackFrame = bytes.Clone(publishFrame), bytes.Clone(connackFrame)
	}
	report := func(name string, pairs ...pair) {
		worst := 0.0
		for _, pr := range pairs {
			r := numberstest.Ratio(100, 1000, move, pr.ours, pr.floor)
			t.Logf("%s of %s: %.3f of the floor", name, pr.name, r)
			worst = max(worst, r)
		}
		fmt.Printf("BENCH %s=%.3f\nLIMIT %s=%.2f\n", name, worst, name, codecLimit)
		if worst > codecLimit*tolerance {
			t.Errorf("%s is %.3f, the limit %.2f", name, worst, codecLimit)
		}
	}
	report("codec_go_packets_encode_ratio",
		pair{"PUBLISH", func() { b, _ = publish.Append(b[:0]) }, func() { b, _ = floorAppendPublish(publish, b[:0], 254) }},
		pair{"CONNACK", func() { b, _ = connack.Append(b[:0]) }, func() { b, _ = floorAppendConnack(connack, b[:0], 254) }})
	report("codec_go_packets_decode_ratio",
		pair{"PUBLISH", func() { _, _ = p.Decode(publishFrame[0]&15, publishFrame[2:]) }, func() { _, _ = floorDecodePublish(floorP, publishFrame[0]&15, publishFrame[2:]) }},
		pair{"CONNACK", func() { _, _ = c.Decode(0, connackFrame[2:]) }, func() { _, _ = floorDecodeConnack(floorC, 0, connackFrame[2:]) }})

	allocs := testing.AllocsPerRun(1000, func() {
		b, _ = publish.Append(b[:0])
		b, _ = connack.Append(b)
		_, _ = p.Decode(publishFrame[0]&15, publishFrame[2:])
		_, _ = c.Decode(0, connackFrame[2:])
	})
	fmt.Printf("BENCH codec_go_packets_allocs=%.0f\nLIMIT codec_go_packets_allocs=0\n", allocs)
	if allocs != 0 {
		t.Errorf("%v allocations, the limit is 0", allocs)
	}
}
