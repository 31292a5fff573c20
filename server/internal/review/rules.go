package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Rules are by what two households may be one family.
type Rules struct {
	// Weights is what each outcome of a comparison weighs, Threshold the score, in bits, from which on a pair comes into
	// review.
	Weights   duplicates.Weights
	Threshold float64
}

// DefaultRules gives those of the program.
func DefaultRules() Rules { return Rules{duplicates.DefaultWeights(), duplicates.Threshold} }

// propertyRules holds the rules where they are the programme's own. Where they are not, a new version of the program
// may come with others: the migration that brings those has all households be due.
const propertyRules = "duplicate_rules"

// written is how rules are kept; the weights are "" where they are the program's own.
type written struct {
	Weights   string  `json:"weights"`
	Threshold float64 `json:"threshold"`
}

// RulesIn gives the rules of a database.
func RulesIn(ctx context.Context, tx *store.Tx) (Rules, error) {
	text, err := tx.Property(ctx, propertyRules)
	if errors.Is(err, store.ErrNotFound) {
		return DefaultRules(), nil
	}
	if err != nil {
		return Rules{}, err
	}
	var w written
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return Rules{}, fmt.Errorf("read property %s: %w", propertyRules, err)
	}
	r := Rules{duplicates.DefaultWeights(), w.Threshold}
	if w.Weights != "" {
		r.Weights, err = duplicates.ReadWeights(strings.NewReader(w.Weights))
	}
	return r, err
}

// Rules gives by what possible duplicates are found.
func (q *Queue) Rules(ctx context.Context) (r Rules, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		r, err = RulesIn(ctx, tx)
		return err
	})
	return r, err
}

// SetRules has possible duplicates be found by other rules, and all households be compared anew: [Queue.Settle] does,
// or the engine by and by. It fails as invalid on a threshold that is not above 0.
func (q *Queue) SetRules(ctx context.Context, author uuid.UUID, r Rules) error {
	if !(r.Threshold > 0) || math.IsInf(r.Threshold, 0) {
		return syncproto.Refuse(syncproto.CodeInvalid, "The threshold has to be a number above 0. Nothing was changed.")
	}
	w := written{string(r.Weights.CSV()), r.Threshold}
	if w.Weights == string(duplicates.DefaultWeights().CSV()) {
		w.Weights = ""
	}
	text, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode the rules: %w", err)
	}
	return q.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetProperty(ctx, propertyRules, string(text)); err != nil {
			return err
		}
		if err := tx.AddAllDue(ctx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{
			At: q.now().UnixMilli(), Actor: author.String(), Action: audit.DuplicatesRuled, Details: map[string]any{"rules": w},
		})
	})
}

// Bits above the threshold from which on a pair is likelier to be one family than not, and from which on it nearly
// always is: docs/duplicates.md has the figures.
const (
	likely  = 4
	certain = 8
)

// severity says how much a pair matters.
func (r Rules) severity(score float64) string {
	switch above := score - r.Threshold; {
	case above >= certain:
		return high
	case above >= likely:
		return medium
	}
	return low
}
