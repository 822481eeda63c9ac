package espnow

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// Addr is a 48-bit IEEE 802 MAC address in the order it goes over the air.
type Addr [6]byte

// Broadcast is the address that every station listens to.
var Broadcast = Addr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// addrTextLen is the length of the form ESP-IDF's MACSTR prints, "24:6f:28:aa:bb:cc".
const addrTextLen = 17

// ParseAddr reads six hexadecimal octets with colons, in either case: the form that [Addr.String] prints and no other.
func ParseAddr(s string) (Addr, error) {
	a, ok := parseAddr(s)
	if !ok {
		return Addr{}, fmt.Errorf("address %q: want six hexadecimal octets with colons, such as 24:6f:28:aa:bb:cc", s)
	}
	return a, nil
}

func parseAddr[T string | []byte](s T) (a Addr, ok bool) {
	if len(s) != addrTextLen {
		return Addr{}, false
	}
	for i := range a {
		hi, lo := hexDigit(s[3*i]), hexDigit(s[3*i+1])
		if hi > 15 || lo > 15 || i < len(a)-1 && s[3*i+2] != ':' {
			return Addr{}, false
		}
		a[i] = hi<<4 | lo
	}
	return a, true
}

// hexDigit returns the value of a hexadecimal digit, and 255 for any other byte.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// IsBroadcast reports whether a is [Broadcast].
func (a Addr) IsBroadcast() bool { return a == Broadcast }

// Compare orders addresses by their octets, as [bytes.Compare] does.
func (a Addr) Compare(b Addr) int { return bytes.Compare(a[:], b[:]) }

// IsGroup reports whether a names more than one station (IEEE 802: bit 0 of the first octet); Broadcast is one such.
func (a Addr) IsGroup() bool { return a[0]&1 != 0 }

// String prints a as ESP-IDF's MACSTR does: "24:6f:28:aa:bb:cc".
func (a Addr) String() string {
	text, _ := a.AppendText(make([]byte, 0, addrTextLen))
	return string(text)
}

// AppendText implements [encoding.TextAppender] with the form of [Addr.String]. It never fails.
func (a Addr) AppendText(b []byte) ([]byte, error) {
	for i, octet := range a {
		if i > 0 {
			b = append(b, ':')
		}
		b = hex.AppendEncode(b, []byte{octet})
	}
	return b, nil
}

// MarshalText implements [encoding.TextMarshaler].
func (a Addr) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler]; a is unchanged on error.
func (a *Addr) UnmarshalText(text []byte) error {
	parsed, ok := parseAddr(text)
	if !ok {
		return fmt.Errorf("address %q: want six hexadecimal octets with colons, such as 24:6f:28:aa:bb:cc", text)
	}
	*a = parsed
	return nil
}
