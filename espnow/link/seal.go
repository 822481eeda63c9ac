package link

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// A SEALED packet (SPEC.md, section 4); everything in front of the packets in it is authenticated and clear:
//
//	header 2 | session u8 | counter u32 | packets, encrypted | tag 16
//
// Both directions have a key of their own, so what comes back to its sender does not open. A counter is the nonce, and
// never returns under its key.

const (
	sealedClearLen = 2 + 1 + 4
	counterAt      = 2 + 1
	maxSealedBody  = espnow.MaxFrameV2 - 2

	// counterEnd is never used as a counter: before it, the key is spent.
	counterEnd = 1<<32 - 1
	// A session is to have new keys when one of them made so many packets, or when it is so old.
	rekeyPackets = 1 << 23
	rekeyAge     = 24 * time.Hour
)

// Why a SEALED packet or a message of the handshake is dropped, or cannot be made.
var (
	errForged = errors.New("forged or damaged")
	errReplay = errors.New("counter seen before, or too old to tell")
	errSpent  = errors.New("the key has made all the packets it may")
)

func newAEAD(key secret) cipher.AEAD {
	block, err := aes.NewCipher(key.bytes()[:])
	if err != nil {
		panic("link: AES key: " + err.Error()) // which is of the right length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("link: GCM: " + err.Error()) // of AES, which it is made for
	}
	return aead
}

// nonce is Noise's for AESGCM. It lives in a struct, for a slice given to an interface would be allocated each time.
type nonce [12]byte

func (n *nonce) of(counter uint32) []byte {
	binary.BigEndian.PutUint64(n[4:], uint64(counter))
	return n[:]
}

// sealer makes the SEALED packets of one direction of a session.
//
// Invariant: a counter goes up with each packet, and is taken before the packet is encrypted.
type sealer struct {
	key     secret
	encrypt func(dst, nonce, plaintext, clearText []byte) []byte // of a cipher.AEAD, which would print its key
	session uint8
	next    uint32
	nonce   nonce

	told  func(key [8]byte, counter uint32) // of each counter that is used; nil: nobody
	print [8]byte                           // what it is told of the key
}

func newSealer(key secret, session uint8) *sealer {
	return &sealer{key: key, encrypt: newAEAD(key).Seal, session: session}
}

// tell has each use of a counter told.
func (s *sealer) tell(told func(key [8]byte, counter uint32)) {
	if told != nil {
		s.told, s.print = told, [8]byte(s.key.derive(printLabel).bytes()[:8])
	}
}

// seal turns b[at:], which are sealedClearLen bytes of room and the packets behind them, into a SEALED packet in place.
// It allocates only where b has no room for the tag. The error is [espnow.ErrTooLong] or errSpent; then b is as it was.
func (s *sealer) seal(b []byte, at int) ([]byte, error) {
	body := len(b) + tagLen - at - 2
	if body > maxSealedBody {
		return b, espnow.ErrTooLong
	}
	if s.next == counterEnd {
		return b, errSpent
	}
	counter := s.next
	s.next++
	if s.told != nil {
		s.told(s.print, counter)
	}
	b = slices.Grow(b, tagLen)
	clearText, packets := b[at:at+sealedClearLen], b[at+sealedClearLen:]
	clearText[0], clearText[1], clearText[2] = byte(espnow.TypeSealed)<<4, byte(min(body, 255)), s.session
	binary.LittleEndian.PutUint32(clearText[counterAt:], counter)
	s.encrypt(packets[:0], s.nonce.of(counter), packets, clearText)
	return b[:len(b)+tagLen], nil
}

// opener opens the SEALED packets of one direction of a session.
//
// Invariant: what fails its tag, or was seen, changes nothing.
type opener struct {
	key     secret
	decrypt func(dst, nonce, ciphertext, clearText []byte) ([]byte, error) // likewise
	window  window
	nonce   nonce
}

func newOpener(key secret) *opener { return &opener{key: key, decrypt: newAEAD(key).Open} }

// open decrypts a whole SEALED packet in place and returns a view of the packets in it. The error is [espnow.ErrShort],
// errReplay or errForged; after errForged the ciphertext is overwritten, the clear bytes and the tag are as they were.
func (o *opener) open(packet []byte) ([]byte, error) {
	if len(packet) < sealedClearLen+tagLen {
		return nil, espnow.ErrShort
	}
	clearText, sealed := packet[:sealedClearLen], packet[sealedClearLen:]
	counter := binary.LittleEndian.Uint32(clearText[counterAt:])
	if !o.window.fresh(counter) {
		return nil, errReplay
	}
	packets, err := o.decrypt(sealed[:0], o.nonce.of(counter), sealed, clearText)
	if err != nil {
		return nil, errForged
	}
	o.window.mark(counter)
	return packets, nil
}

// sealedReason is why a SEALED packet is dropped that open refuses. One that decoded is not short.
func sealedReason(err error) espnow.DropReason {
	if errors.Is(err, errReplay) {
		return espnow.DropReasonReplay
	}
	return espnow.DropReasonForged
}

// tunnel is one end of a secure session.
type tunnel struct {
	*sealer
	*opener
	born time.Duration
}

func newNodeTunnel(now time.Duration, keys sessionKeys, session uint8) *tunnel {
	return &tunnel{newSealer(keys.up, session), newOpener(keys.down), now}
}

func newGatewayTunnel(now time.Duration, keys sessionKeys, session uint8) *tunnel {
	return &tunnel{newSealer(keys.down, session), newOpener(keys.up), now}
}

// rekeyDue reports whether the session should have new keys: the node joins anew, a gateway asks it to. It goes on until
// then.
func (t *tunnel) rekeyDue(now time.Duration) bool {
	return t.next >= rekeyPackets || t.window.next >= rekeyPackets || now-t.born >= rekeyAge
}

// wipe overwrites the keys and makes the tunnel useless. The key schedule within Go's AES is left to the collector.
func (t *tunnel) wipe() {
	t.sealer.key.Wipe()
	t.opener.key.Wipe()
	t.sealer, t.opener = nil, nil
}
