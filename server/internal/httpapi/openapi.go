package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openapiText describes the whole interface, as OpenAPI 3.1 has it. Tests compare it with the routes, and with what these answer.
//
//go:embed openapi.json
var openapiText []byte

func (a *API) openapi(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, openapiText)
}
