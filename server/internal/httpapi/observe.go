package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"satchel/server/internal/store"
)

// nameRequest gives each request an id. One that the client sent is not taken over: ids in the log are
// the server's own.
func nameRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, uuid.NewString())
		return next(c)
	}
}

// logPanic logs where the server failed; the client is then answered as for any other failure.
func (a *API) logPanic(c echo.Context, err error, stack []byte) error {
	a.Log.ErrorContext(c.Request().Context(), "panic", "request", c.Response().Header().Get(echo.HeaderXRequestID), "stack", string(stack))
	return err
}

// An observer counts requests.
type observer struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newObserver(registry *prometheus.Registry) *observer {
	o := &observer{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "satchel_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "satchel_http_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"route"}),
	}
	registry.MustRegister(o.requests, o.seconds)
	return o
}

// observe logs and counts each request, by its route: what stands in a path or body is never logged. Of those for
// which there is no place, only the first of a crowd is logged.
func (a *API) observe(o *observer) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			err := next(c)
			if err != nil {
				c.Error(err)
			}
			took, status := time.Since(start), c.Response().Status
			o.requests.WithLabelValues(c.Path(), strconv.Itoa(status)).Inc()
			o.seconds.WithLabelValues(c.Path()).Observe(took.Seconds())
			if full := new(crowded); errors.As(err, full) && !full.first {
				return nil // a crowd that queues to be logged takes as much memory as one that is let in
			}
			level := slog.LevelInfo
			if status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			a.Log.Log(c.Request().Context(), level, "request",
				"method", c.Request().Method, "route", c.Path(), "status", status, "ms", took.Milliseconds(),
				"in", c.Request().ContentLength, "out", c.Response().Size,
				"request", c.Response().Header().Get(echo.HeaderXRequestID))
			return nil
		}
	}
}

// securityHeaders tells browsers to trust nothing that the server did not mean.
func securityHeaders(secure bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
			h.Set(echo.HeaderXContentTypeOptions, "nosniff")
			h.Set(echo.HeaderReferrerPolicy, "no-referrer")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set(echo.HeaderCacheControl, "no-store")
			if secure {
				h.Set(echo.HeaderStrictTransportSecurity, "max-age=31536000")
			}
			return next(c)
		}
	}
}

// health says whether the server can answer from its database.
func (a *API) health(c echo.Context) error {
	ctx := c.Request().Context()
	if err := a.Store.Read(ctx, func(tx *store.Tx) error { return tx.Ping(ctx) }); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// metrics gives counters to a collector on the same machine, and to nobody else.
func (a *API) metrics(c echo.Context) error {
	if !isLoopback(c.RealIP()) {
		return echo.ErrNotFound
	}
	promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{}).ServeHTTP(c.Response(), c.Request())
	return nil
}
