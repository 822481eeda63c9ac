package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Whoever hears a frame is in its audience, which is in the order in which they came; and it has nobody twice.
func TestAudience(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	for _, cfg := range []Config{
		{},
		{Overhear: 1},
		{Path: Path{Reference: -50, Exponent: 3, Floor: -95}},
		{Path: Path{Reference: -50, Exponent: 2, Floor: -70, Shadowing: 3}, Overhear: 1},
		{Path: Path{Reference: -90, Exponent: 4, Floor: -20}},
	} {
		m := newMedium(t, Config{Path: Path{Reference: -50, Exponent: 3, Floor: -60}})
		var on []*Station
		for i := range 2000 {
			if i == 500 {
				if err := m.Configure(cfg); err != nil {
					t.Fatal(err)
				}
			}
			switch act := rng.IntN(10); {
			case act < 4 || len(on) < 2:
				on = append(on, newStation(t, m, i, 250))
				fallthrough
			case act < 6:
				on[rng.IntN(len(on))].Move(rng.NormFloat64()*50, rng.NormFloat64()*50)
			case act < 8:
				mustTune(t, on[rng.IntN(len(on))], uint8(1+rng.IntN(14)))
			case act < 9:
				at := rng.IntN(len(on))
				on[at].Leave()
				on[at].Move(1, 1)
				mustTune(t, on[at], 5)
				on = slices.Delete(on, at, at+1)
			}
			from := on[rng.IntN(len(on))]
			tx := &transmission{from: from, dst: espnow.Broadcast, channel: from.channel}
			audience := slices.Clone(m.audience(tx))
			if !slices.IsSortedFunc(audience, func(a, b *Station) int { return slices.Index(on, a) - slices.Index(on, b) }) {
				t.Fatalf("%+v: the audience is not in the order in which it came", cfg)
			}
			if len(slices.Compact(slices.Clone(audience))) != len(audience) {
				t.Fatalf("%+v: a station is in the audience twice", cfg)
			}
			for _, s := range on {
				if _, heard := m.hears(tx, s); heard && !slices.Contains(audience, s) {
					t.Fatalf("%+v: %+v on channel %d hears %+v on %d, and is not in its audience",
						cfg, s.place, s.channel, from.place, from.channel)
				}
			}
		}
		for _, s := range slices.Clone(on) {
			s.Leave()
		}
		if len(m.grid.cells) != 0 {
			t.Errorf("%+v: cells without stations are left: %d", cfg, len(m.grid.cells))
		}
	}
}

// The audience of a broadcast is those who are near, not all that there are.
func TestAudienceIsNear(t *testing.T) {
	m, nodes := town(t)
	for _, s := range nodes[:100] {
		tx := &transmission{from: s, dst: espnow.Broadcast, channel: s.channel}
		if n := len(m.audience(tx)); n > 150 {
			t.Fatalf("%d of %d stations are asked for a frame that a hundred hear", n, len(nodes))
		}
	}
}

// town is 10,000 stations in 100 houses out of each other's reach, on 3 channels in turns.
func town(t testing.TB) (*Medium, []*Station) {
	cfg := DefaultConfig()
	cfg.Loss = .01
	m := newMedium(t, cfg)
	rng := rand.New(rand.NewPCG(8, 0))
	nodes := make([]*Station, 10_000)
	for i := range nodes {
		house := i % 100
		nodes[i] = newStation(t, m, i, espnow.MaxFrameV2)
		nodes[i].Move(float64(house%10*100)+rng.Float64()*10, float64(house/10*100)+rng.Float64()*10)
		mustTune(t, nodes[i], []uint8{1, 6, 11}[house%3])
	}
	return m, nodes
}

// Every 100 frames come back from the air before the next.
func benchmarkTown(b *testing.B, dst func(nodes []*Station, i int) espnow.Addr) {
	m, nodes := town(b)
	body := make([]byte, 100)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		mustSend(b, nodes[i*7%len(nodes)], dst(nodes, i*7), body)
		if i%100 == 99 {
			drain(m, func(Event) {})
		}
	}
}

func BenchmarkUnicast(b *testing.B) {
	benchmarkTown(b, func(nodes []*Station, i int) espnow.Addr { return nodes[(i+100)%len(nodes)].addr })
}

func BenchmarkBroadcast(b *testing.B) {
	benchmarkTown(b, func([]*Station, int) espnow.Addr { return espnow.Broadcast })
}
