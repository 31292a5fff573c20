package httpapi_test

import (
	"net/url"
	"strings"
)

// pageRules has one entry for each route of the console, as rules has for the others.
func pageRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /":             {everybody(303), plain("GET", "/")},
		"GET /assets/:name": {everybody(200), plain("GET", "/assets/console.css")},
		"GET /login":        {shown(303, 200), plain("GET", "/login")},
		"POST /login":       {everybody(401), form("POST", "/login", "login", "ana", "password", tooLong())},
		"POST /logout":      {sessions(303), form("POST", "/logout")},
		"GET /setup":        {everybody(303), plain("GET", "/setup")},
		"POST /setup":       {everybody(401), form("POST", "/setup", "code", "wrong", "login", "x", "name", "X", "password", "1234567890", "password_again", "1234567890")},
		"POST /language":    {everybody(303), form("POST", "/language", "language", "sq", "next", "//elsewhere")},
		"GET /live":         {readable(sessions(200)), plain("GET", "/live")},

		"GET /tablets": {readable(sessions(200)), plain("GET", "/tablets")},
	}
}

// shown are the statuses of a page for anybody that answers who is logged in otherwise.
func shown(known, others int) map[string]int {
	out := everybody(others)
	for _, caller := range []string{coordinatorA, coordinatorB, adminUser, noTokenA, noTokenAdmin} {
		out[caller] = known
	}
	return out
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
