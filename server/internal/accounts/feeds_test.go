package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// newFeed is a token for a day.
func (p *programme) newFeed() accounts.NewFeedToken {
	return accounts.NewFeedToken{Name: " Donor ", Collections: []string{"visits", "people", "visits"}, Area: p.a, Expires: p.now.Add(24 * time.Hour).UnixMilli()}
}

func TestAFeedsTokenIsMadeForWhatItSaysAndNotKept(t *testing.T) {
	p := newProgramme(t)
	made, token, err := p.accounts.AddFeedToken(t.Context(), p.admin, p.newFeed())
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.accounts.Feed(t.Context(), token)
	if err != nil || got.ID != made.ID || got.Name != "Donor" || strings.Join(got.Collections, " ") != "people visits" || got.Area != p.a || got.Personal {
		t.Errorf("it gives %+v, %v", got, err)
	}
	if strings.Contains(made.TokenHash, token) || len(token) < 30 {
		t.Errorf("the token %q is kept as %q", token, made.TokenHash)
	}
	for _, wrong := range []string{"", "x", token + "x", strings.ToLower(token), made.TokenHash} {
		if _, err := p.accounts.Feed(t.Context(), wrong); !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeUnauthorized}) {
			t.Errorf("%q gives %v", wrong, err)
		}
	}
}

func TestOnlyAdministratorsDecideAboutFeeds(t *testing.T) {
	p := newProgramme(t)
	made, _, err := p.accounts.AddFeedToken(t.Context(), p.admin, p.newFeed())
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []uuid.UUID{p.coordinator, p.worker} {
		_, _, added := p.accounts.AddFeedToken(t.Context(), who, p.newFeed())
		ended := p.accounts.RevokeFeedToken(t.Context(), who, made.ID)
		for _, err := range []error{added, ended} {
			if !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeForbidden}) {
				t.Errorf("%v", err)
			}
		}
	}
	for range 2 {
		if err := p.accounts.RevokeFeedToken(t.Context(), p.admin, made.ID); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(time.Minute)
	}
	list, err := p.accounts.FeedTokens(t.Context())
	if err != nil || len(list) != 1 || list[0].Revoked != p.now.Add(-2*time.Minute).UnixMilli() {
		t.Errorf("%+v, %v", list, err)
	}
	count := map[string]int{}
	err = p.store.Read(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
		rows, err := tx.AuditSince(t.Context(), 0, 100)
		for _, r := range rows {
			count[r.Action]++
		}
		return err
	})
	if err != nil || count[audit.FeedAdded] != 1 || count[audit.FeedRevoked] != 1 {
		t.Errorf("the audit log has %v, %v", count, err)
	}
}

func TestAFeedThatCannotBe(t *testing.T) {
	p := newProgramme(t)
	for name, change := range map[string]func(*accounts.NewFeedToken){
		"no name":             func(n *accounts.NewFeedToken) { n.Name = " " },
		"a name on two lines": func(n *accounts.NewFeedToken) { n.Name = "a\nb" },
		"nothing to read":     func(n *accounts.NewFeedToken) { n.Collections = nil },
		"a table":             func(n *accounts.NewFeedToken) { n.Collections = []string{"people", "users"} },
		"an unknown area":     func(n *accounts.NewFeedToken) { n.Area = uuid.New() },
		"no end":              func(n *accounts.NewFeedToken) { n.Expires = 0 },
		"an end by now":       func(n *accounts.NewFeedToken) { n.Expires = p.now.UnixMilli() },
		"an end far away":     func(n *accounts.NewFeedToken) { n.Expires = p.now.AddDate(2, 1, 0).UnixMilli() },
	} {
		n := p.newFeed()
		change(&n)
		if _, _, err := p.accounts.AddFeedToken(t.Context(), p.admin, n); !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeInvalid}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
