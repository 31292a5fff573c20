package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/internal/language"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// collectionName gives the name of a collection; as devices call it where it is newer than this program.
func collectionName(w language.Words, collection string) string {
	return wordOr(w, "collection."+collection, collection)
}

// oneOf names one record of a collection.
func oneOf(w language.Words, collection string) string {
	return wordOr(w, "collection."+collection+".one", collection)
}

// fieldName gives the name of a field; as devices call it where it is newer than this program.
func fieldName(w language.Words, collection, field string) string {
	if field == syncproto.FieldDeleted {
		return wordOr(w, "fields.deleted", field)
	}
	return wordOr(w, "fields."+collection+"."+field, field)
}

// choiceName gives the word for a choice; as devices call it where it is newer than this program.
func choiceName(w language.Words, choice string) string { return wordOr(w, "choice."+choice, choice) }

// isNumber reports whether a field holds numbers.
func isNumber(collection, field string) bool {
	t := typeOf(collection, field)
	return t == syncproto.Integer || t == syncproto.Decimal
}

// isTime reports whether a field holds days or moments.
func isTime(collection, field string) bool {
	t := typeOf(collection, field)
	return t == syncproto.Date || t == syncproto.Timestamp
}

func typeOf(collection, field string) syncproto.Type {
	c, _ := syncproto.CollectionOf(collection)
	f, _ := c.Field(field)
	return f.Type
}

// wordOr gives the text of a key, or something else where there is none.
func wordOr(w language.Words, key, otherwise string) string {
	if text, err := w.Text(key); err == nil {
		return text
	}
	return otherwise
}

// Value writes a value of a field as people read it: dates, times in the office's zone and numbers as their language does,
// choices as words, a reference by the name of what it points to, a position in degrees. Nothing is "". What this program
// does not know is written as it was sent.
func (v *Visit) Value(collection, field string, value syncproto.Value) (string, error) {
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	if value.IsNull() {
		return "", nil
	}
	fits := known && f.Check(value) == nil
	switch {
	case !fits:
		return cmp.Or(value.Text(), string(value)), nil
	case f.Type == syncproto.Reference || f.Type == syncproto.UUID:
		return v.NameOf(value.ID())
	case field == "about_collection":
		return oneOf(v.Words, value.Text()), nil
	case f.Type == syncproto.Timestamp:
		ms, err := strconv.ParseInt(string(value), 10, 64)
		return v.Words.Moment(v.moment(ms)), err
	}
	return plainValue(v.Words, f, value), nil
}

// plainValue is [Visit.Value] for what needs no look at the store. The value fits its field.
func plainValue(w language.Words, f syncproto.Field, value syncproto.Value) string {
	switch f.Type {
	case syncproto.Integer, syncproto.Decimal:
		return writtenNumber(w, value)
	case syncproto.Boolean:
		return wordOr(w, "value."+string(value), string(value))
	case syncproto.Date:
		return dayOf(w, value.Text())
	case syncproto.Choice:
		return choiceName(w, value.Text())
	case syncproto.Choices:
		return strings.Join(wordsOf(w, value), ", ")
	case syncproto.Position:
		return writtenPlace(w, placeOf(value))
	case syncproto.Object:
		if why := whyNoProof(w, value); why != "" {
			return why
		}
		return strings.Join(linesOf(value), "; ")
	}
	return value.Text()
}

// mostPlain is up to where whole numbers are written without anything between thousands: years are among them.
const mostPlain = 9999

// writtenNumber writes a number with all its digits.
func writtenNumber(w language.Words, value syncproto.Value) string {
	if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && -mostPlain <= n && n <= mostPlain {
		return string(value)
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return string(value)
	}
	return w.Exactly(n)
}

func wordsOf(w language.Words, value syncproto.Value) []string {
	var out []string
	if json.Unmarshal([]byte(value), &out) != nil {
		return []string{string(value)}
	}
	for i, choice := range out {
		out[i] = choiceName(w, choice)
	}
	return out
}

// placeOf reads a position; the zero place where there is none.
func placeOf(value syncproto.Value) (at syncproto.Place) {
	if json.Unmarshal([]byte(value), &at) != nil {
		return syncproto.Place{}
	}
	return at
}

