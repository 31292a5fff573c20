package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/syncproto"
)

// The callers of the tests of access. Those of area a, and those without an area, must learn nothing
// of area b.
const (
	nobody       = "nobody"
	tabletA      = "device of area a"
	tabletB      = "device of area b"
	revoked      = "revoked device of area a"
	worker       = "worker without a login"
	coordinatorA = "coordinator of a"
	coordinatorB = "coordinator of b"
	adminUser    = "administrator"
	noTokenA     = "coordinator of a without the session's CSRF token"
	noTokenAdmin = "administrator without the session's CSRF token"
	readerA      = "reader of a feed of area a"
	readerB      = "reader of a feed of area b"
	gone         = "reader of a feed that was revoked"
)

// A ruleOf a route says who may use it, and how it is tried. Every route needs one: who adds a route
// says here who may use it.
type ruleOf struct {
	// may names the callers that are let in, with what they are answered.
	may map[string]int
	// try makes a call that would read or change something of area b.
	try func(b *besieged) call
}

// Statuses for all who may.
func everybody(status int) map[string]int {
	out := devices(status)
	for caller, status := range sessions(status) {
		out[caller] = status
	}
	for _, caller := range []string{nobody, worker, noTokenA, noTokenAdmin, readerA, readerB, gone} {
		out[caller] = status
	}
	return out
}

func devices(status int) map[string]int {
	return map[string]int{tabletA: status, tabletB: status, revoked: status}
}

func sessions(status int) map[string]int {
	return map[string]int{coordinatorA: status, coordinatorB: status, adminUser: status}
}

// readable says that reading needs no CSRF token.
func readable(by map[string]int) map[string]int {
	if status, ok := by[coordinatorA]; ok {
		by[noTokenA] = status
	}
	by[noTokenAdmin] = by[adminUser]
	return by
}

// inB are the answers of what reaches into area b: a coordinator decides only about the own areas.
func inB(status int) map[string]int {
	return map[string]int{coordinatorA: 403, coordinatorB: status, adminUser: status}
}

// readers are those who have a token of a feed.
func readers() map[string]int { return map[string]int{readerA: 200, readerB: 200} }

func onlyAdmin(status int) map[string]int { return map[string]int{adminUser: status} }

// tooLong gives a wrong password that costs no time to refuse.
func tooLong() string { return strings.Repeat("x", 2000) }

