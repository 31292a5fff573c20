package httpapi

import (
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// maxRescueBytes bounds a rescue file that is handed in by HTTP. A larger one is imported on the
// server's machine.
const maxRescueBytes = 2 << 20

// importRescue takes in the unsent work of a device that cannot come itself.
func (a *API) importRescue(c echo.Context) error {
	var in struct {
		Passphrase string `json:"passphrase"`
		File       string `json:"file"`
	}
	if err := readJSONUpTo(c, &in, maxRescueBytes); err != nil {
		return err
	}
	begin := func() (io.Reader, error) { return strings.NewReader(in.File), nil }
	taken, err := a.Engine.ImportRescue(c.Request().Context(), sessionOf(c).User.ID, in.Passphrase, begin, a.Blobs.Rescue)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, taken)
}
