package console

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// tabletRoutes are those of the sync desk.
func (c *Console) tabletRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/tablets", Access: Coordinator, Handle: c.board},
		{Method: http.MethodGet, Path: "/tablets/export", Access: Coordinator, Handle: c.exportBoard},
		{Method: http.MethodGet, Path: "/tablets/invite", Access: Coordinator, Handle: c.askInvite},
		{Method: http.MethodPost, Path: "/tablets/invite", Access: Coordinator, Handle: c.invite},
		{Method: http.MethodGet, Path: "/tablets/invitations", Access: Coordinator, Handle: c.invitations},
		{Method: http.MethodGet, Path: "/tablets/rescue", Access: Administrator, Handle: c.askRescue},
		{Method: http.MethodPost, Path: "/tablets/rescue", Access: Administrator, Most: maxRescueForm, Handle: c.rescue},
		{Method: http.MethodGet, Path: "/tablets/:id", Access: Coordinator, Handle: c.tablet},
		{Method: http.MethodPost, Path: "/tablets/:id/name", Access: Coordinator, Handle: c.renameTablet},
		{Method: http.MethodPost, Path: "/tablets/:id/areas", Access: Coordinator, Handle: c.scopeTablet},
		{Method: http.MethodPost, Path: "/tablets/:id/revoke", Access: Coordinator, Handle: c.revokeTablet},
	}
}

// A tablet is a device as the desk shows it.
type tablet struct {
	accounts.Standing
	HolderName string
	AreaNames  []string
	// Live says that it is in a sync now, as far as the office can tell.
	Live bool
}

// UpAll is how many changes there are to send in the sync that it is in, as far as is known.
func (t tablet) UpAll() int { return t.Contact.Up + t.Contact.Unsent }

// DownAll is how many records there are to fetch in it, as far as is known.
func (t tablet) DownAll() int { return t.Contact.Down + t.Contact.DownLeft }

// ClockOff is by how many minutes its clock is ahead, 0 if nobody has to set it.
func (t tablet) ClockOff() int64 { return t.Contact.ClockOff() / time.Minute.Milliseconds() }

// ClockBehind is by how many minutes it is behind, if it is.
func (t tablet) ClockBehind() int64 { return -t.ClockOff() }

// Low says that there is little free space on it.
func (t tablet) Low() bool { return t.Contact.FreeBytes > 0 && t.Contact.FreeBytes < accounts.LowSpace }

// Word names how it stands, now that it may be in a sync.
func (t tablet) Word() string {
	switch {
	case t.Live && t.Contact.Safe > 0:
		return "safe"
	case t.Live && t.State != accounts.Locked && t.State != accounts.Differs:
		return "syncing"
	}
	return string(t.State)
}

// Tone is how urgent that looks.
func (t tablet) Tone() string {
	switch t.Word() {
	case "safe", "fine":
		return "good"
	case "locked", "differs", "silent":
		return "bad"
	case "syncing", "replaced", "revoked":
		return ""
	}
	return "warn"
}

// liveFor is for how long after its last request a tablet is shown in the lane, with what its sync came to.
const liveFor = 3 * time.Minute

// tablets gives the devices that somebody looks after, the one that needs them most first.
func (c *Console) tablets(v *Visit) ([]tablet, error) {
	standings, err := c.Accounts.Standings(v.ctx(), v.User().ID)
	if err != nil {
		return nil, err
	}
	people, err := v.peopleNames()
	if err != nil {
		return nil, err
	}
	areas, err := v.areaNames()
	if err != nil {
		return nil, err
	}
	out := make([]tablet, len(standings))
	for i, s := range standings {
		out[i] = tablet{Standing: s, HolderName: people[s.Holder], Live: s.Revoked == 0 && c.Now().Sub(time.UnixMilli(s.Contact.At)) < liveFor}
		for _, area := range s.Areas {
			out[i].AreaNames = append(out[i].AreaNames, areas[area])
		}
		slices.Sort(out[i].AreaNames)
	}
	return out, nil
}

// peopleNames gives what people are called, by id.
func (v *Visit) peopleNames() (map[uuid.UUID]string, error) {
	users, err := v.console.Accounts.Users(v.ctx())
	out := make(map[uuid.UUID]string, len(users))
	for _, u := range users {
		out[u.ID] = u.Name
	}
	return out, err
}

// areaNames gives what areas are called, by id.
func (v *Visit) areaNames() (out map[uuid.UUID]string, err error) {
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		out, err = tx.AreaNames(v.ctx())
		return err
	})
	return out, err
}

// silences are for how many days tablets can be asked not to have synced.
func silences() []int { return []int{1, 3, 7, 14, 30, 60} }

// boardPage is what the page of that name shows.
type boardPage struct {
	Tablets []tablet
	// Lane are those that are in a sync, or just were.
	Lane     []tablet
	Silent   int
	Silences []int
	// Open is how many invitations nobody has used yet.
	Open int
}

