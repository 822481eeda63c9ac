//go:build enow_ccore

package ccore

/*
#cgo CFLAGS: -std=c99 -I${SRCDIR}/../../../components/enow_link/include -I${SRCDIR}/../../../components/enow_link/src -I${SRCDIR}/../../../components/enow_proto/include
#cgo LDFLAGS: ${SRCDIR}/../../../.build/ccore/libenow_link.a ${SRCDIR}/../../../.build/ccore/enow_proto/libenow_proto.a -lmbedcrypto

#include "cookie.h"
#include "handshake.h"
#include "keys.h"
#include "proof.h"

#include <stdlib.h>
#include <string.h>

// PSA's table, whose random bytes are a key that is given.
static bool give(void *user, uint8_t *out, size_t len)
{
	memcpy(out, user, len < ENOW_CRYPTO_KEY_SIZE ? len : ENOW_CRYPTO_KEY_SIZE);
	return len <= ENOW_CRYPTO_KEY_SIZE;
}

static enow_crypto_t table(uint8_t *random)
{
	enow_crypto_t crypto = *enow_crypto_psa();

	crypto.user = random;
	crypto.random = give;
	return crypto;
}

// What a packet says, with a proof of our own.
static int prove_again(const enow_link_secret_t *search, const enow_addr_t *gateway, const enow_addr_t *node, const uint8_t *packet,
                       size_t len, uint8_t *buf, size_t cap)
{
	const enow_crypto_t *crypto = enow_crypto_psa();
	enow_pkt_connect_t connect;
	enow_pkt_connack_t connack;
	const uint8_t flags = packet[0] & 0x0f;
	int n;

	if (packet[0] >> 4 == ENOW_TYPE_CONNECT) {
		n = enow_pkt_connect_decode(&connect, flags, packet + 2, len - 2);
		return n < 0 ? n : enow_link_encode_search(crypto, search, node, &connect, buf, cap);
	}
	n = enow_pkt_connack_decode(&connack, flags, packet + 2, len - 2);
	return n < 0 ? n : enow_link_encode_answer(crypto, search, gateway, node, &connack, buf, cap);
}

static int join_begin(enow_link_join_t *join, uint8_t *random, const enow_link_secret_t *psk, const enow_addr_t *node,
                      const enow_addr_t *gateway, uint8_t flags, uint8_t version, uint8_t key_id, uint32_t nonce,
                      const uint8_t *cookie, const uint8_t *hello, size_t hello_len, uint8_t *buf, size_t cap)
{
	const enow_crypto_t crypto = table(random);
	const enow_bytes_t hello_bytes = {hello, hello_len};
	enow_pkt_connect_t c;

	enow_pkt_connect_init(&c);
	c.flags = flags;
	c.version = version;
	c.key_id = key_id;
	c.nonce = nonce;
	memcpy(c.cookie, cookie, sizeof c.cookie);
	return enow_link_join_begin(join, &crypto, psk, node, gateway, &c, hello_bytes, buf, cap);
}

// The welcome as it is encoded, in buf.
static int join_finish(const enow_link_join_t *join, uint8_t *packet, size_t len, enow_link_session_keys_t *keys,
                       uint8_t *buf, size_t cap)
{
	enow_welcome_t welcome;
	const int result = enow_link_join_finish(join, enow_crypto_psa(), packet, len, &welcome, keys);

	return result < 0 ? result : enow_welcome_encode(&welcome, buf, cap);
}

// The hello as it is encoded, in buf.
static int request_read(enow_link_join_request_t *request, const enow_link_secret_t *psk, const enow_addr_t *node,
                        const enow_addr_t *gateway, const uint8_t *packet, size_t len, uint8_t *buf, size_t cap)
{
	uint8_t plain[ENOW_MAX_FRAME_V2];
	enow_pkt_connect_t p;
	int result = enow_pkt_connect_decode(&p, packet[0] & 0x0f, packet + 2, len - 2);

	if (result < 0) {
		return result;
	}
	result = enow_link_join_request_read(request, enow_crypto_psa(), psk, node, gateway, &p, packet, len, plain,
	                                     sizeof plain);
	return result < 0 ? result : enow_hello_encode(&request->hello, buf, cap);
}

// The CONNACK with its proof, in buf.
static int request_accept(enow_link_join_request_t *request, uint8_t *random, const enow_link_secret_t *search,
                          const enow_addr_t *node, const enow_addr_t *gateway, const uint8_t *welcome, size_t len,
                          enow_link_session_keys_t *keys, uint8_t *buf, size_t cap)
{
	const enow_crypto_t crypto = table(random);
	uint8_t sealed[ENOW_MAX_FRAME_V2];
	enow_pkt_connack_t answer;

	memcpy(sealed, welcome, len);
	if (!enow_link_join_request_accept(request, &crypto, sealed, len, &answer, keys)) {
		return ENOW_LINK_ERR_CRYPTO;
	}
	return enow_link_encode_answer(&crypto, search, gateway, node, &answer, buf, cap);
}
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Key is what C knows as a secret.
type Key = [32]byte

// Proof is a proof or a cookie.
type Proof = [8]byte

// Tag is an AEAD's.
type Tag = [16]byte

// Error is what a function in C returns below zero.
type Error int

// Errors of the link.
const (
	ErrForged Error = C.ENOW_LINK_ERR_FORGED
	ErrReplay Error = C.ENOW_LINK_ERR_REPLAY
	ErrSpent  Error = C.ENOW_LINK_ERR_SPENT
	ErrCrypto Error = C.ENOW_LINK_ERR_CRYPTO
)

func (e Error) Error() string { return fmt.Sprintf("error %d of C", int(e)) }

// Is reports whether e stands for an error of the codec.
func (e Error) Is(target error) bool {
	return map[Error]error{
		C.ENOW_ERR_SHORT: espnow.ErrShort, C.ENOW_ERR_RANGE: espnow.ErrRange, C.ENOW_ERR_TOO_LONG: espnow.ErrTooLong,
		C.ENOW_ERR_UNKNOWN_FLAG: espnow.ErrUnknownFlag,
	}[e] == target
}

func result(b []byte, n C.int) ([]byte, error) {
	if n < 0 {
		return nil, Error(n)
	}
	return b[:n], nil
}

func cSecret(k *Key) *C.enow_link_secret_t { return (*C.enow_link_secret_t)(unsafe.Pointer(k)) }

func cAddr(a espnow.Addr) *C.enow_addr_t { return (*C.enow_addr_t)(unsafe.Pointer(&a)) }

func cBytes(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }

func goKey(s C.enow_link_secret_t) Key { return *(*Key)(unsafe.Pointer(&s)) }

func must(ok C.bool) {
	if !ok {
		panic("ccore: PSA failed")
	}
}

// DeviceKey returns the key of a node in a network.
func DeviceKey(network Key, node espnow.Addr) Key {
	var out C.enow_link_secret_t
	must(C.enow_link_device_key(&out, C.enow_crypto_psa(), cSecret(&network), *cAddr(node)))
	return goKey(out)
}

// DeviceKeys returns what a device key is used for.
func DeviceKeys(device Key) (psk, search, reset Key) {
	var out C.enow_link_device_keys_t
	must(C.enow_link_device_keys(&out, C.enow_crypto_psa(), cSecret(&device)))
	return goKey(out.psk), goKey(out.search), goKey(out.reset)
}

// ProveAgain encodes what a search or a CONNACK with SECURE says, with a proof of C's own.
func ProveAgain(search Key, gateway, node espnow.Addr, packet []byte) ([]byte, error) {
	buf := make([]byte, espnow.MaxFrameV2)
	return result(buf, C.prove_again(cSecret(&search), cAddr(gateway), cAddr(node), cBytes(packet), C.size_t(len(packet)),
		cBytes(buf), C.size_t(len(buf))))
}

// CheckSearch reports whether the proof of a search holds.
func CheckSearch(search Key, node espnow.Addr, packet []byte) bool {
	return bool(C.enow_link_check_search(C.enow_crypto_psa(), cSecret(&search), cAddr(node), cBytes(packet), C.size_t(len(packet))))
}

// CheckAnswer reports whether the proof of a CONNACK holds.
func CheckAnswer(search Key, gateway, node espnow.Addr, packet []byte) bool {
	return bool(C.enow_link_check_answer(C.enow_crypto_psa(), cSecret(&search), cAddr(gateway), cAddr(node), cBytes(packet),
		C.size_t(len(packet))))
}

// ResetProof returns the proof of a reset.
func ResetProof(reset Key, gateway, node espnow.Addr, p *espnow.Disconnect, tag Tag) (out Proof) {
	c := cDisconnect(p)
	must(C.enow_link_reset_proof(cBytes(out[:]), C.enow_crypto_psa(), cSecret(&reset), cAddr(gateway), cAddr(node), &c, cBytes(tag[:])))
	return out
}

func cDisconnect(p *espnow.Disconnect) C.enow_pkt_disconnect_t {
	c := C.enow_pkt_disconnect_t{reason: C.uint8_t(p.Reason), session: C.uint8_t(p.Session), counter: C.uint32_t(p.Counter)}
	*(*Proof)(unsafe.Pointer(&c.proof)) = p.Proof
	return c
}

// Cookie returns the cookie that a gateway with this root gives.
func Cookie(root Key, now time.Duration, node espnow.Addr) (out Proof) {
	c := C.enow_link_cookies_t{root: *cSecret(&root)}
	must(C.enow_link_cookies_make(&c, C.enow_crypto_psa(), C.uint64_t(now.Microseconds()), cAddr(node), cBytes(out[:])))
	return out
}

// CheckCookie reports whether the cookie is one of this minute or the last.
func CheckCookie(root Key, now time.Duration, node espnow.Addr, cookie Proof) bool {
	c := C.enow_link_cookies_t{root: *cSecret(&root)}
	return bool(C.enow_link_cookies_check(&c, C.enow_crypto_psa(), C.uint64_t(now.Microseconds()), cAddr(node), cBytes(cookie[:])))
}

// Sealer makes the SEALED packets of one direction.
type Sealer struct{ c C.enow_link_sealer_t }

// NewSealer returns one whose next counter is given.
func NewSealer(key Key, session uint8, next uint32) *Sealer {
	var s Sealer
	C.enow_link_sealer_init(&s.c, cSecret(&key), C.uint8_t(session))
	s.c.next = C.uint32_t(next)
	return &s
}

// Seal returns packets in a SEALED one.
func (s *Sealer) Seal(packets []byte) ([]byte, error) {
	b := make([]byte, len(packets)+espnow.SealedOverhead)
	copy(b[C.ENOW_LINK_SEALED_CLEAR:], packets)
	return result(b, C.enow_link_sealer_seal(&s.c, C.enow_crypto_psa(), cBytes(b), C.size_t(len(packets)), C.size_t(len(b))))
}

// Opener opens the SEALED packets of one direction.
type Opener struct{ c C.enow_link_opener_t }

// NewOpener returns one that has seen nothing.
func NewOpener(key Key) *Opener {
	var o Opener
	C.enow_link_opener_init(&o.c, cSecret(&key))
	return &o
}

// Open decrypts a SEALED packet in place and returns the packets in it.
func (o *Opener) Open(packet []byte) ([]byte, error) {
	n := C.enow_link_opener_open(&o.c, C.enow_crypto_psa(), cBytes(packet), C.size_t(len(packet)))
	if n < 0 {
		return nil, Error(n)
	}
	return packet[C.ENOW_LINK_SEALED_CLEAR:][:n], nil
}

// Join is a node's side of a handshake. It stays in C's memory, since it points to its packet.
type Join struct {
	c      *C.enow_link_join_t
	packet *C.uint8_t
}

// NewJoin makes a join, and returns its CONNECT too. private is what it reads as random bytes; hello is encoded.
func NewJoin(private, psk Key, node, gateway espnow.Addr, c *espnow.Connect, hello []byte) (*Join, []byte, error) {
	j := Join{
		c:      (*C.enow_link_join_t)(C.calloc(1, C.sizeof_enow_link_join_t)),
		packet: (*C.uint8_t)(C.calloc(1, espnow.MaxFrameV2)),
	}
	n := C.join_begin(j.c, cBytes(private[:]), cSecret(&psk), cAddr(node), cAddr(gateway), C.uint8_t(c.Flags), C.uint8_t(c.Version),
		C.uint8_t(c.KeyID), C.uint32_t(c.Nonce), cBytes(c.Cookie[:]), cBytes(hello), C.size_t(len(hello)), j.packet, espnow.MaxFrameV2)
	if n < 0 {
		j.Free()
		return nil, nil, Error(n)
	}
	return &j, C.GoBytes(unsafe.Pointer(j.packet), n), nil
}

// Finish reads a whole CONNACK, which it overwrites, and returns the welcome as it is encoded and the session's keys.
func (j *Join) Finish(packet []byte) (welcome []byte, up, down Key, err error) {
	var keys C.enow_link_session_keys_t
	buf := make([]byte, espnow.MaxFrameV2)
	welcome, err = result(buf, C.join_finish(j.c, cBytes(packet), C.size_t(len(packet)), &keys, cBytes(buf), C.size_t(len(buf))))
	return welcome, goKey(keys.up), goKey(keys.down), err
}

// Free gives its memory back.
func (j *Join) Free() {
	C.free(unsafe.Pointer(j.c))
	C.free(unsafe.Pointer(j.packet))
}

// Request is a gateway's side of a handshake.
type Request struct{ c C.enow_link_join_request_t }

// ReadJoin reads a whole CONNECT, and returns the hello too, as it is encoded.
func ReadJoin(psk Key, node, gateway espnow.Addr, packet []byte) (*Request, []byte, error) {
	var r Request
	buf := make([]byte, espnow.MaxFrameV2)
	hello, err := result(buf, C.request_read(&r.c, cSecret(&psk), cAddr(node), cAddr(gateway), cBytes(packet), C.size_t(len(packet)),
		cBytes(buf), C.size_t(len(buf))))
	r.c.hello.tlvs = C.enow_bytes_t{} // which view memory that is gone
	return &r, hello, err
}

// Accept returns the CONNACK and the session's keys. private is what it reads as random bytes; welcome is encoded.
func (r *Request) Accept(private, search Key, node, gateway espnow.Addr, welcome []byte) (connack []byte, up, down Key, err error) {
	var keys C.enow_link_session_keys_t
	buf := make([]byte, espnow.MaxFrameV2)
	connack, err = result(buf, C.request_accept(&r.c, cBytes(private[:]), cSecret(&search), cAddr(node), cAddr(gateway),
		cBytes(welcome), C.size_t(len(welcome)), &keys, cBytes(buf), C.size_t(len(buf))))
	return connack, goKey(keys.up), goKey(keys.down), err
}
