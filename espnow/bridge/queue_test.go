package bridge

import (
	"log/slog"
	"slices"
	"strconv"
	"testing"

	"github.com/eclipse/paho.golang/packets"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// TestQueueProperty compares the queue with a slice, under any sequence of pushes (of a size, below 0 of a promised one),
// pops (0) and sacrifices (1).
func TestQueueProperty(t *testing.T) {
	promise := receipts(t, 1)[0]
	properties := gopter.NewProperties(nil)
	properties.Property("behaves as a slice", prop.ForAll(
		func(size, maxBytes int, ops []int) bool {
			q := newQueue(size, maxBytes)
			var model []*message
			expendable, bytes := 0, 0
			take := func(i int) *message {
				m := model[i]
				model = slices.Delete(model, i, i+1)
				if !m.promised() {
					expendable--
					bytes -= m.size()
				}
				return m
			}
			for _, op := range ops {
				switch {
				case op == 0:
					if len(model) > 0 && q.pop() != take(0) {
						return false
					}
				case op == 1:
					i := slices.IndexFunc(model, func(m *message) bool { return !m.promised() })
					if i >= 0 && q.sacrifice() != take(i) {
						return false
					}
				case op < 0:
					m := &message{Publish: packets.Publish{Payload: make([]byte, -op)}, receipt: promise}
					if !q.fits(m) {
						return false
					}
					q.push(m)
					model = append(model, m)
				default:
					m := &message{Publish: packets.Publish{Payload: make([]byte, op)}}
					fits := expendable < size && bytes+op <= maxBytes
					if q.fits(m) != fits {
						return false
					}
					if fits {
						q.push(m)
						model = append(model, m)
						expendable++
						bytes += op
					}
				}
			}
			return q.len() == len(model) && q.bytes == bytes
		},
		gen.IntRange(1, 8), gen.IntRange(1, 60), gen.SliceOf(gen.IntRange(-20, 20)),
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
