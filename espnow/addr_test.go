package espnow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestParseAddr(t *testing.T) {
	want := espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}
	for _, text := range []string{"24:6f:28:aa:bb:cc", "24:6F:28:AA:BB:CC"} {
		a, err := espnow.ParseAddr(text)
		if err != nil || a != want {
			t.Errorf("ParseAddr(%q) = %v, %v", text, a, err)
		}
	}
	for _, text := range []string{
		"", "24:6f:28:aa:bb", "24:6f:28:aa:bb:c", "24:6f:28:aa:bb:ccc", "24:6f:28:aa:bb:cc:", "24-6f-28-aa-bb-cc", "246f28aabbcc",
		"24:6f:28:aa:bb:cg", "g4:6f:28:aa:bb:cc", " 4:6f:28:aa:bb:cc", "+4:6f:28:aa:bb:cc", "24:6f:28:aa:bb;cc", "24:6f:28:aa:bbécc",
	} {
		if a, err := espnow.ParseAddr(text); err == nil {
			t.Errorf("ParseAddr(%q) = %v, want an error", text, a)
		} else if !strings.Contains(err.Error(), "24:6f:28:aa:bb:cc") {
			t.Errorf("the error does not show the form: %v", err)
		}
	}
}

func TestAddrText(t *testing.T) {
	type document struct {
		Addr  espnow.Addr
		ByMAC map[espnow.Addr]int
	}
	in := document{espnow.Addr{0, 1, 2, 0xfd, 0xfe, 0xff}, map[espnow.Addr]int{espnow.Broadcast: 1}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Addr":"00:01:02:fd:fe:ff","ByMAC":{"ff:ff:ff:ff:ff:ff":1}}`; string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	var out document
	if err := json.Unmarshal(text, &out); err != nil || out.Addr != in.Addr || out.ByMAC[espnow.Broadcast] != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	a := in.Addr
	if err := a.UnmarshalText([]byte("nonsense")); err == nil || a != in.Addr {
		t.Errorf("%v, %v: want an error and the address as it was", a, err)
	}
}

func TestAddrGroups(t *testing.T) {
	for _, c := range []struct {
		addr             espnow.Addr
		group, broadcast bool
	}{
		{espnow.Broadcast, true, true},
		{espnow.Addr{0x01, 0, 0x5e, 0, 0, 1}, true, false},
		{espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}, false, false},
		{espnow.Addr{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}, false, false},
	} {
		if c.addr.IsGroup() != c.group || c.addr.IsBroadcast() != c.broadcast {
			t.Errorf("%v: group %t, broadcast %t", c.addr, c.addr.IsGroup(), c.addr.IsBroadcast())
		}
	}
}
