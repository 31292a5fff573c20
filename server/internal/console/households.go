package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/registry"
	"satchel/server/internal/review"
	"satchel/server/internal/scope"
	"satchel/server/internal/search"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// registryRoutes are those to find and read records. What people search for is in no address: it names persons.
func (c *Console) registryRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/households", Access: Coordinator, Handle: c.search},
		{Method: http.MethodPost, Path: "/households", Access: Coordinator, Handle: c.search},
		{Method: http.MethodGet, Path: "/households/:id", Access: Coordinator, Handle: c.household},
		{Method: http.MethodGet, Path: BlobPath, Access: Coordinator, Handle: c.blob},
		{Method: http.MethodGet, Path: "/lists/:collection", Access: Coordinator, Handle: c.list},
		{Method: http.MethodGet, Path: "/records/:collection/:id/history", Access: Coordinator, Handle: c.history},
	}
}

// within gives the areas that somebody may see; nil is all.
func (v *Visit) within() (registry.Areas, error) {
	if v.IsAdministrator() {
		return nil, nil
	}
	var tree scope.Tree
	err := v.console.Store.Read(v.ctx(), func(tx *store.Tx) (err error) {
		tree, err = tx.AreaTree(v.ctx())
		return err
	})
	return registry.Areas(tree.Expand(v.User().Areas)), err
}

// pageSize is how many rows a page of a list has.
const pageSize = 50

// paging says which part of a list a page shows.
type paging struct {
	Offset, Shown, Total int
}

// From and To are the first and the last row that is shown, counted from 1.
func (p paging) From() int { return min(p.Offset+1, p.Total) }

// To is the last one.
func (p paging) To() int { return p.Offset + p.Shown }

// Before is where the page before begins, -1 if there is none.
func (p paging) Before() int {
	if p.Offset == 0 {
		return -1
	}
	return max(0, p.Offset-pageSize)
}

// After is where the next page begins, -1 if there is none.
func (p paging) After() int {
	if p.To() >= p.Total {
		return -1
	}
	return p.To()
}

// beyond reports whether a list of so many rows ends before the page that was asked for, because it has become shorter or the
// address was made up; then the page is its last one.
func (p *paging) beyond(total int) bool {
	if total == 0 || p.Offset < total {
		return false
	}
	p.Offset = (total - 1) / pageSize * pageSize
	return true
}

// maxOffset bounds how far a list can be leafed through: further on, asking for less is the way.
const maxOffset = 1_000_000

func offsetOf(text string) int {
	offset, err := strconv.Atoi(text)
	if err != nil || offset < 0 || offset > maxOffset {
		return 0
	}
	return offset
}

// searchPage is what the page of that name shows.
type searchPage struct {
	Text      string
	Hits      []search.Hit
	AreaNames map[uuid.UUID]string
	paging
}

// search finds households; without a text it lists them.
func (c *Console) search(v *Visit) error {
	within, err := v.within()
	if err != nil {
		return err
	}
	page := searchPage{Text: v.Request.PostFormValue("text"), paging: paging{Offset: offsetOf(v.Request.FormValue("offset"))}}
	query := search.Query{Text: page.Text, Areas: within, Offset: page.Offset, Limit: pageSize}
	found, err := c.index.Find(v.ctx(), query)
	if page.beyond(found.Total) {
		query.Offset = page.Offset
		found, err = c.index.Find(v.ctx(), query)
	}
	if err != nil {
		return err
	}
	page.Hits, page.Shown, page.Total = found.Hits, len(found.Hits), found.Total
	if page.AreaNames, err = v.areaNames(); err != nil {
		return err
	}
	return v.page("households/search", page)
}

// householdPage is what the page of that name shows.
type householdPage struct {
	registry.File
	Aid       review.Aid
	AreaNames map[uuid.UUID]string
}

// household shows all that is known of one.
func (c *Console) household(v *Visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	within, err := v.within()
	if err != nil {
		return err
	}
	page := householdPage{}
	if page.File, err = c.registry.Household(v.ctx(), id, within); err != nil {
		return err
	}
	v.know(page.Names)
	if page.Aid, err = c.Reviews.Aid(v.ctx(), id); err != nil {
		return err
	}
	if page.AreaNames, err = v.areaNames(); err != nil {
		return err
	}
	return v.page("households/file", page)
}

// Events are those of the timeline, but that members were recorded, which happens with the household.
func (p householdPage) Events() []registry.Event {
	return slices.DeleteFunc(slices.Clone(p.Timeline), func(e registry.Event) bool {
		return e.Kind == registry.EventRecorded && e.Collection == "people" && !e.Deleted
	})
}

// Complete says that nothing of the family lies outside the areas of who reads: only then is it told what the family is due and
// received.
func (p householdPage) Complete() bool { return p.Elsewhere == 0 }

// Here gives the members of the household itself; those of merged ones come apart.
func (p householdPage) Here(of uuid.UUID) []registry.Record {
	return slices.DeleteFunc(slices.Clone(p.People), func(r registry.Record) bool { return r.Household != of })
}

