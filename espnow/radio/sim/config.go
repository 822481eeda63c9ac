package sim

import "fmt"

// maxRetries is the top of the range in which the radio's own retry count, which is undocumented, must lie.
const maxRetries = 31

// Config says how the air treats frames. Its zero value is perfect air without retries; start from [DefaultConfig].
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
	// Seed determines every random choice.
	Seed uint64
}

// DefaultConfig is air that loses nothing, with ESP-NOW's default rate of 1 Mbps and 7 retries.
func DefaultConfig() Config { return Config{Retries: 7, Rate: Rate1M} }

// Check reports the first field that is out of range.
func (c Config) Check() error {
	for _, p := range []struct {
		field string
		value float64
	}{{"Loss", c.Loss}, {"Duplicate", c.Duplicate}, {"Reorder", c.Reorder}} {
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
	return nil
}
