package bridge

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Lengths of MQTT 5.0, in bytes.
const (
	maxRemaining = 1<<28 - 1 // what may follow the fixed header (section 2.1.4)
	maxTopic     = math.MaxUint16
)

var errTooLarge = errors.New("more than MQTT can carry")

// message is one PUBLISH, encoded on arrival: packet paho's session asks for, with the identifier to be filled in.
type message struct {
	wire   []byte
	idAt   int // where in wire the packet identifier is; 0 at QoS 0, which has none
	id     uint16
	status bool // the gateway's own $status, which is in no counter

	held    bool // a connection died with it unacknowledged
	strikes int  // how many died with nothing else on the way
}

// messages are recycled: a message in steady state costs no allocation.
var messages = sync.Pool{New: func() any { return new(message) }}

// SetIdentifier, Type and WriteTo implement paho's [session.Packet].
func (m *message) SetIdentifier(id uint16) {
	m.id = id
	binary.BigEndian.PutUint16(m.wire[m.idAt:], id)
}

func (m *message) Type() byte { return packets.PUBLISH }

func (m *message) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.wire)
	return int64(n), err
}

// topic is that of the PUBLISH, for logs.
func (m *message) topic() string {
	_, n := binary.Uvarint(m.wire[1:])
	rest := m.wire[1+n:]
	return string(rest[2 : 2+binary.BigEndian.Uint16(rest)])
}

// encode makes m a new PUBLISH (MQTT 5.0, section 3.3), or leaves it as it is and returns errTooLarge.
func (m *message) encode(qos byte, retain bool, topic, properties, payload []byte) error {
	var varint [binary.MaxVarintLen32]byte // MQTT's variable byte integer is LEB128
	propertiesLen := binary.AppendUvarint(varint[:0], uint64(len(properties)))
	remaining := 2 + len(topic) + 2*int(qos) + len(propertiesLen) + len(properties) + len(payload)
	if len(topic) > maxTopic || remaining > maxRemaining {
		return errTooLarge
	}
	flags := qos << 1
	if retain {
		flags |= 1
	}
	b := m.wire[:0]
	b = append(b, packets.PUBLISH<<4|flags)
	b = binary.AppendUvarint(b, uint64(remaining))
	b = binary.BigEndian.AppendUint16(b, uint16(len(topic)))
	b = append(b, topic...)
	idAt := 0
	if qos > 0 {
		idAt = len(b)
		b = append(b, 0, 0)
	}
	b = append(b, propertiesLen...)
	b = append(b, properties...)
	*m = message{wire: append(b, payload...), idAt: idAt}
	return nil
}

// encoder turns the gateway's messages into PUBLISH packets. It is safe for concurrent use.
type encoder struct {
	roots   espnow.Roots
	gateway espnow.Addr
	qos     byte
}

// Room on the stack for what a message has before its payload; more than that goes to the heap.
const (
	topicRoom      = 320
	propertiesRoom = 160
)

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// message encodes a node's message (SPEC.md, section 7).
func (e *encoder) message(m *message, msg link.Message, at time.Time) error {
	var (
		topic      [topicRoom]byte
		properties [propertiesRoom]byte
		text       [len(timeLayout)]byte
	)
	gateway, _ := e.gateway.AppendText(text[:0])
	p := appendProperty(properties[:0], "gateway", gateway)
	p = appendProperty(p, "rssi", strconv.AppendInt(text[:0], int64(msg.RSSI), 10))
	if !msg.Raw {
		p = appendProperty(p, "boot", strconv.AppendUint(text[:0], uint64(msg.Boot), 10))
		p = appendProperty(p, "message_id", strconv.AppendUint(text[:0], uint64(msg.ID), 10))
	}
	p = appendProperty(p, "time", at.UTC().AppendFormat(text[:0], timeLayout))
	return m.encode(e.qos, msg.Retain, e.roots.AppendDevice(topic[:0], msg.From, msg.Topic), p, msg.Payload)
}

// appendProperty appends an MQTT 5 user property.
func appendProperty(b []byte, key string, value []byte) []byte {
	b = append(b, packets.PropUser)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(key))), key...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(value))), value...)
}

// The gateway's $status is published at QoS 1 whatever its messages are.
const statusQoS = 1

var offline = []byte(`{"online":false}`)

func (e *encoder) statusTopic() string {
	return string(e.roots.AppendGateway(nil, e.gateway, []byte("$status")))
}

// online makes m the status of a gateway that has just connected. Config bounds its topic, so that it always fits.
func (e *encoder) online(m *message, since time.Time) {
	payload := append(since.UTC().AppendFormat([]byte(`{"online":true,"since":"`), timeLayout), `"}`...)
	_ = m.encode(statusQoS, true, []byte(e.statusTopic()), nil, payload)
	m.status = true
}
