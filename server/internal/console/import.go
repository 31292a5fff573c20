package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// maxImportForm is how many bytes the form has at the most with which a file is sent.
const maxImportForm = tables.MaxBytes + 64<<10

// importForm is what the page shows on which a file is chosen.
type importForm struct {
	Collection  string
	Collections []string
	Sheet       string
	ClearEmpty  bool
	SkipSimilar bool
	// Faults are what is wrong in the file that was sent, More how many of them are not shown.
	Faults []tables.Fault
	More   int
	// Error is why it could not be read at all.
	Error string
}

// mostFaults is how many faults and rows a page shows.
const mostFaults = 200

// importPreview is what the page shows on which a table is confirmed.
type importPreview struct {
	Token uuid.UUID
	Table *tables.Table
	// Changes are rows that change a record or may be about one that exists; More is how many of them are not shown.
	Changes []tables.Row
	More    int
}

// MadeAnew reports whether a row makes anew a household that was deleted.
func (importPreview) MadeAnew(row tables.Row) bool { return row.Deleted != uuid.Nil }

// A pending is a table that was checked, and waits for who sent it to confirm it.
type pending struct {
	token   uuid.UUID
	table   *tables.Table
	expires time.Time
}

// pendings are the tables that wait, one for each administrator.
type pendings struct {
	mu sync.Mutex
	of map[uuid.UUID]pending
}

const (
	// pendingLife is how long a table waits.
	pendingLife = 30 * time.Minute
	// mostPending is how many tables wait at the most: they are held in memory.
	mostPending = 4
)

// put keeps a table for somebody, in place of an earlier one. It fails if too many wait.
func (p *pendings) put(user uuid.UUID, t *tables.Table, now time.Time) (uuid.UUID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, user)
	for other, waiting := range p.of {
		if now.After(waiting.expires) {
			delete(p.of, other)
		}
	}
	if len(p.of) >= mostPending {
		return uuid.Nil, syncproto.Refuse(syncproto.CodeBusy, "Several tables wait to be confirmed. Nothing was changed; try again in half an hour.")
	}
	token, err := uuid.NewRandom()
	if p.of == nil {
		p.of = map[uuid.UUID]pending{}
	}
	p.of[user] = pending{token, t, now.Add(pendingLife)}
	return token, err
}

// take gives the table that somebody confirms, once; nil if it does not wait any more.
func (p *pendings) take(user uuid.UUID, token string, now time.Time) *tables.Table {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting, there := p.of[user]
	if !there || waiting.token.String() != token || now.After(waiting.expires) {
		return nil
	}
	delete(p.of, user)
	return waiting.table
}

// askImport shows the page on which a file is chosen.
func (c *Console) askImport(v *Visit) error {
	form := importForm{Collection: v.query("collection"), Collections: tables.Importable()}
	if !slices.Contains(form.Collections, form.Collection) {
		form.Collection = form.Collections[0]
	}
	return v.page("settings/import", form)
}

// previewImport checks a file, and shows what would become of it. Nothing is saved.
func (c *Console) previewImport(v *Visit) error {
	form := importForm{
		Collection: v.form("collection"), Collections: tables.Importable(), Sheet: v.form("sheet"),
		ClearEmpty: v.form("clear_empty") != "", SkipSimilar: v.form("skip_similar") != "",
	}
	again := func(detail string) error {
		return v.again(syncproto.Refuse(syncproto.CodeInvalid, "%s", detail), "settings/import", form)
	}
	file, _, err := v.Request.FormFile("file")
	if err != nil {
		return again("There is no file in what was sent. Nothing was changed.")
	}
	defer file.Close() //nolint:errcheck // it was only read
	table, err := tables.Check(v.ctx(), c.Store, form.Collection, file, tables.Reading{Sheet: form.Sheet, ClearEmpty: form.ClearEmpty, SkipDuplicates: form.SkipSimilar})
	if err != nil {
		if ctxErr := v.ctx().Err(); ctxErr != nil {
			return ctxErr
		}
		form.Error = err.Error()
		return again("The file could not be read as a table. Nothing was changed.")
	}
	if len(table.Faults) > 0 {
		form.Faults = table.Faults[:min(len(table.Faults), mostFaults)]
		form.More = len(table.Faults) - len(form.Faults)
		return again("Some rows are not right yet. Nothing was changed; correct the file and send it again.")
	}
	token, err := c.pending.put(v.User().ID, table, c.Now())
	if err != nil {
		return v.again(err, "settings/import", form)
	}
	return v.page("settings/preview", previewOf(token, table))
}

func previewOf(token uuid.UUID, table *tables.Table) importPreview {
	out := importPreview{Token: token, Table: table}
	for _, row := range table.Account {
		if row.Fate != tables.Updates && len(row.Likely) == 0 && row.Deleted == uuid.Nil {
			continue
		}
		if len(out.Changes) == mostFaults {
			out.More++
			continue
		}
		out.Changes = append(out.Changes, row)
	}
	return out
}

// imported is what the page shows of a table that was saved, or part of it.
type imported struct {
	Table *tables.Table
	Saved tables.Saved
	// All is how many records there were to save. Partly says that not all of them are saved, Why what is said of the others.
	All    int
	Partly bool
	Why    string
}

// confirmImport saves a table that was checked, to its end even if who confirmed it closes the page.
func (c *Console) confirmImport(v *Visit) error {
	table := c.pending.take(v.User().ID, v.form("token"), c.Now())
	if table == nil {
		form := importForm{Collection: tables.Importable()[0], Collections: tables.Importable()}
		return v.again(syncproto.Refuse(syncproto.CodeStale, "The table does not wait any more. Nothing was changed; send the file again."), "settings/import", form)
	}
	saved, err := table.Save(context.WithoutCancel(v.ctx()), c.Engine, c.Store, v.User().ID, c.Now().UnixMilli(), nil)
	done := imported{Table: table, Saved: saved, All: table.New + table.Updates, Partly: err != nil}
	var p *syncproto.Problem
	switch known := errors.As(err, &p); {
	case err == nil:
		return v.page("settings/imported", done)
	case saved.Records == 0 && known:
		return v.again(err, "settings/import", importForm{Collection: table.Collection, Collections: tables.Importable()})
	case saved.Records == 0:
		return err
	case known:
		done.Why = p.Detail
		return v.render(p.Status, "settings/imported", view{Visit: v, Data: done})
	}
	return v.render(http.StatusInternalServerError, "settings/imported", view{Visit: v, Data: done})
}
