package link

import (
	"crypto/rand"
	"encoding/binary"
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

	Home       Home          // where to search first: the last [Connection], kept over a restart; zero: unknown
	Channels   []uint8       // 1..14, searched in this order
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
// 13, with room for 16 messages of 64 KiB in all.
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

// NodeStats are what a node counts from its start.
type NodeStats struct {
	Messages uint64 `json:"messages"` // sent whole
	Frames   uint64 `json:"frames"`
	Dropped  uint64 `json:"dropped"` // unsent messages that made room for newer ones
	Queued   int    `json:"queued"`  // messages not yet sent whole
}

// Node is the node's machine, on an open network and without a session: it sends messages that nobody acknowledges.
//
// Invariants: a message that has begun is sent to its end; one that has not may be dropped, the oldest first, to make
// room for a newer one, and is counted.
type Node struct {
	cfg    NodeConfig
	nextID uint16
	queue  []queued // the oldest first
	bytes  int      // of the queue
	stats  NodeStats

	begun  bool // queue[0] is being sent
	parts  frag.Splitter
	out    Transmission
	packet espnow.Publish // the part that is being sent
}

type queued struct {
	message []byte // topic and payload, as on the wire
	retain  bool
}

// NewNode returns a node; the error names a setting that is out of range.
func NewNode(cfg NodeConfig) (*Node, error) {
	switch {
	case cfg.Addr.IsGroup() || cfg.Addr == espnow.Addr{}:
		return nil, fmt.Errorf("node address %v: want that of one station", cfg.Addr)
	case cfg.Gateway.IsGroup() && !cfg.Gateway.IsBroadcast() || cfg.Gateway == espnow.Addr{}:
		return nil, fmt.Errorf("gateway address %v: want that of one station, or broadcast", cfg.Gateway)
	case cfg.MaxFrame < espnow.MaxFrameV1 || cfg.MaxFrame > espnow.MaxFrameV2:
		return nil, fmt.Errorf("MaxFrame %d: want %d to %d bytes", cfg.MaxFrame, espnow.MaxFrameV1, espnow.MaxFrameV2)
	case cfg.QueueMessages < 1:
		return nil, fmt.Errorf("QueueMessages %d: want at least 1", cfg.QueueMessages)
	case cfg.QueueBytes < 1:
		return nil, fmt.Errorf("QueueBytes %d: want at least 1", cfg.QueueBytes)
	}
	if cfg.Gateway.IsBroadcast() {
		cfg.MaxFrame = espnow.MaxFrameV1
	}
	var id [2]byte
	if _, err := io.ReadFull(cfg.Random, id[:]); err != nil {
		return nil, fmt.Errorf("random bytes for the first message_id: %w", err)
	}
	return &Node{cfg: cfg, nextID: binary.LittleEndian.Uint16(id[:]), out: Transmission{Dst: cfg.Gateway}}, nil
}

// Publish queues a copy of a message; where there is no room, the oldest that have not begun go. The error wraps
// [espnow.ErrTopic], [ErrTooLarge] or [ErrFull]; then the queue is as it was.
func (n *Node) Publish(_ time.Duration, m Outgoing) (Ticket, error) {
	if len(m.Topic) > espnow.MaxTopic {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", espnow.ErrTopic, len(m.Topic), espnow.MaxTopic)
	}
	if err := espnow.CheckTopic(m.Topic); err != nil {
		return 0, err
	}
	wire := espnow.Message{Topic: []byte(m.Topic), Payload: m.Payload}
	size := wire.Length()
	if limit := min(n.cfg.QueueBytes, espnow.MaxMessage); size > limit {
		return 0, fmt.Errorf("%w: %d bytes with its topic, at most %d can be sent", ErrTooLarge, size, limit)
	}
	kept, keptBytes := 0, 0 // what must not be dropped
	if n.begun {
		kept, keptBytes = 1, len(n.queue[0].message)
	}
	if kept == n.cfg.QueueMessages || keptBytes+size > n.cfg.QueueBytes {
		return 0, fmt.Errorf("%w: %d bytes do not fit beside the message that is being sent", ErrFull, size)
	}
	message, err := wire.Append(make([]byte, 0, size))
	if err != nil {
		return 0, err
	}
	for len(n.queue) == n.cfg.QueueMessages || n.bytes+size > n.cfg.QueueBytes {
		n.remove(kept)
		n.stats.Dropped++
	}
	n.queue = append(n.queue, queued{message, m.Retain})
	n.bytes += size
	return 0, nil
}

func (n *Node) remove(i int) {
	n.bytes -= len(n.queue[i].message)
	n.queue = slices.Delete(n.queue, i, i+1)
}

// Addr returns the node's own address.
func (n *Node) Addr() espnow.Addr { return n.cfg.Addr }

// Handle takes a frame that arrived. A node without a session is told nothing.
func (n *Node) Handle(time.Duration, Frame) {}

// NextDeadline reports that nothing waits for time to pass.
func (n *Node) NextDeadline() (time.Duration, bool) { return 0, false }

// Poll reports that nothing happened: a node without a session is told nothing.
func (n *Node) Poll(time.Duration) (Event, bool) { return nil, false }

// Transmit returns the next frame to send. It is valid until the next call.
func (n *Node) Transmit(time.Duration) (*Transmission, bool) {
	if len(n.queue) == 0 {
		return nil, false
	}
	if !n.begun {
		n.begin(n.queue[0].message)
	}
	part, _ := n.parts.Next()
	n.packet.Offset, n.packet.Data, n.packet.Flags = part.Offset, part.Data, 0
	if n.queue[0].retain {
		n.packet.Flags |= espnow.PublishRetain
	}
	if part.More || part.Offset > 0 {
		n.packet.Flags |= espnow.PublishFragment
	}
	if part.More {
		n.packet.Flags |= espnow.PublishMore
	}
	body, err := n.packet.AppendLast(n.out.Body[:0])
	if err != nil {
		panic("link: a part that does not fit its frame: " + err.Error()) // begin chose its size so that it fits
	}
	n.out.Body = body
	n.stats.Frames++
	if !part.More {
		n.stats.Messages++
		n.begun = false
		n.remove(0)
	}
	return &n.out, true
}

// begin gives a message its id and cuts it.
func (n *Node) begin(message []byte) {
	n.begun = true
	n.packet.MessageID = n.nextID
	n.nextID++
	size := n.cfg.MaxFrame - wholeOverhead
	if len(message) > size {
		size = n.cfg.MaxFrame - fragmentOverhead
	}
	n.parts, _ = frag.Split(message, size) // a size of at least 1, and a message that Publish has measured
}

// Stats returns the counters as they are.
func (n *Node) Stats() NodeStats {
	s := n.stats
	s.Queued = len(n.queue)
	return s
}
