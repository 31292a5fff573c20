package httpapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"satchel/syncproto"
)

// A badCall is a request that is wrong in one way, and its documented answer.
type badCall struct {
	name string
	// by is who calls: "", "device", "reader", "coordinator" or "administrator".
	by, method, path string
	header           map[string]string
	body             string
	code             syncproto.Code
}

// unknown is an id that nothing has.
const unknown = "019a5b00-0000-7000-8000-00000000000d"

// unknownBlob is the name of content that nobody has.
var unknownBlob = strings.Repeat("0123456789abcdef", 4)

// A bodied route takes JSON; its address and its caller are good.
type bodied struct{ by, method, path string }

func bodiedRoutes() []bodied {
	return []bodied{
		{"", "POST", "/api/v1/enrol"},
		{"", "POST", "/api/v1/token"},
		{"device", "POST", "/api/v1/sync/end"},
		{"device", "POST", "/api/v1/blobs/missing"},
		{"", "POST", "/api/v1/setup"},
		{"", "POST", "/api/v1/session"},
		{"administrator", "POST", "/api/v1/users"},
		{"coordinator", "POST", "/api/v1/invites"},
		{"coordinator", "PUT", "/api/v1/devices/" + unknown + "/areas"},
		{"administrator", "POST", "/api/v1/conflicts/" + unknown + "/phone/settle"},
		{"administrator", "POST", "/api/v1/changes/" + unknown + ":1/undo"},
		{"administrator", "POST", "/api/v1/held/" + unknown + ":1/apply"},
		{"administrator", "POST", "/api/v1/held/" + unknown + ":1/discard"},
		{"administrator", "POST", "/api/v1/households/" + unknown + "/merge"},
		{"administrator", "POST", "/api/v1/households/" + unknown + "/unmerge"},
		{"administrator", "POST", "/api/v1/reviews/" + unknown + "/decide"},
		{"administrator", "POST", "/api/v1/reviews/" + unknown + "/reopen"},
		{"administrator", "POST", "/api/v1/reviews/" + unknown + "/assign"},
		{"administrator", "POST", "/api/v1/rescue"},
		{"administrator", "POST", "/api/v1/feeds"},
		{"administrator", "POST", "/api/v1/webhooks"},
	}
}

// badBodies spoils the body of each route that takes one.
func badBodies() (all []badCall) {
	json := map[string]string{"Content-Type": "application/json"}
	encoded := func(encoding string) map[string]string {
		return map[string]string{"Content-Type": "application/json", "Content-Encoding": encoding}
	}
	for _, r := range bodiedRoutes() {
		add := func(name string, header map[string]string, body string, code syncproto.Code) {
			all = append(all, badCall{name + " for " + r.path, r.by, r.method, r.path, header, body, code})
		}
		add("no media type", nil, "{}", syncproto.CodeMediaType)
		add("a form", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "a=b", syncproto.CodeMediaType)
		add("an unknown encoding", encoded("br"), "{}", syncproto.CodeMediaType)
		add("gzip that is none", encoded("gzip"), "{}", syncproto.CodeFrameInvalid)
		add("nothing", json, "", syncproto.CodeBadRequest)
		add("an array", json, "[]", syncproto.CodeBadRequest)
		add("half of an object", json, `{"code":"x`, syncproto.CodeBadRequest)
		add("two objects", json, "{} {}", syncproto.CodeBadRequest)
		add("a raw NUL", json, "{\"x\":\"a\x00b\"}", syncproto.CodeBadRequest)
		add("what nests without end", json, strings.Repeat(`{"a":`, 12_000), syncproto.CodeBadRequest)
		add("a huge text", json, `{"code":"`+strings.Repeat("x", 2<<20)+`"}`, syncproto.CodeBodyTooLarge)
	}
	return all
}

