package main

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
)

func TestATokenForAFeed(t *testing.T) {
	d := newDesk(t)
	made := decode[struct {
		ID    uuid.UUID
		Token string
	}](d, "feed", "add", "Analyst of the donor", "--collection", "households", "--collection", "areas", "--area", "Kraljevo", "--days", "30")
	good := func() (ok bool) {
		d.open(func(srv *server.Server) {
			_, err := srv.Accounts.Feed(t.Context(), made.Token)
			ok = err == nil
		})
		return ok
	}
	if !good() {
		t.Error("the token is not good")
	}
	list := d.run("feed", "list")
	for _, want := range []string{"Analyst of the donor", "areas, households", "Kraljevo", "false", "until ", made.ID.String()} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in\n%s", want, list)
		}
	}
	if strings.Contains(list, "never") || strings.Contains(list, made.Token) {
		t.Errorf("its use is missing, or the token is told again:\n%s", list)
	}
	d.run("feed", "revoke", made.ID.String())
	if good() || !strings.Contains(d.run("feed"), "revoked ") {
		t.Error("the token is still good")
	}
	if status, _, errs := d.result("feed", "add", "x", "--collection", "users"); status == 0 || !strings.Contains(errs, "collections") {
		t.Errorf("a feed of a table that is no collection: %d %s", status, errs)
	}
}
