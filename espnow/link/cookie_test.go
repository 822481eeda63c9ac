package link

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

func TestCookieVectors(t *testing.T) {
	for _, v := range cryptoVectors(t, "cookie.txt", 3) {
		m := binary.LittleEndian.Uint64(v.get(t, "minute"))
		if got := (cookies{v.secret(t, "root")}).of(m, v.addr(t, "node")); got != proof(v.get(t, "cookie")) {
			t.Errorf("%s: %x, want %x", v.name, got, v.get(t, "cookie"))
		}
	}
}

// A cookie is good for what is left of its minute and for the next.
func TestCookie(t *testing.T) {
	jar, err := newCookies(fixed(1))
	if err != nil {
		t.Fatal(err)
	}
	const start = 7 * time.Minute
	for _, made := range []time.Duration{start, start + 30*time.Second, start + time.Minute - 1} {
		cookie := jar.make(made, testNode)
		for _, c := range []struct {
			at   time.Duration
			good bool
		}{
			{start - 1, false},
			{made, true},
			{start + time.Minute, true},
			{start + 2*time.Minute - 1, true},
			{start + 2*time.Minute, false},
			{start + time.Hour, false},
		} {
			if jar.check(c.at, testNode, cookie) != c.good {
				t.Errorf("made at %v, at %v: want %v", made, c.at, c.good)
			}
		}
		if at := jar.expires(made); at != start+2*time.Minute {
			t.Errorf("made at %v, expires at %v", made, at)
		}
		if jar.check(made, testOther, cookie) {
			t.Error("another node's cookie")
		}
		flips(cookie[:], func(bit int, changed []byte) {
			if jar.check(made, testNode, proof(changed)) {
				t.Errorf("good with bit %d changed", bit)
			}
		})
	}
	again, err := newCookies(fixed(2))
	if err != nil {
		t.Fatal(err)
	}
	if again.check(start, testNode, jar.make(start, testNode)) {
		t.Error("good after the gateway's restart")
	}
	if _, err := newCookies(bytes.NewReader(nil)); err == nil {
		t.Error("cookies without random bytes")
	}
}
