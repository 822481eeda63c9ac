package link

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

const (
	digitsA = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	digitsB = "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	erased  = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
)

func TestParseKeyring(t *testing.T) {
	written := "network 7 " + digitsA + "\nnetwork 255 " + digitsB + "\n"
	ring, err := ParseKeyring("# a rotation\r\n\n \tnetwork  7\t" + strings.ToUpper(digitsA) + "\r\n  # the new one\nnetwork 255 " + digitsB)
	if err != nil {
		t.Fatal(err)
	}
	if got := ring.Reveal(); got != written {
		t.Errorf("%s, want %s", got, written)
	}
	if again, err := ParseKeyring(ring.Reveal()); err != nil || again.Reveal() != written {
		t.Errorf("%v, %v", again, err)
	}
	third := strings.ReplaceAll(digitsB, "e0", "e9")
	for name, c := range map[string]struct {
		text string
		want error
		line int
	}{
		"nothing":            {"# no key\n", nil, 0},
		"another word":       {"\nkey 1 " + digitsA, nil, 2},
		"a device's":         {"device 1 24:6f:28:aa:bb:cc " + digitsA, nil, 1},
		"a word too few":     {"network " + digitsA, nil, 1},
		"a word too many":    {"network 1 " + digitsA + " home", nil, 1},
		"key id 0":           {"network 0 " + digitsA, ErrKeyID, 1},
		"key id 256":         {"network 256 " + digitsA, ErrKeyID, 1},
		"key id -1":          {"network -1 " + digitsA, ErrKeyID, 1},
		"key id 0x1":         {"network 0x1 " + digitsA, ErrKeyID, 1},
		"one id twice":       {written + "network 7 " + third, ErrKeyID, 3},
		"one key twice":      {"network 1 " + digitsA + "\nnetwork 2 " + digitsA, nil, 2},
		"a third key":        {written + "network 1 " + third, ErrKeyringFull, 3},
		"63 digits":          {"network 1 " + digitsA[1:], nil, 1},
		"no digits":          {"network 1 x" + digitsA[1:], nil, 1},
		"erased memory":      {"network 1 " + erased, ErrWeakKey, 1},
		"only the last good": {"network 1 " + digitsA[2:] + "\nnetwork 2 " + digitsB, nil, 1},
	} {
		ring, err := ParseKeyring(c.text)
		wantKeyError(t, name, err, c.want, c.line)
		if ring != nil {
			t.Errorf("%s: a keyring beside an error", name)
		}
	}
}

func TestParseDevice(t *testing.T) {
	d, err := ParseDevice("\n# sensor in the hall\ndevice 255 24:6F:28:AA:BB:CC " + strings.ToUpper(digitsA) + "\n")
	if err != nil || d.Addr != (espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}) || d.KeyID != 255 {
		t.Fatalf("%v, %v", d, err)
	}
	if got, want := d.Reveal(), "device 255 24:6f:28:aa:bb:cc "+digitsA+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	line := "device 1 24:6f:28:aa:bb:cc " + digitsA + "\n"
	for name, c := range map[string]struct {
		text string
		want error
		line int
	}{
		"nothing":         {"", nil, 0},
		"a gateway's":     {"network 1 " + digitsA, nil, 1},
		"two devices":     {line + line, nil, 2},
		"a word too few":  {"device 1 " + digitsA, nil, 1},
		"a word too many": {"device 1 24:6f:28:aa:bb:cc " + digitsA + " hall", nil, 1},
		"key id 0":        {"device 0 24:6f:28:aa:bb:cc " + digitsA, ErrKeyID, 1},
		"no address":      {"device 1 24:6f:28:aa:bb " + digitsA, nil, 1},
		"words swapped":   {"device 1 " + digitsA + " 24:6f:28:aa:bb:cc", nil, 1},
		"a group":         {"device 1 25:6f:28:aa:bb:cc " + digitsA, nil, 1},
		"65 digits":       {"device 1 24:6f:28:aa:bb:cc " + digitsA + "0", nil, 1},
		"erased memory":   {"device 1 24:6f:28:aa:bb:cc " + erased, ErrWeakKey, 1},
	} {
		d, err := ParseDevice(c.text)
		wantKeyError(t, name, err, c.want, c.line)
		if d.KeyID != 0 {
			t.Errorf("%s: %v beside an error", name, d)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", d, d, d); strings.Contains(text, digitsA[20:28]) || strings.Contains(text, "10 11 12") {
		t.Errorf("a device prints its key: %s", text)
	}
}

// wantKeyError checks that an error wraps another, names the line, and repeats no key.
func wantKeyError(t *testing.T, name string, err, want error, line int) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error", name)
	case want != nil && !errors.Is(err, want):
		t.Errorf("%s: %v, want %v", name, err, want)
	case line > 0 && !strings.HasPrefix(err.Error(), fmt.Sprintf("line %d: ", line)):
		t.Errorf("%s: %v, want line %d", name, err, line)
	case strings.Contains(err.Error(), digitsA[20:28]), strings.Contains(err.Error(), digitsB[20:28]), strings.Contains(err.Error(), erased[20:28]):
		t.Errorf("%s: the error tells the key: %v", name, err)
	}
}

func FuzzParseKeyFile(f *testing.F) {
	f.Add("# a rotation\nnetwork 7 " + digitsA + "\nnetwork 255 " + digitsB)
	f.Add("device 255 24:6F:28:AA:BB:CC " + digitsA)
	f.Fuzz(func(t *testing.T, text string) {
		if ring, err := ParseKeyring(text); err == nil {
			if again, err := ParseKeyring(ring.Reveal()); err != nil || again.Reveal() != ring.Reveal() {
				t.Fatalf("%v of %q", err, ring.Reveal())
			}
		}
		if d, err := ParseDevice(text); err == nil {
			if again, err := ParseDevice(d.Reveal()); err != nil || again.Reveal() != d.Reveal() {
				t.Fatalf("%v of %q", err, d.Reveal())
			}
		}
	})
}
