package console

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/search"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// mostFound is how many records a search offers.
const mostFound = 20

// offer fills in what can be chosen of each control.
func (v *Visit) offer(form *recordForm) error {
	for _, x := range form.Controls {
		var err error
		switch x.Kind {
		case kindLookup:
			err = v.offerFound(form, x)
		case kindSelect, kindChecks:
			x.Options, err = v.choicesOf(x.Field)
		}
		if err != nil {
			return err
		}
		if err := v.markChosen(x); err != nil {
			return err
		}
	}
	return nil
}

// choicesOf gives what can be chosen of a field of which everything fits into a list.
func (v *Visit) choicesOf(f syncproto.Field) (out []option, err error) {
	switch f.Type {
	case syncproto.Reference:
		return v.offerRecords(f.Refers)
	case syncproto.UUID:
		return v.offerPeople()
	case syncproto.Boolean:
		return []option{{Value: "true", Text: v.must("value.true")}, {Value: "false", Text: v.must("value.false")}}, nil
	}
	for _, choice := range f.Choices {
		out = append(out, option{Value: choice, Text: choiceName(v.Words, choice)})
	}
	return out, nil
}

// markChosen marks what a control holds. What is there to be chosen no longer is offered as long as it is held; what was sent
// and refused is not.
func (v *Visit) markChosen(x *control) error {
	if x.Kind != kindSelect && x.Kind != kindLookup && x.Kind != kindChecks {
		return nil
	}
	for _, value := range x.Raw {
		at := slices.IndexFunc(x.Options, func(o option) bool { return o.Value == value })
		switch {
		case at >= 0:
			x.Options[at].Chosen = true
		case isID(value) && x.Wrong != "wrong_"+string(x.Type):
			id, err := readID(value)
			if err != nil {
				return err
			}
			name, err := v.nameOfReferred(x, id)
			if err != nil {
				return err
			}
			x.Options = append([]option{{Value: value, Text: name, Chosen: true}}, x.Options...)
		}
	}
	return nil
}

// nameOfReferred names what a control holds. By what a reference should not hold, nobody learns the names of others.
func (v *Visit) nameOfReferred(x *control, id uuid.UUID) (string, error) {
	if x.Type == syncproto.Reference {
		r, err := v.record(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && r.Collection != x.Refers {
			return shortID(id), nil
		}
		if err != nil {
			return "", err
		}
	}
	return v.NameOf(id)
}

// must gives a text that has no values; its key stands in this package.
func (v *Visit) must(key string) string { return wordOr(v.Words, key, key) }

// offerRecords gives all records of a collection of the programme, areas as far as they are within reach.
func (v *Visit) offerRecords(collection string) (out []option, err error) {
	if collection == "areas" {
		areas, err := v.areaTree()
		for _, a := range areas {
			out = append(out, option{Value: a.ID.String(), Text: a.Indented()})
		}
		return out, err
	}
	list, err := v.list(collection)
	for _, r := range list {
		out = append(out, option{Value: r.ID.String(), Text: r.Name})
	}
	return out, err
}

// A listed is a record of a collection of the programme, as lists show it.
type listed struct {
	ID         uuid.UUID
	Code, Name string
	Fields     map[string]syncproto.Value
}

// list gives the records of a collection of the programme that are not deleted, by code and name.
func (v *Visit) list(collection string) (out []listed, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		return tx.EachShown(v.ctx(), collection, func(l store.Listed) error {
			fields, err := syncproto.ReadValues(strings.Clone(l.Doc))
			if err != nil || l.Deleted {
				return err
			}
			r := listed{ID: l.ID, Code: fields["code"].Text(), Fields: fields}
			for _, part := range []string{"code", "title", "name"} {
				if text := fields[part].Text(); text != "" {
					r.Name = strings.TrimPrefix(r.Name+" · "+text, " · ")
				}
			}
			out = append(out, r)
			return nil
		})
	})
	slices.SortFunc(out, func(a, b listed) int {
		return strings.Compare(syncproto.Fold(a.Name)+a.ID.String(), syncproto.Fold(b.Name)+b.ID.String())
	})
	return out, err
}

// offerPeople gives the users who work in areas that who is logged in reaches.
func (v *Visit) offerPeople() (out []option, err error) {
	users, err := v.console.Accounts.Users(v.ctx())
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		near, err := v.near(u)
		if err != nil {
			return nil, err
		}
		if near && u.Active {
			out = append(out, option{Value: u.ID.String(), Text: u.Name})
		}
	}
	return out, nil
}

// near reports whether all areas in which somebody works are within the reach of who is logged in, or it is they.
func (v *Visit) near(u store.User) (bool, error) {
	if v.IsAdministrator() || u.ID == v.User().ID {
		return true, nil
	}
	for _, area := range u.Areas {
		if within, err := v.reaches(area); err != nil || !within {
			return false, err
		}
	}
	return len(u.Areas) > 0, nil
}

