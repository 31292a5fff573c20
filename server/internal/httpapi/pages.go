package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"satchel/server/internal/accounts"
	"satchel/server/internal/console"
	"satchel/syncproto"
)

// keyPage is the name under which it is kept that a request is for a page of the console.
const keyPage = "page"

// page gives a route of the console as one of the interface.
func (a *API) page(r console.Route) route {
	limit := unlimited
	if r.Guessable {
		limit = guessable
	}
	return route{r.Method, r.Path, accessOf(r.Access), limit, func(c echo.Context) error { return r.Handle(a.visitOf(c)) }}
}

func accessOf(of console.Access) access {
	switch of {
	case console.Anybody:
		return anybody
	case console.Coordinator:
		return coordinator
	default:
		return administrator
	}
}

// asPage marks a request as one for a page. A form that another site's page sends is refused, whatever the page of the form is.
func asPage(next echo.HandlerFunc) echo.HandlerFunc {
	foreign := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		c.Set(keyPage, true)
		if foreign.Check(c.Request()) != nil {
			return syncproto.Refuse(syncproto.CodeForbidden, "The form comes from another site. Nothing was changed.")
		}
		err := next(c)
		if p := new(syncproto.Problem); errors.As(err, &p) && p.Code == syncproto.CodeUnauthorized {
			readLost(c)
		}
		return err
	}
}

// readLost reads a form that nobody who is logged in sent, so that the page that asks to log in can keep what was typed.
func readLost(c echo.Context) {
	request := c.Request()
	request.Body = http.MaxBytesReader(c.Response(), request.Body, console.SmallBody)
	if request.ParseForm() != nil {
		request.PostForm = nil // a part of it would be worse than nothing
	}
}

// withForm reads the form of a page, once it is known that who sends it may; and whoever is logged in has to have it from us.
func withForm(r console.Route) echo.MiddlewareFunc {
	most := r.Most
	if most == 0 {
		most = console.SmallBody
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			request := c.Request()
			request.Body = http.MaxBytesReader(c.Response(), request.Body, most)
			if err := readForm(request, most); err != nil {
				return err
			}
			if s, known := c.Get(keySession).(accounts.Session); known {
				if err := checkCSRF(c, s, cmp.Or(request.Header.Get(csrfHeader), request.PostFormValue("csrf"))); err != nil {
					return err
				}
			}
			return next(c)
		}
	}
}

// formMemory is how many bytes of a form are held in memory at the most; of what is longer, files are on the disk until it is
// answered.
const formMemory = 256 << 10

// readForm reads a form, with the files that come with it.
func readForm(r *http.Request, most int64) error {
	err := r.ParseMultipartForm(formMemory)
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return syncproto.Refuse(syncproto.CodeBodyTooLarge, "What was sent is longer than %d bytes. Nothing was changed.", most)
	case err != nil:
		return syncproto.Refuse(syncproto.CodeBadRequest, "What was sent is not a form. Nothing was changed.")
	}
	return nil
}

// visitOf gives a request as the console takes it. On a page for anybody it may be of somebody who is logged in.
func (a *API) visitOf(c echo.Context) *console.Visit {
	request := c.Request()
	for _, name := range c.ParamNames() {
		value := c.Param(name)
		if request.URL.RawPath != "" { // then the router has not decoded it
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
		}
		request.SetPathValue(name, value)
	}
	session, known := c.Get(keySession).(accounts.Session)
	if cookie, err := c.Cookie(console.SessionCookie); err == nil && !known {
		if s, err := a.Accounts.Session(request.Context(), cookie.Value); err == nil {
			session = s
		}
	}
	return a.Console.Visit(c.Response(), request, session)
}
