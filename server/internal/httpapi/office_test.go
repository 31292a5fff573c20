package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"satchel/syncproto"
)

// TestReasonsAreTextThatCanBeKept gives reasons that no database takes, or that are a book.
func TestReasonsAreTextThatCanBeKept(t *testing.T) {
	b := newBesieged(t)
	b.person("anka", "administrator", password)
	session := b.login("anka")
	record, heads := b.collide()
	settle, held := "/api/v1/conflicts/"+record.String()+"/phone/settle", b.hold()
	decide := func(path, reason string) answer {
		return b.post(path, session, map[string]any{"value": canaryPhone, "heads": heads, "reason": reason})
	}
	refused := func(paths ...string) {
		for _, path := range paths {
			for _, reason := range []string{"a\x00b", strings.Repeat("x", 40_000)} {
				before := b.rows()
				if got := decide(path, reason); got.status != http.StatusUnprocessableEntity || got.problem().Code != syncproto.CodeInvalid {
					t.Errorf("%s with the reason %.10q is answered %d %s", path, reason, got.status, got.body)
				}
				sameRows(t, path, before, b.rows())
			}
		}
	}
	again := "/api/v1/households/" + record.String()
	refused(settle, "/api/v1/held/"+held+"/discard", again+"/merge", again+"/unmerge")
	var settled struct{ Version string }
	got := decide(settle, " they called ")
	if got.into(t, &settled); got.status != http.StatusOK {
		t.Fatalf("settling is answered %d %s", got.status, got.body)
	}
	refused("/api/v1/changes/" + settled.Version + "/undo")
	if history := b.do(call{"GET", "/api/v1/records/" + record.String() + "/history", session, nil}); !strings.Contains(history.body, `"reason":"they called"`) {
		t.Errorf("the history does not tell the reason: %s", history.body)
	}
}
