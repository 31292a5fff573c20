package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"satchel/syncproto"
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
	var requests []syncproto.Request
	err := syncproto.ReadRescue(strings.NewReader(in.File), in.Passphrase, func(r syncproto.Request) error {
		requests = append(requests, r)
		return nil
	})
	if errors.Is(err, syncproto.ErrNotRescue) || errors.Is(err, syncproto.ErrPassphrase) {
		return syncproto.Refuse(syncproto.CodeInvalid, "Nothing was changed: %v.", err)
	}
	if err != nil {
		return err
	}
	receipts, err := a.Engine.TakeRescue(c.Request().Context(), sessionOf(c).User.ID, requests)
	if err != nil {
		return err
	}
	count := map[syncproto.Status]int{}
	for _, r := range receipts {
		count[r.Status]++
	}
	return c.JSON(http.StatusOK, map[string]any{"changes": len(receipts), "by_status": count})
}
