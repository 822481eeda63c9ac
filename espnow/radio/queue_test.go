package radio_test

import (
	"bytes"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

func frame(i byte) link.Frame { return link.Frame{Body: bytes.Repeat([]byte{i}, 1+int(i)%5)} }

// The queue has 32 places, and what finds none is dropped; frames keep their order and their bytes.
func TestQueue(t *testing.T) {
	var q radio.Queue
	next, want := byte(0), byte(0)
	for round := range 100 {
		for range round % 40 {
			full := q.Len() == radio.QueueLen
			if q.Push(frame(next)) == full {
				t.Fatalf("%d frames wait, and another was taken: %t", q.Len(), full)
			}
			if !full {
				next++
			}
		}
		for range round % 37 {
			f, ok := q.Pop()
			if !ok {
				break
			}
			if len(f.Body) != 1+int(want)%5 || f.Body[0] != want {
				t.Fatalf("took %v, want frame %d", f.Body, want)
			}
			want++
		}
	}
}
