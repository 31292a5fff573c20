package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// reviewRoutes are those of the desk at which administrators decide.
func (c *Console) reviewRoutes() []Route {
	page := func(path string, handle func(*Visit) error) Route {
		return Route{Method: http.MethodGet, Path: path, Access: Administrator, Handle: handle}
	}
	form := func(path string, handle func(*Visit) error) Route {
		return Route{Method: http.MethodPost, Path: path, Access: Administrator, Handle: handle, Most: reviewBody}
	}
	return []Route{
		page("/review", c.queue),
		page("/review/decided", c.decided),
		page("/review/bulk", c.askBulk),
		form("/review/bulk", c.bulk),
		form("/review/undo", c.undo),
		page("/review/:id", c.showItem),
		form("/review/:id/settle", c.settle),
		form("/review/:id/held", c.decideHeld),
		form("/review/:id/merge", c.merge),
		form("/review/:id/cancel", c.cancelDelivery),
		form("/review/:id/restore", c.restore),
		form("/review/:id/decide", c.decide),
		form("/review/:id/reopen", c.reopen),
		form("/review/:id/assign", c.assign),
		form("/review/:id/ask", c.askField),
	}
}

// reviewBody is how many bytes a decision has at the most: a value may be long.
const reviewBody = 1 << 20

// linesShown is how many items a page of the queue holds.
const linesShown = 50

// A reviewQuery says, in the address, which items a list shows. It holds ids and words, and no names.
type reviewQuery struct{ Kind, Severity, State, Group, Area, Assignee, From, Back string }

// reviewQuery reads it; what nobody can mean is left out.
func (v *Visit) reviewQuery() reviewQuery {
	among := func(name string, words []string, otherwise string) string {
		if text := v.query(name); slices.Contains(words, text) {
			return text
		}
		return otherwise
	}
	id := func(name string, words ...string) string {
		text := v.query(name)
		if _, err := syncproto.ParseID(text); err != nil && !slices.Contains(words, text) {
			return ""
		}
		return text
	}
	return reviewQuery{
		Kind: among("kind", review.Kinds(), ""), Severity: among("severity", review.Severities(), ""),
		State: among("state", review.States(), review.Open), Group: among("group", reviewGroups(), "kind"),
		Area: id("area"), Assignee: id("assignee", "nobody", "me"), From: id("from"), Back: among("back", []string{"1"}, ""),
	}
}

// reviewGroups are the ways in which a list can be put together.
func reviewGroups() []string { return []string{"kind", "area", "device", "none"} }

// values are the parameters that differ from what goes without saying.
func (q reviewQuery) values() url.Values {
	out := url.Values{}
	for _, p := range []struct{ name, value, usual string }{
		{"kind", q.Kind, ""},
		{"severity", q.Severity, ""},
		{"state", q.State, review.Open},
		{"group", q.Group, "kind"},
		{"area", q.Area, ""},
		{"assignee", q.Assignee, ""},
		{"from", q.From, ""},
		{"back", q.Back, ""},
	} {
		if p.value != p.usual {
			out.Set(p.name, p.value)
		}
	}
	return out
}

