package console

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/syncproto"
)

// A conflictPage is the fields of a record in conflict, side by side.
type conflictPage struct {
	itemHead
	// Now is who wrote what is shown now, nil if that are several. Columns are the devices of what else clashes.
	Now     *sideMaker
	Columns []sideColumn
	Rows    []conflictRow
	// Deletion is there if it is contested.
	Deletion *contested
	// Others are the fields that do not clash.
	Others []wordedField
	Map    *placeMap
	// Settled is what was decided since it opened, Meanwhile what others decided since the form was shown.
	Settled, Meanwhile []settledForm
	// Questions are what the field was asked about the record.
	Questions    []askedField
	Reason, Text string
}

// An askedField is what the office asked, and what the field answered.
type askedField struct {
	engine.Question
	// About is the field, "" if it is all of the record.
	About string
	// By and AnsweredBy are who asked and answered.
	By, AnsweredBy string
}

// A sideMaker is who wrote something, and when.
type sideMaker struct {
	Who, Device       string
	DeviceID          uuid.UUID
	Claimed, Received int64
}

func (v *Visit) makerOf(m engine.Maker) sideMaker {
	return sideMaker{Who: m.AuthorName, Device: v.deviceWord(m.DeviceName), DeviceID: m.Device, Claimed: m.Claimed, Received: m.Received}
}

// A sideColumn is what one device wrote, one value a field; there may be several of a device. Maker is nil if its values came at
// different times.
type sideColumn struct {
	Device string
	ID     uuid.UUID
	Maker  *sideMaker
}

// A conflictRow is one field. Sides has one for each column, nil where that device wrote nothing more that clashes.
type conflictRow struct {
	Field, Name, Before string
	Now                 *conflictSide
	Sides               []*conflictSide
	// Heads are the versions that clash, as a form sends them.
	Heads string
	// Taken is the version that a form takes, or "other" for what Input holds.
	Taken string
	Input valueInput
}

// A conflictSide is one of the values that clash.
type conflictSide struct {
	Version, Value string
	Maker          sideMaker
	// Before is what its author was looking at, if that differs from side to side.
	Before string
	// Place is the number of the value on the map, 0 if it is not there.
	Place int
}

// A contested deletion: the record was deleted, and edited by whoever did not know.
type contested struct {
	// Deletions deleted it, Restorations took that back, and Edits wrote a field.
	Deletions, Restorations, Edits []contestedSide
	Heads, Taken                   string
	// Deleted says that it shows as deleted now.
	Deleted bool
}

type contestedSide struct {
	sideMaker
	Field, Value string
}

// A wordedField is a field with its value in words.
type wordedField struct{ Name, Value string }

// A settledForm is what somebody decided at once about a record. Version is of one of the decisions; Undo says what takes them
// back: "form", or "one" of what a rule decided, whose form is about other records too.
type settledForm struct {
	Who, Reason, Version, Undo string
	At                         int64
	Fields                     []wordedField
}

// addTo adds a decision to a list of forms, of which the last may be its own.
func (s settledForm) addTo(list []settledForm) []settledForm {
	if last := len(list) - 1; last >= 0 && list[last].Who == s.Who && list[last].At == s.At && list[last].Reason == s.Reason {
		list[last].Fields = append(list[last].Fields, s.Fields...)
		return list
	}
	return append(list, s)
}

func (c *Console) conflictPage(v *Visit, head itemHead, detail review.Detail) (out conflictPage, err error) {
	out = conflictPage{itemHead: head, Reason: v.form("reason"), Text: v.form("text"), Questions: v.questions(head.Collection, detail.Questions)}
	for _, conflict := range detail.Conflicts {
		if conflict.Field == syncproto.FieldDeleted {
			out.Deletion, err = v.contested(conflict)
		} else {
			err = out.addRow(v, conflict)
		}
		if err != nil {
			return out, err
		}
	}
	out.finish()
	if out.Others, err = v.others(head.Line, detail.Conflicts); err != nil {
		return out, err
	}
	out.Map = mapOf(detail.Conflicts)
	out.number()
	return out, c.addSettled(v, &out)
}