// badIDs spells ids in the address in ways in which they are not spelled.
func badIDs() (all []badCall) {
	spellings := []string{
		strings.ToUpper(unknown), "%7B" + unknown + "%7D", "urn:uuid:" + unknown, strings.ReplaceAll(unknown, "-", ""),
		"1", "-1", "..%2F..%2Fetc%2Fpasswd", "%00", "%FF", "null", strings.Repeat("a", 5000), unknown + "%0A",
	}
	for _, r := range []struct{ by, method, before, after string }{
		{"coordinator", "PUT", "/api/v1/devices/", "/areas"},
		{"coordinator", "POST", "/api/v1/devices/", "/revoke"},
		{"administrator", "GET", "/api/v1/conflicts/", "/phone"},
		{"administrator", "POST", "/api/v1/conflicts/", "/phone/settle"},
		{"administrator", "GET", "/api/v1/records/", "/history"},
		{"administrator", "POST", "/api/v1/changes/", "/undo"},
		{"administrator", "POST", "/api/v1/held/", "/apply"},
		{"administrator", "POST", "/api/v1/held/", "/discard"},
		{"coordinator", "GET", "/api/v1/households/", "/aid"},
		{"administrator", "POST", "/api/v1/households/", "/merge"},
		{"administrator", "POST", "/api/v1/households/", "/unmerge"},
		{"administrator", "GET", "/api/v1/held?after=", ""},
		{"administrator", "POST", "/api/v1/feeds/", "/revoke"},
		{"administrator", "GET", "/api/v1/webhooks/", "/deliveries"},
		{"device", "GET", "/api/v1/blobs/", "/" + unknownBlob},
		{"device", "PATCH", "/api/v1/blobs/", "/" + unknownBlob},
		{"device", "GET", "/api/v1/blobs/" + unknown + "/", ""},
		{"administrator", "POST", "/api/v1/webhooks/", "/resume"},
		{"administrator", "POST", "/api/v1/webhooks/", "/end"},
	} {
		for _, id := range spellings {
			all = append(all, badCall{
				fmt.Sprintf("the id %.40s for %s %s", id, r.method, r.before), r.by, r.method, r.before + id + r.after,
				map[string]string{"Content-Type": "application/json"},
				`{"areas":[],"reason":"x"}`, syncproto.CodeBadRequest,
			})
		}
	}
	return all
}

// badCredentials are wrong, or another's, or lack their half.
func badCredentials() []badCall {
	with := func(name, value string) map[string]string { return map[string]string{name: value} }
	return []badCall{
		{"no session", "", "GET", "/api/v1/users", nil, "", syncproto.CodeUnauthorized},
		{"a session that is none", "", "GET", "/api/v1/users", with("Cookie", "satchel_session=AAAA"), "", syncproto.CodeUnauthorized},
		{"an empty session", "", "GET", "/api/v1/users", with("Cookie", "satchel_session="), "", syncproto.CodeUnauthorized},
		{"a cookie that is none", "", "GET", "/api/v1/users", with("Cookie", ";;;=\""), "", syncproto.CodeUnauthorized},
		{"a session as a token", "administrator", "POST", "/api/v1/identity", nil, "", syncproto.CodeUnauthorized},
		{"a token as a session", "device", "GET", "/api/v1/users", nil, "", syncproto.CodeUnauthorized},
		{"a token in another scheme", "", "POST", "/api/v1/identity", with("Authorization", "Basic eDp5"), "", syncproto.CodeUnauthorized},
		{"a token without a scheme", "", "POST", "/api/v1/identity", with("Authorization", "x.y.z"), "", syncproto.CodeUnauthorized},
		{"an empty token", "", "POST", "/api/v1/identity", with("Authorization", "Bearer "), "", syncproto.CodeUnauthorized},
		{"a huge token", "", "POST", "/api/v1/identity", with("Authorization", "Bearer "+strings.Repeat("x", 10_000)), "", syncproto.CodeUnauthorized},
		{"a feed without a token", "", "GET", "/feeds/odata", nil, "", syncproto.CodeUnauthorized},
		{"a feed with a wrong token", "", "GET", "/feeds/csv/households", basic("satchel-feed-AAAA"), "", syncproto.CodeUnauthorized},
		{"a feed with an empty token", "", "GET", "/feeds/csv/households", basic(""), "", syncproto.CodeUnauthorized},
		{"a feed with a token in the address", "", "GET", "/feeds/csv/households?token=x&access_token=x", nil, "", syncproto.CodeUnauthorized},
		{"a feed with a session", "administrator", "GET", "/feeds/csv/households", nil, "", syncproto.CodeUnauthorized},
		{"a feed with a device's token", "device", "GET", "/feeds/json/households", nil, "", syncproto.CodeUnauthorized},
		{"a feed's token as a session", "reader", "GET", "/api/v1/users", nil, "", syncproto.CodeUnauthorized},
		{"a feed's token as a device's", "reader", "POST", "/api/v1/identity", nil, "", syncproto.CodeUnauthorized},
		{"no CSRF token", "administrator", "POST", "/api/v1/users", with("X-CSRF-Token", ""), "{}", syncproto.CodeCSRF},
		{"a wrong CSRF token", "administrator", "POST", "/api/v1/rescue", with("X-CSRF-Token", "AAAA"), "{}", syncproto.CodeCSRF},
		{"no CSRF token at the end", "coordinator", "DELETE", "/api/v1/session", with("X-CSRF-Token", ""), "", syncproto.CodeCSRF},
		{"a coordinator among the users", "coordinator", "GET", "/api/v1/users", nil, "", syncproto.CodeForbidden},
		{"a coordinator at the conflicts", "coordinator", "GET", "/api/v1/conflicts", nil, "", syncproto.CodeForbidden},
	}
}

