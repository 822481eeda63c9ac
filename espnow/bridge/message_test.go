package bridge

import (
	"bytes"
	"encoding/binary"
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
			m := message{wire: []byte("left over"), held: true, strikes: 3, status: true}
			err := m.encode(tt.qos, tt.retain, []byte("t"), appendProperty(nil, "k", []byte("vw")), []byte{0, 0xff})
			if err != nil {
				t.Fatal(err)
			}
			if tt.qos > 0 {
				m.SetIdentifier(0x1234)
			}
			if diff := cmp.Diff(tt.want, string(m.wire)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if m.held || m.strikes > 0 || m.status {
				t.Errorf("the past of a recycled message is left: %+v", m)
			}
			if m.topic() != "t" {
				t.Errorf("topic %q", m.topic())
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
			var m message
			if err := e.message(&m, in, arrival); err != nil {
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
	topic := func(n int) []byte { return []byte(strings.Repeat("t", n)) }
	// The payload of a message that is too large is never touched, so this takes no memory.
	huge := make([]byte, maxRemaining)
	for _, tt := range []struct {
		name    string
		topic   []byte
		payload []byte
		ok      bool
	}{
		{"longest topic", topic(65_535), nil, true},
		{"topic too long", topic(65_536), nil, false},
		{"one byte of remaining length", topic(1), make([]byte, 127-6), true},
		{"two bytes", topic(1), make([]byte, 127-6+1), true},
		{"two bytes at most", topic(1), make([]byte, 16_383-6), true},
		{"three bytes", topic(1), make([]byte, 16_383-6+1), true},
		{"packet too long", topic(1), huge[:maxRemaining-6+1], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message{wire: []byte("before")}
			err := m.encode(1, false, tt.topic, nil, tt.payload)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				if string(m.wire) != "before" {
					t.Error("changed on error")
				}
				return
			}
			c, err := packets.ReadPacket(bytes.NewReader(m.wire))
			if err != nil {
				t.Fatal(err)
			}
			if p := c.Content.(*packets.Publish); p.Topic != string(tt.topic) || len(p.Payload) != len(tt.payload) {
				t.Errorf("topic of %d and payload of %d bytes", len(p.Topic), len(p.Payload))
			}
		})
	}
}

// TestPropertiesRoom wants the usual message encoded without the heap.
func TestPropertiesRoom(t *testing.T) {
	e := encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr, qos: 1}
	in := link.Message{
		From: nodeAddr, Topic: bytes.Repeat([]byte("t"), 255), Payload: make([]byte, 200),
		RSSI: -128, Boot: 1<<32 - 1, ID: 1<<16 - 1,
	}
	var m message
	if err := e.message(&m, in, arrival); err != nil { // makes room
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = e.message(&m, in, arrival) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestStatusMessage(t *testing.T) {
	e := encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr}
	var m message
	e.online(&m, arrival)
	c, err := packets.ReadPacket(bytes.NewReader(m.wire))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Content.(*packets.Publish)
	const want = `{"online":true,"since":"2026-11-22T09:30:15.123Z"}`
	if p.Topic != statusTopic || string(p.Payload) != want || !p.Retain || p.QoS != 1 || !m.status {
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

func TestVarintIsLEB128(t *testing.T) {
	// MQTT 5.0, section 1.5.5, table 1-1.
	for n, want := range map[uint64]string{
		0: "\x00", 127: "\x7f", 128: "\x80\x01", 16_383: "\xff\x7f", 16_384: "\x80\x80\x01",
		2_097_151: "\xff\xff\x7f", 2_097_152: "\x80\x80\x80\x01", 268_435_455: "\xff\xff\xff\x7f",
	} {
		if got := string(binary.AppendUvarint(nil, n)); got != want {
			t.Errorf("%d: % x, want % x", n, got, want)
		}
	}
}
