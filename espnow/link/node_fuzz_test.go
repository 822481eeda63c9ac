package link

import (
	"bytes"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
)

// FuzzNode reads its input as steps, on a secure network or on an open one: a byte for what is done, a length, and as many
// bytes. Whoever holds no key changes nothing on a secure network; the gateway, which holds the keys, says what it likes.
func FuzzNode(f *testing.F) {
	step := func(kind byte, body []byte) []byte { return append([]byte{kind, byte(len(body))}, body...) }
	for i, v := range vectortest.Read(f, "../../testdata/vectors") {
		body := v.Frame()
		body = body[:min(len(body), 250)]
		network := byte(i % 2) // in turns, for each run has handshakes, which take their time
		if i/2%2 == 0 {
			f.Add(bytes.Join([][]byte{{network}, step(0, body), step(1, body), step(2, body)}, nil))
		} else {
			f.Add(bytes.Join([][]byte{{network}, step(3, []byte{90}), step(0, body), step(4, body), step(1, body)}, nil))
		}
	}
	f.Add(append([]byte{0}, bytes.Repeat(append(step(4, []byte("message")), step(3, []byte{1, 20, 250})...), 4)...))
	f.Add(append([]byte{1}, bytes.Join([][]byte{step(1, []byte("\xe0\x01\x04")), step(5, nil), step(3, []byte{50}), step(5, nil)}, nil)...))
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 {
			return
		}
		h := connected(t, func(c *NodeConfig) {
			if input[0]&1 != 0 {
				open(c)
			}
			c.Sleepy = input[0]&2 != 0
			c.QueueMessages, c.QueueBytes = 4, 1000
			l := &c.Receive
			l.MaxMessage, l.MaxParts, l.MaxMessages, l.SourceMessages, l.Timeout = 2000, 300, 3, 2, time.Second
			l.SourceBytes = l.MessageBytes()
			l.MaxBytes = 2 * l.SourceBytes
		})
		for rest := input[1:]; len(rest) >= 2; {
			size := min(int(rest[1]), len(rest)-2)
			kind, body := rest[0], rest[2:2+size]
			rest = rest[2+size:]
			switch kind % 6 {
			case 0: // a stranger, or somebody who says that he is the gateway
				h.stranger(t, body, kind)
			case 1: // the gateway
				if h.tunnel != nil {
					body = h.must(h.tunnel.seal(append(make([]byte, sealedClearLen), body...), 0))
				}
				h.hear(gwAddr, body)
			case 2: // the gateway, its words changed on the way
				frame := h.frameOf(&espnow.Publish{MessageID: 1, Data: []byte("\x00x")})
				for i, b := range body {
					frame[i%len(frame)] ^= b
				}
				h.hear(gwAddr, frame)
			case 3:
				for _, tenths := range body {
					h.wait(time.Duration(tenths) * 100 * time.Millisecond)
				}
			case 4:
				_, _ = h.Publish(h.now, Outgoing{Payload: body, Acknowledge: size%2 == 0})
				h.transmit()
			case 5:
				h.answersJoin()
			}
			h.sent, h.messages = nil, nil
			c, s := h.cfg, h.Stats()
			if s.Held > c.Receive.MaxBytes || s.Queued > c.QueueMessages || h.outbox.bytes > c.QueueBytes ||
				len(h.memory) > maxGateways || len(h.answers) > maxAnswers || len(h.radio.list) > nodePeers {
				t.Fatalf("beyond the limits: %+v", s)
			}
		}
		acknowledged := len(h.results)
		for _, m := range h.outbox.queue {
			if m.acknowledge {
				acknowledged++
			}
		}
		if acknowledged > int(h.ticket) {
			t.Fatalf("%d results, and %d messages", acknowledged, h.ticket)
		}
		h.wait(10 * time.Minute)
		for i, c := range h.links[1:] {
			if c.Up && h.links[i].Up {
				t.Fatalf("up twice in a row: %+v", h.links)
			}
		}
	})
}

// stranger gives the node a frame of somebody without keys. On a secure network it changes nothing but counters.
func (h *house) stranger(t *testing.T, body []byte, kind byte) {
	from := gwAddr
	if kind&8 != 0 {
		from = otherGw
	}
	before, open := h.state(), h.tunnel == nil
	h.hear(from, body)
	if now := h.state(); !open && now != before {
		t.Fatalf("%x changed the node:\n%s\n%s", body, before, now)
	}
}

// answersJoin has the gateway take part if the node searches or joins.
func (h *house) answersJoin() {
	for range 40 {
		at, ok := h.NextDeadline()
		if !ok || h.Connected() {
			return
		}
		h.now = max(h.now, at)
		h.transmit()
		if len(h.sent) == 0 {
			continue
		}
		f := h.sent[0]
		h.sent = nil
		c, ok := connectIn(f.Body)
		switch {
		case !ok || f.Channel != h.welcome.Channel:
		case c.Flags&espnow.ConnectJoin == 0:
			h.hear(gwAddr, h.here(f))
		default:
			h.hear(gwAddr, h.accept(f))
		}
	}
}

func connectIn(body []byte) (espnow.Connect, bool) {
	for p, err := range espnow.Packets(body) {
		if c, ok := p.(*espnow.Connect); ok && err == nil {
			return *c, true
		}
	}
	return espnow.Connect{}, false
}
