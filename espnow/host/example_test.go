package host_test

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// A node of a secure network finds the gateway and sends it a message, and the gateway sends one back.
func Example() {
	air, err := sim.NewAir(sim.DefaultConfig())
	if err != nil {
		panic(err)
	}
	defer air.Close()
	station := func(last byte) *sim.Radio {
		r, err := air.NewStation(espnow.Addr{0x24, 0x6f, 0x28, 0, 0, last}, espnow.MaxFrameV2)
		if err != nil {
			panic(err)
		}
		return r
	}
	atGateway, atNode := station(1), station(2)

	network, err := link.NewNetworkKey(rand.Reader) // or link.ParseKeyring, of a file that "enow keys new" wrote
	if err != nil {
		panic(err)
	}
	gatewayConfig := link.DefaultGatewayConfig(atGateway.Addr())
	if err := gatewayConfig.Keys.Add(1, network); err != nil {
		panic(err)
	}
	gateway, err := host.StartGateway(atGateway, gatewayConfig, func(g *host.Gateway, e link.Event) {
		if m, ok := e.(*link.Message); ok {
			fmt.Printf("gateway: %s = %s\n", m.Topic, m.Payload)
			g.Settle(m.Receipt, true) // once the message is where it cannot get lost: then the node's Publish returns
		}
	}, nil)
	if err != nil {
		panic(err)
	}
	defer gateway.Close()

	nodeConfig := link.DefaultNodeConfig(atNode.Addr())
	nodeConfig.Key, nodeConfig.KeyID = network.Device(atNode.Addr()), 1
	heard := make(chan string, 1)
	node, err := host.StartNode(atNode, nodeConfig, func(e link.Event) {
		if m, ok := e.(*link.Message); ok {
			heard <- string(m.Payload) // a copy: the event is valid until this returns
		}
	}, nil)
	if err != nil {
		panic(err)
	}
	defer node.Close()

	err = node.Publish(context.Background(), link.Outgoing{Topic: "soil/moisture", Payload: []byte("21"), Acknowledge: true})
	fmt.Println("node: acknowledged:", err == nil)
	if _, err := gateway.Send(atNode.Addr(), link.Outgoing{Payload: []byte("water"), Acknowledge: true}); err != nil {
		panic(err)
	}
	fmt.Println("node:", <-heard)
	// Output:
	// gateway: soil/moisture = 21
	// node: acknowledged: true
	// node: water
}
