// Package link holds the protocol's machines: the node and the gateway.
//
// They are sans-IO: no goroutine, clock, socket or global. A driver (package host) feeds a machine the frames its radio
// received, the requests of its application and the passing of time, and asks it what happened and what to send:
//
//	machine.Handle(now, frame)             a frame arrived
//	machine.Publish(now, …)                the application asks
//	event, ok := machine.Poll(now)         what happened: after each call of the others, until ok is false
//	frame, ok := machine.Transmit(now)     the next frame to send, whenever the radio is free for one
//	machine.NextDeadline()                 when to call Poll, and then Transmit, if nothing else happens
//
// Poll is called until it has nothing more to say; only then does the machine let go of the frame it was given. Transmit
// is called while the radio has no frame in flight, and what it returns is valid until the next Transmit. Time is the
// driver's monotonic clock, as a duration since any fixed moment, and never goes back. A machine is not safe for
// concurrent use.
package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Frame is one ESP-NOW transmission as a radio received it.
type Frame struct {
	Src, Dst espnow.Addr
	RSSI     int8  // dBm
	Channel  uint8 // 1..14, of the receiver
	Body     []byte
}

// Transmission is one frame to send, and what the radio needs for it. The radio keeps a list of the peers it can send
// to, 20 of them; a machine knows what is on it, and says what to change.
type Transmission struct {
	Channel uint8       // 1..14: tune to it first, and stay there; 0: stay where the radio is
	Remove  espnow.Addr // take this peer off the radio's list first; zero: none
	Add     bool        // put Dst on the radio's list first
	Dst     espnow.Addr
	Body    []byte
}

// Event is what a machine tells its application: a *[Message], *[Result], *[Connection] (of a node) or *[Presence] (of a
// gateway). What it points to is valid until the next call of the machine.
type Event interface{ event() }

func (*Message) event()    {}
func (*Result) event()     {}
func (*Connection) event() {}
func (*Presence) event()   {}

// Message is one whole message that arrived (SPEC.md, section 5): of a node, or the gateway's to a node.
type Message struct {
	From      espnow.Addr
	Topic     []byte // of a node: under the device's own, empty is /device/<mac> itself; to a node: empty is what came by $set, else the full topic
	Payload   []byte
	Retain    bool
	Broadcast bool   // sent to everybody, not to this station
	Raw       bool   // a foreign frame passed through: no id, no boot, no topic
	RSSI      int8   // dBm, of the frame that completed the message
	Channel   uint8  // of the same frame
	Boot      uint32 // of the sender, random at each of its starts; 0 without a session
	ID        uint16 // message_id

	// Receipt is what a gateway's application gives back by [Gateway.Accept] once it has taken responsibility for the
	// message: only then is it acknowledged to the node. The zero Receipt: the node asks for no acknowledgement.
	Receipt Receipt
}

// Receipt names a message that waits for [Gateway.Accept] or [Gateway.Refuse].
type Receipt struct {
	Source uint64
	ID     uint16
}

// Ticket names a message that a machine was asked to send, among those of the same machine.
type Ticket uint32

// Outgoing is a message that a machine is asked to send.
type Outgoing struct {
	Topic   string // of a node: under the device's own, empty is /device/<mac> itself; to a node: empty, or the full topic
	Payload []byte
	Retain  bool
	// Acknowledge asks for a [Result]: the message is repeated until the other side says that somebody has taken
	// responsibility for it, or that nobody ever will, and it is never dropped before.
	Acknowledge bool
}

// Result tells what became of a message that was to be acknowledged; each has exactly one.
type Result struct {
	Ticket Ticket
	To     espnow.Addr // the gateway or node
	// Err is nil if somebody has taken responsibility for the message. It wraps a frag.StatusError if the other side
	// will never take it, [ErrTooLarge] if the other side said so when it joined, [ErrExpired], or [ErrDenied].
	Err error
}

// Errors of requests and results that callers branch on.
var (
	// ErrTooLarge: the message can never be sent, for it is longer than the queue here or the receiver there takes.
	ErrTooLarge = errors.New("message too large")
	// ErrFull: there is no room. Try again when a message has gone.
	ErrFull = errors.New("queue full")
	// ErrExpired: the node did not fetch its mail in time.
	ErrExpired = errors.New("mail expired")
	// ErrDenied: the node is on the deny-list.
	ErrDenied = errors.New("device denied")
	// ErrElsewhere: another gateway holds the node, so its mail here is void.
	ErrElsewhere = errors.New("node at another gateway")
	// ErrNoSession: a node without sessions has nobody to acknowledge its messages.
	ErrNoSession = errors.New("no acknowledgement without a session")
)

// Connection tells that a node has got a session, or lost the one it had.
type Connection struct {
	Up      bool
	Gateway espnow.Addr
	Channel uint8
	RSSI    int8   // dBm, of the gateway's answer
	Boot    uint32 // of the gateway
	Reason  Reason // why it is down; ReasonNone for one that is up
}

// Presence tells that a node has joined this gateway, or left it. A node that joins anew without a restart is not told:
// it never left.
type Presence struct {
	Addr    espnow.Addr
	Present bool
	Reason  Reason // why it left; ReasonNone for one that joined
	Boot    uint32 // of the node
	RSSI    int8   // dBm, of the last frame
	Channel uint8
	Sleepy  bool // it sleeps between messages
}

// Reason says why a session ended.
type Reason uint8

// Reasons. The first ones are those of DISCONNECT plus 1.
const (
	ReasonNone      Reason = 0
	ReasonNormal    Reason = 1  // the other side said goodbye
	ReasonUnknown   Reason = 2  // the gateway does not know the session: it has restarted
	ReasonDenied    Reason = 3  // the node is on the deny-list
	ReasonShutdown  Reason = 4  // the gateway stops
	ReasonSilent    Reason = 5  // nothing was heard for too long
	ReasonElsewhere Reason = 6  // another gateway holds the node
	ReasonEvicted   Reason = 7  // silent for too long, and its place was needed
	ReasonRestarted Reason = 8  // the node joined anew after a restart
	ReasonSpent     Reason = 9  // the session's key has made all the packets it may
	ReasonVersion   Reason = 10 // no gateway speaks the node's version of the wire
	ReasonExtension Reason = 11 // no gateway knows an extension that the node insists on
)

var reasonNames = [...]string{"", "normal", "unknown session", "denied", "shutdown", "silent", "elsewhere", "evicted", "restarted", "key spent", "version", "extension"}

// String names the reason; that of none is empty.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// MarshalText returns the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Drops counts what was dropped, by reason.
type Drops [48]uint64

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
