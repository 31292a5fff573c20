// Package feeds gives the typed views to programs that refresh from them, such as Excel and Power BI: as CSV, as JSON
// and as an OData version 4 service.
//
// It promises that a reader gets the collections, areas and fields that its token allows and learns nothing of others,
// that no more than a part of the rows is in memory at once however many there are, that no database transaction waits
// for a slow reader, and that no cell of CSV is run by a spreadsheet. A row that was there all the time while a feed was
// read is in it once; each part of it is as the records were at one moment. It never changes anything.
package feeds

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A View is what a token may read of a collection.
type View struct {
	Collection syncproto.Collection
	Columns    []Column
	within     uuid.UUID
}

// A Column is one of a view, as its typed view in the database has it.
type Column struct {
	Name string
	Type syncproto.Type
	// Doc says what it holds, with its unit.
	Doc string
}

// keyColumn is the record's own id.
const keyColumn = "id"

// Views gives what a token may read, in the order of the registry.
func Views(token store.FeedToken) []View {
	var out []View
	for _, c := range syncproto.Collections() {
		if slices.Contains(token.Collections, c.Name) {
			out = append(out, viewOf(c, token))
		}
	}
	return out
}

// Find gives what a token may read of one collection.
func Find(token store.FeedToken, collection string) (View, bool) {
	views := Views(token)
	at := slices.IndexFunc(views, func(v View) bool { return v.Collection.Name == collection })
	if at < 0 {
		return View{}, false
	}
	return views[at], true
}

// viewOf leaves out what the token does not give. What belongs to no area, such as projects, is for everybody.
func viewOf(c syncproto.Collection, token store.FeedToken) View {
	v := View{Collection: c, Columns: []Column{{keyColumn, syncproto.UUID, "the record's own id"}}}
	if c.Name == "areas" || len(c.AreaVia) > 0 {
		v.within = token.Area
	}
	if _, own := c.Field("area"); !own && len(c.AreaVia) > 0 {
		v.Columns = append(v.Columns, Column{"area", syncproto.Reference, "the area that it belongs to"})
	}
	for _, f := range c.Fields {
		if !f.Personal || token.Personal {
			v.Columns = append(v.Columns, columnsOf(f)...)
		}
	}
	return v
}

// columnsOf gives the columns of a field: one, or the parts of a position.
func columnsOf(f syncproto.Field) []Column {
	if f.Type != syncproto.Position {
		return []Column{{f.Name, f.Type, f.Doc}}
	}
	part := func(name string, t syncproto.Type, doc string) Column {
		return Column{f.Name + "_" + name, t, f.Doc + ": " + doc}
	}
	return []Column{
		part("lat", syncproto.Decimal, "latitude in degrees"), part("lon", syncproto.Decimal, "longitude in degrees"),
		part("accuracy", syncproto.Decimal, "radius in metres"), part("source", syncproto.Text, "what measured it"),
	}
}

// column finds a column by its name.
func (v View) column(name string) (Column, bool) {
	at := slices.IndexFunc(v.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return Column{}, false
	}
	return v.Columns[at], true
}

func names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

// refuse refuses a request that cannot be understood, unsupported one that is not served here.
func refuse(format string, args ...any) error {
	return syncproto.Refuse(syncproto.CodeBadRequest, format, args...)
}

func unsupported(what string) error {
	return syncproto.Refuse(syncproto.CodeUnsupported, "This service does not have %s. Ask for the rows, and do it where they arrive; docs/feeds.md says what there is.", strings.TrimSpace(what))
}
