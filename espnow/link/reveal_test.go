package link

import "bytes"

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
