package link_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func newNode(t testing.TB, set func(*link.NodeConfig)) *link.Node {
	t.Helper()
	cfg := link.DefaultNodeConfig(nodeA)
	cfg.Gateway, cfg.Random = espnow.Broadcast, firstID(0)
	if set != nil {
		set(&cfg)
	}
	n, err := link.NewNode(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustPublish(t testing.TB, n *link.Node, m link.Outgoing) {
	t.Helper()
	if _, err := n.Publish(0, m); err != nil {
		t.Fatal(err)
	}
}

// nextFrame is a copy of the next frame that the node sends; false: it sends none.
func nextFrame(t testing.TB, n *link.Node) (link.Frame, bool) {
	t.Helper()
	out, ok := n.Transmit(0)
	if !ok {
		return link.Frame{}, false
	}
	return link.Frame{Src: n.Addr(), Dst: out.Dst, Body: bytes.Clone(out.Body)}, true
}

func nextFrames(t testing.TB, n *link.Node) (all []link.Frame) {
	t.Helper()
	for f, ok := nextFrame(t, n); ok; f, ok = nextFrame(t, n) {
		all = append(all, f)
	}
	return all
}

func TestNodeFrames(t *testing.T) {
	n := newNode(t, func(c *link.NodeConfig) { c.Random = firstID(65535) })
	mustPublish(t, n, link.Outgoing{Topic: "a/b", Payload: []byte("hi"), Retain: true})
	mustPublish(t, n, link.Outgoing{})
	mustPublish(t, n, link.Outgoing{Payload: bytes.Repeat([]byte("x"), 500), Retain: true})
	xs := strings.Repeat("x", 500)
	var bodies []string
	for _, f := range nextFrames(t, n) {
		if f.Src != nodeA || !f.Dst.IsBroadcast() {
			t.Errorf("frame from %v to %v", f.Src, f.Dst)
		}
		bodies = append(bodies, string(f.Body))
	}
	want := []string{
		"\x31\x08\xff\xff\x03a/bhi" + "\x30\x03\x00\x00\x00", // short ones share a frame
		"\x3d\xf8\x01\x00\x00\x00\x00\x00\x00" + xs[:241],
		"\x3d\xf8\x01\x00\xf2\x00\x00\x00" + xs[:242],
		"\x35\x17\x01\x00\xe4\x01\x00\x00" + xs[:17],
	}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	if s, want := n.Stats(), (link.NodeStats{Messages: 3, Frames: 4}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
}

// A machine that hears nothing and waits for nothing.
func TestNodeIgnoresWhatItHears(t *testing.T) {
	n := newNode(t, nil)
	n.Handle(0, link.Frame{Src: gatewayAddr, Dst: nodeA, Body: []byte(connackBusy + reset)})
	event, told := n.Poll(0)
	if out, ok := n.Transmit(0); ok || told || n.Stats() != (link.NodeStats{}) {
		t.Errorf("%v, %v, %+v", event, out, n.Stats())
	}
	if at, ok := n.NextDeadline(); ok {
		t.Errorf("waits until %v", at)
	}
}

func TestNodeCopiesPayload(t *testing.T) {
	n := newNode(t, nil)
	payload := []byte("hi")
	mustPublish(t, n, link.Outgoing{Payload: payload})
	payload[0] = 'X'
	if f, _ := nextFrame(t, n); !bytes.HasSuffix(f.Body, []byte("hi")) {
		t.Errorf("sent %q", f.Body)
	}
}

// At every length that a radio's frame may have, a message that fits exactly is one frame and one byte more makes two.
func TestNodeMaxFrame(t *testing.T) {
	for maxFrame := 250; maxFrame <= 1470; maxFrame++ {
		n := newNode(t, func(c *link.NodeConfig) { c.Gateway, c.MaxFrame = gatewayAddr, maxFrame })
		whole := maxFrame - 5 // header 2, message_id 2, topic_length 1
		for extra, want := range []int{1, 2} {
			mustPublish(t, n, link.Outgoing{Payload: make([]byte, whole+extra)})
			frames := nextFrames(t, n)
			if len(frames) != want || len(frames[0].Body) != maxFrame {
				t.Fatalf("%d bytes at %d: %d frames, the first of %d", whole+extra, maxFrame, len(frames), len(frames[0].Body))
			}
		}
	}
}

func TestNodeBroadcastsShortFrames(t *testing.T) {
	n := newNode(t, func(c *link.NodeConfig) { c.MaxFrame = 1470 })
	mustPublish(t, n, link.Outgoing{Payload: make([]byte, 2000)})
	for _, f := range nextFrames(t, n) {
		if len(f.Body) > 250 {
			t.Errorf("a broadcast of %d bytes", len(f.Body))
		}
	}
}

func TestNewNodeRefuses(t *testing.T) {
	for _, c := range []struct {
		set  func(*link.NodeConfig)
		want string // part of the error; empty: none
	}{
		{func(*link.NodeConfig) {}, ""},
		{func(c *link.NodeConfig) { c.Gateway, c.MaxFrame = gatewayAddr, 1470 }, ""},
		{func(c *link.NodeConfig) { c.QueueMessages, c.QueueBytes = 1, 1 }, ""},
		{func(c *link.NodeConfig) { c.Addr = espnow.Addr{} }, "node address 00:00:00:00:00:00"},
		{func(c *link.NodeConfig) { c.Addr = group }, "node address 01:00:5e:00:00:01"},
		{func(c *link.NodeConfig) { c.Gateway = group }, "gateway address 01:00:5e:00:00:01"},
		{func(c *link.NodeConfig) { c.MaxFrame = 249 }, "MaxFrame 249"},
		{func(c *link.NodeConfig) { c.MaxFrame = 1471 }, "MaxFrame 1471"},
		{func(c *link.NodeConfig) { c.QueueMessages = 0 }, "QueueMessages 0"},
		{func(c *link.NodeConfig) { c.QueueBytes = 0 }, "QueueBytes 0"},
	} {
		cfg := link.DefaultNodeConfig(nodeA)
		cfg.Gateway = espnow.Broadcast
		c.set(&cfg)
		n, err := link.NewNode(cfg)
		wantErr(t, err, c.want)
		if (n == nil) != (err != nil) {
			t.Errorf("%v beside the error %v", n, err)
		}
	}
}

func TestPublishRefuses(t *testing.T) {
	n := newNode(t, func(c *link.NodeConfig) { c.QueueBytes = 300 })
	mustPublish(t, n, link.Outgoing{Payload: []byte("waits")})
	before := n.Stats()
	for _, c := range []struct {
		m    link.Outgoing
		want error
	}{
		{link.Outgoing{Topic: "$set"}, espnow.ErrTopic},
		{link.Outgoing{Topic: strings.Repeat("t", 256)}, espnow.ErrTopic},
		{link.Outgoing{Payload: make([]byte, 300)}, link.ErrTooLarge},
		{link.Outgoing{Topic: "t", Payload: make([]byte, 299)}, link.ErrTooLarge},
	} {
		if _, err := n.Publish(0, c.m); !errors.Is(err, c.want) {
			t.Errorf("%d bytes to %.9q: error %v, want %v", len(c.m.Payload), c.m.Topic, err, c.want)
		}
	}
	if n.Stats() != before {
		t.Errorf("refused messages changed %+v to %+v", before, n.Stats())
	}
	mustPublish(t, n, link.Outgoing{Topic: strings.Repeat("t", 255), Payload: make([]byte, 44)})
	if s := n.Stats(); s.Queued != 1 || s.Dropped != 1 {
		t.Errorf("the longest message did not take the whole queue: %+v", s)
	}
}

// A queue drops the oldest messages that have not begun, by their number and by their bytes.
func TestNodeQueue(t *testing.T) {
	long := strings.Repeat("x", 299) // 300 bytes with topic_length: two frames
	for _, c := range []struct {
		name            string
		messages, bytes int
		begin           bool // the first message has, when the second comes
		publish         []string
		want            []string // what is sent of them
		full            int      // how many are refused
	}{
		{"messages fit", 3, 9999, false, []string{"a", "b", "c"}, []string{"a", "b", "c"}, 0},
		{"a message too many", 3, 9999, false, []string{"a", "b", "c", "d"}, []string{"b", "c", "d"}, 0},
		{"two too many", 3, 9999, false, []string{"a", "b", "c", "d", "e"}, []string{"c", "d", "e"}, 0},
		{"bytes fit", 9, 6, false, []string{"a", "b", "c"}, []string{"a", "b", "c"}, 0},
		{"a byte too many", 9, 6, false, []string{"a", "b", "c1"}, []string{"b", "c1"}, 0},
		{"one drops several", 9, 6, false, []string{"a", "b", "c", "d1234"}, []string{"d1234"}, 0},
		{"begun stays", 2, 9999, true, []string{long, "b", "c"}, []string{long, "c"}, 0},
		{"begun stays alone", 1, 9999, true, []string{long, "b"}, []string{long}, 1},
		{"begun leaves room", 9, 302, true, []string{long, "b"}, []string{long, "b"}, 0},
		{"begun leaves no room", 9, 301, true, []string{long, "b"}, []string{long}, 1},
		{"refused drops nothing", 9, 304, true, []string{long, "b", "c", "d1234"}, []string{long, "b", "c"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t, func(cfg *link.NodeConfig) { cfg.QueueMessages, cfg.QueueBytes = c.messages, c.bytes })
			g := newGateway(t, nil)
			var frames []link.Frame
			full := 0
			for i, payload := range c.publish {
				_, err := n.Publish(0, link.Outgoing{Payload: []byte(payload)})
				switch {
				case errors.Is(err, link.ErrFull):
					full++
				case err != nil:
					t.Fatal(err)
				}
				if i == 0 && c.begin {
					f, _ := nextFrame(t, n)
					frames = append(frames, f)
				}
			}
			if s := n.Stats(); s.Queued != len(c.want) || int(s.Dropped)+full+len(c.want) != len(c.publish) {
				t.Errorf("%+v", s)
			}
			var got []string
			for _, f := range append(frames, nextFrames(t, n)...) {
				for _, m := range handle(t, g, 0, f) {
					if int(m.ID) != len(got) {
						t.Errorf("message %d has the id %d: ids are given to what is sent", len(got), m.ID)
					}
					got = append(got, m.Payload)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || full != c.full {
				t.Errorf("%d refused; sent (-want +got):\n%s", full, diff)
			}
			if s := n.Stats(); s.Queued != 0 || int(s.Messages) != len(c.want) {
				t.Errorf("%+v", s)
			}
			mustPublish(t, n, link.Outgoing{Payload: make([]byte, c.bytes-1)}) // all room is free again
			if n.Stats().Queued != 1 {
				t.Errorf("%+v", n.Stats())
			}
		})
	}
}

// roundTrip sends messages through a node and a gateway, and wants each back at once, and alone.
func roundTrip(t *testing.T, set func(*link.NodeConfig), messages ...link.Outgoing) {
	t.Helper()
	n, g := newNode(t, set), newGateway(t, nil)
	for id, m := range messages {
		mustPublish(t, n, m)
		var all []told
		direct := false
		for _, f := range nextFrames(t, n) {
			direct = !f.Dst.IsBroadcast()
			all = append(all, handle(t, g, 0, f)...)
		}
		wantTold(t, all, []told{{
			From: nodeA, Topic: m.Topic, Payload: string(m.Payload), Retain: m.Retain, Broadcast: !direct, ID: uint16(id),
		}})
		if t.Failed() {
			t.Fatalf("%d bytes to %q", len(m.Payload), m.Topic)
		}
	}
	wantDrops(t, g, nil)
	if s := g.Stats(); s.Partial != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRoundTrip(t *testing.T) {
	payload := make([]byte, 20<<10)
	for i := range payload {
		payload[i] = byte(i * 7 >> 3)
	}
	var messages []link.Outgoing
	for size := range 601 {
		topic := ""
		if size%3 > 0 {
			topic = strings.Repeat("t", size%256)
		}
		messages = append(messages, link.Outgoing{Topic: topic, Payload: payload[size:][:size], Retain: size%2 == 1})
	}
	for _, maxFrame := range []int{250, 251, 256, 257, 258, 1469, 1470} {
		for extra := -2; extra <= 2; extra++ {
			messages = append(messages, link.Outgoing{Payload: payload[:maxFrame-5+extra]})
			messages = append(messages, link.Outgoing{Payload: payload[:2*(maxFrame-8)-1+extra]}) // two fragments, three
		}
	}
	messages = append(messages, link.Outgoing{Topic: "picture", Payload: payload})
	for _, c := range []struct {
		gateway  espnow.Addr
		maxFrame int
	}{{espnow.Broadcast, 250}, {gatewayAddr, 250}, {gatewayAddr, 256}, {gatewayAddr, 257}, {gatewayAddr, 1470}} {
		t.Run(fmt.Sprintf("%v %d", c.gateway, c.maxFrame), func(t *testing.T) {
			roundTrip(t, func(cfg *link.NodeConfig) { cfg.Gateway, cfg.MaxFrame = c.gateway, c.maxFrame }, messages...)
		})
	}
}
