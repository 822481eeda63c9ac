package sim

import (
	"math"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// goodput in kbps, worked out apart from this package by the timing of IEEE 802.11.
var goodput = []struct {
	rate               Rate
	n                  int
	unicast, broadcast float64
}{
	{Rate1M, 250, 679, 760},
	{Rate1M, 1470, 906, 928},
	{Rate6M, 250, 3463, 3865},
	{Rate6M, 1470, 5228, 5371},
	{Rate24M, 250, 7533, 9029},
	{Rate24M, 1470, 17155, 18332},
	{Rate54M, 250, 9547, 12085},
	{Rate54M, 1470, 29585, 33267},
}

func kbps(n int, t time.Duration) float64 { return math.Round(float64(8*n) / t.Seconds() / 1000) }

func TestAirtime(t *testing.T) {
	for _, tt := range goodput {
		if got := kbps(tt.n, tt.rate.Airtime(tt.n, true, 0)); got != tt.unicast {
			t.Errorf("%v, %d bytes, unicast: %v kbps, want %v", tt.rate, tt.n, got, tt.unicast)
		}
		if got := kbps(tt.n, tt.rate.Airtime(tt.n, false, 0)); got != tt.broadcast {
			t.Errorf("%v, %d bytes, broadcast: %v kbps, want %v", tt.rate, tt.n, got, tt.broadcast)
		}
	}
}

// The medium itself must carry what the formula promises, whoever sends: the air is shared.
func TestGoodput(t *testing.T) {
	for _, tt := range goodput {
		for dst, want := range map[espnow.Addr]float64{addr(0): tt.unicast, espnow.Broadcast: tt.broadcast} {
			const frames = 30
			m := newMedium(t, Config{Rate: tt.rate})
			newStation(t, m, 0, espnow.MaxFrameV2)
			senders := []*Station{newStation(t, m, 1, espnow.MaxFrameV2), newStation(t, m, 2, espnow.MaxFrameV2)}
			left := frames
			send := func(s *Station) {
				if left > 0 {
					left--
					mustSend(t, s, dst, make([]byte, tt.n))
				}
			}
			for _, s := range senders {
				send(s)
			}
			drain(m, func(e Event) {
				if e.Kind == Sent {
					send(e.Station)
				}
			})
			if got := kbps(frames*tt.n, m.Now()); got != want {
				t.Errorf("%v, %d bytes to %v: %v kbps, want %v", tt.rate, tt.n, dst, got, want)
			}
		}
	}
}

func TestAirtimeParts(t *testing.T) {
	const us = time.Microsecond
	for _, tt := range []struct {
		name    string
		rate    Rate
		n       int
		unicast bool
		attempt uint
		want    time.Duration
	}{
		// L = 36 + 7 + 1 = 44 bytes; 28 + 67.5 + 192 + 352
		{"1 byte", Rate1M, 1, false, 0, 639500},
		// One vendor element carries 250 bytes: 293 bytes on the air, then 301.
		{"one element", Rate1M, 250, false, 0, 2631500},
		{"two elements", Rate1M, 251, false, 0, 2631500 + 64*us},
		// Back-off 15/2 slots, then 31/2, ... 1023/2.
		{"retry 1", Rate1M, 250, false, 1, 2631500 + 72*us},
		{"retry 5", Rate1M, 250, false, 5, 2631500 + (511-15)*4500},
		{"retry 6", Rate1M, 250, false, 6, 2631500 + (1023-15)*4500},
		{"retry 7", Rate1M, 250, false, 7, 2631500 + (1023-15)*4500},
		{"retry 31", Rate1M, 250, false, 31, 2631500 + (1023-15)*4500},
		// 10 + an acknowledgement at 1 Mbps: 192 + 112.
		{"acknowledged", Rate1M, 250, true, 0, 2631500 + 314*us},
		// An acknowledgement goes at a mandatory rate: 9 Mbps is acknowledged at 6, 10 + 20 + 4*ceil(134/24) + 6.
		{"acknowledged at less", Rate9M, 250, true, 0, 95500 + (20+4*66+6)*us + (10+50)*us},
		// 5.5 Mbps: 2344 bits in 426.181 us.
		{"5.5 Mbps", Rate5M5, 250, false, 0, 95500 + 192*us + 426181},
		// MCS0 puts 26 bits, MCS7 260, into a symbol: ceil(2366/26) = 91, ceil(2366/260) = 10.
		{"MCS0", MCS0, 250, false, 0, 95500 + (36+4*91+6)*us},
		{"MCS7", MCS7, 250, true, 0, 95500 + (36+4*10+6)*us + (10+34)*us},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.rate.Airtime(tt.n, tt.unicast, tt.attempt); got != tt.want {
				t.Errorf("Airtime(%d, %v, %d) at %v = %v, want %v", tt.n, tt.unicast, tt.attempt, tt.rate, got, tt.want)
			}
		})
	}
}

func TestRateString(t *testing.T) {
	for rate, want := range map[Rate]string{
		Rate1M: "1 Mbps", Rate5M5: "5.5 Mbps", Rate54M: "54 Mbps", MCS0: "MCS0", MCS7: "MCS7", MCS7 + 1: "Rate(20)",
	} {
		if got := rate.String(); got != want {
			t.Errorf("Rate %d is %q, want %q", uint8(rate), got, want)
		}
	}
}
