package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// maxRecordForm is how many bytes the form of a record has at the most: letters that are no ASCII have six in a form.
const maxRecordForm = 512 << 10

// recordRoutes are those of the form in which any record is written at the office.
func (c *Console) recordRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/records/:collection/new", Access: Coordinator, Handle: c.newRecord},
		{Method: http.MethodPost, Path: "/records/:collection/new", Access: Coordinator, Most: maxRecordForm, Handle: c.addRecord},
		{Method: http.MethodGet, Path: "/records/:collection/:id", Access: Coordinator, Handle: c.editRecord},
		{Method: http.MethodPost, Path: "/records/:collection/:id", Access: Coordinator, Most: maxRecordForm, Handle: c.saveRecord},
		{Method: http.MethodGet, Path: "/records/:collection/:id/delete", Access: Coordinator, Handle: c.askDelete},
		{Method: http.MethodPost, Path: "/records/:collection/:id/delete", Access: Coordinator, Handle: c.deleteRecord},
	}
}

// A recordForm is the form of a record.
type recordForm struct {
	Collection syncproto.Collection
	ID         uuid.UUID
	// New says that the record does not exist yet, Deleted that it is shown as deleted.
	New, Deleted bool
	// Name is what people call the record.
	Name     string
	Controls []*control
	// DeletedBase names the versions of the deletion that who edits it is looking at.
	DeletedBase string
	// Next is where to go on.
	Next string
	// Warning is the key, in "form", of what to know before it is changed; Counts go with it.
	Warning string
	Counts  areaContents

	// now is what the record holds, whatever who edits it was looking at, and changed what is to be otherwise.
	now     func(field string) syncproto.Value
	changed map[string]syncproto.Value
}

// value gives what a field is to hold: what was changed, or else what it held.
func (f *recordForm) value(field string) syncproto.Value {
	if value, changed := f.changed[field]; changed {
		return value
	}
	return f.now(field)
}

func (f *recordForm) control(name string) *control {
	return f.Controls[slices.IndexFunc(f.Controls, func(x *control) bool { return x.Name == name })]
}

// wrong reports whether anything that was sent is wrong.
func (f *recordForm) wrong() bool {
	return slices.ContainsFunc(f.Controls, func(x *control) bool { return x.Wrong != "" })
}

// collectionOf reads the collection of the path.
func (v *Visit) collectionOf() (syncproto.Collection, error) {
	c, known := syncproto.CollectionOf(v.Request.PathValue("collection"))
	if !known {
		return c, syncproto.Refuse(syncproto.CodeNotFound, "There is no such kind of record. Nothing was changed.")
	}
	return c, nil
}

// mayEdit fails unless who is logged in may write records of a collection in an area: administrators everywhere, coordinators
// in their own areas, and what is of the programme as a whole only administrators.
func (v *Visit) mayEdit(c syncproto.Collection, area uuid.UUID) error {
	switch {
	case v.IsAdministrator():
		return nil
	case ofProgramme(c):
		return syncproto.Refuse(syncproto.CodeForbidden, "Only administrators change that. Nothing was changed.")
	}
	return v.console.Accounts.MayRead(v.ctx(), v.User().ID, []uuid.UUID{area})
}

// recordOf reads the record of the path, for who may edit it.
func (v *Visit) recordOf() (c syncproto.Collection, r store.Record, err error) {
	if c, err = v.collectionOf(); err != nil {
		return c, r, err
	}
	id, err := v.id("id")
	if err != nil {
		return c, r, err
	}
	if r, err = v.record(id); errors.Is(err, store.ErrNotFound) || err == nil && r.Collection != c.Name {
		err = noRecord()
	}
	if err == nil {
		err = v.mayEdit(c, r.Area)
	}
	return c, r, err
}

// next gives where the form's page says to go on, or somewhere else.
func (v *Visit) next(otherwise string) string { return within(v.Request.FormValue("next"), otherwise) }

// newRecord shows an empty form. The address may say, by id, what the new record refers to.
func (c *Console) newRecord(v *Visit) error {
	form, err := v.emptyForm()
	if err != nil {
		return err
	}
	if form.ID, err = uuid.NewV7(); err != nil {
		return err
	}
	for _, x := range form.Controls {
		if id := v.query(x.Name); isID(id) && x.Type == syncproto.Reference {
			x.Raw = []string{id}
			value, err := v.refer(x)
			if err != nil {
				return err
			}
			if x.Wrong != "" {
				x.Raw, x.Wrong = []string{""}, ""
				continue
			}
			form.changed[x.Name] = value
		}
	}
	if err := v.offer(form); err != nil {
		return err
	}
	return v.page("records/form", form)
}

