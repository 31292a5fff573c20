package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"satchel/server"
	"satchel/server/internal/console"
	"satchel/server/internal/httpapi"
	"satchel/syncproto"
)

func TestEveryAnswerTellsBrowsersToTrustNothing(t *testing.T) {
	o := newOffice(t)
	for _, c := range []call{
		{method: "GET", path: "/healthz"},
		{method: "GET", path: "/metrics"},
		{method: "GET", path: "/nothing/there"},
		{method: "DELETE", path: "/healthz"},
		{method: "POST", path: "/api/v1/sync"},
		{method: "GET", path: "/api/v1/users"},
	} {
		got := o.do(c)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
			"Strict-Transport-Security": "", "Server": "",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s %s: %s is %q, want %q", c.method, c.path, name, got.header.Get(name), want)
			}
		}
	}
}

// TestCookiesAreForHTTPSOnlyBehindAProxy has an address that browsers reach by HTTPS.
func TestCookiesAreForHTTPSOnlyBehindAProxy(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Config{Dir: t.TempDir(), URL: "https://office.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	o := &office{t: t, srv: srv}
	o.person("ana", "administrator", password)
	web := httptest.NewServer(srv.Handler())
	defer web.Close()
	o.url = web.URL
	got := o.post("/api/v1/session", nil, map[string]string{"login": "ana", "password": password})
	for _, want := range []string{"; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(got.header.Get("Set-Cookie"), want) {
			t.Errorf("the cookie %q lacks %q", got.header.Get("Set-Cookie"), want)
		}
	}
	if got.header.Get("Strict-Transport-Security") == "" {
		t.Error("browsers are not told to come by HTTPS only")
	}
}

func TestRequestIDsAreTheServersOwn(t *testing.T) {
	o := newOffice(t)
	for _, sent := range []string{"Canary", newID(t).String(), ""} {
		got := o.do(call{"GET", "/api/v1/users", map[string]string{"X-Request-Id": sent}, nil})
		id := got.header.Get("X-Request-Id")
		if id == "" || id == sent || got.problem().Request != id {
			t.Errorf("a request that calls itself %q is called %q, and %q in its problem", sent, id, got.problem().Request)
		}
		if !strings.Contains(o.log.String(), id) || sent != "" && strings.Contains(o.log.String(), sent) {
			t.Errorf("the log does not have the server's id %q, or it has the client's %q", id, sent)
		}
	}
}

// TestTheLogKnowsNoSecret goes through a whole working day and then looks for everything that was said.
func TestTheLogKnowsNoSecret(t *testing.T) {
	b := newBesieged(t)
	b.person("anka", "administrator", password)
	made, err := b.srv.Accounts.Invite(t.Context(), b.admin, b.workerB, canaryTablet, []uuid.UUID{b.b})
	if err != nil {
		t.Fatal(err)
	}
	b.post("/api/v1/enrol", nil, map[string]string{"code": made.Code})
	b.post("/api/v1/enrol", nil, map[string]string{"code": made.Code, "name": canaryName})
	b.one.renew()
	record, heads := b.collide()
	held := b.hold()
	b.post("/api/v1/session", nil, map[string]string{"login": canaryWorker, "password": "Canary-password"})
	session := b.login("anka")
	conflict := "/api/v1/conflicts/" + record.String() + "/phone"
	for _, c := range []call{
		{"GET", conflict, session, nil},
		{"GET", "/api/v1/records/" + record.String() + "/history", session, nil},
		jsonCall(t, "POST", conflict+"/settle", session, map[string]any{"value": canaryPhone, "heads": heads, "reason": canaryName}),
		jsonCall(t, "POST", conflict+"/settle", session, map[string]any{"value": canaryPhone, "heads": heads, "reason": canaryName}),
		jsonCall(t, "POST", "/api/v1/held/"+held+"/discard", session, map[string]any{"reason": canaryName}),
		{"GET", "/api/v1/records/" + canaryName + "/history?phone=" + canaryPhone, session, nil},
		{"GET", "/" + canaryName + "?phone=" + canaryPhone, session, nil},
		{"GET", "/api/v1/held/" + canaryName, session, nil},
		{"POST", "/api/v1/sync", b.one.bearer(), strings.NewReader(canaryPhone)},
	} {
		b.do(c)
	}
	cookie := strings.TrimPrefix(session["Cookie"], "satchel_session=")
	for _, secret := range []string{
		canaryName, canaryPhone, canaryWorker, canaryTablet, "Canary-password", password, made.Code, strings.ReplaceAll(made.Code, "-", ""),
		b.one.access, b.one.refresh, cookie, session["X-CSRF-Token"],
	} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("the log has the line %q, which is not JSON", line)
		}
	}
	if len(lines) < 10 {
		t.Errorf("the log has %d lines, so it shows nothing", len(lines))
	}
	if metrics := b.do(call{method: "GET", path: "/metrics"}).body; strings.Contains(metrics, "anary") || strings.Contains(metrics, record.String()) {
		t.Error("the metrics hold what stood in an address")
	}
}

