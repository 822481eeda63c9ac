package sim

import "math"

// place is where a station is, in metres.
type place struct{ x, y float64 }

// flatRSSI is what all stations hear where no path loss is set, in dBm.
const flatRSSI = -50

// hears tells how loud a station hears a frame, and whether it does at all: it is on the frame's channel, or near it and
// lucky, in range, and not cut off.
func (m *Medium) hears(tx *transmission, to *Station) (rssi int8, ok bool) {
	if tx.channel != to.channel && !m.overhears(tx.channel, to.channel) {
		return 0, false
	}
	if len(m.cuts) > 0 {
		if _, cut := m.cuts[pair(tx.from.addr, to.addr)]; cut && !tx.from.ghost {
			return 0, false
		}
	}
	p := m.cfg.Path
	if p == (Path{}) {
		return flatRSSI, true
	}
	loud := p.Reference
	if p.Exponent > 0 && tx.from.place != to.place && !tx.from.ghost {
		metres := math.Hypot(tx.from.place.x-to.place.x, tx.from.place.y-to.place.y)
		loud -= 10 * p.Exponent * math.Log10(max(metres, 1))
	}
	if p.Shadowing > 0 {
		loud += p.Shadowing * m.rng.NormFloat64()
	}
	if loud < p.Floor {
		return 0, false
	}
	return int8(min(max(math.Round(loud), math.MinInt8), math.MaxInt8)), true
}

// overhears draws whether a frame of another channel is heard.
func (m *Medium) overhears(a, b uint8) bool {
	switch max(a, b) - min(a, b) {
	case 1:
		return m.chance(m.cfg.Overhear)
	case 2:
		return m.chance(m.cfg.Overhear / 4)
	}
	return false
}
