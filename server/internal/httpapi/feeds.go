package httpapi

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/accounts"
	"satchel/server/internal/feeds"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// maxFeeds is how many feeds are read at once; further ones wait. One takes up to 2 MiB.
const maxFeeds = 16

// plainFeedPath has the addresses of feeds be the same with a slash at their end and with their $ in its other spelling:
// programs write both, and follow no redirect with their token.
func plainFeedPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if at := c.Request().URL; strings.HasPrefix(at.Path, "/feeds/") && !strings.Contains(strings.ToUpper(at.RawPath), "%2F") {
			at.Path, at.RawPath = strings.TrimSuffix(at.Path, "/"), ""
		}
		return next(c)
	}
}

// checkFeed finds what may be read by the token of a feed, which comes as the password of HTTP Basic, whatever the user is
// called, or as a bearer token. A request without one is asked for it, as programs expect, and is no try.
func (a *API) checkFeed(c echo.Context) error {
	token, ok := feedToken(c.Request())
	if !ok {
		return a.challenge(c, syncproto.Refuse(syncproto.CodeUnauthorized, "A feed needs its token, as the password of Basic authentication."))
	}
	if !a.credentials.take(c.RealIP(), 1) {
		return tooManyTries()
	}
	a.credentials.take(c.RealIP(), -1) // nobody guesses one, however many try at once, and many programs of one office read at once
	may, err := a.Accounts.Feed(c.Request().Context(), token)
	switch {
	case errors.Is(err, &syncproto.Problem{Code: syncproto.CodeUnauthorized}):
		a.credentials.take(c.RealIP(), 1)
		return a.challenge(c, err)
	case err != nil:
		return err
	}
	c.Set(keyFeed, may)
	return nil
}

// challenge says how to come with a token.
func (a *API) challenge(c echo.Context, err error) error {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="Satchel feeds", charset="UTF-8"`)
	return err
}

func feedToken(r *http.Request) (string, bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return password, password != ""
	}
	return strings.CutPrefix(r.Header.Get(echo.HeaderAuthorization), "Bearer ")
}

// feedOf gives what may be read, on routes that need a token for it.
func feedOf(c echo.Context) store.FeedToken { return c.Get(keyFeed).(store.FeedToken) }

// view finds the collection of the path. One that the token does not give is not there.
func (a *API) view(c echo.Context) (feeds.View, error) {
	v, ok := feeds.Find(feedOf(c), c.Param("collection"))
	if !ok {
		return v, syncproto.Refuse(syncproto.CodeNotFound, "The feed has no collection of that name.")
	}
	return v, nil
}

// give answers with what write writes. What fails before anything was sent is answered as everywhere; later, the
// connection is broken off, so that nobody takes a part for the whole.
func (a *API) give(c echo.Context, mediaType string, write func(io.Writer) error) error {
	ctx := c.Request().Context()
	if err := enter(ctx, a.feeding); err != nil {
		return err
	}
	defer func() { <-a.feeding }()
	c.Response().Header().Set(echo.HeaderContentType, mediaType)
	out := bufio.NewWriterSize(c.Response(), 64<<10)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && c.Response().Committed {
		a.Log.WarnContext(ctx, "a feed was broken off", "request", c.Response().Header().Get(echo.HeaderXRequestID), "route", c.Path(), "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		c.Response().Header().Del(echo.HeaderContentType)
		c.Response().Header().Del(echo.HeaderContentDisposition)
	}
	return err
}

func (a *API) feedCSV(c echo.Context) error {
	v, err := a.view(c)
	if err != nil {
		return err
	}
	mark, err := strconv.ParseBool(c.QueryParam("bom"))
	if err != nil && c.QueryParam("bom") != "" {
		return syncproto.Refuse(syncproto.CodeBadRequest, "bom is true or false.")
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+v.Collection.Name+`.csv"`)
	return a.give(c, "text/csv; charset=utf-8", func(w io.Writer) error { return feeds.WriteCSV(c.Request().Context(), a.Store, v, mark, w) })
}

func (a *API) feedJSON(c echo.Context) error {
	v, err := a.view(c)
	if err != nil {
		return err
	}
	return a.give(c, echo.MIMEApplicationJSON, func(w io.Writer) error { return feeds.WriteJSON(c.Request().Context(), a.Store, v, w) })
}

// feedBody is what the office is told of a token.
type feedBody struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	Collections []string  `json:"collections"`
	// Area is the nil id for everything; all times are in milliseconds, 0 while there was none.
	Area     uuid.UUID `json:"area"`
	Personal bool      `json:"personal"`
	MadeBy   uuid.UUID `json:"made_by"`
	Created  int64     `json:"created"`
	Expires  int64     `json:"expires"`
	Revoked  int64     `json:"revoked"`
	Used     int64     `json:"used"`
	// Token is told once, when it is made.
	Token string `json:"token,omitempty"`
}

func feedBodyOf(f store.FeedToken, token string) feedBody {
	return feedBody{f.ID, f.Name, f.Collections, f.Area, f.Personal, f.MadeBy, f.Created, f.Expires, f.Revoked, f.Used, token}
}

func (a *API) listFeeds(c echo.Context) error {
	list, err := a.Accounts.FeedTokens(c.Request().Context())
	if err != nil {
		return err
	}
	out := make([]feedBody, len(list))
	for i, f := range list {
		out[i] = feedBodyOf(f, "")
	}
	return c.JSON(http.StatusOK, map[string]any{"feeds": out})
}

func (a *API) addFeed(c echo.Context) error {
	var in accounts.NewFeedToken
	if err := readJSON(c, &in); err != nil {
		return err
	}
	made, token, err := a.Accounts.AddFeedToken(c.Request().Context(), sessionOf(c).User.ID, in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, feedBodyOf(made, token))
}

func (a *API) revokeFeed(c echo.Context) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := a.Accounts.RevokeFeedToken(c.Request().Context(), sessionOf(c).User.ID, id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
