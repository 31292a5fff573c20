package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"satchel/server"
	"satchel/syncproto"
)

// reviews gets a list of reviews.
func (b *besieged) reviews(session map[string]string, query string) []server.Review {
	b.t.Helper()
	var list struct{ Reviews []server.Review }
	got := b.do(call{"GET", "/api/v1/reviews" + query, session, nil})
	if got.into(b.t, &list); got.status != http.StatusOK {
		b.t.Fatalf("the list is answered %d %s", got.status, got.body)
	}
	return list.Reviews
}

func TestReviewsAreListedInPagesAndDecided(t *testing.T) {
	if testing.Short() {
		t.Skip("brings in 103 households, one after the other")
	}
	b := newBesieged(t)
	b.letIn = true
	b.person("anka", "administrator", password)
	session := b.login("anka")
	const items = 103
	for range items {
		b.overDeliver()
	}
	first := b.reviews(session, "")
	rest := b.reviews(session, fmt.Sprintf("?after=%d", first[len(first)-1].Seq))
	seen := map[string]bool{}
	for _, item := range slices.Concat(first, rest) {
		seen[item.ID.String()] = true
	}
	if len(first) != 100 || len(rest) != items-100 || len(seen) != items {
		t.Errorf("the pages have %d and %d reviews, %d of them different; want 100, 3 and all", len(first), len(rest), len(seen))
	}
	item := first[0]
	act := func(what string, body map[string]any) answer {
		return b.post("/api/v1/reviews/"+item.ID.String()+"/"+what, session, body)
	}
	for _, step := range []struct {
		what string
		body map[string]any
		code syncproto.Code
	}{
		{"assign", map[string]any{"user": b.workerB}, ""},
		{"decide", map[string]any{"decision": "accepted", "digest": "of another time"}, syncproto.CodeStale},
		{"decide", map[string]any{"decision": "accepted", "reason": "two stoves", "digest": item.Digest}, ""},
	} {
		got := act(step.what, step.body)
		if step.code == "" && got.status != http.StatusNoContent || step.code != "" && got.problem().Code != step.code {
			t.Errorf("%s is answered %d %s, want %q", step.what, got.status, got.body, step.code)
		}
	}
	for query, want := range map[string]int{
		"state=decided&kind=over_delivery": 1, "state=decided&kind=held": 0, "state=decided&severity=high": 1, "state=decided&severity=low": 0,
		"state=decided&assignee=" + b.workerB.String(): 1, "state=decided&assignee=nobody": 0, "assignee=nobody&after=1": items - 2,
		"state=decided&area=" + item.Area.String(): 1, "state=decided&area=" + item.ID.String(): 0,
	} {
		got := b.reviews(session, "?"+query)
		if len(got) != min(want, 100) {
			t.Errorf("?%s gives %d reviews, want %d", query, len(got), min(want, 100))
		}
	}
	decided := b.reviews(session, "?state=decided")
	if len(decided) != 1 || decided[0].ID != item.ID || decided[0].Decision.Reason != "two stoves" || *decided[0].Assignee != b.workerB {
		t.Fatalf("decided are %+v", decided)
	}
	if got := act("reopen", map[string]any{"reason": "one was for the neighbour"}); got.status != http.StatusNoContent {
		t.Errorf("reopening is answered %d %s", got.status, got.body)
	}
	if again := b.reviews(session, fmt.Sprintf("?after=%d", first[99].Seq)); again[len(again)-1].ID != item.ID {
		t.Error("what opened again is not at the end of the list")
	}
}
