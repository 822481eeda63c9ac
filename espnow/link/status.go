package link

import (
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// GatewayStats are what a gateway counts from its start, and a few things as they are now.
type GatewayStats struct {
	Frames       uint64 `json:"frames"`       // heard
	Sent         uint64 `json:"sent"`         // frames
	Packets      uint64 `json:"packets"`      // that decoded
	Messages     uint64 `json:"messages"`     // told, those passed through apart
	Raw          uint64 `json:"raw"`          // frames passed through
	Searches     uint64 `json:"searches"`     // answered
	Joins        uint64 `json:"joins"`        // accepted
	Busy         uint64 `json:"busy"`         // joins told to come later
	Joined       uint64 `json:"joined"`       // sessions whose node was heard in them
	KeyExchanges uint64 `json:"keyExchanges"` // X25519 operations
	Sessions     int    `json:"sessions"`     // now
	HalfOpen     int    `json:"halfOpen"`     // now
	Known        int    `json:"known"`        // nodes remembered now, those without a session included
	Mail         int    `json:"mail"`         // bytes for nodes now
	MailDropped  uint64 `json:"mailDropped"`  // messages that were not to be acknowledged
	Partial      int    `json:"partial"`      // messages of which parts are missing now
	Waiting      int    `json:"waiting"`      // messages told that nobody has accepted or refused yet
	Held         int    `json:"held"`         // bytes of buffers for them, spare ones included
	Drops        Drops  `json:"drops"`
}

// KeyExchanges returns how many X25519 operations the gateway has done, which cost a small processor more than all else.
func (g *Gateway) KeyExchanges() uint64 { return g.stats.KeyExchanges }

// Stats returns the counters as they are.
func (g *Gateway) Stats() GatewayStats {
	s, parts := g.stats, g.inbox.parts.Stats()
	s.Sessions, s.HalfOpen, s.Known, s.Mail = g.sessions, len(g.door.half), len(g.peers), g.mail
	s.Partial, s.Waiting, s.Held = parts.Partial, parts.Delivered, parts.Bytes
	s.Drops[espnow.DropReasonDuplicate] += parts.Duplicates
	s.Drops[espnow.DropReasonExpired] += parts.Expired + parts.Superseded
	return s
}

// Status is all that a gateway knows, for a page that shows it.
type Status struct {
	Addr    espnow.Addr   `json:"addr"`
	Boot    uint32        `json:"boot"`
	Channel uint8         `json:"channel"`
	Secure  bool          `json:"secure"`
	Keys    []uint8       `json:"keys"`  // ids of the network keys
	Nodes   []NodeStatus  `json:"nodes"` // by address
	Denied  []espnow.Addr `json:"denied"`
	Radio   []espnow.Addr `json:"radio"` // the radio's list of peers
	Stats   GatewayStats  `json:"stats"`
}

// NodeStatus is what a gateway knows of one node.
type NodeStatus struct {
	Addr     espnow.Addr   `json:"addr"`
	Present  bool          `json:"present"`
	Boot     uint32        `json:"boot"`
	Session  uint8         `json:"session"` // 0: it has none
	Since    time.Duration `json:"since"`   // ago: it joined
	Seen     time.Duration `json:"seen"`    // ago: it was last heard, or left
	RSSI     int8          `json:"rssi"`    // dBm
	Sleepy   bool          `json:"sleepy"`
	MaxFrame int           `json:"maxFrame"` // bytes
	Mail     int           `json:"mail"`     // messages that wait for it
	Sealed   uint32        `json:"sealed"`   // packets made with the session's key
}

// Status returns a snapshot.
func (g *Gateway) Status(now time.Duration) Status {
	s := Status{
		Addr: g.cfg.Addr, Boot: g.boot, Channel: g.cfg.Channel, Secure: g.cfg.secure(), Keys: []uint8{}, Nodes: []NodeStatus{},
		Denied: []espnow.Addr{}, Radio: []espnow.Addr{}, Stats: g.Stats(),
	}
	for id := range g.cfg.Keys.All() {
		s.Keys = append(s.Keys, id)
	}
	for _, p := range g.peers {
		s.Nodes = append(s.Nodes, p.status(now))
	}
	slices.SortFunc(s.Nodes, func(a, b NodeStatus) int { return a.Addr.Compare(b.Addr) })
	for addr := range g.denied {
		s.Denied = append(s.Denied, addr)
	}
	slices.SortFunc(s.Denied, espnow.Addr.Compare)
	for _, p := range g.radio.list {
		s.Radio = append(s.Radio, p.addr)
	}
	return s
}

func (p *peer) status(now time.Duration) NodeStatus {
	s := NodeStatus{
		Addr: p.addr, Boot: p.sender.boot, Seen: now - p.seen, RSSI: p.rssi, Sleepy: p.sleepy, Mail: len(p.outbox.queue),
	}
	if p.session != nil {
		s.Present, s.Session, s.Since, s.MaxFrame = true, p.session.id, now-p.since, p.session.maxFrame
		if p.session.tunnel != nil {
			s.Sealed = p.session.tunnel.next
		}
	}
	return s
}
