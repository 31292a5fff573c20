package httpapi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"satchel/fieldapp"
	"satchel/syncproto"
)

// appPath is where the field app lives. What a tablet holds belongs to this address: an app at another one cannot see it.
const appPath = "/app/"

// appRoutes hand out the field app, which is the same for everybody and holds no data.
func (a *API) appRoutes() []route {
	return []route{
		{http.MethodGet, strings.TrimSuffix(appPath, "/"), anybody, unlimited, toApp},
		{http.MethodGet, appPath + "*", anybody, unlimited, appFile},
	}
}

func toApp(c echo.Context) error { return c.Redirect(http.StatusPermanentRedirect, appPath) }

// appFile answers with one of the app's files.
func appFile(c echo.Context) error {
	file, err := fieldapp.Open(c.Param("*"))
	if err != nil {
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no such address on this server.")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, fieldapp.Policy)
	h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
	h.Set(echo.HeaderCacheControl, "no-cache")
	if file.Immutable {
		h.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	if file.Brotli == nil || !takesBrotli(c) {
		return c.Blob(http.StatusOK, file.Type, file.Content)
	}
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	h.Set(echo.HeaderContentEncoding, "br")
	return c.Blob(http.StatusOK, file.Type, file.Brotli)
}

// takesBrotli reports whether an answer may be a file of the app as it was compressed when it was built.
func takesBrotli(c echo.Context) bool {
	return strings.HasPrefix(c.Path(), appPath) && strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "br")
}
