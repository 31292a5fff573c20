package hostile

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"satchel/syncproto"
)

// An input is one request as somebody makes it up.
type input struct {
	// route is where it was meant to go, target where it goes: a path with what stands behind it.
	route, target, method string
	who                   *caller
	address               string
	header                http.Header
	body                  []byte
}

// A rule makes good requests to one route.
type rule struct {
	method, path string
	// often is how often the route is taken, of all that are.
	often int
	// body makes the body; nil for none.
	body func(o *office, who *caller, r *rand.Rand) string
}

// grammar has a rule for each route of the interface. What is slow by design is rarely asked for well.
var grammar = []rule{
	{"GET", "/healthz", 1, nil},
	{"GET", "/metrics", 1, nil},
	{"GET", "/api/v1/openapi.json", 1, nil},
	{"POST", "/api/v1/enrol", 8, func(o *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"code":"%04d-AAAA-BBBB","device":%q,"name":"x"}`, r.IntN(10_000), o.anyID(r))
	}},
	{"POST", "/api/v1/token", 8, func(_ *office, who *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"refresh":"%s.%d.AAAA"}`, who.device.id, r.IntN(9))
	}},
	{"POST", "/api/v1/identity", 2, func(*office, *caller, *rand.Rand) string { return "{}" }},
	{"POST", "/api/v1/sync", 60, nil},
	{"POST", "/api/v1/sync/end", 6, func(_ *office, who *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"epoch":"E","known":{"n":%d,"hash":%q},"unsent":%d,"differs":0}`, who.device.tip.N, who.device.tip.Hash, r.IntN(3)-1)
	}},
	{"POST", "/api/v1/blobs/missing", 6, func(o *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"blobs":[{"record":%q,"sha256":%q},{"record":%q,"sha256":"x"}]}`, o.anyID(r), blobName, o.anyID(r))
	}},
	{"PATCH", "/api/v1/blobs/:id/" + blobName, 8, func(_ *office, _ *caller, r *rand.Rand) string {
		return "\xff\xd8\xff" + strings.Repeat("x", pick(r, 0, r.IntN(3000), r.IntN(3000), syncproto.MaxChunkBytes))
	}},
	{"GET", "/api/v1/blobs/:id/" + blobName, 4, nil},
	{"POST", "/api/v1/setup", 1, func(_ *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"code":"%d","login":"x","name":"X","password":"","areas":[]}`, r.Int())
	}},
	{"POST", "/api/v1/session", 1, func(*office, *caller, *rand.Rand) string {
		return `{"login":"ana","password":"` + strings.Repeat("x", 2000) + `"}` // too long to be tried, which takes long
	}},
	{"GET", "/api/v1/session", 3, nil},
	{"DELETE", "/api/v1/session", 2, nil},
	{"GET", "/api/v1/users", 3, nil},
	{"POST", "/api/v1/users", 8, func(o *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"login":"ana","name":"New","role":%q,"areas":[%q]}`, pick(r, "worker", "coordinator", "administrator"), o.anyID(r))
	}},
	{"GET", "/api/v1/devices", 3, nil},
	{"POST", "/api/v1/invites", 8, func(o *office, who *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"name":"new","holder":%q,"areas":[%q]}`, who.device.worker, o.anyID(r))
	}},
	{"PUT", "/api/v1/devices/:id/areas", 8, func(o *office, _ *caller, _ *rand.Rand) string { return fmt.Sprintf(`{"areas":[%q]}`, o.a) }},
	{"POST", "/api/v1/devices/:id/revoke", 2, nil},
	{"GET", "/api/v1/conflicts", 3, nil},
	{"GET", "/api/v1/conflicts/:id/phone", 6, nil},
	{"POST", "/api/v1/conflicts/:id/phone/settle", 12, func(_ *office, who *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"value":"1","heads":["%s:%d"],"reason":"x"}`, who.device.id, r.IntN(20))
	}},
	{"POST", "/api/v1/changes/:version/undo", 8, reason},
	{"GET", "/api/v1/records/:id/history", 6, nil},
	{"GET", "/api/v1/held", 2, nil},
	{"POST", "/api/v1/held/:version/apply", 12, func(*office, *caller, *rand.Rand) string {
		return `{"fields":{"status":"idp","area":"x","notes":null}}`
	}},
	{"POST", "/api/v1/held/:version/discard", 6, reason},
	{"GET", "/api/v1/households/:id/aid", 6, nil},
	{"POST", "/api/v1/households/:id/merge", 6, func(o *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"into":%q,"reason":"x"}`, o.anyID(r))
	}},
	{"POST", "/api/v1/households/:id/unmerge", 4, reason},
	{"POST", "/api/v1/rescue", 6, func(*office, *caller, *rand.Rand) string {
		return `{"passphrase":"p","file":"{\"satchel\":\"rescue\",\"kdf\":\"argon2id\",\"memory\":8,\"passes\":1,\"threads\":1,\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"parts\":1}\nAAAA\n"}`
	}},
	{"GET", "/api/v1/audit", 1, nil},
	{"GET", "/api/v1/feeds", 1, nil},
	{"POST", "/api/v1/feeds", 4, func(o *office, _ *caller, r *rand.Rand) string {
		return fmt.Sprintf(`{"name":"x","collections":["households"],"area":%q,"personal":true,"expires":%d}`, o.anyID(r), o.now().Add(time.Hour).UnixMilli())
	}},
	{"POST", "/api/v1/feeds/:id/revoke", 2, nil},
	{"GET", "/api/v1/webhooks", 1, nil},
	{"POST", "/api/v1/webhooks", 2, func(*office, *caller, *rand.Rand) string {
		return `{"url":"https://donor.example/x","kind":"record.changed"}`
	}},
	{"GET", "/api/v1/webhooks/:id/deliveries", 1, nil},
	{"POST", "/api/v1/webhooks/:id/resume", 1, nil},
	{"POST", "/api/v1/webhooks/:id/end", 1, nil},
	{"GET", "/feeds/csv/households", 2, nil},
	{"GET", "/feeds/json/visits", 2, nil},
	{"GET", "/feeds/odata/", 1, nil},
	{"GET", "/feeds/odata/$metadata", 1, nil},
	{"GET", "/feeds/odata/households?$filter=head_name%20ne%20'x'%20and%20id%20gt%20:id&$top=3&$count=true", 8, nil},
	{"GET", "/feeds/odata/households/$count?$filter=not%20(status%20eq%20null)", 4, nil},
	{"GET", "/nowhere", 2, nil},
}

// blobName is what a photo may be called.
const blobName = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func reason(*office, *caller, *rand.Rand) string { return `{"reason":"x"}` }

// often is what the rules' shares come to.
var often = func() (sum int) {
	for _, g := range grammar {
		sum += g.often
	}
	return sum
}()

func draw(r *rand.Rand) rule {
	at := r.IntN(often)
	for _, g := range grammar {
		if at -= g.often; at < 0 {
			return g
		}
	}
	return grammar[0]
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (o *office) anyID(r *rand.Rand) string {
	if r.IntN(4) == 0 {
		return madeUp(r, o.now().UnixMilli()).String()
	}
	return pick(r, o.ids...).String()
}

// input makes a good request, and then mostly spoils it.
func (o *office) input(r *rand.Rand) input {
	g, who := draw(r), pick(r, o.callers...)
	if g.path == "/api/v1/sync" && r.IntN(4) > 0 {
		who = pick(r, o.callers[2:5]...) // who has a token for it
	}
	in := input{route: g.method + " " + g.path, method: g.method, who: who, header: http.Header{}}
	in.address = fmt.Sprintf("203.0.%d.%d:4711", r.IntN(256), r.IntN(256))
	for name, value := range who.header {
		in.header[name] = []string{value}
	}
	switch {
	case g.path == "/api/v1/sync":
		in.body = who.device.sync(r, o.now().UnixMilli())
		in.header.Set("Content-Type", syncproto.MediaType)
	case g.method == http.MethodPatch:
		in.body = []byte(g.body(o, who, r))
		in.header.Set("Content-Type", "application/octet-stream")
		in.header.Set(syncproto.HeaderUploadOffset, pick(r, "0", "0", "2999", "-1"))
	case g.body != nil:
		in.body = []byte(g.body(o, who, r))
		in.header.Set("Content-Type", "application/json")
	}
	version := fmt.Sprintf("%s:%d", who.device.id, r.IntN(int(who.device.tip.N)+2))
	in.target = strings.NewReplacer(":id", o.anyID(r), ":version", version).Replace(g.path)
	if g.method == http.MethodDelete && r.IntN(200) > 0 {
		in.header.Del("X-CSRF-Token") // whoever is logged out has to log in again, which takes long
	}
	if r.IntN(8) > 0 {
		in.spoil(o, r)
	}
	in.pack(r)
	return in
}

// pack compresses some of the bodies, and not all of them well.
func (in *input) pack(r *rand.Rand) {
	if in.body == nil || r.IntN(6) > 0 {
		return
	}
	in.header.Set("Content-Encoding", "gzip")
	if r.IntN(4) == 0 {
		return // it says so, and is not
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one that there is
	}
	_, _ = w.Write(in.body) // in memory, where nothing fails
	_ = w.Close()
	if in.body = out.Bytes(); r.IntN(2) == 0 {
		in.body = flip(r, in.body)
	}
}

// request gives the input as the server's own listener would hand it on, unless it would not.
func (in input) request(ctx context.Context) (*http.Request, bool) {
	at, err := url.ParseRequestURI(in.target)
	if err != nil || in.method == "" {
		return nil, false
	}
	r := &http.Request{
		Method: in.method, URL: at, RequestURI: in.target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: in.header, Host: "127.0.0.1", RemoteAddr: in.address,
		Body: http.NoBody,
	}
	if in.body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(in.body)), int64(len(in.body))
	}
	return r.WithContext(ctx), true
}
