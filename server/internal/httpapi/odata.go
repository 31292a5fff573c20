package httpapi

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"satchel/server/internal/feeds"
	"satchel/syncproto"
)

// odataPath is the root of the OData service.
const odataPath = "/feeds/odata"

// odataMediaType is what rows and errors of OData come as.
const odataMediaType = "application/json;odata.metadata=minimal"

// odata checks the headers of a request, and sets those of its answer.
func (a *API) odata(c echo.Context, produces string) error {
	h := c.Request().Header
	c.Response().Header().Set("OData-Version", "4.0")
	if slices.Contains([]string{"1.0", "2.0", "3.0"}, h.Get("OData-MaxVersion")) {
		return syncproto.Refuse(syncproto.CodeBadRequest, "The service speaks OData 4.0, and no version before it.")
	}
	if h.Get("OData-Isolation") != "" || h.Get("Isolation") != "" {
		return syncproto.Refuse(syncproto.CodeUnsupported, "The service does not hold all pages to one moment.")
	}
	if accept := strings.Join(h.Values(echo.HeaderAccept), ","); !feeds.Accepts(accept, produces) {
		return syncproto.Refuse(syncproto.CodeMediaType, "The address gives %s, and the request accepts no such thing.", produces)
	}
	return nil
}

// root is the address of the service as the client reaches it: links have to lead where its credentials are for.
func (a *API) root(c echo.Context) string {
	at := url.URL{Scheme: c.Scheme(), Host: c.Request().Host, Path: odataPath + "/"}
	if a.Console.SecureCookies {
		at.Scheme = "https"
	}
	return at.String()
}

func (a *API) odataService(c echo.Context) error {
	if err := a.odata(c, echo.MIMEApplicationJSON); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, odataMediaType)
	return c.JSON(http.StatusOK, feeds.ServiceDocument(feedOf(c), a.root(c)))
}

func (a *API) odataMetadata(c echo.Context) error {
	if err := a.odata(c, echo.MIMEApplicationXML); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationXML, []byte(feeds.Metadata(feedOf(c))))
}

// query reads what is asked for of the set of the path.
func (a *API) query(c echo.Context, produces string) (q feeds.Query, err error) {
	if err := a.odata(c, produces); err != nil {
		return q, err
	}
	if strings.ContainsRune(c.Param("collection"), '(') {
		return q, syncproto.Refuse(syncproto.CodeUnsupported, "A record has no address of its own: ask for it with $filter=id eq and its id.")
	}
	v, err := a.view(c)
	if err != nil {
		return q, err
	}
	options, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return q, syncproto.Refuse(syncproto.CodeBadRequest, "What stands behind the question mark cannot be read.")
	}
	return feeds.Parse(v, options)
}

func (a *API) odataSet(c echo.Context) error {
	q, err := a.query(c, echo.MIMEApplicationJSON)
	if err != nil {
		return err
	}
	return a.give(c, odataMediaType, func(w io.Writer) error { return feeds.WriteSet(c.Request().Context(), a.Store, q, a.root(c), w) })
}

func (a *API) odataCount(c echo.Context) error {
	q, err := a.query(c, echo.MIMETextPlain)
	if err != nil {
		return err
	}
	return a.give(c, echo.MIMETextPlain, func(w io.Writer) error {
		n, err := q.Count(c.Request().Context(), a.Store)
		if err == nil {
			_, err = w.Write(strconv.AppendInt(nil, n, 10))
		}
		return err
	})
}

// odataProblem writes a problem as OData has it.
func (a *API) odataProblem(c echo.Context, p syncproto.Problem) {
	c.Response().Header().Set("OData-Version", "4.0")
	c.Response().Header().Set(echo.HeaderContentType, odataMediaType)
	body := map[string]any{"error": map[string]any{"code": p.Code, "message": p.Detail, "innererror": map[string]any{"request": p.Request}}}
	if err := c.JSON(p.Status, body); err != nil {
		a.Log.InfoContext(c.Request().Context(), "the client left before it was answered", "request", p.Request)
	}
}
