package link

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Keys are kept in files of lines, a key a line; blank lines and those that begin with # mean nothing:
//
//	network KEY_ID DIGITS             of a gateway: one line, or two during a rotation
//	device KEY_ID ADDRESS DIGITS      of a device: one line

// Device is what a device of a secure network is provisioned with.
type Device struct {
	Addr  espnow.Addr
	KeyID uint8 // of the network key that Key comes from: 1..255
	Key   DeviceKey
}

// ParseKeyring reads the key file of a gateway. An error names the line and never repeats a key.
func ParseKeyring(text string) (*Keyring, error) {
	var ring Keyring
	for n, words := range keyLines(text) {
		id, err := keyID(words, "network KEY_ID DIGITS")
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		key, err := ParseNetworkKey(words[2])
		if err == nil {
			err = ring.Add(id, key)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if len(ring.keys) == 0 {
		return nil, errors.New("no key: want a line network KEY_ID DIGITS")
	}
	return &ring, nil
}

// Reveal returns the keyring as [ParseKeyring] reads it. It is for the file that keeps it.
func (r *Keyring) Reveal() string {
	var b strings.Builder
	for id, key := range r.All() {
		fmt.Fprintf(&b, "network %d %s\n", id, key.Reveal())
	}
	return b.String()
}

// ParseDevice reads the key file of a device. An error names the line and never repeats a key.
func ParseDevice(text string) (Device, error) {
	var d Device
	for n, words := range keyLines(text) {
		if d.KeyID != 0 {
			return Device{}, fmt.Errorf("line %d: a second key: a device has one", n)
		}
		id, err := keyID(words, "device KEY_ID ADDRESS DIGITS")
		if err != nil {
			return Device{}, fmt.Errorf("line %d: %w", n, err)
		}
		if d.Addr, err = espnow.ParseAddr(words[2]); err != nil { // which repeats the word: it may be the key
			return Device{}, fmt.Errorf("line %d: no address: want six hexadecimal octets with colons", n)
		}
		if d.Addr.IsGroup() {
			return Device{}, fmt.Errorf("line %d: address %v: want that of one station", n, d.Addr)
		}
		if d.Key, err = ParseDeviceKey(words[3]); err != nil {
			return Device{}, fmt.Errorf("line %d: %w", n, err)
		}
		d.KeyID = id
	}
	if d.KeyID == 0 {
		return Device{}, errors.New("no key: want a line device KEY_ID ADDRESS DIGITS")
	}
	return d, nil
}

// Reveal returns the device as [ParseDevice] reads it. It is for the file that keeps it.
func (d Device) Reveal() string {
	return fmt.Sprintf("device %d %v %s\n", d.KeyID, d.Addr, d.Key.Reveal())
}

// keyLines yields the lines that mean something: their numbers from 1, and their words.
func keyLines(text string) iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			words := strings.Fields(line)
			if len(words) > 0 && words[0][0] != '#' && !yield(n, words) {
				return
			}
		}
	}
}

// keyID checks that a line has the words of a form, the first the same, and reads the second.
func keyID(words []string, form string) (uint8, error) {
	want := strings.Fields(form)
	if len(words) != len(want) || words[0] != want[0] {
		return 0, fmt.Errorf("want %s", form)
	}
	id, err := strconv.ParseUint(words[1], 10, 8)
	if err != nil || id == 0 {
		return 0, fmt.Errorf("%w: want 1 to 255", ErrKeyID)
	}
	return uint8(id), nil
}
