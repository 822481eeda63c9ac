package link

import (
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// In a session, publishing a short message and hearing that it is acknowledged allocates nothing; so does hearing one.
func TestNodeAllocations(t *testing.T) {
	for _, set := range []func(*NodeConfig){nil, open} {
		h := connected(t, set)
		payload := make([]byte, 150)
		frame, down := make([]byte, 0, espnow.MaxFrameV2), espnow.Publish{Flags: espnow.PublishAck, Data: []byte("\x00x")}
		complete := espnow.Puback{}
		var results, messages int
		say := func(p espnow.Packet) {
			frame = frame[:0]
			if h.tunnel != nil {
				frame = frame[:sealedClearLen]
			}
			frame, _ = p.AppendLast(frame)
			if h.tunnel != nil {
				frame, _ = h.tunnel.seal(frame, 0)
			}
			h.Handle(h.now, Frame{Src: gwAddr, Dst: nodeAddr, Body: frame})
			for e, ok := h.Poll(h.now); ok; e, ok = h.Poll(h.now) {
				switch e.(type) {
				case *Result:
					results++
				case *Message:
					messages++
				}
			}
			h.NextDeadline()
		}
		round := func() {
			if _, err := h.Publish(h.now, Outgoing{Topic: "a/topic/of/some/length/as/sensors/have", Payload: payload, Acknowledge: true}); err != nil {
				t.Fatal(err)
			}
			if _, ok := h.Transmit(h.now); !ok {
				t.Fatal("nothing is sent")
			}
			say(&complete)
			complete.MessageID++
			down.MessageID++
			say(&down)
			h.Transmit(h.now)
		}
		for range 10 {
			round()
		}
		if allocs := testing.AllocsPerRun(100, round); allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
		if results != 111 || messages != 111 {
			t.Errorf("%d results, %d messages", results, messages)
		}
	}
}
