package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// proof is what a packet carries outside of SEALED to show that its sender holds a key: the first 8 bytes of an
// HMAC-SHA256. An outsider has one chance in 2^64 for each packet he sends.
type proof = [8]byte

// Where the proof stands in a whole packet, its header included. What is in front keeps its place in every version.
const (
	searchProofAt = 2 + 1 + 1 + 4 // header, version, key_id, nonce
	answerProofAt = 2 + 1 + 4     // header, status, echo
)

func prove(key secret, parts ...[]byte) proof { return proof(hmacOf(key, parts...)[:]) }

func hmacOf(key secret, parts ...[]byte) *[sha256.Size]byte {
	mac := hmac.New(sha256.New, key.bytes()[:])
	for _, p := range parts {
		mac.Write(p)
	}
	return (*[sha256.Size]byte)(mac.Sum(nil))
}

func same(a, b proof) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// searchProof proves a search: every byte of the packet as it is on the air but the proof itself, whatever stands behind
// it included.
func searchProof(search secret, node espnow.Addr, packet []byte) proof {
	return prove(search, []byte("search"), node[:], packet[:searchProofAt], packet[searchProofAt+len(proof{}):])
}

// answerProof proves any CONNACK, likewise. The node's address in it keeps one node's answer from another node.
func answerProof(search secret, gateway, node espnow.Addr, packet []byte) proof {
	return prove(search, []byte("answer"), gateway[:], node[:], packet[:answerProofAt], packet[answerProofAt+len(proof{}):])
}

// appendSearch appends a search with its proof. b is unchanged on error.
func appendSearch(b []byte, search secret, node espnow.Addr, p *espnow.Connect) ([]byte, error) {
	packet := len(b)
	b, err := p.Append(b)
	if err != nil {
		return b, err
	}
	p.Proof = searchProof(search, node, b[packet:])
	copy(b[packet+searchProofAt:], p.Proof[:])
	return b, nil
}

// appendAnswer appends a CONNACK with its proof, as the last packet of its frame. b is unchanged on error.
func appendAnswer(b []byte, search secret, gateway, node espnow.Addr, p *espnow.Connack) ([]byte, error) {
	packet := len(b)
	b, err := p.AppendLast(b)
	if err != nil {
		return b, err
	}
	p.Proof = answerProof(search, gateway, node, b[packet:])
	copy(b[packet+answerProofAt:], p.Proof[:])
	return b, nil
}

// checkSearch reports whether the node of this key sent a CONNECT without JOIN that was decoded with SECURE.
func checkSearch(search secret, node espnow.Addr, packet []byte) bool {
	if len(packet) < searchProofAt+len(proof{}) {
		return false
	}
	return same(proof(packet[searchProofAt:]), searchProof(search, node, packet))
}

// checkAnswer reports whether a gateway of this network sent a CONNACK that was decoded with SECURE. It comes before any
// other look at the CONNACK, and before any Diffie-Hellman.
func checkAnswer(search secret, gateway, node espnow.Addr, packet []byte) bool {
	if len(packet) < answerProofAt+len(proof{}) {
		return false
	}
	return same(proof(packet[answerProofAt:]), answerProof(search, gateway, node, packet))
}

// resetProof proves a DISCONNECT with RESET: over what it says, and over the tag of the packet that it answers, which
// only who received that packet knows.
func resetProof(reset secret, gateway, node espnow.Addr, p *espnow.Disconnect, tag [tagLen]byte) proof {
	clearText := binary.LittleEndian.AppendUint32([]byte{byte(p.Reason), p.Session}, p.Counter)
	return prove(reset, []byte("reset"), gateway[:], node[:], clearText, tag[:])
}
