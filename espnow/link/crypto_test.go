package link

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// cryptoVector is one of testdata/crypto, whose README tells the format.
type cryptoVector struct {
	name   string
	values map[string][]byte
}

// cryptoVectors reads a file of which the test knows how many vectors it has at least.
func cryptoVectors(t testing.TB, file string, atLeast int) []cryptoVector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../testdata/crypto", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []cryptoVector
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		key, value, ok := strings.Cut(lines.Text(), "=")
		switch {
		case lines.Text() == "" || lines.Text()[0] == '#':
		case key == "vector":
			all = append(all, cryptoVector{value, map[string][]byte{}})
		case !ok || len(all) == 0:
			t.Fatalf("%s:%d: want key=hex in a vector", file, n)
		default:
			b, err := hex.DecodeString(value)
			if err != nil {
				t.Fatalf("%s:%d: %v", file, n, err)
			}
			all[len(all)-1].values[key] = b
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) < atLeast {
		t.Fatalf("%s: %d vectors, want at least %d", file, len(all), atLeast)
	}
	return all
}

// get returns a copy of a value that must be there.
func (v cryptoVector) get(t testing.TB, key string) []byte {
	t.Helper()
	b, ok := v.values[key]
	if !ok {
		t.Fatalf("vector %s has no %s", v.name, key)
	}
	return bytes.Clone(b)
}

func (v cryptoVector) secret(t testing.TB, key string) secret {
	t.Helper()
	return secretOf((*[keyLen]byte)(v.get(t, key)))
}

func (v cryptoVector) addr(t testing.TB, key string) espnow.Addr {
	t.Helper()
	return espnow.Addr(v.get(t, key))
}

// packetOf decodes the one packet of a frame.
func packetOf[P espnow.Packet](t testing.TB, frame []byte) P {
	t.Helper()
	var found []espnow.Packet
	for p, err := range espnow.Packets(frame) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	if len(found) != 1 {
		t.Fatalf("%d packets in %x", len(found), frame)
	}
	p, ok := found[0].(P)
	if !ok {
		t.Fatalf("%T in %x", found[0], frame)
	}
	return p
}

// flips calls f with each bit of b changed in turn, in a copy.
func flips(b []byte, f func(bit int, changed []byte)) {
	for bit := range 8 * len(b) {
		changed := bytes.Clone(b)
		changed[bit/8] ^= 1 << (bit % 8)
		f(bit, changed)
	}
}

// fixed is a source of random bytes that are always the same; as a key they are not weak.
func fixed(seed byte) *bytes.Reader {
	b := make([]byte, 4*keyLen)
	for i := range b {
		b[i] = seed + byte(i)
	}
	return bytes.NewReader(b)
}

func testSecret(seed byte) secret {
	s, err := randomSecret(fixed(seed))
	if err != nil {
		panic(err)
	}
	return s
}

var (
	testNode    = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}
	testOther   = espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 2}
	testGateway = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 0}
)
