package link

import (
	"fmt"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// Passthrough says what a gateway of an open network does with frames that are none of this protocol's (SPEC.md,
// section 7).
type Passthrough uint8

// The choices of passthrough.
const (
	PassOff     Passthrough = 0 // drop and count them
	PassUnknown Passthrough = 1 // forward broadcasts that are not this protocol's to their last byte
	PassAll     Passthrough = 2 // forward every frame as it is, this protocol's too
)

var passthroughNames = [...]string{"off", "unknown", "all"}

// ParsePassthrough reads "off", "unknown" or "all".
func ParsePassthrough(s string) (Passthrough, error) {
	for p, name := range passthroughNames {
		if s == name {
			return Passthrough(p), nil
		}
	}
	return 0, fmt.Errorf("passthrough %q: want off, unknown or all", s)
}

// String returns the form that [ParsePassthrough] reads.
func (p Passthrough) String() string {
	if int(p) < len(passthroughNames) {
		return passthroughNames[p]
	}
	return fmt.Sprintf("passthrough %d", uint8(p))
}

// ours reports whether a broadcast frame is, to its last byte, packets of this protocol that may be broadcast.
func (g *Gateway) ours(body []byte) bool {
	w := espnow.Walk(body)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		if p, err := g.decoder.Decode(raw); err != nil || !p.Broadcast() {
			return false
		}
	}
	return w.Err() == nil && len(body) > 0
}

// plainPublish takes a message or a part of one from a node without a session, on an open network.
func (g *Gateway) plainPublish(now time.Duration, p *espnow.Publish) bool {
	key := frag.Key{Source: source(g.frame.Src, g.frame.Dst.IsBroadcast()), ID: p.MessageID}
	if g.recent.seen(now, key) {
		g.drop(espnow.DropReasonDuplicate)
		return false
	}
	whole, retain := p.Data, p.Flags&espnow.PublishRetain != 0
	if p.Flags&espnow.PublishFragment != 0 {
		message, done, _, err := g.inbox.parts.Push(now, key, frag.Part{
			Offset: p.Offset, Data: p.Data, More: p.Flags&espnow.PublishMore != 0, Mark: retain,
		}, false)
		if err != nil {
			g.drop(fragmentReason(err))
		}
		if !done {
			return false
		}
		whole, retain = message.Data, message.Mark
		g.inbox.parts.Accept(key) // nobody is to be told
	}
	var m espnow.Message
	if _, err := m.Decode(whole); err != nil {
		g.drop(espnow.DropReasonBadMessage)
		return false
	}
	if espnow.CheckTopic(m.Topic) != nil {
		g.drop(espnow.DropReasonBadTopic)
		return false
	}
	g.recent.add(now, key)
	g.message = Message{
		From: g.frame.Src, Topic: m.Topic, Payload: m.Payload, Retain: retain, Broadcast: g.frame.Dst.IsBroadcast(),
		RSSI: g.frame.RSSI, Channel: g.frame.Channel, ID: p.MessageID,
	}
	return true
}

// source numbers a sender. What it broadcasts has a memory of its own (SPEC.md, section 5).
func source(a espnow.Addr, broadcast bool) uint64 {
	var n uint64
	for _, octet := range a {
		n = n<<8 | uint64(octet)
	}
	if broadcast {
		n |= 1 << 48
	}
	return n
}
