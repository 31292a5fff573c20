package httpapi_test

import (
	"strings"

	"satchel/server"
)

// deskRules has one entry for each route of the desk at which administrators decide. An item is about a household of area b.
func deskRules() map[string]ruleOf {
	return map[string]ruleOf{
		"GET /review":         {readable(onlyAdmin(200)), plain("GET", "/review")},
		"GET /review/decided": {readable(onlyAdmin(200)), plain("GET", "/review/decided")},
		"GET /review/bulk":    {readable(onlyAdmin(200)), plain("GET", "/review/bulk?collection=households&field=phone")},
		"POST /review/bulk":   {onlyAdmin(409), form("POST", "/review/bulk", "collection", "households", "field", "phone", "keep", "later", "reason", "x", "digest", "of nothing")},
		"POST /review/undo":   {onlyAdmin(404), form("POST", "/review/undo", "version", unknown+":1", "reason", "x")},
		"GET /review/:id": {readable(onlyAdmin(200)), func(b *besieged) call {
			return plain("GET", "/review/"+b.overDeliver().ID.String())(b)
		}},
		"POST /review/:id/settle":  {onlyAdmin(404), ofItem("settle", "field", "phone", "heads.phone", unknown+":1", "take.phone", "other", "other.phone", "1", "reason", "x")},
		"POST /review/:id/held":    {onlyAdmin(409), ofItem("held", "deed", "discard", "version", unknown+":1", "reason", "x")},
		"POST /review/:id/merge":   {onlyAdmin(422), ofItem("merge", "into", unknown)},
		"POST /review/:id/cancel":  {onlyAdmin(303), ofItem("cancel", "reason", "entered twice")},
		"POST /review/:id/restore": {onlyAdmin(422), ofItem("restore", "reason", "x")},
		"POST /review/:id/decide":  {onlyAdmin(303), ofItem("decide", "decision", "accepted", "reason", "x")},
		"POST /review/:id/reopen": {onlyAdmin(303), func(b *besieged) call {
			item := b.overDeliver()
			if b.letIn {
				b.decide(item)
			}
			return sendItem(b, item, "reopen", "reason", "x")
		}},
		"POST /review/:id/assign": {onlyAdmin(303), ofItem("assign", "user", "me")},
		"POST /review/:id/ask":    {onlyAdmin(303), ofItem("ask", "text", "Which is it?")},
	}
}

// ofItem sends a form about a new item, as somebody who looked at it would.
func ofItem(what string, fields ...string) func(*besieged) call {
	return func(b *besieged) call { return sendItem(b, b.overDeliver(), what, fields...) }
}

func sendItem(b *besieged, item server.Review, what string, fields ...string) call {
	fields = append(fields, "digest", item.Digest)
	if len(item.Facts.Records) > 0 {
		fields = append(fields, "delivery", item.Facts.Records[0].Record.String())
	}
	return form("POST", strings.Join([]string{"/review", item.ID.String(), what}, "/"), fields...)(b)
}
