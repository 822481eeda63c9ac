package link

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// keyLen is the length of every key: of a network, a device, an X25519 private key, AES-256.
const keyLen = 32

// secret is a key that never prints itself. Its bytes stand behind a function, because package fmt cannot call String on
// an unexported field, prints an array there, and follows a pointer for some verbs. So all copies are one, and wiping one
// wipes them all. The zero secret is none.
type secret struct{ bytes func() *[keyLen]byte }

func secretOf(b *[keyLen]byte) secret { return secret{func() *[keyLen]byte { return b }} }

const redacted = "(redacted)"

// String tells nothing of the key.
func (secret) String() string { return redacted }

// GoString tells nothing of the key.
func (secret) GoString() string { return redacted }

// LogValue tells nothing of the key.
func (secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Wipe overwrites the key, in every copy of it. A wiped key must not be used.
func (s secret) Wipe() {
	if s.bytes != nil {
		clear(s.bytes()[:])
	}
}

// clone returns the same key in bytes of its own, which wiping s leaves as they are.
func (s secret) clone() secret {
	b := *s.bytes()
	return secretOf(&b)
}

func (s secret) equal(other secret) bool {
	return subtle.ConstantTimeCompare(s.bytes()[:], other.bytes()[:]) == 1
}

// weak reports whether all bytes are one, or there are none: erased flash or memory, not a key.
func (s secret) weak() bool {
	if s.bytes == nil {
		return true
	}
	for _, b := range s.bytes() {
		if b != s.bytes()[0] {
			return false
		}
	}
	return true
}

func randomSecret(random io.Reader) (secret, error) {
	s := secretOf(new([keyLen]byte))
	if _, err := io.ReadFull(random, s.bytes()[:]); err != nil {
		return secret{}, fmt.Errorf("random bytes for a key: %w", err)
	}
	return s, nil
}
