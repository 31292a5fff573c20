package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

func tooManyTries() error {
	return syncproto.Refuse(syncproto.CodeTooManyRequests, "There were too many tries from this address. Nothing was changed; wait a minute and try again.")
}

// problem answers a request that failed. What is not a problem document by itself is logged, and the
// client is told only under which id.
func (a *API) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err)
	answer := *p
	answer.Request = c.Response().Header().Get(echo.HeaderXRequestID)
	if p.Code == syncproto.CodeInternal {
		a.Log.ErrorContext(c.Request().Context(), "request failed", "request", answer.Request, "route", c.Path(), "error", err.Error())
	}
	sayWhen(c.Response().Header(), p.Code, err)
	if c.Get(keyPage) != nil || isLost(c) {
		if err := a.visitOf(c).Problem(&answer); err != nil {
			a.Log.ErrorContext(c.Request().Context(), "make the page of a problem", "request", answer.Request, "error", err.Error())
		}
		return
	}
	if strings.HasPrefix(c.Path(), odataPath) {
		a.odataProblem(c, answer)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		a.Log.ErrorContext(c.Request().Context(), "encode a problem", "error", err.Error())
	}
	if err := c.Blob(answer.Status, syncproto.ProblemMediaType, text); err != nil {
		a.Log.InfoContext(c.Request().Context(), "the client left before it was answered", "request", answer.Request)
	}
}

// isLost reports whether somebody came by a browser to where there is nothing.
func isLost(c echo.Context) bool {
	r := c.Request()
	return c.Path() == "" && r.Method == http.MethodGet && strings.Contains(r.Header.Get(echo.HeaderAccept), echo.MIMETextHTML)
}

// sayWhen says when to come again, if that helps. Who has to stay away is not waited for: thousands of idle connections
// take as much memory as thousands of requests.
func sayWhen(h http.Header, code syncproto.Code, err error) {
	var full crowded
	switch {
	case errors.As(err, &full):
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(full.after.Seconds()))))
		h.Set(echo.HeaderConnection, "close")
	case code == syncproto.CodeTooManyRequests:
		h.Set(echo.HeaderRetryAfter, "60")
	case code == syncproto.CodeBusy: // most often a database that starts again, which takes it a second
		h.Set(echo.HeaderRetryAfter, "5")
	}
}

// problemOf finds the problem in an error: one table from what rooms fail with to what clients see.
func problemOf(err error) *syncproto.Problem {
	var p *syncproto.Problem
	var web *echo.HTTPError
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, store.ErrNotFound):
		return syncproto.Refuse(syncproto.CodeNotFound, "There is nothing of that name.")
	case errors.Is(err, store.ErrFull):
		return syncproto.Refuse(syncproto.CodeStorageFull, "The server's disk is full. Nothing was changed, and what is on the device is safe. Ask the administrator to free space, then try again.")
	case errors.Is(err, store.ErrAway):
		return syncproto.Refuse(syncproto.CodeBusy, "The server does not reach its database. What is on the device is safe: it is sent again, and taken once. Try again in a minute; if it stays, tell the administrator.")
	case errors.As(err, &web) && web.Code == http.StatusNotFound:
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no such address on this server.")
	case errors.As(err, &web) && web.Code == http.StatusMethodNotAllowed:
		return syncproto.Refuse(syncproto.CodeMethodNotAllowed, "The address does not take that method.")
	}
	return syncproto.Refuse(syncproto.CodeInternal, "Something failed on the server. What is on the device is safe; try again, and if it stays, tell the administrator the request id.")
}

// maxJSONBytes bounds the bodies of all routes but sync.
const maxJSONBytes = 64 << 10

// readJSON reads a small JSON body into x.
func readJSON(c echo.Context, x any) error { return readJSONUpTo(c, x, maxJSONBytes) }

// readJSONUpTo reads a JSON body of at most that many bytes into x.
func readJSONUpTo(c echo.Context, x any, most int64) error {
	travelling, err := openBody(c, echo.MIMEApplicationJSON)
	if err != nil {
		return err
	}
	body, err := inflate(c, travelling)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > most {
		return syncproto.Refuse(syncproto.CodeBodyTooLarge, "The body is longer than %d bytes. Nothing was changed.", most)
	}
	if err := json.Unmarshal(text, x); err != nil {
		return syncproto.Refuse(syncproto.CodeBadRequest, "The body is not the JSON that this address takes. Nothing was changed.")
	}
	return nil
}
