package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver with which logs are flushed

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// A finder says how often a fact stands in the office's histories.
type finder struct {
	srv  *server.Server
	seen map[uuid.UUID]map[fact]int
}

func (f *finder) times(ctx context.Context, wanted fact) (int, error) {
	if counts, ok := f.seen[wanted.record]; ok {
		return counts[wanted], nil
	}
	history, err := f.srv.Engine.History(ctx, wanted.record)
	if err != nil && !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeNotFound}) {
		return 0, err
	}
	counts := map[fact]int{}
	for _, entry := range history {
		for field, value := range entry.Fields {
			counts[fact{wanted.record, field, value}]++
		}
	}
	f.seen[wanted.record] = counts
	return counts[wanted], nil
}

// checkOffice says which promise an office has broken: what it acknowledged is in a history once, also
// where it is held; what it did not is there once or not; and of no form a half is there.
func checkOffice(ctx context.Context, srv *server.Server, ledgers []ledger) error {
	if report, err := srv.VerifyAudit(ctx, ""); err != nil {
		return fmt.Errorf("the audit log is broken: %w (%+v)", err, report)
	}
	f := &finder{srv, map[uuid.UUID]map[fact]int{}}
	for _, l := range ledgers {
		if err := f.check(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) check(ctx context.Context, l ledger) error {
	n := 0
	for _, saved := range l.pending() {
		before := -1
		n += len(saved)
		for _, written := range saved.ends() {
			times, err := f.times(ctx, written)
			if err != nil {
				return err
			}
			switch {
			case n <= l.acked && times != 1:
				return fmt.Errorf("%w: %s %s of %s was acknowledged, and the office has it %d times", ErrLost, written.field, written.value, written.record, times)
			case times > 1:
				return fmt.Errorf("the office has %s %s of %s %d times", written.field, written.value, written.record, times)
			case before >= 0 && times != before:
				return fmt.Errorf("of the form with %s %s the office has only a part", written.field, written.value)
			}
			before = times
		}
	}
	return nil
}

// checkTablet says which promise a tablet has broken: what it saved, and does not know to be
// acknowledged, is in its outbox and shows; and of no form a half is there.
func checkTablet(ctx context.Context, store *clientlib.Store, l ledger) error {
	status, err := store.Status(ctx)
	if err != nil {
		return err
	}
	saved := l.forms
	due := l.changes() - l.acked
	switch {
	case status.Unsent == due:
	case len(l.saving) > 0 && status.Unsent == due+len(l.saving):
		saved = l.pending()
	case l.syncing && status.Unsent < due:
	default:
		return fmt.Errorf("%w: the tablet has %d changes in its outbox, %d were saved and not acknowledged", ErrLost, status.Unsent, due)
	}
	for key, value := range newest(saved, status.Unsent) {
		r, err := store.Get(ctx, key.record)
		if err != nil {
			return fmt.Errorf("%w: %s %s was saved, and the tablet says %w", ErrLost, key.field, value, err)
		}
		shown := r.Value(key.field)
		if key.field == syncproto.FieldDeleted && r.Deleted {
			shown = syncproto.True
		}
		if shown != value {
			return fmt.Errorf("%w: %s %s was saved, and the tablet shows %q", ErrLost, key.field, value, shown)
		}
	}
	return nil
}

// newest gives the values that the last n changes of forms have left, by record and field.
func newest(saved []form, n int) map[fact]syncproto.Value {
	var all form
	for _, f := range saved {
		all = append(all, f...)
	}
	out := map[fact]syncproto.Value{}
	for _, written := range all[len(all)-n:] {
		out[fact{record: written.record, field: written.field}] = written.value
	}
	return out
}

// ledgers gives what everybody was promised as of now.
func (v *village) ledgers() (out []ledger) {
	v.note(func() {
		out = append(out, v.office.clone())
		for _, t := range v.tablets {
			out = append(out, t.clone())
		}
	})
	return out
}

// check says which promise is broken in a village that is running.
func (v *village) check(ctx context.Context) error {
	ledgers := v.ledgers()
	if err := checkOffice(ctx, v.office.srv, ledgers); err != nil {
		return err
	}
	for i, t := range v.tablets {
		if t.store != nil {
			if err := checkTablet(ctx, t.store, ledgers[i+1]); err != nil {
				return fmt.Errorf("tablet %d: %w", i+1, err)
			}
		}
	}
	return v.log.panics()
}

// finish syncs everything to the end, after which every form has to have arrived once, and every tablet
// to be safe to lose.
func (v *village) finish(ctx context.Context) error {
	for range 2 {
		for i, t := range v.tablets {
			if err := t.finish(ctx); err != nil {
				return fmt.Errorf("tablet %d does not come to an end: %w", i+1, err)
			}
		}
	}
	v.note(func() {
		for _, t := range v.tablets {
			t.acked = t.changes()
		}
	})
	return v.check(ctx)
}

func (t *tablet) finish(ctx context.Context) error {
	if t.store == nil {
		return nil
	}
	status, err := t.store.Status(ctx)
	if err != nil {
		return err
	}
	if !status.Enrolled {
		if err := t.enrol(ctx); err != nil {
			return err
		}
	}
	return t.sync(ctx)
}

// flushLog moves the site's write-ahead log into its database.
func (s *site) flushLog(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(s.dir, "*.db"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("find the database of %s among %v: %w", s.name, files, err)
	}
	db, err := sql.Open("sqlite", "file:"+files[0])
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(RESTART)")
	return errors.Join(err, db.Close())
}
