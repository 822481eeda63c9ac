package fleet

import (
	"crypto/sha256"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// keyUse watches how keys are used: a key and a counter encrypt once, and an ephemeral key of a handshake goes with one
// packet, byte for byte, for message 1 of a handshake has a nonce that never changes.
type keyUse struct {
	fleet      *Fleet
	counters   map[[8]byte]uint32 // the next that may be used with each key: the machines only count up
	ephemerals map[[32]byte][sha256.Size]byte
	told, sent uint64 // SEALED packets: none may go that its machine did not tell of
	decoder    espnow.Decoder
}

// sealed is told of each packet that a machine encrypts.
func (k *keyUse) sealed(key [8]byte, counter uint32) {
	if next := k.counters[key]; counter < next {
		k.fleet.violate(nonces, "counter %d comes again under key %x: the next would be %d", counter, key, next)
		return
	}
	k.fleet.held(nonces)
	k.counters[key] = counter + 1
	k.told++
}

// onAir sees each frame that a machine sends.
func (k *keyUse) onAir(from espnow.Addr, body []byte) {
	w := espnow.Walk(body)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		p, err := k.decoder.Decode(raw)
		if err != nil {
			k.fleet.violate(frames, "%v sends %x, and the packet at %d does not parse: %v", from, body, raw.Offset, err)
			return
		}
		switch p := p.(type) {
		case *espnow.Connect:
			if p.Flags&espnow.ConnectSecure != 0 && p.Flags&espnow.ConnectJoin != 0 {
				k.handshake(p.Ephemeral, body[raw.Offset:][:2+len(raw.Body)])
			}
		case *espnow.Connack:
			if p.Flags&espnow.ConnackSecure != 0 && p.Status == espnow.ConnackStatusAccepted {
				k.handshake(p.Ephemeral, body[raw.Offset:][:2+len(raw.Body)])
			}
		case *espnow.Sealed:
			if k.sent++; k.sent > k.told {
				k.fleet.violate(nonces, "%v sends SEALED with counter %d, and no machine told of it", from, p.Counter)
				return
			}
		}
	}
	if err := w.Err(); err != nil {
		k.fleet.violate(frames, "%v sends %x, which does not parse from %d on: %v", from, body, w.Offset(), err)
		return
	}
	k.fleet.held(frames)
}

func (k *keyUse) handshake(ephemeral [32]byte, packet []byte) {
	sum := sha256.Sum256(packet)
	if before, ok := k.ephemerals[ephemeral]; ok && before != sum {
		k.fleet.violate(nonces, "e %x goes with two packets", ephemeral)
		return
	}
	k.fleet.held(nonces)
	k.ephemerals[ephemeral] = sum
}
