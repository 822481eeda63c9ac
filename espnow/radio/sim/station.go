package sim

import (
	"net"
	"slices"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Station is one radio on a medium.
type Station struct {
	medium   *Medium
	addr     espnow.Addr
	maxFrame int
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
// outcome. Errors, after which nothing was sent: those of [radio.CheckFrame], [ErrBusy], and [net.ErrClosed] after
// Leave.
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
	tx := s.medium.acquire()
	tx.from, tx.dst = s, dst
	tx.body = append(tx.body, body...)
	s.sending = true
	s.stats.Sent++
	s.medium.occupy(tx)
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
}
