package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// Names in the inputs, which stand for ids that another run makes up anew.
const (
	fuzzDevice = "019a5b00-0000-7000-8000-00000000000d"
	fuzzArea   = "019a5b00-0000-7000-8000-00000000000e"
	fuzzWorker = "019a5b00-0000-7000-8000-00000000000a"
)

// ask calls the handler in process.
func (o *office) ask(c call, body string) answer {
	req := &http.Request{
		Method: c.method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "x", RemoteAddr: "203.0.113.1:1",
		Body: http.NoBody,
	}
	var err error
	if req.URL, err = url.ParseRequestURI(c.path); err != nil {
		return answer{status: http.StatusBadRequest}
	}
	if body != "" {
		from := httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/", strings.NewReader(body))
		req.Body, req.ContentLength = from.Body, from.ContentLength
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	got := httptest.NewRecorder()
	o.handler.ServeHTTP(got, req.WithContext(o.t.Context()))
	return answer{got.Code, got.Header(), got.Body.String()}
}

// refusedWell checks that an answer that is a refusal is a problem that keeps to the protocol.
func refusedWell(t *testing.T, got answer) {
	t.Helper()
	if got.status < http.StatusBadRequest {
		return
	}
	p := got.problem()
	if got.status >= http.StatusInternalServerError || syncproto.Codes()[p.Code] != got.status || p.Detail == "" || len(got.body) > 4096 {
		t.Fatalf("it is answered %d %q", got.status, got.body)
	}
}

// FuzzSync pushes any body, as a device of area a, through the handler into the real engine.
func FuzzSync(f *testing.F) {
	frames, err := filepath.Glob("../../../syncproto/testdata/frames/request-*.jsonl")
	if err != nil || len(frames) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range frames {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"protocol":"2026-11-29","device":"` + fuzzDevice + `","known":{"n":0,"hash":"` + strings.Repeat("0", 64) + `"},"clock":1}
{"changes":{"collection":"households","rows":1,"n":[1],"lag":[5],"author":["` + fuzzWorker + `"],"record":["019a5b1e-4c00-7abc-8def-0123456789ab"],"fields":{"area":["` + fuzzArea + `"],"head_name":["A"],"status":["idp"]}}}
{"end":{"changes":1}}
`))
	v := newVillage(f)
	d := v.hostile()
	tries := 0
	f.Fuzz(func(t *testing.T, body []byte) {
		v.t = t
		text := strings.NewReplacer(fuzzDevice, d.id.String(), fuzzArea, v.a.String(), fuzzWorker, d.worker.String()).Replace(string(body))
		got := v.ask(call{method: http.MethodPost, path: "/api/v1/sync", header: d.bearer()}, text)
		refusedWell(t, got)
		if strings.Contains(got.body, "Stranger") {
			t.Fatalf("it brings what is of another area: %s", got.body)
		}
		if got.status == http.StatusOK {
			reply, err := syncproto.ReadReply(strings.NewReader(got.body), nil)
			if err != nil {
				t.Fatalf("the reply cannot be read: %v", err)
			}
			if len(reply.Receipts) > 0 {
				d = v.hostile() // the next one begins at its first change again
			}
		}
		if tries++; tries%50 == 0 {
			v.whole(t)
		}
	})
}

// whole checks that a neighbour of the hostile device still sees its own household, and comes to the
// server's digests.
func (v *village) whole(t *testing.T) {
	t.Helper()
	reply := v.neighbour.sync()
	if reply.More {
		return // there is so much by now that it takes several rounds
	}
	sums := map[uuid.UUID]syncproto.Digest{}
	names := map[uuid.UUID]string{}
	for _, r := range reply.Records {
		sums[r.Area] = sums[r.Area].Plus(r.Digest())
		names[r.ID] = r.Fields["head_name"].Value.Text()
	}
	for area, digest := range reply.Digests {
		if sums[area] != digest {
			t.Fatalf("the neighbour's digest of area %s is not the server's", area)
		}
	}
	for id, name := range v.shown {
		if names[id] != name {
			t.Fatalf("the neighbour is shown %q, want %q", names[id], name)
		}
	}
}

// FuzzRoutes sends any body, and any word in the address, to any other route.
func FuzzRoutes(f *testing.F) {
	b := newBesieged(f)
	b.person("anka", "administrator", password)
	session := b.login("anka")
	device := b.tablet("Tablet of a", b.person("worker.of.a", "worker", "", b.a), b.a)
	roles := []map[string]string{nil, device.bearer(), session}
	var routes []string
	for name := range rules() {
		// To log somebody out, or to try a password, takes long to make good.
		if !slices.Contains([]string{"POST /api/v1/sync", "DELETE /api/v1/session", "POST /api/v1/session", "POST /api/v1/setup"}, name) {
			routes = append(routes, name)
		}
	}
	slices.Sort(routes)
	for i := range routes {
		f.Add(uint8(i), uint8(2), fuzzDevice+":1", []byte(`{"value":"1","heads":["`+fuzzDevice+`:1"],"reason":"x","fields":{"status":"idp"},"areas":["`+fuzzArea+`"]}`))
		f.Add(uint8(i), uint8(2), fuzzDevice, []byte(`{"code":"x","device":"`+fuzzDevice+`","login":"x","name":"x","role":"worker","holder":"`+fuzzWorker+`","areas":[],"passphrase":"p","file":"{}\n"}`))
	}
	f.Fuzz(func(t *testing.T, route, role uint8, word string, body []byte) {
		b.t = t
		method, path, _ := strings.Cut(routes[int(route)%len(routes)], " ")
		here := strings.NewReplacer(fuzzDevice, b.one.id.String(), fuzzArea, b.b.String(), fuzzWorker, b.workerB.String())
		word = escape(here.Replace(word))
		path = strings.NewReplacer(":id", word, ":record", word, ":field", word, ":version", word).Replace(path)
		header := map[string]string{"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.7"}
		who := roles[int(role)%len(roles)]
		for name, value := range who {
			header[name] = value
		}
		header["Content-Type"] = "application/json"
		got := b.ask(call{method: method, path: path, header: header}, here.Replace(string(body)))
		refusedWell(t, got)
		if who["Cookie"] == "" && (strings.Contains(got.body, canaryName) || strings.Contains(got.body, canaryPhone)) {
			t.Fatalf("it brings what is of another area: %s", got.body)
		}
		if got.status == http.StatusOK && !json.Valid([]byte(got.body)) && path != "/metrics" {
			t.Fatalf("it is answered with what is no JSON: %q", got.body)
		}
	})
}

// escape gives a word as it stands in an address.
func escape(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:"
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for _, c := range []byte(word) {
		if strings.IndexByte(plain, c) >= 0 {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return out.String()
}
