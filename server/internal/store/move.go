package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrMoved means that what the database held is kept in another one by now, and goes on there.
	ErrMoved = errors.New("this database was moved to another one, and what was recorded since is there; nothing was changed; start satchel on that one")
	// ErrMoving means that a database is being moved into this one, and not all of it is here.
	ErrMoving = errors.New("this database was not moved here as a whole; the one that it comes from is as it was; run satchel migrate-store on that one again")
	// ErrTaken means that a database which something is to be moved into holds something else already.
	ErrTaken = errors.New("the database to move to is not empty; nothing was changed; name one that is")
	// ErrDiffers means that what was copied is not what there is to copy.
	ErrDiffers = errors.New("what was copied differs from what there is to copy, which is as it was; empty the database to move to, and begin again")
)

// The properties of databases between which something is moved. The value of both is the epoch of what is moved.
const (
	propertyMoving = "moving" // not all of it is here
	propertyMoved  = "moved"  // none of it counts any more
)

// The properties that more than one room reads.
const (
	PropertyEpoch = "epoch" // names the database's history since it was made or restored
	PropertySeq   = "seq"   // the last sequence that was given out
)

// A table is one of those that are moved, with the columns of its primary key.
type table struct {
	name string
	key  []string
}

// tables are all but the properties, each behind those that it refers to.
var tables = []table{
	{"users", []string{"id"}},
	{"user_areas", []string{"user", "area"}},
	{"devices", []string{"id"}},
	{"device_areas", []string{"device", "area"}},
	{"device_formers", []string{"device", "former"}},
	{"invites", []string{"code_hash"}},
	{"sessions", []string{"token_hash"}},
	{"records", []string{"id"}},
	{"changes", []string{"device", "n"}},
	{"departures", []string{"area", "record"}},
	{"area_digests", []string{"area"}},
	{"conflicts", []string{"record", "field"}},
	{"moments", []string{"quarter"}},
	{"blobs", []string{"sha256"}},
	{"blob_names", []string{"record", "sha256"}},
	{"mergers", []string{"record"}},
	{"reviews", []string{"id"}},
	{"household_keys", []string{"key", "household"}},
	{"households_due", []string{"household"}},
	{"feed_tokens", []string{"id"}},
	{"webhooks", []string{"id"}},
	{"webhook_deliveries", []string{"webhook", "n"}},
	{"audit", []string{"seq"}},
}

// whole fails with [ErrMoved] or [ErrMoving] unless the database is the one to use.
func (t *Tx) whole(ctx context.Context) error {
	mark, err := one(ctx, t, scalar[string], "SELECT name FROM properties WHERE name IN (?, ?)", propertyMoved, propertyMoving)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case mark == propertyMoved:
		return ErrMoved
	case mark == propertyMoving:
		return ErrMoving
	}
	return err
}

// Move copies all that a store holds into an empty one, compares the two row by row, and has nobody write to the
// former again: whoever has it open yet gets [ErrMoved]. Until it ends the new one cannot be used. It can be run
// again after it was interrupted at any moment, and goes on where it was. It fails with [ErrTaken] if the new one
// holds something else, and with [ErrDiffers] if the former was written to meanwhile. progress is told of each table how many of its
// rows came so far.
func Move(ctx context.Context, from, to *Store, progress func(table string, rows int)) error {
	epoch, err := beginMove(ctx, from, to)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.copy(ctx, from, to, progress); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	// From here on nobody writes to the former one: whoever waits to do so finds the mark.
	err = from.change(ctx, func(tx *Tx) error {
		if err := compare(ctx, tx, to); err != nil {
			return err
		}
		return tx.SetProperty(ctx, propertyMoved, epoch)
	})
	if err != nil {
		return err
	}
	return endMove(ctx, from, to)
}

// beginMove has nobody use the new store meanwhile, and gives the epoch of what is moved.
func beginMove(ctx context.Context, from, to *Store) (epoch string, err error) {
	var state error
	err = from.Read(ctx, func(tx *Tx) error {
		state = tx.whole(ctx)
		epoch, err = tx.Property(ctx, PropertyEpoch)
		return err
	})
	if errors.Is(state, ErrMoving) {
		err = state
	}
	if err != nil {
		return "", err
	}
	return epoch, to.change(ctx, func(tx *Tx) error {
		known, err := properties(ctx, tx)
		switch {
		case err != nil:
			return err
		case known[propertyMoving] == epoch:
			return nil // it was begun before
		case state != nil:
			return state
		case len(known) > 0:
			return ErrTaken
		}
		return tx.SetProperty(ctx, propertyMoving, epoch)
	})
}

