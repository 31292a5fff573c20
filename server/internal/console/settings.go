package console

import (
	"net/http"
	"slices"
	"strconv"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/server/internal/tables"
)

// settingsRoutes are those with which administrators say what the programme consists of.
func (c *Console) settingsRoutes() []Route {
	routes := []Route{
		{Method: http.MethodGet, Path: "/settings", Access: Administrator, Handle: c.settings},
		{Method: http.MethodGet, Path: "/settings/areas", Access: Administrator, Handle: c.listAreas},
		{Method: http.MethodGet, Path: "/settings/users", Access: Administrator, Handle: c.listUsers},
		{Method: http.MethodGet, Path: "/settings/users/new", Access: Administrator, Handle: c.newUser},
		{Method: http.MethodPost, Path: "/settings/users/new", Access: Administrator, Most: maxUserForm, Handle: c.addUser},
		{Method: http.MethodGet, Path: "/settings/users/:id", Access: Administrator, Handle: c.editUser},
		{Method: http.MethodPost, Path: "/settings/users/:id", Access: Administrator, Most: maxUserForm, Handle: c.saveUser},
		{Method: http.MethodGet, Path: "/settings/import", Access: Administrator, Handle: c.askImport},
		{Method: http.MethodPost, Path: "/settings/import", Access: Administrator, Most: maxImportForm, Handle: c.previewImport},
		{Method: http.MethodPost, Path: "/settings/import/confirm", Access: Administrator, Handle: c.confirmImport},
		{Method: http.MethodGet, Path: "/settings/audit", Access: Administrator, Handle: c.auditLog},
	}
	for _, collection := range listedInSettings() {
		routes = append(routes, Route{
			Method: http.MethodGet, Path: "/settings/" + collection, Access: Administrator,
			Handle: func(v *Visit) error { return c.listRecords(v, collection) },
		})
	}
	return routes
}

// listedInSettings are the collections that have a plain list.
func listedInSettings() []string { return []string{"projects", "assistance_types", "questionnaires"} }

// A step is something that an office needs before its tablets can work.
type step struct {
	// Key is the step's, in "settings"; Path is where it is done.
	Key, Path string
	Count     int
}

// Done reports whether it is.
func (s step) Done() bool { return s.Count > 0 }

// settingsPage is what the first page of the settings shows.
type settingsPage struct {
	Steps []step
	// Ready says that every step is done.
	Ready bool
}

// settings shows what an office needs next, and what there is.
func (c *Console) settings(v *Visit) error {
	steps, err := v.steps()
	if err != nil {
		return err
	}
	ready := !slices.ContainsFunc(steps, func(s step) bool { return !s.Done() })
	return v.page("settings/overview", settingsPage{steps, ready})
}

// steps gives the steps in the order in which an office takes them.
func (v *Visit) steps() ([]step, error) {
	users, err := v.console.Accounts.Users(v.ctx())
	if err != nil {
		return nil, err
	}
	devices, err := v.console.Accounts.Devices(v.ctx(), v.User().ID)
	if err != nil {
		return nil, err
	}
	areas, err := v.areaTree()
	if err != nil {
		return nil, err
	}
	people := 0
	for _, u := range users {
		if u.Active && u.Role != accounts.RoleAdministrator {
			people++
		}
	}
	inUse := slices.DeleteFunc(devices, func(d store.Device) bool { return d.Revoked != 0 })
	out := []step{{"areas", "/settings/areas", len(areas)}, {"people", "/settings/users", people}}
	for _, collection := range listedInSettings() {
		list, err := v.list(collection)
		if err != nil {
			return nil, err
		}
		out = append(out, step{collection, "/settings/" + collection, len(list)})
	}
	return append(out, step{"tablets", "/tablets", len(inUse)}), nil
}

// listAreas shows the tree of areas.
func (c *Console) listAreas(v *Visit) error {
	areas, err := v.areaTree()
	if err != nil {
		return err
	}
	return v.page("settings/areas", areas)
}

// recordList is a list of records of the programme.
type recordList struct {
	Collection string
	// Columns are the fields that are shown beside the first.
	First      string
	Columns    []string
	Records    []listed
	Importable bool
}

// columnsOf gives the fields of a list, the one first by which its records are called.
func columnsOf(collection string) []string {
	switch collection {
	case "assistance_types":
		return []string{"name", "code", "category", "unit", "limit_per_household", "durable_housing"}
	case "questionnaires":
		return []string{"title", "code", "version", "active"}
	}
	return []string{"title", "code", "institution", "implementer", "starts_on", "ends_on"}
}

// listRecords lists records of the programme.
func (c *Console) listRecords(v *Visit, collection string) error {
	list, err := v.list(collection)
	if err != nil {
		return err
	}
	columns := columnsOf(collection)
	return v.page("settings/list", recordList{collection, columns[0], columns[1:], list, slices.Contains(tables.Importable(), collection)})
}

// Spaced gives a level of indentation as the style sheet knows it.
func (a areaNode) Spaced() string { return "in-" + strconv.Itoa(min(a.Depth, 6)) }
