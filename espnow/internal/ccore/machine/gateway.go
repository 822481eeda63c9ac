//go:build enow_ccore

package machine

/*
#include "machine.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Gateway is the gateway's machine in C. It is used as a link.Gateway is.
type Gateway struct {
	machine
	c *C.enow_link_gateway_t
}

// Pools of C that Go does not have, or has with these sizes: with them a gateway in C refuses what one in Go does.
const (
	replies  = 64
	searches = 1024
	joins    = 4096
	buckets  = 1024
	denied   = 64
)

// NewGateway returns a gateway.
func NewGateway(cfg link.GatewayConfig) (*Gateway, error) {
	g := &Gateway{}
	if err := g.equip(cfg.Random, cfg.Sealed); err != nil {
		return nil, err
	}
	c := &C.enow_link_gateway_config_t{}
	C.enow_link_gateway_config_default(c, addrOf(cfg.Addr), C.uint8_t(cfg.Channel))
	c.crypto, c.watch = &g.calls.crypto, g.calls.watch
	c.key_count = 0
	for id, key := range cfg.Keys.All() {
		k := &c.keys[c.key_count]
		k.id = C.uint8_t(id)
		copyKey(&k.key, key.Reveal())
		c.key_count++
	}
	c.max_frame, c.sessions, c.peers = C.uint16_t(cfg.MaxFrame), C.uint16_t(cfg.Sessions), C.uint8_t(cfg.Peers)
	c.keep_alive_s, c.join_every_us = C.uint16_t(cfg.KeepAlive/time.Second), C.uint32_t(micros(cfg.JoinEvery))
	c.remembered = C.uint16_t(cfg.Sessions)
	nodes := 2 * cfg.Sessions
	c.mail = C.enow_link_mail_limits_t{
		node_messages: C.uint16_t(cfg.Mail.NodeMessages), node_bytes: C.uint32_t(cfg.Mail.NodeBytes),
		messages: C.uint16_t(min(nodes*cfg.Mail.NodeMessages, 1<<16-1)), bytes: C.uint32_t(cfg.Mail.Bytes), keep_us: micros(cfg.Mail.Keep),
	}
	c.fragments = fragments(cfg.Fragments)
	c.recent_ids, c.recent_us = C.uint16_t(cfg.RecentIDs), micros(cfg.RecentFor)
	c.passthrough = C.enow_link_passthrough_t(cfg.Passthrough)
	c.senders, c.answers, c.replies = C.uint16_t(nodes), C.uint16_t(min(16*nodes, 1<<16-1)), replies
	c.searches, c.joins, c.buckets, c.denied = searches, joins, buckets, denied
	size := C.enow_link_gateway_memory(c)
	g.allocate(size)
	if err := failure(C.enow_link_gateway_init(&g.c, c, g.memory, size)); err != nil {
		return nil, err
	}
	return g, nil
}

// Handle takes a frame that arrived.
func (g *Gateway) Handle(now time.Duration, f link.Frame) {
	defer runtime.KeepAlive(g)
	frame := g.frame(f)
	C.enow_link_gateway_handle(g.c, micros(now), &frame)
}

// Poll returns the next thing that happened.
func (g *Gateway) Poll(now time.Duration) (link.Event, bool) {
	defer runtime.KeepAlive(g)
	if !C.enow_link_gateway_poll(g.c, micros(now), &g.event) {
		return nil, false
	}
	return g.told(), true
}

// Transmit returns the next frame to send.
func (g *Gateway) Transmit(now time.Duration) (*link.Transmission, bool) {
	defer runtime.KeepAlive(g)
	var t C.enow_link_transmission_t
	if !C.enow_link_gateway_transmit(g.c, micros(now), &t, (*C.uint8_t)(g.sent), frameSize) {
		return nil, false
	}
	return g.transmission(t), true
}

// NextDeadline tells when to call Poll next.
func (g *Gateway) NextDeadline() (time.Duration, bool) {
	defer runtime.KeepAlive(g)
	var at C.uint64_t
	waits := C.enow_link_gateway_next_deadline(g.c, &at)
	return moment(at), bool(waits)
}

// Send queues a message to a node.
func (g *Gateway) Send(now time.Duration, to espnow.Addr, m link.Outgoing) (link.Ticket, error) {
	defer runtime.KeepAlive(g)
	var ticket C.enow_link_ticket_t
	result := outgoing(m, func(o *C.enow_link_outgoing_t) C.int {
		return C.enow_link_gateway_send(g.c, micros(now), addrOf(to), o, &ticket)
	})
	return link.Ticket(ticket), failure(result)
}

func receipt(r link.Receipt) C.enow_link_receipt_t {
	return C.enow_link_receipt_t{source: C.uint64_t(r.Source), id: C.uint16_t(r.ID)}
}

// Accept says that somebody has taken responsibility for a message.
func (g *Gateway) Accept(now time.Duration, r link.Receipt) bool {
	defer runtime.KeepAlive(g)
	return bool(C.enow_link_gateway_accept(g.c, micros(now), receipt(r)))
}

// Refuse says that nobody ever will.
func (g *Gateway) Refuse(now time.Duration, r link.Receipt) bool {
	defer runtime.KeepAlive(g)
	return bool(C.enow_link_gateway_refuse(g.c, micros(now), receipt(r)))
}

// Deny puts a node on the deny-list.
func (g *Gateway) Deny(now time.Duration, addr espnow.Addr) {
	defer runtime.KeepAlive(g)
	spoken(C.enow_link_gateway_deny(g.c, micros(now), addrOf(addr)))
}

// Allow takes a node off the deny-list.
func (g *Gateway) Allow(addr espnow.Addr) {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_allow(g.c, addrOf(addr))
}

// Elsewhere says that another gateway holds a node.
func (g *Gateway) Elsewhere(now time.Duration, addr espnow.Addr) {
	defer runtime.KeepAlive(g)
	spoken(C.enow_link_gateway_elsewhere(g.c, micros(now), addrOf(addr)))
}

// spoken is for what fails only while the machine has something to say, when nobody may ask.
func spoken(result C.int) {
	if result != 0 {
		panic(fmt.Sprintf("result %d of C", result))
	}
}

// SetChannel says on which channel the radio is.
func (g *Gateway) SetChannel(channel uint8) {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_set_channel(g.c, C.uint8_t(channel))
}

// SetUnixTime says what time it is.
func (g *Gateway) SetUnixTime(now time.Duration, t time.Time) {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_set_unix_time(g.c, micros(now), C.uint64_t(t.UnixMicro()))
}

// Shutdown says goodbye to all nodes.
func (g *Gateway) Shutdown(time.Duration) {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_shutdown(g.c)
}

// RadioReset says that the radio's list of peers is empty.
func (g *Gateway) RadioReset() {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_radio_reset(g.c)
}

func (g *Gateway) stats() (s C.enow_link_gateway_stats_t) {
	defer runtime.KeepAlive(g)
	C.enow_link_gateway_stats(g.c, &s)
	return s
}

// Stats returns the counters.
func (g *Gateway) Stats() link.GatewayStats {
	s := g.stats()
	return link.GatewayStats{
		Frames: uint64(s.frames), Sent: uint64(s.sent), Packets: uint64(s.packets), Messages: uint64(s.messages), Raw: uint64(s.raw),
		Searches: uint64(s.searches), Joins: uint64(s.joins), Busy: uint64(s.busy), Joined: uint64(s.joined),
		KeyExchanges: uint64(s.key_exchanges), Sessions: int(s.sessions), HalfOpen: int(s.half_open), Known: int(s.known),
		Mail: int(s.mail), MailDropped: uint64(s.mail_dropped), Partial: int(s.partial), Waiting: int(s.waiting), Held: int(s.held),
		Drops: drops(s.drops),
	}
}

// KeyExchanges returns how many X25519 operations the gateway has done.
func (g *Gateway) KeyExchanges() uint64 { return uint64(g.stats().key_exchanges) }
