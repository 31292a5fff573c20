package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"satchel/server/internal/store"
)

// What is in memory at once: so many rows, or the first that make so many bytes.
const (
	partRows  = 1000
	partBytes = 1 << 20
)

// errFull ends a part.
var errFull = errors.New("the part is full")

// An encoder writes rows in some format.
type encoder interface {
	// row writes one; first says that none came before.
	row(out *bytes.Buffer, values []any, first bool) error
}

// page gives what a query asks the store for.
func (q Query) page() store.Page {
	return store.Page{Collection: q.View.Collection.Name, Columns: names(q.Columns), Within: q.View.within, Test: q.Test, After: q.After, Skip: q.Skip}
}

// stream writes the rows of a query, at most so many, and gives the id behind which more follow, "" if none do. Each
// part is read in a transaction of its own, which has ended when the part is written.
func (q Query) stream(ctx context.Context, s *store.Store, most int, enc encoder, w io.Writer) (more string, err error) {
	page := q.page()
	var out bytes.Buffer
	for count := 0; ; {
		read := 0
		out.Reset()
		page.Limit = min(partRows, most-count) + 1 // one more tells whether more follow
		err := s.ReadInTurn(ctx, func(tx *store.Tx) error {
			return tx.EachRow(ctx, page, func(id string, values []any) error {
				if read == page.Limit-1 || out.Len() > partBytes {
					return errFull
				}
				read++
				page.After = id
				return enc.row(&out, values, count+read == 1)
			})
		})
		ended := err == nil
		if err != nil && !errors.Is(err, errFull) {
			return "", fmt.Errorf("read a part of a feed: %w", err)
		}
		if _, err := w.Write(out.Bytes()); err != nil {
			return "", fmt.Errorf("write a part of a feed: %w", err)
		}
		count, page.Skip = count+read, 0
		switch {
		case ended:
			return "", nil
		case count == most:
			return page.After, nil
		}
	}
}

// Count counts the rows that meet the query's condition, whatever part of them it asks for.
func (q Query) Count(ctx context.Context, s *store.Store) (n int64, err error) {
	err = s.ReadInTurn(ctx, func(tx *store.Tx) error {
		n, err = tx.CountRows(ctx, q.page())
		return err
	})
	return n, err
}
