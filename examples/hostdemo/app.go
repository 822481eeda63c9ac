package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// app is an application as anybody would write it: it knows MQTT and nothing of ESP-NOW.
type app struct{ connection *autopaho.ConnectionManager }

// startApp subscribes to all devices and gateways and returns once the broker has granted it.
func startApp(ctx context.Context, broker string, t *tally) (*app, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, err
	}
	subscribed := make(chan error, 1)
	a := &app{}
	a.connection, err = autopaho.NewConnection(context.WithoutCancel(ctx), autopaho.ClientConfig{
		ServerUrls:       []*url.URL{u},
		KeepAlive:        30,
		ReconnectBackoff: autopaho.NewConstantBackoff(200 * time.Millisecond),
		// While the application is away the broker keeps what it subscribed to, and what came.
		SessionExpiryInterval: 60, // s
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			_, err := c.Subscribe(context.Background(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
				{Topic: espnow.DefaultRoots.Device + "/#", QoS: 1},
				{Topic: espnow.DefaultRoots.Gateway + "/#", QoS: 1},
			}})
			select {
			case subscribed <- err:
			default: // a later connection
			}
		},
		ClientConfig: paho.ClientConfig{
			ClientID: "hostdemo",
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				t.delivered(p.Packet)
				return true, nil
			}},
		},
	})
	if err != nil {
		return nil, err
	}
	select {
	case err = <-subscribed:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(patience):
		err = fmt.Errorf("the application does not get to the broker %s within %v", broker, patience)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// orderAfter is how long the application takes to decide: by then the sensor sleeps again.
const orderAfter = time.Second

// giveOrders sends devices what they are to do, until ctx ends.
func (a *app) giveOrders(ctx context.Context, orders <-chan *kind, j *journal) {
	for {
		select {
		case <-ctx.Done():
			return
		case k := <-orders:
			time.AfterFunc(orderAfter, func() { a.order(ctx, k, j) })
		}
	}
}

func (a *app) order(ctx context.Context, k *kind, j *journal) {
	topic := string(espnow.DefaultRoots.AppendDevice(nil, k.addr, []byte("$set")))
	j.say("%s  %s  <- to the %s", topic, k.order, k.firmware)
	if _, err := a.connection.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(k.order)}); err != nil {
		j.say("%s  not sent: %v", topic, err) // sent when the device joins again
	}
}

func (a *app) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = a.connection.Disconnect(ctx) // the process ends either way
}
