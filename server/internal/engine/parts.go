package engine

import (
	"context"
	"errors"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Lists of changes are given in parts, so that what one hostile device brought cannot fill the memory: a
// part ends after so many changes, or with the change that brings their content to so many bytes.
const (
	partChanges = 200
	partBytes   = 1 << 20
)

// A Part is some of a list. More says that there is more behind the last change of it.
type Part[T any] struct {
	Changes []T
	More    bool
}

// beginOf gives the change behind which a part begins.
func beginOf(ctx context.Context, tx *store.Tx, after syncproto.Version) (store.Change, error) {
	if after == (syncproto.Version{}) {
		return store.Change{}, nil
	}
	c, err := tx.Change(ctx, after)
	if errors.Is(err, store.ErrNotFound) {
		err = syncproto.Refuse(syncproto.CodeNotFound, "There is no change of that name to go on behind. Begin the list anew.")
	}
	return c, err
}

// partOf reads changes one by one, and describes them, until a part is full.
func partOf[T any](ctx context.Context, tx *store.Tx, versions []syncproto.Version, describe func(context.Context, *store.Tx, store.Change) (T, error)) (out Part[T], err error) {
	for bytes := 0; len(out.Changes) < min(len(versions), partChanges) && bytes < partBytes; {
		c, err := tx.Change(ctx, versions[len(out.Changes)])
		if err != nil {
			return out, err
		}
		entry, err := describe(ctx, tx, c)
		if err != nil {
			return out, err
		}
		out.Changes = append(out.Changes, entry)
		bytes += contentBytes(c)
	}
	out.More = len(out.Changes) < len(versions)
	return out, nil
}

// contentBytes is about how long a change is when it is written.
func contentBytes(c store.Change) int {
	const version = 60
	bytes := len(c.Reason) + len(c.Note.Reason)
	for field, value := range c.Fields {
		bytes += len(field) + len(value)
	}
	for field, base := range c.Base {
		bytes += len(field) + version*len(base)
	}
	return bytes
}

// whole follows a list to its end.
func whole[T interface{ version() syncproto.Version }](part func(after syncproto.Version) (Part[T], error)) (all []T, err error) {
	for after := (syncproto.Version{}); ; after = all[len(all)-1].version() {
		some, err := part(after)
		if err != nil {
			return nil, err
		}
		if all = append(all, some.Changes...); !some.More {
			return all, nil
		}
	}
}

func (e Entry) version() syncproto.Version { return e.Version }
