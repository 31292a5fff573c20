package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// A valueInput is a field of a form that takes the value of a field of a record.
type valueInput struct {
	// Name is the input's, Label the field's.
	Name, Label string
	// Kind is how the page shows it, as of a control; "" if nobody can type such a value.
	Kind string
	// Value is what it holds, Options what can be chosen.
	Value   string
	Options []option
	// Hint is the key of what to type into it, "" if that goes without saying.
	Hint string
	// Beside is the value as it was written, if the input cannot hold it and is empty.
	Beside string
	// Wrong is the key of what is wrong with what was typed, "" if nothing is.
	Wrong string
}

// inputFor gives the input for a field of a record: with what the form of the request holds, or else the value.
func (v *Visit) inputFor(collection string, record uuid.UUID, field, name string, value syncproto.Value) (valueInput, error) {
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	out := valueInput{Name: name, Label: fieldName(v.Words, collection, field)}
	if !known {
		return out, nil
	}
	was := v.written(f, value)
	out.Kind, out.Value = kindOf(c, f, value), was
	switch out.Kind {
	case kindSelect:
		x := &control{Field: f, Kind: kindSelect, Raw: []string{was}}
		var err error
		if x.Options, err = v.choicesOf(f); err == nil {
			err = v.markChosen(x) // which offers what was written, whatever has become of it
		}
		if err != nil {
			return out, err
		}
		out.Options = x.Options
	case kindLookup:
		out.Hint = "review.type_id"
		if f.Refers == "households" {
			out.Hint = "review.type_card"
		}
	case kindPosition:
		out.Kind = kindText
	case kindChecks, kindJSON, kindFixed:
		out.Kind = ""
	}
	if was == "" && !value.IsNull() && f.Check(value) != nil {
		out.Beside = cmp.Or(value.Text(), string(value))
	}
	sent, there := v.Request.Form[name]
	if !there {
		return out, nil
	}
	out.Value = sent[0]
	if plainText(sent[0]) == plainText(was) {
		return out, nil
	}
	var wrong wrongInput
	if _, err := v.typed(collection, record, field, sent[0]); errors.As(err, &wrong) {
		out.Wrong = wrong.key
	} else if err != nil {
		return out, err
	}
	return out, nil
}

// freeText are the types of fields whose inputs hold any text, right or wrong.
var freeText = []syncproto.Type{syncproto.Text, syncproto.Integer, syncproto.Decimal, syncproto.Position}

// written writes a value as [Visit.typed] reads it; "" if the input cannot hold it: browsers show such a date or choice as none, and
// people do not read ids.
func (v *Visit) written(f syncproto.Field, value syncproto.Value) string {
	switch {
	case value.IsNull():
		return ""
	case f.Check(value) != nil && slices.Contains(freeText, f.Type):
		return value.Text()
	case f.Check(value) != nil || f.Type == syncproto.Reference && kindOfReference(f) == kindLookup:
		return ""
	case f.Type == syncproto.Timestamp:
		if ms, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return v.moment(ms).Format(momentForm)
		}
	case f.Type == syncproto.Position:
		at := placeOf(value)
		return strconv.FormatFloat(at.Lat, 'f', -1, 64) + ", " + strconv.FormatFloat(at.Lon, 'f', -1, 64)
	case f.Type == syncproto.Text || f.Type == syncproto.Date || f.Type == syncproto.Choice || f.Type == syncproto.Reference || f.Type == syncproto.UUID:
		return value.Text()
	}
	return string(value)
}

// A wrongInput says that what was typed is no value of its field, and by which key the page says so beside the input.
type wrongInput struct {
	*syncproto.Problem
	key string
}

// Unwrap gives what was refused.
func (w wrongInput) Unwrap() error { return w.Problem }

// typed reads what somebody typed for a field of a record.
func (v *Visit) typed(collection string, record uuid.UUID, field, text string) (value syncproto.Value, err error) {
	text = plainText(text)
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	if !known {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "This program does not know the field, and cannot write it. Nothing was changed.")
	}
	key := "form.wrong_" + string(f.Type)
	switch {
	case text != "" && (f.Type == syncproto.Reference || f.Type == syncproto.UUID):
		return v.typedReference(c, record, f, text)
	case text != "" && f.Type == syncproto.Timestamp:
		value, err = readMoment(text, v.console.Zone)
	default:
		value, err = tables.Value(f, text)
	}
	if err != nil {
		return "", wrongInput{syncproto.Refuse(syncproto.CodeInvalid, "%s: %v. Nothing was changed.", fieldName(v.Words, collection, field), err), key}
	}
	return value, nil
}

// typedReference reads what a field refers to, as the form of a record does: by id or, of a household, by its card number.
func (v *Visit) typedReference(c syncproto.Collection, record uuid.UUID, f syncproto.Field, text string) (syncproto.Value, error) {
	x := &control{Field: f, Kind: kindOf(c, f, ""), Raw: []string{text}}
	if !isID(text) {
		x.Search = text
	}
	value, err := v.readControl(&recordForm{Collection: c, ID: record}, x)
	if err != nil || x.Wrong == "" {
		return value, err
	}
	key := "form." + x.Wrong
	if x.Kind == kindLookup {
		key = "review.wrong_lookup"
	}
	return "", wrongInput{syncproto.Refuse(syncproto.CodeInvalid, "%s: that is nothing that it can refer to; beside it stands why. Nothing was changed.", fieldName(v.Words, c.Name, f.Name)), key}
}
