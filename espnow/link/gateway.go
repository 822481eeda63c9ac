package link

import (
	"crypto/rand"
	"fmt"
	"io"
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

// GatewayConfig configures a [Gateway].
type GatewayConfig struct {
	Addr     espnow.Addr // the gateway's own
	Channel  uint8       // 1..14, that its radio is on
	Keys     Keyring     // of a secure network; empty: the network is open
	Random   io.Reader   // crypto/rand's Reader, outside of tests
	MaxFrame int         // bytes, of the radio: 250..1470

	Sessions    int           // how many nodes can be joined at once, 1..10000
	Peers       int           // the length of the radio's list of peers, broadcast included: 2..20
	KeepAlive   time.Duration // for nodes that ask for none, 1 s..65535 s
	JoinEvery   time.Duration // how long a join keeps the gateway busy: nodes told to come later are told times so far apart
	Mail        MailLimits
	Fragments   frag.Limits // of messages to the gateway
	RecentIDs   int         // how many messages of nodes without a session are remembered to know a repeat; at least 1
	RecentFor   time.Duration
	Passthrough Passthrough // of an open network

	// Sealed is as that of [NodeConfig].
	Sealed func(key [8]byte, counter uint32)
}

// MailLimits bound what a gateway keeps for nodes.
type MailLimits struct {
	NodeMessages int // for one node, at least 1
	NodeBytes    int // topics included, at least 1
	Bytes        int // for all; at least NodeBytes
	Keep         time.Duration
}

// DefaultGatewayConfig returns the configuration of a gateway of an open network with memory to spare. 16,384 ids in 10 s
// are more than a channel at 1 Mbps can carry.
func DefaultGatewayConfig(addr espnow.Addr) GatewayConfig {
	return GatewayConfig{
		Addr: addr, Channel: 1, Random: rand.Reader, MaxFrame: espnow.MaxFrameV1,
		Sessions: 256, Peers: 20, KeepAlive: time.Minute, JoinEvery: 100 * time.Millisecond,
		Mail:      MailLimits{NodeMessages: 16, NodeBytes: 64 << 10, Bytes: 16 << 20, Keep: 24 * time.Hour},
		Fragments: frag.DefaultLimits(), RecentIDs: 16384, RecentFor: 10 * time.Second,
	}
}

// GatewayStats are what a gateway counts from its start.
type GatewayStats struct {
	Frames   uint64 `json:"frames"`
	Packets  uint64 `json:"packets"`  // that decoded
	Messages uint64 `json:"messages"` // told, those passed through apart
	Raw      uint64 `json:"raw"`      // frames passed through
	Partial  int    `json:"partial"`  // messages of which parts are missing now
	Held     int    `json:"held"`     // bytes of buffers for them, spare ones included
	Drops    Drops  `json:"drops"`
}

// Gateway is the gateway's machine, of an open network: it takes PUBLISH from nodes without a session, by broadcast and
// by unicast, whole and in fragments.
//
// Invariants: a frame changes nothing but a counter unless it carries a PUBLISH; a message is told once for each
// (sender, broadcast or not, id) within RecentFor, unless RecentIDs others came since; memory stays within the limits
// of the configuration; what is dropped is counted once, under its reason.
type Gateway struct {
	cfg     GatewayConfig
	parts   *frag.Reassembler
	recent  recent
	stats   GatewayStats
	decoder espnow.Decoder
	message Message

	frame Frame // what Handle was given
	walk  espnow.Walker
	raw   bool // the frame is to be passed through
}

// NewGateway returns a gateway; the error names a setting that is out of range.
func NewGateway(cfg GatewayConfig) (*Gateway, error) {
	switch {
	case cfg.Addr.IsGroup() || cfg.Addr == espnow.Addr{}:
		return nil, fmt.Errorf("gateway address %v: want that of one station", cfg.Addr)
	case int(cfg.Passthrough) >= len(passthroughNames):
		return nil, fmt.Errorf("%v: want off, unknown or all", cfg.Passthrough)
	case cfg.RecentIDs < 1:
		return nil, fmt.Errorf("RecentIDs %d: want at least 1", cfg.RecentIDs)
	case cfg.RecentFor <= 0:
		return nil, fmt.Errorf("RecentFor %v: want more than 0", cfg.RecentFor)
	}
	parts, err := frag.NewReassembler(cfg.Fragments)
	if err != nil {
		return nil, err
	}
	return &Gateway{cfg: cfg, parts: parts, recent: newRecent(cfg.RecentIDs, cfg.RecentFor)}, nil
}

// Handle takes a frame that arrived. Its body is viewed until Poll has nothing more to say.
func (g *Gateway) Handle(_ time.Duration, f Frame) {
	g.stats.Frames++
	g.frame, g.walk, g.raw = f, espnow.Walker{}, false
	switch {
	case f.Src.IsGroup() || f.Src == g.cfg.Addr || f.Dst != g.cfg.Addr && !f.Dst.IsBroadcast():
		g.drop(espnow.DropReasonWrongAddress)
	case f.Dst.IsBroadcast() && len(f.Body) > espnow.MaxFrameV1 || len(f.Body) > espnow.MaxFrameV2:
		g.drop(espnow.DropReasonFrameTooLong)
	case g.cfg.Passthrough == PassAll || g.cfg.Passthrough == PassUnknown && f.Dst.IsBroadcast() && !g.ours(f.Body):
		g.raw = true
	default:
		g.walk = espnow.Walk(f.Body)
	}
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

// Poll returns the next thing that happened. The event is valid until the next call.
func (g *Gateway) Poll(now time.Duration) (Event, bool) {
	g.parts.Expire(now)
	if g.raw {
		g.raw = false
		g.stats.Raw++
		g.message = Message{
			From: g.frame.Src, Payload: g.frame.Body, Raw: true, Broadcast: g.frame.Dst.IsBroadcast(),
			RSSI: g.frame.RSSI, Channel: g.frame.Channel,
		}
		return &g.message, true
	}
	for raw, ok := g.walk.Next(); ok; raw, ok = g.walk.Next() {
		if g.packet(now, raw) {
			g.stats.Messages++
			return &g.message, true
		}
	}
	if err := g.walk.Err(); err != nil {
		g.drop(espnow.Reason(err))
	}
	g.walk, g.frame = espnow.Walker{}, Frame{}
	return nil, false
}

// Transmit reports that there is nothing to send.
func (g *Gateway) Transmit(time.Duration) (*Transmission, bool) { return nil, false }

// NextDeadline tells when to call Poll next if no frame comes before; false: nothing waits.
func (g *Gateway) NextDeadline() (time.Duration, bool) { return g.parts.NextDeadline() }

// Stats returns the counters as they are.
func (g *Gateway) Stats() GatewayStats {
	s, parts := g.stats, g.parts.Stats()
	s.Partial, s.Held = parts.Partial, parts.Bytes
	s.Drops[espnow.DropReasonDuplicate] += parts.Duplicates
	s.Drops[espnow.DropReasonExpired] += parts.Expired
	return s
}

func (g *Gateway) drop(r espnow.DropReason) { g.stats.Drops[r]++ }

// packet takes one packet and reports whether g.message is complete with it.
func (g *Gateway) packet(now time.Duration, raw espnow.RawPacket) bool {
	p, err := g.decoder.Decode(raw)
	if err != nil {
		g.drop(espnow.Reason(err))
		return false
	}
	g.stats.Packets++
	publish, ok := p.(*espnow.Publish)
	if !ok {
		g.drop(g.refusal(p))
		return false
	}
	return g.publish(now, publish)
}

// refusal returns why a packet other than PUBLISH is dropped.
func (g *Gateway) refusal(p espnow.Packet) espnow.DropReason {
	switch {
	case !up(p):
		return espnow.DropReasonWrongDirection
	case g.frame.Dst.IsBroadcast() && !p.Broadcast():
		return espnow.DropReasonWrongAddress
	}
	switch p := p.(type) {
	case *espnow.Sealed:
		return espnow.DropReasonSealedOnOpen
	case *espnow.Connect:
		if p.Flags&espnow.ConnectSecure != 0 {
			return espnow.DropReasonSealedOnOpen
		}
		return espnow.DropReasonUnserved
	}
	return espnow.DropReasonNoSession
}

// up reports whether a node may send p: not what the type alone tells, for a reset is a gateway's word.
func up(p espnow.Packet) bool {
	d, ok := p.(*espnow.Disconnect)
	return p.Type().Up() && (!ok || d.Flags&espnow.DisconnectReset == 0)
}

// publish takes a message or a part of one from a node without a session.
func (g *Gateway) publish(now time.Duration, p *espnow.Publish) bool {
	key := frag.Key{Source: source(g.frame.Src, g.frame.Dst.IsBroadcast()), ID: p.MessageID}
	if g.recent.seen(now, key) {
		g.drop(espnow.DropReasonDuplicate)
		return false
	}
	whole, retain := p.Data, p.Flags&espnow.PublishRetain != 0
	if p.Flags&espnow.PublishFragment != 0 {
		message, done, err := g.parts.Push(now, key, frag.Part{
			Offset: p.Offset, Data: p.Data, More: p.Flags&espnow.PublishMore != 0, Mark: retain,
		})
		if err != nil {
			g.drop(fragmentReason(err))
		}
		if !done {
			return false
		}
		whole, retain = message.Data, message.Mark
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
