package sim

import "math"

// place is where a station is, in metres.
type place struct{ x, y float64 }

// flatRSSI is what all stations hear where no path loss is set, in dBm.
const flatRSSI = -50

// overheardBeside is how many channels away a frame is heard at most.
const overheardBeside = 2

// mostShadowing is the most that a frame's shadowing differs from none, in standard deviations: reach must end somewhere.
const mostShadowing = 4

// reach is how far frames are heard at most, in metres.
func (p Path) reach() float64 {
	if p.Exponent == 0 {
		return math.Inf(1)
	}
	const roundedUp = 1.001
	farthest := math.Pow(10, (p.Reference+mostShadowing*p.Shadowing-p.Floor)/(10*p.Exponent))
	return max(farthest, 1) * roundedUp
}

// audience are the stations that may hear a frame, in the order in which they came. What was injected is near to all.
func (m *Medium) audience(tx *transmission) []*Station {
	switch {
	case tx.from.ghost:
		return m.stations
	case m.cfg.Overhear > 0:
		return m.grid.around(tx.channel, tx.from.place, overheardBeside)
	}
	return m.grid.around(tx.channel, tx.from.place, 0)
}

// hears tells how loud a station hears a frame, and whether it does at all: it is in range, not cut off, and on the
// frame's channel, or near it and lucky.
func (m *Medium) hears(tx *transmission, to *Station) (rssi int8, ok bool) {
	p := m.cfg.Path
	metres := 0.0
	if p.Exponent > 0 && !tx.from.ghost {
		dx, dy := tx.from.place.x-to.place.x, tx.from.place.y-to.place.y
		metres = math.Sqrt(dx*dx + dy*dy)
	}
	if metres > m.grid.reach || m.isCut(tx.from, to) {
		return 0, false
	}
	if tx.channel != to.channel && !m.overhears(tx.channel, to.channel) {
		return 0, false
	}
	if p == (Path{}) {
		return flatRSSI, true
	}
	loud := p.Reference
	if metres > 1 {
		loud -= 10 * p.Exponent * math.Log10(metres)
	}
	if p.Shadowing > 0 {
		loud += p.Shadowing * min(max(m.rng.NormFloat64(), -mostShadowing), mostShadowing)
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
