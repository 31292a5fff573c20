package aid

import (
	"fmt"
	"math/big"
	"strings"
)

// A Decimal is an exact decimal; the zero Decimal is none. Binary fractions would not do: 0.1 and 0.2 are not more than
// 0.3. As JSON it is text.
type Decimal struct{ rat *big.Rat }

// DecimalOf reads a decimal as a field holds it; what says nothing is none.
func DecimalOf(text string) Decimal {
	if x, ok := new(big.Rat).SetString(text); ok {
		return Decimal{x}
	}
	return Decimal{}
}

// String writes the decimal without trailing zeros, "" for none.
func (d Decimal) String() string {
	if d.rat == nil {
		return ""
	}
	const digits = 15 // a decimal has no more
	text := d.rat.FloatString(digits)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalText writes the decimal as String does.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Decimal) UnmarshalText(text []byte) error {
	if *d = DecimalOf(string(text)); d.rat == nil && len(text) > 0 {
		return fmt.Errorf("%q is no decimal", text)
	}
	return nil
}

// plus adds two decimals, of which one may be none.
func (d Decimal) plus(other Decimal) Decimal {
	switch {
	case d.rat == nil:
		return other
	case other.rat == nil:
		return d
	}
	return Decimal{new(big.Rat).Add(d.rat, other.rat)}
}

// minus subtracts a decimal; none if either is.
func (d Decimal) minus(other Decimal) Decimal {
	if d.rat == nil || other.rat == nil {
		return Decimal{}
	}
	return Decimal{new(big.Rat).Sub(d.rat, other.rat)}
}

// sign is -1, 0 or 1 as the decimal is below, at or above 0, and 0 for none.
func (d Decimal) sign() int {
	if d.rat == nil {
		return 0
	}
	return d.rat.Sign()
}

// least gives the lesser of two decimals, the other one where one is none.
func least(a, b Decimal) Decimal {
	if a.rat == nil || b.rat != nil && b.rat.Cmp(a.rat) < 0 {
		return b
	}
	return a
}
