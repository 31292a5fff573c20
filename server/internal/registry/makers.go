package registry

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// userName gives the name of a user, "" if there is none.
func userName(ctx context.Context, tx *store.Tx, id uuid.UUID) (string, error) {
	user, err := tx.User(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return user.Name, err
}

// makers know who made changes, and ask for each author on each device once.
type makers struct {
	tx    *store.Tx
	known map[[2]uuid.UUID]engine.Maker
}

func makersOf(tx *store.Tx) makers { return makers{tx, map[[2]uuid.UUID]engine.Maker{}} }

func (m makers) of(ctx context.Context, c store.Change) (*engine.Maker, error) {
	key := [2]uuid.UUID{c.Author, c.Device}
	out, known := m.known[key]
	if !known {
		var err error
		if out, err = engine.MakerOf(ctx, m.tx, c); err != nil {
			return nil, err
		}
		m.known[key] = out
	}
	out.Claimed, out.Received, out.Time = c.Claimed, c.Received, c.Time
	return &out, nil
}

// record says of each record who recorded it.
func (m makers) record(ctx context.Context, lists ...[]Record) error {
	var ids []uuid.UUID
	for _, list := range lists {
		for _, r := range list {
			ids = append(ids, r.ID)
		}
	}
	first, err := m.tx.FirstChanges(ctx, ids)
	for _, list := range lists {
		for i := range list {
			if c, there := first[list[i].ID]; there && err == nil {
				list[i].Recorded, err = m.of(ctx, c)
			}
		}
	}
	return err
}
