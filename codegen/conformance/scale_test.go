package conformance

import (
	"math"
	"math/big"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// scaled returns the value that a number on the wire stands for. The conversions keep operations apart.
func scaled(s *schema.Scale, raw *big.Int) float64 {
	x, _ := new(big.Float).SetInt(raw).Float64()
	x = float64(x * float64(s.Num))
	x = float64(x + float64(s.Add))
	return float64(x / float64(s.Den))
}

// unscaled returns the number on the wire for a value.
func unscaled(f *schema.Field, kind schema.Kind, value float64) (*big.Int, fault) {
	s := f.Scale
	x := float64(value * float64(s.Den))
	x = float64(x - float64(s.Add))
	x = math.Round(float64(x / float64(s.Num)))
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, outside
	}
	raw, _ := big.NewFloat(x).Int(nil)
	lo, hi := limits(kind)
	if raw.Cmp(lo) < 0 || raw.Cmp(hi) > 0 || !allowed(f, &schema.Type{Kind: kind}, raw) {
		return nil, outside
	}
	return raw, ""
}

// limits returns what a kind holds.
func limits(k schema.Kind) (lo, hi *big.Int) {
	size := big.NewInt(1)
	size.Lsh(size, uint(8*k.Size()))
	lo = new(big.Int)
	if k.Signed() {
		lo.Neg(new(big.Int).Rsh(size, 1))
	}
	hi = new(big.Int).Add(lo, size)
	return lo, hi.Sub(hi, big.NewInt(1))
}
