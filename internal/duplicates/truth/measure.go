package truth

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
)

// Figures are how well duplicates were found.
type Figures struct {
	// Threshold is the score from which on a pair counts as found, in bits.
	Threshold float64 `json:"threshold"`
	// Pairs is how many pairs are one family, Found how many were taken for one, Right how many of these are.
	Pairs int `json:"pairs"`
	Found int `json:"found"`
	Right int `json:"right"`
	// Precision is the share of what was found that is right, Recall that of the pairs that was found; 1 of nothing.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// Measure searches a set once, and gives the figures at each of the thresholds and how long the search took. progress
// is told how many households have been looked at. It fails only if ctx ends.
func Measure(ctx context.Context, w duplicates.Weights, s Set, thresholds []float64, progress func(done int)) ([]Figures, time.Duration, error) {
	began := time.Now()
	found, err := duplicates.Scan(ctx, w, s.Households, slices.Min(thresholds), progress)
	took := time.Since(began)
	family := map[uuid.UUID]string{}
	for i, h := range s.Households {
		family[h.ID] = s.Families[i]
	}
	out := make([]Figures, len(thresholds))
	for i, threshold := range thresholds {
		f := Figures{Threshold: threshold, Pairs: s.pairs()}
		for _, p := range found {
			if p.Score < threshold {
				break // the highest come first
			}
			f.Found++
			if family[p.A] == family[p.B] {
				f.Right++
			}
		}
		f.Precision, f.Recall = share(f.Right, f.Found), share(f.Right, f.Pairs)
		out[i] = f
	}
	return out, took, err
}

// pairs counts those that are one family.
func (s Set) pairs() (count int) {
	sizes := map[string]int{}
	for _, family := range s.Families {
		count += sizes[family]
		sizes[family]++
	}
	return count
}

func share(part, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}
