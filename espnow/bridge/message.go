package bridge

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// What MQTT 5.0 can carry, in bytes: what follows the fixed header (section 2.1.4), and a topic. overhead is more than a
// message has besides topic and payload.
const (
	maxRemaining = 1<<28 - 1
	maxTopic     = math.MaxUint16
	overhead     = 1024
)

var errTooLarge = errors.New("more than MQTT can carry")

// message is one PUBLISH that waits, or is on the way.
type message struct {
	packets.Publish
	receipt link.Receipt // of the node that waits to hear what becomes of it; zero: nobody does
	settle  func(r link.Receipt, taken bool)
	order   uint64 // among those that were queued
	wire    int    // bytes of the packet, once it was sent
	status  bool   // the gateway's own $status, which is in no counter

	held    bool // a connection died with it unacknowledged
	strikes int  // how many died with nothing else on the way
}

// newMessage returns a message with a copy of payload, or errTooLarge.
func newMessage(qos byte, retain bool, topic string, properties []packets.User, payload []byte) (*message, error) {
	if len(topic) > maxTopic || len(topic)+len(payload) > maxRemaining-overhead {
		return nil, errTooLarge
	}
	return &message{Publish: packets.Publish{
		Topic: topic, Payload: bytes.Clone(payload), QoS: qos, Retain: retain, Properties: &packets.Properties{User: properties},
	}}, nil
}

// promised reports whether a node waits to hear what becomes of m.
func (m *message) promised() bool { return m.receipt != link.Receipt{} }

// size is what the queue counts.
func (m *message) size() int { return len(m.Topic) + len(m.Payload) }

// encoder turns the gateway's messages into PUBLISH packets. It is safe for concurrent use.
type encoder struct {
	roots   espnow.Roots
	gateway espnow.Addr
	qos     byte
}

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// message encodes a node's message (SPEC.md, section 7).
func (e *encoder) message(m link.Message, at time.Time) (*message, error) {
	properties := []packets.User{{Key: "gateway", Value: e.gateway.String()}, {Key: "rssi", Value: strconv.Itoa(int(m.RSSI))}}
	if !m.Raw {
		properties = append(properties,
			packets.User{Key: "boot", Value: strconv.FormatUint(uint64(m.Boot), 10)},
			packets.User{Key: "message_id", Value: strconv.Itoa(int(m.ID))})
	}
	properties = append(properties, packets.User{Key: "time", Value: at.UTC().Format(timeLayout)})
	p, err := newMessage(e.qos, m.Retain, string(e.roots.AppendDevice(nil, m.From, m.Topic)), properties, m.Payload)
	if err != nil {
		return nil, err
	}
	p.receipt = m.Receipt
	return p, nil
}

// The gateway's $status is published at QoS 1 whatever its messages are.
const statusQoS = 1

var offline = []byte(`{"online":false}`)

func (e *encoder) statusTopic() string {
	return string(e.roots.AppendGateway(nil, e.gateway, []byte("$status")))
}

// online is the status of a gateway that has just connected. Config bounds its topic, so that it always fits.
func (e *encoder) online(since time.Time) *message {
	payload := `{"online":true,"since":"` + since.UTC().Format(timeLayout) + `"}`
	m, _ := newMessage(statusQoS, true, e.statusTopic(), nil, []byte(payload))
	m.status = true
	return m
}
