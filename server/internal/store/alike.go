package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ShownPeople gives the people of households that are not deleted.
func (t *Tx) ShownPeople(ctx context.Context, households []uuid.UUID) ([]Shown, error) {
	// Appending nothing to the collection keeps SQLite from going through all people by the index of collections.
	return in(ctx, t, scanShown, households, "SELECT "+shownColumns+` FROM records
WHERE parent <> '' AND collection || '' = 'people' AND deleted = 0 AND parent IN `)
}

// A HouseholdKey is something that a household can have in common with another one.
type HouseholdKey struct {
	Key       int64
	Household uuid.UUID
}

func scanKey(r row) (k HouseholdKey, err error) {
	err = r.Scan(&k.Key, &k.Household)
	return k, err
}

// HouseholdKeys gives the keys that are kept of households.
func (t *Tx) HouseholdKeys(ctx context.Context, households []uuid.UUID) ([]HouseholdKey, error) {
	return in(ctx, t, scanKey, households, "SELECT key, household FROM household_keys WHERE household IN ")
}

// AddKeys keeps keys that are not kept yet.
func (t *Tx) AddKeys(ctx context.Context, keys []HouseholdKey) error {
	return insert(ctx, t, keys, "INSERT INTO household_keys (key, household) VALUES ", 2, "",
		func(k HouseholdKey, out []any) ([]any, error) { return append(out, k.Key, k.Household), nil })
}

// DropKeys forgets keys of a household.
func (t *Tx) DropKeys(ctx context.Context, household uuid.UUID, keys []int64) error {
	for part := range chunks(keys) {
		args := append([]any{household}, anys(part)...)
		if err := t.exec(ctx, "DELETE FROM household_keys WHERE household = ? AND key IN "+inList(len(part)), args...); err != nil {
			return fmt.Errorf("drop keys: %w", err)
		}
	}
	return nil
}

// Holders gives some of the households that have each of the keys, so many of each at the most. However many have one,
// no more are looked at.
func (t *Tx) Holders(ctx context.Context, keys []int64, most int) ([]HouseholdKey, error) {
	// SQLite plans anew for each value of a parameter that limits: the number stands in the statement.
	some := fmt.Sprintf("SELECT * FROM (SELECT key, household FROM household_keys WHERE key = ? LIMIT %d) AS holders", most)
	var out []HouseholdKey
	for part := range chunks(keys) {
		found, err := all(ctx, t, scanKey, some+strings.Repeat(" UNION ALL "+some, len(part)-1), anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("read who has a key: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// HoldersInReview gives all households that have any of the keys and are the first of two that are in review, or were
// decided on, as possible duplicates; one may come twice.
func (t *Tx) HoldersInReview(ctx context.Context, keys []int64) ([]uuid.UUID, error) {
	return in(ctx, t, scalar[uuid.UUID], keys, `SELECT household FROM household_keys
WHERE EXISTS (SELECT 1 FROM reviews WHERE record = household AND kind = 'duplicate' AND state <> 'closed') AND key IN `)
}

// AddDue notes households that have yet to be compared with others.
func (t *Tx) AddDue(ctx context.Context, households []uuid.UUID) error {
	return insert(ctx, t, households, "INSERT INTO households_due (household) VALUES ", 1, " ON CONFLICT (household) DO NOTHING",
		func(id uuid.UUID, out []any) ([]any, error) { return append(out, id), nil })
}

// AddAllDue notes all households.
func (t *Tx) AddAllDue(ctx context.Context) error {
	return t.exec(ctx, "INSERT INTO households_due SELECT id FROM records WHERE collection = 'households' ON CONFLICT (household) DO NOTHING")
}

// Due gives some of the households that are noted.
func (t *Tx) Due(ctx context.Context, most int) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], "SELECT household FROM households_due ORDER BY household LIMIT ?", most)
}

// DropDue takes households off that are noted.
func (t *Tx) DropDue(ctx context.Context, households []uuid.UUID) error {
	for part := range chunks(households) {
		if err := t.exec(ctx, "DELETE FROM households_due WHERE household IN "+inList(len(part)), anys(part)...); err != nil {
			return fmt.Errorf("take households off: %w", err)
		}
	}
	return nil
}

// SomeDue reports whether any household is noted.
func (t *Tx) SomeDue(ctx context.Context) (bool, error) {
	return one(ctx, t, scalar[bool], "SELECT EXISTS (SELECT 1 FROM households_due)")
}

// CountDue counts the households that are noted.
func (t *Tx) CountDue(ctx context.Context) (int, error) {
	return one(ctx, t, scalar[int], "SELECT count(*) FROM households_due")
}
