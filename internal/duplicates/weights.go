package duplicates

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

//go:embed weights.csv
var weightsCSV []byte

// Threshold is the score, in bits, from which on a pair is shown to a person, unless the programme has another. What
// it finds and misses is measured by "satchel duplicates measure".
const Threshold = 14

// A level is what a comparison can come out at.
type level struct {
	comparison, name string
	// m and u are how often it comes out for one family, and for two; both between 0 and 1.
	m, u float64
	// says is the reason as people read it.
	says string
}

// weight is what the level adds to a score, in bits.
func (l level) weight() float64 { return math.Log2(l.m / l.u) }

// Weights is a table of what each outcome of a comparison weighs.
type Weights struct {
	levels map[string]level // by comparison and name
	text   []byte
}

// DefaultWeights gives the table that comes with the program.
func DefaultWeights() Weights {
	w, err := ReadWeights(bytes.NewReader(weightsCSV))
	if err != nil {
		panic(err) // the tests read it
	}
	return w
}

// CSV gives the table as text, as [ReadWeights] reads it.
func (w Weights) CSV() []byte { return w.text }

var weightColumns = []string{"comparison", "level", "m", "u", "says"}

// maxWeights is how long a table may be, in bytes.
const maxWeights = 64 << 10

// ReadWeights reads a table: CSV with the columns comparison, level, m, u and says. It has to have the same
// comparisons and levels as the one that comes with the program, and m and u between 0 and 1, both excluded.
func ReadWeights(from io.Reader) (Weights, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxWeights))
	if err != nil {
		return Weights{}, fmt.Errorf("read the weights: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return Weights{}, fmt.Errorf("read the weights: %w", err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], weightColumns) {
		return Weights{}, fmt.Errorf("the weights have to have the columns %q", weightColumns)
	}
	w := Weights{levels: map[string]level{}, text: text}
	for _, row := range rows[1:] {
		l, err := readLevel(row)
		if err != nil {
			return Weights{}, err
		}
		w.levels[l.comparison+": "+l.name] = l
	}
	return w, w.complete()
}

func readLevel(row []string) (l level, err error) {
	l.comparison, l.name, l.says = row[0], row[1], row[4]
	var errM, errU error
	l.m, errM = strconv.ParseFloat(row[2], 64)
	l.u, errU = strconv.ParseFloat(row[3], 64)
	if inside := func(p float64) bool { return p > 0 && p < 1 }; errors.Join(errM, errU) != nil || !inside(l.m) || !inside(l.u) {
		return l, fmt.Errorf("the weights of %s: %s: m and u have to be numbers between 0 and 1", l.comparison, l.name)
	}
	return l, nil
}

// complete says whether each outcome has its weight.
func (w Weights) complete() error {
	if len(w.levels) != len(outcomes) {
		return fmt.Errorf("the weights have %d levels, there are %d", len(w.levels), len(outcomes))
	}
	for _, outcome := range outcomes {
		if _, ok := w.levels[outcome]; !ok {
			return fmt.Errorf("the weights have no level %q", outcome)
		}
	}
	return nil
}
