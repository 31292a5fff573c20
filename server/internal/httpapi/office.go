package httpapi

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// pathID reads a UUID of the path.
func pathID(c echo.Context, name string) (uuid.UUID, error) {
	id, err := syncproto.ParseID(c.Param(name))
	if err != nil {
		return id, syncproto.Refuse(syncproto.CodeBadRequest, "The address has to name a %s by its UUID in lower case. Nothing was changed.", name)
	}
	return id, nil
}

// pathVersion reads a version of the path.
func pathVersion(c echo.Context) (syncproto.Version, error) {
	v, err := syncproto.ParseVersion(c.Param("version"))
	if err != nil {
		return v, syncproto.Refuse(syncproto.CodeBadRequest, "The address has to name a change as device:n:print. Nothing was changed.")
	}
	return v, nil
}

// listLimit is how many conflicts one answer holds at the most.
const listLimit = 200

// conflicts lists open conflicts, those behind the sequence "after".
func (a *API) conflicts(c echo.Context) error {
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	if err != nil && c.QueryParam("after") != "" {
		return syncproto.Refuse(syncproto.CodeBadRequest, "after has to be the seq of a conflict.")
	}
	list, err := a.Engine.Conflicts(c.Request().Context(), after, listLimit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"conflicts": orEmpty(list)})
}

// orEmpty makes a list that is nil an empty JSON array.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (a *API) conflict(c echo.Context) error {
	record, err := pathID(c, "record")
	if err != nil {
		return err
	}
	found, err := a.Engine.Conflict(c.Request().Context(), record, c.Param("field"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

// settle decides a conflict that the administrator has looked at.
func (a *API) settle(c echo.Context) error {
	record, err := pathID(c, "record")
	if err != nil {
		return err
	}
	var in struct {
		Value  syncproto.Value     `json:"value"`
		Heads  []syncproto.Version `json:"heads"`
		Reason string              `json:"reason"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	value, err := syncproto.Canonical([]byte(in.Value))
	if err != nil {
		return syncproto.Refuse(syncproto.CodeInvalid, "The value cannot be kept: %v. Nothing was changed.", err)
	}
	settled, err := a.Engine.Settle(c.Request().Context(), sessionOf(c).User.ID, record, c.Param("field"), value, in.Heads, in.Reason)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"version": settled.Version()})
}

// undo takes a settlement back.
func (a *API) undo(c echo.Context) error {
	v, err := pathVersion(c)
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	undone, err := a.Engine.Undo(c.Request().Context(), sessionOf(c).User.ID, v, in.Reason)
	if err != nil {
		return err
	}
	return saved(c, undone)
}

// saved names the changes that a decision made.
func saved(c echo.Context, changes []store.Change) error {
	versions := make([]syncproto.Version, len(changes))
	for i, change := range changes {
		versions[i] = change.Version()
	}
	return c.JSON(http.StatusOK, map[string]any{"versions": versions})
}

// merge makes a household a duplicate of another one.
func (a *API) merge(c echo.Context) error {
	household, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var in struct {
		Into   uuid.UUID `json:"into"`
		Reason string    `json:"reason"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	merged, err := a.Engine.Merge(c.Request().Context(), sessionOf(c).User.ID, household, in.Into, in.Reason)
	if err != nil {
		return err
	}
	return saved(c, merged)
}

// unmerge makes a household one of its own again.
func (a *API) unmerge(c echo.Context) error {
	household, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	parted, err := a.Engine.Unmerge(c.Request().Context(), sessionOf(c).User.ID, household, in.Reason)
	if err != nil {
		return err
	}
	return saved(c, parted)
}

// afterChange reads behind which change of a list to go on, nothing for its beginning.
func afterChange(c echo.Context) (after syncproto.Version, err error) {
	if text := c.QueryParam("after"); text != "" {
		if after, err = syncproto.ParseVersion(text); err != nil {
			return after, syncproto.Refuse(syncproto.CodeBadRequest, "after has to be the version of the last change that you have, as device:n:print.")
		}
	}
	return after, nil
}

func (a *API) history(c echo.Context) error {
	record, err := pathID(c, "record")
	if err != nil {
		return err
	}
	after, err := afterChange(c)
	if err != nil {
		return err
	}
	part, err := a.Engine.HistoryAfter(c.Request().Context(), record, after)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"changes": orEmpty(part.Changes), "more": part.More})
}

func (a *API) held(c echo.Context) error {
	after, err := afterChange(c)
	if err != nil {
		return err
	}
	part, err := a.Engine.HeldAfter(c.Request().Context(), after)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"held": orEmpty(part.Changes), "more": part.More})
}

// applyHeld applies a held change as it is or, where fields are given, corrected.
func (a *API) applyHeld(c echo.Context) error {
	v, err := pathVersion(c)
	if err != nil {
		return err
	}
	var in struct {
		Fields map[string]syncproto.Value `json:"fields"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	for name, value := range in.Fields {
		if in.Fields[name], err = syncproto.Canonical([]byte(value)); err != nil {
			return syncproto.Refuse(syncproto.CodeInvalid, "Field %q cannot be kept: %v. Nothing was changed.", name, err)
		}
	}
	if err := a.Engine.ApplyHeld(c.Request().Context(), sessionOf(c).User.ID, v, in.Fields); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) discardHeld(c echo.Context) error {
	v, err := pathVersion(c)
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := a.Engine.DiscardHeld(c.Request().Context(), sessionOf(c).User.ID, v, in.Reason); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