// writtenPlace writes a position to about a metre, and what is known of how exact it is.
func writtenPlace(w language.Words, at syncproto.Place) string {
	out := fmt.Sprintf("%.5f°, %.5f°", at.Lat, at.Lon)
	if at.Accuracy > 0 {
		out += fmt.Sprintf(" (± %.0f m)", at.Accuracy)
	}
	if at.Source != "" {
		out += ", " + wordOr(w, "position."+at.Source, at.Source)
	}
	return out
}

// whyNoProof writes why proofs name neither a photo nor a signature, in the words of the field app where it offers them; ""
// where they do not say.
func whyNoProof(w language.Words, proofs syncproto.Value) string {
	why := syncproto.WhyNoProof(proofs)
	return wordOr(w, "no_proof."+why, why)
}

// linesOf gives the members of an object as "name: value", by name.
func linesOf(value syncproto.Value) (out []string) {
	var members map[string]syncproto.Value
	if json.Unmarshal([]byte(value), &members) != nil {
		return []string{string(value)}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		out = append(out, name+": "+cmp.Or(members[name].Text(), string(members[name])))
	}
	return out
}

// NameOf gives what people call a record, a user or a device, or the end of its id where it has no name. Of what lies outside the
// areas of who is logged in it says only that.
func (v *Visit) NameOf(id uuid.UUID) (string, error) {
	if name, known := v.names[id]; known {
		return name, nil
	}
	name, err := v.readName(id)
	if err == nil {
		v.know(map[uuid.UUID]string{id: name})
	}
	return name, err
}

// know notes what records and users are called that were read already, within the areas of who is logged in.
func (v *Visit) know(names map[uuid.UUID]string) {
	if v.names == nil {
		v.names = map[uuid.UUID]string{}
	}
	maps.Copy(v.names, names)
}

func (v *Visit) readName(id uuid.UUID) (string, error) {
	r, name, err := v.find(id)
	switch {
	case err != nil:
		return "", err
	case name != "":
		return name, nil
	case r.ID == uuid.Nil:
		return shortID(id), nil
	}
	within, err := v.reaches(r.Area)
	if err != nil || !within {
		return wordOr(v.Words, "value.elsewhere", ""), err
	}
	return v.called(r)
}

// find reads a record, or the name of the user or device of that id; none is no error.
func (v *Visit) find(id uuid.UUID) (r store.Record, name string, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		if r, err = tx.Record(v.ctx(), id); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		u, err := tx.User(v.ctx(), id)
		if !errors.Is(err, store.ErrNotFound) {
			name = u.Name
			return err
		}
		d, err := tx.Device(v.ctx(), id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		name = d.Name
		return err
	})
	return r, name, err
}

// reaches reports whether what belongs to an area is for who is logged in.
func (v *Visit) reaches(area uuid.UUID) (bool, error) {
	if area == syncproto.Everyone || v.IsAdministrator() {
		return true, nil
	}
	if within, known := v.reached[area]; known {
		return within, nil
	}
	err := v.console.Accounts.MayRead(v.ctx(), v.User().ID, []uuid.UUID{area})
	var p *syncproto.Problem
	if err != nil && !errors.As(err, &p) {
		return false, err
	}
	if v.reached == nil {
		v.reached = map[uuid.UUID]bool{}
	}
	v.reached[area] = err == nil
	return err == nil, nil
}

// called gives what people call a record. One without a name is called by what it is about.
func (v *Visit) called(r store.Record) (string, error) {
	for _, field := range []string{"name", "head_name", "title", "code"} {
		if name := r.Value(field).Text(); name != "" {
			return name, nil
		}
	}
	for _, field := range []string{"assistance_type", "indicator", "person", "household"} {
		if id := r.Value(field).ID(); id != uuid.Nil && id != r.ID {
			name, err := v.NameOf(id)
			return oneOf(v.Words, r.Collection) + ": " + name, err
		}
	}
	return oneOf(v.Words, r.Collection) + " " + shortID(r.ID), nil
}

// titled says of what kind a record is, and what it is called. What has no name of its own is called by its kind already.
func titled(words language.Words, collection, name string) string {
	one := oneOf(words, collection)
	if strings.HasPrefix(name, one+": ") || strings.HasPrefix(name, one+" …") {
		return name
	}
	return one + ": " + name
}

// shortID is the end of an id, which differs where the beginning is the time.
func shortID(id uuid.UUID) string { return "…" + id.String()[24:] }
