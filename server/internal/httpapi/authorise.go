package httpapi

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"satchel/server/internal/accounts"
	"satchel/server/internal/console"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The names under which who asks is kept with a request.
const (
	keyDevice  = "device"
	keyCame    = "came"
	keySession = "session"
	keyFeed    = "feed"
)

// csrfHeader carries the CSRF token of a session; a page's form has it in the field csrf.
const csrfHeader = "X-CSRF-Token"

// authorise lets pass who may use a route.
func (a *API) authorise(need access) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := a.check(c, need); err != nil {
				return err
			}
			return next(c)
		}
	}
}

func (a *API) check(c echo.Context, need access) error {
	switch need {
	case anybody:
		return nil
	case device:
		return a.checkDevice(c)
	case feed:
		return a.checkFeed(c)
	default:
		return a.checkSession(c, need)
	}
}

// checkDevice finds the device by its access token.
func (a *API) checkDevice(c echo.Context) error {
	token, ok := strings.CutPrefix(c.Request().Header.Get(echo.HeaderAuthorization), "Bearer ")
	if !ok {
		return syncproto.Refuse(syncproto.CodeUnauthorized, "The request needs a device's access token. Nothing was changed.")
	}
	c.Set(keyCame, a.links.come())
	d, err := a.Accounts.Authenticate(c.Request().Context(), token)
	if err != nil {
		return err
	}
	c.Set(keyDevice, d)
	return nil
}

// checkSession finds the user by the session cookie. What changes something also needs the session's
// CSRF token, which another site cannot know.
func (a *API) checkSession(c echo.Context, need access) error {
	cookie, err := c.Cookie(console.SessionCookie)
	if err != nil {
		return syncproto.Refuse(syncproto.CodeUnauthorized, "Log in first. Nothing was changed.")
	}
	s, err := a.Accounts.Session(c.Request().Context(), cookie.Value)
	if err != nil {
		return err
	}
	if c.Get(keyPage) == nil { // a page's form is read later, and has the token
		if err := checkCSRF(c, s, c.Request().Header.Get(csrfHeader)); err != nil {
			return err
		}
	}
	if need == administrator && s.User.Role != accounts.RoleAdministrator {
		return syncproto.Refuse(syncproto.CodeForbidden, "Only an administrator may do that. Nothing was changed.")
	}
	c.Set(keySession, s)
	return nil
}

// checkCSRF fails if a request would change something and does not bring the token of the session.
func checkCSRF(c echo.Context, s accounts.Session, token string) error {
	safe := c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead
	if !safe && subtle.ConstantTimeCompare([]byte(token), []byte(s.CSRF)) != 1 {
		return syncproto.Refuse(syncproto.CodeCSRF, "The request lacks the %s of the session. Nothing was changed; reload the page.", csrfHeader)
	}
	return nil
}

// deviceOf gives the device that asks, on routes that need one.
func deviceOf(c echo.Context) store.Device { return c.Get(keyDevice).(store.Device) }

// cameOf gives the place of a request of a device in the order in which they came.
func cameOf(c echo.Context) int64 { return c.Get(keyCame).(int64) }

// sessionOf gives the session of who asks, on routes that need one.
func sessionOf(c echo.Context) accounts.Session { return c.Get(keySession).(accounts.Session) }

func isLoopback(address string) bool {
	ip := net.ParseIP(address)
	return ip != nil && ip.IsLoopback()
}
