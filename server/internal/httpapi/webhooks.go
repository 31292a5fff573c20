package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/store"
)

// webhookBody is what the office is told of a webhook.
type webhookBody struct {
	ID   uuid.UUID `json:"id"`
	URL  string    `json:"url"`
	Kind string    `json:"kind"`
	// State is ok, failing, paused or ended.
	State  string    `json:"state"`
	MadeBy uuid.UUID `json:"made_by"`
	// Times are in milliseconds, 0 while there was none.
	Created int64 `json:"created"`
	Ended   int64 `json:"ended"`
	Told    int64 `json:"told"`
	Due     int64 `json:"due"`
	Failed  int64 `json:"failed"`
	Since   int64 `json:"since"`
	Paused  int64 `json:"paused"`
	// Secret is told once, when it is added.
	Secret string `json:"secret,omitempty"`
}

func webhookBodyOf(w store.Webhook, secret string) webhookBody {
	return webhookBody{w.ID, w.URL, w.Kind, w.State(), w.MadeBy, w.Created, w.Ended, w.Told, w.Due, w.Failed, w.Since, w.Paused, secret}
}

func (a *API) listWebhooks(c echo.Context) error {
	list, err := a.Accounts.Webhooks(c.Request().Context())
	if err != nil {
		return err
	}
	out := make([]webhookBody, len(list))
	for i, w := range list {
		out[i] = webhookBodyOf(w, "")
	}
	return c.JSON(http.StatusOK, map[string]any{"webhooks": out})
}

func (a *API) addWebhook(c echo.Context) error {
	var in struct {
		URL  string `json:"url"`
		Kind string `json:"kind"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	w, err := a.Accounts.AddWebhook(c.Request().Context(), sessionOf(c).User.ID, in.URL, in.Kind)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, webhookBodyOf(w, w.Secret))
}

// deliveryBody is what came of one delivery.
type deliveryBody struct {
	N      int64  `json:"n"`
	At     int64  `json:"at"`
	Events int64  `json:"events"`
	Seq    int64  `json:"seq"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

func (a *API) deliveries(c echo.Context) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	list, err := a.Accounts.Deliveries(c.Request().Context(), id)
	if err != nil {
		return err
	}
	out := make([]deliveryBody, len(list))
	for i, d := range list {
		out[i] = deliveryBody{d.N, d.At, d.Events, d.Seq, d.Status, d.Error}
	}
	return c.JSON(http.StatusOK, map[string]any{"deliveries": out})
}

func (a *API) resumeWebhook(c echo.Context) error { return changeWebhook(c, a.Accounts.ResumeWebhook) }

func (a *API) endWebhook(c echo.Context) error { return changeWebhook(c, a.Accounts.EndWebhook) }

func changeWebhook(c echo.Context, do func(ctx context.Context, actor, id uuid.UUID) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), sessionOf(c).User.ID, id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