// emptyForm gives the form of a record that there is not yet.
func (v *Visit) emptyForm() (*recordForm, error) {
	collection, err := v.collectionOf()
	if err != nil {
		return nil, err
	}
	if collection.Name == "questions" {
		return nil, syncproto.Refuse(syncproto.CodeNotFound, "A question is asked in the review, on the page of what it is about. Nothing was changed.")
	}
	if ofProgramme(collection) {
		if err := v.mayEdit(collection, syncproto.Everyone); err != nil {
			return nil, err
		}
	}
	controls, err := v.formOf(collection, nil, nil)
	return &recordForm{
		Collection: collection, New: true, Controls: controls, Next: v.next(listOf(collection)), changed: map[string]syncproto.Value{},
		now: func(string) syncproto.Value { return "" },
	}, err
}

// addRecord makes a record, of the id that the form was given: one that is sent twice makes one record. One that is sent with
// other values to a record that is there changes nothing.
func (c *Console) addRecord(v *Visit) error {
	form, err := v.emptyForm()
	if err != nil {
		return err
	}
	if form.ID, err = readID(v.form("id")); err != nil {
		return err
	}
	r, err := v.record(form.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return c.saveForm(v, form)
	case err != nil:
		return err
	case r.Collection != form.Collection.Name || v.mayEdit(form.Collection, r.Area) != nil:
		return noRecord()
	}
	if err := v.takeForm(form); err != nil {
		return err
	}
	if form.isSavedAs(r) {
		return v.goTo(form.after(), "saved")
	}
	return v.goTo(form.path(), "there_already")
}

// noRecord refuses an id of no record of the path's collection within reach.
func noRecord() error {
	return syncproto.Refuse(syncproto.CodeNotFound, "There is no record of that id. Nothing was changed.")
}

// isSavedAs reports whether a record is what the form of a new one makes.
func (f *recordForm) isSavedAs(r store.Record) bool {
	return !f.wrong() && !r.Deleted && !slices.ContainsFunc(f.Collection.Fields, func(field syncproto.Field) bool {
		sent, was := f.changed[field.Name], r.Value(field.Name)
		return sent != was && (!sent.IsNull() || !was.IsNull())
	})
}

// editRecord shows the form of a record.
func (c *Console) editRecord(v *Visit) error {
	collection, r, err := v.recordOf()
	if err != nil {
		return err
	}
	was, base := map[string]syncproto.Value{}, map[string]string{}
	for field, register := range r.State {
		was[field], base[field] = r.Value(field), versionsText(register.Known())
	}
	form, err := v.filledForm(collection, r, was, base)
	if err != nil {
		return err
	}
	if err := v.offer(form); err != nil {
		return err
	}
	return v.page("records/form", form)
}

// filledForm gives the form of a record, with what who edits it is looking at.
func (v *Visit) filledForm(c syncproto.Collection, r store.Record, was map[string]syncproto.Value, base map[string]string) (*recordForm, error) {
	form := &recordForm{
		Collection: c, ID: r.ID, Deleted: r.Deleted, DeletedBase: base[syncproto.FieldDeleted],
		Next: v.next(listOf(c)), changed: map[string]syncproto.Value{}, now: r.Value,
	}
	var err error
	if form.Controls, err = v.formOf(c, was, base); err != nil {
		return nil, err
	}
	if form.Name, err = v.called(r); err != nil {
		return nil, err
	}
	contested := r.State.Conflicts()
	for _, x := range form.Controls {
		x.Contested = slices.Contains(contested, x.Name)
	}
	if c.Name == "areas" {
		form.Warning = "area_moves"
		form.Counts, err = v.contentsOf(r.ID)
	}
	return form, err
}

// saveRecord changes a record by what its form says otherwise than it was.
func (c *Console) saveRecord(v *Visit) error {
	collection, r, err := v.recordOf()
	if err != nil {
		return err
	}
	was, base := map[string]syncproto.Value{}, map[string]string{}
	for _, f := range collection.Fields {
		text := v.form("base." + f.Name)
		if was[f.Name], err = v.lookedAt(r, f.Name, text); err != nil {
			return err
		}
		base[f.Name] = text
	}
	base[syncproto.FieldDeleted] = v.form("base.deleted")
	if _, err := v.lookedAt(r, syncproto.FieldDeleted, base[syncproto.FieldDeleted]); err != nil {
		return err
	}
	form, err := v.filledForm(collection, r, was, base)
	if err != nil {
		return err
	}
	return c.saveForm(v, form)
}

