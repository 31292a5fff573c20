package clientlib

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Kind says why something needs the worker's attention.
type Kind string

// The kinds.
const (
	// KindHeld is a change that the office has and has not applied; an administrator decides.
	KindHeld Kind = "held"
	// KindWaiting is one that is applied by itself once the record arrives that it belongs to.
	KindWaiting Kind = "waiting"
	// KindDiscarded is one that an administrator turned down.
	KindDiscarded Kind = "discarded"
	// KindOvertaken is a value written here that does not show, because somebody wrote another one
	// without knowing of it. Both are on record, and an administrator decides.
	KindOvertaken Kind = "overtaken"
	// KindClock is a clock that is off.
	KindClock Kind = "clock"
)

// An Attention is something that the worker should know.
type Attention struct {
	// Item names it for [Store.Dismiss].
	Item string `json:"item"`
	Kind Kind   `json:"kind"`
	// Collection and Record are what it is about, if it is about a record.
	Collection string    `json:"collection,omitempty"`
	Record     uuid.UUID `json:"record,omitzero"`
	// Code and Reason say why a change is not applied: one of syncproto's held codes, and the same for
	// people.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Field, Own and Shown say what was overtaken: the value written here, "" if it is not kept any
	// more, and the one that shows. For a deletion Field is [syncproto.FieldDeleted], and the values
	// are whether the record is deleted.
	Field string          `json:"field,omitempty"`
	Own   syncproto.Value `json:"own,omitempty"`
	Shown syncproto.Value `json:"shown,omitempty"`
	// By names the change that shows.
	By syncproto.Version `json:"by,omitzero"`
}

// Attention gives what the worker should know and has not dismissed.
func (s *Store) Attention(ctx context.Context) ([]Attention, error) {
	var out []Attention
	err := s.read(ctx, func(t *tx) error {
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		if x.clockOff() {
			out = append(out, Attention{Item: string(KindClock), Kind: KindClock})
		}
		refused, err := t.refused(ctx)
		if err != nil {
			return err
		}
		overtaken, err := t.overtaken(ctx)
		if err != nil {
			return err
		}
		out = append(append(out, refused...), overtaken...)
		dismissed, err := t.dismissed(ctx)
		out = slices.DeleteFunc(out, func(a Attention) bool { return slices.Contains(dismissed, a.Item) })
		return err
	})
	return out, err
}

// Dismiss puts an item away for good. What it is about goes on as it was. A clock that is off cannot be
// dismissed: it has to be set.
func (s *Store) Dismiss(ctx context.Context, item string) error {
	if item == string(KindClock) {
		return fmt.Errorf("a clock that is off cannot be dismissed; set the device's clock, and sync")
	}
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, "INSERT INTO dismissed (item, at) VALUES (?, ?) ON CONFLICT DO NOTHING", item, s.options.Clock().UnixMilli())
	})
}

func (t *tx) dismissed(ctx context.Context) (items []string, err error) {
	err = t.each(ctx, "SELECT item FROM dismissed", nil, func(scan func(...any) error) error {
		var item string
		err := scan(&item)
		items = append(items, item)
		return err
	})
	return items, err
}

// refused gives the changes that the server has and has not applied.
func (t *tx) refused(ctx context.Context) ([]Attention, error) {
	var out []Attention
	query := "SELECT device, n, verdict, record, collection, status, code FROM changes WHERE status IN ('held', 'waiting', 'discarded') ORDER BY rowid"
	err := t.each(ctx, query, nil, func(scan func(...any) error) error {
		var a Attention
		where, v, err := t.scanVerdict(scan, &a.Record, &a.Collection, &a.Kind, &a.Code)
		a.Item = fmt.Sprintf("%s/%s", a.Kind, where)
		a.Reason = v.Reason
		out = append(out, a)
		return err
	})
	return out, err
}

// overtaken gives the values that were written here and do not show.
func (t *tx) overtaken(ctx context.Context) ([]Attention, error) {
	var rows []row
	err := t.each(ctx, "SELECT "+rowColumns+" FROM records WHERE overtaken = 1", nil, func(scan func(...any) error) error {
		r, err := t.scanRow(scan)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []Attention
	for _, r := range rows {
		fields, err := t.overtakenFields(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, field := range fields {
			a, err := t.overtakenField(ctx, r, field)
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}

func (t *tx) overtakenField(ctx context.Context, r row, field string) (Attention, error) {
	own, err := t.own(ctx)
	if err != nil {
		return Attention{}, err
	}
	c := r.state.Fields[field]
	a := Attention{Kind: KindOvertaken, Collection: r.collection, Record: r.id, Field: field, Shown: c.Value, By: c.Version}
	mine := slices.IndexFunc(c.Open, func(v syncproto.Version) bool { return slices.Contains(own, v.Device) })
	switch {
	case mine >= 0:
		a.Item = fmt.Sprintf("%s/%s/%s/%s/%s", a.Kind, r.id, field, c.Open[mine], c.Version)
		a.Own, err = t.written(ctx, c.Open[mine], field)
	case r.state.Deleted:
		a.Item = fmt.Sprintf("%s/%s/%s/%s", a.Kind, r.id, field, c.Version)
		a.Own = syncproto.False
	default:
		a.Item = fmt.Sprintf("%s/%s/%s/%s", a.Kind, r.id, field, c.Version)
		a.Own, a.Shown, a.By = syncproto.True, syncproto.False, syncproto.Version{}
	}
	return a, err
}

// written gives what a change of this device wrote into a field, "" if the change is not kept any more.
func (t *tx) written(ctx context.Context, v syncproto.Version, field string) (syncproto.Value, error) {
	found, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n = ?", v.Device, v.N)
	if err != nil || len(found) == 0 || found[0].version() != v {
		return "", err
	}
	return found[0].Fields[field], nil
}
