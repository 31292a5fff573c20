package httpapi_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"satchel/server"
	"satchel/server/internal/store/storetest"
)

// pageRules has one entry for each route of the console, as rules has for the others.
func pageRules() map[string]ruleOf {
	all := map[string]ruleOf{}
	for _, some := range []map[string]ruleOf{doorRules(), tabletRules(), registryRules(), settingsRules(), programmeRules(), deskRules()} {
		maps.Copy(all, some)
	}
	return all
}

func doorRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /":             {everybody(303), plain("GET", "/")},
		"GET /assets/:name": {everybody(200), plain("GET", "/assets/console.css")},
		"GET /app":          {everybody(308), plain("GET", "/app")},
		"GET /app/*":        {everybody(200), plain("GET", "/app/")},
		"GET /login":        {shown(303, 200), plain("GET", "/login")},
		"POST /login":       {everybody(401), form("POST", "/login", "login", "ana", "password", tooLong())},
		"POST /logout":      {sessions(303), form("POST", "/logout")},
		"GET /setup":        {everybody(303), plain("GET", "/setup")},
		"POST /setup":       {everybody(401), form("POST", "/setup", "code", "wrong", "login", "x", "name", "X", "password", "1234567890", "password_again", "1234567890")},
		"GET /enrol":        {everybody(200), plain("GET", "/enrol")},
		"GET /enrol/ca.crt": {everybody(404), plain("GET", "/enrol/ca.crt")}, // the office of the test has no authority of its own
		"GET /account":      {readable(sessions(200)), plain("GET", "/account")},
		"POST /account":     {sessions(422), form("POST", "/account", "present_password", tooLong(), "password", "1234567890", "password_again", "1234567890")},
		"POST /language":    {everybody(303), form("POST", "/language", "language", "sq", "next", "//elsewhere")},
		"GET /live":         {readable(sessions(200)), plain("GET", "/live")},
	}
}

func tabletRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /tablets":             {readable(sessions(200)), plain("GET", "/tablets")},
		"GET /tablets/export":      {readable(sessions(200)), plain("GET", "/tablets/export")},
		"GET /tablets/invite":      {readable(sessions(200)), plain("GET", "/tablets/invite")},
		"GET /tablets/invitations": {readable(sessions(200)), plain("GET", "/tablets/invitations")},
		"POST /tablets/invite": {inB(200), func(b *besieged) call {
			return form("POST", "/tablets/invite", "name", "new", "holder", b.workerB.String(), "area", b.b.String())(b)
		}},
		"GET /tablets/rescue":  {readable(onlyAdmin(200)), plain("GET", "/tablets/rescue")},
		"POST /tablets/rescue": {onlyAdmin(422), form("POST", "/tablets/rescue", "passphrase", "p")},
		"GET /tablets/:id": {readable(unseenInB(200)), func(b *besieged) call {
			return plain("GET", "/tablets/"+b.victim.id.String())(b)
		}},
		"POST /tablets/:id/name":   {unseenInB(303), ofSpare("name", "name", "Another")},
		"POST /tablets/:id/areas":  {unseenInB(303), func(b *besieged) call { return ofSpare("areas", "area", b.b.String())(b) }},
		"POST /tablets/:id/revoke": {unseenInB(303), ofSpare("revoke")},
	}
}

func registryRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /households":  {readable(sessions(200)), plain("GET", "/households")},
		"POST /households": {sessions(200), form("POST", "/households", "text", "canary")},
		"GET /households/:id": {readable(unseenInB(200)), func(b *besieged) call {
			return plain("GET", "/households/"+b.household.String())(b)
		}},
		"GET /blobs/:record/:sha256": {readable(unseenInB(200)), func(b *besieged) call {
			record, p := b.photographed()
			return plain("GET", "/blobs/"+record.String()+"/"+p.SHA256)(b)
		}},
		"GET /lists/:collection": {readable(sessions(200)), plain("GET", "/lists/people")},
		"GET /records/:collection/:id/history": {readable(unseenInB(200)), func(b *besieged) call {
			return plain("GET", "/records/households/"+b.household.String()+"/history")(b)
		}},
		"GET /records/:collection/new": {readable(sessions(200)), func(b *besieged) call {
			return plain("GET", "/records/people/new?household="+b.household.String())(b)
		}},
		"POST /records/:collection/new": {inB(303), func(b *besieged) call {
			return form("POST", "/records/households/new", "id", newID(b.t).String(), "f.head_name", "New", "f.status", "idp", "f.area", b.b.String())(b)
		}},
		"GET /records/:collection/:id": {readable(inB(200)), func(b *besieged) call {
			return plain("GET", "/records/households/"+b.household.String())(b)
		}},
		"POST /records/:collection/:id": {inB(303), func(b *besieged) call {
			return form("POST", "/records/households/"+b.household.String(), "f.address", "elsewhere")(b)
		}},
		"GET /records/:collection/:id/delete": {readable(inB(200)), func(b *besieged) call {
			return plain("GET", "/records/households/"+b.household.String()+"/delete")(b)
		}},
		"POST /records/:collection/:id/delete": {inB(303), func(b *besieged) call {
			return form("POST", "/records/households/"+b.household.String()+"/delete", "deed", "restore")(b)
		}},
	}
}

func settingsRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /settings/feeds":                {readable(onlyAdmin(200)), plain("GET", "/settings/feeds")},
		"POST /settings/feeds":               {onlyAdmin(200), form("POST", "/settings/feeds", "name", "x", "collection", "visits", "days", "30")},
		"POST /settings/feeds/:id/revoke":    {onlyAdmin(404), form("POST", "/settings/feeds/"+unknown+"/revoke")},
		"POST /settings/webhooks":            {onlyAdmin(200), form("POST", "/settings/webhooks", "url", "https://x.example", "kind", "record.changed")},
		"GET /settings/webhooks/:id":         {readable(onlyAdmin(404)), plain("GET", "/settings/webhooks/"+unknown)},
		"POST /settings/webhooks/:id/resume": {onlyAdmin(404), form("POST", "/settings/webhooks/"+unknown+"/resume")},
		"POST /settings/webhooks/:id/end":    {onlyAdmin(404), form("POST", "/settings/webhooks/"+unknown+"/end")},
		"GET /settings":                      {readable(onlyAdmin(200)), plain("GET", "/settings")},
		"GET /settings/areas":                {readable(onlyAdmin(200)), plain("GET", "/settings/areas")},
		"GET /settings/projects":             {readable(onlyAdmin(200)), plain("GET", "/settings/projects")},
		"GET /settings/assistance_types":     {readable(onlyAdmin(200)), plain("GET", "/settings/assistance_types")},
		"GET /settings/questionnaires":       {readable(onlyAdmin(200)), plain("GET", "/settings/questionnaires")},
		"GET /settings/users":                {readable(onlyAdmin(200)), plain("GET", "/settings/users")},
		"GET /settings/users/new":            {readable(onlyAdmin(200)), plain("GET", "/settings/users/new")},
		"POST /settings/users/new": {onlyAdmin(303), func(b *besieged) call {
			return form("POST", "/settings/users/new", "login", newID(b.t).String(), "name", "New", "role", "worker", "area", b.b.String())(b)
		}},
		"GET /settings/users/:id": {readable(onlyAdmin(200)), func(b *besieged) call {
			return plain("GET", "/settings/users/"+b.workerB.String())(b)
		}},
		"POST /settings/users/:id": {onlyAdmin(303), func(b *besieged) call {
			return form("POST", "/settings/users/"+b.workerB.String(), "name", canaryWorker+" again", "role", "worker", "active", "yes",
				"area", b.b.String(), "was.role", "worker", "was.active", "yes")(b)
		}},
		"GET /settings/import":          {readable(onlyAdmin(200)), plain("GET", "/settings/import")},
		"POST /settings/import":         {onlyAdmin(422), form("POST", "/settings/import", "collection", "areas")},
		"POST /settings/import/confirm": {onlyAdmin(409), form("POST", "/settings/import/confirm", "token", "wrong")},
		"GET /settings/audit":           {readable(onlyAdmin(200)), plain("GET", "/settings/audit")},
	}
}

func programmeRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /programme/define": {readable(onlyAdmin(200)), plain("GET", "/programme/define")},
		"POST /programme/define": {onlyAdmin(303), func(b *besieged) call {
			return form("POST", "/programme/define", "code", newID(b.t).String(), "title", "visits", "definition", `{"of":"visits"}`)(b)
		}},
		"POST /programme/targets": {onlyAdmin(303), func(b *besieged) call {
			return form("POST", "/programme/targets", "code", b.indicator(), "value", "12")(b)
		}},
		"POST /programme/undefine": {onlyAdmin(303), func(b *besieged) call {
			return form("POST", "/programme/undefine", "code", b.indicator())(b)
		}},
		"GET /programme":              {readable(inB(200)), inAreaB("/programme")},
		"GET /programme/report":       {readable(sessions(200)), plain("GET", "/programme/report?small=0")},
		"GET /programme/restatements": {readable(sessions(200)), plain("GET", "/programme/restatements")},
		"GET /programme/ground/:zoom/:column/:row": {readable(sessions(200)), func(b *besieged) call {
			return plain("GET", b.ground())(b)
		}},
		"GET /programme/tables/:file": {readable(inB(200)), inAreaB("/programme/tables/restated.csv")},
		"GET /programme/indicators/:code": {readable(sessions(200)), func(b *besieged) call {
			return plain("GET", "/programme/indicators/"+b.indicator()+"?small=0&level=municipality")(b)
		}},
		"GET /programme/indicators/:code/:file": {readable(inB(200)), func(b *besieged) call {
			return inAreaB("/programme/indicators/" + b.indicator() + "/month.csv")(b)
		}},
	}
}

// inAreaB asks for the figures of area b.
func inAreaB(path string) func(*besieged) call {
	return func(b *besieged) call { return plain("GET", path+"?small=0&area="+b.b.String())(b) }
}

// ground gives the address of a tile that lies under maps.
func (b *besieged) ground() string {
	b.t.Helper()
	file := filepath.Join(b.dir, server.GroundFile)
	if _, err := os.Stat(file); err != nil {
		storetest.Tiles(b.t, file, "png", map[[3]int]string{{}: "picture"})
	}
	return "/programme/ground/0/0/0"
}

// indicator defines one, and gives its code.
func (b *besieged) indicator() string {
	b.t.Helper()
	if _, err := b.srv.SetIndicator(b.t.Context(), b.admin, "VISITS", "visits", `{"of":"visits"}`); err != nil {
		b.t.Fatal(err)
	}
	return "VISITS"
}

// shown are the statuses of a page for anybody that answers who is logged in otherwise.
func shown(known, others int) map[string]int {
	out := everybody(others)
	for _, caller := range []string{coordinatorA, coordinatorB, adminUser, noTokenA, noTokenAdmin} {
		out[caller] = known
	}
	return out
}

// unseenInB are the answers of what a coordinator of other areas does not even see.
func unseenInB(status int) map[string]int {
	return map[string]int{coordinatorA: 404, coordinatorB: status, adminUser: status}
}

// ofSpare sends a form about a device of area b.
func ofSpare(what string, fields ...string) func(*besieged) call {
	return func(b *besieged) call { return form("POST", "/tablets/"+b.spare().String()+"/"+what, fields...)(b) }
}

// form makes a call that sends a form of names and values, in turn.
func form(method, path string, fields ...string) func(*besieged) call {
	return func(*besieged) call {
		values := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			values.Add(fields[i], fields[i+1])
		}
		return call{method, path, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, strings.NewReader(values.Encode())}
	}
}
