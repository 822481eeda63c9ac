// Package link holds the protocol's machines: the node and the gateway.
//
// They are sans-IO: no goroutine, clock, socket or global. A driver (package host) feeds a machine the frames its radio
// received, the requests of its application and the passing of time, and asks it what to do:
//
//	machine.Handle(now, frame)      a frame arrived
//	machine.Publish(…)              the application asks
//	out, ok := machine.Poll(now)    the next thing to do, until ok is false
//	machine.NextDeadline()          when to call Poll again if nothing else happens
//
// Poll is called after each of the others until it has nothing more to say; only then does the machine let go of what
// it was given. Time is the driver's monotonic clock, as a duration since any fixed moment. A machine is not safe for
// concurrent use.
package link

import (
	"encoding/json"
	"iter"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Frame is one ESP-NOW transmission as a radio received it or is to send it.
type Frame struct {
	Src, Dst espnow.Addr
	RSSI     int8  // dBm; 0 for a frame to send
	Channel  uint8 // 1..14; 0 for a frame to send: the current one
	Body     []byte
}

// Message is one whole message of a node (SPEC.md, section 5).
type Message struct {
	From      espnow.Addr
	Topic     []byte // under the device's own: empty is /device/<mac> itself
	Payload   []byte
	Retain    bool
	Broadcast bool   // sent to everybody, not to this gateway
	Raw       bool   // a foreign frame passed through: no id, no boot, no topic
	RSSI      int8   // dBm, of the frame that completed the message
	Channel   uint8  // of the same frame
	Boot      uint32 // of the node's session; 0 without one
	ID        uint16 // message_id
}

// Output is what a machine wants done: a *[Frame] to be sent, or a *[Message] to be told to the application. What it
// points to is valid until the next call of the machine.
type Output interface{ output() }

func (*Frame) output()   {}
func (*Message) output() {}

// Drops counts what was dropped, by reason.
type Drops [32]uint64

// All yields the reasons that occurred and how often.
func (d *Drops) All() iter.Seq2[espnow.DropReason, uint64] {
	return func(yield func(espnow.DropReason, uint64) bool) {
		for reason, n := range d {
			if n > 0 && !yield(espnow.DropReason(reason), n) {
				return
			}
		}
	}
}

// Total is the sum over all reasons.
func (d *Drops) Total() uint64 {
	var total uint64
	for _, n := range d.All() {
		total += n
	}
	return total
}

// MarshalJSON writes an object: names of the reasons that occurred, and how often.
func (d Drops) MarshalJSON() ([]byte, error) {
	counts := map[string]uint64{}
	for reason, n := range d.All() {
		counts[reason.String()] = n
	}
	return json.Marshal(counts)
}
