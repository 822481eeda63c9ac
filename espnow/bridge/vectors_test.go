package bridge

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// TestMessageVectors holds topics and user properties against what components/enow_gateway makes in C.
func TestMessageVectors(t *testing.T) {
	text, err := os.ReadFile("../../testdata/gateway/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := espnow.ParseAddr("24:6f:28:00:00:01")
	if err != nil {
		t.Fatal(err)
	}
	e := encoder{roots: espnow.DefaultRoots, gateway: gateway}
	count := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		given, want, _ := strings.Cut(strings.TrimSpace(line), "  ")
		var node, topic, form string
		var at int64
		m := link.Message{}
		if _, err := fmt.Sscan(given, &node, &topic, &m.RSSI, &m.Boot, &m.ID, &form, &at); err != nil {
			t.Fatalf("%s: %v", given, err)
		}
		if m.From, err = espnow.ParseAddr(node); err != nil {
			t.Fatal(err)
		}
		m.Topic = []byte(strings.TrimPrefix(topic, "-"))
		m.Raw = form == "raw"
		encoded, err := e.message(m, time.UnixMilli(at))
		if err != nil {
			t.Fatal(err)
		}
		got := encoded.Topic
		for _, p := range encoded.Properties.User {
			got += " " + p.Key + "=" + p.Value
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		count++
	}
	if count == 0 {
		t.Error("no vector")
	}
}