// badFeeds ask a feed for what it has not.
func badFeeds() (all []badCall) {
	get := func(name, path string, code syncproto.Code) {
		all = append(all, badCall{name + " of a feed", "reader", "GET", path, nil, "", code})
	}
	get("a collection that there is not", "/feeds/csv/secrets", syncproto.CodeNotFound)
	get("a table that is none of its collections", "/feeds/json/users", syncproto.CodeNotFound)
	get("a collection in capitals", "/feeds/odata/HOUSEHOLDS", syncproto.CodeNotFound)
	get("a collection with a statement behind it", "/feeds/odata/households;DROP%20TABLE%20records", syncproto.CodeNotFound)
	get("a path above it", "/feeds/csv/..%2F..%2Fetc%2Fpasswd", syncproto.CodeNotFound)
	get("a mark that is none", "/feeds/csv/households?bom=perhaps", syncproto.CodeBadRequest)
	get("one record", "/feeds/odata/households("+unknown+")", syncproto.CodeUnsupported)
	get("options that cannot be read", "/feeds/odata/households?$top=%ZZ", syncproto.CodeBadRequest)
	for option, code := range map[string]syncproto.Code{
		"$top=-1": syncproto.CodeBadRequest, "$top=x": syncproto.CodeBadRequest, "$top=99999999999999999999": syncproto.CodeBadRequest,
		"$skip=-1": syncproto.CodeBadRequest, "$skip=1.5": syncproto.CodeBadRequest, "$count=perhaps": syncproto.CodeBadRequest,
		"$skiptoken=x": syncproto.CodeBadRequest, "$skiptoken=' OR 1=1 --": syncproto.CodeBadRequest, "$top=1&$top=2": syncproto.CodeBadRequest,
		"$format=atom": syncproto.CodeMediaType, "$format=json;odata.metadata=full": syncproto.CodeMediaType,
		"$nonsense=1": syncproto.CodeBadRequest, "$expand=area": syncproto.CodeUnsupported, "$search=x": syncproto.CodeUnsupported, "$apply=x": syncproto.CodeUnsupported,
		"$orderby=head_name": syncproto.CodeUnsupported, "$orderby=id desc": syncproto.CodeUnsupported,
		"$select=nothing": syncproto.CodeBadRequest, "$select=id;DROP TABLE records": syncproto.CodeBadRequest, "$select=doc": syncproto.CodeBadRequest,
		"$filter=doc ne null": syncproto.CodeBadRequest, "$filter=head_name": syncproto.CodeBadRequest, "$filter=head_name eq": syncproto.CodeBadRequest,
		"$filter=head_name eq 'x": syncproto.CodeBadRequest, "$filter=head_name eq x": syncproto.CodeBadRequest, "$filter=(head_name eq 'x'": syncproto.CodeBadRequest,
		"$filter=head_name eq 'x')": syncproto.CodeBadRequest, "$filter=head_name eq 'x' OR 1 eq 1": syncproto.CodeBadRequest, "$filter=1 eq 1": syncproto.CodeBadRequest,
		"$filter=head_name like 'x'": syncproto.CodeBadRequest, "$filter=head_name eq '\x00'": syncproto.CodeBadRequest, "$filter=head_name eq '\xff'": syncproto.CodeBadRequest,
		"$filter=displaced_on eq 1999": syncproto.CodeBadRequest, "$filter=area eq 'x'": syncproto.CodeBadRequest, "$filter=position_lat gt NaN": syncproto.CodeBadRequest,
		"$filter=position_lat gt 1e999": syncproto.CodeBadRequest, "$filter=contains(head_name,'x')": syncproto.CodeUnsupported, "$filter=position_lat add 1 eq 2": syncproto.CodeUnsupported,
		"$filter=status in ('idp')": syncproto.CodeUnsupported, "$filter=area/name eq 'x'": syncproto.CodeUnsupported,
		"$filter=" + strings.Repeat("(", 1000): syncproto.CodeBadRequest, "$filter=" + strings.Repeat("not ", 1000): syncproto.CodeBadRequest,
		"$filter=head_name eq '" + strings.Repeat("x", 10_000) + "'": syncproto.CodeBadRequest,
	} {
		name, value, _ := strings.Cut(option, "=")
		if value, more, twice := strings.Cut(value, "&"); twice {
			get(fmt.Sprintf("%.60s", option), "/feeds/odata/households?"+name+"="+value+"&"+more, code)
			continue
		}
		get(fmt.Sprintf("%.60s", option), "/feeds/odata/households?"+name+"="+url.QueryEscape(value), code)
	}
	return all
}