// At gives the address of a page with these parameters, but with one of another value.
func (q reviewQuery) At(path, name, value string) string {
	values := q.values()
	if values.Set(name, value); value == "" {
		values.Del(name)
	}
	if name != "from" {
		values.Del("from")
		values.Del("back")
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// Here gives the address of a page with these parameters, from the same place in the list.
func (q reviewQuery) Here(path string) string { return q.At(path, "from", q.From) }

// filter gives what of it the store looks at.
func (q reviewQuery) filter(me uuid.UUID) review.Filter {
	f := review.Filter{Kind: q.Kind, Severity: q.Severity}
	if area, err := syncproto.ParseID(q.Area); err == nil {
		f.Area = &area
	}
	switch assignee, err := syncproto.ParseID(q.Assignee); {
	case q.Assignee == "nobody":
		f.Assignee = &uuid.Nil
	case q.Assignee == "me":
		f.Assignee = &me
	case err == nil:
		f.Assignee = &assignee
	}
	return f
}

// list gives the part of a list that goes on behind an item, of so many.
func (q reviewQuery) list(me, from uuid.UUID, back bool, limit int) store.ReviewList {
	out := store.ReviewList{State: q.State, Filter: q.filter(me), Group: q.Group, From: from, Back: back, Limit: limit}
	if out.Group == "none" {
		out.Group = ""
	}
	return out
}

// A queuePage is what the page of the queue shows.
type queuePage struct {
	Query  reviewQuery
	Groups []queueGroup
	// Kinds are those of which there are items, Total is how many items that is.
	Kinds []kindCount
	Total int
	Areas []queueArea
	// People are those who can see to items.
	People []store.User
	// Later and Earlier are where the list goes on, "" if it does not.
	Later, Earlier string
	// Behind says that there may be more, as yet unlooked at.
	Behind bool
}

// kindCount is how many there are of something.
type kindCount struct {
	Of    string
	Count int
}

// A queueGroup is the lines of one group, with what they have in common.
type queueGroup struct {
	Title string
	Lines []queueLine
}

// A queueLine is one item.
type queueLine struct {
	review.Line
	// Title is what it is about, What what is wrong; Who wrote that, and Where it is; Sees is who sees to it.
	Title, What, Who, Where, Sees string
	URL                           string
}

func (c *Console) queue(v *Visit) error {
	q := v.reviewQuery()
	data := queuePage{Query: q}
	from, _ := syncproto.ParseID(q.From)
	lines, behind, err := c.Reviews.Lines(v.ctx(), q.list(v.User().ID, from, q.Back != "", linesShown+1))
	if err != nil {
		return err
	}
	data.Behind = behind
	lines = data.page(lines)
	for _, l := range lines {
		if own := ownName(l.Fields); l.Missing && own != "" {
			v.know(map[uuid.UUID]string{l.Record: own})
		}
	}
	if data.Groups, err = v.queueGroups(q, lines); err != nil {
		return err
	}
	if err := c.tallies(v, &data); err != nil {
		return err
	}
	return v.page("review/queue", data)
}

// page takes off the line that only shows that there are more, and says where the list goes on.
func (p *queuePage) page(lines []review.Line) []review.Line {
	more, back := len(lines) > linesShown, p.Query.Back != ""
	switch {
	case more && back:
		lines = lines[1:]
	case more:
		lines = lines[:linesShown]
	}
	if len(lines) == 0 {
		return lines
	}
	if more || back {
		q := p.Query
		q.Back = ""
		p.Later = q.At("/review", "from", lines[len(lines)-1].ID.String())
	}
	if p.Query.From != "" && (more || !back) {
		q := p.Query
		q.Back = "1"
		p.Earlier = q.At("/review", "from", lines[0].ID.String())
	}
	return lines
}

// queueGroups puts lines that come one after the other into groups.
func (v *Visit) queueGroups(q reviewQuery, lines []review.Line) (out []queueGroup, err error) {
	last := ""
	for i, l := range lines {
		if i == 0 || l.Group != last {
			last = l.Group
			title, err := v.groupTitle(q.Group, l)
			if err != nil {
				return nil, err
			}
			out = append(out, queueGroup{Title: title})
		}
		line, err := v.queueLine(q, l)
		if err != nil {
			return nil, err
		}
		group := &out[len(out)-1]
		group.Lines = append(group.Lines, line)
	}
	return out, nil
}

func (v *Visit) groupTitle(group string, l review.Line) (string, error) {
	switch group {
	case "kind":
		return v.Words.Text("review.kind_" + l.Kind)
	case "area":
		return v.areaName(l.Area)
	case "device":
		device, err := syncproto.ParseID(l.Group)
		if err != nil {
			return v.Words.Text("review.no_device")
		}
		return v.deviceName(device)
	}
	return "", nil
}

func (v *Visit) queueLine(q reviewQuery, l review.Line) (out queueLine, err error) {
	out = queueLine{Line: l, Who: v.whoWrote(l.Concerned), URL: q.Here("/review/" + l.ID.String())}
	if out.Title, out.What, err = v.says(l); err != nil {
		return out, err
	}
	if out.Where, err = v.areaName(l.Area); err != nil {
		return out, err
	}
	if l.Assignee != nil {
		out.Sees, err = v.NameOf(*l.Assignee)
	}
	return out, err
}

// whoWrote names people with their devices.
func (v *Visit) whoWrote(list []review.Concerned) string {
	var out []string
	for _, who := range list {
		out = append(out, v.makerName(who.AuthorName, who.DeviceName))
	}
	return strings.Join(out, "; ")
}

// makerName names somebody and the device.
func (v *Visit) makerName(author, device string) string {
	if author == "" {
		return v.deviceWord(device)
	}
	return author + ", " + v.deviceWord(device)
}

// tallies adds how many items there are of each kind, in which areas, and who can see to them.
func (c *Console) tallies(v *Visit, data *queuePage) error {
	q := data.Query
	whole := q.filter(v.User().ID)
	whole.Kind = ""
	kinds, err := c.Reviews.Tally(v.ctx(), q.State, "kind", whole)
	if err != nil {
		return err
	}
	for _, kind := range kindsInOrder() {
		if kinds[kind] > 0 || q.Kind == kind {
			data.Kinds = append(data.Kinds, kindCount{Of: kind, Count: kinds[kind]})
			data.Total += kinds[kind]
		}
	}
	areas, err := c.Reviews.Tally(v.ctx(), q.State, "area", review.Filter{})
	if err != nil {
		return err
	}
	if data.Areas, err = v.areaOptions(areas, q.Area); err != nil {
		return err
	}
	data.People, err = c.administrators(v)
	return err
}

// kindsInOrder are all kinds, in the order in which the store groups them.
func kindsInOrder() []string {
	return []string{review.Conflict, review.Held, review.OverDelivery, review.Duplicate, review.Orphan, review.ProofMissing, review.Clock}
}

// administrators gives those who can decide, by name.
func (c *Console) administrators(v *Visit) ([]store.User, error) {
	users, err := c.Accounts.Users(v.ctx())
	users = slices.DeleteFunc(users, func(u store.User) bool { return !u.Active || u.Role != accounts.RoleAdministrator })
	slices.SortFunc(users, func(a, b store.User) int { return strings.Compare(a.Name, b.Name) })
	return users, err
}
