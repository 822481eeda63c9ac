package link

import (
	"bytes"
	"fmt"
	"io"

	"github.com/flynn/noise"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// The handshake is Noise_NNpsk0_25519_AESGCM_SHA256, in two messages:
//
//	CONNECT with JOIN     clear | e 32 | hello, encrypted | tag 16       under psk and e
//	CONNACK accepted      clear | e 32 | welcome, encrypted | tag 16     under psk, both e and their shared secret
//
// The first tag needs no Diffie-Hellman: the gateway knows cheaply that the sender holds the device key, and does the
// costly work for nobody else. It proves no presence, since all of it can be recorded: the cookie in the prologue makes it
// fresh to two minutes, and the first SEALED packet of the node proves the rest.
//
// Message 1 is encrypted under a nonce that never changes, so an e belongs to one CONNECT, byte for byte: a join makes
// both, once, and has no way to change either.

const (
	prologueLabel = "enow1"
	joinClearLen  = 2 + 1 + 1 + 4 + 8 // of CONNECT before e: header, version, key_id, nonce, cookie
	tagLen        = 16
)

// prologue binds a handshake to both addresses and to every clear byte of the CONNECT, its flags and length included.
func prologue(node, gateway espnow.Addr, connect []byte) []byte {
	b := append([]byte(prologueLabel), node[:]...)
	b = append(b, gateway[:]...)
	return append(b, connect[:joinClearLen]...)
}

// fixedKey is a Diffie-Hellman that generates the key pair it is given.
type fixedKey struct {
	noise.DHFunc
	pair noise.DHKey
}

func (f fixedKey) GenerateKeypair(io.Reader) (noise.DHKey, error) { return f.pair, nil }

func noiseState(dh noise.DHFunc, initiator bool, psk secret, random io.Reader, prologue []byte) (*noise.HandshakeState, error) {
	return noise.NewHandshakeState(noise.Config{
		CipherSuite: noise.NewCipherSuite(dh, noise.CipherAESGCM, noise.HashSHA256),
		Pattern:     noise.HandshakeNN,
		Initiator:   initiator, Random: random, Prologue: prologue, PresharedKey: psk.bytes()[:],
	})
}

// join is the node's side of one handshake. Its packet is sent as it is, again and again, until an answer fits.
type join struct {
	packet   []byte // the CONNECT
	psk      secret
	private  secret // of e
	public   [keyLen]byte
	prologue []byte
	hello    []byte
}

// newJoin makes e and with it the CONNECT: c gives version, key_id, nonce, cookie and SLEEPY. The error is that of random, or of
// the codec where a value is out of range.
func newJoin(random io.Reader, psk secret, node, gateway espnow.Addr, c espnow.Connect, hello *espnow.Hello) (*join, error) {
	private, err := randomSecret(random)
	if err != nil {
		return nil, err
	}
	pair, err := noise.DH25519.GenerateKeypair(bytes.NewReader(private.bytes()[:]))
	if err != nil {
		return nil, fmt.Errorf("X25519 key: %w", err)
	}
	j := &join{psk: psk, private: private, public: [keyLen]byte(pair.Public)}
	if j.hello, err = hello.Append(nil); err != nil {
		return nil, fmt.Errorf("hello: %w", err)
	}
	c.Flags |= espnow.ConnectSecure | espnow.ConnectJoin
	c.Ciphertext = make([]byte, len(j.hello))
	if j.packet, err = c.AppendLast(nil); err != nil {
		return nil, fmt.Errorf("CONNECT: %w", err)
	}
	j.prologue = prologue(node, gateway, j.packet)
	_, message, err := j.begin()
	if err != nil {
		return nil, err
	}
	copy(j.packet[joinClearLen:], message)
	return j, nil
}

// begin brings a fresh handshake to where message 1 is written, always the same.
func (j *join) begin() (*noise.HandshakeState, []byte, error) {
	pair := noise.DHKey{Private: j.private.bytes()[:], Public: j.public[:]}
	state, err := noiseState(fixedKey{noise.DH25519, pair}, true, j.psk, nil, j.prologue)
	if err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	message, _, _, err := state.WriteMessage(nil, j.hello)
	if err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	return state, message, nil
}

// finish reads an accepted CONNACK whose proof and echo were checked. After an error the join is as it was: the genuine
// answer may still come.
func (j *join) finish(p *espnow.Connack) (espnow.Welcome, sessionKeys, error) {
	state, _, err := j.begin()
	if err != nil {
		return espnow.Welcome{}, sessionKeys{}, err
	}
	plain, up, down, err := state.ReadMessage(nil, noiseMessage(p.Ephemeral, p.Ciphertext, p.Tag))
	if err != nil {
		return espnow.Welcome{}, sessionKeys{}, fmt.Errorf("%w: CONNACK: %w", errForged, err)
	}
	var welcome espnow.Welcome
	if _, err := welcome.Decode(plain); err != nil {
		return espnow.Welcome{}, sessionKeys{}, fmt.Errorf("welcome: %w", err)
	}
	return welcome, newSessionKeys(up, down), nil
}

// wipe forgets e, and with it the way to the session's keys.
func (j *join) wipe() { j.private.Wipe() }

// joinRequest is the gateway's side of one handshake: a CONNECT whose tag is right.
type joinRequest struct {
	hello espnow.Hello
	echo  uint32
	// of a noise.HandshakeState, which would print its keys
	write func(out, payload []byte) ([]byte, *noise.CipherState, *noise.CipherState, error)
}

// readJoin checks the tag of a CONNECT with SECURE and JOIN and reads its hello, all by symmetric cryptography. p is the
// packet decoded, and packet all its bytes. random is read by accept.
func readJoin(random io.Reader, psk secret, node, gateway espnow.Addr, p *espnow.Connect, packet []byte) (*joinRequest, error) {
	state, err := noiseState(noise.DH25519, false, psk, random, prologue(node, gateway, packet))
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	plain, _, _, err := state.ReadMessage(nil, packet[joinClearLen:])
	if err != nil {
		return nil, fmt.Errorf("%w: CONNECT: %w", errForged, err)
	}
	r := &joinRequest{write: state.WriteMessage, echo: p.Nonce}
	if _, err := r.hello.Decode(plain); err != nil {
		return nil, fmt.Errorf("hello: %w", err)
	}
	return r, nil
}

// accept makes the gateway's e, does the Diffie-Hellman and answers. It is called once: a repeated CONNECT gets the same
// CONNACK from the caller. The error tells of a shared secret that is zero, of random, or of a welcome out of range.
func (r *joinRequest) accept(welcome *espnow.Welcome) (espnow.Connack, sessionKeys, error) {
	plain, err := welcome.Append(nil)
	if err != nil {
		return espnow.Connack{}, sessionKeys{}, fmt.Errorf("welcome: %w", err)
	}
	message, up, down, err := r.write(nil, plain)
	if err != nil {
		return espnow.Connack{}, sessionKeys{}, fmt.Errorf("handshake: %w", err)
	}
	tag := len(message) - tagLen
	return espnow.Connack{
		Flags: espnow.ConnackSecure, Status: espnow.ConnackStatusAccepted, Echo: r.echo,
		Ephemeral: [keyLen]byte(message), Ciphertext: message[keyLen:tag:tag], Tag: [tagLen]byte(message[tag:]),
	}, newSessionKeys(up, down), nil
}

func noiseMessage(e [keyLen]byte, ciphertext []byte, tag [tagLen]byte) []byte {
	return append(append(append([]byte(nil), e[:]...), ciphertext...), tag[:]...)
}

// sessionKeys are the outcome of a handshake: what Noise's Split gives, its first key for the way up.
type sessionKeys struct {
	up   secret // node to gateway
	down secret // gateway to node
}

func newSessionKeys(up, down *noise.CipherState) sessionKeys {
	upKey, downKey := up.UnsafeKey(), down.UnsafeKey()
	return sessionKeys{secretOf(&upKey), secretOf(&downKey)}
}

func (k sessionKeys) wipe() {
	k.up.Wipe()
	k.down.Wipe()
}
