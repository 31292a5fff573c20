package reports

import (
	"math/big"
	"strconv"
)

// exact gives the number that is written where x stands: 0.3, and not what comes next to it in binary. x has to be finite.
func exact(x float64) *big.Rat {
	out, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', -1, 64))
	return out
}

// plus adds two numbers as they are written.
func plus(a, b float64) float64 {
	out, _ := new(big.Rat).Add(exact(a), exact(b)).Float64()
	return out
}

// percent gives how much of a whole, which is above 0, a part is, without what is behind the point.
func percent(part, whole float64) float64 {
	share := new(big.Rat).Quo(exact(part), exact(whole))
	share.Mul(share, big.NewRat(100, 1))
	out, _ := new(big.Int).Div(share.Num(), share.Denom()).Float64()
	return out
}
