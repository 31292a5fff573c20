package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

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
	// Behind the body, so that nobody who has no token takes a place by sending slowly.
	leave, err := a.refreshing.enter()
	if err != nil {
		return err
	}
	defer leave()
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
	if err := a.takeIdentity(deviceOf(c)); err != nil {
		return err
	}
	enrolled, err := a.Accounts.NewIdentity(c.Request().Context(), deviceOf(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.credentialsOf(enrolled))
}

// sync is one exchange. The way up and the way down, for which a slow link takes long, take no place
// from other devices.
func (a *API) sync(c echo.Context) error {
	defer a.links.begin(deviceOf(c).ID, cameOf(c), c.Response())()
	travelled, err := openBody(c, syncproto.MediaType)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	body.Grow(int(max(0, c.Request().ContentLength)) + bytes.MinRead)
	if _, err := body.ReadFrom(travelled); err != nil {
		return err
	}
	reply, err := a.exchange(c, &body)
	if err != nil {
		return err
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		if reply, err = a.pack(c.Request().Context(), reply); err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentEncoding, "gzip")
	}
	return c.Blob(http.StatusOK, syncproto.MediaType, reply)
}

// endSync takes down what a sync came to, so that the office does not learn that only with the next one.
func (a *API) endSync(c echo.Context) error {
	var said syncproto.Ending
	if err := readJSON(c, &said); err != nil {
		return err
	}
	safe, err := a.Engine.End(c.Request().Context(), deviceOf(c).ID, said)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"safe": safe})
}

// packers holds [gzip.Writer]s that are not at work. Each takes most of a MB.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// pack packs a reply, so many at once as syncs are answered: however many wait, there are no more packers.
func (a *API) pack(ctx context.Context, reply []byte) ([]byte, error) {
	if err := enter(ctx, a.packing); err != nil {
		return nil, err
	}
	defer func() { <-a.packing }()
	packer := packers.Get().(*gzip.Writer)
	defer packers.Put(packer)
	var out bytes.Buffer
	packer.Reset(&out)
	_, err := packer.Write(reply)
	err = errors.Join(err, packer.Close())
	return out.Bytes(), err
}

// exchange decodes a request as it travelled, and gives the encoded reply.
func (a *API) exchange(c echo.Context, travelled io.Reader) ([]byte, error) {
	ctx := c.Request().Context()
	if err := enter(ctx, a.places); err != nil {
		return nil, err
	}
	defer func() { <-a.places }()
	plain, err := inflate(c, travelled)
	if err != nil {
		return nil, err
	}
	request, err := syncproto.ReadRequest(plain)
	if err != nil {
		return nil, err
	}
	reply, err := a.take(ctx, deviceOf(c), request)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = syncproto.WriteReply(&out, reply)
	return out.Bytes(), err
}

// enter takes a place as soon as one is free, for whoever has waited longest.
func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
