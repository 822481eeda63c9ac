package host

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Node is a running [link.Node]. Its methods may be called from different goroutines at the same time, but not by tell.
type Node struct {
	driver  *driver
	machine *link.Node
	waiting map[link.Ticket]chan error // calls of Publish; the owner's
}

// StartNode runs a node on a radio, whose list of peers is empty. tell gets every event, one at a time, and must not block:
// the node hears nothing meanwhile. An event is valid until tell returns. tell and log may be nil. cfg.Addr is set to the
// radio's, and cfg.MaxFrame lowered to it. The error is that of [link.NewNode].
func StartNode(r radio.Radio, cfg link.NodeConfig, tell func(link.Event), log *slog.Logger) (*Node, error) {
	m, err := link.NewNode(withRadio(cfg, r))
	if err != nil {
		return nil, err
	}
	return startNode(r, m, tell, log), nil
}

// ResumeNode is StartNode for a node that wakes from deep sleep: it goes on from a snapshot, which is void from then on. The
// error is that of [link.ResumeNode].
func ResumeNode(r radio.Radio, cfg link.NodeConfig, slept time.Duration, snapshot []byte, tell func(link.Event), log *slog.Logger) (*Node, error) {
	m, err := link.ResumeNode(withRadio(cfg, r), 0, slept, snapshot)
	if err != nil {
		return nil, err
	}
	return startNode(r, m, tell, log), nil
}

func withRadio(cfg link.NodeConfig, r radio.Radio) link.NodeConfig {
	cfg.Addr = r.Addr()
	cfg.MaxFrame = min(cfg.MaxFrame, r.MaxFrame())
	return cfg
}

func startNode(r radio.Radio, m *link.Node, tell func(link.Event), log *slog.Logger) *Node {
	n := &Node{machine: m, waiting: map[link.Ticket]chan error{}}
	n.driver = newDriver(r, m, func(e link.Event) {
		if r, ok := e.(*link.Result); ok {
			n.settle(r)
		}
		if tell != nil {
			tell(e)
		}
	}, log)
	n.driver.run()
	return n
}

// settle ends the call of Publish that waits for a result.
func (n *Node) settle(r *link.Result) {
	if result, ok := n.waiting[r.Ticket]; ok {
		delete(n.waiting, r.Ticket)
		result <- r.Err
	}
}

// Queue queues a copy of a message and does not wait for it to be sent. What becomes of one that is to be acknowledged, a
// [link.Result] with its ticket tells. The error is that of [link.Node.Publish], or [net.ErrClosed] after Close.
func (n *Node) Queue(m link.Outgoing) (link.Ticket, error) {
	return n.queue(m, nil)
}

func (n *Node) queue(m link.Outgoing, result chan error) (ticket link.Ticket, err error) {
	if !n.driver.do(func() {
		if ticket, err = n.machine.Publish(n.driver.now(), m); err == nil && result != nil {
			n.waiting[ticket] = result
		}
	}) || errors.Is(err, link.ErrGone) {
		return 0, net.ErrClosed
	}
	return ticket, err
}

// Publish queues a copy of a message; if it is to be acknowledged, Publish waits for its [link.Result], which tell is told of
// too, and returns that of it. ctx bounds the waiting and not the sending: after its end the message may still arrive. Other
// errors are those of [Node.Queue].
func (n *Node) Publish(ctx context.Context, m link.Outgoing) error {
	if !m.Acknowledge {
		_, err := n.Queue(m)
		return err
	}
	result := make(chan error, 1)
	if _, err := n.queue(m, result); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-n.driver.ended:
	}
	select {
	case err := <-result:
		return err
	default:
		return net.ErrClosed
	}
}

// Connected reports whether the node has a session that works.
func (n *Node) Connected() bool { return ask(n.driver, n.machine.Connected) }

// UnixTime returns what time it is by the gateway's clock; false: it has not said.
func (n *Node) UnixTime() (now time.Time, ok bool) {
	n.driver.do(func() { now, ok = n.machine.UnixTime(n.driver.now()) })
	return now, ok
}

// Resting reports whether the node may sleep, as [link.Node.Resting] does.
func (n *Node) Resting() bool {
	return ask(n.driver, func() bool { return n.machine.Resting(n.driver.now()) })
}

// Snapshot returns what [ResumeNode] goes on from, and stops the node for good; Close it. The error is that of
// [link.Node.Snapshot], or [net.ErrClosed] after Close.
func (n *Node) Snapshot() (snapshot []byte, err error) {
	if !n.driver.do(func() { snapshot, err = n.machine.Snapshot(n.driver.now()) }) {
		return nil, net.ErrClosed
	}
	return snapshot, err
}

// Stats returns the node's counters, after Close the last ones.
func (n *Node) Stats() link.NodeStats { return ask(n.driver, n.machine.Stats) }

// RadioStats returns the driver's counters, after Close the last ones.
func (n *Node) RadioStats() RadioStats {
	return ask(n.driver, func() RadioStats { return n.driver.stats })
}

// Close says goodbye to the gateway and stops the node; what is queued is not sent. tell is not called after it. The radio
// stays open.
func (n *Node) Close() {
	n.driver.close(func() bool {
		connected := n.machine.Connected()
		n.machine.Goodbye(n.driver.now())
		return connected
	})
}
