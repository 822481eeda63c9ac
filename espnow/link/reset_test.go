package link

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestSentTags(t *testing.T) {
	key := testSecret(1)
	tag := func(counter uint32) [tagLen]byte { return [tagLen]byte{byte(counter), 1} }
	reset := func(session uint8, counter uint32, of [tagLen]byte) *espnow.Disconnect {
		p := &espnow.Disconnect{
			Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession, Session: session, Counter: counter,
		}
		p.Proof = resetProof(key, testGateway, testNode, p, of)
		return p
	}
	tags := sentTags{session: 7}
	check := func(now time.Duration, p *espnow.Disconnect) bool {
		return tags.check(now, key, testGateway, testNode, p)
	}

	if check(0, reset(7, 0, [tagLen]byte{})) {
		t.Error("obeyed before anything was sent")
	}
	const last = 100
	for counter := uint32(0); counter <= last; counter++ {
		tags.add(time.Duration(counter)*time.Millisecond, counter, tag(counter))
	}
	sent := last * time.Millisecond
	for _, c := range []struct {
		name string
		now  time.Duration
		p    *espnow.Disconnect
		want bool
	}{
		{"the last packet", sent, reset(7, last, tag(last)), true},
		{"16 packets back", sent, reset(7, last-15, tag(last-15)), true},
		{"17 packets back", sent, reset(7, last-16, tag(last-16)), false},
		{"5 s ago", sent + 5*time.Second, reset(7, last, tag(last)), true},
		{"a moment more than 5 s ago", sent + 5*time.Second + 1, reset(7, last, tag(last)), false},
		{"not sent yet", sent, reset(7, last+1, tag(last+1)), false},
		{"the tag of another packet", sent, reset(7, last, tag(last-1)), false},
		{"another session", sent, reset(8, last, tag(last)), false},
	} {
		if check(c.now, c.p) != c.want {
			t.Errorf("%s: obeyed: %v", c.name, !c.want)
		}
	}
	p := reset(7, last, tag(last))
	if tags.check(sent, testSecret(2), testGateway, testNode, p) || tags.check(sent, key, testOther, testNode, p) {
		t.Error("obeyed with another key, or from another gateway")
	}
	p.Reason = espnow.DisconnectReasonDenied
	if check(sent, p) {
		t.Error("obeyed with the reason changed")
	}
	p = reset(7, last, tag(last))
	flips(p.Proof[:], func(bit int, changed []byte) {
		p.Proof = proof(changed)
		if check(sent, p) {
			t.Errorf("obeyed with bit %d of the proof changed", bit)
		}
	})
}
