package console

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// A control is a field of a record as a form shows it.
type control struct {
	syncproto.Field
	// Kind is how the page shows it; see kindOf.
	Kind string
	// Raw is what the form sends of it by its name, if nobody changes anything: one text; of a position latitude, longitude and
	// accuracy; of choices each that is chosen, behind an empty one.
	Raw []string
	// Search is what somebody looks for in place of the record that the field refers to.
	Search string
	// Options are what can be chosen.
	Options []option
	// Shown is the value as people read it, where the control does not hold it.
	Shown string
	// Base names the versions that the value has, as the form sends them back.
	Base string
	// Wrong is the key, in "form", of what is wrong with what was sent, "" if nothing is.
	Wrong string
	// Contested says that the field is in conflict.
	Contested bool

	was syncproto.Value
}

// Searchable reports whether people can look for what the field refers to: by a number or name that records of its kind have.
func (x *control) Searchable() bool {
	return slices.Contains([]string{"households", "people", "activities"}, x.Refers)
}

// An option is one thing that can be chosen.
type option struct {
	Value, Text, Hint string
	Chosen            bool
}

// The kinds of controls.
const (
	kindText     = "text"
	kindLong     = "long"
	kindNumber   = "number"
	kindDate     = "date"
	kindMoment   = "moment"
	kindSelect   = "select"
	kindLookup   = "lookup"
	kindChecks   = "checks"
	kindPosition = "position"
	kindJSON     = "json"
	kindFixed    = "fixed"
)

// kindOf says how a field is shown. Who a duplicate was merged into and what a question is about is for the review to decide,
// and what a tablet asked and photographed is not for anybody to write.
func kindOf(c syncproto.Collection, f syncproto.Field, value syncproto.Value) string {
	if c.Name == "questions" && slices.Contains([]string{"household", "activity", "about", "about_collection", "field"}, f.Name) {
		return kindFixed
	}
	switch f.Type {
	case syncproto.Integer, syncproto.Decimal:
		return kindNumber
	case syncproto.Boolean, syncproto.Choice, syncproto.UUID:
		return kindSelect
	case syncproto.Choices:
		return kindChecks
	case syncproto.Date:
		return kindDate
	case syncproto.Timestamp:
		return kindMoment
	case syncproto.Position:
		return kindPosition
	case syncproto.Object:
		if ofProgramme(c) {
			return kindJSON
		}
		return kindFixed
	case syncproto.Reference:
		return kindOfReference(f)
	}
	if slices.Contains([]string{"notes", "note", "findings"}, f.Name) || hasLines(value.Text()) {
		return kindLong
	}
	return kindText
}

func kindOfReference(f syncproto.Field) string {
	to, _ := syncproto.CollectionOf(f.Refers)
	switch {
	case f.Name == "merged_into":
		return kindFixed
	case ofProgramme(to):
		return kindSelect
	}
	return kindLookup
}

// ofProgramme reports whether records of a collection are of the programme as a whole, and of no area: everybody has them.
func ofProgramme(c syncproto.Collection) bool { return len(c.AreaVia) == 0 }

