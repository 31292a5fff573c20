package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A form is what a worker saved at once: it is applied whole or not at all.
type form struct {
	device  uuid.UUID
	changes []*store.Change
}

// formKey names a form: by its device and its first change.
type formKey struct {
	device uuid.UUID
	n      int64
}

func (f *form) key() formKey { return formKey{f.device, f.changes[0].N} }

// A refusal says why a change is not applied.
type refusal struct {
	status syncproto.Status
	code   string
	reason string
	needs  uuid.UUID
}

// Error gives the reason.
func (r *refusal) Error() string { return r.reason }

func hold(code, format string, args ...any) *refusal {
	return &refusal{status: syncproto.Held, code: code, reason: fmt.Sprintf(format, args...)}
}

func waitFor(code string, needs uuid.UUID, format string, args ...any) *refusal {
	return &refusal{status: syncproto.Waiting, code: code, reason: fmt.Sprintf(format, args...), needs: needs}
}

// add makes the work know of a form.
func (w *work) add(f *form) {
	w.forms[f.key()] = f
	for _, c := range f.changes {
		w.changes[c.Version()] = c
	}
}

// take applies a form if it can be, notes its fate, and then tries what waited for the records that
// it made.
func (w *work) take(ctx context.Context, f *form, may rights) error {
	w.add(f)
	made, err := w.try(ctx, f, may)
	for err == nil && len(made) > 0 {
		var more []uuid.UUID
		more, err = w.wake(ctx, made[0])
		made = append(made[1:], more...)
	}
	return err
}

// try applies a form or notes why it cannot be. It names the records that the form made.
func (w *work) try(ctx context.Context, f *form, may rights) (made []uuid.UUID, err error) {
	var failed int
	err = w.together(func() error {
		for i, c := range f.changes {
			failed = i
			_, existed, err := w.record(ctx, c.Record)
			if err != nil {
				return err
			}
			if err := w.apply(ctx, c, may); err != nil {
				return err
			}
			if !existed {
				made = append(made, c.Record)
			}
		}
		return nil
	})
	var why *refusal
	if errors.As(err, &why) {
		f.refuse(failed, why)
		if why.status == syncproto.Waiting {
			w.waiting[why.needs] = append(w.waiting[why.needs], f)
		}
		return nil, nil
	}
	return made, err
}

// refuse notes that none of a form's changes is applied because the one at failed cannot be.
func (f *form) refuse(failed int, why *refusal) {
	for i, c := range f.changes {
		reason := *why
		if i != failed && why.status == syncproto.Held && why.code != syncproto.HeldRevoked {
			reason = *hold(syncproto.HeldWithForm, "it was saved together with change %d, which is held", f.changes[failed].N)
		}
		c.Status, c.Code, c.Reason, c.Needs = reason.status, reason.code, reason.reason, reason.needs
		c.Seq, c.Conflicts = 0, nil
		c.Time = syncproto.TimeOf(c.Claimed, c.Received)
	}
}

// wake tries the forms that wait for a record that is there now. It names the records that they made.
func (w *work) wake(ctx context.Context, record uuid.UUID) (made []uuid.UUID, err error) {
	waiting, err := w.waitingFor(ctx, record)
	if err != nil {
		return nil, err
	}
	for _, f := range waiting {
		if f.changes[0].Status != syncproto.Waiting {
			continue // an earlier one of the list brought it along
		}
		may, err := w.rightsOf(ctx, f.device)
		if err != nil {
			return nil, err
		}
		more, err := w.try(ctx, f, may)
		if err != nil {
			return nil, err
		}
		made = append(made, more...)
	}
	return made, nil
}

// waitingFor gives the forms, of this work and of the store, that wait for a record.
func (w *work) waitingFor(ctx context.Context, record uuid.UUID) ([]*form, error) {
	if w.someWait {
		stored, err := w.tx.Needing(ctx, record)
		if err != nil {
			return nil, err
		}
		for _, c := range stored {
			if err := w.addStored(ctx, c.Device, c.Form); err != nil {
				return nil, err
			}
		}
	}
	out := w.waiting[record]
	delete(w.waiting, record)
	sortForms(out)
	return out, nil
}

// addStored makes the work know of the open changes of a form of the store.
func (w *work) addStored(ctx context.Context, device uuid.UUID, n int64) error {
	stored, err := w.tx.FormOf(ctx, device, n)
	if err != nil {
		return err
	}
	f := &form{device: device}
	for i := range stored {
		c := &stored[i]
		if _, known := w.changes[c.Version()]; !known && (c.Status == syncproto.Waiting || c.Status == syncproto.Held) {
			f.changes = append(f.changes, c)
			w.kept[c.Version()] = true
		}
	}
	if len(f.changes) > 0 {
		w.add(f)
		w.waiting[f.changes[0].Needs] = append(w.waiting[f.changes[0].Needs], f)
	}
	return nil
}
