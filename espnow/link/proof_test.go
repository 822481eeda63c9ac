package link

import (
	"bytes"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestProofVectors(t *testing.T) {
	kinds := map[string]int{}
	for _, v := range cryptoVectors(t, "proofs.txt", 7) {
		kind, _, _ := strings.Cut(v.name, "_")
		kinds[kind]++
		packet, node := v.get(t, "packet"), v.addr(t, "node")
		var check func(packet []byte, node espnow.Addr) bool
		switch kind {
		case "search":
			key := v.secret(t, "search")
			check = func(packet []byte, node espnow.Addr) bool { return checkSearch(key, node, packet) }
			if v.name != "search_tail" { // which no writer of this version sends
				p := packetOf[*espnow.Connect](t, packet)
				p.Proof = proof{}
				wantBytes(t, packet, func(b []byte) ([]byte, error) { return appendSearch(b, key, node, p) })
			}
		case "answer":
			key, gateway := v.secret(t, "search"), v.addr(t, "gateway")
			check = func(packet []byte, node espnow.Addr) bool { return checkAnswer(key, gateway, node, packet) }
			p := packetOf[*espnow.Connack](t, packet)
			p.Proof = proof{}
			wantBytes(t, packet, func(b []byte) ([]byte, error) { return appendAnswer(b, key, gateway, node, p) })
			if checkAnswer(key, testOther, node, packet) {
				t.Errorf("%s: proven for another gateway", v.name)
			}
		case "reset":
			key, gateway, tag := v.secret(t, "reset"), v.addr(t, "gateway"), [tagLen]byte(v.get(t, "tag"))
			check = func(packet []byte, node espnow.Addr) bool {
				var p espnow.Disconnect
				_, err := p.Decode(byte(espnow.DisconnectReset), packet[2:])
				return err == nil && bytes.Equal(packet[:2], []byte{0xe1, 14}) && p.Proof == resetProof(key, gateway, node, &p, tag)
			}
			p := packetOf[*espnow.Disconnect](t, packet)
			if p.Proof == resetProof(key, testOther, node, p, tag) || p.Proof == resetProof(key, gateway, node, p, [tagLen]byte{}) {
				t.Errorf("%s: proven for another gateway, or another packet", v.name)
			}
		}
		if !check(packet, node) {
			t.Errorf("%s: the proof does not hold", v.name)
		}
		if check(packet, testOther) {
			t.Errorf("%s: proven for another node", v.name)
		}
		flips(packet, func(bit int, changed []byte) {
			if check(changed, node) {
				t.Errorf("%s: proven with bit %d changed", v.name, bit)
			}
		})
		if kind != "reset" { // which is decoded before it is checked
			for n := range packet {
				if check(packet[:n:n], node) {
					t.Errorf("%s: proven with %d bytes of %d", v.name, n, len(packet))
				}
			}
		}
	}
	if len(kinds) != 3 {
		t.Errorf("vectors of %v, want search, answer and reset", kinds)
	}
}

// wantBytes checks what is appended, behind what is there.
func wantBytes(t *testing.T, want []byte, appendTo func([]byte) ([]byte, error)) {
	t.Helper()
	got, err := appendTo([]byte("before"))
	if err != nil || string(got) != "before"+string(want) {
		t.Errorf("%x, %v, want %x behind %x", got, err, want, "before")
	}
}

// A proof is of one kind: neither the key nor the form of one serves for another.
func TestProofsAreApart(t *testing.T) {
	keys := NetworkKey{testSecret(1)}.Device(testNode).deviceKeys()
	search, err := appendSearch(nil, keys.search, testNode, &espnow.Connect{Flags: espnow.ConnectSecure, Version: 1, KeyID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !checkSearch(keys.search, testNode, search) || checkSearch(keys.psk, testNode, search) || checkSearch(keys.reset, testNode, search) {
		t.Error("a search is proven by another key")
	}
	if checkAnswer(keys.search, testGateway, testNode, search) {
		t.Error("a search is proven as an answer")
	}
}

func TestAppendRefuses(t *testing.T) {
	if b, err := appendSearch([]byte("b"), testSecret(1), testNode, &espnow.Connect{Flags: espnow.ConnectSecure}); err == nil || string(b) != "b" {
		t.Errorf("a search with key_id 0: %q, %v", b, err)
	}
	if b, err := appendAnswer([]byte("b"), testSecret(1), testGateway, testNode, &espnow.Connack{Flags: 2}); err == nil || string(b) != "b" {
		t.Errorf("an answer with an unknown flag: %q, %v", b, err)
	}
}