// formOf makes the controls of a record, by the values and versions that who edits it is looking at.
func (v *Visit) formOf(c syncproto.Collection, was map[string]syncproto.Value, base map[string]string) ([]*control, error) {
	var out []*control
	for _, f := range c.Fields {
		x := &control{Field: f, Kind: kindOf(c, f, was[f.Name]), Base: base[f.Name], was: was[f.Name]}
		if f.Check(x.was) != nil && !x.was.IsNull() {
			x.Kind = kindFixed // what a newer program wrote is not for this one to change
		}
		x.Raw = v.rawOf(x)
		var err error
		if x.Kind == kindFixed || x.Kind == kindLookup {
			if x.Shown, err = v.Value(c.Name, f.Name, x.was); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// rawOf gives what a form sends of a value that nobody changes.
func (v *Visit) rawOf(x *control) []string {
	value := x.was
	switch {
	case x.Kind == kindPosition:
		return rawPlace(value)
	case x.Kind == kindChecks:
		var list []string
		if json.Unmarshal([]byte(value), &list) != nil {
			list = nil
		}
		return append([]string{""}, list...)
	case value.IsNull():
		return []string{""}
	case x.Kind == kindMoment:
		ms, err := strconv.ParseInt(string(value), 10, 64)
		if err == nil {
			return []string{v.moment(ms).Format(momentForm)}
		}
	case x.Kind == kindJSON:
		return []string{indented(value)}
	case value[0] == '"':
		return []string{plainText(value.Text())}
	}
	return []string{string(value)}
}

// momentForm is how a browser's control for a moment writes it.
const momentForm = "2006-01-02T15:04"

func rawPlace(value syncproto.Value) []string {
	if value.IsNull() {
		return []string{"", "", ""}
	}
	at := placeOf(value)
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	out := []string{number(at.Lat), number(at.Lon), ""}
	if at.Accuracy > 0 {
		out[2] = number(at.Accuracy)
	}
	return out
}

// plainText is how text comes back from a form: without space around it, and with lines that end as everywhere here.
func plainText(text string) string { return strings.TrimSpace(lineEnds.Replace(text)) }

// lineEnds makes "\n" of the ends of lines that browsers send, and of those that they would send otherwise than they got them.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// hasLines reports whether a text takes a control of several lines: one of a single line would lose where they end.
func hasLines(text string) bool { return strings.ContainsAny(text, "\r\n") }

// take takes what a form says of a field, and reports whether somebody changed it. What the form does not say stays.
func (x *control) take(form map[string][]string) bool {
	sent, there := form["f."+x.Name]
	if !there || x.Kind == kindFixed {
		return false
	}
	for i, text := range sent {
		sent[i] = plainText(text)
	}
	if x.Kind == kindLookup {
		x.Search = plainText(part(form["q."+x.Name], 0))
		if x.Search == part(form["searched."+x.Name], 0) && sent[0] != "" {
			x.Search = "" // one of those that were found is chosen
		}
	}
	same := slices.Equal(sent, x.Raw) && x.Search == ""
	x.Raw = sent
	return !same
}

// read reads what was sent of a field that holds its value in itself, and notes what is wrong with it.
func (x *control) read(zone *time.Location) (value syncproto.Value) {
	var err error
	switch x.Kind {
	case kindPosition:
		value, err = readPlace(x.Raw)
	case kindChecks:
		value, err = readChecks(x.Raw)
	case kindMoment:
		value, err = readMoment(x.Raw[0], zone)
	default:
		value, err = readText(x.Field, x.Raw[0])
	}
	switch {
	case err != nil:
		x.Wrong = "wrong_" + string(x.Type)
	case x.Required && value.IsNull():
		x.Wrong = "required"
	case x.Check(value) != nil || value.Check() != nil:
		x.Wrong = "wrong_" + string(x.Type)
	}
	return value
}

func readText(f syncproto.Field, text string) (syncproto.Value, error) {
	switch {
	case text == "":
		return syncproto.Null, nil
	case f.Type == syncproto.Text:
		return syncproto.ValueOf(text)
	}
	return tables.Value(f, text)
}

// readChecks reads what is chosen of several choices.
func readChecks(sent []string) (syncproto.Value, error) {
	list := slices.DeleteFunc(slices.Clone(sent), func(s string) bool { return s == "" })
	if len(list) == 0 {
		return syncproto.Null, nil
	}
	slices.Sort(list)
	return syncproto.ValueOf(slices.Compact(list))
}

// readMoment reads a moment in the office's zone.
func readMoment(text string, zone *time.Location) (syncproto.Value, error) {
	if text == "" {
		return syncproto.Null, nil
	}
	at, err := time.ParseInLocation(momentForm, text[:min(len(text), len(momentForm))], zone)
	return syncproto.Value(strconv.FormatInt(at.UnixMilli(), 10)), err
}

// sourceOffice is where a position comes from that somebody typed here.
const sourceOffice = "office"

// readPlace reads latitude, longitude and accuracy.
func readPlace(parts []string) (syncproto.Value, error) {
	if strings.Join(parts, "") == "" {
		return syncproto.Null, nil
	}
	var numbers [3]float64
	for i, text := range parts[:min(len(parts), len(numbers))] {
		if text == "" && i == 2 {
			continue
		}
		var err error
		if numbers[i], err = strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err != nil {
			return "", err
		}
	}
	return syncproto.ValueOf(syncproto.Place{Lat: numbers[0], Lon: numbers[1], Accuracy: numbers[2], Source: sourceOffice})
}

// isID reports whether a text is an id.
func isID(text string) bool {
	id, err := syncproto.ParseID(text)
	return err == nil && id != uuid.Nil
}

// part gives one of the texts that a control sends, "" where it has not so many.
func part(raw []string, at int) string {
	if at >= len(raw) {
		return ""
	}
	return raw[at]
}
