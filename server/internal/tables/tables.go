// Package tables brings records in from workbooks and CSV files, and gives them out as CSV, XLSX and GeoJSON.
//
// It promises that a file is checked to its last row before anything is saved, that nothing is saved if any row is
// wrong, that a file whose records are saved already saves nothing, and that no cell of an exported workbook is run as a
// formula, nor one of CSV by a spreadsheet that separates the cells as the file does: one that separates them elsewhere
// makes cells of its own out of parts of texts. A row changes the record that it names by its id, code or number, in
// what the file says of it, and never overwrites what somebody else wrote since the file was checked. It never deletes a
// record, and never puts what a cell holds into an error: that is personal data, for the eyes of who runs the import and
// for no log.
package tables

import "satchel/syncproto"

// The bounds of a file that is imported.
const (
	// MaxBytes is the most that a file may have.
	MaxBytes = 64 << 20
	// MaxRows is the most rows that a file may have; a larger one is cut into several.
	MaxRows = 100_000
)

// Importable gives the collections that can be imported: what is referred to comes before what refers
// to it, so a programme's files are imported in this order.
func Importable() []string {
	return []string{"areas", "projects", "assistance_types", "indicators", "targets", "households", "people", "entitlements"}
}

// idColumn holds a record's own id. A file that was exported has it, so that what refers to its
// records still does once it is imported elsewhere.
const idColumn = "id"

// namesOf gives the columns by which people name a record of a collection, the surest first. No two records that are
// imported share the first two, whatever the registry lets devices do offline.
func namesOf(collection string) []string {
	switch collection {
	case "areas":
		return []string{idColumn, "official_code", "name"}
	case "projects", "assistance_types", "questionnaires", "indicators":
		return []string{idColumn, "code"}
	case "households":
		return []string{idColumn, "card_number"}
	case "people":
		return []string{idColumn, "document_number"}
	}
	return []string{idColumn}
}

// numberOf gives the column of the code or number that only one record of a collection has, "" if there is none.
func numberOf(collection string) string {
	if names := namesOf(collection); len(names) > 1 {
		return names[1]
	}
	return ""
}

// tellingOf gives the fields that together tell two records of a collection apart whose records have no number. An
// entitlement is a decision of one day, a target one that is due on one.
func tellingOf(collection string) []string {
	switch collection {
	case "targets":
		return []string{"indicator", "project", "due_on"}
	case "entitlements":
		return []string{"household", "person", "project", "assistance_type", "approved_on"}
	}
	return nil
}

// positionParts are the columns of a field that is a position, each behind the field's name.
func positionParts(f syncproto.Field) []string {
	return []string{f.Name + "_lat", f.Name + "_lon", f.Name + "_accuracy", f.Name + "_source"}
}
