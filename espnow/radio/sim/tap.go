package sim

import (
	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// Tapped is a frame as somebody hears it who is near and tuned to all channels. Body is valid until the tap returns.
type Tapped struct {
	Src, Dst espnow.Addr
	Channel  uint8
	Body     []byte
	Injected bool
}

// Tap has f told of each frame when its first attempt has ended, whoever else hears it. f may inject frames.
func (m *Medium) Tap(f func(Tapped)) { m.taps = append(m.taps, f) }

func (m *Medium) tap(tx *transmission) {
	for _, f := range m.taps {
		f(Tapped{tx.from.addr, tx.dst, tx.channel, tx.body, tx.from.ghost})
	}
}

// Inject puts a copy of a frame on the air under any source address, in line with all others. Everybody in reach of the
// channel hears it as from near. The error tells what no radio can send.
func (m *Medium) Inject(channel uint8, src, dst espnow.Addr, body []byte) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	if err := radio.CheckFrame(dst, body, espnow.MaxFrameV2); err != nil {
		return err
	}
	ghost := &Station{medium: m, addr: src, maxFrame: espnow.MaxFrameV2, channel: channel, ghost: true}
	ghost.put(dst, body)
	m.gone.Injected++
	return nil
}
