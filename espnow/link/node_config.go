package link

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// NodeConfig configures a [Node].
type NodeConfig struct {
	Addr espnow.Addr // the node's own
	// Gateway says where messages go. Zero: the node searches for gateways and joins the best one. On open networks it can
	// do without a session too: [espnow.Broadcast] sends to everybody, another address to that station.
	Gateway  espnow.Addr
	Key      DeviceKey // of a secure network; zero: the network is open
	KeyID    uint8     // which network key it comes from: 1..255 with a Key, 0 without
	Random   io.Reader // crypto/rand's Reader, outside of tests
	MaxFrame int       // bytes, of the radio: 250..1470. A broadcast is at most 250 all the same.

	QueueMessages int // messages not yet done with: at least 1
	QueueBytes    int // bytes of them, topics included: at least 1; no message can be longer

	Home       Home          // where to search first: the last [Connection], kept over a restart; zero, or on none of the Channels: unknown
	Channels   []uint8       // 1..14, searched in this order; the node is never on another
	Listen     time.Duration // on each of them for answers
	MinRSSI    int8          // dBm: a gateway below is taken only if there is no other
	Hysteresis int           // dB that another gateway must be better than the one the node had
	KeepAlive  time.Duration // that the node asks for; the gateway has the last word. 1 s..65535 s
	Sleepy     bool          // it sleeps between messages: the gateway keeps its mail until it is heard
	Receive    frag.Limits   // of messages to the node

	// Sealed, if not nil, is told of each use of a key and a counter to encrypt, for a simulator to check that none comes
	// twice. What it is told of the key is not the key.
	Sealed func(key [8]byte, counter uint32)
}

// Home is where a node found its gateway.
type Home struct {
	Gateway espnow.Addr
	Channel uint8
}

// DefaultNodeConfig returns the configuration of a node on an open network that searches for a gateway on channels 1 to
// 13, with room for 16 messages of 64 KiB in all. Its frames have up to 250 bytes, which every radio hears; with
// [espnow.MaxFrameV2] long messages to a gateway that hears more take less air.
func DefaultNodeConfig(addr espnow.Addr) NodeConfig {
	receive := frag.DefaultLimits()
	receive.MaxMessage, receive.MaxParts, receive.MaxMessages = 64<<10, 1<<12, 4
	receive.SourceMessages, receive.SourceBytes, receive.MaxBytes = 2, receive.MessageBytes(), 2*receive.MessageBytes()
	return NodeConfig{
		Addr: addr, Random: rand.Reader, MaxFrame: espnow.MaxFrameV1, QueueMessages: 16, QueueBytes: 64 << 10,
		Channels: []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, Listen: 20 * time.Millisecond,
		MinRSSI: -85, Hysteresis: 6, KeepAlive: time.Minute, Receive: receive,
	}
}

// NodeStats are what a node counts from its start, and a few things as they are now.
type NodeStats struct {
	Messages     uint64 `json:"messages"` // sent whole, or acknowledged where that was asked for
	Failed       uint64 `json:"failed"`   // that the other side will never take
	Received     uint64 `json:"received"` // messages
	Frames       uint64 `json:"frames"`   // sent
	Heard        uint64 `json:"heard"`    // frames
	Parts        uint64 `json:"parts"`    // of messages to be acknowledged
	Resent       uint64 `json:"resent"`   // of those, sent before
	Dropped      uint64 `json:"dropped"`  // unsent messages that made room for newer ones
	Searches     uint64 `json:"searches"` // passes over the channels, and questions to the gateway it had
	Joins        uint64 `json:"joins"`    // begun
	Sessions     uint64 `json:"sessions"` // got
	Pings        uint64 `json:"pings"`
	KeyExchanges uint64 `json:"keyExchanges"` // X25519 operations
	Queued       int    `json:"queued"`       // messages that are not done with
	Held         int    `json:"held"`         // bytes of buffers for messages that arrive in parts
	Drops        Drops  `json:"drops"`
}

func (c *NodeConfig) check() error {
	free := c.Gateway != (espnow.Addr{})
	switch {
	case c.Addr.IsGroup() || c.Addr == espnow.Addr{}:
		return fmt.Errorf("node address %v: want that of one station", c.Addr)
	case c.Gateway.IsGroup() && !c.Gateway.IsBroadcast():
		return fmt.Errorf("gateway address %v: want that of one station, broadcast, or none to search", c.Gateway)
	case free && c.secure():
		return fmt.Errorf("gateway address %v: a node of a secure network has to search", c.Gateway)
	case c.secure() != (c.KeyID != 0):
		return fmt.Errorf("KeyID %d: want 1 to 255 with a Key, and 0 without", c.KeyID)
	case c.secure() && c.Key.weak():
		return fmt.Errorf("node: Key: %w", ErrWeakKey)
	case c.Random == nil:
		return errors.New("node: Random is nil: want crypto/rand's Reader")
	case c.MaxFrame < espnow.MaxFrameV1 || c.MaxFrame > espnow.MaxFrameV2:
		return fmt.Errorf("MaxFrame %d: want %d to %d bytes", c.MaxFrame, espnow.MaxFrameV1, espnow.MaxFrameV2)
	case c.QueueMessages < 1:
		return fmt.Errorf("QueueMessages %d: want at least 1", c.QueueMessages)
	case c.QueueBytes < 1:
		return fmt.Errorf("QueueBytes %d: want at least 1", c.QueueBytes)
	case free:
		return nil
	case len(c.Channels) == 0 || slices.ContainsFunc(c.Channels, func(ch uint8) bool { return ch < 1 || ch > maxChannel }):
		return fmt.Errorf("node: Channels %v: want at least one, 1 to %d", c.Channels, maxChannel)
	case c.Home.Channel > maxChannel || (c.Home.Channel == 0) != (c.Home.Gateway == espnow.Addr{}) || c.Home.Gateway.IsGroup():
		return fmt.Errorf("node: Home %+v: want a gateway and its channel, 1 to %d, or neither", c.Home, maxChannel)
	case c.Listen <= 0 || c.Listen > time.Second:
		return fmt.Errorf("node: Listen %v: want up to 1 s", c.Listen)
	case c.Hysteresis < 0:
		return fmt.Errorf("node: Hysteresis %d: want 0 dB or more", c.Hysteresis)
	case c.KeepAlive < time.Second || c.KeepAlive > maxKeepAlive:
		return fmt.Errorf("node: KeepAlive %v: want 1 s to %v", c.KeepAlive, maxKeepAlive)
	}
	return nil
}

// uses reports whether the node may be on a channel, whatever a gateway says.
func (c *NodeConfig) uses(channel uint8) bool { return slices.Contains(c.Channels, channel) }

func (c *NodeConfig) secure() bool { return c.Key.bytes != nil }
