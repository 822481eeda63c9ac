package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestSealedVectors(t *testing.T) {
	for _, v := range cryptoVectors(t, "sealed.txt", 6) {
		counter, packets := binary.LittleEndian.Uint32(v.get(t, "counter")), v.get(t, "packets")
		s := newSealer(v.secret(t, "key"), v.get(t, "session")[0])
		s.next = counter
		b := append([]byte("before"), make([]byte, sealedClearLen)...)
		b = append(b, packets...)
		b, err := s.seal(b, len("before"))
		if err != nil || string(b) != "before"+string(v.get(t, "sealed")) {
			t.Errorf("%s: %x, %v", v.name, b, err)
		}
		p := packetOf[*espnow.Sealed](t, v.get(t, "sealed"))
		if again, err := p.AppendLast(nil); err != nil || !bytes.Equal(again, v.get(t, "sealed")) || p.Counter != counter {
			t.Errorf("%s: %+v encodes as %x, %v", v.name, p, again, err)
		}
		o := newOpener(v.secret(t, "key"))
		if got, err := o.open(v.get(t, "sealed")); err != nil || !bytes.Equal(got, packets) {
			t.Errorf("%s: opens as %x, %v", v.name, got, err)
		}
	}
}

// testTunnels are both ends of a session.
func testTunnels() (node, gateway *tunnel) {
	keys := sessionKeys{testSecret(1), testSecret(2)}
	return newNodeTunnel(0, keys, 7), newGatewayTunnel(0, keys, 7)
}

