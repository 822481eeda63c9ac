package link

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/flynn/noise"
	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// TestNoiseVectors runs what others calculated against the library as it is used here.
func TestNoiseVectors(t *testing.T) {
	for _, v := range cryptoVectors(t, "noise.txt", 5) {
		state := func(initiator bool, key string) *noise.HandshakeState {
			s, err := noiseState(noise.DH25519, initiator, v.secret(t, "psk"), bytes.NewReader(v.get(t, key)), v.get(t, "prologue"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		node, gateway := state(true, "initiator"), state(false, "responder")
		message1, _, _, err := node.WriteMessage(nil, v.get(t, "payload1"))
		if err != nil || !bytes.Equal(message1, v.get(t, "message1")) {
			t.Errorf("%s: message 1 %x, %v", v.name, message1, err)
		}
		payload1, _, _, err := gateway.ReadMessage(nil, message1)
		if err != nil || !bytes.Equal(payload1, v.get(t, "payload1")) {
			t.Errorf("%s: payload 1 %x, %v", v.name, payload1, err)
		}
		message2, up, down, err := gateway.WriteMessage(nil, v.get(t, "payload2"))
		if err != nil || !bytes.Equal(message2, v.get(t, "message2")) {
			t.Errorf("%s: message 2 %x, %v", v.name, message2, err)
		}
		if hash, ok := v.values["hash"]; ok && !bytes.Equal(gateway.ChannelBinding(), hash) {
			t.Errorf("%s: hash %x", v.name, gateway.ChannelBinding())
		}
		payload2, nodeUp, nodeDown, err := node.ReadMessage(nil, message2)
		if err != nil || !bytes.Equal(payload2, v.get(t, "payload2")) {
			t.Fatalf("%s: payload 2 %x, %v", v.name, payload2, err)
		}
		keys := newSessionKeys(up, down)
		if nodeKeys := newSessionKeys(nodeUp, nodeDown); !keys.up.equal(nodeKeys.up) || !keys.down.equal(nodeKeys.down) {
			t.Errorf("%s: two ends, two keys", v.name)
		}
		packets := 0
		for ; v.values[fmt.Sprintf("sealed%d", packets)] != nil; packets++ {
			key := []secret{keys.up, keys.down}[packets%2]
			var n nonce
			sealed := newAEAD(key).Seal(nil, n.of(uint32(packets/2)), v.get(t, fmt.Sprintf("transport%d", packets)), nil)
			if !bytes.Equal(sealed, v.get(t, fmt.Sprintf("sealed%d", packets))) {
				t.Errorf("%s: transport packet %d is %x", v.name, packets, sealed)
			}
		}
		if packets < 2 {
			t.Errorf("%s: %d transport packets", v.name, packets)
		}
	}
}

// TestHandshakeVectors compares every byte of a join with an implementation of its own.
func TestHandshakeVectors(t *testing.T) {
	for _, v := range cryptoVectors(t, "handshake.txt", 3) {
		node, gateway := v.addr(t, "node"), v.addr(t, "gateway")
		keys := DeviceKey{v.secret(t, "device")}.deviceKeys()
		var hello espnow.Hello
		var welcome espnow.Welcome
		if _, err := hello.Decode(v.get(t, "hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := welcome.Decode(v.get(t, "welcome")); err != nil {
			t.Fatal(err)
		}
		wire := packetOf[*espnow.Connect](t, v.get(t, "connect"))
		c := espnow.Connect{Flags: wire.Flags & espnow.ConnectSleepy, Version: wire.Version, KeyID: wire.KeyID, Nonce: wire.Nonce, Cookie: wire.Cookie}

		j, err := newJoin(bytes.NewReader(v.get(t, "node_private")), keys.psk, node, gateway, c, &hello)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(j.prologue, v.get(t, "prologue")) {
			t.Errorf("%s: prologue %x", v.name, j.prologue)
		}
		if !bytes.Equal(j.packet, v.get(t, "connect")) {
			t.Errorf("%s: CONNECT\n%x, want\n%x", v.name, j.packet, v.get(t, "connect"))
		}
		r, err := readJoin(bytes.NewReader(v.get(t, "gateway_private")), keys.psk, node, gateway, wire, v.get(t, "connect"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(hello, r.hello); diff != "" {
			t.Errorf("%s: hello (-want +got):\n%s", v.name, diff)
		}
		answer, gatewayKeys, err := r.accept(&welcome)
		if err != nil {
			t.Fatal(err)
		}
		packet, err := appendAnswer(nil, keys.search, gateway, node, &answer)
		if err != nil || !bytes.Equal(packet, v.get(t, "connack")) {
			t.Errorf("%s: CONNACK %v\n%x, want\n%x", v.name, err, packet, v.get(t, "connack"))
		}
		if !checkAnswer(keys.search, gateway, node, packet) {
			t.Errorf("%s: the proof does not hold", v.name)
		}
		got, nodeKeys, err := j.finish(packetOf[*espnow.Connack](t, packet))
		if diff := cmp.Diff(welcome, got); err != nil || diff != "" {
			t.Errorf("%s: %v, welcome (-want +got):\n%s", v.name, err, diff)
		}
		for name, k := range map[string]sessionKeys{"node": nodeKeys, "gateway": gatewayKeys} {
			if !k.up.equal(v.secret(t, "up")) || !k.down.equal(v.secret(t, "down")) {
				t.Errorf("%s: keys of the %s differ", v.name, name)
			}
		}
		ends := map[string]*tunnel{"up": newNodeTunnel(0, nodeKeys, got.Session), "down": newGatewayTunnel(0, gatewayKeys, got.Session)}
		for way, far := range map[string]*tunnel{"up": ends["down"], "down": ends["up"]} {
			sealed, err := ends[way].seal(append(make([]byte, sealedClearLen), v.get(t, way+"_packet")...), 0)
			if err != nil || !bytes.Equal(sealed, v.get(t, way+"_sealed")) {
				t.Errorf("%s: %s %x, %v", v.name, way, sealed, err)
			}
			if packets, err := far.open(v.get(t, way+"_sealed")); err != nil || !bytes.Equal(packets, v.get(t, way+"_packet")) {
				t.Errorf("%s: %s opens as %x, %v", v.name, way, packets, err)
			}
		}
	}
}

// Any change of a CONNECT, of its flags and length included, is found without Diffie-Hellman.
func TestJoinTampered(t *testing.T) {
	psk := testSecret(1)
	j, _ := testJoin(t, psk)
	read := func(psk secret, node, gateway espnow.Addr, packet []byte) error {
		r, err := readJoin(iotest.ErrReader(errors.New("random bytes are for Diffie-Hellman")), psk, node, gateway, &espnow.Connect{}, packet)
		if err != nil && (r != nil || !errors.Is(err, errForged)) {
			t.Errorf("%v, %v", r, err)
		}
		return err
	}
	if err := read(psk, testNode, testGateway, j.packet); err != nil {
		t.Fatal(err)
	}
	flips(j.packet, func(bit int, changed []byte) {
		if read(psk, testNode, testGateway, changed) == nil {
			t.Errorf("taken with bit %d changed", bit)
		}
	})
	for n := joinClearLen; n < len(j.packet); n++ {
		if read(psk, testNode, testGateway, j.packet[:n]) == nil {
			t.Errorf("taken with %d bytes of %d", n, len(j.packet))
		}
	}
	for name, err := range map[string]error{
		"a byte more":     read(psk, testNode, testGateway, append(bytes.Clone(j.packet), 0)),
		"another node":    read(psk, testOther, testGateway, j.packet),
		"another gateway": read(psk, testNode, testOther, j.packet),
		"another key":     read(testSecret(2), testNode, testGateway, j.packet),
	} {
		if err == nil {
			t.Errorf("taken with %s", name)
		}
	}
}

// A bad answer, however it is bad, does not spoil the genuine one.
func TestAnswerTampered(t *testing.T) {
	psk, search := testSecret(1), testSecret(3)
	j, r := testJoin(t, psk)
	sent := bytes.Clone(j.packet)
	p, keys, err := r.accept(testWelcome())
	if err != nil {
		t.Fatal(err)
	}
	message, err := appendAnswer(nil, search, testGateway, testNode, &p)
	if err != nil {
		t.Fatal(err)
	}
	genuine := func(when string) {
		t.Helper()
		got, nodeKeys, err := j.finish(&p)
		if err != nil || got.Session != 7 || !nodeKeys.up.equal(keys.up) || !nodeKeys.down.equal(keys.down) {
			t.Fatalf("%s: %+v, %v", when, got, err)
		}
		if !bytes.Equal(j.packet, sent) {
			t.Fatalf("%s: the next repeat differs", when)
		}
	}
	genuine("at first")
	flips(message, func(bit int, changed []byte) {
		if checkAnswer(search, testGateway, testNode, changed) {
			t.Errorf("proven with bit %d changed", bit)
		}
		if bit/8 < answerProofAt+len(proof{}) {
			return
		}
		forged := packetOf[*espnow.Connack](t, changed)
		if _, _, err := j.finish(forged); !errors.Is(err, errForged) {
			t.Errorf("bit %d changed: %v", bit, err)
		}
	})
	genuine("after the forged ones")
	if _, _, err := j.finish(&espnow.Connack{}); !errors.Is(err, errForged) {
		t.Errorf("an empty answer: %v", err)
	}
	genuine("after an empty one")

	other, _ := testJoin(t, testSecret(2))
	if _, _, err := other.finish(&p); !errors.Is(err, errForged) {
		t.Errorf("the answer to another: %v", err)
	}
}

// TestX25519Vectors: public keys with the unused bit set, or that are not the least of their kind, are taken for what they
// stand for (RFC 7748, section 5), so that both ends of a join find one secret.
func TestX25519Vectors(t *testing.T) {
	for _, v := range cryptoVectors(t, "x25519_shared.txt", 3) {
		private, public, want := v.get(t, "private"), v.get(t, "public"), v.get(t, "shared")
		for _, unused := range []byte{0, 0x80} {
			public[keyLen-1] = public[keyLen-1]&0x7f | unused
			if got, err := noise.DH25519.DH(private, public); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, unused bit %x: %x, %v", v.name, unused, got, err)
			}
		}
		for u := byte(2); u < 19; u++ { // and 2^255 - 19 + u, which is the same
			least, other := make([]byte, keyLen), bytes.Repeat([]byte{0xff}, keyLen)
			least[0], other[0], other[keyLen-1] = u, 0xed+u, 0x7f
			want, err := noise.DH25519.DH(private, least)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := noise.DH25519.DH(private, other); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: u = %d in its other form: %x, %v", v.name, u, got, err)
			}
		}
	}
}

// X25519 gives zero for these whatever the private key: such a secret is everybody's.
func TestZeroSecretIsRefused(t *testing.T) {
	psk := testSecret(1)
	j, _ := testJoin(t, psk)
	for _, v := range cryptoVectors(t, "x25519.txt", 14) {
		public := v.get(t, "public")
		// A node that holds the psk, and sends this as its e: the tag is right, for it needs no shared secret.
		state, err := noiseState(fixedKey{noise.DH25519, noise.DHKey{Private: j.private.bytes()[:], Public: public}}, true, psk, nil, j.prologue)
		if err != nil {
			t.Fatal(err)
		}
		message, _, _, err := state.WriteMessage(nil, j.hello)
		if err != nil {
			t.Fatal(err)
		}
		packet := append(bytes.Clone(j.packet[:joinClearLen]), message...)
		r, err := readJoin(fixed(0x30), psk, testNode, testGateway, packetOf[*espnow.Connect](t, packet), packet)
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		if _, _, err := r.accept(testWelcome()); err == nil {
			t.Errorf("%s: the gateway accepts", v.name)
		}
		if _, _, err := j.finish(&espnow.Connack{Ephemeral: [keyLen]byte(public)}); !errors.Is(err, errForged) {
			t.Errorf("%s: the node: %v", v.name, err)
		}
	}
}

// No two joins share an e, and one join has one.
func TestJoinsDiffer(t *testing.T) {
	random := fixed(1)
	first, err := newJoin(random, testSecret(1), testNode, testGateway, testConnect(), testHello())
	if err != nil {
		t.Fatal(err)
	}
	second, err := newJoin(random, testSecret(1), testNode, testGateway, testConnect(), testHello())
	if err != nil || first.public == second.public {
		t.Errorf("%v, and e is %x again", err, second.public)
	}
	if _, message, err := first.begin(); err != nil || !bytes.Equal(message, first.packet[joinClearLen:]) {
		t.Errorf("message 1 again: %v\n%x, want\n%x", err, message, first.packet[joinClearLen:])
	}
	first.wipe()
	if *first.private.bytes() != [keyLen]byte{} {
		t.Error("e is not wiped")
	}
}

func TestJoinRefuses(t *testing.T) {
	psk := testSecret(1)
	broken := errors.New("broken")
	if _, err := newJoin(iotest.ErrReader(broken), psk, testNode, testGateway, testConnect(), testHello()); !errors.Is(err, broken) {
		t.Errorf("without random bytes: %v", err)
	}
	hello, c := testHello(), testConnect()
	hello.Window = 65
	if _, err := newJoin(fixed(1), psk, testNode, testGateway, c, hello); !errors.Is(err, espnow.ErrRange) {
		t.Errorf("hello with a window of 65: %v", err)
	}
	c.KeyID = 0
	if _, err := newJoin(fixed(1), psk, testNode, testGateway, c, testHello()); !errors.Is(err, espnow.ErrRange) {
		t.Errorf("key_id 0: %v", err)
	}
	// The longest hello and one TLV more: 1468 bytes of body hold 62 that are not hello's, and that 13 that are not TLVs.
	hello = testHello()
	for _, value := range []int{255, 255, 255, 255, 255, 106} {
		hello.TLVs, _ = hello.TLVs.Append(2, make([]byte, value))
	}
	for extra, want := range []error{nil, espnow.ErrTooLong} {
		hello.TLVs = append(hello.TLVs, make([]byte, extra*2)...)
		if j, err := newJoin(fixed(1), psk, testNode, testGateway, testConnect(), hello); !errors.Is(err, want) || err == nil && len(j.packet) != espnow.MaxFrameV2 {
			t.Errorf("%d TLV bytes: %v", len(hello.TLVs), err)
		}
	}

	_, r := testJoin(t, psk)
	welcome := testWelcome()
	welcome.Session = 0
	if _, _, err := r.accept(welcome); !errors.Is(err, espnow.ErrRange) {
		t.Errorf("welcome with session 0: %v", err)
	}
	if _, _, err := r.accept(testWelcome()); err != nil {
		t.Errorf("after a welcome that was refused: %v", err)
	}
}

// What has the right tag may still be no hello, or no welcome.
func TestHandshakeBadPayload(t *testing.T) {
	psk := testSecret(1)
	j, r := testJoin(t, psk)
	message, _, _, err := r.write(nil, []byte("no welcome"))
	if err != nil {
		t.Fatal(err)
	}
	tag := len(message) - tagLen
	p := espnow.Connack{Ephemeral: [keyLen]byte(message), Ciphertext: message[keyLen:tag], Tag: [tagLen]byte(message[tag:])}
	if _, _, err := j.finish(&p); !errors.Is(err, espnow.ErrShort) {
		t.Errorf("no welcome: %v", err)
	}

	j.hello = []byte("no hello")
	_, message, err = j.begin()
	if err != nil {
		t.Fatal(err)
	}
	packet := append(bytes.Clone(j.packet[:joinClearLen]), message...)
	if _, err := readJoin(fixed(1), psk, testNode, testGateway, &espnow.Connect{}, packet); !errors.Is(err, espnow.ErrShort) {
		t.Errorf("no hello: %v", err)
	}
}
