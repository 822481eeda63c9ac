package link

import (
	"errors"
	"fmt"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// NodeConfig configures a [Node].
type NodeConfig struct {
	Addr          espnow.Addr // the node's own
	Gateway       espnow.Addr // where messages go; [espnow.Broadcast]: to everybody
	MaxFrame      int         // bytes, of the radio: 250..1470. A broadcast is at most 250 all the same.
	FirstID       uint16      // message_id of the first message: random, for a node without a session
	QueueMessages int         // messages that wait to be sent, at least 1
	QueueBytes    int         // bytes of them, topics included; at least one message's
}

// DefaultNodeConfig returns the configuration of a node that broadcasts, with room for 16 messages of 64 KiB in all.
func DefaultNodeConfig(addr espnow.Addr) NodeConfig {
	return NodeConfig{
		Addr: addr, Gateway: espnow.Broadcast, MaxFrame: espnow.MaxFrameV1, QueueMessages: 16, QueueBytes: 64 << 10,
	}
}

// NodeStats are what a node counts from its start.
type NodeStats struct {
	Messages uint64 `json:"messages"` // sent whole
	Frames   uint64 `json:"frames"`
	Dropped  uint64 `json:"dropped"` // unsent messages that made room for newer ones
	Queued   int    `json:"queued"`
}

// Outgoing is a message that a node is asked to send.
type Outgoing struct {
	Topic   string // under the device's own: empty is /device/<mac> itself
	Payload []byte
	Retain  bool
}

// ErrTooLarge is the error of a message that can never be sent: it is longer than the queue holds.
var ErrTooLarge = errors.New("message too large")

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
	out    Frame
	packet espnow.Publish
}

type queued struct {
	message []byte // topic and payload, as on the wire
	id      uint16
	retain  bool
}

// fragmentOverhead is what a fragment's frame holds besides its data: header, message_id and offset.
const fragmentOverhead = 2 + 2 + 4

// publishOverhead is the same for a whole message.
const publishOverhead = 2 + 2

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
	return &Node{cfg: cfg, nextID: cfg.FirstID, out: Frame{Src: cfg.Addr, Dst: cfg.Gateway}}, nil
}

// Publish queues a copy of a message. The error wraps [espnow.ErrTopic] or [ErrTooLarge]; then nothing is queued.
func (n *Node) Publish(m Outgoing) error {
	if err := espnow.CheckTopic(m.Topic); err != nil {
		return err
	}
	wire := espnow.Message{Topic: []byte(m.Topic), Payload: m.Payload}
	size := wire.Length()
	if limit := min(n.cfg.QueueBytes, espnow.MaxMessage); size > limit {
		return fmt.Errorf("%w: %d bytes with its topic, at most %d can be sent", ErrTooLarge, size, limit)
	}
	if len(m.Topic) > espnow.MaxTopic {
		return fmt.Errorf("%w: %d bytes, at most %d", espnow.ErrTopic, len(m.Topic), espnow.MaxTopic)
	}
	for !n.fits(size) {
		if !n.dropOldest() {
			return fmt.Errorf("%w: %d bytes do not fit beside the message that is being sent; try again later", ErrFull, size)
		}
	}
	message, err := wire.Append(make([]byte, 0, size))
	if err != nil {
		return err
	}
	n.queue = append(n.queue, queued{message: message, retain: m.Retain})
	n.bytes += size
	return nil
}

// ErrFull is the error of a message for which there is no room now.
var ErrFull = errors.New("queue full")

func (n *Node) fits(size int) bool {
	return len(n.queue) < n.cfg.QueueMessages && n.bytes+size <= n.cfg.QueueBytes
}

// dropOldest drops the oldest message that has not begun, and reports whether there was one.
func (n *Node) dropOldest() bool {
	i := 0
	if n.begun {
		i = 1
	}
	if i >= len(n.queue) {
		return false
	}
	n.bytes -= len(n.queue[i].message)
	n.queue = append(n.queue[:i], n.queue[i+1:]...)
	n.stats.Dropped++
	return true
}

// Handle takes a frame that arrived. A node without a session is told nothing.
func (n *Node) Handle(time.Duration, Frame) {}

// NextDeadline reports that nothing waits for time to pass.
func (n *Node) NextDeadline() (time.Duration, bool) { return 0, false }

// Poll returns the next frame to send. The output is valid until the next call.
func (n *Node) Poll(time.Duration) (Output, bool) {
	if len(n.queue) == 0 {
		return nil, false
	}
	m := &n.queue[0]
	if !n.begun {
		n.begin(m)
	}
	part, _ := n.parts.Next()
	n.packet.MessageID, n.packet.Offset, n.packet.Data = m.id, part.Offset, part.Data
	n.packet.Flags = 0
	if m.retain {
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
		n.bytes -= len(m.message)
		n.queue = append(n.queue[:0], n.queue[1:]...)
		n.begun = false
	}
	return &n.out, true
}

// begin gives the message its id and cuts it.
func (n *Node) begin(m *queued) {
	m.id = n.nextID
	n.nextID++
	size := n.cfg.MaxFrame - publishOverhead
	if len(m.message) > size {
		size = n.cfg.MaxFrame - fragmentOverhead
	}
	n.parts, _ = frag.Split(m.message, size) // a size of at least 1, and a message that Publish has measured
	n.begun = true
}

// Stats returns the counters as they are.
func (n *Node) Stats() NodeStats {
	s := n.stats
	s.Queued = len(n.queue)
	return s
}