// endMove has the new store be used.
func endMove(ctx context.Context, from, to *Store) error {
	var all map[string]string
	err := from.Read(ctx, func(tx *Tx) (err error) {
		all, err = properties(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	delete(all, propertyMoved)
	return to.change(ctx, func(tx *Tx) error {
		for name, value := range all {
			if err := tx.SetProperty(ctx, name, value); err != nil {
				return err
			}
		}
		return tx.exec(ctx, "DELETE FROM properties WHERE name = ?", propertyMoving)
	})
}

func properties(ctx context.Context, t *Tx) (map[string]string, error) {
	type property struct{ name, value string }
	list, err := all(ctx, t, func(r row) (p property, err error) {
		err = r.Scan(&p.name, &p.value)
		return p, err
	}, "SELECT name, value FROM properties")
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[p.name] = p.value
	}
	return out, err
}

// copy copies the rows behind the last that is there.
func (t table) copy(ctx context.Context, from, to *Store, progress func(string, int)) error {
	var last []any
	err := to.Read(ctx, func(tx *Tx) error {
		return t.rows(ctx, tx, "ORDER BY "+quoted(t.key, " DESC")+" LIMIT 1", nil, func(key []string, row []any) { last = t.keyOf(key, row) })
	})
	for done := 0; err == nil; progress(t.name, done) {
		var columns []string
		var page [][]any
		err = from.Read(ctx, func(tx *Tx) error {
			where := ""
			if last != nil {
				where = "WHERE (" + quoted(t.key, "") + ") > " + inList(len(t.key)) + " "
			}
			return t.rows(ctx, tx, where+"ORDER BY "+quoted(t.key, "")+fmt.Sprintf(" LIMIT %d", batch), last, func(names []string, row []any) {
				columns, page = names, append(page, row)
			})
		})
		if err != nil || len(page) == 0 {
			return err
		}
		err = to.change(ctx, func(tx *Tx) error {
			return insert(ctx, tx, page, "INSERT INTO "+t.name+" ("+quoted(columns, "")+") VALUES ", len(columns), "",
				func(row, out []any) ([]any, error) { return append(out, row...), nil })
		})
		last, done = t.keyOf(columns, page[len(page)-1]), done+len(page)
	}
	return err
}

// rows reads rows of a table, each with the names of its columns.
func (t table) rows(ctx context.Context, tx *Tx, which string, args []any, do func(columns []string, row []any)) error {
	query, args := tx.say("SELECT * FROM "+t.name+" "+which, args)
	rows, err := tx.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return explain(err)
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return explain(err)
		}
		do(columns, row)
	}
	return explain(rows.Err())
}

// keyOf gives the values of the primary key.
func (t table) keyOf(columns []string, row []any) []any {
	var out []any
	for _, name := range t.key {
		for i, column := range columns {
			if column == name {
				out = append(out, row[i])
			}
		}
	}
	return out
}

// quoted lists columns, each with an end: the name of one is a word of SQL's.
func quoted(columns []string, end string) string {
	return `"` + strings.Join(columns, `"`+end+`, "`) + `"` + end
}

// compare fails with [ErrDiffers] unless both databases hold the same rows.
func compare(ctx context.Context, from *Tx, to *Store) error {
	return to.Read(ctx, func(tx *Tx) error {
		for _, t := range tables {
			want, err := t.digest(ctx, from)
			if err != nil {
				return err
			}
			got, err := t.digest(ctx, tx)
			if err != nil {
				return err
			}
			if !bytes.Equal(got, want) {
				return fmt.Errorf("%w (table %s)", ErrDiffers, t.name)
			}
		}
		return nil
	})
}

// digest gives the SHA-256 of all rows in order of their key, each column with its name, kind and length.
func (t table) digest(ctx context.Context, tx *Tx) ([]byte, error) {
	sum := sha256.New()
	var odd error
	err := t.rows(ctx, tx, "ORDER BY "+quoted(t.key, ""), nil, func(columns []string, row []any) {
		for i, value := range row {
			var text []byte
			kind := byte('t')
			switch v := value.(type) {
			case int64:
				kind, text = 'i', binary.BigEndian.AppendUint64(nil, uint64(v)) //nolint:gosec // the same bits
			case string:
				text = []byte(v)
			case []byte:
				kind, text = 'b', v
			default:
				odd = fmt.Errorf("column %s of %s has a value of type %T", columns[i], t.name, value)
			}
			fmt.Fprintf(sum, "%s %c %d ", columns[i], kind, len(text))
			sum.Write(text)
		}
	})
	return sum.Sum(nil), errors.Join(err, odd)
}