// lookedAt gives the value that a field had in the versions that a form names. They have to be changes of the record: a
// version that is yet to come would vanish as it comes.
func (v *Visit) lookedAt(r store.Record, field, versions string) (value syncproto.Value, err error) {
	named, err := readVersions(versions)
	if err != nil {
		return "", err
	}
	for _, version := range named {
		var change store.Change
		err := v.console.Store.Read(v.ctx(), func(tx *store.Tx) (err error) {
			change, err = tx.Change(v.ctx(), version)
			return err
		})
		wrote, has := change.Fields[field]
		switch {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return "", err
		case err != nil || change.Record != r.ID || !has || change.Status != syncproto.Applied:
			return "", syncproto.Refuse(syncproto.CodeStale, "The page is of another time than the data. Nothing was changed; open it again.")
		}
		value = wrote
	}
	return value, nil
}

func readVersions(text string) (out []syncproto.Version, err error) {
	for _, part := range strings.Fields(text) {
		version, err := syncproto.ParseVersion(part)
		if err != nil || len(out) == syncproto.MaxBase {
			return nil, syncproto.Refuse(syncproto.CodeBadRequest, "The form does not say what it was about. Nothing was changed; open the page again.")
		}
		out = append(out, version)
	}
	return out, nil
}

func versionsText(list []syncproto.Version) string {
	var out []string
	for _, version := range list {
		out = append(out, version.String())
	}
	return strings.Join(out, " ")
}

// saveForm saves what was sent of a form, or shows it again with what is wrong.
func (c *Console) saveForm(v *Visit, form *recordForm) error {
	if err := v.takeForm(form); err != nil {
		return err
	}
	if form.looksFor(v.form("look")) {
		return v.found(form)
	}
	if form.wrong() {
		return v.formAgain(form, syncproto.Refuse(syncproto.CodeInvalid, "What is marked below needs another look. Nothing was changed yet."))
	}
	if len(form.changed) == 0 {
		return v.goTo(form.after(), "unchanged")
	}
	edit, err := form.edit()
	if err != nil {
		return err
	}
	saved, err := c.Engine.Save(v.ctx(), v.User().ID, []engine.OfficeEdit{edit})
	if err != nil {
		return v.formAgain(form, err)
	}
	if len(saved[0].Conflicts) > 0 {
		return v.goTo(form.after(), "saved_contested")
	}
	return v.goTo(form.after(), "saved")
}

// looksFor reports whether a form was sent to look for what it refers to: by a button of its own, or by the Enter key while there
// is something to look for.
func (f *recordForm) looksFor(by string) bool {
	return by == "1" || by == "enter" && slices.ContainsFunc(f.Controls, func(x *control) bool { return x.Search != "" })
}

// Looks reports whether a form has anything to look for.
func (f *recordForm) Looks() bool {
	return slices.ContainsFunc(f.Controls, func(x *control) bool { return x.Kind == kindLookup && x.Searchable() })
}

// found shows a form that is not filled in yet, with what was looked for.
func (v *Visit) found(form *recordForm) error {
	for _, x := range form.Controls {
		x.Wrong = ""
	}
	if err := v.offer(form); err != nil {
		return err
	}
	return v.page("records/form", form)
}

// formAgain shows a form again, and what is wrong with it.
func (v *Visit) formAgain(form *recordForm, problem error) error {
	if err := v.offer(form); err != nil {
		return err
	}
	return v.again(problem, "records/form", form)
}

// after is where to go on once a form is done.
func (f *recordForm) after() string {
	household := f.value("household").ID()
	if strings.Contains(f.Next, "{household}") && household == uuid.Nil {
		return f.path()
	}
	return strings.NewReplacer("{id}", f.ID.String(), "{household}", household.String()).Replace(f.Next)
}

// path is where the form is.
func (f *recordForm) path() string { return "/records/" + f.Collection.Name + "/" + f.ID.String() }

