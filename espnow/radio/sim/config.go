package sim

import (
	"fmt"
	"time"
)

// maxRetries is the top of the range in which the radio's own retry count, which is undocumented, must lie.
const maxRetries = 31

// Config says how the air treats frames. Its zero value is perfect air of one place, without retries; start from [DefaultConfig].
type Config struct {
	// Loss is the probability, 0 to 1, that one copy of a frame is lost on one link: drawn for each receiver of a
	// broadcast, for each attempt of a unicast frame, and for each MAC acknowledgement.
	Loss float64
	// Duplicate is the probability, 0 to 1, that a copy which arrived is delivered twice. The repeats that the MAC
	// makes itself are not delivered, and not counted here.
	Duplicate float64
	// Reorder is the probability, 0 to 1, that a delivery is held back: by a random time of up to 8 times the frame's
	// own airtime, so that what follows can overtake it.
	Reorder float64
	// Retries is how often the MAC repeats a unicast frame that is not acknowledged, 0 to 31.
	Retries int
	// Rate is the modulation of every frame.
	Rate Rate

	// Burst makes losses come in bursts; its zero value does not.
	Burst Burst
	// Delay is the longest time that a delivery takes above the air, each one a random time of its own.
	Delay time.Duration
	// Corrupt is the probability, 0 to 1, that a copy arrives with 1 to 8 bits flipped. The checksum of 802.11 lets none
	// pass; this is for attackers and for faults behind it.
	Corrupt float64
	// Overhear is the probability, 0 to 1, that a station hears a frame of the channel beside its own; of one two channels
	// away it hears a quarter of that.
	Overhear float64
	// Path says how loud stations hear each other. Its zero value: all at -50 dBm, wherever they are.
	Path Path

	// MaxPeers is how many peers a radio can have, broadcast included; one that is no peer cannot be sent to. 0: no list.
	MaxPeers int
	// NoMemory is the probability, 0 to 1, that a radio refuses a frame with [radio.ErrNoMemory].
	NoMemory float64
	// LostCallbacks is the probability, 0 to 1, that nobody is told of the end of a frame: the station can send the next
	// one, but no [Sent] event says so, and its owner needs a time-out. An [Air] has none.
	LostCallbacks float64
	// Seed determines every random choice.
	Seed uint64
}

// Burst is loss after Gilbert and Elliott: each link is in a good state, where [Config.Loss] rules, or in a bad one. The
// state changes with the frames, before each of them.
type Burst struct {
	Enter float64 // probability of good to bad
	Leave float64 // probability of bad to good
	Loss  float64 // in the bad state
}

// Path is path loss that grows with the logarithm of the distance.
type Path struct {
	Reference float64 // dBm at 1 m and nearer
	Exponent  float64 // 2 in free space, 3 to 4 within a house; 0: distance does not matter
	Floor     float64 // dBm: what is weaker is not heard
	Shadowing float64 // dB: standard deviation, drawn for each frame
}

// DefaultConfig is air that loses nothing, with ESP-NOW's default rate of 1 Mbps and 7 retries, in a house: stations hear
// each other over about 30 m.
func DefaultConfig() Config {
	return Config{Retries: 7, Rate: Rate1M, Path: Path{Reference: -50, Exponent: 3, Floor: -95}}
}

// Check reports the first field that is out of range.
func (c Config) Check() error {
	for _, p := range []struct {
		field string
		value float64
	}{
		{"Loss", c.Loss},
		{"Duplicate", c.Duplicate},
		{"Reorder", c.Reorder},
		{"Burst.Enter", c.Burst.Enter},
		{"Burst.Leave", c.Burst.Leave},
		{"Burst.Loss", c.Burst.Loss},
		{"Corrupt", c.Corrupt},
		{"Overhear", c.Overhear},
		{"NoMemory", c.NoMemory},
		{"LostCallbacks", c.LostCallbacks},
	} {
		if !(p.value >= 0 && p.value <= 1) { // so written, it refuses NaN
			return fmt.Errorf("sim: %s is %v: want a probability, 0 to 1", p.field, p.value)
		}
	}
	if c.Retries < 0 || c.Retries > maxRetries {
		return fmt.Errorf("sim: Retries is %d: want 0 to %d", c.Retries, maxRetries)
	}
	if c.Rate > MCS7 {
		return fmt.Errorf("sim: Rate is %d: want one of the package's constants, Rate1M to MCS7", c.Rate)
	}
	if c.Delay < 0 || c.Delay > maxDelay {
		return fmt.Errorf("sim: Delay is %v: want 0 to %v", c.Delay, maxDelay)
	}
	if c.MaxPeers != 0 && (c.MaxPeers < minPeers || c.MaxPeers > maxPeers) {
		return fmt.Errorf("sim: MaxPeers is %d: want %d to %d, or 0 for no list", c.MaxPeers, minPeers, maxPeers)
	}
	p := c.Path
	if !(p.Exponent >= 0 && p.Exponent <= 10 && p.Shadowing >= 0 && p.Shadowing <= 30) ||
		!(p.Reference >= -100 && p.Reference <= 20 && p.Floor >= -128 && p.Floor <= 20) {
		return fmt.Errorf("sim: Path is %+v: want -100 to 20 dBm at 1 m, an exponent of 0 to 10, a floor of -128 to 20 dBm, "+
			"shadowing of 0 to 30 dB", p)
	}
	return nil
}

// Limits of settings.
const (
	maxDelay = time.Minute
	minPeers = 2
	maxPeers = 20
)
