package link

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Labels of SPEC.md, section 4.
const (
	deviceLabel = "enow device v1"
	pskLabel    = "enow psk v1"
	searchLabel = "enow search v1"
	resetLabel  = "enow reset v1"
	printLabel  = "enow fingerprint v1"
)

// ErrWeakKey says that what should be a key is 32 times the same byte.
var ErrWeakKey = errors.New("no key: all its bytes are the same")

// NetworkKey is the secret of a secure network. Gateways hold it; a device never does. Copies share their bytes.
type NetworkKey struct{ secret }

// DeviceKey is the secret of one device in one network: it tells nothing of the network's key or of other devices'.
// Copies share their bytes.
type DeviceKey struct{ secret }

// NewNetworkKey makes a key of 32 bytes that it reads from random: crypto/rand's Reader, outside of tests.
func NewNetworkKey(random io.Reader) (NetworkKey, error) {
	s, err := randomSecret(random)
	if err == nil && s.weak() {
		err = ErrWeakKey // a source that is stuck
	}
	if err != nil {
		return NetworkKey{}, err
	}
	return NetworkKey{s}, nil
}

// ParseNetworkKey reads 64 hexadecimal digits. An error never repeats them.
func ParseNetworkKey(digits string) (NetworkKey, error) {
	s, err := parseSecret(digits)
	return NetworkKey{s}, err
}

// ParseDeviceKey reads 64 hexadecimal digits. An error never repeats them.
func ParseDeviceKey(digits string) (DeviceKey, error) {
	s, err := parseSecret(digits)
	return DeviceKey{s}, err
}

func parseSecret(digits string) (secret, error) {
	if len(digits) != 2*keyLen {
		return secret{}, fmt.Errorf("a key of %d characters: want %d hexadecimal digits", len(digits), 2*keyLen)
	}
	s := secretOf(new([keyLen]byte))
	if _, err := hex.Decode(s.bytes()[:], []byte(digits)); err != nil {
		return secret{}, fmt.Errorf("a key with characters that are no digits: want %d hexadecimal digits", 2*keyLen)
	}
	if s.weak() {
		return secret{}, ErrWeakKey
	}
	return s, nil
}

// Reveal returns the key as [ParseNetworkKey] and [ParseDeviceKey] read it. It is for the file that keeps it.
func (s secret) Reveal() string { return hex.EncodeToString(s.bytes()[:]) }

// Fingerprint returns 16 hexadecimal digits that tell keys apart and nothing about them.
func (s secret) Fingerprint() string { return hex.EncodeToString(s.derive(printLabel).bytes()[:8]) }

// Device returns the key of the node with this address.
func (k NetworkKey) Device(node espnow.Addr) DeviceKey {
	return DeviceKey{k.derive(deviceLabel + string(node[:]))}
}

// derive is HKDF-SHA256 with an empty salt and 32 bytes out (RFC 5869).
func (s secret) derive(info string) secret {
	out, err := hkdf.Key(sha256.New, s.bytes()[:], nil, info, keyLen)
	if err != nil {
		panic("link: HKDF of a key: " + err.Error()) // it has limits on lengths alone, and ours are constant
	}
	return secretOf((*[keyLen]byte)(out))
}

// deviceKeys are what a device key is used for.
type deviceKeys struct {
	psk    secret // of the handshake
	search secret // of the proofs of search and answer
	reset  secret // of the proof of reset
}

// deviceKeys returns those of the node with this address.
func (k NetworkKey) deviceKeys(node espnow.Addr) deviceKeys {
	device := k.Device(node)
	defer device.Wipe()
	return device.deviceKeys()
}

func (k DeviceKey) deviceKeys() deviceKeys {
	return deviceKeys{k.derive(pskLabel), k.derive(searchLabel), k.derive(resetLabel)}
}

func (k deviceKeys) wipe() {
	k.psk.Wipe()
	k.search.Wipe()
	k.reset.Wipe()
}

// MaxNetworkKeys is how many network keys a [Keyring] holds: the one in use, and beside it the next while devices move.
const MaxNetworkKeys = 2

// Errors of [Keyring.Add] that callers branch on.
var (
	// ErrKeyringFull: a rotation is under way; remove the old key first.
	ErrKeyringFull = errors.New("keyring full")
	// ErrKeyID: 0, or an id that is taken.
	ErrKeyID = errors.New("key id")
)

// Keyring holds the network keys of a gateway by their key_id, in bytes of its own. The zero Keyring is empty.
type Keyring struct{ keys []numbered }

type numbered struct {
	id  uint8
	key NetworkKey
}

// Add puts a copy of a key in. The error wraps [ErrKeyID], [ErrWeakKey] or [ErrKeyringFull], or says that the key is there
// already.
func (r *Keyring) Add(id uint8, key NetworkKey) error {
	switch {
	case id == 0:
		return fmt.Errorf("%w 0: want 1 to 255", ErrKeyID)
	case key.weak():
		return fmt.Errorf("network key %d: %w", id, ErrWeakKey)
	}
	for _, n := range r.keys {
		switch {
		case n.id == id:
			return fmt.Errorf("%w %d is taken: want another for the new key", ErrKeyID, id)
		case n.key.equal(key.secret):
			return fmt.Errorf("network key %d is the same as %d: want a new one", id, n.id)
		}
	}
	if len(r.keys) == MaxNetworkKeys {
		return fmt.Errorf("%w: network keys %d and %d are there; remove the old one first", ErrKeyringFull, r.keys[0].id, r.keys[1].id)
	}
	r.keys = append(r.keys, numbered{id, NetworkKey{key.clone()}})
	return nil
}

func (r *Keyring) clone() Keyring {
	keys := slices.Clone(r.keys)
	for i := range keys {
		keys[i].key.secret = keys[i].key.clone()
	}
	return Keyring{keys}
}

// Get returns the key with an id: the keyring's own, until it is removed.
func (r *Keyring) Get(id uint8) (NetworkKey, bool) {
	for _, n := range r.keys {
		if n.id == id {
			return n.key, true
		}
	}
	return NetworkKey{}, false
}

// All yields ids and keys as Get returns them, in the order in which they were added.
func (r *Keyring) All() iter.Seq2[uint8, NetworkKey] {
	return func(yield func(uint8, NetworkKey) bool) {
		for _, n := range r.keys {
			if !yield(n.id, n.key) {
				return
			}
		}
	}
}

// Remove wipes the key with an id and forgets it: devices that still use it are strangers from now on.
func (r *Keyring) Remove(id uint8) {
	r.keys = slices.DeleteFunc(r.keys, func(n numbered) bool {
		if n.id == id {
			n.key.Wipe()
		}
		return n.id == id
	})
}