// takeForm takes what was sent, field by field, and looks whether it may come where it would.
func (v *Visit) takeForm(form *recordForm) error {
	for _, x := range form.Controls {
		lacks := form.New && x.Required && x.Raw[0] == ""
		if changed := x.take(v.Request.Form); !changed && !lacks {
			continue
		}
		value, err := v.readControl(form, x)
		if err != nil {
			return err
		}
		if nothing := form.New && value.IsNull(); x.Wrong == "" && !nothing {
			form.changed[x.Name] = value
		}
	}
	if form.wrong() {
		return nil
	}
	area, err := v.areaOf(form)
	if err != nil || form.wrong() {
		return err
	}
	return v.mayEdit(form.Collection, area)
}

// readControl reads what was sent of a field.
func (v *Visit) readControl(form *recordForm, x *control) (value syncproto.Value, err error) {
	if x.Type == syncproto.Reference || x.Type == syncproto.UUID {
		value, err = v.refer(x)
		if err == nil && form.Collection.Name == "areas" && x.Name == "parent" && x.Wrong == "" {
			err = v.refuseCircle(form, x, value.ID())
		}
		return value, err
	}
	if value = x.read(v.console.Zone); x.Wrong != "" {
		return value, nil
	}
	if checkMeaning(form.Collection.Name, x.Name, value) != nil {
		x.Wrong = "wrong_" + x.Name
	}
	if taken, err := v.taken(form, x, value); err != nil || taken {
		x.Wrong = "taken"
		return value, err
	}
	return value, nil
}

// refuseCircle notes that an area cannot be part of itself, or of what is part of it.
func (v *Visit) refuseCircle(form *recordForm, x *control, parent uuid.UUID) error {
	return v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		tree, err := tx.AreaTree(v.ctx())
		if scope.Tree(tree).Contains([]uuid.UUID{form.ID}, parent) {
			x.Wrong = "circle"
		}
		return err
	})
}

// taken reports whether another record of the programme has a code already by which people name one.
func (v *Visit) taken(form *recordForm, x *control, value syncproto.Value) (taken bool, err error) {
	if !ofProgramme(form.Collection) || value.IsNull() || x.Name != "code" && x.Name != "official_code" {
		return false, nil
	}
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		keys, err := tx.Keys(v.ctx(), form.Collection.Name, x.Name)
		taken = slices.ContainsFunc(keys[value.Text()], func(id uuid.UUID) bool { return id != form.ID })
		return err
	})
	return taken, err
}

// areaOf gives the area that a record is to belong to.
func (v *Visit) areaOf(form *recordForm) (uuid.UUID, error) {
	for _, name := range form.Collection.AreaVia {
		id := form.value(name).ID()
		switch f, _ := form.Collection.Field(name); {
		case id == uuid.Nil:
		case f.Refers == "areas":
			return id, nil
		default:
			r, err := v.record(id)
			return r.Area, err
		}
	}
	if !ofProgramme(form.Collection) {
		form.control(form.Collection.AreaVia[0]).Wrong = "required"
	}
	return syncproto.Everyone, nil
}

// edit gives the edit that a form makes. Its author knew of each field what the form showed, and nothing else.
func (f *recordForm) edit() (engine.OfficeEdit, error) {
	base := map[string][]syncproto.Version{}
	for name := range f.changed {
		if err := addBase(base, name, f.control(name).Base); err != nil {
			return engine.OfficeEdit{}, err
		}
	}
	err := addBase(base, syncproto.FieldDeleted, f.DeletedBase)
	return engine.OfficeEdit{Collection: f.Collection.Name, Record: f.ID, Fields: f.changed, Base: base}, err
}

func addBase(base map[string][]syncproto.Version, field, text string) error {
	versions, err := readVersions(text)
	if len(versions) > 0 {
		base[field] = versions
	}
	return err
}

// listOf gives where to go on from the form of a record: where records of its kind are listed, the household that it belongs
// to, or the form itself.
func listOf(collection syncproto.Collection) string {
	_, ofHousehold := collection.Field("household")
	switch {
	case sectionOf(collection.Name) == "settings":
		return "/settings/" + collection.Name
	case collection.Name == "households":
		return "/households/{id}"
	case ofHousehold:
		return "/households/{household}"
	}
	return "/records/" + collection.Name + "/{id}"
}

// Back gives where who does not save goes back to: where they came from, or the first page.
func (f *recordForm) Back() string {
	toItself := f.New && strings.Contains(f.Next, "{id}")
	if after := f.after(); after != f.path() && !toItself {
		return after
	}
	return "/" + sectionOf(f.Collection.Name)
}
