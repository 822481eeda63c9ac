package link

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// A frame of a session holds as many bytes of packets as room says, on open networks and secure ones.
func TestSessionFrame(t *testing.T) {
	for _, maxFrame := range []int{espnow.MaxFrameV1, espnow.MaxFrameV2} {
		node, gateway := testTunnels()
		for name, s := range map[string]*session{
			"open": {maxFrame: maxFrame}, "secure": {maxFrame: maxFrame, tunnel: node},
		} {
			b := s.begin(make([]byte, 0, maxFrame))
			if s.used(b) != 0 {
				t.Errorf("%s: %d bytes used of an empty frame", name, s.used(b))
			}
			packets := bytes.Repeat([]byte{0xe0}, s.room())
			b = append(b, packets...)
			if s.used(b) != s.room() {
				t.Errorf("%s: %d of %d bytes used", name, s.used(b), s.room())
			}
			b, err := s.end(b)
			if err != nil || len(b) != maxFrame {
				t.Errorf("%s: %d bytes, %v, want %d", name, len(b), err, maxFrame)
			}
			if s.tunnel != nil {
				b, err = gateway.open(b)
			}
			if err != nil || !bytes.Equal(b, packets) {
				t.Errorf("%s: %d bytes come back, %v", name, len(b), err)
			}
		}
	}
}

func TestSessionSpent(t *testing.T) {
	node, _ := testTunnels()
	s := session{maxFrame: espnow.MaxFrameV1, tunnel: node}
	node.next = counterEnd - 1
	for i, want := range []error{nil, errSpent, errSpent} {
		if _, err := s.end(s.begin(nil)); !errors.Is(err, want) {
			t.Errorf("frame %d: %v, want %v", i, err, want)
		}
	}
	up, down := node.sealer.key, node.opener.key
	s.wipe()
	if *up.bytes() != [keyLen]byte{} || *down.bytes() != [keyLen]byte{} {
		t.Error("keys are not wiped")
	}
	(&session{}).wipe() // of an open network: there is nothing to wipe
}

// Whoever is told of a tunnel's counters hears each once, with what names the key and is not the key.
func TestSealedTold(t *testing.T) {
	type use struct {
		key     [8]byte
		counter uint32
	}
	var uses []use
	told := func(key [8]byte, counter uint32) { uses = append(uses, use{key, counter}) }
	keys := sessionKeys{testSecret(1), testSecret(2)}
	for _, u := range []*tunnel{newNodeTunnel(0, keys, 7), newGatewayTunnel(time.Hour, keys, 9)} {
		u.tell(told)
		mustSeal(t, u, "one")
		mustSeal(t, u, "")
		if _, err := u.seal(make([]byte, espnow.MaxFrameV2), 0); !errors.Is(err, espnow.ErrTooLong) {
			t.Error(err) // and tells nothing
		}
		u.next = counterEnd
		if _, err := u.seal(make([]byte, sealedClearLen), 0); !errors.Is(err, errSpent) {
			t.Error(err) // likewise
		}
	}
	if len(uses) != 4 {
		t.Fatalf("%d uses of 4", len(uses))
	}
	up, down := uses[0].key, uses[2].key
	for i, want := range []use{{up, 0}, {up, 1}, {down, 0}, {down, 1}} {
		if uses[i] != want {
			t.Errorf("use %d: %v, want %v", i, uses[i], want)
		}
	}
	if up == down || bytes.Contains(keys.up.bytes()[:], up[:4]) || up == [8]byte{} {
		t.Errorf("%x and %x name the keys", up, down)
	}
	other := newNodeTunnel(0, sessionKeys{testSecret(1), testSecret(3)}, 1)
	other.tell(told)
	mustSeal(t, other, "")
	if uses[4].key != up {
		t.Error("one key has two names")
	}
	silent := newNodeTunnel(0, keys, 7)
	silent.tell(nil)
	mustSeal(t, silent, "one")
}
