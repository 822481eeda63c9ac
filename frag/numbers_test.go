//go:build !race

package frag_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/esp-now-network/esp-now-network/frag"
	"github.com/esp-now-network/esp-now-network/internal/numberstest"
)

const (
	reassembleLimit = 3    // times the time of copying the message
	tolerance       = 1.25 // of the limit, in a test on a machine that does other things too
)

func TestNumbers(t *testing.T) {
	t.Run("reassembling", testReassembling)
	t.Run("efficiency", testEfficiency)
}

// testReassembling compares reassembling a message with copying it, side by side.
func testReassembling(t *testing.T) {
	message := make([]byte, 1<<20)
	for i := range message {
		message[i] = byte(i * 7 >> 3)
	}
	inOrder := cut(t, message, 219)
	shuffled := slices.Clone(inOrder)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	r, err := frag.NewReassembler(frag.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	reassemble := func(parts []frag.Part) func() {
		return func() {
			var whole frag.Message
			for i := range parts {
				whole, _, _ = r.Push(0, frag.Key{Source: 1, ID: 2}, parts[i])
			}
			if len(whole.Data) != len(message) {
				t.Fatalf("%d bytes came back of %d", len(whole.Data), len(message))
			}
		}
	}
	target := make([]byte, len(message))
	floor := func() { copy(target, message) }

	worst := 0.0
	for _, order := range []struct {
		name  string
		parts []frag.Part
	}{{"in order", inOrder}, {"shuffled", shuffled}} {
		ratio := numberstest.Ratio(500, 2, nil, reassemble(order.parts), floor)
		t.Logf("%s: %.2f of the time of copying", order.name, ratio)
		worst = max(worst, ratio)
	}
	if !bytes.Equal(target, message) {
		t.Fatal("the floor copied nothing")
	}
	fmt.Printf("BENCH frag_reassemble_ratio=%.2f\nLIMIT frag_reassemble_ratio=%d\n", worst, reassembleLimit)
	if worst > reassembleLimit*tolerance {
		t.Errorf("reassembling takes %.2f times the time of copying, the limit is %d", worst, reassembleLimit)
	}
}
