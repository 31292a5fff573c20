package tables

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Table is a file that was read and checked against what the store holds. It can be saved if it has
// no faults.
type Table struct {
	Collection string `json:"collection"`
	// Rows counts the rows with anything in them, without the header.
	Rows int `json:"rows"`
	// Faults are in order of row and column.
	Faults []Fault `json:"faults"`

	edits []engine.OfficeEdit
}

// A Reading says how a file is to be read.
type Reading struct {
	// Sheet names the sheet of a workbook; the first if it is "".
	Sheet string
	// Called says which column of the collection is meant by a column of the file, by how the file calls it; "" leaves
	// the column out. Others are called as the collection's are, in whatever case, with spaces or underscores.
	Called map[string]string
}

// called gives what the file's columns are called in the form in which that is compared.
func (r Reading) called() map[string]string {
	out := map[string]string{}
	for said, to := range r.Called {
		out[headerKey(said)] = strings.TrimSpace(to)
	}
	return out
}

// Check reads a file of a collection's records, a workbook or CSV in UTF-8 separated by commas or semicolons, and checks
// every row. It saves nothing. It fails on what is neither, on one beyond [MaxBytes], [MaxRows] or the bounds of package
// workbook, and on a collection that is not among [Importable].
func Check(ctx context.Context, s *store.Store, collection string, r io.Reader, how Reading) (*Table, error) {
	c, known := syncproto.CollectionOf(collection)
	if !known || !slices.Contains(Importable(), collection) {
		return nil, fmt.Errorf("%q cannot be imported; these can: %s", collection, strings.Join(Importable(), ", "))
	}
	sheet, err := readSheet(ctx, r, how.Sheet)
	if err != nil {
		return nil, err
	}
	out := &Table{Collection: collection, Rows: len(sheet.lines), Faults: append([]Fault{}, sheet.faults...)}
	if sheet.header == nil {
		return out, nil
	}
	head, err := readHeader(c, sheet, how.called())
	if err != nil {
		return nil, err
	}
	faults := append(head.faults, missing(c, head.columns)...)
	if out.Faults = append(out.Faults, faults...); len(faults) > 0 {
		return out, nil
	}
	err = s.Read(ctx, func(tx *store.Tx) error {
		d := &draft{collection: c, columns: head.columns, lines: sheet.lines}
		if d.names, err = readNames(ctx, tx, d.collections()); err != nil {
			return err
		}
		if err := d.giveIDs(ctx, tx); err != nil {
			return err
		}
		d.read()
		out.edits, out.Faults = d.edits, append(out.Faults, d.faults...)
		return nil
	})
	if err == nil {
		out.edits, faults = parentsFirst(c, sheet.lines, out.edits)
		out.Faults = append(out.Faults, faults...)
	}
	slices.SortStableFunc(out.Faults, func(a, b Fault) int { return cmp.Compare(a.Row, b.Row) })
	return out, err
}

// saveStep is how many records are saved at once. Others wait no longer than that takes.
const saveStep = 500

// Save saves the records of a table, in the name of author and at a time in milliseconds, and notes it
// in the audit log. progress, which may be nil, is told how many are saved. Save gives that number too:
// where it is interrupted, it is that many from the top of the file that are saved, whole, and the
// others are not.
func (t *Table) Save(ctx context.Context, e *engine.Engine, s *store.Store, author uuid.UUID, at int64, progress func(saved int)) (saved int, err error) {
	if len(t.Faults) > 0 {
		return 0, fmt.Errorf("%d faults in the table; nothing was saved", len(t.Faults))
	}
	for part := range slices.Chunk(t.edits, saveStep) {
		if _, err = e.Save(ctx, author, part); err != nil {
			break
		}
		saved += len(part)
		if progress != nil {
			progress(saved)
		}
	}
	if saved == 0 {
		return 0, err
	}
	entry := audit.Entry{
		At: at, Actor: author.String(), Action: audit.Imported, Subject: t.Collection,
		Details: map[string]any{"records": saved, "of": t.Rows},
	}
	ctx = context.WithoutCancel(ctx) // what was saved is noted, whatever ended it
	return saved, errors.Join(err, s.Write(ctx, func(tx *store.Tx) error { return audit.Append(ctx, tx, entry) }))
}