// offerFound gives what was searched for, and otherwise what belongs to the same household.
func (v *Visit) offerFound(form *recordForm, x *control) (err error) {
	if x.Search != "" {
		if x.Options, err = v.search(x.Refers, x.Search); len(x.Options) == 0 {
			x.Wrong = "missed"
		}
		return err
	}
	household := form.value("household").ID()
	if household == uuid.Nil || x.Refers == "households" {
		return nil
	}
	var children []store.Record
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		children, err = tx.Children(v.ctx(), household)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range children {
		if r.Collection == x.Refers && !r.Deleted && r.ID != form.ID {
			o, err := v.optionOf(r, "document_number", "born_on", "quantity", "approved_on")
			if err != nil {
				return err
			}
			if o.Value != "" {
				x.Options = append(x.Options, o)
			}
		}
	}
	return nil
}

// optionOf offers a record, with fields that tell it from others of the same name. A record outside the own areas is no option.
func (v *Visit) optionOf(r store.Record, telling ...string) (option, error) {
	within, err := v.reaches(r.Area)
	if err != nil || !within {
		return option{}, err
	}
	name, err := v.called(r)
	if err != nil {
		return option{}, err
	}
	out := option{Value: r.ID.String(), Text: name}
	for _, field := range telling {
		text, err := v.Value(r.Collection, field, r.Value(field))
		if err != nil {
			return out, err
		}
		if text != "" {
			out.Hint = strings.TrimPrefix(out.Hint+" · "+text, " · ")
		}
	}
	return out, nil
}

// search gives the records within reach that have a text as their number, or whose name has every word of it.
func (v *Visit) search(collection, text string) (out []option, err error) {
	ids, err := v.searchIDs(collection, text)
	if err != nil {
		return nil, err
	}
	var found map[uuid.UUID]store.Record
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		found, err = tx.Records(v.ctx(), ids)
		return err
	})
	for _, id := range ids {
		if err != nil || len(out) == mostFound {
			return out, err
		}
		var o option
		if o, err = v.optionOf(found[id], "card_number", "document_number", "born_on", "area", "household"); o.Value != "" {
			out = append(out, o)
		}
	}
	return out, err
}

// searchIDs gives the best first. Activities are few, and not in the index.
func (v *Visit) searchIDs(collection, text string) (ids []uuid.UUID, err error) {
	areas, err := v.within()
	if err != nil {
		return nil, err
	}
	if collection == "activities" {
		return v.searchTitles(collection, text)
	}
	result, err := v.console.index.Find(v.ctx(), search.Query{Text: text, Areas: areas, Collection: collection, Limit: mostFound})
	for _, hit := range result.Hits {
		ids = append(ids, hit.ID)
	}
	return ids, err
}

func (v *Visit) searchTitles(collection, text string) (ids []uuid.UUID, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		titles, err := tx.Keys(v.ctx(), collection, "title")
		for title, holders := range titles {
			if hasWords(title, text) {
				ids = append(ids, holders...)
			}
		}
		return err
	})
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return ids, err
}

// hasWords reports whether each word of a text begins a word of a title, in whatever order and script.
func hasWords(title, text string) bool {
	words := strings.Fields(syncproto.Fold(text))
	for _, word := range words {
		if !strings.Contains(" "+syncproto.Fold(title), " "+word) {
			return false
		}
	}
	return len(words) > 0
}

// refer reads what a field refers to: a record of the right kind, not deleted, within reach.
func (v *Visit) refer(x *control) (syncproto.Value, error) {
	if x.Search != "" && !v.foundOne(x) {
		x.Wrong = "choose"
		return "", nil
	}
	if x.Raw[0] == "" {
		if x.Required {
			x.Wrong = "required"
		}
		return syncproto.Null, nil
	}
	fits, err := v.mayRefer(x.Raw[0], x.Field)
	if err != nil {
		return "", err
	}
	if !fits {
		x.Wrong = "wrong_" + string(x.Type)
	}
	return syncproto.ValueOf(x.Raw[0])
}

// foundOne looks whether what somebody searches for is the card of one household within reach, and takes that.
func (v *Visit) foundOne(x *control) bool {
	options, err := v.search(x.Refers, x.Search)
	if err != nil || len(options) != 1 || x.Refers != "households" {
		return false
	}
	id, err := readID(options[0].Value)
	if err != nil {
		return false
	}
	r, err := v.record(id)
	if err != nil || !strings.EqualFold(r.Value("card_number").Text(), x.Search) {
		return false
	}
	x.Raw, x.Search = []string{options[0].Value}, ""
	return true
}

// mayRefer reports whether a record, or of a field that holds one a user, is there to be referred to.
func (v *Visit) mayRefer(text string, f syncproto.Field) (bool, error) {
	if f.Type == syncproto.UUID {
		options, err := v.offerPeople()
		return slices.ContainsFunc(options, func(o option) bool { return o.Value == text }), err
	}
	id, err := syncproto.ParseID(text)
	if err != nil {
		return false, nil //nolint:nilerr // what names nothing is nothing to refer to
	}
	r, err := v.record(id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || r.Deleted || r.Collection != f.Refers {
		return false, err
	}
	return v.reaches(r.Area) // areas themselves are for all to know; whether a record may come there is asked of the whole form
}

// record reads a record.
func (v *Visit) record(id uuid.UUID) (r store.Record, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		r, err = tx.Record(v.ctx(), id)
		return err
	})
	return r, err
}