// rules has one entry for each route.
func rules() map[string]ruleOf {
	all := map[string]ruleOf{
		"GET /healthz": {everybody(200), plain("GET", "/healthz")},
		// Everybody on the same machine; TestMetricsAreForTheSameMachine tries others.
		"GET /metrics":             {everybody(200), plain("GET", "/metrics")},
		"GET /api/v1/openapi.json": {everybody(200), plain("GET", "/api/v1/openapi.json")},

		"POST /api/v1/enrol":    {everybody(401), withBody("POST", "/api/v1/enrol", `{"code": "0000-0000-0000"}`)},
		"POST /api/v1/token":    {everybody(401), withBody("POST", "/api/v1/token", `{"refresh": "wrong"}`)},
		"POST /api/v1/identity": {devices(201), withBody("POST", "/api/v1/identity", `{}`)},
		"POST /api/v1/sync":     {devices(200), (*besieged).pull},
		"POST /api/v1/sync/end": {devices(200), withBody("POST", "/api/v1/sync/end", `{}`)},

		"POST /api/v1/setup": {
			everybody(422), withBody("POST", "/api/v1/setup", `{"code": "wrong", "login": "x", "name": "X"}`),
		},
		"POST /api/v1/session":   {everybody(401), withBody("POST", "/api/v1/session", `{"login": "ana", "password": "`+tooLong()+`"}`)},
		"GET /api/v1/session":    {readable(sessions(200)), plain("GET", "/api/v1/session")},
		"DELETE /api/v1/session": {sessions(204), plain("DELETE", "/api/v1/session")},

		"GET /api/v1/users":   {readable(onlyAdmin(200)), plain("GET", "/api/v1/users")},
		"POST /api/v1/users":  {onlyAdmin(201), (*besieged).addUser},
		"GET /api/v1/devices": {readable(sessions(200)), plain("GET", "/api/v1/devices")},
		"POST /api/v1/invites": {inB(201), func(b *besieged) call {
			return withBody("POST", "/api/v1/invites", fmt.Sprintf(`{"name": "new", "holder": %q, "areas": [%q]}`, b.workerB, b.b))(b)
		}},
		"PUT /api/v1/devices/:id/areas": {inB(204), func(b *besieged) call {
			return withBody("PUT", "/api/v1/devices/"+b.spare().String()+"/areas", fmt.Sprintf(`{"areas": [%q]}`, b.b))(b)
		}},
		"POST /api/v1/devices/:id/revoke": {inB(204), func(b *besieged) call {
			return plain("POST", "/api/v1/devices/"+b.spare().String()+"/revoke")(b)
		}},

		"GET /api/v1/conflicts": {readable(onlyAdmin(200)), func(b *besieged) call {
			b.collide()
			return plain("GET", "/api/v1/conflicts")(b)
		}},
		"GET /api/v1/conflicts/:record/:field": {readable(onlyAdmin(200)), func(b *besieged) call {
			record, _ := b.collide()
			return plain("GET", "/api/v1/conflicts/"+record.String()+"/phone")(b)
		}},
		"POST /api/v1/conflicts/:record/:field/settle": {onlyAdmin(200), func(b *besieged) call {
			record, heads := b.collide()
			return withBody("POST", "/api/v1/conflicts/"+record.String()+"/phone/settle", fmt.Sprintf(`{"value": "1", "heads": [%q, %q]}`, heads[0], heads[1]))(b)
		}},
		"POST /api/v1/changes/:version/undo": {onlyAdmin(200), (*besieged).undo},
		"GET /api/v1/records/:record/history": {readable(onlyAdmin(200)), func(b *besieged) call {
			return plain("GET", "/api/v1/records/"+b.household.String()+"/history")(b)
		}},
		"GET /api/v1/held": {readable(onlyAdmin(200)), func(b *besieged) call {
			b.hold()
			return plain("GET", "/api/v1/held")(b)
		}},
		"POST /api/v1/held/:version/apply": {onlyAdmin(204), func(b *besieged) call {
			return withBody("POST", "/api/v1/held/"+b.hold()+"/apply", `{"fields": {"status": "idp"}}`)(b)
		}},
		"POST /api/v1/held/:version/discard": {onlyAdmin(204), func(b *besieged) call {
			return withBody("POST", "/api/v1/held/"+b.hold()+"/discard", `{"reason": "not so"}`)(b)
		}},
		"GET /api/v1/households/:id/aid": {readable(inB(200)), func(b *besieged) call {
			return plain("GET", "/api/v1/households/"+b.overDeliver().Record.String()+"/aid")(b)
		}},
		"POST /api/v1/households/:id/merge": {onlyAdmin(200), func(b *besieged) call {
			return withBody("POST", "/api/v1/households/"+b.duplicate().String()+"/merge", fmt.Sprintf(`{"into": %q}`, b.household))(b)
		}},
		"POST /api/v1/households/:id/unmerge": {onlyAdmin(200), (*besieged).unmerge},
		"POST /api/v1/rescue":                 {onlyAdmin(422), withBody("POST", "/api/v1/rescue", `{"passphrase": "p", "file": "not one"}`)},
		"GET /api/v1/audit":                   {readable(onlyAdmin(200)), plain("GET", "/api/v1/audit")},
	}
	maps.Copy(all, reviewRules())
	maps.Copy(all, feedRules())
	maps.Copy(all, blobRules())
	return all
}

