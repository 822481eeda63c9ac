package link

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Nothing that holds a key prints it: not alone, not in the field of another struct, exported or not, not in a log.
func TestSecretsDoNotPrint(t *testing.T) {
	network := NetworkKey{testSecret(0x61)} // whose bytes are letters: they would show as text too
	device := network.Device(testNode)
	keys := device.deviceKeys()
	jar, err := newCookies(fixed(0x41))
	if err != nil {
		t.Fatal(err)
	}
	var ring Keyring
	if err := ring.Add(1, network); err != nil {
		t.Fatal(err)
	}
	j, r := testJoin(t, keys.psk)
	connack, gatewayKeys, err := r.accept(testWelcome())
	if err != nil {
		t.Fatal(err)
	}
	_, nodeKeys, err := j.finish(&connack)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]secret{
		"network": network.secret, "device": device.secret, "psk": keys.psk, "search": keys.search, "reset": keys.reset,
		"cookies": jar.root, "private": j.private, "up": nodeKeys.up, "down": nodeKeys.down,
	}
	holders := []any{
		network, &network, device, &device, keys, &keys, jar, &jar, ring, &ring, j, *j, r, *r, nodeKeys, &gatewayKeys,
		newNodeTunnel(0, nodeKeys, 1), *newGatewayTunnel(0, gatewayKeys, 1), *newSealer(keys.psk, 1), *newOpener(keys.psk),
		Device{testNode, 1, device},
		&Device{testNode, 1, device},
		struct{ key NetworkKey }{network},
		struct{ Key DeviceKey }{device},
		[]NetworkKey{network},
		map[string]DeviceKey{"a": device},
		[1]deviceKeys{keys},
		struct{ keys *deviceKeys }{&keys},
	}
	var log bytes.Buffer
	for _, h := range holders {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%T"} {
			fmt.Fprintf(&out, verb+"\n", h)
		}
		log.Reset()
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "h", h)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "h", h)
		out.Write(log.Bytes())
		if text, err := json.Marshal(h); err == nil {
			out.Write(text)
		}
		for name, s := range secrets {
			for _, form := range forms(s) {
				if strings.Contains(out.String(), form) {
					t.Errorf("%T prints %s as %q:\n%s", h, name, form, &out)
				}
			}
		}
	}
	for _, h := range []any{network, device, keys.psk} {
		if text := fmt.Sprintf("%v %+v %#v %s", h, h, h, h); text != strings.TrimSpace(strings.Repeat(redacted+" ", 4)) {
			t.Errorf("%T prints as %s", h, text)
		}
	}
}

// forms are how part of a key would look in a text: its bytes, and the words that AES makes of it.
func forms(s secret) []string {
	part := s.bytes()[8:16]
	decimal := strings.Trim(fmt.Sprintf("%d", part), "[]")
	spaced := fmt.Sprintf("% x", part)
	return []string{
		fmt.Sprint(binary.BigEndian.Uint32(part)), fmt.Sprint(binary.LittleEndian.Uint32(part)),
		string(part), hex.EncodeToString(part), strings.ToUpper(hex.EncodeToString(part)), decimal,
		strings.ReplaceAll(decimal, " ", ","), spaced, strings.ToUpper(spaced), strings.Trim(fmt.Sprintf("%#v", part), "[]byte{}"),
	}
}

func testHello() *espnow.Hello {
	return &espnow.Hello{Boot: 0xdeadbeef, MaxMessage: 65536, MaxFrame: 250, KeepAlive: 60, Window: 16}
}

func testWelcome() *espnow.Welcome {
	return &espnow.Welcome{Boot: 1, MaxMessage: 1 << 20, MaxFrame: 1470, KeepAlive: 60, Session: 7, Window: 64, Channel: 6}
}

func testConnect() espnow.Connect {
	return espnow.Connect{Version: espnow.Version, KeyID: 1, Nonce: 0x12345678, Cookie: proof{1, 2, 3, 4, 5, 6, 7, 8}}
}

// testJoin is a node's join and what its gateway makes of it.
func testJoin(t testing.TB, psk secret) (*join, *joinRequest) {
	t.Helper()
	j, err := newJoin(fixed(0x20), psk, testNode, testGateway, testConnect(), testHello())
	if err != nil {
		t.Fatal(err)
	}
	r, err := readJoin(fixed(0x30), psk, testNode, testGateway, packetOf[*espnow.Connect](t, j.packet), j.packet)
	if err != nil {
		t.Fatal(err)
	}
	return j, r
}
