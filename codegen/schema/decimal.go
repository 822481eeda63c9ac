package schema

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

var decimalForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$`)

// decimal returns the number at key, exactly; ok is false where there is none (reported only if something else is there).
func (o *object) decimal(key string) (n *big.Rat, ok bool) {
	v := o.values[key]
	if v == nil || !o.plain(v, yaml.ScalarNode, key) {
		return nil, false
	}
	if whole, named := o.constant(key); named {
		if whole == nil {
			return nil, false
		}
		return new(big.Rat).SetInt(whole), true
	}
	if v.Style != 0 || !decimalForm.MatchString(v.Value) {
		o.nodeFault(v, fmt.Sprintf("%s is %s", key, quote(v.Value)), "it must be a decimal number such as -0.01, of at most 18 digits before "+
			"and after the point, without quotes, exponents, leading zeros and underscores", "")
		return nil, false
	}
	return new(big.Rat).SetString(v.Value)
}

// constant returns the number of the constant that the text at key names; named is false where it is no such name. The
// number is nil where no constant has the name (reported) or the constant is faulty.
func (o *object) constant(key string) (n Int, named bool) {
	v := o.values[key]
	if v.Tag != "!!str" || v.Style != 0 || !pascal.MatchString(v.Value) || !o.takesConstant(key) {
		return nil, false
	}
	c := o.constants[v.Value]
	if c == nil {
		all := o.known.constants
		o.nodeFault(v, "unknown constant "+quote(v.Value), "", Closest(v.Value, all, "there are "+listed(all)))
		return nil, true
	}
	return c.Value, true
}

// decimals returns the digits after the point of a decimal.
func decimals(text string) int {
	_, after, _ := strings.Cut(text, ".")
	return len(after)
}

// floor and ceil return the whole numbers next to n.
func floor(n *big.Rat) Int { return new(big.Int).Div(n.Num(), n.Denom()) } // the denominator is positive

func ceil(n *big.Rat) Int {
	return new(big.Int).Neg(floor(new(big.Rat).Neg(n)))
}
