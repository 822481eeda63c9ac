package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// random plays a random script, which depends on seed alone, on a medium with cfg, and returns the medium when all has
// ended, how many copies its stations should have heard, and a trace of all that came out. Each frame that arrives must
// be the one that was sent, where it was sent to, and twice at most.
func random(t testing.TB, cfg Config, seed uint64) (m *Medium, copies uint64, trace string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	m = newMedium(t, cfg)
	var stations []*Station
	for i := range 2 + rng.IntN(8) {
		s := newStation(t, m, i, []int{espnow.MaxFrameV1, espnow.MaxFrameV2}[rng.IntN(2)])
		mustTune(t, s, []uint8{1, 1, 6}[rng.IntN(3)])
		s.Move([]float64{0, 0, 10, 1000}[rng.IntN(4)], 0)
		stations = append(stations, s)
	}
	m.Cut(stations[0].Addr(), stations[1].Addr())
	hears := func(from, to *Station) bool {
		cut := min(from.number, to.number) == 1 && max(from.number, to.number) == 2
		near := cfg.Path == (Path{}) || (from.place.x == 1000) == (to.place.x == 1000)
		return from != to && from.channel == to.channel && near && !cut
	}
	type frame struct {
		src, dst espnow.Addr
		body     []byte
	}
	var sent []frame
	heard := make(map[*Station]map[int]int)
	var log strings.Builder
	tell := func(e Event) {
		f := e.Frame
		fmt.Fprintf(&log, "%d %v %d %v %v %x %v\n", m.Now(), e.Station.Addr(), e.Kind, f.Src, f.Dst, f.Body, e.Err)
		if e.Kind != Received {
			return
		}
		number := int(binary.LittleEndian.Uint16(f.Body))
		want := sent[number]
		if f.Src != want.src || f.Dst != want.dst || !bytes.Equal(f.Body, want.body) ||
			!f.Dst.IsBroadcast() && f.Dst != e.Station.Addr() || f.Src == e.Station.Addr() {
			t.Fatalf("%+v, script %d: %v heard %+v, sent was %+v", cfg, seed, e.Station.Addr(), f, want)
		}
		if heard[e.Station] == nil {
			heard[e.Station] = make(map[int]int)
		}
		heard[e.Station][number]++
		if heard[e.Station][number] > 2 {
			t.Fatalf("%+v, script %d: %v heard frame %d three times", cfg, seed, e.Station.Addr(), number)
		}
	}
	for range 200 {
		from := stations[rng.IntN(len(stations))]
		to := stations[rng.IntN(len(stations))]
		dst := to.Addr()
		if from == to {
			dst = espnow.Broadcast
		}
		injected := rng.IntN(10) == 0
		hearers := uint64(0)
		for _, s := range stations {
			is := dst.IsBroadcast() || s == to
			if is && injected && s.channel == from.channel || is && !injected && hears(from, s) {
				hearers++
			}
		}
		body := make([]byte, 2+rng.IntN(from.MaxFrame()-1))
		for i := range body {
			body[i] = byte(rng.Uint32())
		}
		binary.LittleEndian.PutUint16(body, uint16(len(sent)))
		src, err := from.Addr(), error(nil)
		if injected {
			src = addr(1000 + rng.IntN(3))
			err = m.Inject(from.Channel(), src, dst, body)
		} else {
			err = from.Send(dst, body)
		}
		if err == nil {
			sent = append(sent, frame{src, dst, body})
			copies += hearers
		}
		now := m.Now() + time.Duration(rng.IntN(int(20*time.Millisecond)))
		for e, ok := m.Poll(now); ok; e, ok = m.Poll(now) {
			tell(e)
		}
	}
	drain(m, tell)
	return m, copies, log.String()
}

func randomConfig(rng *rand.Rand) Config {
	return Config{
		Loss:      rng.Float64(),
		Duplicate: rng.Float64(),
		Reorder:   rng.Float64(),
		Retries:   rng.IntN(maxRetries + 1),
		Rate:      Rate(rng.IntN(int(MCS7) + 1)),
		Seed:      rng.Uint64(),
		Burst:     Burst{rng.Float64(), rng.Float64(), rng.Float64()},
		Delay:     time.Duration(rng.IntN(int(20 * time.Millisecond))),
		NoMemory:  rng.Float64() / 2,
		Path:      []Path{{}, {Reference: -50, Exponent: 3, Floor: -95, Shadowing: 3}}[rng.IntN(2)],

		LostCallbacks: rng.Float64() / 2,
	}
}

func TestDeterminism(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for seed := range uint64(20) {
		cfg := randomConfig(rng)
		_, _, first := random(t, cfg, seed)
		_, _, second := random(t, cfg, seed)
		if first != second {
			t.Fatalf("%+v, script %d: two runs differ", cfg, seed)
		}
		cfg.Loss = .5
		_, _, first = random(t, cfg, seed)
		cfg.Seed++
		if _, _, other := random(t, cfg, seed); first == other {
			t.Fatalf("%+v, script %d: another seed changes nothing", cfg, seed)
		}
	}
}

// Every copy of every frame is accounted for, whatever the air does.
func TestConservation(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	for script := range uint64(50) {
		cfg := randomConfig(rng)
		m, copies, _ := random(t, cfg, script)
		s := m.Stats()
		if s.Delivered+s.Lost+s.TooLong != copies+s.Duplicated {
			t.Errorf("%+v, script %d: %+v do not add up to %d copies", cfg, script, s, copies)
		}
	}
}