// questions puts who asked and answered into words.
func (v *Visit) questions(collection string, list []engine.Question) (out []askedField) {
	for _, q := range list {
		asked := askedField{Question: q, By: q.Asked.AuthorName}
		if q.Field != "" {
			asked.About = fieldName(v.Words, collection, q.Field)
		}
		if q.Answered != nil {
			asked.AnsweredBy = v.makerName(q.Answered.AuthorName, q.Answered.DeviceName)
		}
		out = append(out, asked)
	}
	return out
}

// headsOf names the versions of a conflict as a form sends them.
func headsOf(conflict engine.Conflict) string {
	var out []string
	for _, side := range conflict.Sides {
		out = append(out, side.Version.String())
	}
	return strings.Join(out, " ")
}

// addRow adds a field in conflict, and the columns that it needs.
func (p *conflictPage) addRow(v *Visit, conflict engine.Conflict) error {
	row := conflictRow{
		Field: conflict.Field, Name: fieldName(v.Words, conflict.Collection, conflict.Field), Heads: headsOf(conflict), Taken: v.form("take." + conflict.Field),
	}
	var befores []string
	for i, side := range conflict.Sides {
		text, err := v.Value(conflict.Collection, conflict.Field, side.Value)
		if err != nil {
			return err
		}
		before, err := v.Value(conflict.Collection, conflict.Field, side.Before)
		if err != nil {
			return err
		}
		befores = append(befores, before)
		shown := &conflictSide{Version: side.Version.String(), Value: text, Maker: v.makerOf(side.Maker), Before: before}
		if i == 0 {
			row.Now = shown
			if row.Input, err = v.inputFor(conflict.Collection, conflict.Record, conflict.Field, "other."+conflict.Field, side.Value); err != nil {
				return err
			}
			if row.Taken != "other" {
				row.Input.Wrong = ""
			}
			continue
		}
		p.place(&row, shown)
	}
	if slices.Sort(befores); befores[0] == befores[len(befores)-1] {
		row.Before = befores[0]
		for _, side := range append(row.Sides, row.Now) {
			if side != nil {
				side.Before = ""
			}
		}
	}
	p.Rows = append(p.Rows, row)
	return nil
}

// place puts a side into the first column of its device that is empty in this row, or into one more: all that is written at the
// office is of one device, whoever wrote it.
func (p *conflictPage) place(row *conflictRow, side *conflictSide) {
	for len(row.Sides) < len(p.Columns) {
		row.Sides = append(row.Sides, nil)
	}
	for at, column := range p.Columns {
		if column.ID == side.Maker.DeviceID && row.Sides[at] == nil {
			row.Sides[at] = side
			return
		}
	}
	p.Columns = append(p.Columns, sideColumn{Device: side.Maker.Device, ID: side.Maker.DeviceID})
	row.Sides = append(row.Sides, side)
}

// finish gives every row a side for every column, and the columns whose values were written at once their maker.
func (p *conflictPage) finish() {
	makers := make([][]sideMaker, len(p.Columns)+1)
	for i := range p.Rows {
		row := &p.Rows[i]
		for len(row.Sides) < len(p.Columns) {
			row.Sides = append(row.Sides, nil)
		}
		makers[0] = append(makers[0], row.Now.Maker)
		for at, side := range row.Sides {
			if side != nil {
				makers[at+1] = append(makers[at+1], side.Maker)
			}
		}
	}
	p.Now = same(makers[0])
	for i := range p.Columns {
		p.Columns[i].Maker = same(makers[i+1])
	}
}

// same gives the one maker of several values, nil if there are several makers.
func same(list []sideMaker) *sideMaker {
	if list = slices.Compact(list); len(list) != 1 {
		return nil
	}
	return &list[0]
}

