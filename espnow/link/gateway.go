package link

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// GatewayConfig configures a [Gateway].
type GatewayConfig struct {
	Addr     espnow.Addr // the gateway's own
	Channel  uint8       // 1..14, that its radio is on
	Keys     Keyring     // of a secure network; empty: the network is open
	Random   io.Reader   // crypto/rand's Reader, outside of tests
	MaxFrame int         // bytes, of the radio: 250..1470

	Sessions    int           // how many nodes can be joined at once, 1..10000
	Peers       int           // the length of the radio's list of peers, broadcast included: 3..20
	KeepAlive   time.Duration // for nodes that ask for none, 1 s..65535 s
	JoinEvery   time.Duration // how far apart joins are taken: longer than one keeps the gateway busy, for it hears nobody meanwhile
	Mail        MailLimits
	Fragments   frag.Limits // of messages to the gateway
	RecentIDs   int         // how many messages of nodes without a session are remembered to know a repeat; at least 1
	RecentFor   time.Duration
	Passthrough Passthrough // of an open network

	// Sealed is as that of [NodeConfig].
	Sealed func(key [8]byte, counter uint32)

	isSecure bool // there was a key at the start: a network does not become open because its last key goes
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
		Sessions: 256, Peers: 20, KeepAlive: time.Minute, JoinEvery: 150 * time.Millisecond,
		Mail:      MailLimits{NodeMessages: 16, NodeBytes: 64 << 10, Bytes: 16 << 20, Keep: 24 * time.Hour},
		Fragments: frag.DefaultLimits(), RecentIDs: 16384, RecentFor: 10 * time.Second,
	}
}

// Gateway is the gateway's machine. It gives sessions to nodes that join, and on open networks takes messages of nodes
// without one too.
//
// Invariants: what fails to parse, fails its proof or its tag, or is a replay changes nothing but a counter, and what is
// dropped is counted once, under its reason; a node's session, mail and presence stay as they are until the first packet of
// a new session; a message is told once for each (node, boot, id) that is remembered; memory stays within the limits of the
// configuration; no answer that an outsider can bring about goes without a token.
type Gateway struct {
	cfg   GatewayConfig
	boot  uint32
	stats GatewayStats
	unix  time.Duration // time since 1970 minus the driver's clock; 0: unknown

	door   door
	inbox  *inbox
	recent recent[frag.Key] // of nodes without a session
	denied map[espnow.Addr]struct{}

	peers     map[espnow.Addr]*peer
	sources   map[uint64]*peer // by that of their sender
	sessions  int              // how many of the peers have one
	forgotten uint32           // peers
	mail      int              // bytes of all outboxes
	ticket    Ticket
	timers    timers
	ready     []*peer // those that may have something to send, the next first
	replied   bool    // the last frame was for somebody without a session
	radio     peers

	// What Handle was given, and how far Poll has come with it.
	frame  Frame
	walk   espnow.Walker
	inner  espnow.Walker // of a SEALED packet
	from   *peer         // whose packets the inner ones are
	raw    bool          // the frame is to be passed through
	opened [espnow.MaxFrameV2]byte

	decoder espnow.Decoder
	message Message
	notices notices
	out     Transmission
	body    []byte
	bitmap  [8]byte
}

// NewGateway returns a gateway; the error names a setting that is out of range.
func NewGateway(cfg GatewayConfig) (*Gateway, error) {
	cfg.Keys = cfg.Keys.clone()
	cfg.isSecure = len(cfg.Keys.keys) > 0
	if err := cfg.check(); err != nil {
		return nil, err
	}
	inbox, err := newInbox(cfg.Fragments)
	if err != nil {
		return nil, err
	}
	var boot [4]byte
	if _, err := io.ReadFull(cfg.Random, boot[:]); err != nil {
		return nil, fmt.Errorf("random bytes for the boot: %w", err)
	}
	door, err := newDoor(cfg.Random)
	if err != nil {
		return nil, err
	}
	return &Gateway{
		cfg: cfg, boot: binary.LittleEndian.Uint32(boot[:]), door: door, inbox: inbox, recent: newRecent[frag.Key](cfg.RecentIDs, cfg.RecentFor),
		denied: map[espnow.Addr]struct{}{}, peers: map[espnow.Addr]*peer{}, sources: map[uint64]*peer{},
		radio: newPeers(cfg.Peers), body: make([]byte, 0, espnow.MaxFrameV2),
	}, nil
}