// badBlobs send or ask for photos as nobody should.
func badBlobs() []badCall {
	address := "/api/v1/blobs/" + unknown + "/" + unknownBlob
	with := func(mediaType, offset string, more ...string) map[string]string {
		out := map[string]string{"Content-Type": mediaType, "Upload-Offset": offset}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	patch := func(name string, header map[string]string, body string, code syncproto.Code) badCall {
		return badCall{name + " of a photo", "device", "PATCH", address, header, body, code}
	}
	const octets = "application/octet-stream"
	return []badCall{
		patch("a part of another type", with("image/jpeg", "0"), "x", syncproto.CodeMediaType),
		patch("a packed part", with(octets, "0", "Content-Encoding", "gzip"), "x", syncproto.CodeMediaType),
		patch("a part at no place", with(octets, ""), "x", syncproto.CodeBadRequest),
		patch("a part before the beginning", with(octets, "-1"), "x", syncproto.CodeBadRequest),
		patch("a part in the middle of a byte", with(octets, "1.5"), "x", syncproto.CodeBadRequest),
		patch("a part far beyond the end", with(octets, "9223372036854775807"), "x", syncproto.CodeBadRequest),
		patch("a huge part", with(octets, "0"), strings.Repeat("x", syncproto.MaxChunkBytes+1), syncproto.CodeBodyTooLarge),
		patch("a part that nobody named", with(octets, "0"), "x", syncproto.CodeNotFound),
		{"a photo that nobody named", "device", "GET", address, nil, "", syncproto.CodeNotFound},
		{"a photo with a session", "administrator", "GET", address, nil, "", syncproto.CodeUnauthorized},
		{"records as numbers in a question for photos", "device", "POST", "/api/v1/blobs/missing", map[string]string{"Content-Type": "application/json"}, `{"blobs":[{"record":7}]}`, syncproto.CodeBadRequest},
		{"a question for too many photos", "device", "POST", "/api/v1/blobs/missing", map[string]string{"Content-Type": "application/json"}, `{"blobs":[` + strings.Repeat(`{},`, syncproto.MaxBlobsAsked) + `{}]}`, syncproto.CodeBatchTooLarge},
	}
}

// badMatters are well written, and ask for what there is not or must not be.
func badMatters(v *village) []badCall {
	json := map[string]string{"Content-Type": "application/json"}
	admin := func(name, method, path, body string, code syncproto.Code) badCall {
		return badCall{name, "administrator", method, path, json, body, code}
	}
	own, device := fmt.Sprintf("%q", v.a), "/api/v1/devices/"+v.neighbour.id.String()
	return []badCall{
		admin("an address that there is not", "GET", "/api/v1/nothing", "", syncproto.CodeNotFound),
		admin("an address above all", "GET", "/api/v1/../../etc/passwd", "", syncproto.CodeNotFound),
		admin("an address with a NUL", "GET", "/api/v1/users%00", "", syncproto.CodeNotFound),
		admin("another method", "PATCH", "/api/v1/users", "{}", syncproto.CodeMethodNotAllowed),
		admin("a method that there is not", "BREW", "/api/v1/audit", "", syncproto.CodeMethodNotAllowed),
		admin("a role that there is not", "POST", "/api/v1/users", `{"login":"x","name":"X","role":"king"}`, syncproto.CodeInvalid),
		admin("a login that is taken", "POST", "/api/v1/users", `{"login":"ana","name":"X","role":"worker"}`, syncproto.CodeInvalid),
		admin("a login on two lines", "POST", "/api/v1/users", `{"login":"a\nb","name":"X","role":"worker"}`, syncproto.CodeInvalid),
		admin("a short password", "POST", "/api/v1/users", `{"login":"x","name":"X","role":"coordinator","password":"short","areas":[`+own+`]}`, syncproto.CodeInvalid),
		admin("a huge password", "POST", "/api/v1/users", `{"login":"x","name":"X","role":"administrator","password":"`+tooLong()+`"}`, syncproto.CodeInvalid),
		admin("an area that there is not", "POST", "/api/v1/users", `{"login":"x","name":"X","role":"worker","areas":["`+unknown+`"]}`, syncproto.CodeInvalid),
		admin("areas as a number", "POST", "/api/v1/users", `{"areas":7}`, syncproto.CodeBadRequest),
		admin("an area as a number", "POST", "/api/v1/invites", `{"areas":[7]}`, syncproto.CodeBadRequest),
		admin("an invitation to no area", "POST", "/api/v1/invites", `{"name":"x","holder":"`+v.worker.String()+`","areas":[]}`, syncproto.CodeInvalid),
		admin("an invitation to nowhere", "POST", "/api/v1/invites", `{"name":"x","holder":"`+v.worker.String()+`","areas":["`+unknown+`"]}`, syncproto.CodeInvalid),
		admin("an invitation of nobody", "POST", "/api/v1/invites", `{"name":"x","holder":"`+unknown+`","areas":[`+own+`]}`, syncproto.CodeInvalid),
		admin("an invitation without a name", "POST", "/api/v1/invites", `{"name":" ","holder":"`+v.worker.String()+`","areas":[`+own+`]}`, syncproto.CodeInvalid),
		admin("a device without areas", "PUT", device+"/areas", `{"areas":[]}`, syncproto.CodeInvalid),
		admin("a device with areas of nowhere", "PUT", device+"/areas", `{"areas":["`+unknown+`"]}`, syncproto.CodeInvalid),
		admin("areas for a device that there is not", "PUT", "/api/v1/devices/"+unknown+"/areas", `{"areas":[`+own+`]}`, syncproto.CodeNotFound),
		admin("the end of a device that there is not", "POST", "/api/v1/devices/"+unknown+"/revoke", "", syncproto.CodeNotFound),
		admin("conflicts behind a word", "GET", "/api/v1/conflicts?after=x", "", syncproto.CodeBadRequest),
		admin("conflicts behind too large a number", "GET", "/api/v1/conflicts?after=9223372036854775808", "", syncproto.CodeBadRequest),
		admin("a conflict that there is not", "GET", "/api/v1/conflicts/"+unknown+"/phone", "", syncproto.CodeNotFound),
		admin("a conflict of a field that is none", "GET", "/api/v1/conflicts/"+v.foreign.String()+"/%00", "", syncproto.CodeNotFound),
		admin("the end of a conflict that there is not", "POST", "/api/v1/conflicts/"+unknown+"/phone/settle", `{"value":"x","heads":[]}`, syncproto.CodeNotFound),
		admin("heads that are none", "POST", "/api/v1/conflicts/"+unknown+"/phone/settle", `{"value":"x","heads":["x"]}`, syncproto.CodeBadRequest),
		admin("a settlement without a value", "POST", "/api/v1/conflicts/"+unknown+"/phone/settle", `{"heads":[]}`, syncproto.CodeInvalid),
		admin("a settlement that there is not", "POST", "/api/v1/changes/"+unknown+":1/undo", `{}`, syncproto.CodeNotFound),
		admin("a change number of 0", "POST", "/api/v1/changes/"+unknown+":0/undo", `{}`, syncproto.CodeBadRequest),
		admin("a change number too large", "POST", "/api/v1/changes/"+unknown+":9223372036854775808/undo", `{}`, syncproto.CodeBadRequest),
		admin("a history that there is not", "GET", "/api/v1/records/"+unknown+"/history", "", syncproto.CodeNotFound),
		admin("a held change that there is not", "POST", "/api/v1/held/"+unknown+":1/apply", `{}`, syncproto.CodeNotFound),
		admin("half of a surrogate pair", "POST", "/api/v1/held/"+unknown+":1/apply", `{"fields":{"notes":"\ud83d"}}`, syncproto.CodeInvalid),
		admin("reviews behind a word", "GET", "/api/v1/reviews?after=x", "", syncproto.CodeBadRequest),
		admin("reviews in a state that is none", "GET", "/api/v1/reviews?state=lost", "", syncproto.CodeBadRequest),
		admin("reviews of a kind that is none", "GET", "/api/v1/reviews?kind=lost", "", syncproto.CodeBadRequest),
		admin("reviews of a severity that is none", "GET", "/api/v1/reviews?severity=1", "", syncproto.CodeBadRequest),
		admin("reviews in a quotation mark", "GET", "/api/v1/reviews?area='", "", syncproto.CodeBadRequest),
		admin("reviews of everybody", "GET", "/api/v1/reviews?assignee=*", "", syncproto.CodeBadRequest),
		admin("a review that there is not", "GET", "/api/v1/reviews/"+unknown, "", syncproto.CodeNotFound),
		admin("a decision on a review that there is not", "POST", "/api/v1/reviews/"+unknown+"/decide", `{"decision":"accepted"}`, syncproto.CodeNotFound),
		admin("a reason of NULs", "POST", "/api/v1/reviews/"+unknown+"/decide", `{"decision":"accepted","reason":"\u0000"}`, syncproto.CodeInvalid),
		admin("the end of a decision that there is not", "POST", "/api/v1/reviews/"+unknown+"/reopen", `{}`, syncproto.CodeNotFound),
		admin("an assignee whom there is not", "POST", "/api/v1/reviews/"+unknown+"/assign", `{"user":"`+unknown+`"}`, syncproto.CodeInvalid),
		admin("an assignee as a number", "POST", "/api/v1/reviews/"+unknown+"/assign", `{"user":7}`, syncproto.CodeBadRequest),
		admin("no reason", "POST", "/api/v1/held/"+unknown+":1/discard", `{"reason":" "}`, syncproto.CodeInvalid),
		admin("the aid of a household that there is not", "GET", "/api/v1/households/"+unknown+"/aid", "", syncproto.CodeNotFound),
		admin("the aid of an area", "GET", "/api/v1/households/"+v.a.String()+"/aid", "", syncproto.CodeNotFound),
		{"the aid of a household of another area", "coordinator", "GET", "/api/v1/households/" + v.foreign.String() + "/aid", json, "", syncproto.CodeForbidden},
		admin("a merger of what there is not", "POST", "/api/v1/households/"+unknown+"/merge", `{"into":"`+v.foreign.String()+`"}`, syncproto.CodeNotFound),
		admin("a merger into what there is not", "POST", "/api/v1/households/"+v.foreign.String()+"/merge", `{"into":"`+unknown+`"}`, syncproto.CodeNotFound),
		admin("a merger into nothing", "POST", "/api/v1/households/"+v.foreign.String()+"/merge", `{}`, syncproto.CodeNotFound),
		admin("a merger into itself", "POST", "/api/v1/households/"+v.foreign.String()+"/merge", `{"into":"`+v.foreign.String()+`"}`, syncproto.CodeInvalid),
		admin("a merger into a word", "POST", "/api/v1/households/"+v.foreign.String()+"/merge", `{"into":"x"}`, syncproto.CodeBadRequest),
		admin("unmerging what is no duplicate", "POST", "/api/v1/households/"+v.foreign.String()+"/unmerge", `{}`, syncproto.CodeInvalid),
		admin("a feed of nothing", "POST", "/api/v1/feeds", fmt.Sprintf(`{"name":"x","collections":[],"expires":%d}`, v.now().Add(time.Hour).UnixMilli()), syncproto.CodeInvalid),
		admin("a feed of what there is not", "POST", "/api/v1/feeds", fmt.Sprintf(`{"name":"x","collections":["users"],"expires":%d}`, v.now().Add(time.Hour).UnixMilli()), syncproto.CodeInvalid),
		admin("a feed of nobody", "POST", "/api/v1/feeds", fmt.Sprintf(`{"name":" ","collections":["areas"],"expires":%d}`, v.now().Add(time.Hour).UnixMilli()), syncproto.CodeInvalid),
		admin("a feed for ever", "POST", "/api/v1/feeds", `{"name":"x","collections":["areas"],"expires":9007199254740992}`, syncproto.CodeInvalid),
		admin("a feed that has expired", "POST", "/api/v1/feeds", `{"name":"x","collections":["areas"],"expires":1}`, syncproto.CodeInvalid),
		admin("a feed of an area that there is not", "POST", "/api/v1/feeds", fmt.Sprintf(`{"name":"x","collections":["areas"],"area":%q,"expires":%d}`, unknown, v.now().Add(time.Hour).UnixMilli()), syncproto.CodeInvalid),
		admin("a webhook by HTTP", "POST", "/api/v1/webhooks", `{"url":"http://donor.example/","kind":"record.changed"}`, syncproto.CodeInvalid),
		admin("a webhook to a file", "POST", "/api/v1/webhooks", `{"url":"file:///etc/passwd","kind":"record.changed"}`, syncproto.CodeInvalid),
		admin("a webhook to nowhere", "POST", "/api/v1/webhooks", `{"url":"https:///x","kind":"record.changed"}`, syncproto.CodeInvalid),
		admin("a webhook with a password", "POST", "/api/v1/webhooks", `{"url":"https://a:b@donor.example/","kind":"record.changed"}`, syncproto.CodeInvalid),
		admin("a webhook with a long address", "POST", "/api/v1/webhooks", `{"url":"https://donor.example/`+strings.Repeat("x", 500)+`","kind":"record.changed"}`, syncproto.CodeInvalid),
		admin("a webhook for what there is not", "POST", "/api/v1/webhooks", `{"url":"https://donor.example/","kind":"user.added"}`, syncproto.CodeInvalid),
		admin("the end of a webhook that there is not", "POST", "/api/v1/webhooks/"+unknown+"/end", "", syncproto.CodeNotFound),
		admin("deliveries of a webhook that there is not", "GET", "/api/v1/webhooks/"+unknown+"/deliveries", "", syncproto.CodeNotFound),
		admin("the end of a feed that there is not", "POST", "/api/v1/feeds/"+unknown+"/revoke", "", syncproto.CodeNotFound),
		admin("a rescue file that is none", "POST", "/api/v1/rescue", `{"passphrase":"p","file":"name,phone"}`, syncproto.CodeInvalid),
		admin("a rescue file that asks for 4 GB", "POST", "/api/v1/rescue", `{"passphrase":"p","file":"{\"satchel\":\"rescue\",\"kdf\":\"argon2id\",\"memory\":4194304,\"passes\":1,\"threads\":1,\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"parts\":1}\n"}`, syncproto.CodeInvalid),
		admin("a rescue file without its parts", "POST", "/api/v1/rescue", `{"passphrase":"p","file":"{\"satchel\":\"rescue\",\"kdf\":\"argon2id\",\"memory\":8,\"passes\":1,\"threads\":1,\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"parts\":9}\n"}`, syncproto.CodeInvalid),
		{"an enrolment code that is none", "", "POST", "/api/v1/enrol", json, `{"code":"0000"}`, syncproto.CodeCodeInvalid},
		{"an enrolment code of NULs", "", "POST", "/api/v1/enrol", json, `{"code":"\u0000"}`, syncproto.CodeCodeInvalid},
		{"an enrolment code as a number", "", "POST", "/api/v1/enrol", json, `{"code":7}`, syncproto.CodeBadRequest},
		{"a device that is no id", "", "POST", "/api/v1/enrol", json, `{"code":"x","device":"tablet"}`, syncproto.CodeBadRequest},
		{"a refresh token that is none", "", "POST", "/api/v1/token", json, `{"refresh":"x"}`, syncproto.CodeUnauthorized},
		{"a refresh token of another server", "", "POST", "/api/v1/token", json, `{"refresh":"` + unknown + `.0.AAAA"}`, syncproto.CodeUnauthorized},
		{"a setup code that is none", "", "POST", "/api/v1/setup", json, `{"code":"x","login":"x","name":"X","password":"` + password + `"}`, syncproto.CodeCodeInvalid},
	}
}

// leaks are words that only the inside of the server has.
var leaks = regexp.MustCompile(`(?i)sqlite|goroutine|\.go:|SELECT |panic|satchel/server|/tmp/`)

func TestBadCallsGetTheirDocumentedAnswers(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	v.person("anka", "administrator", password)
	v.person("cora", "coordinator", password, v.a)
	by := map[string]map[string]string{
		"administrator": v.login("anka"), "coordinator": v.login("cora"), "device": {"Authorization": "Bearer " + v.neighbour.access},
	}
	_, reader := v.feed("Reader", v.a)
	by["reader"] = basic(reader)
	before := v.rows()
	for _, c := range slices.Concat(badBodies(), badIDs(), badCredentials(), badFeeds(), badBlobs(), badMatters(v)) {
		t.Run(c.name, func(t *testing.T) {
			header := maps.Clone(by[c.by])
			if header == nil {
				header = map[string]string{"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", len(t.Name())%250)}
			}
			maps.Copy(header, c.header)
			got := v.do(call{c.method, c.path, header, strings.NewReader(c.body)})
			v.badAnswer(t, got, c.code)
			if c.method != http.MethodGet && c.code == syncproto.CodeBadRequest && !safe.MatchString(got.problem().Detail) {
				t.Errorf("nobody is told that nothing was changed: %s", got.body)
			}
			after := v.rows()
			if c.by == "reader" { // its use is noted, and nothing else
				delete(before, "feed_tokens")
			}
			sameRows(t, c.name, before, after)
			before = after
		})
		if c.by == "" || c.code == syncproto.CodeUnauthorized {
			v.ahead.Add(int64(6 * time.Second)) // the next try in vain is free again
		}
	}
	v.neighbour.renew()
	v.peace(t)
}

