package httpapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/review"
	"satchel/syncproto"
)

// reviewLimit is how many reviews one answer holds at the most: some have a hundred records to rest on.
const reviewLimit = 100

// listReviews lists reviews in a state, those that the other parameters mean and that opened behind the seq "after".
func (a *API) listReviews(c echo.Context) error {
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	if err != nil && c.QueryParam("after") != "" {
		return syncproto.Refuse(syncproto.CodeBadRequest, "after has to be the seq of a review.")
	}
	state := cmp.Or(c.QueryParam("state"), review.Open)
	if !slices.Contains(review.States(), state) {
		return syncproto.Refuse(syncproto.CodeBadRequest, "state has to be open, decided or closed.")
	}
	filter, err := filterOf(c)
	if err != nil {
		return err
	}
	list, behind, err := a.Reviews.List(c.Request().Context(), state, after, reviewLimit, filter)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"reviews": orEmpty(list), "behind": behind})
}

// filterOf reads which reviews are meant. assignee is a user's id, or "nobody".
func filterOf(c echo.Context) (f review.Filter, err error) {
	f.Kind, f.Severity = c.QueryParam("kind"), c.QueryParam("severity")
	if f.Kind != "" && !slices.Contains(review.Kinds(), f.Kind) {
		return f, syncproto.Refuse(syncproto.CodeBadRequest, "kind has to be one of %s.", strings.Join(review.Kinds(), ", "))
	}
	if f.Severity != "" && !slices.Contains(review.Severities(), f.Severity) {
		return f, syncproto.Refuse(syncproto.CodeBadRequest, "severity has to be one of %s.", strings.Join(review.Severities(), ", "))
	}
	if f.Area, err = queryID(c, "area"); err != nil {
		return f, err
	}
	if c.QueryParam("assignee") == "nobody" {
		f.Assignee = new(uuid.UUID)
		return f, nil
	}
	f.Assignee, err = queryID(c, "assignee")
	return f, err
}

// queryID gives a parameter that is an id, nil if it is left out.
func queryID(c echo.Context, name string) (*uuid.UUID, error) {
	text := c.QueryParam(name)
	if text == "" {
		return nil, nil
	}
	id, err := syncproto.ParseID(text)
	if err != nil {
		return nil, syncproto.Refuse(syncproto.CodeBadRequest, "%s has to be an id.", name)
	}
	return &id, nil
}

func (a *API) showReview(c echo.Context) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	found, err := a.Reviews.Show(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

// changeReview reads what to do with the review of the path into x, and does it.
func changeReview(c echo.Context, x any, do func(author, id uuid.UUID) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := readJSON(c, x); err != nil {
		return err
	}
	if err := do(sessionOf(c).User.ID, id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// decideReview decides a review that the administrator has looked at.
func (a *API) decideReview(c echo.Context) error {
	var in struct{ Decision, Reason, Digest string }
	return changeReview(c, &in, func(author, id uuid.UUID) error {
		return a.Reviews.Decide(c.Request().Context(), author, id, in.Decision, in.Reason, in.Digest)
	})
}

func (a *API) reopenReview(c echo.Context) error {
	var in struct{ Reason string }
	return changeReview(c, &in, func(author, id uuid.UUID) error {
		return a.Reviews.Reopen(c.Request().Context(), author, id, in.Reason)
	})
}

// assignReview says who sees to a review; nobody if the user is left out.
func (a *API) assignReview(c echo.Context) error {
	var in struct{ User uuid.UUID }
	return changeReview(c, &in, func(author, id uuid.UUID) error {
		return a.Reviews.Assign(c.Request().Context(), author, id, in.User)
	})
}

// aid says what the family of a household is due and what it was given, to whom looks after all of its areas.
func (a *API) aid(c echo.Context) error {
	household, err := pathID(c, "id")
	if err != nil {
		return err
	}
	found, err := a.Reviews.Aid(c.Request().Context(), household)
	if err != nil {
		return err
	}
	areas := make([]uuid.UUID, len(found.Households))
	for i, h := range found.Households {
		areas[i] = h.Area
	}
	if err := a.Accounts.MayRead(c.Request().Context(), sessionOf(c).User.ID, areas); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}