func (c *GatewayConfig) check() error {
	switch {
	case c.Addr.IsGroup() || c.Addr == espnow.Addr{}:
		return fmt.Errorf("gateway address %v: want that of one station", c.Addr)
	case c.Channel < 1 || c.Channel > maxChannel:
		return fmt.Errorf("gateway: Channel %d: want 1 to %d", c.Channel, maxChannel)
	case c.Random == nil:
		return errors.New("gateway: Random is nil: want crypto/rand's Reader")
	case c.MaxFrame < espnow.MaxFrameV1 || c.MaxFrame > espnow.MaxFrameV2:
		return fmt.Errorf("MaxFrame %d: want %d to %d bytes", c.MaxFrame, espnow.MaxFrameV1, espnow.MaxFrameV2)
	case c.Sessions < 1 || c.Sessions > maxSessions:
		return fmt.Errorf("gateway: Sessions %d: want 1 to %d", c.Sessions, maxSessions)
	case c.Peers < minRadioPeers || c.Peers > maxRadioPeers:
		return fmt.Errorf("gateway: Peers %d: want %d to %d", c.Peers, minRadioPeers, maxRadioPeers)
	case c.KeepAlive < time.Second || c.KeepAlive > maxKeepAlive:
		return fmt.Errorf("KeepAlive %v: want 1 s to %v", c.KeepAlive, maxKeepAlive)
	case c.JoinEvery < 0 || c.JoinEvery > maxJoinEvery:
		return fmt.Errorf("JoinEvery %v: want 0 to %v", c.JoinEvery, maxJoinEvery)
	case c.Mail.NodeMessages < 1 || c.Mail.NodeBytes < 1 || c.Mail.Bytes < c.Mail.NodeBytes:
		return fmt.Errorf("gateway: Mail %+v: want at least 1 message and byte for a node, and as many bytes for all", c.Mail)
	case c.Mail.Keep <= 0:
		return fmt.Errorf("Mail.Keep %v: want more than 0", c.Mail.Keep)
	case int(c.Passthrough) >= len(passthroughNames):
		return fmt.Errorf("%v: want off, unknown or all", c.Passthrough)
	case c.Passthrough != PassOff && c.secure():
		return fmt.Errorf("Passthrough %v: a secure network passes nothing through that is not proven", c.Passthrough)
	case c.RecentIDs < 1:
		return fmt.Errorf("RecentIDs %d: want at least 1", c.RecentIDs)
	case c.RecentFor <= 0:
		return fmt.Errorf("RecentFor %v: want more than 0", c.RecentFor)
	}
	return nil
}

func (c *GatewayConfig) secure() bool { return c.isSecure }

// Limits of settings.
const (
	maxChannel    = 14
	maxSessions   = 10000
	minRadioPeers = 3 // broadcast, the peer in flight, and one that may go
	maxKeepAlive  = 65535 * time.Second
	maxJoinEvery  = 10 * time.Second
)

// Handle takes a frame that arrived. Its body is viewed until Poll has nothing more to say.
func (g *Gateway) Handle(_ time.Duration, f Frame) {
	g.stats.Frames++
	g.frame, g.walk, g.inner, g.from, g.raw = f, espnow.Walker{}, espnow.Walker{}, nil, false
	switch {
	case f.Src.IsGroup() || f.Src == g.cfg.Addr || f.Dst != g.cfg.Addr && !f.Dst.IsBroadcast():
		g.drop(espnow.DropReasonWrongAddress)
	case f.Dst.IsBroadcast() && len(f.Body) > espnow.MaxFrameV1 || len(f.Body) > espnow.MaxFrameV2:
		g.drop(espnow.DropReasonFrameTooLong)
	case g.cfg.Passthrough == PassAll || g.cfg.Passthrough == PassUnknown && f.Dst.IsBroadcast() && !g.ours(f.Body):
		if g.raw = !g.isDenied(f.Src); !g.raw {
			g.drop(espnow.DropReasonDenied)
		}
	default:
		g.walk = espnow.Walk(f.Body)
	}
}

// Poll returns the next thing that happened. The event is valid until the next call.
func (g *Gateway) Poll(now time.Duration) (Event, bool) {
	if g.raw {
		g.raw = false
		g.stats.Raw++
		g.message = Message{
			From: g.frame.Src, Payload: g.frame.Body, Raw: true, Broadcast: g.frame.Dst.IsBroadcast(),
			RSSI: g.frame.RSSI, Channel: g.frame.Channel,
		}
		return &g.message, true
	}
	for {
		if e, ok := g.notices.next(); ok {
			return e, true
		}
		whole, more := g.step(now)
		if whole {
			g.stats.Messages++
			return &g.message, true
		}
		if !more {
			break
		}
	}
	g.due(now)
	return g.notices.next()
}

// step takes the next packet of the frame. It reports whether g.message is complete with it, and whether there was one.
func (g *Gateway) step(now time.Duration) (whole, more bool) {
	if g.from != nil {
		if raw, ok := g.inner.Next(); ok {
			return g.sessionPacket(now, raw), true
		}
		g.countWalk(&g.inner)
		g.from = nil
	}
	if raw, ok := g.walk.Next(); ok {
		return g.packet(now, raw), true
	}
	g.countWalk(&g.walk)
	g.frame = Frame{}
	return false, false
}

func (g *Gateway) countWalk(w *espnow.Walker) {
	if err := w.Err(); err != nil {
		g.drop(espnow.Reason(err))
	}
	*w = espnow.Walker{}
}

