package radio_test

import (
	"errors"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

func TestCheckFrame(t *testing.T) {
	node := espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}
	group := espnow.Addr{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}
	for _, tt := range []struct {
		name        string
		dst         espnow.Addr
		length      int
		maxFrame    int
		ok, tooLong bool
	}{
		{"empty", node, 0, espnow.MaxFrameV1, false, false},
		{"one byte", node, 1, espnow.MaxFrameV1, true, false},
		{"longest v1", node, 250, espnow.MaxFrameV1, true, false},
		{"too long for v1", node, 251, espnow.MaxFrameV1, false, true},
		{"longest v2", node, 1470, espnow.MaxFrameV2, true, false},
		{"too long for v2", node, 1471, espnow.MaxFrameV2, false, true},
		{"broadcast", espnow.Broadcast, 250, espnow.MaxFrameV1, true, false},
		{"other group", group, 250, espnow.MaxFrameV1, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := radio.CheckFrame(tt.dst, make([]byte, tt.length), tt.maxFrame)
			if ok, tooLong := err == nil, errors.Is(err, radio.ErrTooLong); ok != tt.ok || tooLong != tt.tooLong {
				t.Errorf("CheckFrame: %v; want ok %v, ErrTooLong %v", err, tt.ok, tt.tooLong)
			}
		})
	}
}
