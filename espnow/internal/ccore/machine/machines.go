//go:build enow_ccore

package machine

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// InC are nodes in C and gateways in C, for fleets and scenarios.
func InC() fleet.Machines {
	return fleet.Machines{
		NewNode: func(cfg link.NodeConfig) (fleet.NodeMachine, error) { return NewNode(cfg) },
		ResumeNode: func(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (fleet.NodeMachine, error) {
			return ResumeNode(cfg, now, slept, snapshot)
		},
		NewGateway: func(cfg link.GatewayConfig) (fleet.GatewayMachine, error) { return NewGateway(cfg) },
	}
}
