package bridge

import (
	"log/slog"
	"strconv"
	"testing"

	"github.com/eclipse/paho.golang/packets"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// TestQueueProperty compares the queue with a slice, under any sequence of pushes (of a size) and pops (0).
func TestQueueProperty(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("behaves as a slice", prop.ForAll(
		func(size, maxBytes int, ops []int) bool {
			q := newQueue(size, maxBytes)
			var model []*message
			bytes := 0
			for _, op := range ops {
				if op == 0 {
					if len(model) > 0 {
						if q.pop() != model[0] {
							return false
						}
						bytes -= model[0].size()
						model = model[1:]
					}
					continue
				}
				m := &message{Publish: packets.Publish{Payload: make([]byte, op)}}
				fits := len(model) < size && bytes+op <= maxBytes
				if q.fits(m) != fits {
					return false
				}
				if fits {
					q.push(m)
					model = append(model, m)
					bytes += op
				}
			}
			return q.len == len(model) && q.bytes == bytes
		},
		gen.IntRange(1, 8), gen.IntRange(1, 60), gen.SliceOf(gen.IntRange(0, 20)),
	))
	properties.TestingRun(t)
}

// TestDropOldest fills queues to their limits and over, in messages and in bytes.
func TestDropOldest(t *testing.T) {
	e := encoder{roots: espnow.DefaultRoots, gateway: gatewayAddr, qos: 1}
	one, err := e.message(link.Message{From: nodeAddr, Payload: []byte("0")}, arrival)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name        string
		size, bytes int
		deliver     int
		queued      int // the newest so many
	}{
		{"as many as fit", 3, 1 << 20, 3, 3},
		{"one more", 3, 1 << 20, 4, 3},
		{"queue of one", 1, 1 << 20, 9, 1},
		{"as many bytes as fit", 10, 3 * one.size(), 3, 3},
		{"one message more", 10, 3 * one.size(), 4, 3},
		{"one byte less", 10, 3*one.size() - 1, 4, 2},
		{"exactly one", 10, one.size(), 4, 1},
		{"too small for any", 10, one.size() - 1, 4, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := new(logs)
			b := &Bridge{
				cfg:     Config{Logger: slog.New(slog.NewTextHandler(l, nil))},
				encoder: e,
				wake:    make(chan struct{}, 1),
				queue:   newQueue(tt.size, tt.bytes),
			}
			deliverNumbers(b, 0, tt.deliver)
			st := b.Stats()
			checkSum(t, st)
			if st.Queued != tt.queued || st.Dropped != uint64(tt.deliver-tt.queued) {
				t.Errorf("%+v", st)
			}
			for i := tt.deliver - tt.queued; i < tt.deliver; i++ {
				m := b.queue.pop()
				if got := string(m.Payload); got != strconv.Itoa(i) {
					t.Errorf("message %s, want %d", got, i)
				}
			}
			if n := len(l.matching("message dropped")); n != min(1, tt.deliver-tt.queued) {
				t.Errorf("logged %d times", n)
			}
		})
	}
}
