package tables

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// recognise finds out which records the lines are about that say so by no id or number: those that say the same in every
// column of the file, one line for one record; otherwise those that have the same in the fields that tell two records of
// their collection apart, if there are such fields. All other lines are about new records.
func (d *draft) recognise(ctx context.Context, tx *store.Tx) error {
	loose := slices.DeleteFunc(slices.Clone(d.entries), func(e *entry) bool { return !e.loose || e.wrong })
	if len(loose) == 0 {
		return nil
	}
	same := d.sought(loose, d.inFile(), d.counted)
	near := []*search{d.sought(loose, d.tellingFields(), form), d.sought(loose, d.tellingFields(), d.counted)}
	err := eachRecord(ctx, tx, d.collection.Name, func(r store.Listed, fields map[string]syncproto.Value) {
		if _, taken := d.about[r.ID]; !taken && !r.Deleted {
			same.note(r.ID, fields)
			for _, s := range near {
				s.note(r.ID, fields)
			}
		}
	})
	if err != nil {
		return err
	}
	for _, list := range same.by {
		slices.SortFunc(list, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	}
	for _, e := range loose {
		if id, ok := same.take(e); ok {
			d.take(e, id)
		}
	}
	d.takeNear(loose, near)
	return nil
}

// takeNear takes the lines that are about no record yet to be about those that are near: of exactly who they name, or else
// of who counts as one with these.
func (d *draft) takeNear(loose []*entry, near []*search) {
	rowOf := map[digest]int{}
	for _, e := range loose {
		if e.known {
			rowOf[near[0].form(e.fields)] = e.row
		}
	}
	telling := strings.Join(tellingOf(d.collection.Name), ", ")
	for _, e := range loose {
		form := near[0].form(e.fields)
		switch row, twice := rowOf[form]; {
		case e.known:
		case e.alike != "":
			d.unclear(e, "name", d.cell(e, "name"), fmt.Sprintf("expected the %s too: %s has this name", numberOf(d.collection.Name), e.alike))
		case telling == "":
		case twice:
			d.unclear(e, "", "", fmt.Sprintf("expected one row for each %s; row %d has the same", telling, row))
		default:
			records := near[0].found(e)
			if len(records) == 0 {
				records = near[1].found(e)
			}
			d.takeOnly(e, records, telling)
		}
		rowOf[form] = e.row
	}
}

// takeOnly takes a line to be about the only one of some records.
func (d *draft) takeOnly(e *entry, records []uuid.UUID, telling string) {
	switch len(records) {
	case 0:
	case 1:
		d.take(e, records[0])
	default:
		d.unclear(e, "", "", fmt.Sprintf("expected the id too: %d records that exist have the same %s", len(records), telling))
	}
}

func (d *draft) take(e *entry, id uuid.UUID) {
	delete(d.about, e.id)
	e.id, e.known = id, true
	d.about[id] = e
}

// tellingFields gives the fields that tell two records apart that have no number; none if there are no such fields.
func (d *draft) tellingFields() (out []syncproto.Field) {
	for _, name := range tellingOf(d.collection.Name) {
		f, _ := d.collection.Field(name)
		out = append(out, f)
	}
	return out
}

// A search is for records by what some of their fields hold.
type search struct {
	draft  *draft
	fields []syncproto.Field
	// as gives the form in which a value is compared.
	as func(f syncproto.Field, v syncproto.Value, parts []bool) string
	by map[digest][]uuid.UUID // nil for what nobody looks for
}

// A digest stands for what some fields hold, however long that is.
type digest [sha256.Size]byte

// sought makes a search for what lines say in some fields, in the form in which that is compared.
func (d *draft) sought(lines []*entry, fields []syncproto.Field, as func(syncproto.Field, syncproto.Value, []bool) string) *search {
	s := &search{draft: d, fields: fields, as: as, by: map[digest][]uuid.UUID{}}
	for _, e := range lines {
		s.by[s.form(e.fields)] = []uuid.UUID{}
	}
	return s
}

// form gives what some values are in the fields of the search.
func (s *search) form(values map[string]syncproto.Value) digest {
	out := make([]string, len(s.fields))
	for i, f := range s.fields {
		out[i] = s.as(f, values[f.Name], s.draft.partsInFile(f))
	}
	return sha256.Sum256([]byte(strings.Join(out, "\x00")))
}

// note notes a record that may be what a line says. Without fields nobody says anything.
func (s *search) note(id uuid.UUID, values map[string]syncproto.Value) {
	if len(s.fields) == 0 {
		return
	}
	if f := s.form(values); s.by[f] != nil {
		s.by[f] = append(s.by[f], id)
	}
}

// take gives the first record, by its id, that is what a line says, and to nobody again.
func (s *search) take(e *entry) (id uuid.UUID, ok bool) {
	form := s.form(e.fields)
	left := s.by[form]
	if len(left) == 0 {
		return id, false
	}
	id, s.by[form] = left[0], left[1:]
	return id, true
}

// found gives the records that are what a line says and that no row is about.
func (s *search) found(e *entry) []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(s.by[s.form(e.fields)]), func(id uuid.UUID) bool {
		_, taken := s.draft.about[id]
		return taken
	})
}
