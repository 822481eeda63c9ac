package link

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// gatewayMemory is what a node remembers of a gateway: the ids of its messages, so that a repeat is known for one.
type gatewayMemory struct {
	addr   espnow.Addr
	sender sender
	heard  time.Duration
}

const (
	maxGateways = 4               // how many gateways a node remembers
	nodePeers   = maxGateways + 1 // and how many peers it has on its radio's list: as many, and broadcast
)

// remembered returns the memory of the gateway in use, or nil.
func (n *Node) remembered() *gatewayMemory {
	for i := range n.memory {
		if n.session != nil && n.memory[i].addr == n.session.peer {
			return &n.memory[i]
		}
	}
	return nil
}

// remember makes sure that there is a memory of the gateway in use: it begins anew where the gateway did, or has not been
// heard for so long that it may have forgotten.
func (n *Node) remember(now time.Duration) {
	m := n.remembered()
	if m == nil {
		if len(n.memory) < maxGateways {
			n.memory = append(n.memory, gatewayMemory{})
			m = &n.memory[len(n.memory)-1]
		} else {
			m = &n.memory[0]
			for i := range n.memory {
				if n.memory[i].heard < m.heard {
					m = &n.memory[i]
				}
			}
			n.inbox.parts.Forget(m.sender.source)
		}
		*m = gatewayMemory{addr: n.session.peer}
	}
	n.inbox.parts.Forget(m.sender.source)
	if m.sender.source == 0 || m.sender.boot != n.session.boot || now-m.heard > forgetAfter {
		m.sender = n.inbox.newSender(n.session.boot)
	}
	m.heard = now
}
