package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// kind is a kind of device: what it sends, where and how often.
type kind struct {
	name        string
	topic       string
	retain      bool
	acknowledge bool // it waits until the broker has the message, however long, before it sends another
	every       time.Duration
	payload     func(seed uint64, n uint32) []byte // the n-th message of a device
}

// kinds are given to the devices in turn. The camera is the first, so that a house of one has it.
var kinds = []kind{
	{name: "camera", topic: "picture", every: 2 * time.Second, payload: picture},
	{name: "thermometer", every: time.Second, payload: func(seed uint64, n uint32) []byte {
		return fmt.Appendf(nil, `{"n":%d,"celsius":%.2f}`, n, 18+6*draw(seed, n).Float64())
	}},
	{name: "power meter", topic: "power", acknowledge: true, every: 400 * time.Millisecond, payload: func(seed uint64, n uint32) []byte {
		return fmt.Appendf(nil, `{"n":%d,"watts":%d}`, n, draw(seed, n).IntN(3000))
	}},
	{name: "door", topic: "open", retain: true, acknowledge: true, every: 700 * time.Millisecond, payload: func(seed uint64, n uint32) []byte {
		return fmt.Appendf(nil, `{"n":%d,"open":%t}`, n, draw(seed, n).IntN(2) == 1)
	}},
	{name: "plant", topic: "soil/moisture", every: 1500 * time.Millisecond, payload: func(seed uint64, n uint32) []byte {
		return fmt.Appendf(nil, `{"n":%d,"percent":%d}`, n, draw(seed, n).IntN(101))
	}},
}

// pictureSize is the length of a camera's payload, in bytes.
const pictureSize = 20 << 10

// picture begins with its number, so that whoever receives it knows what the rest should be.
func picture(seed uint64, n uint32) []byte {
	b := make([]byte, pictureSize)
	binary.LittleEndian.PutUint32(b, n)
	r := draw(seed, n)
	for i := 4; i < len(b); i += 4 {
		binary.LittleEndian.PutUint32(b[i:], r.Uint32())
	}
	return b
}

func draw(seed uint64, n uint32) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }

// device is one device of the house.
type device struct {
	kind kind
	addr espnow.Addr
	seed uint64 // of its payloads
	node *host.Node
}

// send publishes until ctx ends; patience ends the wait for what is to be acknowledged. The first message comes at a time of
// the device's own, so that not all speak at once.
func (d *device) send(ctx, patience context.Context, t *tally) error {
	first := time.Duration(draw(d.seed, 0).Int64N(int64(d.kind.every)))
	timer := time.NewTimer(first)
	defer timer.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		timer.Reset(d.kind.every)
		t.sending(d.addr)
		err := d.node.Publish(patience, link.Outgoing{
			Topic: d.kind.topic, Payload: d.kind.payload(d.seed, n), Retain: d.kind.retain, Acknowledge: d.kind.acknowledge,
		})
		switch {
		case patience.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("%s %v: %w", d.kind.name, d.addr, err)
		case d.kind.acknowledge:
			t.acknowledged(d.addr)
		}
	}
}