func (g *Gateway) drop(r espnow.DropReason) { g.stats.Drops[r]++ }

// decode decodes a packet of a node; false: it is dropped. What only a gateway may send is not looked at.
func (g *Gateway) decode(raw espnow.RawPacket) (espnow.Packet, bool) {
	if raw.Type.Down() && !raw.Type.Up() || isReset(raw) {
		g.drop(espnow.DropReasonWrongDirection)
		return nil, false
	}
	p, err := g.decoder.Decode(raw)
	if err != nil {
		g.drop(espnow.Reason(err))
		return nil, false
	}
	g.stats.Packets++
	return p, true
}

// packet takes one packet that is not within SEALED, and reports whether g.message is complete with it.
func (g *Gateway) packet(now time.Duration, raw espnow.RawPacket) bool {
	p, ok := g.decode(raw)
	if !ok {
		return false
	}
	if g.frame.Dst.IsBroadcast() && !p.Broadcast() {
		g.drop(espnow.DropReasonWrongAddress)
		return false
	}
	switch p := p.(type) {
	case *espnow.Connect:
		if p.Flags&espnow.ConnectSecure != 0 != g.cfg.secure() {
			g.drop(otherKind(g.cfg.secure()))
			return false
		}
		g.connect(now, p, g.frame.Body[raw.Offset:][:2+len(raw.Body)])
		return false
	case *espnow.Sealed:
		if !g.cfg.secure() {
			g.drop(espnow.DropReasonSealedOnOpen)
			return false
		}
		g.open(now, p, g.frame.Body[raw.Offset:][:2+len(raw.Body)])
		return false
	}
	if g.cfg.secure() {
		g.drop(espnow.DropReasonPlainOnSecure)
		return false
	}
	return g.plainPacket(now, p)
}

// otherKind is why a CONNECT or CONNACK of the other kind of network is dropped.
func otherKind(secure bool) espnow.DropReason {
	if secure {
		return espnow.DropReasonPlainOnSecure
	}
	return espnow.DropReasonSealedOnOpen
}

// open takes a SEALED packet. What it holds is walked by step.
func (g *Gateway) open(now time.Duration, p *espnow.Sealed, packet []byte) {
	src := g.frame.Src
	from := g.peers[src]
	s := from.sessionWith(p.Session)
	var h *halfOpen
	if s == nil {
		if h = g.door.find(src, p.Session); h == nil {
			g.unknownSession(now, p)
			return
		}
		s = h.session
	}
	packets, err := s.tunnel.open(g.opened[:copy(g.opened[:], packet)])
	if err != nil {
		g.drop(sealedReason(err))
		return
	}
	if h != nil {
		if from = g.promote(now, h); from == nil {
			return
		}
	}
	g.heard(now, from)
	g.from, g.inner = from, espnow.Walk(packets)
}

// Transmit returns the next frame to send, in turns to those who have a session and those who have none. It is valid until
// the next call.
func (g *Gateway) Transmit(now time.Duration) (*Transmission, bool) {
	sent := g.replied && g.transmitSession(now)
	g.replied = !sent && g.transmitReply(now)
	if sent || g.replied || g.transmitSession(now) {
		g.stats.Sent++
		return &g.out, true
	}
	return nil, false
}

// transmitReply makes g.out the next answer to somebody who may have no session.
func (g *Gateway) transmitReply(now time.Duration) bool {
	r, ok := g.door.reply()
	if !ok {
		return false
	}
	g.body = append(g.body[:0], r.body[:r.size]...) // its place is free for the next
	g.out.Dst, g.out.Body = r.to, g.body
	g.radio.address(now, &g.out, true)
	return true
}

// transmitSession makes g.out the next frame of a session.
func (g *Gateway) transmitSession(now time.Duration) bool {
	for len(g.ready) > 0 {
		p := g.ready[0]
		g.ready = slices.Delete(g.ready, 0, 1)
		p.ready = false
		if g.write(now, p) {
			g.radio.address(now, &g.out, false)
			return true
		}
	}
	return false
}

// NextDeadline tells when to call Poll next if no frame comes before; false: nothing waits.
func (g *Gateway) NextDeadline() (time.Duration, bool) {
	at, ok := g.inbox.parts.NextDeadline()
	for _, other := range []func() (time.Duration, bool){g.door.nextDeadline, g.timers.next} {
		if o, some := other(); some && (!ok || o < at) {
			at, ok = o, true
		}
	}
	return at, ok
}

// due does what time alone brings about.
func (g *Gateway) due(now time.Duration) {
	g.inbox.parts.Expire(now)
	for key, ack, ok := g.inbox.parts.Poll(now); ok; key, ack, ok = g.inbox.parts.Poll(now) {
		if p := g.sources[key.Source]; p != nil {
			g.answer(p, key.ID, ack)
		}
	}
	g.door.expire(now)
	g.joinsDue(now)
	for p, ok := g.timers.pop(now); ok; p, ok = g.timers.pop(now) {
		g.peerDue(now, p)
	}
}
