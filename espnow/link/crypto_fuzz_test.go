package link

import (
	"bytes"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// FuzzOpen offers a packet to both ends of a session. Only what the other end sealed opens, and only once.
func FuzzOpen(f *testing.F) {
	node, _ := testTunnels()
	genuine := map[string]string{} // packet: what is in it
	for _, packets := range []string{"", "\xc0\x04\x2a\x00\x00\x00", string(make([]byte, 240))} {
		sealed := mustSeal(f, node, packets)
		genuine[string(sealed)] = packets
		f.Add(sealed)
		f.Add(sealed[:len(sealed)-1])
	}
	for _, v := range cryptoVectors(f, "sealed.txt", 6) {
		f.Add(v.get(f, "sealed"))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		node, gateway := testTunnels()
		if got, err := node.open(bytes.Clone(packet)); err == nil {
			t.Fatalf("the sender opens its own: %x", got)
		}
		before := gateway.window
		want, ok := genuine[string(packet)]
		got, err := gateway.open(bytes.Clone(packet))
		if ok != (err == nil) || string(got) != want {
			t.Fatalf("%x, %v", got, err)
		}
		if err != nil && gateway.window != before {
			t.Fatalf("%v, and the window moved to %+v", err, gateway.window)
		}
		if _, err := gateway.open(bytes.Clone(packet)); err == nil {
			t.Fatal("opens twice")
		}
	})
}

// FuzzReadJoin offers a frame to a gateway that holds the key. Only the node's own CONNECT is read.
func FuzzReadJoin(f *testing.F) {
	psk := testSecret(1)
	j, _ := testJoin(f, psk)
	f.Add(j.packet)
	f.Add(j.packet[:joinClearLen+keyLen+tagLen])
	for _, v := range cryptoVectors(f, "handshake.txt", 3) {
		f.Add(v.get(f, "connect"))
	}
	none := iotest.ErrReader(errors.New("random bytes are for Diffie-Hellman"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		w := espnow.Walk(frame)
		var d espnow.Decoder
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			p, err := d.Decode(raw)
			c, isConnect := p.(*espnow.Connect)
			if err != nil || !isConnect {
				continue
			}
			packet := frame[raw.Offset:][:2+len(raw.Body)]
			if checkSearch(psk, testNode, packet) {
				t.Fatalf("a search is proven: %x", packet)
			}
			if c.Flags&(espnow.ConnectJoin|espnow.ConnectSecure) != espnow.ConnectJoin|espnow.ConnectSecure {
				continue
			}
			r, err := readJoin(none, psk, testNode, testGateway, c, packet)
			if genuine := bytes.Equal(packet, j.packet); genuine != (err == nil) || genuine && r.echo != testConnect().Nonce {
				t.Fatalf("%x: %+v, %v", packet, r, err)
			}
		}
	})
}

// FuzzFinish offers what follows the proof of a CONNACK to a node. Only the genuine one is believed, before and after.
func FuzzFinish(f *testing.F) {
	j, r := testJoin(f, testSecret(1))
	p, _, err := r.accept(testWelcome())
	if err != nil {
		f.Fatal(err)
	}
	genuine := noiseMessage(p.Ephemeral, p.Ciphertext, p.Tag)
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	for _, v := range cryptoVectors(f, "handshake.txt", 3) {
		f.Add(v.get(f, "connack")[answerProofAt+len(proof{}):])
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var offered espnow.Connack
		clearText := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // accepted, echo, proof
		if _, err := offered.Decode(byte(espnow.ConnackSecure), append(clearText, message...)); err != nil {
			return
		}
		if _, _, err := j.finish(&offered); (err == nil) != bytes.Equal(message, genuine) {
			t.Fatalf("%x: %v", message, err)
		}
		if welcome, _, err := j.finish(&p); err != nil || welcome.Session != 7 {
			t.Fatalf("the genuine answer after %x: %v", message, err)
		}
	})
}
