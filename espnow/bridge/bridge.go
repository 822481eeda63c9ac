package bridge

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Stats counts a bridge's messages since its start. Received is the sum of Published, Dropped, Refused, Queued and
// InFlight, whenever it is asked.
type Stats struct {
	Received  uint64 `json:"received"`  // messages that Deliver took
	Published uint64 `json:"published"` // acknowledged by the broker; at QoS 0, handed to the connection
	Dropped   uint64 `json:"dropped"`   // promised to nobody and given up: the oldest of a full queue, and all after Close
	Refused   uint64 `json:"refused"`   // not taken by the broker for good, or more than MQTT can carry

	Queued   int `json:"queued"`   // wait, never sent
	InFlight int `json:"inFlight"` // sent at least once, and not acknowledged

	Connected   bool   `json:"connected"`
	Connections uint64 `json:"connections"` // accepted by the broker so far
}

// Bridge publishes a gateway's messages. Its methods are safe for concurrent use.
type Bridge struct {
	cfg     Config
	encoder encoder
	session *session
	broker  *autopaho.ConnectionManager
	watch   *watch
	cancel  context.CancelFunc // ends publisher and broker as they stand

	wake chan struct{} // there may be something to do
	done chan struct{} // closed when the publisher has ended

	mu         sync.Mutex // guards the fields below
	queue      queue
	stats      Stats           // but for Queued
	closed     bool            // nothing more is taken
	dropping   bool            // the queue has overflowed and not run empty since
	complained map[reason]bool // refusals logged since the connection came up
}

// Start makes a bridge and returns at once, be there a broker or not. The error is always about cfg. The bridge works
// until Close, or until ctx is cancelled, which is a Close without time to drain; it logs each change of its connection
// once.
func Start(ctx context.Context, cfg Config) (*Bridge, error) {
	server, err := ParseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	qos := byte(1)
	if cfg.AtMostOnce {
		qos = 0
	}
	b := &Bridge{
		cfg:        cfg,
		encoder:    encoder{roots: cfg.Roots, gateway: cfg.Gateway, qos: qos},
		session:    newSession(),
		wake:       make(chan struct{}, 1),
		done:       make(chan struct{}),
		queue:      newQueue(cfg.QueueSize, cfg.QueueBytes),
		complained: make(map[reason]bool),
		watch:      newWatch(cfg, server),
	}
	ctx, b.cancel = context.WithCancel(ctx)
	b.broker, err = autopaho.NewConnection(ctx, b.clientConfig(server))
	if err != nil {
		b.cancel()
		return nil, fmt.Errorf("bridge: %w", err)
	}
	go b.publish(ctx)
	return b, nil
}

func (b *Bridge) clientConfig(server *url.URL) autopaho.ClientConfig {
	return autopaho.ClientConfig{
		ServerUrls:       []*url.URL{server},
		TlsCfg:           b.cfg.TLS,
		KeepAlive:        uint16(b.cfg.KeepAlive / time.Second),
		ReconnectBackoff: b.watch.backoff,
		ConnectUsername:  b.cfg.Username,
		ConnectPassword:  []byte(b.cfg.Password),
		ConnectPacketBuilder: func(c *paho.Connect, _ *url.URL) (*paho.Connect, error) {
			c.CleanStart = true
			return c, nil
		},
		// The will says that the gateway is gone, however it goes: a goodbye asks the broker to publish it.
		WillMessage: &paho.WillMessage{
			Topic: b.encoder.statusTopic(), Payload: offline, QoS: statusQoS, Retain: true,
		},
		DisconnectPacketBuilder: func() *paho.Disconnect {
			return &paho.Disconnect{ReasonCode: packets.DisconnectDisconnectWithWillMessage}
		},
		OnConnectionUp: func(*autopaho.ConnectionManager, *paho.Connack) { b.watch.up() },
		OnConnectionDown: func() bool {
			b.watch.down(b.session.ended())
			return true
		},
		OnConnectError: b.watch.failed,
		ClientConfig:   paho.ClientConfig{ClientID: b.cfg.ClientID, Session: b.session},
	}
}

// Deliver queues a copy of m, which arrived at the given time. It never waits for the broker. One that MQTT cannot carry is
// refused. A message with a Receipt is taken whatever waits already, for whoever gave it has a limit for those that are
// not settled; after Close it is not taken, and its node keeps it. The others have a bound: where the queue is full, the
// oldest of them make room, and one larger than the whole queue is dropped itself.
//
// settle is called, once, for a message with a Receipt: when the broker has taken it (at QoS 0: when it is on its way), or
// never will. It is called here or by a goroutine of the bridge, and must not block. What is not settled by the end of
// Close nobody is responsible for.
func (b *Bridge) Deliver(m link.Message, at time.Time, settle func(r link.Receipt, taken bool)) {
	p, err := b.encoder.message(m, at)
	if err != nil {
		b.refuse(m)
		if m.Receipt != (link.Receipt{}) {
			settle(m.Receipt, false)
		}
		return
	}
	p.settle = settle
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed && p.promised() {
		return
	}
	b.stats.Received++
	if b.closed || !p.promised() && p.size() > b.queue.maxBytes {
		b.drop(p)
		return
	}
	for !b.queue.fits(p) {
		b.drop(b.queue.sacrifice())
	}
	b.queue.push(p)
	b.signal()
}

// refuse counts a message that MQTT cannot carry.
func (b *Bridge) refuse(m link.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Received++
	b.stats.Refused++
	b.complain(packets.DisconnectPacketTooLarge, m.From.String(), refusedText)
}

// signal makes the publisher look for something to do.
func (b *Bridge) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// drop counts a message that nobody will get. b.mu is held.
func (b *Bridge) drop(m *message) {
	b.stats.Dropped++
	if !b.dropping {
		b.dropping = true
		b.cfg.Logger.Warn("message dropped: the queue is full; more may follow, counted and not logged",
			"topic", m.Topic, "queue_size", b.cfg.QueueSize, "queue_bytes", b.cfg.QueueBytes)
	}
}

const refusedText = "message refused; more may follow, counted and not logged"

// complain logs what the broker says of a message, once a connection for each reason. b.mu is held.
func (b *Bridge) complain(r reason, topic, text string) {
	if b.complained[r] {
		return
	}
	b.complained[r] = true
	b.cfg.Logger.Warn(text, "reason", r, "topic", topic)
}

// Stats returns the counts as they stand.
func (b *Bridge) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Queued = b.queue.len()
	return s
}

// Close takes no more messages, waits until all are delivered or ctx is done, and says goodbye to the broker, which
// then publishes the gateway as offline. The error counts the messages left, or is that of ctx if only the goodbye was
// cut short. A second Close does nothing.
func (b *Bridge) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.signal()
	select {
	case <-b.done:
	case <-ctx.Done():
	}
	err := b.broker.Disconnect(ctx)
	b.cancel()
	if err != nil {
		b.session.hangUp() // a broker that does not even read would keep the goodbye waiting
	}
	if s := b.Stats(); s.Queued+s.InFlight > 0 {
		return fmt.Errorf("bridge: closed with %d messages undelivered: %w", s.Queued+s.InFlight, context.Cause(ctx))
	}
	return err
}