func mustSeal(t testing.TB, from *tunnel, packets string) []byte {
	t.Helper()
	b, err := from.seal(append(make([]byte, sealedClearLen), packets...), 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealed(t *testing.T) {
	node, gateway := testTunnels()
	first, second, empty := mustSeal(t, node, "one"), mustSeal(t, node, "two"), mustSeal(t, node, "")
	if len(first) != len("one")+espnow.SealedOverhead {
		t.Errorf("%d bytes around 3", len(first))
	}
	for _, s := range []struct {
		name   string
		to     *tunnel
		packet []byte
		want   string
		err    error
	}{
		{"the second", gateway, second, "two", nil},
		{"the first, late", gateway, first, "one", nil},
		{"the first again", gateway, first, "", errReplay},
		{"the second again", gateway, second, "", errReplay},
		{"reflected to its sender", node, first, "", errForged},
		{"nothing in it", gateway, empty, "", nil},
		{"too short", gateway, empty[:len(empty)-1], "", espnow.ErrShort},
		{"of no bytes", gateway, nil, "", espnow.ErrShort},
		{"downwards", node, mustSeal(t, gateway, "down"), "down", nil},
	} {
		packet := bytes.Clone(s.packet)
		if got, err := s.to.open(packet); string(got) != s.want || !errors.Is(err, s.err) {
			t.Errorf("%s: %q, %v", s.name, got, err)
		}
	}
	other, _ := testTunnels()
	if o, err := newOpener(testSecret(3)).open(mustSeal(t, other, "one")); !errors.Is(err, errForged) {
		t.Errorf("under another key: %q, %v", o, err)
	}
}

// What is forged moves no window: the genuine packets open afterwards.
func TestSealedTampered(t *testing.T) {
	node, gateway := testTunnels()
	genuine := mustSeal(t, node, "\xc0\x04\x2a\x00\x00\x00")
	before := gateway.window
	flips(genuine, func(bit int, changed []byte) {
		if got, err := gateway.open(changed); !errors.Is(err, errForged) || got != nil {
			t.Errorf("bit %d changed: %x, %v", bit, got, err)
		}
		if !bytes.Equal(changed[len(changed)-tagLen:len(changed)-1], genuine[len(genuine)-tagLen:len(genuine)-1]) && bit/8 < len(genuine)-tagLen {
			t.Errorf("bit %d changed: the tag is overwritten", bit)
		}
	})
	for n := range genuine {
		if _, err := gateway.open(bytes.Clone(genuine[:n])); err == nil {
			t.Errorf("opens with %d bytes of %d", n, len(genuine))
		}
	}
	if gateway.window != before {
		t.Errorf("forged packets moved the window: %+v", gateway.window)
	}
	if got, err := gateway.open(genuine); err != nil || len(got) != 6 {
		t.Errorf("the genuine packet: %x, %v", got, err)
	}
}

// Tags that a careless comparison takes: after the cases of Wycheproof.
func TestSealedWrongTags(t *testing.T) {
	node, gateway := testTunnels()
	genuine, other := mustSeal(t, node, "\xc0\x04\x2a\x00\x00\x00"), mustSeal(t, node, "\xc0\x04\x2a\x00\x00\x00")
	tagAt := len(genuine) - tagLen
	for name, change := range map[string]func(tag []byte){
		"all zeros":              func(tag []byte) { clear(tag) },
		"all ones":               func(tag []byte) { copy(tag, bytes.Repeat([]byte{0xff}, tagLen)) },
		"every bit changed":      func(tag []byte) { eachByte(tag, 0xff) },
		"every first bit":        func(tag []byte) { eachByte(tag, 1) },
		"every last bit":         func(tag []byte) { eachByte(tag, 0x80) },
		"of another packet":      func(tag []byte) { copy(tag, other[tagAt:]) },
		"two bits that cancel":   func(tag []byte) { tag[0] ^= 4; tag[8] ^= 4 },
		"two halves that change": func(tag []byte) { copy(tag, append(bytes.Clone(tag[8:]), tag[:8]...)) },
	} {
		packet := bytes.Clone(genuine)
		change(packet[tagAt:])
		if got, err := gateway.open(packet); !errors.Is(err, errForged) || got != nil {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for cut := 1; cut <= tagLen; cut++ { // the tag ends early, and so says the packet
		packet := bytes.Clone(genuine[:len(genuine)-cut])
		packet[1] -= byte(cut)
		if got, err := gateway.open(packet); err == nil {
			t.Errorf("a tag of %d bytes: %x", tagLen-cut, got)
		}
	}
	if _, err := gateway.open(genuine); err != nil {
		t.Errorf("the genuine packet: %v", err)
	}
}

func eachByte(b []byte, mask byte) {
	for i := range b {
		b[i] ^= mask
	}
}

// The counter stands at the end of the nonce, as a big-endian u64, and its 4 bytes at any value.
func TestNonce(t *testing.T) {
	var n nonce
	for counter, want := range map[uint32]string{
		0:         "\x00\x00\x00\x00",
		1:         "\x00\x00\x00\x01",
		255:       "\x00\x00\x00\xff",
		256:       "\x00\x00\x01\x00",
		1<<31 - 1: "\x7f\xff\xff\xff",
		1 << 31:   "\x80\x00\x00\x00",
		1<<32 - 2: "\xff\xff\xff\xfe",
	} {
		if got := n.of(counter); string(got) != "\x00\x00\x00\x00\x00\x00\x00\x00"+want {
			t.Errorf("%d: %x", counter, got)
		}
	}
}

// The longest body, and one byte more; the last counter, and no further.
func TestSealLimits(t *testing.T) {
	s := newSealer(testSecret(1), 1)
	longest := espnow.MaxFrameV2 - espnow.SealedOverhead
	b, err := s.seal(make([]byte, sealedClearLen+longest), 0)
	if err != nil || len(b) != espnow.MaxFrameV2 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	b = bytes.Repeat([]byte{9}, sealedClearLen+longest+1)
	if same, err := s.seal(b, 0); !errors.Is(err, espnow.ErrTooLong) || len(same) != len(b) || b[0] != 9 || s.next != 1 {
		t.Errorf("a byte too many: %d bytes, %v, counter %d", len(same), err, s.next)
	}

	s.next = 1<<32 - 2
	if b, err = s.seal(make([]byte, sealedClearLen), 0); err != nil || binary.LittleEndian.Uint32(b[counterAt:]) != 1<<32-2 {
		t.Errorf("the last packet: %x, %v", b, err)
	}
	for range 2 {
		b = bytes.Repeat([]byte{9}, sealedClearLen+1)
		if same, err := s.seal(b, 0); !errors.Is(err, errSpent) || !bytes.Equal(same, bytes.Repeat([]byte{9}, sealedClearLen+1)) {
			t.Errorf("one more: %x, %v", same, err)
		}
	}
}

func TestRekeyDue(t *testing.T) {
	for name, c := range map[string]struct {
		set func(*tunnel)
		now time.Duration
		due bool
	}{
		"new":               {func(*tunnel) {}, time.Hour, false},
		"a day but 1 ns":    {func(*tunnel) {}, 25*time.Hour - 1, false},
		"a day":             {func(*tunnel) {}, 25 * time.Hour, true},
		"2^23 - 1 sent":     {func(u *tunnel) { u.next = 1<<23 - 1 }, time.Hour, false},
		"2^23 sent":         {func(u *tunnel) { u.next = 1 << 23 }, time.Hour, true},
		"2^23 - 1 received": {func(u *tunnel) { u.window.mark(1<<23 - 2) }, time.Hour, false},
		"2^23 received":     {func(u *tunnel) { u.window.mark(1<<23 - 1) }, time.Hour, true},
	} {
		u := newNodeTunnel(time.Hour, sessionKeys{testSecret(1), testSecret(2)}, 1)
		c.set(u)
		if got := u.rekeyDue(c.now); got != c.due {
			t.Errorf("%s: due: %v", name, got)
		}
	}
}

func TestTunnelWipe(t *testing.T) {
	keys := sessionKeys{testSecret(1), testSecret(2)}
	newNodeTunnel(0, keys, 1).wipe()
	if *keys.up.bytes() != [keyLen]byte{} || *keys.down.bytes() != [keyLen]byte{} {
		t.Error("keys are not wiped")
	}
	keys = sessionKeys{testSecret(1), testSecret(2)}
	keys.wipe()
	if *keys.up.bytes() != [keyLen]byte{} || *keys.down.bytes() != [keyLen]byte{} {
		t.Error("keys without a tunnel are not wiped")
	}
}

// A sealed frame costs no allocation on either side, the token of its sender included.
func TestSealedAllocations(t *testing.T) {
	node, gateway := testTunnels()
	buckets, tags := newTokens(16), sentTags{session: 7}
	frame := make([]byte, 0, espnow.MaxFrameV1)
	now := time.Duration(0)
	allocs := testing.AllocsPerRun(200, func() {
		now += time.Second
		b, err := node.seal(frame[:espnow.MaxFrameV1-tagLen], 0)
		if err != nil || &b[0] != &frame[:1][0] {
			t.Fatalf("%p, %v", b, err)
		}
		tags.add(now, node.next-1, [tagLen]byte(b[len(b)-tagLen:]))
		buckets.take(now, testNode)
		if packets, err := gateway.open(b); err != nil || len(packets) != espnow.MaxFrameV1-espnow.SealedOverhead {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
