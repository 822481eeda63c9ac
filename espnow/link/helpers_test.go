package link_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

var (
	gatewayAddr = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}
	nodeA       = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}
	nodeB       = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 2}
	group       = espnow.Addr{0x01, 0x00, 0x5e, 0, 0, 1}
)

const (
	retain   = espnow.PublishRetain
	fragment = espnow.PublishFragment
	more     = espnow.PublishFragment | espnow.PublishMore
)

// wire is a message as it goes over the air.
func wire(topic, payload string) string { return string([]byte{byte(len(topic))}) + topic + payload }

// publish is a frame's last or only packet.
func publish(flags espnow.PublishFlags, id uint16, offset uint32, data string) string {
	b, err := (&espnow.Publish{Flags: flags, MessageID: id, Offset: offset, Data: []byte(data)}).AppendLast(nil)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func broadcast(from espnow.Addr, body string) link.Frame {
	return link.Frame{Src: from, Dst: espnow.Broadcast, RSSI: -40, Channel: 6, Body: []byte(body)}
}

func unicast(from espnow.Addr, body string) link.Frame {
	return link.Frame{Src: from, Dst: gatewayAddr, RSSI: -50, Channel: 11, Body: []byte(body)}
}

// told is a link.Message that outlives the machine's next call.
type told struct {
	From           espnow.Addr
	Topic, Payload string
	Retain         bool
	Broadcast      bool
	Raw            bool
	ID             uint16
}

func newGateway(t testing.TB, set func(*link.GatewayConfig)) *link.Gateway {
	t.Helper()
	cfg := link.DefaultGatewayConfig(gatewayAddr)
	if set != nil {
		set(&cfg)
	}
	g, err := link.NewGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// handle gives the gateway a frame and returns what it tells.
func handle(t testing.TB, g *link.Gateway, now time.Duration, f link.Frame) []told {
	t.Helper()
	body := bytes.Clone(f.Body)
	g.Handle(now, f)
	all := poll(t, g, now, f)
	for _, ok := g.Transmit(now); ok; _, ok = g.Transmit(now) {
	}
	if !bytes.Equal(body, f.Body) {
		t.Fatal("the gateway wrote into the frame")
	}
	return all
}

func poll(t testing.TB, g *link.Gateway, now time.Duration, f link.Frame) (all []told) {
	t.Helper()
	for out, ok := g.Poll(now); ok; out, ok = g.Poll(now) {
		m, ok := out.(*link.Message)
		if !ok {
			t.Fatalf("a gateway without sessions tells %v", out)
		}
		if m.RSSI != f.RSSI || m.Channel != f.Channel || m.Boot != 0 {
			t.Fatalf("%+v of a frame with %d dBm on channel %d", m, f.RSSI, f.Channel)
		}
		all = append(all, told{m.From, string(m.Topic), string(m.Payload), m.Retain, m.Broadcast, m.Raw, m.ID})
	}
	return all
}

type counts = map[espnow.DropReason]uint64

func wantDrops(t testing.TB, g *link.Gateway, want counts) {
	t.Helper()
	got := counts{}
	stats := g.Stats()
	for reason, n := range stats.Drops.All() {
		got[reason] = n
	}
	if want == nil {
		want = counts{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drops (-want +got):\n%s", diff)
	}
}

func wantTold(t testing.TB, got, want []told) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// wantErr wants an error that says part; no error where part is empty.
func wantErr(t testing.TB, err error, part string) {
	t.Helper()
	if (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want one with %q", err, part)
	}
}

// firstID is a source of randomness that begins with a message_id, and then gives a boot.
func firstID(id uint16) io.Reader {
	return bytes.NewReader([]byte{byte(id), byte(id >> 8), 0, 0, 0, 0})
}

const vectors = "../../testdata/vectors"
