package httpapi

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/console"
	"satchel/server/internal/store"
)

// setUp makes the first administrator.
func (a *API) setUp(c echo.Context) error {
	var in struct {
		Code string `json:"code"`
		accounts.NewUser
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	u, err := a.Accounts.SetUp(c.Request().Context(), in.Code, in.NewUser)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, personOf(u))
}

// person is what is told of a user.
type person struct {
	ID     uuid.UUID   `json:"id"`
	Login  string      `json:"login"`
	Name   string      `json:"name"`
	Role   string      `json:"role"`
	Active bool        `json:"active"`
	Areas  []uuid.UUID `json:"areas"`
}

func personOf(u store.User) person {
	return person{u.ID, u.Login, u.Name, u.Role, u.Active, orEmpty(u.Areas)}
}

// login opens a session, and leaves it in a cookie that scripts cannot read.
func (a *API) login(c echo.Context) error {
	var in struct {
		Login    string `json:"login"`
		Password string `json:"password"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	s, err := a.Accounts.Login(c.Request().Context(), in.Login, in.Password)
	if err != nil {
		return err
	}
	c.SetCookie(a.Console.Cookie(console.SessionCookie, s.Token, s.Expires))
	return c.JSON(http.StatusCreated, sessionBody(s))
}

func sessionBody(s accounts.Session) map[string]any {
	return map[string]any{"user": personOf(s.User), "csrf": s.CSRF, "expires": s.Expires.UnixMilli()}
}

func (a *API) session(c echo.Context) error {
	return c.JSON(http.StatusOK, sessionBody(sessionOf(c)))
}

func (a *API) logout(c echo.Context) error {
	cookie, err := c.Cookie(console.SessionCookie)
	if err != nil {
		return err
	}
	if err := a.Accounts.Logout(c.Request().Context(), cookie.Value); err != nil {
		return err
	}
	c.SetCookie(a.Console.Cookie(console.SessionCookie, "", time.Unix(0, 0)))
	return c.NoContent(http.StatusNoContent)
}

func (a *API) users(c echo.Context) error {
	users, err := a.Accounts.Users(c.Request().Context())
	if err != nil {
		return err
	}
	out := make([]person, len(users))
	for i, u := range users {
		out[i] = personOf(u)
	}
	return c.JSON(http.StatusOK, map[string]any{"users": out})
}

func (a *API) addUser(c echo.Context) error {
	var in accounts.NewUser
	if err := readJSON(c, &in); err != nil {
		return err
	}
	u, err := a.Accounts.AddUser(c.Request().Context(), sessionOf(c).User.ID, in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, personOf(u))
}

// deviceBody is what the office is told of a device.
type deviceBody struct {
	ID       uuid.UUID   `json:"id"`
	Name     string      `json:"name"`
	Holder   uuid.UUID   `json:"holder"`
	Areas    []uuid.UUID `json:"areas"`
	Enrolled int64       `json:"enrolled"`
	// Revoked and Contact are 0 while there was none; all times are in milliseconds.
	Revoked     int64  `json:"revoked"`
	Contact     int64  `json:"contact"`
	Complete    int64  `json:"complete"`
	Unsent      int    `json:"unsent"`
	ClockOffset int64  `json:"clock_offset"`
	Program     string `json:"program"`
	Protocol    string `json:"protocol"`
	FreeBytes   int64  `json:"free_bytes"`
	Changes     int64  `json:"changes"`
}

func (a *API) devices(c echo.Context) error {
	devices, err := a.Accounts.Devices(c.Request().Context(), sessionOf(c).User.ID)
	if err != nil {
		return err
	}
	out := make([]deviceBody, len(devices))
	for i, d := range devices {
		out[i] = deviceBody{
			d.ID, d.Name, d.Holder, orEmpty(d.Areas), d.Enrolled, d.Revoked, d.Contact.At, d.Contact.Complete,
			d.Contact.Unsent, d.Contact.ClockOffset, d.Contact.Program, d.Contact.Protocol, d.Contact.FreeBytes, d.N,
		}
	}
	return c.JSON(http.StatusOK, map[string]any{"devices": out})
}

// invite makes a one-time code. The address holds the code in its fragment, which no log sees.
func (a *API) invite(c echo.Context) error {
	var in struct {
		Name   string      `json:"name"`
		Holder uuid.UUID   `json:"holder"`
		Areas  []uuid.UUID `json:"areas"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	made, err := a.Accounts.Invite(c.Request().Context(), sessionOf(c).User.ID, in.Holder, in.Name, in.Areas)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]any{
		"code": made.Code, "expires": made.Expires.UnixMilli(), "url": console.EnrolLink(a.Console.URL, made.Code),
	})
}

func (a *API) setAreas(c echo.Context) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var in struct {
		Areas []uuid.UUID `json:"areas"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := a.Accounts.SetDeviceAreas(c.Request().Context(), sessionOf(c).User.ID, id, in.Areas); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) revoke(c echo.Context) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := a.Accounts.RevokeDevice(c.Request().Context(), sessionOf(c).User.ID, id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// audit verifies the audit log.
func (a *API) audit(c echo.Context) error {
	ctx := c.Request().Context()
	var report audit.Report
	err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		report, err = audit.Verify(ctx, tx, c.QueryParam("head"))
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{
		"rows": report.Rows, "erased": report.Erased, "head": report.Head, "broken": report.Broken, "why": report.Why,
	})
}
