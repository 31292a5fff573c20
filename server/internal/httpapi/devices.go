package httpapi

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/server/internal/accounts"
	"satchel/syncproto"
)

// credentials is what a device is given to come again with.
type credentials struct {
	Device uuid.UUID `json:"device"`
	Name   string    `json:"name"`
	// Holder is the user to whom the device was handed out, and the author of changes made on it
	// until somebody else logs in there.
	Holder     uuid.UUID `json:"holder"`
	Access     string    `json:"access"`
	ExpiresIn  int64     `json:"expires_in"`
	Refresh    string    `json:"refresh"`
	ServerTime int64     `json:"server_time"`
}

func (a *API) credentialsOf(e accounts.Enrolment) credentials {
	return credentials{
		Device: e.Device.ID, Name: e.Device.Name, Holder: e.Device.Holder, ServerTime: a.Now().UnixMilli(),
		Access: e.Tokens.Access, ExpiresIn: int64(e.Tokens.ExpiresIn.Seconds()), Refresh: e.Tokens.Refresh,
	}
}

// enrol makes a device one of the programme's, by a one-time code.
func (a *API) enrol(c echo.Context) error {
	var in struct {
		Code   string    `json:"code"`
		Device uuid.UUID `json:"device"`
		Name   string    `json:"name"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	enrolled, err := a.Accounts.Enrol(c.Request().Context(), in.Code, in.Device, in.Name)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.credentialsOf(enrolled))
}

// refresh gives a new access token for a refresh token, and a new one of these.
func (a *API) refresh(c echo.Context) error {
	var in struct {
		Refresh string `json:"refresh"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	tokens, err := a.Accounts.Refresh(c.Request().Context(), in.Refresh)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{
		"access": tokens.Access, "expires_in": int64(tokens.ExpiresIn.Seconds()), "refresh": tokens.Refresh,
	})
}

// newIdentity gives a device that was copied another id, with the same holder and areas.
func (a *API) newIdentity(c echo.Context) error {
	enrolled, err := a.Accounts.NewIdentity(c.Request().Context(), deviceOf(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.credentialsOf(enrolled))
}

// sync is one exchange.
func (a *API) sync(c echo.Context) error {
	ctx := c.Request().Context()
	select {
	case a.places <- struct{}{}:
		defer func() { <-a.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	body, err := openBody(c, syncproto.MediaType)
	if err != nil {
		return err
	}
	request, err := syncproto.ReadRequest(body)
	if err != nil {
		return err
	}
	reply, err := a.Engine.Exchange(ctx, deviceOf(c).ID, request)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, syncproto.MediaType)
	c.Response().WriteHeader(http.StatusOK)
	return syncproto.WriteReply(c.Response(), reply)
}