// blobRules are those of photos and signatures.
func blobRules() map[string]ruleOf {
	onlyB := map[string]int{tabletA: 404, tabletB: 200, revoked: 404}
	return map[string]ruleOf{
		"POST /api/v1/blobs/missing": {devices(200), func(b *besieged) call {
			record, p := b.photographed()
			return withBody("POST", "/api/v1/blobs/missing", fmt.Sprintf(`{"blobs": [{"record": %q, "sha256": %q}]}`, record, p.SHA256))(b)
		}},
		"PATCH /api/v1/blobs/:record/:sha256": {onlyB, func(b *besieged) call {
			record, p := b.photographed()
			header := map[string]string{"Content-Type": "application/octet-stream", "Upload-Offset": "0"}
			return call{"PATCH", blobAddress(record, p.SHA256), header, strings.NewReader(p.content[:10])}
		}},
		"GET /api/v1/blobs/:record/:sha256": {onlyB, func(b *besieged) call {
			record, p := b.photographed()
			return plain("GET", blobAddress(record, p.SHA256))(b)
		}},
	}
}

// reviewRules are those of reviews.
func reviewRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /api/v1/reviews": {readable(onlyAdmin(200)), func(b *besieged) call {
			b.overDeliver()
			return plain("GET", "/api/v1/reviews")(b)
		}},
		"GET /api/v1/reviews/:id": {readable(onlyAdmin(200)), func(b *besieged) call {
			return plain("GET", "/api/v1/reviews/"+b.overDeliver().ID.String())(b)
		}},
		"POST /api/v1/reviews/:id/decide": {onlyAdmin(204), func(b *besieged) call {
			item := b.overDeliver()
			return withBody("POST", "/api/v1/reviews/"+item.ID.String()+"/decide", fmt.Sprintf(`{"decision": "accepted", "reason": "x", "digest": %q}`, item.Digest))(b)
		}},
		"POST /api/v1/reviews/:id/reopen": {onlyAdmin(204), func(b *besieged) call {
			item := b.overDeliver()
			if b.letIn {
				b.decide(item)
			}
			return withBody("POST", "/api/v1/reviews/"+item.ID.String()+"/reopen", `{"reason": "x"}`)(b)
		}},
		"POST /api/v1/reviews/:id/assign": {onlyAdmin(204), func(b *besieged) call {
			return withBody("POST", "/api/v1/reviews/"+b.overDeliver().ID.String()+"/assign", fmt.Sprintf(`{"user": %q}`, b.workerB))(b)
		}},
	}
}

// feedRules are those of feeds.
func feedRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /api/v1/feeds": {readable(onlyAdmin(200)), func(b *besieged) call {
			b.feed(canaryName, b.b)
			return plain("GET", "/api/v1/feeds")(b)
		}},
		"POST /api/v1/feeds": {onlyAdmin(201), func(b *besieged) call {
			return withBody("POST", "/api/v1/feeds", fmt.Sprintf(`{"name": "x", "collections": ["people"], "area": %q, "expires": %d}`, b.b, b.now().Add(time.Hour).UnixMilli()))(b)
		}},
		"POST /api/v1/feeds/:id/revoke": {onlyAdmin(204), func(b *besieged) call {
			id, _ := b.feed(canaryName, b.b)
			return plain("POST", "/api/v1/feeds/"+id.String()+"/revoke")(b)
		}},
		"GET /api/v1/webhooks": {readable(onlyAdmin(200)), func(b *besieged) call {
			b.webhook()
			return plain("GET", "/api/v1/webhooks")(b)
		}},
		"POST /api/v1/webhooks": {onlyAdmin(201), withBody("POST", "/api/v1/webhooks", `{"url": "https://donor.example/satchel", "kind": "record.changed"}`)},
		"GET /api/v1/webhooks/:id/deliveries": {readable(onlyAdmin(200)), func(b *besieged) call {
			return plain("GET", "/api/v1/webhooks/"+b.webhook()+"/deliveries")(b)
		}},
		"POST /api/v1/webhooks/:id/resume": {onlyAdmin(204), func(b *besieged) call {
			return plain("POST", "/api/v1/webhooks/"+b.webhook()+"/resume")(b)
		}},
		"POST /api/v1/webhooks/:id/end": {onlyAdmin(204), func(b *besieged) call {
			return plain("POST", "/api/v1/webhooks/"+b.webhook()+"/end")(b)
		}},
		"GET /feeds/csv/:collection":          {readers(), plain("GET", "/feeds/csv/households")},
		"GET /feeds/json/:collection":         {readers(), plain("GET", "/feeds/json/households")},
		"GET /feeds/odata":                    {readers(), plain("GET", "/feeds/odata/")},
		"GET /feeds/odata/$metadata":          {readers(), plain("GET", "/feeds/odata/$metadata")},
		"GET /feeds/odata/:collection":        {readers(), plain("GET", "/feeds/odata/households")},
		"GET /feeds/odata/:collection/$count": {readers(), plain("GET", "/feeds/odata/households/$count")},
	}
}

