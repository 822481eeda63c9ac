package bridge

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
)

var (
	gatewayAddr = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 0x01}
	nodeAddr    = espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}
	otherAddr   = espnow.Addr{0x24, 0x6f, 0x28, 0xdd, 0xee, 0xff}

	arrival = time.Date(2026, 11, 22, 10, 30, 15, 123_456_789, time.FixedZone("CET", 3600))
)

const (
	nodeTopic   = "/device/24:6f:28:aa:bb:cc"
	otherTopic  = "/device/24:6f:28:dd:ee:ff"
	statusTopic = "/gateway/24:6f:28:00:00:01/$status"
)

// patience is how long a test waits for what must happen: long enough for a slow machine with the race detector.
const patience = 20 * time.Second

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// logs keeps what a bridge logs, one record a line.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// matching returns the lines with the part in them.
func (l *logs) matching(part string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found
}

// quick makes a Config for a test: short back-off, and logs kept.
func quick(brokerURL string) (Config, *logs) {
	l := new(logs)
	return Config{
		URL:        brokerURL,
		Gateway:    gatewayAddr,
		BackoffMin: 10 * time.Millisecond,
		BackoffMax: 100 * time.Millisecond,
		Logger:     slog.New(slog.NewTextHandler(l, nil)),
	}, l
}

// start runs a bridge that ends with the test.
func start(t *testing.T, cfg Config) *Bridge {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b, err := Start(ctx, cfg)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		<-b.broker.Done()
		<-b.done
	})
	return b
}

// drainAndClose closes the bridge, which has all the time it needs.
func drainAndClose(t *testing.T, b *Bridge) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// checkSum checks the invariant of Stats.
func checkSum(t *testing.T, s Stats) {
	t.Helper()
	if sum := s.Published + s.Dropped + s.Refused + uint64(s.Queued+s.InFlight); sum != s.Received {
		t.Errorf("stats add up to %d: %+v", sum, s)
	}
}

var subscribers atomic.Int32 // so far; two under one name would take each other's session

// subscriber listens to a broker, across restarts of it.
type subscriber struct {
	broker *autopaho.ConnectionManager

	mu       sync.Mutex
	received []*paho.Publish
}

// subscribe listens to the filters at QoS 1, in a session that a persistent broker keeps, and returns when the broker
// has agreed.
func subscribe(t *testing.T, brokerURL string, filters ...string) *subscriber {
	t.Helper()
	u, err := url.Parse(brokerURL)
	if err != nil {
		t.Fatal(err)
	}
	s := new(subscriber)
	ctx, cancel := context.WithCancel(context.Background())
	s.broker, err = autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:            []*url.URL{u},
		KeepAlive:             30,
		SessionExpiryInterval: 3600,
		ReconnectBackoff:      autopaho.NewConstantBackoff(10 * time.Millisecond),
		ConnectUsername:       u.User.Username(),
		ConnectPassword:       password(u),
		ClientConfig: paho.ClientConfig{
			ClientID: fmt.Sprint("subscriber", subscribers.Add(1)),
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.received = append(s.received, r.Packet)
				return true, nil
			}},
		},
	})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		<-s.broker.Done()
	})
	subscribing, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err := s.broker.AwaitConnection(subscribing); err != nil {
		t.Fatal(err)
	}
	var request paho.Subscribe
	for _, f := range filters {
		request.Subscriptions = append(request.Subscriptions, paho.SubscribeOptions{
			Topic: f, QoS: 1, RetainAsPublished: true,
		})
	}
	if _, err := s.broker.Subscribe(subscribing, &request); err != nil {
		t.Fatal(err)
	}
	return s
}

func password(u *url.URL) []byte {
	p, _ := u.User.Password()
	return []byte(p)
}

// messages returns what has arrived so far under the topic.
func (s *subscriber) messages(topic string) []*paho.Publish {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*paho.Publish
	for _, p := range s.received {
		if p.Topic == topic {
			found = append(found, p)
		}
	}
	return found
}

// payloads returns those of what has arrived so far under the topic, as text.
func (s *subscriber) payloads(topic string) []string {
	var texts []string
	for _, p := range s.messages(topic) {
		texts = append(texts, string(p.Payload))
	}
	return texts
}
