package link_test

import (
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// In steady state neither machine allocates for a frame.
func TestAllocations(t *testing.T) {
	topic, now := strings.Repeat("t/", 60)+"t", time.Duration(0)
	body := []byte(publish(0, 0, 0, wire(topic, strings.Repeat("x", 100))))
	var fragments [][]byte
	n := newNode(t, func(c *link.NodeConfig) { c.Gateway = gatewayAddr })
	mustPublish(t, n, link.Outgoing{Topic: topic, Payload: make([]byte, 20<<10)})
	for _, f := range nextFrames(t, n) {
		fragments = append(fragments, f.Body)
	}
	foreign := []byte("Hello")

	for _, c := range []struct {
		name   string
		frames [][]byte
		f      link.Frame
		mode   link.Passthrough
	}{
		{"whole, broadcast", [][]byte{body}, broadcast(nodeA, ""), link.PassUnknown},
		{"20 KB in fragments", fragments, unicast(nodeA, ""), link.PassOff},
		{"passed through", [][]byte{foreign}, broadcast(nodeA, ""), link.PassUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGateway(t, func(cfg *link.GatewayConfig) { cfg.Passthrough, cfg.RecentIDs = c.mode, 100 })
			id, messages := uint16(0), 0
			feed := func() {
				id++
				for _, f := range c.frames {
					if len(f) > len(foreign) {
						f[2], f[3] = byte(id), byte(id>>8)
					}
					c.f.Body = f
					now += time.Millisecond
					g.Handle(now, c.f)
					for _, ok := g.Poll(now); ok; _, ok = g.Poll(now) {
						messages++
					}
					g.NextDeadline()
				}
			}
			for range 300 { // all buffers are there, and the memory of ids is full
				feed()
			}
			if allocs := testing.AllocsPerRun(300, feed); allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
			if messages != 601 {
				t.Errorf("%d messages", messages)
			}
		})
	}
	t.Run("node", func(t *testing.T) {
		mustPublish(t, n, link.Outgoing{Topic: topic, Payload: make([]byte, 20<<10)})
		if allocs := testing.AllocsPerRun(len(fragments)-1, func() { n.Transmit(now) }); allocs != 0 || n.Stats().Queued != 0 {
			t.Errorf("%v allocations, %+v", allocs, n.Stats())
		}
	})
}
