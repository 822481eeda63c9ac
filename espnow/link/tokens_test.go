package link

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestTokens(t *testing.T) {
	b := newTokens(4)
	for i, s := range []struct {
		at   time.Duration
		addr espnow.Addr
		want bool
	}{
		{0, testNode, true},
		{0, testNode, true},
		{0, testNode, true},
		{0, testNode, true},
		{0, testNode, false},
		{0, testOther, true}, // a bucket of its own
		{500*time.Millisecond - 1, testNode, false},
		{500 * time.Millisecond, testNode, true},
		{500 * time.Millisecond, testNode, false},
		{1500 * time.Millisecond, testNode, true},
		{1500 * time.Millisecond, testNode, true},
		{1500 * time.Millisecond, testNode, false},
		{time.Hour, testNode, true}, // no more than 4, however long it was quiet
		{time.Hour, testNode, true},
		{time.Hour, testNode, true},
		{time.Hour, testNode, true},
		{time.Hour, testNode, false},
	} {
		if got := b.take(s.at, s.addr); got != s.want {
			t.Fatalf("step %d, %v at %v: %v", i, s.addr, s.at, got)
		}
	}
}

// A flood of made-up addresses costs neither memory nor the tokens of those that are known, and gets no more than a
// bounded number through.
func TestTokensFlood(t *testing.T) {
	const capacity, step, long = 8, 10 * time.Millisecond, 20 * time.Second
	b := newTokens(capacity)
	known, through, next := 0, 0, espnow.Addr{}
	for now := time.Duration(0); now < long; now += step {
		if now%tokenEvery == 0 && b.take(now, testNode) {
			known++
		}
		for range 10 {
			next[4], next[5] = next[4]+next[5]/255, next[5]+1
			if b.take(now, next) {
				through++
			}
			if len(b.full) > capacity {
				t.Fatalf("%d buckets", len(b.full))
			}
		}
	}
	if want := int(long / tokenEvery); known != want {
		t.Errorf("%d of the known node, want %d", known, want)
	}
	if limit := capacity * (tokenBurst + int(long/tokenEvery)); through > limit || through == 0 {
		t.Errorf("%d of the flood, at most %d", through, limit)
	}
	if full := len(b.full); full != capacity {
		t.Errorf("%d buckets are not full", full)
	}
	if !b.take(long+time.Minute, testOther) {
		t.Error("refused when the flood is over")
	}
}

// Room is made of full buckets alone: a flood does not give back the tokens of one that is spent.
func TestTokensSweep(t *testing.T) {
	b := newTokens(2)
	for range tokenBurst {
		b.take(0, testNode)
	}
	b.take(0, testOther)
	if b.take(tokenEvery-1, testGateway) {
		t.Error("a third bucket, before one of the two is full")
	}
	if !b.take(2*tokenEvery, testGateway) {
		t.Error("no third bucket when one of the two is full")
	}
	for i, want := range []bool{true, true, false} {
		if b.take(2*tokenEvery, testNode) != want {
			t.Errorf("a second later, token %d of the two that are back: %v", i+1, !want)
		}
	}
}
