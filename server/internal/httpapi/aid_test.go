package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
)

// aid asks what the family of a household is due and what it was given.
func (b *besieged) aid(session map[string]string, household uuid.UUID) (answer, server.Aid) {
	b.t.Helper()
	var out server.Aid
	got := b.do(call{"GET", "/api/v1/households/" + household.String() + "/aid", session, nil})
	if got.status == http.StatusOK {
		got.into(b.t, &out)
	}
	return got, out
}

func TestAidIsForWhoLooksAfterAllAreasOfAFamily(t *testing.T) {
	b := newBesieged(t)
	b.person("cora", "coordinator", password, b.a)
	b.person("cvetko", "coordinator", password, b.b)
	b.person("both", "coordinator", password, b.a, b.b)
	cora, cvetko, both := b.login("cora"), b.login("cvetko"), b.login("both")
	household := b.overDeliver().Record
	_, found := b.aid(cvetko, household)
	if len(found.Shares) != 1 || found.Shares[0].Remaining.String() != "-1" || len(found.Shares[0].Deliveries) != 1 || found.Households[0].HeadName != canaryName {
		t.Errorf("the aid is %+v", found)
	}
	elsewhere := newID(t)
	b.save("households", elsewhere, map[string]any{"head_name": "Elsewhere", "status": "idp", "area": b.a})
	if _, err := b.srv.Engine.Merge(t.Context(), b.admin, elsewhere, household, ""); err != nil {
		t.Fatal(err)
	}
	for _, session := range []map[string]string{cora, cvetko} {
		if got, _ := b.aid(session, elsewhere); got.status != http.StatusForbidden {
			t.Errorf("who has half of a family is answered %d %s, want 403", got.status, got.body)
		}
	}
	if _, found := b.aid(both, elsewhere); found.Household != household || len(found.Households) != 2 {
		t.Errorf("who has both areas gets %+v", found)
	}
}
