package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/bridge"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// brokerWait is how long a house with an end waits for a broker before it gives up. One without waits on.
const brokerWait = 15 * time.Second

// reconnectWait is less than the shortest wait of a gateway.
const reconnectWait = bridge.DefaultBackoffMin / 2

// app is an application as anybody would write it: it knows MQTT and nothing of ESP-NOW.
type app struct{ connection *autopaho.ConnectionManager }

// startApp subscribes to all devices and returns once the broker has granted it. It gives up when giveUp gives
// something, and when the broker refuses the house for good.
func startApp(ctx context.Context, h *house.House, giveUp <-chan time.Time, t *tally) (*app, error) {
	subscribed := make(chan error, 1)
	cfg := autopaho.ClientConfig{
		ServerUrls:      []*url.URL{h.Broker.URL},
		ConnectUsername: h.Broker.Username,
		ConnectPassword: []byte(h.Broker.Password),
		KeepAlive:       30,
		// A broker that restarts may keep nothing for who is away, so the application comes back at once.
		ReconnectBackoff:      autopaho.NewConstantBackoff(reconnectWait),
		SessionExpiryInterval: 60, // s: what a broker that does keep something keeps it for
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			// Messages retained from an earlier run are not asked for: they would count as arrived.
			_, err := c.Subscribe(context.Background(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
				{Topic: espnow.DefaultRoots.Device + "/#", QoS: 1, RetainHandling: 2},
			}})
			select {
			case subscribed <- err:
			default: // a later connection
			}
		},
		ClientConfig: paho.ClientConfig{
			ClientID: fmt.Sprintf("home-example-%d", time.Now().UnixNano()),
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				t.arrived(p.Packet.Topic, p.Packet.Payload)
				return true, nil
			}},
		},
	}
	connection, err := autopaho.NewConnection(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, err
	}
	a := &app{connection}
	select {
	case err = <-subscribed:
	case err = <-h.Refused:
	case <-giveUp:
		err = fmt.Errorf("no broker lets the application in at %s within %v: start one that does, or leave --broker out", h.Broker.URL, brokerWait)
	case <-ctx.Done():
		err = errors.New("interrupted before the broker answered")
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = a.connection.Disconnect(ctx) // the process ends either way
}
