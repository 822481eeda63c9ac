package sim

import (
	"fmt"
	"net"
	"slices"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Station is one radio on a medium.
type Station struct {
	medium   *Medium
	number   uint64 // the order in which stations came
	addr     espnow.Addr
	maxFrame int
	channel  uint8
	place    place
	cell     cell
	slot     int // in the cell
	peers    []espnow.Addr
	ghost    bool // of a frame that was injected
	sending  bool
	gone     bool
	stats    Stats
}

// Addr is the station's address.
func (s *Station) Addr() espnow.Addr { return s.addr }

// MaxFrame is the longest frame that the station sends and hears, in bytes.
func (s *Station) MaxFrame() int { return s.maxFrame }

// Stats are the station's own.
func (s *Station) Stats() Stats { return s.stats }

// Send puts a copy of body on the air, or in line for it behind what others sent before. A [Sent] event tells the
// outcome. Errors, after which nothing was sent: those of [radio.CheckFrame], [ErrBusy], [ErrNoPeer], [radio.ErrNoMemory], and
// [net.ErrClosed] after Leave.
func (s *Station) Send(dst espnow.Addr, body []byte) error {
	switch {
	case s.gone:
		return net.ErrClosed
	case s.sending:
		return ErrBusy
	}
	if err := radio.CheckFrame(dst, body, s.maxFrame); err != nil {
		return err
	}
	m := s.medium
	if m.cfg.MaxPeers > 0 && !slices.Contains(s.peers, dst) {
		return fmt.Errorf("%w: %v", ErrNoPeer, dst)
	}
	if m.chance(m.cfg.NoMemory) {
		s.stats.NoMemory++
		return radio.ErrNoMemory
	}
	s.put(dst, body)
	return nil
}

// put puts a frame in line for the air.
func (s *Station) put(dst espnow.Addr, body []byte) {
	tx := s.medium.acquire()
	tx.from, tx.dst, tx.channel = s, dst, s.channel
	tx.body = append(tx.body, body...)
	s.sending = true
	s.stats.Sent++
	s.medium.occupy(tx)
}

// Channel is the one that the station is tuned to; a new station's is 1.
func (s *Station) Channel() uint8 { return s.channel }

// Tune changes the channel, 1 to 14. A frame in flight stays on the one where it was sent.
func (s *Station) Tune(channel uint8) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	s.channel = channel
	s.relocate()
	return nil
}

// Move puts the station to another place, in metres, which are finite. A new station is at 0, 0.
func (s *Station) Move(x, y float64) {
	s.place = place{x, y}
	s.relocate()
}

func (s *Station) relocate() {
	if !s.gone {
		s.medium.grid.moved(s)
	}
}

// AddPeer puts an address on the radio's list, as esp_now_add_peer does. The error is [ErrPeersFull] or [ErrPeerExists].
func (s *Station) AddPeer(addr espnow.Addr) error {
	switch {
	case slices.Contains(s.peers, addr):
		return fmt.Errorf("%w: %v", ErrPeerExists, addr)
	case s.medium.cfg.MaxPeers > 0 && len(s.peers) == s.medium.cfg.MaxPeers:
		return fmt.Errorf("%w: %d peers", ErrPeersFull, len(s.peers))
	}
	s.peers = append(s.peers, addr)
	return nil
}

// RemovePeer takes an address off the list, as esp_now_del_peer does. The error is [ErrNoPeer].
func (s *Station) RemovePeer(addr espnow.Addr) error {
	i := slices.Index(s.peers, addr)
	if i < 0 {
		return fmt.Errorf("%w: %v", ErrNoPeer, addr)
	}
	s.peers = slices.Delete(s.peers, i, i+1)
	return nil
}

// Leave takes the station off the air: its frame in flight is cut off, no event names it any more, and its address is
// free. Leaving again does nothing.
func (s *Station) Leave() {
	if s.gone {
		return
	}
	s.gone = true
	m := s.medium
	m.gone.add(s.stats)
	delete(m.byAddr, s.addr)
	i := slices.Index(m.stations, s)
	m.stations = slices.Delete(m.stations, i, i+1)
	m.grid.remove(s)
}

func checkChannel(channel uint8) error {
	if channel < 1 || channel > channels {
		return fmt.Errorf("sim: channel %d: want 1 to %d", channel, channels)
	}
	return nil
}
