//go:build !race

package link

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	framesLeast  = 0.5  // of the frames that AES-GCM alone opens in the same time
	sessionLimit = 3072 // bytes of the heap
	tolerance    = 1.25 // of a limit, in a test on a machine that does other things too
)

func TestNumbers(t *testing.T) {
	t.Run("frames", testGatewayFrames)
	t.Run("session", testSessionBytes)
}

// testGatewayFrames compares a gateway that takes sealed frames with the opening of the same bytes, side by side.
func testGatewayFrames(t *testing.T) {
	least := 1e9
	for _, nodes := range []int{1, 100} {
		ratio := gatewayFrames(t, nodes)
		t.Logf("%d nodes: %.3f of the frames that AES-GCM opens", nodes, ratio)
		least = min(least, ratio)
	}
	fmt.Printf("BENCH gateway_frames_ratio=%.3f\nLEAST gateway_frames_ratio=%.2f\n", least, framesLeast)
	if least < framesLeast/tolerance {
		t.Errorf("a gateway takes %.3f of the frames that AES-GCM opens, the limit is %.2f", least, framesLeast)
	}
}

// gatewayFrames returns the time to open frames over that to handle them: the least of many rounds each, for what disturbs
// a round only ever adds to it, and most to what needs more memory.
func gatewayFrames(t *testing.T, nodes int) float64 {
	const frames = 200 // a round: so few that hardly one is interrupted
	rounds := 1001
	if os.Getenv("ENOW_BENCH") != "" {
		rounds = 3001
	}
	d := newDesk(t, nil)
	all, bare := make([]*scripted, nodes), make([]cipher.AEAD, nodes)
	for i := range all {
		all[i] = d.node(station(i))
		all[i].joins()
		bare[i] = newAEAD(all[i].tunnel.sealer.key)
	}
	message, plain := espnow.Publish{}, make([]byte, 0, espnow.MaxFrameV1)
	message.Data = append([]byte("\x07climate"), strings.Repeat("x", espnow.MaxFrameV1-espnow.SealedOverhead-wholeOverhead-8)...)
	bodies := make([][]byte, frames)
	for i := range bodies {
		bodies[i] = make([]byte, 0, espnow.MaxFrameV1) // used again and again, so that no garbage is collected meanwhile
	}

	handle := func() {
		got := 0
		for i, body := range bodies {
			d.Handle(d.now, Frame{Src: all[i%nodes].addr, Dst: gwAddr, RSSI: -50, Channel: 1, Body: body})
			for e, ok := d.Poll(d.now); ok; e, ok = d.Poll(d.now) {
				if m, ok := e.(*Message); ok && len(m.Payload) == len(message.Data)-8 {
					got++
				}
			}
		}
		if got != frames {
			t.Fatalf("%d messages of %d, drops %v", got, frames, d.drops())
		}
	}
	open := func() {
		var n nonce
		for i, body := range bodies {
			counter := binary.LittleEndian.Uint32(body[counterAt:])
			if _, err := bare[i%nodes].Open(plain[:0], n.of(counter), body[sealedClearLen:], body[:sealedClearLen]); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock := func(f func()) float64 {
		start := time.Now()
		f()
		return float64(time.Since(start))
	}
	handled, opened := math.Inf(1), math.Inf(1)
	for range rounds {
		d.now += time.Second
		for i := range bodies {
			b, err := message.AppendLast(bodies[i][:sealedClearLen])
			if err == nil {
				bodies[i], err = all[i%nodes].tunnel.seal(b, 0)
			}
			if err != nil || len(bodies[i]) != espnow.MaxFrameV1 {
				t.Fatalf("a frame of %d bytes, %v", len(bodies[i]), err)
			}
			if i%nodes == nodes-1 {
				message.MessageID++
			}
		}
		message.MessageID++
		handled, opened = min(handled, clock(handle)), min(opened, clock(open))
	}
	return opened / handled
}

// testSessionBytes measures what a session takes of the heap in a gateway that has 256.
func testSessionBytes(t *testing.T) {
	const sessions = 256
	d := newDesk(t, nil)
	heap := func() float64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc)
	}
	before := heap()
	for i := range sessions {
		d.node(station(i)).joins()
	}
	d.presence, d.sent = nil, nil
	each := (heap() - before) / sessions
	if got := d.Stats().Sessions; got != sessions {
		t.Fatalf("%d sessions", got)
	}
	fmt.Printf("BENCH session_bytes=%.0f\nLIMIT session_bytes=%d\n", each, sessionLimit)
	if each > sessionLimit {
		t.Errorf("a session takes %.0f bytes of the heap, the limit is %d", each, sessionLimit)
	}
}
