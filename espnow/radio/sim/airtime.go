package sim

import (
	"fmt"
	"time"
)

// Rate is one of the modulations an ESP32 can send ESP-NOW frames with.
type Rate uint8

// Rates by their data rate in Mbps (MCS0 to MCS7: HT20 with the long guard interval, 6.5 to 65 Mbps).
const (
	Rate1M  Rate = 0
	Rate2M  Rate = 1
	Rate5M5 Rate = 2
	Rate11M Rate = 3
	Rate6M  Rate = 4
	Rate9M  Rate = 5
	Rate12M Rate = 6
	Rate18M Rate = 7
	Rate24M Rate = 8
	Rate36M Rate = 9
	Rate48M Rate = 10
	Rate54M Rate = 11
	MCS0    Rate = 12
	MCS1    Rate = 13
	MCS2    Rate = 14
	MCS3    Rate = 15
	MCS4    Rate = 16
	MCS5    Rate = 17
	MCS6    Rate = 18
	MCS7    Rate = 19
)

// phy is the way a rate puts bits into time.
type phy uint8

const (
	dsss phy = 0 // DSSS and CCK, long preamble
	ofdm phy = 1 // ERP-OFDM
	ht20 phy = 2
)

// rates gives each rate its PHY, its speed, and the rate of the acknowledgement: the fastest mandatory one of the same
// family that is not faster than the frame (IEEE 802.11, "Rate selection for control response frames").
var rates = [...]struct {
	phy  phy
	kbps int64
	ack  Rate
}{
	Rate1M:  {dsss, 1_000, Rate1M},
	Rate2M:  {dsss, 2_000, Rate2M},
	Rate5M5: {dsss, 5_500, Rate5M5},
	Rate11M: {dsss, 11_000, Rate11M},
	Rate6M:  {ofdm, 6_000, Rate6M},
	Rate9M:  {ofdm, 9_000, Rate6M},
	Rate12M: {ofdm, 12_000, Rate12M},
	Rate18M: {ofdm, 18_000, Rate12M},
	Rate24M: {ofdm, 24_000, Rate24M},
	Rate36M: {ofdm, 36_000, Rate24M},
	Rate48M: {ofdm, 48_000, Rate24M},
	Rate54M: {ofdm, 54_000, Rate24M},
	MCS0:    {ht20, 6_500, Rate6M},
	MCS1:    {ht20, 13_000, Rate12M},
	MCS2:    {ht20, 19_500, Rate12M},
	MCS3:    {ht20, 26_000, Rate24M},
	MCS4:    {ht20, 39_000, Rate24M},
	MCS5:    {ht20, 52_000, Rate24M},
	MCS6:    {ht20, 58_500, Rate24M},
	MCS7:    {ht20, 65_000, Rate24M},
}

// Timing of 802.11g in the 2.4 GHz band with short slots.
const (
	sifs = 10 * time.Microsecond
	difs = 28 * time.Microsecond
	slot = 9 * time.Microsecond

	ackLen = 14 // bytes of a MAC acknowledgement
)

// String gives the rate as "5.5 Mbps" or "MCS7".
func (r Rate) String() string {
	switch {
	case r > MCS7:
		return fmt.Sprintf("Rate(%d)", uint8(r))
	case r >= MCS0:
		return fmt.Sprintf("MCS%d", r-MCS0)
	}
	return fmt.Sprintf("%v Mbps", float64(rates[r].kbps)/1000)
}

// Airtime is how long one attempt to send a frame with n bytes of body occupies the air, the mean back-off before it
// and, for unicast, the wait for its acknowledgement included. Attempt 0 is the first; each retry doubles the back-off
// up to the standard's limit. r is one of the constants.
func (r Rate) Airtime(n int, unicast bool, attempt uint) time.Duration {
	contention := 16<<min(attempt, 6) - 1
	t := difs + slot*time.Duration(contention)/2 + r.ppdu(mpduLen(n))
	if unicast {
		t += sifs + rates[r].ack.ppdu(ackLen)
	}
	return t
}

// mpduLen is the length on the air of a frame with n bytes of body: MAC and action header 32, checksum 4, and 7 for
// each vendor element of up to 250 bytes.
func mpduLen(n int) int { return 36 + 7*max(1, ceilDiv(n, 250)) + n }

// ppdu is the time that l bytes take from the first symbol of the preamble to the end of the last one.
func (r Rate) ppdu(l int) time.Duration {
	const symbol = 4 * time.Microsecond
	const signalExtension = 6 * time.Microsecond
	kbps := rates[r].kbps
	bits := 8 * int64(l)
	if rates[r].phy == dsss {
		return 192*time.Microsecond + time.Duration(bits)*time.Second/time.Duration(1000*kbps)
	}
	preamble := 20 * time.Microsecond
	if rates[r].phy == ht20 {
		preamble = 36 * time.Microsecond
	}
	const serviceAndTail = 16 + 6 // bits
	symbols := ceilDiv(serviceAndTail+bits, kbps*int64(symbol)/int64(time.Millisecond))
	return preamble + symbol*time.Duration(symbols) + signalExtension
}

func ceilDiv[T int | int64](a, b T) T { return (a + b - 1) / b }
