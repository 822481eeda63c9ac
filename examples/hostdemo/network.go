package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
)

// gatewayAddr is the gateway's address.
var gatewayAddr = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}

// The access point. Its channel at the start is none that a gateway has by default.
const (
	ssid, password = "home", "host-demo"
	firstChannel   = 6
	otherChannel   = 11
)

// network is all of it: broker, gateway, devices, and what is between them. Its methods are for one goroutine.
type network struct {
	broker  *mosquitto.Broker
	gateway *process
	nodes   []*process // of kinds, in their order
	channel int        // of the access point

	dir string
}

// settings of the gateway, as lines of its NVS partition.
const gatewaySettings = "ssid,data,string,%s\npassword,data,string,%s\nbroker_uri,data,string,%s\n" +
	"ntp,data,string,\nstats_s,data,u32,1\n"

// newNetwork starts all of it but the chips, whose programs it is given. What it starts ends with close, also after an
// error.
func newNetwork(ctx context.Context, o options, root, programs, dir string, t *tally) (*network, error) {
	n := &network{dir: dir, channel: firstChannel}
	keys, err := newKeys(ctx, root, dir)
	if err != nil {
		return n, err
	}
	store := filepath.Join(dir, "mosquitto")
	if err := os.Mkdir(store, 0o700); err != nil {
		return n, err
	}
	// A broker that forgot who is away would lose what it has acknowledged.
	n.broker, err = mosquitto.Start(store, mosquitto.Options{
		Persistent: true, Config: "autosave_interval 1\nautosave_on_changes true", Process: ownGroup(),
	})
	if err != nil {
		return n, err
	}
	if err := n.setAccessPoint(n.channel, true); err != nil {
		return n, err
	}
	air := fmt.Sprintf("239.255.%d.%d:%d", 1+rand.IntN(254), 1+rand.IntN(254), 20_000+rand.IntN(12_000))
	add := func(name string, addr espnow.Addr, nvs string) *process {
		return &process{
			name: name, program: filepath.Join(programs, name), ended: t.ended,
			line: func(line string) { t.logged(name, line) },
			env: []string{
				"FAKE_MAC=" + addr.String(), "FAKE_AIR=" + air, "FAKE_AP=" + n.path("ap"), "FAKE_NVS=" + nvs,
				fmt.Sprintf("FAKE_LOSS=%d", int(1000*o.loss)), fmt.Sprintf("FAKE_SEED=%d", o.seed+uint32(addr[5])),
			},
		}
	}
	nvs, err := keys.gateway(ctx, fmt.Sprintf(gatewaySettings, ssid, password, "mqtt://"+n.broker.Addr))
	if err != nil {
		return n, err
	}
	n.gateway = add("gateway", gatewayAddr, nvs)
	for _, k := range kinds {
		if nvs, err = keys.device(ctx, k.addr, k.settings); err != nil {
			return n, err
		}
		n.nodes = append(n.nodes, add(k.firmware, k.addr, nvs))
	}
	return n, nil
}

func (n *network) path(name string) string { return filepath.Join(n.dir, name) }

// on switches the gateway and all devices on.
func (n *network) on() error {
	for _, p := range append([]*process{n.gateway}, n.nodes...) {
		if err := p.on(); err != nil {
			return err
		}
	}
	return nil
}

// bulk is the device that sends 30 KB at a time.
func (n *network) bulk() *process { return n.nodes[len(n.nodes)-1] }

// setAccessPoint says where the access point is now, by a file that all chips look at.
func (n *network) setAccessPoint(channel int, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	n.channel = channel
	next := n.path("ap.new")
	if err := os.WriteFile(next, fmt.Appendf(nil, "%s %s %d %s\n", ssid, password, channel, state), 0o600); err != nil {
		return err
	}
	return os.Rename(next, n.path("ap"))
}

// devicesOff takes the devices' power. When it returns, all that they have logged has been counted.
func (n *network) devicesOff() {
	for _, p := range n.nodes {
		p.off()
	}
}

// close ends everything.
func (n *network) close() error {
	n.devicesOff()
	if n.gateway != nil {
		n.gateway.off()
	}
	if n.broker != nil {
		return n.broker.Kill()
	}
	return nil
}
