//go:build !race

package bridge

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// The race detector makes sync.Pool forget at random, so this test is without it.

// TestDeliverAllocations wants a bridge without a broker to take messages for nothing, once its queue is full.
func TestDeliverAllocations(t *testing.T) {
	b := &Bridge{
		encoder: encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr, qos: 1},
		wake:    make(chan struct{}, 1),
		queue:   newQueue(10, DefaultQueueBytes),
	}
	b.dropping = true // so that the first is not logged
	in := link.Message{From: nodeAddr, Topic: []byte("kitchen"), Payload: make([]byte, 200)}
	now := time.Now()
	for range 20 {
		b.Deliver(in, now)
	}
	if n := testing.AllocsPerRun(1000, func() { b.Deliver(in, now) }); n >= 1 {
		t.Errorf("%v allocations a message", n)
	}
}