// from makes a request as from an address.
func (o *office) from(address, method, path string, header map[string]string, body string) answer {
	o.t.Helper()
	req := httptest.NewRequestWithContext(o.t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr = address
	for name, value := range header {
		req.Header.Set(name, value)
	}
	got := httptest.NewRecorder()
	o.handler.ServeHTTP(got, req)
	return answer{got.Code, got.Header(), got.Body.String()}
}

func TestMetricsAreForTheSameMachine(t *testing.T) {
	o := newOffice(t)
	proxied := map[string]string{"X-Forwarded-For": "203.0.113.9"}
	lying := map[string]string{"X-Forwarded-For": "127.0.0.1"}
	for _, c := range []struct {
		address string
		header  map[string]string
		want    int
	}{
		{"127.0.0.1:4711", nil, 200},
		{"[::1]:4711", nil, 200},
		{"203.0.113.9:4711", nil, 404},
		{"192.168.0.7:4711", nil, 404},
		{"203.0.113.9:4711", lying, 404},
		{"192.168.0.7:4711", lying, 404},
		{"127.0.0.1:4711", proxied, 404},
	} {
		if got := o.from(c.address, "GET", "/metrics", c.header, ""); got.status != c.want {
			t.Errorf("the metrics for %s %v are answered %d, want %d", c.address, c.header, got.status, c.want)
		}
	}
}

func TestTriesWithCredentialsAreBoundedByAddress(t *testing.T) {
	json := map[string]string{"Content-Type": "application/json"}
	for path, body := range map[string]string{
		"/api/v1/enrol": `{"code":"0"}`, "/api/v1/token": `{"refresh":"x"}`,
		"/api/v1/setup": `{"code":"x"}`, "/api/v1/session": `{"login":"ana","password":"` + tooLong() + `"}`,
	} {
		t.Run(path, func(t *testing.T) {
			o := newOffice(t)
			const one, other = "203.0.113.9:4711", "203.0.113.10:4711"
			o.ahead.Store(int64(time.Hour))
			for i := range 10 {
				if got := o.from(one, "POST", path, json, body); got.status == http.StatusTooManyRequests {
					t.Fatalf("try %d is refused already", i+1)
				}
			}
			got := o.from(one, "POST", path, json, body)
			if p := got.problem(); p.Code != syncproto.CodeTooManyRequests || got.header.Get("Retry-After") == "" {
				t.Errorf("the 11th try is answered %d %v %s, want 429 and when to come again", got.status, got.header, got.body)
			}
			if got := o.from(other, "POST", path, json, body); got.status == http.StatusTooManyRequests {
				t.Error("somebody else is refused")
			}
			proxied := map[string]string{"X-Forwarded-For": "203.0.113.11"}
			maps.Copy(proxied, json)
			if got := o.from("127.0.0.1:1", "POST", path, proxied, body); got.status == http.StatusTooManyRequests {
				t.Error("somebody else behind a proxy is refused")
			}
			o.ahead.Store(int64(time.Hour + time.Minute))
			if got := o.from(one, "POST", path, json, body); got.status == http.StatusTooManyRequests {
				t.Error("a minute later it is still refused")
			}
		})
	}
}

func TestJSONBodiesAreBounded(t *testing.T) {
	o := newOffice(t)
	o.person("anka", "administrator", password)
	session := o.login("anka")
	long := `{"login":"` + strings.Repeat("x", 64<<10) + `"}`
	bomb := string(gzipped(t, strings.NewReader(`{"login":"`+strings.Repeat("x", 10<<20)+`"}`)))
	for _, path := range []string{"/api/v1/enrol", "/api/v1/session", "/api/v1/users", "/api/v1/invites"} {
		for encoding, body := range map[string]string{"": long, "gzip": bomb} {
			header := map[string]string{"Content-Type": "application/json", "Content-Encoding": encoding}
			maps.Copy(header, session)
			before := o.rows("audit")
			got := o.do(call{"POST", path, header, strings.NewReader(body)})
			if p := got.problem(); p.Code != syncproto.CodeBodyTooLarge || !safe.MatchString(p.Detail) {
				t.Errorf("%s answers a long body (%s) %d %s", path, encoding, got.status, got.body)
			}
			sameRows(t, path, before, o.rows("audit"))
		}
		for _, body := range []string{"", "{", "[]", `{"areas":7}`, "\xff"} {
			got := o.do(jsonText("POST", path, session, body))
			if p := got.problem(); p.Code != syncproto.CodeBadRequest && p.Code != syncproto.CodeCodeInvalid && p.Code != syncproto.CodeLoginFailed {
				t.Errorf("%s answers the body %q with %d %s", path, body, got.status, got.body)
			}
		}
		o.ahead.Add(int64(time.Hour))
	}
}

func jsonText(method, path string, header map[string]string, body string) call {
	all := map[string]string{"Content-Type": "application/json"}
	maps.Copy(all, header)
	return call{method, path, all, strings.NewReader(body)}
}

// TestAFailureOfTheServerIsAProblemAndALogLine asks an interface that has no store to answer from.
func TestAFailureOfTheServerIsAProblemAndALogLine(t *testing.T) {
	var log bytes.Buffer
	api := &httpapi.API{Console: console.New(console.Config{}), Log: slog.New(slog.NewJSONHandler(&log, nil)), Metrics: prometheus.NewRegistry(), Now: time.Now}
	o := &office{t: t, handler: api.Handler()}
	got := o.from("127.0.0.1:1", "GET", "/healthz", nil, "")
	p := got.problem()
	if p.Code != syncproto.CodeInternal || p.Request == "" || !safe.MatchString(p.Detail) {
		t.Errorf("it is answered %d %s, want a problem of the server that names the request", got.status, got.body)
	}
	if strings.Contains(got.body, "nil pointer") {
		t.Errorf("the client is told %s", got.body)
	}
	var line struct{ Msg, Level, Request, Stack string }
	if err := json.Unmarshal(bytes.SplitN(log.Bytes(), []byte("\n"), 2)[0], &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "panic" || line.Level != "ERROR" || line.Request != p.Request || !strings.Contains(line.Stack, "health") {
		t.Errorf("the log says %s", log.String())
	}
	for _, part := range []string{`"status":500`, fmt.Sprintf(`"request":%q`, p.Request)} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %s: %s", part, log.String())
		}
	}
}
