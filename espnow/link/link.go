// Package link holds the protocol's machines: the node and the gateway.
//
// They are sans-IO: no goroutine, clock, socket or global. A driver (package host) feeds a machine the frames its radio
// received, the requests of its application and the passing of time, and asks it what to do:
//
//	machine.Handle(now, frame)       a frame arrived
//	machine.Publish(...)             the application asks
//	for out := machine.Poll(now); …  frames to send and events to tell
//	machine.NextDeadline()           when to call Poll again if nothing else happens
//
// Time is the driver's monotonic clock, as a duration since any fixed moment. A machine is not safe for concurrent use:
// one goroutine owns it.
package link

import "github.com/esp-now-network/esp-now-network/espnow"

// Frame is one ESP-NOW transmission as a radio received it or is to send it.
type Frame struct {
	Src, Dst espnow.Addr
	RSSI     int8  // dBm; 0 for a frame to send
	Channel  uint8 // 1..14; 0 for a frame to send: the current one
	Body     []byte
}

// Message is one whole message of a node (SPEC.md, section 5). Topic and Payload are valid until the next call of the
// machine that gave it.
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