func plain(method, path string) func(*besieged) call {
	return func(*besieged) call { return call{method: method, path: path} }
}

func withBody(method, path, body string) func(*besieged) call {
	return func(*besieged) call {
		return call{method, path, map[string]string{"Content-Type": "application/json"}, strings.NewReader(body)}
	}
}

// A caller is somebody with or without credentials.
type caller struct {
	name   string
	header map[string]string
	device *tablet
}

// everyCaller is in the order in which they try.
func everyCaller() []string {
	return []string{nobody, worker, gone, readerA, readerB, revoked, tabletA, tabletB, noTokenA, coordinatorA, coordinatorB, noTokenAdmin, adminUser}
}

// callers gives a function that gives everybody valid credentials.
func (b *besieged) callers() func(name string) caller {
	workerA := b.person("worker.of.a", "worker", "", b.a)
	b.person("cora", "coordinator", password, b.a)
	b.person("cvetko", "coordinator", password, b.b)
	b.person("anka", "administrator", password)
	former := b.tablet("Tablet of a", workerA, b.a)
	former.revoke()
	own := map[string]*tablet{tabletA: b.tablet("Tablet of a", workerA, b.a), tabletB: b.victim, revoked: former}
	tokens := map[string]string{}
	for name, area := range map[string]uuid.UUID{readerA: b.a, readerB: b.b, gone: b.b} {
		var id uuid.UUID
		if id, tokens[name] = b.feed("Reader", area); name == gone {
			if err := b.srv.Accounts.RevokeFeedToken(b.t.Context(), b.admin, id); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	logins := map[string]string{coordinatorA: "cora", coordinatorB: "cvetko", adminUser: "anka", noTokenA: "cora", noTokenAdmin: "anka"}
	kept := map[string]map[string]string{}
	return func(name string) caller {
		if d := own[name]; d != nil {
			return caller{name, d.bearer(), d}
		}
		if token := tokens[name]; token != "" {
			return caller{name: name, header: basic(token)}
		}
		login, ok := logins[name]
		if !ok {
			return caller{name: name, header: map[string]string{"Cookie": "satchel_session=" + newID(b.t).String()}}
		}
		if kept[login] == nil || b.do(call{"GET", "/api/v1/session", kept[login], nil}).status != http.StatusOK {
			kept[login] = b.login(login)
		}
		header := map[string]string{"Cookie": kept[login]["Cookie"]}
		if name != noTokenA && name != noTokenAdmin {
			header["X-CSRF-Token"] = kept[login]["X-CSRF-Token"]
		}
		return caller{name: name, header: header}
	}
}

func TestEveryRouteIsForThoseOfItsRule(t *testing.T) {
	nothingToRace(t)
	b := newBesieged(t)
	as := b.callers()
	router, ok := b.handler.(*echo.Echo)
	if !ok {
		t.Fatal("the handler is not the router any more: find another way to its routes")
	}
	rules, pages := rules(), pageRules()
	maps.Copy(rules, pages)
	for _, route := range router.Routes() {
		name := route.Method + " " + route.Path
		rule, ok := rules[name]
		delete(rules, name)
		if !ok {
			t.Errorf("%s has no rule: say in rules who may use it", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, who := range everyCaller() {
				b.caller = as(who)
				_, page := pages[name]
				b.besiege(t, route.Path, rule, page)
			}
		})
	}
	for name := range rules {
		t.Errorf("there is a rule for %s, which is no route", name)
	}
	for _, canary := range []string{canaryName, canaryPhone, canaryWorker, canaryTablet} {
		if strings.Contains(b.log.String(), canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}

// besiege tries a route as one caller, who must get and do what the rule says and nothing else. Whom a page is not for is told so
// by a page, or shown where to log in.
func (b *besieged) besiege(t *testing.T, path string, rule ruleOf, page bool) {
	t.Helper()
	_, b.letIn = rule.may[b.caller.name]
	try := rule.try(b)
	header := map[string]string{}
	for _, from := range []map[string]string{b.caller.header, try.header} {
		for name, value := range from {
			header[name] = value
		}
	}
	try.header = header
	what := fmt.Sprintf("%s %s by %s", try.method, try.path, b.caller.name)
	status, code := rule.answer(try.method, b.caller.name)
	if page {
		code = ""
		if status == http.StatusUnauthorized && try.method == http.MethodGet {
			status = http.StatusSeeOther
		}
	}
	all, ofB := b.rows("audit"), b.rowsOf(b.b)
	sent := b.spy(&try)
	got := b.do(try)
	conforms(t, try.method, path, sent, got)
	if got.status != status || code != "" && got.problem().Code != code {
		t.Errorf("%s is answered %d %.300q, want %d %q", what, got.status, got.body, status, code)
	}
	if rule.may[nobody] >= 400 || rule.may[readerA] != 0 && got.status == http.StatusUnauthorized && header["Authorization"] != "" {
		b.ahead.Add(int64(6 * time.Second)) // the next try in vain is free again
	}
	if got.status >= 400 {
		sameRows(t, what, all, b.rows("audit"))
	}
	if slices.Contains([]string{tabletB, coordinatorB, readerB, adminUser, noTokenAdmin}, b.caller.name) {
		return
	}
	sameRows(t, what, ofB, b.rowsOf(b.b))
	for _, canary := range []string{canaryName, canaryPhone, canaryWorker, canaryTablet} {
		if strings.Contains(got.bytes(), canary) {
			t.Errorf("%s brings %q of area b", what, canary)
		}
	}
}

// spy gives the body of a call, and has it sent as well.
func (b *besieged) spy(c *call) string {
	b.t.Helper()
	if c.body == nil {
		return ""
	}
	text, err := io.ReadAll(c.body)
	if err != nil {
		b.t.Fatal(err)
	}
	c.body = bytes.NewReader(text)
	return string(text)
}

// answer gives what a caller has to be answered, and the code where it is refused.
func (r ruleOf) answer(method, who string) (int, syncproto.Code) {
	if status, may := r.may[who]; may {
		return status, map[int]syncproto.Code{http.StatusForbidden: syncproto.CodeForbidden}[status]
	}
	_, forDevices := r.may[tabletA]
	_, forReaders := r.may[readerA]
	isDevice := slices.Contains([]string{tabletA, tabletB, revoked}, who)
	hasSession := !isDevice && !slices.Contains([]string{nobody, worker, readerA, readerB, gone}, who)
	lacksToken := method != http.MethodGet && (who == noTokenA || who == noTokenAdmin)
	switch {
	case forReaders, forDevices && !isDevice, !forDevices && !hasSession:
		return http.StatusUnauthorized, syncproto.CodeUnauthorized
	case lacksToken:
		return http.StatusForbidden, syncproto.CodeCSRF
	}
	return http.StatusForbidden, syncproto.CodeForbidden
}
