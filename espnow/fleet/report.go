package fleet

import (
	"fmt"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// Counts are what the applications and the drivers of a fleet have seen.
type Counts struct {
	Published     uint64 `json:"published"`     // by nodes
	Refused       uint64 `json:"refused"`       // by their machines, for want of room
	Acknowledged  uint64 `json:"acknowledged"`  // results that say yes
	Failed        uint64 `json:"failed"`        // results that say no
	Delivered     uint64 `json:"delivered"`     // messages told to an application of a gateway, each once
	Duplicates    uint64 `json:"duplicates"`    // told again: after a gateway's restart, or by another gateway
	Connections   uint64 `json:"connections"`   // sessions that nodes were told of
	Wakes         uint64 `json:"wakes"`         // from deep sleep, with its memory
	LostSnapshots uint64 `json:"lostSnapshots"` // refused by the machine at a wake
	Frames        uint64 `json:"frames"`        // handed to radios
	SendErrors    uint64 `json:"sendErrors"`    // frames that a radio did not take
	LostCallbacks uint64 `json:"lostCallbacks"` // send callbacks that did not come in time
	Overruns      uint64 `json:"overruns"`      // frames that found the queue of a device full

	Down DownCounts `json:"down"`
}

// DownCounts are of messages from gateways to nodes.
type DownCounts struct {
	Published    uint64 `json:"published"`
	Refused      uint64 `json:"refused"`
	Acknowledged uint64 `json:"acknowledged"`
	Failed       uint64 `json:"failed"`
	Delivered    uint64 `json:"delivered"`
	Duplicates   uint64 `json:"duplicates"` // told again after a restart of the node
}

// MachineCounts are sums over the machines of a fleet, those included that a loss of power has ended.
type MachineCounts struct {
	Searches     uint64     `json:"searches"`     // answered by gateways
	Joins        uint64     `json:"joins"`        // accepted
	Busy         uint64     `json:"busy"`         // joins told to come later
	Resent       uint64     `json:"resent"`       // parts of nodes' messages that were sent again
	KeyExchanges uint64     `json:"keyExchanges"` // X25519 operations of gateways and nodes
	NodeDrops    link.Drops `json:"nodeDrops"`
	GatewayDrops link.Drops `json:"gatewayDrops"`
}

func (c *MachineCounts) addNode(s link.NodeStats) {
	c.Resent += s.Resent
	c.KeyExchanges += s.KeyExchanges
	addDrops(&c.NodeDrops, &s.Drops)
}

func (c *MachineCounts) addGateway(s link.GatewayStats) {
	c.Searches += s.Searches
	c.Joins += s.Joins
	c.Busy += s.Busy
	c.KeyExchanges += s.KeyExchanges
	addDrops(&c.GatewayDrops, &s.Drops)
}

func addDrops(sum, more *link.Drops) {
	for reason, n := range more {
		sum[reason] += n
	}
}

// Latency tells how long it took from a node's application to that of a gateway.
type Latency struct {
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
}

// Report is what a run has come to. Durations are in nanoseconds.
type Report struct {
	Seed     uint64        `json:"seed"`
	Time     time.Duration `json:"time"` // virtual
	Nodes    int           `json:"nodes"`
	Gateways int           `json:"gateways"`
	Counts
	Machines MachineCounts `json:"machines"`
	Air      sim.Stats     `json:"air"`

	// Efficiency is the airtime that the bits of all payloads delivered take at the rate, each once, over the airtime that
	// was used.
	Efficiency float64           `json:"efficiency"`
	Latency    Latency           `json:"latency"`
	Connected  int               `json:"connected"` // nodes, at the end
	Living     int               `json:"living"`
	Owed       int               `json:"owed"`   // results that are still to come
	Checks     map[string]uint64 `json:"checks"` // how often each invariant was checked, and held
	Trace      string            `json:"trace"`  // runs with the same one were the same
}

// Report sums up the run so far.
func (f *Fleet) Report() Report {
	r := Report{
		Seed: f.cfg.Seed, Time: f.clock.now, Nodes: len(f.nodes), Gateways: len(f.gateways), Counts: f.counts, Machines: f.past,
		Air: f.medium.Stats(), Connected: f.connected, Living: f.living, Owed: f.owed + f.owedDown,
		Checks: map[string]uint64{}, Trace: fmt.Sprintf("%016x", uint64(f.trace)),
	}
	for _, n := range f.nodes {
		if n.link != nil {
			r.Machines.addNode(n.link.Stats())
		}
	}
	for _, g := range f.gateways {
		if g.link != nil {
			r.Machines.addGateway(g.link.Stats())
		}
	}
	if r.Air.Airtime > 0 {
		const n = 240 // bytes, all within one vendor element
		rate := f.cfg.Medium.Rate
		perByte := float64(rate.Airtime(1+n, false, 0)-rate.Airtime(1, false, 0)) / n
		r.Efficiency = perByte * float64(f.payload) / float64(r.Air.Airtime)
	}
	for i, n := range f.checks {
		r.Checks[Invariant(i).String()] = n
	}
	sorted := slices.Sorted(slices.Values(f.latencies))
	if last := len(sorted) - 1; last >= 0 {
		r.Latency = Latency{sorted[last/2], sorted[last*9/10], sorted[last*99/100], sorted[last]}
	}
	return r
}
