package console

import (
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// deletion is what the page shows that asks whether to delete a record, or to bring it back.
type deletion struct {
	*recordForm
	// Seen names, for each field, the versions that who decides is looking at.
	Seen map[string]string
	// Refused says that it cannot be deleted as long as anything is in it.
	Refused bool
	// Children counts what has its area from it, by collection.
	Children map[string]int
}

// Deed is what the page asks: to "delete" the record, or to "restore" one that is deleted.
func (d *deletion) Deed() string {
	if d.Deleted {
		return "restore"
	}
	return "delete"
}

// askDelete asks whether to delete a record.
func (c *Console) askDelete(v *Visit) error {
	page, err := v.deletionOf()
	if err != nil {
		return err
	}
	return v.page("records/delete", page)
}

// deletionOf gives the question for the record of the path. Facts are not deleted.
func (v *Visit) deletionOf() (*deletion, error) {
	collection, r, err := v.recordOf()
	if err != nil {
		return nil, err
	}
	if collection.Fact {
		return nil, syncproto.Refuse(syncproto.CodeForbidden, "What was handed over is never deleted. Nothing was changed; cancel it with a reason.")
	}
	was, seen := map[string]syncproto.Value{}, map[string]string{}
	for field, register := range r.State {
		was[field], seen[field] = r.Value(field), versionsText(append(register.Known(), register.Open()...))
	}
	form, err := v.filledForm(collection, r, was, seen)
	if err != nil {
		return nil, err
	}
	for _, x := range form.Controls {
		if x.Shown, err = v.Value(collection.Name, x.Name, x.was); err != nil {
			return nil, err
		}
	}
	out := &deletion{recordForm: form, Seen: seen, Refused: !form.Deleted && form.Counts.any(), Children: map[string]int{}}
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		children, err := tx.ChildrenLeft(v.ctx(), []uuid.UUID{r.ID})
		for _, child := range children {
			out.Children[child.Collection]++
		}
		return err
	})
	return out, err
}

// deleteRecord deletes a record, or brings it back, as who decided was looking at it.
func (c *Console) deleteRecord(v *Visit) error {
	page, err := v.deletionOf()
	if err != nil {
		return err
	}
	switch deed := v.form("deed"); {
	case deed != page.Deed() && (deed == "delete" || deed == "restore"):
		return v.goTo(page.after(), "unchanged") // it is as was wanted already
	case page.Refused:
		return v.again(syncproto.Refuse(syncproto.CodeInvalid, "Something is still in it. Nothing was changed."), "records/delete", page)
	case deed != page.Deed():
		return v.again(syncproto.Refuse(syncproto.CodeStale, "The form does not say what was asked. Nothing was changed; look at the record again."), "records/delete", page)
	}
	_, r, err := v.recordOf()
	if err != nil {
		return err
	}
	looked := map[string][]syncproto.Version{}
	for field := range r.State {
		text := v.form("base." + field)
		if _, err := v.lookedAt(r, field, text); err != nil {
			return err
		}
		if err := addBase(looked, field, text); err != nil {
			return err
		}
	}
	edit := engine.OfficeEdit{
		Collection: r.Collection, Record: r.ID, Fields: map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True},
		Base: map[string][]syncproto.Version{syncproto.FieldDeleted: looked[syncproto.FieldDeleted]}, Seen: looked,
	}
	delete(looked, syncproto.FieldDeleted)
	said := "deleted"
	if page.Deleted {
		edit.Fields[syncproto.FieldDeleted], edit.Seen, said = syncproto.False, nil, "restored"
	}
	saved, err := c.Engine.Save(v.ctx(), v.User().ID, []engine.OfficeEdit{edit})
	if err != nil {
		return v.again(err, "records/delete", page)
	}
	if len(saved[0].Conflicts) > 0 {
		said = "saved_contested"
	}
	return v.goTo(page.after(), said)
}

// areaContents counts what is in an area or below it. The records count those that are deleted too: they would come back
// to an area that is gone.
type areaContents struct{ Areas, Records, Devices, People int }

func (c areaContents) any() bool { return c != areaContents{} }

// contentsOf counts what is in an area. Devices and people are those that name it itself.
func (v *Visit) contentsOf(area uuid.UUID) (out areaContents, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		tree, err := tx.AreaTree(v.ctx())
		if err != nil {
			return err
		}
		var below []uuid.UUID
		for id := range scope.Tree(tree).Expand([]uuid.UUID{area}) {
			below = append(below, id)
		}
		out.Areas = max(0, len(below)-1)
		summaries, err := tx.Summaries(v.ctx(), below)
		if err != nil {
			return err
		}
		for _, s := range summaries {
			out.Records += s.Records
		}
		return v.countHolders(tx, area, &out)
	})
	return out, err
}

// countHolders counts the devices in use and the users that name an area.
func (v *Visit) countHolders(tx *store.Tx, area uuid.UUID, out *areaContents) error {
	devices, err := tx.Devices(v.ctx())
	if err != nil {
		return err
	}
	for _, d := range devices {
		if d.Revoked == 0 && slices.Contains(d.Areas, area) {
			out.Devices++
		}
	}
	users, err := tx.Users(v.ctx())
	for _, u := range users {
		if u.Active && slices.Contains(u.Areas, area) {
			out.People++
		}
	}
	return err
}
