package link

import (
	"bytes"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Reveal returns the packets within a SEALED packet that a machine has made, for a scenario to tell its reader.
func Reveal(machine any, sealed []byte) []byte {
	id := sealed[2]
	var made []*session
	switch m := machine.(type) {
	case *Node:
		made = append(made, m.session)
	case *Gateway:
		for _, h := range m.door.half {
			made = append(made, h.session)
		}
		for _, p := range m.peers {
			made = append(made, p.session)
		}
	}
	for _, s := range made {
		if s == nil || s.id != id || s.tunnel == nil || s.tunnel.sealer == nil {
			continue
		}
		if packets, err := newOpener(s.tunnel.sealer.key).open(bytes.Clone(sealed)); err == nil {
			return packets
		}
	}
	return nil
}

// CountFrom has a machine count the packets of its session with a peer from a number on, which no scenario could wait for.
// It reports whether there is such a session.
func CountFrom(machine any, peer espnow.Addr, counter uint32) bool {
	var s *session
	switch m := machine.(type) {
	case *Node:
		s = m.session
	case *Gateway:
		if p := m.peers[peer]; p != nil {
			s = p.session
		}
	}
	if s == nil || s.tunnel == nil {
		return false
	}
	s.tunnel.next = counter
	return true
}
