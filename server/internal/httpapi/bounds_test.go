package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"satchel/syncproto"
)

// TestADeviceTakesFewNewIdentities takes them in a row, each in the name of the one before.
func TestADeviceTakesFewNewIdentities(t *testing.T) {
	v := newVillage(t)
	chain := *v.hostile()
	next := func() answer {
		got := v.do(call{method: http.MethodPost, path: "/api/v1/identity", header: chain.bearer()})
		if got.status == http.StatusCreated {
			var in struct{ Access string }
			got.into(t, &in)
			chain.access = in.Access
		}
		return got
	}
	for i := range 10 {
		if got := next(); got.status != http.StatusCreated {
			t.Fatalf("new identity %d is answered %d %s", i+1, got.status, got.body)
		}
	}
	before := v.rows()
	got := next()
	if p := got.problem(); p.Code != syncproto.CodeTooManyRequests || got.header.Get("Retry-After") == "" || !safe.MatchString(p.Detail) {
		t.Errorf("new identity 11 is answered %d %s, want 429, when to come again, and that the data is safe", got.status, got.body)
	}
	sameRows(t, "an identity too many", before, v.rows())
	if got := v.do(call{method: http.MethodPost, path: "/api/v1/identity", header: v.neighbour.bearer()}); got.status != http.StatusCreated {
		t.Errorf("another device of the same holder is answered %d %s", got.status, got.body)
	}
	v.ahead.Add(int64(10 * time.Minute))
	chain.access = v.hostile().access // what it was given has expired
	if got := next(); got.status != http.StatusCreated {
		t.Errorf("ten minutes later a new identity is answered %d %s", got.status, got.body)
	}
	if got := next(); got.status != http.StatusTooManyRequests {
		t.Errorf("ten minutes later a second one is answered %d", got.status)
	}
}

// TestAListOfTheOfficeIsBounded holds 4 MB of changes and looks at them over HTTP.
func TestAListOfTheOfficeIsBounded(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	var held syncproto.Change
	for range 2 {
		var batch []syncproto.Change
		for _, n := range upTo(60) {
			held = d.household(v.b, "Held", "")
			held.N, held.Form = d.tip.N+n, d.tip.N+n
			held.Fields["notes"] = `"` + syncproto.Value(strings.Repeat("x", 30_000)) + `"`
			batch = append(batch, held)
		}
		d.sync(batch...)
	}
	v.person("anka", "administrator", password)
	session := v.login("anka")
	heap := watchHeap(t)
	seen, after := map[string]bool{}, ""
	for more := true; more; {
		got := v.do(call{"GET", "/api/v1/held" + after, session, nil})
		var list struct {
			Held []struct{ Version string }
			More bool
		}
		if got.into(t, &list); len(got.body) > 2<<20 || len(list.Held) == 0 {
			t.Fatalf("a part of the list has %d bytes and %d changes", len(got.body), len(list.Held))
		}
		for _, h := range list.Held {
			seen[h.Version] = true
			after = "?after=" + h.Version
		}
		more = list.More
	}
	heap.check()
	if len(seen) != 120 {
		t.Errorf("the parts come to %d changes, want 120", len(seen))
	}
	for _, path := range []string{"/api/v1/held", "/api/v1/records/" + held.Record.String() + "/history"} {
		if got := v.do(call{"GET", path + "?after=x", session, nil}); got.problem().Code != syncproto.CodeBadRequest {
			t.Errorf("%s behind nothing that is a change is answered %d %s", path, got.status, got.body)
		}
	}
}

// rescueFile writes batches of a device into a rescue file.
func rescueFile(t *testing.T, requests []syncproto.Request) string {
	t.Helper()
	var out bytes.Buffer
	if err := syncproto.WriteRescue(&out, "a passphrase", make([]byte, syncproto.RescueSaltBytes), requests); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestARescueFileIsTakenInLittleMemory has parts that are small in the file and large in the memory, and
// whose end is missing.
func TestARescueFileIsTakenInLittleMemory(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	d := v.hostile()
	request := d.request(d.household(v.b, "Rescued", ""))
	request.Changes[0].Fields["notes"] = `"` + syncproto.Value(strings.Repeat("x", 30_000)) + `"`
	small := rescueFile(t, []syncproto.Request{request})
	for _, n := range upTo(200)[1:] {
		next := request.Changes[0]
		next.N, next.Form = n, n
		request.Changes = append(request.Changes, next)
	}
	large := rescueFile(t, slices.Repeat([]syncproto.Request{request}, 12))
	v.person("anka", "administrator", password)
	session := v.login("anka")
	take := func(file string) answer {
		return v.post("/api/v1/rescue", session, map[string]string{"passphrase": "a passphrase", "file": file})
	}
	before := v.rows()
	heap := watchHeap(t)
	got := take(large[:len(large)-100])
	heap.checkBelow(120 << 20) // of which the key of the file takes 64 MiB by itself
	if got.problem().Code != syncproto.CodeInvalid || !safe.MatchString(got.body) {
		t.Errorf("a file that was cut off in its last part is answered %d %s", got.status, got.body)
	}
	sameRows(t, "a file that was cut off", before, v.rows())
	var came struct{ Changes int }
	if got := take(small); got.status != http.StatusOK || json.Unmarshal([]byte(got.body), &came) != nil || came.Changes != 1 {
		t.Errorf("a good file is answered %d %s", got.status, got.body)
	}
	v.peace(t)
}