// Living gives those records that are not deleted.
func (p householdPage) Living(records []registry.Record) []registry.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r registry.Record) bool { return r.Deleted })
}

// AboutFields are the fields of a household that its page shows, in order.
func (v view) AboutFields() []string {
	return []string{"status", "area", "address", "phone", "place_of_origin", "displaced_on", "returned_on", "consent_on", "position", "notes"}
}

// Record gives one of the file by its id, the zero Record if it is not in it.
func (p householdPage) Record(id uuid.UUID) registry.Record {
	households := append([]registry.Record{p.Household}, p.Family...)
	for _, list := range [][]registry.Record{households, p.People, p.Visits, p.Deliveries, p.Entitlements, p.Livelihoods, p.Participations, p.Activities} {
		if at := slices.IndexFunc(list, func(r registry.Record) bool { return r.ID == id }); at >= 0 {
			return list[at]
		}
	}
	return registry.Record{}
}

// telling are the fields of a collection that tell, in one line, what a record of it is about.
func telling(collection string) []string {
	return map[string][]string{
		"visits":         {"purpose", "findings"},
		"deliveries":     {"quantity", "assistance_type", "cancelled_why", "note"},
		"entitlements":   {"status", "quantity", "assistance_type"},
		"livelihoods":    {"business", "person"},
		"participations": {"activity", "person"},
		"people":         {"name", "relation"},
		"households":     {"head_name", "card_number"},
	}[collection]
}

// Tell writes what a record is about in one line.
func (v *Visit) Tell(r registry.Record) (string, error) {
	var out []string
	for _, field := range telling(r.Collection) {
		text, err := v.Value(r.Collection, field, r.Value(field))
		if err != nil {
			return "", err
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, " · "), nil
}

// Receipt gives the number that a family was told of a delivery.
func (view) Receipt(delivery uuid.UUID) string { return syncproto.ReceiptNumber(delivery) }

// WhyNoProof writes why there is neither a photo nor a signature of a delivery, "" if nothing is said of that.
func (v view) WhyNoProof(r registry.Record) string {
	return whyNoProof(v.Words, r.Value("proofs"))
}

// Lists are the collections that are listed, in order.
func (v view) Lists() []string {
	return []string{"visits", "deliveries", "entitlements", "activities", "livelihoods", "people"}
}

// columns are the fields that a list of a collection shows.
func columns(collection string) []string {
	return map[string][]string{
		"visits":       {"visited_at", "household", "purpose", "worker", "next_visit_on"},
		"deliveries":   {"delivered_at", "household", "assistance_type", "quantity", "project", "cancelled_why"},
		"entitlements": {"approved_on", "household", "person", "assistance_type", "quantity", "status"},
		"activities":   {"starts_on", "title", "kind", "project", "estimated_reach"},
		"livelihoods":  {"started_on", "household", "person", "business", "project"},
		"people":       {"name", "household", "relation", "sex", "born_on", "document_number"},
	}[collection]
}

// listPage is what the page of that name shows.
type listPage struct {
	Collection string
	Columns    []string
	Records    []registry.Record
	AreaNames  map[uuid.UUID]string
	paging
}

// list shows the records of a collection that somebody may see.
func (c *Console) list(v *Visit) error {
	collection := v.Request.PathValue("collection")
	page := listPage{Collection: collection, Columns: columns(collection), paging: paging{Offset: offsetOf(v.query("offset"))}}
	if page.Columns == nil {
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no list of that name.")
	}
	listing := registry.Listing{Collection: collection, Filter: store.Filter{}, Offset: page.Offset, Limit: pageSize}
	if !v.IsAdministrator() {
		listing.Among = append([]uuid.UUID{}, v.User().Areas...)
	}
	found, err := c.registry.List(v.ctx(), listing)
	if page.beyond(found.Total) {
		listing.Offset = page.Offset
		found, err = c.registry.List(v.ctx(), listing)
	}
	if err != nil {
		return err
	}
	v.know(found.Names)
	page.Records, page.Shown, page.Total = found.Records, len(found.Records), found.Total
	if page.AreaNames, err = v.areaNames(); err != nil {
		return err
	}
	return v.page("households/list", page)
}

// historyPage is what the page of that name shows.
type historyPage struct {
	Record registry.Record
	Name   string
	registry.History
}

// history shows what was written to a record, by whom, and what they were looking at.
func (c *Console) history(v *Visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	page := historyPage{}
	if page.History, err = c.registry.History(v.ctx(), id); err != nil {
		return err
	}
	if may, err := v.reaches(page.Area); err != nil || !may || page.Area == uuid.Nil && !v.IsAdministrator() {
		return cmp.Or(err, error(syncproto.Refuse(syncproto.CodeNotFound, "There is no record of that id in your areas.")))
	}
	if page.Record, err = c.registry.Record(v.ctx(), id); err != nil {
		return err
	}
	if page.Name, err = v.NameOf(id); err != nil {
		return err
	}
	return v.page("households/history", page)
}
