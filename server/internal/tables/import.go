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
	// Rows counts the rows with anything in them, without the header; the others count those of each fate.
	Rows      int `json:"rows"`
	New       int `json:"new"`
	Updates   int `json:"updates"`
	Unchanged int `json:"unchanged"`
	LeftOut   int `json:"left_out"`
	// Likely counts the new rows, those that are left out among them, that may be about a household that exists, or that of
	// a row before.
	Likely int `json:"likely_duplicates"`
	// Deleted counts the new rows that have the card number of a household that was deleted.
	Deleted int `json:"deleted_before"`
	// Faults are in order of row.
	Faults []Fault `json:"faults"`
	// Account says what becomes of each row, in their order. It is empty where the header has faults.
	Account []Row `json:"account"`

	edits []engine.OfficeEdit
}

// A Reading says how a file is to be read.
type Reading struct {
	// Sheet names the sheet of a workbook; the first if it is "".
	Sheet string
	// Called says which column of the collection is meant by a column of the file, by how the file calls it; "" leaves
	// the column out; the file has to have it. Others are called as the collection's are. Names are compared as
	// [ColumnKey] gives them, and two that it makes the same are not to be among them.
	Called map[string]string
	// ClearEmpty has an empty cell clear the field of a record that exists. Otherwise it says nothing.
	ClearEmpty bool
	// SkipDuplicates leaves out the new households that may be one that exists, or that of a row before. Otherwise that is
	// only told.
	SkipDuplicates bool
}

// called gives what the file's columns are called in the form in which that is compared.
func (r Reading) called() map[string]string {
	out := map[string]string{}
	for said, to := range r.Called {
		out[ColumnKey(said)] = strings.TrimSpace(to)
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
	out := &Table{Collection: collection, Rows: len(sheet.lines), Faults: append([]Fault{}, sheet.faults...), Account: []Row{}}
	if sheet.header == nil {
		return out, nil
	}
	head, err := readHeader(c, sheet, how.called())
	if out.Faults = append(out.Faults, head.faults...); err != nil || len(head.faults) > 0 {
		return out, err
	}
	d := newDraft(c, head.columns, sheet, how)
	err = s.Read(ctx, func(tx *store.Tx) (err error) {
		out.edits, err = d.check(ctx, tx)
		return err
	})
	out.tell(d.account(), d.faults)
	return out, err
}

// check finds out what becomes of each line, and gives the edits that make it so.
func (d *draft) check(ctx context.Context, tx *store.Tx) (edits []engine.OfficeEdit, err error) {
	if d.names, err = readNames(ctx, tx, d.collections()); err != nil {
		return nil, err
	}
	if d.roots, err = readRoots(ctx, tx); err != nil {
		return nil, err
	}
	if err := d.identify(ctx, tx); err != nil {
		return nil, err
	}
	d.read()
	for _, step := range []func(context.Context, *store.Tx) error{d.recognise, d.settle, d.preview} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	return d.parentsFirst(ctx, tx)
}

// tell tells what became of the rows.
func (t *Table) tell(account []Row, faults []Fault) {
	t.Account, t.Faults = account, append(t.Faults, faults...)
	slices.SortStableFunc(t.Faults, func(a, b Fault) int { return cmp.Compare(a.Row, b.Row) })
	of := map[Fate]int{}
	for _, r := range account {
		of[r.Fate]++
		if len(r.Likely) > 0 {
			t.Likely++
		}
		if r.Deleted != uuid.Nil {
			t.Deleted++
		}
	}
	t.New, t.Updates, t.Unchanged, t.LeftOut = of[New], of[Updates], of[Unchanged], of[LeftOut]
}

// saveStep is how many records are saved at once. Others wait no longer than that takes.
const saveStep = 500

// Saved counts what was saved of a table.
type Saved struct {
	// Records counts the records that were made or changed.
	Records int `json:"records"`
	// Contested counts those of them in which something is in conflict: somebody changed it since the file was checked,
	// or it was in conflict before. All values are kept.
	Contested int `json:"contested"`
}

// Save saves the records of a table, in the name of author and at a time in milliseconds, and notes it in the audit log.
// progress, which may be nil, is told how many are saved. Where it is interrupted, what it counts is saved, each record
// whole, and the others are not; the same file can then be imported again. What was changed by others since the file was
// checked is not overwritten: both values are kept, in conflict.
func (t *Table) Save(ctx context.Context, e *engine.Engine, s *store.Store, author uuid.UUID, at int64, progress func(saved int)) (saved Saved, err error) {
	if len(t.Faults) > 0 {
		return saved, fmt.Errorf("%d faults in the table; nothing was saved", len(t.Faults))
	}
	for part := range slices.Chunk(t.edits, saveStep) {
		changes, errSave := e.Save(ctx, author, part)
		if err = errSave; err != nil {
			break
		}
		saved.Records += len(part)
		for _, c := range changes {
			if len(c.Conflicts) > 0 {
				saved.Contested++
			}
		}
		if progress != nil {
			progress(saved.Records)
		}
	}
	if saved.Records == 0 {
		return saved, err
	}
	entry := audit.Entry{
		At: at, Actor: author.String(), Action: audit.Imported, Subject: t.Collection,
		Details: map[string]any{"records": saved.Records, "of": len(t.edits), "new": t.New, "updates": t.Updates},
	}
	ctx = context.WithoutCancel(ctx) // what was saved is noted, whatever ended it
	return saved, errors.Join(err, s.Write(ctx, func(tx *store.Tx) error { return audit.Append(ctx, tx, entry) }))
}
