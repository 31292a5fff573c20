package httpapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"satchel/syncproto"
)

// handIn sends a batch of d, with a proof, under the access token of present, which may be none.
func (d *tablet) handIn(present, proof string, batch ...syncproto.Change) answer {
	d.o.t.Helper()
	request := d.request(batch...)
	request.Proof = proof
	header := map[string]string{"Content-Type": syncproto.MediaType}
	if present != "" {
		header["Authorization"] = "Bearer " + present
	}
	return d.o.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(encode(d.o.t, request))})
}

func TestAFormerIdentityHandsInWithItsProof(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	present := v.tablet("hostile", d.worker, v.a)
	first := d.refresh
	d.renew()
	household := d.household(v.a, "Recorded before", "060 1")
	for range 2 { // the answer is lost once
		got := d.handIn(present.access, first, household)
		reply, err := syncproto.ReadReply(strings.NewReader(got.body), nil)
		if err != nil || got.status != http.StatusOK || reply.Tip.N != 1 || reply.Receipts[0].Status != syncproto.Applied {
			t.Fatalf("a former identity hands in: %d %+v, %v", got.status, reply, err)
		}
		if len(reply.Records)+len(reply.Areas)+len(reply.Workers) > 0 {
			t.Errorf("it is told more than of its changes: %+v", reply)
		}
	}
	if tip := present.sync().Tip; tip.N != 0 {
		t.Errorf("the present identity has %d changes, of which it made none", tip.N)
	}
}

func TestOnlyAProofOpensAFormerIdentity(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	present := v.tablet("hostile", d.worker, v.a)
	elsewhere := newOffice(t)
	foreign := elsewhere.tablet("foreign", elsewhere.person("x", "worker", "", elsewhere.a), elsewhere.a)
	household := d.household(v.a, "Hostile", "")
	for _, c := range []struct {
		what, access, proof string
		status              int
		code                syncproto.Code
	}{
		{"no proof", present.access, "", 403, syncproto.CodeForbidden},
		{"a proof that is none", present.access, "x", 403, syncproto.CodeForbidden},
		{"a proof of whoever asks", present.access, present.refresh, 403, syncproto.CodeForbidden},
		{"a neighbour's proof", present.access, v.neighbour.refresh, 403, syncproto.CodeForbidden},
		{"another server's proof", present.access, foreign.refresh, 403, syncproto.CodeForbidden},
		{"an access token as a proof", present.access, d.access, 400, syncproto.CodeFrameInvalid}, // longer than any proof
		{"a proof cut off", present.access, d.refresh[:len(d.refresh)-1], 403, syncproto.CodeForbidden},
		{"an endless proof", present.access, strings.Repeat("x", syncproto.MaxProofBytes+1), 400, syncproto.CodeFrameInvalid},
		{"a proof without an access token", "", d.refresh, 401, syncproto.CodeUnauthorized},
		{"a proof as an access token", d.refresh, d.refresh, 401, syncproto.CodeUnauthorized},
	} {
		before := v.rows()
		got := d.handIn(c.access, c.proof, household)
		if p := got.problem(); got.status != c.status || p.Code != c.code || !safe.MatchString(p.Detail) {
			t.Errorf("%s is answered %d %s, want %d %s", c.what, got.status, got.body, c.status, c.code)
		}
		sameRows(t, c.what, before, v.rows())
	}
	v.peace(t)
}

func TestADeviceBeginsFewBranches(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	begin := func(i int) answer {
		request := d.request(d.household(v.a, "Ana", ""))
		request.Branch = syncproto.Branch{Of: d.id, First: syncproto.Hash{byte(i)}}
		request.Device = request.Branch.Device()
		header := d.bearer()
		header["Content-Type"] = syncproto.MediaType
		return v.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(encode(t, request))})
	}
	for i := range 10 {
		if got := begin(i); got.status != http.StatusOK {
			t.Fatalf("branch %d is answered %d %s", i, got.status, got.body)
		}
	}
	before := v.rows()
	if got := begin(10); got.problem().Code != syncproto.CodeTooManyRequests {
		t.Errorf("one more is answered %d %s", got.status, got.body)
	}
	sameRows(t, "a branch too many", before, v.rows())
	if got := begin(3); got.problem().Code != syncproto.CodeDeviceForked {
		t.Errorf("another history of one that is known is answered %d %s", got.status, got.body)
	}
}
