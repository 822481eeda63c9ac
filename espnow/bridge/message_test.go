package bridge

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/packets"
	"github.com/google/go-cmp/cmp"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// TestEncodeBytes is written by hand from MQTT 5.0, section 3.3.
func TestEncodeBytes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		qos    byte
		retain bool
		want   string
	}{
		{"QoS 0", 0, false, "\x30\x0e" + "\x00\x01t" + "\x08" + "\x26\x00\x01k\x00\x02vw" + "\x00\xff"},
		{
			"QoS 1, retained", 1, true,
			"\x33\x10" + "\x00\x01t" + "\x12\x34" + "\x08" + "\x26\x00\x01k\x00\x02vw" + "\x00\xff",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			payload := []byte{0, 0xff}
			m, err := newMessage(tt.qos, tt.retain, "t", []packets.User{{Key: "k", Value: "vw"}}, payload)
			if err != nil {
				t.Fatal(err)
			}
			if tt.qos > 0 {
				m.SetIdentifier(0x1234)
			}
			payload[0] = 1 // the message has its own
			var wire bytes.Buffer
			if _, err := m.WriteTo(&wire); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, wire.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if m.size() != len("t")+len(payload) {
				t.Errorf("size %d", m.size())
			}
		})
	}
}

// TestEncodeProperty has paho's parser read what was encoded.
func TestEncodeProperty(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("paho reads what goes in", prop.ForAll(
		func(payload, topic []byte, retain, raw bool, boot uint32, id uint16, rssi int8, qos byte) bool {
			e := encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr, qos: qos}
			in := link.Message{
				From: nodeAddr, Topic: topic, Payload: payload, Retain: retain, Raw: raw,
				RSSI: rssi, Boot: boot, ID: id,
			}
			m, err := e.message(in, arrival)
			if err != nil {
				return false
			}
			if qos > 0 {
				m.SetIdentifier(id)
			}
			var wire bytes.Buffer
			if n, err := m.WriteTo(&wire); err != nil || n != int64(wire.Len()) {
				return false
			}
			c, err := packets.ReadPacket(&wire)
			if err != nil || wire.Len() > 0 {
				return false
			}
			p := c.Content.(*packets.Publish)
			wantTopic := string(espnow.DefaultRoots.AppendDevice(nil, nodeAddr, topic))
			wantID := id
			if qos == 0 {
				wantID = 0
			}
			users := 5
			if raw {
				users = 3
			}
			return p.Topic == wantTopic && bytes.Equal(p.Payload, payload) && p.Retain == retain && p.QoS == qos &&
				!p.Duplicate && p.PacketID == wantID && len(p.Properties.User) == users
		},
		gen.SliceOf(gen.UInt8()), gen.SliceOf(gen.UInt8Range('a', 'z')), gen.Bool(), gen.Bool(), gen.UInt32(),
		gen.UInt16(), gen.Int8(), gen.UInt8Range(0, 1),
	))
	properties.TestingRun(t)
}

func TestEncodeLimits(t *testing.T) {
	huge := make([]byte, maxRemaining)
	for _, tt := range []struct {
		name    string
		topic   int
		payload []byte
		ok      bool
	}{
		{"longest topic", 65_535, nil, true},
		{"topic too long", 65_536, nil, false},
		{"longest payload", 1, huge[:maxRemaining-overhead-1], true},
		{"payload too long", 1, huge[:maxRemaining-overhead], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := newMessage(1, false, strings.Repeat("t", tt.topic), nil, tt.payload)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			if err == nil && (len(m.Topic) != tt.topic || len(m.Payload) != len(tt.payload)) {
				t.Errorf("topic of %d, payload of %d", len(m.Topic), len(m.Payload))
			}
		})
	}
}

func TestStatusMessage(t *testing.T) {
	e := encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr}
	p := e.online(arrival)
	const want = `{"online":true,"since":"2026-11-22T09:30:15.123Z"}`
	if p.Topic != statusTopic || string(p.Payload) != want || !p.Retain || p.QoS != 1 || !p.status {
		t.Errorf("%s: %s, retained %t, QoS %d", p.Topic, p.Payload, p.Retain, p.QoS)
	}
}

func TestReason(t *testing.T) {
	for r, want := range map[reason]string{
		packets.ConnackBadUsernameOrPassword: "0x86 Bad User Name or Password",
		packets.DisconnectPacketTooLarge:     "0x95 Packet too large",
		packets.DisconnectSessionTakenOver:   "0x8e Session taken over",
		0xff:                                 "0xff",
	} {
		if got := r.String(); got != want {
			t.Errorf("%d: %q, want %q", byte(r), got, want)
		}
	}
	if reason(0x7f).refused() || !reason(0x80).refused() {
		t.Error("refusals start elsewhere than at 0x80")
	}
}
