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

// maxRescues is how many rescue files are read at once; further ones wait. Opening one takes up to
// 256 MiB, as its header asks.
const maxRescues = 1

// importRescue takes in the unsent work of a device that cannot come itself. The file is read twice, so
// that all of it is known to be good before any of it is taken in, and no more of it than one part is in
// the memory.
func (a *API) importRescue(c echo.Context) error {
	var in struct {
		Passphrase string `json:"passphrase"`
		File       string `json:"file"`
	}
	if err := readJSONUpTo(c, &in, maxRescueBytes); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := enter(ctx, a.rescues); err != nil {
		return err
	}
	defer func() { <-a.rescues }()
	each := func(part func(syncproto.Request) error) error {
		return syncproto.ReadRescue(strings.NewReader(in.File), in.Passphrase, part)
	}
	err := each(func(syncproto.Request) error { return nil })
	var told *syncproto.Problem
	switch {
	case errors.As(err, &told):
		return told
	case err != nil:
		return syncproto.Refuse(syncproto.CodeInvalid, "Nothing was changed: %v.", err)
	}
	changes, count := 0, map[syncproto.Status]int{}
	err = each(func(r syncproto.Request) error {
		receipts, err := a.Engine.TakeRescue(ctx, sessionOf(c).User.ID, []syncproto.Request{r})
		for _, receipt := range receipts {
			count[receipt.Status]++
		}
		changes += len(receipts)
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"changes": changes, "by_status": count})
}