// badAnswer checks that an answer is the problem that it has to be, and tells nothing else.
func (v *village) badAnswer(t *testing.T, got answer, code syncproto.Code) {
	t.Helper()
	if got.problem().Code != code || got.status != syncproto.Codes()[code] {
		t.Errorf("it is answered %d %.300s, want %s", got.status, got.body, code)
	}
	if len(got.body) > 4096 {
		t.Errorf("the answer has %d bytes", len(got.body))
	}
	for _, secret := range []string{v.neighbour.access, password, "Stranger", "060 2"} {
		if leaked := leaks.FindString(got.bytes()); leaked != "" || strings.Contains(got.bytes(), secret) {
			t.Errorf("the answer tells %q: %s", leaked, got.body)
		}
	}
}

// TestThereAreEnoughBadInputs counts what the tables of this room hold, each with its documented answer.
func TestThereAreEnoughBadInputs(t *testing.T) {
	v := newVillage(t)
	count := len(badFrames()) + len(badRequests()) + len(badChanges()) + len(bombs()) +
		len(badBodies()) + len(badIDs()) + len(badCredentials()) + len(badFeeds()) + len(badBlobs()) + len(badMatters(v)) + len(badHTTP())
	t.Logf("there are %d bad inputs", count)
	if count < 200 {
		t.Errorf("there are %d bad inputs, 200 are wanted", count)
	}
}
