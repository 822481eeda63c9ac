package fleet

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Machine is what a driver needs of both kinds.
type Machine interface {
	Handle(now time.Duration, f link.Frame)
	Poll(now time.Duration) (link.Event, bool)
	Transmit(now time.Duration) (*link.Transmission, bool)
	NextDeadline() (time.Duration, bool)
	RadioReset()
	KeyExchanges() uint64
}

// NodeMachine is the protocol's machine of a node: [link.Node], or another that speaks the same wire.
type NodeMachine interface {
	Machine
	Publish(now time.Duration, m link.Outgoing) (link.Ticket, error)
	Resting(now time.Duration) bool
	Snapshot(now time.Duration) ([]byte, error)
	Goodbye(now time.Duration)
	Stats() link.NodeStats
	Memory() (queued, held int)
}

// GatewayMachine is the protocol's machine of a gateway: [link.Gateway], or another that speaks the same wire.
type GatewayMachine interface {
	Machine
	Accept(now time.Duration, r link.Receipt) bool
	Send(now time.Duration, to espnow.Addr, m link.Outgoing) (link.Ticket, error)
	Deny(now time.Duration, addr espnow.Addr)
	Allow(addr espnow.Addr)
	Elsewhere(now time.Duration, addr espnow.Addr)
	SetChannel(channel uint8)
	SetUnixTime(now time.Duration, t time.Time)
	Shutdown(now time.Duration)
	Stats() link.GatewayStats
}

// Machines makes the machines of a fleet.
type Machines struct {
	NewNode    func(link.NodeConfig) (NodeMachine, error)
	ResumeNode func(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (NodeMachine, error)
	NewGateway func(link.GatewayConfig) (GatewayMachine, error)
}

// Go are the machines of package link.
func Go() Machines {
	return Machines{
		NewNode: func(cfg link.NodeConfig) (NodeMachine, error) { return link.NewNode(cfg) },
		ResumeNode: func(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (NodeMachine, error) {
			return link.ResumeNode(cfg, now, slept, snapshot)
		},
		NewGateway: func(cfg link.GatewayConfig) (GatewayMachine, error) { return link.NewGateway(cfg) },
	}
}
