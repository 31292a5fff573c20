package console

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"rsc.io/qr"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// maxTeam is how many tablets are invited at once at the most.
const maxTeam = 50

// An inviteRow is a tablet to invite.
type inviteRow struct {
	Name   string
	Holder uuid.UUID
}

// invitePage is what the page of that name shows.
type invitePage struct {
	Rows    []inviteRow
	Holders []store.User
	Choices []areaChoice
	// Address is where the tablets reach the server.
	Address string
	// Fit says that the field app works there.
	Fit   bool
	Trust *trust
}

func (c *Console) invitePage(v *Visit, rows []inviteRow, areas []uuid.UUID) (page invitePage, err error) {
	page.Rows, page.Address = rows, c.address(v)
	page.Fit = fit(page.Address)
	if page.Choices, err = v.areaChoices(areas); err != nil {
		return page, err
	}
	if page.Trust, err = c.trust(); err != nil {
		return page, err
	}
	page.Holders, err = c.Accounts.Holders(v.ctx(), v.User().ID)
	return page, err
}

func (c *Console) askInvite(v *Visit) error {
	count, err := strconv.Atoi(v.query("rows"))
	if err != nil || count < 1 || count > maxTeam {
		count = 1
	}
	page, err := c.invitePage(v, make([]inviteRow, count), nil)
	if err != nil {
		return err
	}
	return v.page("tablets/invite", page)
}

// A card is an invitation on the screen, and on paper.
type card struct {
	accounts.Invitation
	Name, Holder, Link string
	Picture            template.HTML
}

// cardsPage is what the page of that name shows: codes, which nobody can see again.
type cardsPage struct {
	Cards     []card
	AreaNames []string
	Address   string
	// Fit says that the field app works there.
	Fit bool
}

// invite makes codes, all of them or none, and shows them once.
func (c *Console) invite(v *Visit) error {
	rows, areas, err := inviteForm(v)
	if err != nil {
		return err
	}
	page, err := c.invitePage(v, rows, areas)
	if err != nil {
		return err
	}
	team := make([]accounts.Invited, len(rows))
	for i, r := range rows {
		team[i] = accounts.Invited{Name: r.Name, Holder: r.Holder, Areas: areas}
	}
	made, err := c.Accounts.InviteTeam(v.ctx(), v.User().ID, team)
	if err != nil {
		return v.again(err, "tablets/invite", page)
	}
	out := cardsPage{Address: page.Address, Fit: page.Fit}
	for i, m := range made {
		link := EnrolLink(page.Address, m.Code)
		picture, err := qrPicture(link)
		if err != nil {
			return err
		}
		holder := ""
		if at := slices.IndexFunc(page.Holders, func(u store.User) bool { return u.ID == rows[i].Holder }); at >= 0 {
			holder = page.Holders[at].Name
		}
		out.Cards = append(out.Cards, card{m, rows[i].Name, holder, link, picture})
	}
	for _, a := range page.Choices {
		if a.Chosen {
			out.AreaNames = append(out.AreaNames, a.Name)
		}
	}
	return v.page("tablets/cards", out)
}

// inviteForm reads the rows that are filled in, and the areas.
func inviteForm(v *Visit) (rows []inviteRow, areas []uuid.UUID, err error) {
	holders := v.Request.PostForm["holder"]
	for i, name := range v.Request.PostForm["name"] {
		row := inviteRow{Name: strings.TrimSpace(name)}
		if i < len(holders) && holders[i] != "" {
			if row.Holder, err = readID(holders[i]); err != nil {
				return nil, nil, err
			}
		}
		if row != (inviteRow{}) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		rows = make([]inviteRow, 1)
	}
	if len(rows) > maxTeam {
		return nil, nil, syncproto.Refuse(syncproto.CodeInvalid, "At most %d tablets are invited at once. Nothing was changed.", maxTeam)
	}
	areas, err = v.formIDs("area")
	return rows, areas, err
}

// quiet is the margin of a QR code, in modules, that a scanner needs (ISO/IEC 18004).
const quiet = 4

// qrPicture draws text as a QR code, black on white in either theme: a scanner needs that.
func qrPicture(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				path.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	size := strconv.Itoa(code.Size + 2*quiet)
	//nolint:gosec // it is made of numbers
	return template.HTML(`<svg class="qr" viewBox="0 0 ` + size + " " + size + `" shape-rendering="crispEdges" aria-hidden="true">` +
		`<rect width="` + size + `" height="` + size + `" fill="#fff"/><path fill="#000" d="` + path.String() + `"/></svg>`), nil
}

// invitations lists those that are open, or were used of late, and what became of them.
func (c *Console) invitations(v *Visit) error {
	list, err := c.Accounts.Invitations(v.ctx(), v.User().ID)
	if err != nil {
		return err
	}
	all, err := c.tablets(v)
	if err != nil {
		return err
	}
	people, err := v.peopleNames()
	if err != nil {
		return err
	}
	type row struct {
		store.Invite
		HolderName, MadeByName string
		Tablet                 *tablet
	}
	rows := make([]row, len(list))
	for i, inv := range list {
		rows[i] = row{Invite: inv, HolderName: people[inv.Holder], MadeByName: people[inv.MadeBy]}
		if at := slices.IndexFunc(all, func(t tablet) bool { return t.ID == inv.UsedBy }); at >= 0 {
			rows[i].Tablet = &all[at]
		}
	}
	return v.page("tablets/invitations", rows)
}
