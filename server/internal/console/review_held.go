package console

import (
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

// A heldForm is what was saved at once, and is applied or discarded at once.
type heldForm struct {
	Maker   sideMaker
	Changes []heldChange
}

// A heldChange is one change of a form.
type heldChange struct {
	engine.HeldChange
	// Title is the record that it is about, Why the reason in words. Open says that it is not applied yet, and so can be.
	Title, Why string
	Open       bool
	Fields     []heldField
}

// A heldField is a field that a held change writes. Wrong says that the change is held for it.
type heldField struct {
	Name, Label, Value string
	Wrong              bool
	Input              valueInput
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
		shown := heldForm{Maker: v.makerOf(change.Maker)}
		for _, other := range form {
			seen[other.Version] = true
			described, err := v.heldChange(other)
			if err != nil {
				return out, err
			}
			shown.Changes = append(shown.Changes, described)
		}
		out.Forms = append(out.Forms, shown)
	}
	return out, nil
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

func (v *Visit) heldChange(c engine.HeldChange) (out heldChange, err error) {
	out = heldChange{HeldChange: c, Why: v.heldWord(c.Code), Open: c.Status == syncproto.Held || c.Status == syncproto.Waiting}
	if out.Title, err = v.heldTitle(c); err != nil {
		return out, err
	}
	wrong := ""
	if match := faulty.FindStringSubmatch(c.Reason); match != nil {
		wrong = match[1]
	}
	fields := fieldsInOrder(c.Collection, c.Fields)
	if _, written := c.Fields[wrong]; wrong != "" && !written && out.Open {
		fields = append([]string{wrong}, fields...) // it is required, and missing
	}
	for _, field := range fields {
		text, err := v.Value(c.Collection, field, c.Fields[field])
		if err != nil {
			return out, err
		}
		out.Fields = append(out.Fields, heldField{
			Name: field, Label: fieldName(v.Words, c.Collection, field), Value: text, Wrong: field == wrong && out.Open,
			Input: v.inputFor(c.Collection, field, c.Version.String()+"."+field, c.Fields[field]),
		})
	}
	return out, nil
}

// heldTitle names the record of a held change: as the change does, where it has not arrived otherwise.
func (v *Visit) heldTitle(c engine.HeldChange) (string, error) {
	for _, field := range []string{"head_name", "name", "title"} {
		if name := c.Fields[field].Text(); name != "" {
			return oneOf(v.Words, c.Collection) + ": " + name, nil
		}
	}
	if household := c.Fields["household"].ID(); household != uuid.Nil {
		name, err := v.NameOf(household)
		return oneOf(v.Words, c.Collection) + ": " + name, err
	}
	name, err := v.NameOf(c.Record)
	return oneOf(v.Words, c.Collection) + ": " + name, err
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
			value, err := v.typed(c.Collection, f.Name, sent[0])
			if err != nil {
				return nil, err
			}
			out[f.Name] = value
		}
	}
	return out, nil
}
