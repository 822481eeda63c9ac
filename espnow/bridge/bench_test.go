package bridge

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
)

// BenchmarkPublish compares the bridge with the same client publishing bare, in turns, 100 bytes of payload a message,
// to a Mosquitto. The metric bridge/bare is a ratio of messages a second: above 1 the bridge is the faster, although
// its messages have user properties and the bare client's have none.
func BenchmarkPublish(b *testing.B) {
	for qos := range 2 {
		b.Run(fmt.Sprintf("QoS%d", qos), func(b *testing.B) { benchmarkPublish(b, byte(qos)) })
	}
}

func benchmarkPublish(b *testing.B, qos byte) {
	const round = 10_000 // messages in one turn
	broker := mosquittotest.Start(b, mosquittotest.Options{})
	cfg, _ := quick(broker.URL)
	cfg.QueueSize, cfg.AtMostOnce = round, qos == 0
	bridge, err := Start(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer bridge.Close(context.Background())
	bare := bareClient(b, broker.URL)
	for !bridge.Stats().Connected {
		time.Sleep(time.Millisecond)
	}

	payload := make([]byte, 100)
	var bridged, direct time.Duration
	for b.Loop() {
		t0 := time.Now()
		for range round {
			bridge.Deliver(link.Message{From: nodeAddr, Payload: payload}, t0, nil)
		}
		for {
			if s := bridge.Stats(); s.Queued+s.InFlight == 0 {
				break
			}
			time.Sleep(50 * time.Microsecond)
		}
		barrier(b, bridge.broker)
		bridged += time.Since(t0)

		t0 = time.Now()
		bare.publish(b, qos, round, payload)
		barrier(b, bare.ConnectionManager)
		direct += time.Since(t0)
	}
	n := float64(b.N * round)
	b.ReportMetric(n/bridged.Seconds(), "bridge-msg/s")
	b.ReportMetric(n/direct.Seconds(), "bare-msg/s")
	b.ReportMetric(direct.Seconds()/bridged.Seconds(), "bridge/bare")
}

// barrier returns when the broker has handled what went before on the connection: at QoS 0 a turn would otherwise end
// with most of its messages in a socket's buffer, and hold up the next.
func barrier(b *testing.B, cm *autopaho.ConnectionManager) {
	p := paho.Publish{QoS: 1, Topic: "barrier"}
	if _, err := cm.Publish(context.Background(), &p); err != nil {
		b.Fatal(err)
	}
}

type bare struct{ *autopaho.ConnectionManager }

func bareClient(b *testing.B, brokerURL string) bare {
	u, err := url.Parse(brokerURL)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cm, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls: []*url.URL{u}, KeepAlive: 30, ClientConfig: paho.ClientConfig{ClientID: "bare"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); <-cm.Done() })
	if err := cm.AwaitConnection(ctx); err != nil {
		b.Fatal(err)
	}
	return bare{cm}
}

// publish sends n messages with as many calls at once as do it best: one at QoS 0, the broker's window at QoS 1.
func (c bare) publish(b *testing.B, qos byte, n int, payload []byte) {
	callers := 1
	if qos > 0 {
		callers = 20
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range n / callers {
				p := paho.Publish{QoS: qos, Topic: nodeTopic, Payload: payload}
				if _, err := c.Publish(context.Background(), &p); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