// number says which values are where on the map.
func (p *conflictPage) number() {
	if p.Map == nil {
		return
	}
	for _, row := range p.Rows {
		for _, side := range append([]*conflictSide{row.Now}, row.Sides...) {
			if side != nil && row.Field == p.Map.field {
				side.Place = p.Map.numbers[side.Version]
			}
		}
	}
}

func (v *Visit) contested(conflict engine.Conflict) (*contested, error) {
	out := &contested{Heads: headsOf(conflict), Taken: v.form("take." + conflict.Field)}
	for _, side := range conflict.Sides {
		text, err := v.Value(conflict.Collection, side.Field, side.Value)
		if err != nil {
			return nil, err
		}
		told := contestedSide{v.makerOf(side.Maker), fieldName(v.Words, conflict.Collection, side.Field), text}
		switch {
		case side.Field != syncproto.FieldDeleted:
			out.Edits = append(out.Edits, told)
		case side.Value == syncproto.True:
			out.Deletions = append(out.Deletions, told)
			out.Deleted = out.Deleted || side.Shown
		default:
			out.Restorations = append(out.Restorations, told)
		}
	}
	return out, nil
}

// others gives the fields of a record that do not clash and hold something.
func (v *Visit) others(l review.Line, conflicts []engine.Conflict) ([]wordedField, error) {
	clash := map[string]bool{}
	for _, conflict := range conflicts {
		clash[conflict.Field] = true
	}
	return v.wordedFields(l.Collection, l.Fields, func(field string) bool { return !clash[field] })
}

// wordedFields gives fields of a record that hold something, in words: first those that this program knows, in their order.
func (v *Visit) wordedFields(collection string, fields map[string]syncproto.Value, which func(field string) bool) (out []wordedField, err error) {
	for _, field := range fieldsInOrder(collection, fields) {
		if !which(field) || fields[field].IsNull() {
			continue
		}
		text, err := v.Value(collection, field, fields[field])
		if err != nil {
			return nil, err
		}
		out = append(out, wordedField{fieldName(v.Words, collection, field), text})
	}
	return out, nil
}

// fieldsInOrder names fields: first those that the registry knows, in its order, then the others by name.
func fieldsInOrder(collection string, fields map[string]syncproto.Value) (out []string) {
	c, _ := syncproto.CollectionOf(collection)
	place := map[string]int{}
	for i, f := range c.Fields {
		place[f.Name] = i - len(c.Fields)
	}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int { return cmp.Or(cmp.Compare(place[a], place[b]), strings.Compare(a, b)) })
}

// addSettled adds what was decided about the record since the item opened, and what of that was decided about versions that the form
// of the request saw.
func (c *Console) addSettled(v *Visit, p *conflictPage) error {
	history, err := c.Engine.History(v.ctx(), p.Record)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, field := range v.Request.Form["field"] {
		for _, version := range strings.Fields(v.form("heads." + field)) {
			seen[version] = true
		}
	}
	undone := map[string]bool{}
	for _, e := range slices.Backward(history) {
		if e.Note.Undoes != nil {
			undone[e.Note.Undoes.String()] = true
		}
		if e.Note.Settles == "" || undone[e.Version.String()] {
			continue
		}
		text, err := v.Value(e.Collection, e.Note.Settles, e.Fields[e.Note.Settles])
		if err != nil {
			return err
		}
		said := settledForm{
			Who: e.AuthorName, Reason: e.Note.Reason, Version: e.Version.String(), Undo: "form", At: e.Received,
			Fields: []wordedField{{fieldName(v.Words, e.Collection, e.Note.Settles), text}},
		}
		if e.Note.Bulk != nil {
			said.Undo = "one"
		}
		if p.State != review.Open && e.Received >= p.OpenedAt {
			p.Settled = said.addTo(p.Settled)
		}
		if slices.ContainsFunc(e.Note.Settled, func(head syncproto.Version) bool { return seen[head.String()] }) {
			p.Meanwhile = said.addTo(p.Meanwhile)
		}
	}
	return nil
}
