//go:build enow_ccore

package fleet_test

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/internal/ccore/machine"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func init() {
	c, g := machine.InC(), fleet.Go()
	pairings["twins"] = machine.Twins()
	pairings["c-c"] = c
	pairings["c-go"] = fleet.Machines{NewNode: c.NewNode, ResumeNode: c.ResumeNode, NewGateway: g.NewGateway}
	pairings["go-c"] = fleet.Machines{NewNode: g.NewNode, ResumeNode: g.ResumeNode, NewGateway: c.NewGateway}
	pairings["mixed"] = fleet.Machines{
		NewNode: func(cfg link.NodeConfig) (fleet.NodeMachine, error) {
			return either(cfg.Addr, g, c).NewNode(cfg)
		},
		ResumeNode: func(cfg link.NodeConfig, now, slept time.Duration, snapshot []byte) (fleet.NodeMachine, error) {
			return either(cfg.Addr, g, c).ResumeNode(cfg, now, slept, snapshot)
		},
		NewGateway: func(cfg link.GatewayConfig) (fleet.GatewayMachine, error) {
			return either(cfg.Addr, c, g).NewGateway(cfg)
		},
	}
}

// either gives devices one and the other in turns.
func either(addr espnow.Addr, even, odd fleet.Machines) fleet.Machines {
	if addr[5]%2 == 0 {
		return even
	}
	return odd
}
