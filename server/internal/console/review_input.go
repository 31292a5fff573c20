package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// A valueInput is a field of a form that takes the value of a field of a record.
type valueInput struct {
	// Name is the input's, Label the field's.
	Name, Label string
	// Kind is text, long, number, date, moment or choice; "" if nobody can type such a value.
	Kind string
	// Value is what it holds, Options what can be chosen.
	Value   string
	Options []valueOption
	// Beside is the value as it was written, if the input cannot hold it and is empty.
	Beside string
}

// A valueOption is one of several, Word what it is called.
type valueOption struct{ Value, Word string }

// inputMoment is how browsers send a moment of the office's zone.
const inputMoment = "2006-01-02T15:04"

// inputFor gives the input for a field: with what the form of the request holds, or else the value.
func (v *Visit) inputFor(collection, field, name string, value syncproto.Value) valueInput {
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	out := valueInput{Name: name, Label: fieldName(v.Words, collection, field)}
	if !known {
		return out
	}
	switch f.Type {
	case syncproto.Text:
		out.Kind = "text"
		if field == "notes" || field == "findings" || field == "note" || hasLines(value.Text()) {
			out.Kind = "long"
		}
	case syncproto.Integer, syncproto.Decimal:
		out.Kind = "number"
	case syncproto.Date:
		out.Kind = "date"
	case syncproto.Timestamp:
		out.Kind = "moment"
	case syncproto.Boolean:
		out.Kind, out.Options = "choice", []valueOption{{"true", wordOr(v.Words, "value.true", "")}, {"false", wordOr(v.Words, "value.false", "")}}
	case syncproto.Choice:
		out.Kind = "choice"
		for _, choice := range f.Choices {
			out.Options = append(out.Options, valueOption{choice, choiceName(v.Words, choice)})
		}
	case syncproto.Position:
		out.Kind = "text"
	}
	out.Value = v.written(f, value)
	if out.Value == "" && !value.IsNull() && f.Check(value) != nil {
		out.Beside = cmp.Or(value.Text(), string(value))
	}
	if sent, there := v.Request.Form[name]; there {
		out.Value = sent[0]
	}
	return out
}

// freeText are the types of fields whose inputs hold any text, right or wrong.
var freeText = []syncproto.Type{syncproto.Text, syncproto.Integer, syncproto.Decimal, syncproto.Position}

// written writes a value as [Visit.typed] reads it; "" if the input cannot hold it: browsers show such a date or choice as none.
func (v *Visit) written(f syncproto.Field, value syncproto.Value) string {
	switch {
	case value.IsNull():
		return ""
	case f.Check(value) != nil && slices.Contains(freeText, f.Type):
		return value.Text()
	case f.Check(value) != nil:
		return ""
	case f.Type == syncproto.Timestamp:
		if ms, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return v.moment(ms).Format(inputMoment)
		}
	case f.Type == syncproto.Position:
		at := placeOf(value)
		return strconv.FormatFloat(at.Lat, 'f', -1, 64) + ", " + strconv.FormatFloat(at.Lon, 'f', -1, 64)
	case f.Type == syncproto.Text || f.Type == syncproto.Date || f.Type == syncproto.Choice || f.Type == syncproto.Reference || f.Type == syncproto.UUID:
		return value.Text()
	}
	return string(value)
}

// typed reads what somebody typed for a field.
func (v *Visit) typed(collection, field, text string) (syncproto.Value, error) {
	text = plainText(text)
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	if !known {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "This program does not know the field, and cannot write it. Nothing was changed.")
	}
	if f.Type == syncproto.Timestamp && text != "" {
		at, err := time.ParseInLocation(inputMoment, text, v.console.Zone)
		if err != nil {
			return "", syncproto.Refuse(syncproto.CodeInvalid, "%s: expected a day and a time. Nothing was changed.", fieldName(v.Words, collection, field))
		}
		return syncproto.ValueOf(at.UnixMilli())
	}
	value, err := tables.Value(f, text)
	if err != nil {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "%s: %v. Nothing was changed.", fieldName(v.Words, collection, field), err)
	}
	return value, nil
}
