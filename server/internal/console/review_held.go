package console

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A heldPage is the changes of a record that a device made and that are not applied, with all of their forms.
type heldPage struct {
	itemHead
	Forms []heldForm
	// Shown are the fields of the record as it is without these changes.
	Shown  []wordedField
	Reason string
}

// A heldForm is what was saved at once, and is applied or discarded at once. Main is the change that can be corrected.
type heldForm struct {
	Maker   sideMaker
	Changes []heldChange
	Main    heldChange
}

// A heldChange is one change of a form.
type heldChange struct {
	engine.HeldChange
	// Title is the record that it is about, Why the reason in words. Open says that it is not applied yet, and so can be.
	Title, Why string
	Open       bool
	Fields     []heldField
}

// A heldField is a field that a held change writes. Wrong says that the change is held for it, MayBeEmpty that the field can be
// left empty where no control holds what was written, Empty that the form says so.
type heldField struct {
	Name, Label, Value       string
	Wrong, MayBeEmpty, Empty bool
	Input                    valueInput
}

func (c *Console) heldPage(v *Visit, head itemHead, detail review.Detail) (out heldPage, err error) {
	out = heldPage{itemHead: head, Reason: v.form("reason")}
	if !head.Missing {
		if out.Shown, err = v.wordedFields(head.Collection, head.Fields, func(string) bool { return true }); err != nil {
			return out, err
		}
	}
	seen := map[syncproto.Version]bool{}
	for _, change := range detail.Changes {
		if seen[change.Version] {
			continue
		}
		form, err := v.formHeldWith(change.Version)
		if err != nil {
			return out, err
		}
		if err := v.knowHeld(form); err != nil {
			return out, err
		}
		shown := heldForm{Maker: v.makerOf(change.Maker)}
		for _, other := range form {
			seen[other.Version] = true
			described, err := v.heldChange(other)
			if err != nil {
				return out, err
			}
			shown.Changes = append(shown.Changes, described)
		}
		shown.Main = mainOf(shown.Changes, change.Version)
		out.Forms = append(out.Forms, shown)
	}
	out.Title, err = v.recordTitle(head.Line) // which may belong to what a form has named
	return out, err
}

// mainOf gives the change of a form that can be corrected: that of the item, or the one for which the form is held.
func mainOf(form []heldChange, own syncproto.Version) heldChange {
	reason := func(c heldChange) bool { return c.Open && c.Code != syncproto.HeldWithForm }
	at := slices.IndexFunc(form, func(c heldChange) bool { return reason(c) && c.Version == own })
	if at < 0 {
		at = max(0, slices.IndexFunc(form, reason))
	}
	return form[at]
}

// knowHeld notes what the records of a form are called that are not here yet, for those that belong to them.
func (v *Visit) knowHeld(form []engine.HeldChange) error {
	for _, c := range form {
		name, err := v.NameOf(c.Record)
		if err != nil {
			return err
		}
		if own := ownName(c.Fields); own != "" && name == shortID(c.Record) {
			v.know(map[uuid.UUID]string{c.Record: own})
		}
	}
	return nil
}

// formHeldWith gives the changes of the form that a change is of.
func (v *Visit) formHeldWith(version syncproto.Version) (out []engine.HeldChange, err error) {
	err = v.look(func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Change(ctx, version)
		if err != nil {
			return err
		}
		form, err := tx.FormOf(ctx, c.Device, c.Form)
		if err != nil {
			return err
		}
		var versions []syncproto.Version
		for _, other := range form {
			versions = append(versions, other.Version())
		}
		out, err = engine.HeldOf(ctx, tx, versions)
		return err
	})
	return out, err
}

// faulty finds the field of which a reason speaks.
var faulty = regexp.MustCompile(`field "([^"]+)"`)

// faultyField names the field for which a change is not applied: the one of which the reason speaks, or that refers to what it waits
// for.
func faultyField(c engine.HeldChange) string {
	if match := faulty.FindStringSubmatch(c.Reason); match != nil {
		return match[1]
	}
	collection, _ := syncproto.CollectionOf(c.Collection)
	for _, name := range collection.AreaVia {
		if c.Needs != nil && c.Fields[name].ID() == *c.Needs {
			return name
		}
	}
	return ""
}

func (v *Visit) heldChange(c engine.HeldChange) (out heldChange, err error) {
	out = heldChange{HeldChange: c, Why: v.heldWord(c.Code), Open: c.Status == syncproto.Held || c.Status == syncproto.Waiting}
	if out.Title, err = v.heldTitle(c); err != nil {
		return out, err
	}
	wrong := faultyField(c)
	fields := fieldsInOrder(c.Collection, c.Fields)
	if _, written := c.Fields[wrong]; wrong != "" && !written && out.Open {
		fields = append([]string{wrong}, fields...) // it is required, and missing
	}
	for _, field := range fields {
		shown, err := v.heldField(c, field, out.Open, field == wrong)
		if err != nil {
			return out, err
		}
		out.Fields = append(out.Fields, shown)
	}
	return out, nil
}

