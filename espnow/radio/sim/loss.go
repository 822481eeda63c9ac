package sim

import "github.com/esp-now-network/esp-now-network/espnow"

// Link is how frames of one station get lost on their way to another, where that is not what [Config] says.
type Link struct {
	Loss  float64
	Burst Burst
}

// linkState is a directed link between two stations: its loss, and the state of its bursts.
type linkState struct {
	own *Link // what was set; nil: it is as all others
	bad bool
}

// SetLink sets how frames from one address to another get lost, in this direction alone. The zero Link: as all others.
// The error names a probability that is out of range.
func (m *Medium) SetLink(from, to espnow.Addr, l Link) error {
	c := m.cfg
	c.Loss, c.Burst = l.Loss, l.Burst
	if err := c.Check(); err != nil {
		return err
	}
	k := m.link(from, to)
	if k.own = &l; l == (Link{}) {
		k.own = nil
	}
	return nil
}

// link returns the link between two addresses, which it makes if there is none.
func (m *Medium) link(from, to espnow.Addr) *linkState {
	key := [2]espnow.Addr{from, to}
	k := m.links[key]
	if k == nil {
		k = new(linkState)
		m.links[key] = k
	}
	return k
}

// loses draws whether a frame is lost between two stations. A source address that was made up has no link of its own:
// it would be the link of the station that has the address, or one more for each.
func (m *Medium) loses(from, to *Station) bool {
	if m.cfg.Burst == (Burst{}) && len(m.links) == 0 || from.ghost || to.ghost {
		return m.chance(m.cfg.Loss)
	}
	k := m.link(from.addr, to.addr)
	l := Link{m.cfg.Loss, m.cfg.Burst}
	if k.own != nil {
		l = *k.own
	}
	change := l.Burst.Enter
	if k.bad {
		change = l.Burst.Leave
	}
	if m.chance(change) {
		k.bad = !k.bad
	}
	if k.bad && l.Burst != (Burst{}) {
		return m.chance(l.Burst.Loss)
	}
	return m.chance(l.Loss)
}

// Cut keeps two addresses from hearing each other, until Heal.
func (m *Medium) Cut(a, b espnow.Addr) { m.cuts[pair(a, b)] = struct{}{} }

// Heal ends a Cut, if there is one.
func (m *Medium) Heal(a, b espnow.Addr) { delete(m.cuts, pair(a, b)) }

// isCut tells whether two stations are cut off from each other. What was injected comes through all cuts.
func (m *Medium) isCut(from, to *Station) bool {
	if len(m.cuts) == 0 || from.ghost {
		return false
	}
	_, cut := m.cuts[pair(from.addr, to.addr)]
	return cut
}

// pair names two addresses whatever their order.
func pair(a, b espnow.Addr) [2]espnow.Addr {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return [2]espnow.Addr{a, b}
}
