package host

import (
	"log/slog"
	"net"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Node is a running [link.Node]. Its methods may be called from different goroutines at the same time.
type Node struct {
	driver  *driver
	machine *link.Node
}

// StartNode runs a node on a radio. cfg.Addr is set to the radio's, and cfg.MaxFrame lowered to it. log may be nil. The
// error is that of [link.NewNode].
func StartNode(r radio.Radio, cfg link.NodeConfig, log *slog.Logger) (*Node, error) {
	cfg.Addr = r.Addr()
	cfg.MaxFrame = min(cfg.MaxFrame, r.MaxFrame())
	m, err := link.NewNode(cfg)
	if err != nil {
		return nil, err
	}
	return &Node{driver: startDriver(r, m, func(*link.Message) {}, orDefault(log)), machine: m}, nil
}

// Publish queues a copy of a message; it may wait for a frame on the air, not for the message to be sent. The error is
// that of [link.Node.Publish], or [net.ErrClosed] after Close.
func (n *Node) Publish(m link.Outgoing) error {
	err := net.ErrClosed
	n.driver.do(func() { _, err = n.machine.Publish(n.driver.now(), m) })
	return err
}

// Stats returns the node's counters, after Close the last ones.
func (n *Node) Stats() link.NodeStats {
	var s link.NodeStats
	if !n.driver.do(func() { s = n.machine.Stats() }) {
		return n.machine.Stats()
	}
	return s
}

// Close stops the node; what is queued is not sent. The radio stays open.
func (n *Node) Close() { n.driver.close() }