// board shows the tablets that somebody looks after.
func (c *Console) board(v *Visit) error {
	all, err := c.tablets(v)
	if err != nil {
		return err
	}
	open, err := c.Accounts.Invitations(v.ctx(), v.User().ID)
	if err != nil {
		return err
	}
	page := boardPage{Silent: silentOf(v), Silences: silences()}
	for _, i := range open {
		if i.UsedBy == uuid.Nil {
			page.Open++
		}
	}
	page.Tablets = c.silent(all, page.Silent)
	for _, t := range all {
		if t.Live {
			page.Lane = append(page.Lane, t)
		}
	}
	slices.SortFunc(page.Lane, func(a, b tablet) int { return int(b.Contact.At - a.Contact.At) })
	return v.page("tablets/board", page)
}

// silentOf reads for how many days tablets should not have synced, 0 for any.
func silentOf(v *Visit) int {
	days, err := strconv.Atoi(v.query("silent"))
	if err != nil || days < 0 || days > 3650 {
		return 0
	}
	return days
}

// silent gives the tablets that work in the programme and completed no sync for some days; all, if these are 0.
func (c *Console) silent(all []tablet, days int) []tablet {
	if days == 0 {
		return all
	}
	since := c.Now().AddDate(0, 0, -days).UnixMilli()
	return slices.DeleteFunc(slices.Clone(all), func(t tablet) bool {
		return t.State == accounts.Revoked || t.State == accounts.Replaced || t.Contact.Complete >= since
	})
}

// exportBoard gives the board as a table for a spreadsheet.
func (c *Console) exportBoard(v *Visit) error {
	all, err := c.tablets(v)
	if err != nil {
		return err
	}
	rows := [][]any{{"tablet", "holder", "areas", "last_contact", "last_complete_sync", "unsent_when_last_heard", "held", "clock_ahead_minutes", "free_bytes", "program", "protocol", "revoked"}}
	for _, t := range c.silent(all, silentOf(v)) {
		rows = append(rows, []any{
			t.Name, t.HolderName, strings.Join(t.AreaNames, ", "), v.stamp(t.Contact.At), v.stamp(t.Contact.Complete), int64(t.Contact.Unsent), int64(t.Held),
			t.ClockOff(), t.Contact.FreeBytes, t.Contact.Program, t.Contact.Protocol, v.stamp(t.Revoked),
		})
	}
	return v.csv("tablets.csv", rows)
}

// stamp writes a time in milliseconds for a spreadsheet, in the office's zone; "" for 0.
func (v *Visit) stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return v.moment(ms).Format("2006-01-02 15:04")
}

// csv answers with a table as a file.
func (v *Visit) csv(name string, rows [][]any) error {
	h := v.Response.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if _, err := v.Response.Write([]byte("\ufeff")); err != nil {
		return err
	}
	out := csv.NewWriter(v.Response)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = tables.Cell(value)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// tabletPage is what the page of that name shows.
type tabletPage struct {
	tablet
	Choices []areaChoice
}

// find gives one of the tablets that somebody looks after, by the id of the path.
func (c *Console) find(v *Visit) (tablet, error) {
	id, err := v.id("id")
	if err != nil {
		return tablet{}, err
	}
	all, err := c.tablets(v)
	if err != nil {
		return tablet{}, err
	}
	at := slices.IndexFunc(all, func(t tablet) bool { return t.ID == id })
	if at < 0 {
		return tablet{}, syncproto.Refuse(syncproto.CodeNotFound, "There is no such tablet among those that you look after. Nothing was changed.")
	}
	return all[at], nil
}

func (c *Console) tabletPage(v *Visit) (page tabletPage, err error) {
	if page.tablet, err = c.find(v); err != nil {
		return page, err
	}
	page.Choices, err = v.areaChoices(page.Areas)
	return page, err
}

func (c *Console) tablet(v *Visit) error {
	page, err := c.tabletPage(v)
	if err != nil {
		return err
	}
	return v.page("tablets/tablet", page)
}

// change does something to the tablet of the path, and says what was done or why not.
func (c *Console) change(v *Visit, said string, do func(t tablet) error) error {
	page, err := c.tabletPage(v)
	if err != nil {
		return err
	}
	if err := do(page.tablet); err != nil {
		return v.again(err, "tablets/tablet", page)
	}
	return v.goTo("/tablets/"+page.ID.String(), said)
}

func (c *Console) renameTablet(v *Visit) error {
	return c.change(v, "tablet_renamed", func(t tablet) error {
		return c.Accounts.RenameDevice(v.ctx(), v.User().ID, t.ID, v.form("name"))
	})
}

func (c *Console) scopeTablet(v *Visit) error {
	return c.change(v, "tablet_scoped", func(t tablet) error {
		was, err := v.formIDs("was.area")
		if err != nil {
			return err
		}
		chosen, err := v.formIDs("area")
		if err != nil {
			return err
		}
		return c.Accounts.SetDeviceAreas(v.ctx(), v.User().ID, t.ID, changed(t.Areas, was, chosen))
	})
}

func (c *Console) revokeTablet(v *Visit) error {
	return c.change(v, "tablet_revoked", func(t tablet) error {
		return c.Accounts.RevokeDevice(v.ctx(), v.User().ID, t.ID)
	})
}
