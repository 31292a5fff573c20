package tables

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Text writes a value of a field as people read it: text without quotes, yes and no, times in the
// machine's zone, and a reference by what people call the record, with its id behind. Nothing is "".
func Text(ctx context.Context, s *store.Store, f syncproto.Field, v syncproto.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", nil
	case f.Type == syncproto.Boolean && v == syncproto.True:
		return "yes", nil
	case f.Type == syncproto.Boolean && v == syncproto.False:
		return "no", nil
	case f.Type == syncproto.Timestamp:
		if ms, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return time.UnixMilli(ms).Format(time.RFC3339), nil
		}
	case f.Type == syncproto.Reference:
		if id, err := syncproto.ParseID(v.Text()); err == nil {
			return called(ctx, s, id)
		}
	case v[0] == '"':
		return v.Text(), nil
	}
	return string(v), nil
}

// called gives what people call a record, and its id.
func called(ctx context.Context, s *store.Store, id uuid.UUID) (string, error) {
	var r store.Record
	err := s.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Record(ctx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return id.String(), nil
	}
	text := func(field string) string { return r.Value(field).Text() }
	name := cmp.Or(text("name"), text("head_name"), text("title"), text("code"))
	if name == "" {
		return id.String(), err
	}
	return fmt.Sprintf("%s (%s)", name, id), err
}