// heldField tells a field of a held change and, as long as the change is open, what corrects it.
func (v *Visit) heldField(c engine.HeldChange, field string, open, wrong bool) (out heldField, err error) {
	out = heldField{Name: field, Label: fieldName(v.Words, c.Collection, field), Wrong: wrong && open}
	if out.Value, err = v.Value(c.Collection, field, c.Fields[field]); err != nil || !open {
		return out, err
	}
	if out.Input, err = v.inputFor(c.Collection, c.Record, field, c.Version.String()+"."+field, c.Fields[field]); err != nil {
		return out, err
	}
	switch {
	case field == syncproto.FieldDeleted:
		out.Input.Kind = "" // what was deleted is applied or discarded
	case out.Input.Kind == kindLookup:
		out.Input.Beside = out.Value
	}
	out.Empty = v.form(out.Input.Name+".empty") != ""
	collection, _ := syncproto.CollectionOf(c.Collection)
	f, known := collection.Field(field)
	out.MayBeEmpty = known && !f.Required && (out.Input.Beside != "" || out.Wrong && out.Input.Kind == "")
	return out, nil
}

// heldTitle names the record of a held change: as the change does, where it has not arrived otherwise.
func (v *Visit) heldTitle(c engine.HeldChange) (string, error) {
	name, err := v.heldName(c.Record, c.Fields)
	return titled(v.Words, c.Collection, name), err
}

// heldName names a record as these fields of it do, or by the household that they name, if it is not here.
func (v *Visit) heldName(record uuid.UUID, fields map[string]syncproto.Value) (string, error) {
	if own := ownName(fields); own != "" {
		return own, nil
	}
	name, err := v.NameOf(record)
	if household := fields["household"].ID(); err == nil && name == shortID(record) && household != uuid.Nil {
		return v.NameOf(household)
	}
	return name, err
}

// ownName is the name that fields of a record hold, "" if they hold none.
func ownName(fields map[string]syncproto.Value) string {
	return cmp.Or(fields["head_name"].Text(), fields["name"].Text(), fields["title"].Text())
}

// decideHeld applies or discards the changes of a form. What was typed for fields of one of them corrects that one; several are
// corrected one after the other.
func (c *Console) decideHeld(v *Visit) error {
	return c.act(v, "review_held_"+v.heldDeed(), func(id uuid.UUID) error {
		version, err := syncproto.ParseVersion(v.form("version"))
		if err != nil {
			return syncproto.Refuse(syncproto.CodeNotFound, "The form names no change. Nothing was changed.")
		}
		if err := c.belongs(v, id, version); err != nil {
			return err
		}
		if v.heldDeed() == "discarded" {
			return c.Engine.DiscardHeld(v.ctx(), v.User().ID, version, v.form("reason"))
		}
		corrected, err := v.corrections(version)
		if err != nil {
			return err
		}
		return c.Engine.ApplyHeld(v.ctx(), v.User().ID, version, corrected)
	})
}

func (v *Visit) heldDeed() string {
	if v.form("deed") == "discard" {
		return "discarded"
	}
	return "applied"
}

// belongs refuses a change that is none of an item's forms.
func (c *Console) belongs(v *Visit, id uuid.UUID, version syncproto.Version) error {
	detail, err := c.Reviews.Show(v.ctx(), id)
	if err != nil {
		return err
	}
	for _, change := range detail.Changes {
		form, err := v.formHeldWith(change.Version)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(form, func(other engine.HeldChange) bool { return other.Version == version }) {
			return nil
		}
	}
	return syncproto.Refuse(syncproto.CodeStale, "The change is not held any more: it was decided meanwhile. Nothing was changed.")
}

// corrections reads what a form makes of the fields of a held change: those that hold something else than the change says,
// and those that it says to leave empty.
func (v *Visit) corrections(version syncproto.Version) (map[string]syncproto.Value, error) {
	form, err := v.formHeldWith(version)
	if err != nil {
		return nil, err
	}
	out := map[string]syncproto.Value{}
	for _, c := range form {
		if c.Version != version {
			continue
		}
		collection, _ := syncproto.CollectionOf(c.Collection)
		for _, f := range collection.Fields {
			name := version.String() + "." + f.Name
			sent, there := v.Request.Form[name]
			if v.form(name+".empty") != "" {
				out[f.Name] = syncproto.Null
				continue
			}
			if !there || plainText(sent[0]) == plainText(v.written(f, c.Fields[f.Name])) {
				continue
			}
			value, err := v.typed(c.Collection, c.Record, f.Name, sent[0])
			if err != nil {
				return nil, err
			}
			out[f.Name] = value
		}
	}
	return out, nil
}
