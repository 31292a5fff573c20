package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// However many households there are, what one is compared with comes by indexes, and of those the right ones: that of
// collections would go through all people.
func TestWhatHouseholdsAreComparedWithComesByIndexes(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "satchel.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, ids := t.Context(), []uuid.UUID{{1}, {2}}
	for _, c := range []struct {
		index string
		ask   func(*Tx) error
	}{
		{"SEARCH household_keys USING PRIMARY KEY (key=?)", func(tx *Tx) error { _, err := tx.Holders(ctx, []int64{1, 2}, 3); return err }},
		{"SEARCH household_keys USING PRIMARY KEY (key=?)", func(tx *Tx) error { _, err := tx.HoldersInReview(ctx, []int64{1, 2}); return err }},
		{"SEARCH reviews EXISTS USING INDEX reviews_by_record (record=?)", func(tx *Tx) error { _, err := tx.HoldersInReview(ctx, []int64{1, 2}); return err }},
		{"SEARCH household_keys USING COVERING INDEX household_keys_by_household (household=?)", func(tx *Tx) error { _, err := tx.HouseholdKeys(ctx, ids); return err }},
		{"SEARCH records USING INDEX records_by_parent (parent=?)", func(tx *Tx) error { _, err := tx.ShownPeople(ctx, ids); return err }},
		{"SEARCH records USING INDEX records_by_parent (parent=?)", func(tx *Tx) error { _, err := tx.ShownAid(ctx, ids); return err }},
		{"SEARCH records USING INDEX records_by_parent (parent=?)", func(tx *Tx) error { _, err := tx.ChildrenLeft(ctx, ids); return err }},
		{"SEARCH records USING INDEX records_in_order (collection=?)", func(tx *Tx) error { _, err := tx.QuestionsAbout(ctx, ids[0], 9); return err }},
		{"SEARCH changes USING INDEX changes_noted (seq<?)", func(tx *Tx) error { _, err := tx.Decided(ctx, 9, 3); return err }},
		{"SEARCH reviews USING INDEX reviews_by_subject (subject=?)", func(tx *Tx) error { _, err := tx.ReviewsOf(ctx, ids); return err }},
		{"SEARCH household_keys USING COVERING INDEX household_keys_by_household (household=? AND key=?)", func(tx *Tx) error { return tx.DropKeys(ctx, ids[0], []int64{1, 2}) }},
	} {
		if got := plans(t, s, c.ask); !strings.Contains(got, c.index+"\n") || strings.Contains(got, "SCAN household_keys") || strings.Contains(got, "SCAN re") {
			t.Errorf("the plan is\n%swant %s", got, c.index)
		}
	}
}

// plans gives how SQLite does what is asked.
func plans(t *testing.T, s *Store, ask func(*Tx) error) string {
	t.Helper()
	var out strings.Builder
	err := s.Write(t.Context(), func(tx *Tx) error {
		explained := *tx
		explained.say = func(query string, args []any) (string, []any) {
			steps, err := all(t.Context(), tx, func(r row) (step string, err error) {
				var id, parent, unused int
				err = r.Scan(&id, &parent, &unused, &step)
				return step, err
			}, "EXPLAIN QUERY PLAN "+query, args...)
			if err != nil {
				t.Error(err)
			}
			out.WriteString(strings.Join(steps, "\n") + "\n")
			return query, args
		}
		return ask(&explained)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
