package link_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// air is what happens to frames between nodes and a gateway.
type air struct {
	lose, repeat float64 // probabilities
	overtake     int     // how many places a frame may be late
}

// travel returns the frames that arrive, in the order in which they do.
func (a air) travel(r *rand.Rand, frames []link.Frame) []link.Frame {
	places := make([][]link.Frame, len(frames)+a.overtake)
	put := func(i int) {
		i, f := i+r.IntN(a.overtake+1), frames[i]
		places[i] = append(places[i], f)
	}
	for i := range frames {
		if r.Float64() < a.lose {
			continue
		}
		put(i)
		for r.Float64() < a.repeat {
			put(i)
		}
	}
	return slices.Concat(places...)
}

// through sends messages of the given lengths from three nodes through air to a gateway. What arrives must be equal to
// what was sent, each message at most once; it returns how many did not arrive.
func through(t testing.TB, a air, sizes []int, seed uint64) (missing int, fault string) {
	r := rand.New(rand.NewPCG(seed, 0))
	nodes := []*link.Node{
		newNode(t, func(c *link.NodeConfig) { c.Random = firstID(uint16(r.Uint32())) }),
		newNode(t, func(c *link.NodeConfig) {
			c.Random, c.Addr, c.Gateway, c.MaxFrame = firstID(65534), nodeB, gatewayAddr, 1470
		}),
		newNode(t, func(c *link.NodeConfig) { c.Random, c.Addr, c.Gateway = firstID(65534), espnow.Addr{2}, gatewayAddr }),
	}
	type name struct {
		from espnow.Addr
		id   uint16
	}
	sent := map[name]told{}
	var frames []link.Frame
	for i, size := range sizes {
		m := link.Outgoing{Topic: []string{"", "t", "a/b/c"}[r.IntN(3)], Payload: make([]byte, size), Retain: r.IntN(2) == 0}
		for j := range m.Payload {
			m.Payload[j] = byte(r.Uint32())
		}
		n := nodes[i%len(nodes)]
		mustPublish(t, n, m)
		of := nextFrames(t, n)
		frames = append(frames, of...)
		id := uint16(of[0].Body[2]) | uint16(of[0].Body[3])<<8
		sent[name{of[0].Src, id}] = told{
			From: of[0].Src, Topic: m.Topic, Payload: string(m.Payload), Retain: m.Retain,
			Broadcast: of[0].Dst.IsBroadcast(), ID: id,
		}
	}
	if len(sent) != len(sizes) {
		return 0, fmt.Sprintf("%d names for %d messages", len(sent), len(sizes))
	}
	g := newGateway(t, func(c *link.GatewayConfig) { c.Fragments.SourceMessages = 64 })
	for i, f := range a.travel(r, frames) {
		for _, m := range handle(t, g, time.Duration(i)*time.Millisecond, f) {
			key := name{m.From, m.ID}
			want, ok := sent[key]
			switch {
			case !ok:
				return 0, fmt.Sprintf("message %d of %v is not one that was sent, or came twice", m.ID, m.From)
			case m != want:
				return 0, fmt.Sprintf("message %d of %v, %d bytes, came as %+v", m.ID, m.From, len(want.Payload), m)
			}
			delete(sent, key)
		}
	}
	return len(sent), ""
}

func TestWhatArrivesIsWhatWasSent(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 150
	properties := gopter.NewProperties(parameters)
	sizes := gen.SliceOf(gen.IntRange(0, 2000)) // in 1 to 9 frames
	// RecentFor is 10 s and frames are 1 ms apart: no repeat is later than that.
	properties.Property("with loss", prop.ForAll(
		func(sizes []int, lose, repeat float64, overtake int, seed uint64) string {
			_, fault := through(t, air{lose, repeat, overtake}, sizes, seed)
			return fault
		},
		sizes, gen.Float64Range(0, 0.5), gen.Float64Range(0, 0.5), gen.IntRange(0, 100), gen.UInt64(),
	))
	properties.Property("without loss all arrive", prop.ForAll(
		func(sizes []int, repeat float64, overtake int, seed uint64) string {
			missing, fault := through(t, air{0, repeat, overtake}, sizes, seed)
			if missing > 0 {
				return fmt.Sprintf("%d of %d messages are missing", missing, len(sizes))
			}
			return fault
		},
		sizes, gen.Float64Range(0, 0.5), gen.IntRange(0, 40), gen.UInt64(),
	))
	properties.TestingRun(t)
}
