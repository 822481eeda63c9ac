package link

import (
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// TestStatuses holds frag's statuses to the wire's: frag knows no packets, so it names them itself.
func TestStatuses(t *testing.T) {
	for ours, wire := range map[frag.Status]espnow.PubackStatus{
		frag.StatusComplete: espnow.PubackStatusComplete,
		frag.StatusPartial:  espnow.PubackStatusPartial,
		frag.StatusBusy:     espnow.PubackStatusBusy,
		frag.StatusRestart:  espnow.PubackStatusRestart,
		frag.StatusTooLarge: espnow.PubackStatusTooLarge,
		frag.StatusRefused:  espnow.PubackStatusRefused,
	} {
		if uint8(ours) != uint8(wire) {
			t.Errorf("%v is %d, on the wire %d", ours, uint8(ours), uint8(wire))
		}
	}
}
