//go:build enow_ccore

package machine

/*
#include "machine.h"
*/
import "C"

import (
	"encoding/hex"
	"runtime"
	"time"
	"unsafe"

	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Node is the node's machine in C. It is used as a link.Node is.
type Node struct {
	machine
	c *C.enow_link_node_t
}

// NewNode returns a node.
func NewNode(cfg link.NodeConfig) (*Node, error) {
	n, c, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	size := C.enow_link_node_memory(c)
	n.allocate(size)
	return n.started(C.enow_link_node_init(&n.c, c, n.memory, size))
}

// ResumeNode returns a node that goes on from a snapshot, and overwrites that.
func ResumeNode(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (*Node, error) {
	n, c, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	size := C.enow_link_node_memory(c)
	n.allocate(size)
	return n.started(C.enow_link_node_resume(
		&n.c, c, n.memory, size, micros(now), micros(slept), bytesOf(snapshot), C.size_t(len(snapshot))))
}

func (n *Node) started(result C.int) (*Node, error) {
	if err := failure(result); err != nil {
		return nil, err
	}
	return n, nil
}

// prepare makes a node that has not begun, and its configuration.
func prepare(cfg link.NodeConfig) (*Node, *C.enow_link_node_config_t, error) {
	n := &Node{}
	if err := n.equip(cfg.Random, cfg.Sealed); err != nil {
		return nil, nil, err
	}
	c := &C.enow_link_node_config_t{}
	C.enow_link_node_config_default(c, addrOf(cfg.Addr))
	c.gateway, c.key_id, c.crypto, c.watch = addrOf(cfg.Gateway), C.uint8_t(cfg.KeyID), &n.calls.crypto, n.calls.watch
	if cfg.KeyID != 0 {
		copyKey(&c.key, cfg.Key.Reveal())
	}
	c.max_frame = C.uint16_t(cfg.MaxFrame)
	c.queue_messages, c.queue_bytes = C.uint16_t(cfg.QueueMessages), C.uint32_t(cfg.QueueBytes)
	c.home = C.enow_link_home_t{gateway: addrOf(cfg.Home.Gateway), channel: C.uint8_t(cfg.Home.Channel)}
	c.channel_count = 0
	for _, channel := range cfg.Channels {
		c.channels[c.channel_count] = C.uint8_t(channel)
		c.channel_count++
	}
	c.listen_us, c.min_rssi, c.hysteresis = C.uint32_t(micros(cfg.Listen)), C.int8_t(cfg.MinRSSI), C.uint8_t(cfg.Hysteresis)
	c.keep_alive_s, c.sleepy = C.uint16_t(cfg.KeepAlive/time.Second), C.bool(cfg.Sleepy)
	c.receive = fragments(cfg.Receive)
	return n, c, nil
}

// copyKey writes the digits of a key as bytes.
func copyKey(to *[C.ENOW_LINK_KEY_SIZE]C.uint8_t, digits string) {
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	copy((*[C.ENOW_LINK_KEY_SIZE]byte)(unsafe.Pointer(to))[:], bytes)
}

// Publish queues a message.
func (n *Node) Publish(now time.Duration, m link.Outgoing) (link.Ticket, error) {
	defer runtime.KeepAlive(n)
	var ticket C.enow_link_ticket_t
	result := outgoing(m, func(o *C.enow_link_outgoing_t) C.int {
		return C.enow_link_node_publish(n.c, micros(now), o, &ticket)
	})
	return link.Ticket(ticket), failure(result)
}

// Handle takes a frame that arrived.
func (n *Node) Handle(now time.Duration, f link.Frame) {
	defer runtime.KeepAlive(n)
	frame := n.frame(f)
	C.enow_link_node_handle(n.c, micros(now), &frame)
}

// Poll returns the next thing that happened.
func (n *Node) Poll(now time.Duration) (link.Event, bool) {
	defer runtime.KeepAlive(n)
	if !C.enow_link_node_poll(n.c, micros(now), &n.event) {
		return nil, false
	}
	return n.told(), true
}

// Transmit returns the next frame to send.
func (n *Node) Transmit(now time.Duration) (*link.Transmission, bool) {
	defer runtime.KeepAlive(n)
	var t C.enow_link_transmission_t
	if !C.enow_link_node_transmit(n.c, micros(now), &t, (*C.uint8_t)(n.sent), frameSize) {
		return nil, false
	}
	return n.transmission(t), true
}

// NextDeadline tells when to call Poll next.
func (n *Node) NextDeadline() (time.Duration, bool) {
	defer runtime.KeepAlive(n)
	var at C.uint64_t
	waits := C.enow_link_node_next_deadline(n.c, &at)
	return moment(at), bool(waits)
}

// Goodbye ends the session and the node.
func (n *Node) Goodbye(time.Duration) {
	defer runtime.KeepAlive(n)
	C.enow_link_node_goodbye(n.c)
}

// RadioReset says that the radio's list of peers is empty.
func (n *Node) RadioReset() {
	defer runtime.KeepAlive(n)
	C.enow_link_node_radio_reset(n.c)
}

// Resting reports whether the node has nothing to do.
func (n *Node) Resting(now time.Duration) bool {
	defer runtime.KeepAlive(n)
	return bool(C.enow_link_node_resting(n.c, micros(now)))
}

// Snapshot returns what ResumeNode goes on from.
func (n *Node) Snapshot(now time.Duration) ([]byte, error) {
	defer runtime.KeepAlive(n)
	b := make([]byte, C.ENOW_LINK_SNAPSHOT_SIZE)
	size := C.enow_link_node_snapshot(n.c, micros(now), bytesOf(b), C.size_t(len(b)))
	if size < 0 {
		return nil, failure(size)
	}
	return b[:size], nil
}

func (n *Node) stats() (s C.enow_link_node_stats_t) {
	defer runtime.KeepAlive(n)
	C.enow_link_node_stats(n.c, &s)
	return s
}

// Stats returns the counters.
func (n *Node) Stats() link.NodeStats {
	s := n.stats()
	return link.NodeStats{
		Messages: uint64(s.messages), Failed: uint64(s.failed), Received: uint64(s.received), Frames: uint64(s.frames),
		Heard: uint64(s.heard), Parts: uint64(s.parts), Resent: uint64(s.resent), Dropped: uint64(s.dropped),
		Searches: uint64(s.searches), Joins: uint64(s.joins), Sessions: uint64(s.sessions), Pings: uint64(s.pings),
		KeyExchanges: uint64(s.key_exchanges), Queued: int(s.queued), Held: int(s.held), Drops: drops(s.drops),
	}
}

// KeyExchanges returns how many X25519 operations the node has done.
func (n *Node) KeyExchanges() uint64 { return uint64(n.stats().key_exchanges) }

// Memory returns how much of what its configuration bounds the node takes.
func (n *Node) Memory() (queued, held int) {
	s := n.stats()
	return int(s.queued), int(s.held)
}
