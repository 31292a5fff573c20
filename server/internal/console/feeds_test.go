package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestATokenIsShownOnceAndReadsUntilItIsEnded(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	b.send("/settings/feeds", "name", "x", "days", "30").shows(t, "Nothing was changed")
	made := b.send("/settings/feeds", "name", "Analyst", "collection", "areas", "days", "30")
	token := regexp.MustCompile(`satchel-feed-[A-Z0-9]+`).FindString(made.body)
	if token == "" {
		t.Fatalf("no token is shown: %s", made.text())
	}
	if strings.Contains(b.get("/settings/feeds").body, token) {
		t.Error("the token is shown again")
	}
	read := func() int {
		reader := o.browser()
		reader.header["Authorization"] = "Bearer " + token
		return reader.get("/feeds/csv/areas").status
	}
	if got := read(); got != http.StatusOK {
		t.Errorf("with the token, a feed is answered %d", got)
	}
	id := regexp.MustCompile(`/settings/feeds/([0-9a-f-]{36})/revoke`).FindStringSubmatch(b.get("/settings/feeds").body)[1]
	b.send("/settings/feeds/"+id+"/revoke").shows(t, "The token is ended")
	if got := read(); got != http.StatusUnauthorized {
		t.Errorf("with a token that was ended, a feed is answered %d", got)
	}
}

func TestAWebhookIsAddedAndEnded(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	if again := b.send("/settings/webhooks", "url", "ftp://x.example", "kind", "review.opened"); again.status != http.StatusUnprocessableEntity || !strings.Contains(again.body, "ftp://x.example") {
		t.Errorf("an address that is none is answered %d %s", again.status, again.text())
	}
	made := b.send("/settings/webhooks", "url", "https://x.example/hook", "kind", "review.opened")
	if !strings.Contains(made.body, "whsec_") {
		t.Fatalf("no secret is shown: %s", made.text())
	}
	id := regexp.MustCompile(`/settings/webhooks/([0-9a-f-]{36})`).FindStringSubmatch(made.body)[1]
	page := b.get("/settings/webhooks/" + id)
	page.shows(t, "works Is told of: matters for a decision")
	if strings.Contains(page.body, "whsec_") {
		t.Error("the secret is shown again")
	}
	b.send("/settings/webhooks/"+id+"/end").shows(t, "told nothing more")
	b.get("/settings/webhooks/"+id).shows(t, "ended")
}
