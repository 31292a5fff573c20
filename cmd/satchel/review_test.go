package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// deliverTwice has two tablets deliver a stove to one family without knowing of each other, and gives the household and
// the second delivery.
func deliverTwice(d *desk) (household, second string, version syncproto.Version, two *tablet) {
	d.t.Helper()
	d.load("assistance_types", "code,name,category,limit_per_household\nSTOVE,Stove,furniture,1\n")
	d.load("projects", "code,title\nP,Project\n")
	one, two := d.tablet("Tablet-1", "Kraljevo"), d.tablet("Tablet-2", "Kraljevo")
	household = uuid.Must(uuid.NewV7()).String()
	one.hand("households", household, syncproto.Version{}, map[string]any{"head_name": "Petar Petrović", "status": "idp", "area": d.ids("areas", "name")["Kraljevo"]})
	for i, t := range []*tablet{one, two} {
		second = uuid.Must(uuid.NewV7()).String()
		version = t.hand("deliveries", second, syncproto.Version{}, map[string]any{
			"household": household, "project": d.ids("projects", "code")["P"], "assistance_type": d.ids("assistance_types", "code")["STOVE"],
			"quantity": 1, "delivered_at": 1_700_000_000_000 + i, "proofs": map[string]string{"signature": fmt.Sprint("sha-of-", i+1)},
			"position": map[string]any{"lat": 43.7, "lon": 20.7},
		})
	}
	return household, second, version, two
}

func TestAReviewIsShownDecidedReopenedAndClosesItself(t *testing.T) {
	d := newDesk(t)
	d.says(d.run("review"), "No review is open.")
	household, second, version, two := deliverTwice(d)
	d.says(d.run("review", "list"), "over_delivery", "high", "Kraljevo (", "Petar Petrović ("+household+")", "2 delivered, limit 1 of Stove (", "nobody")
	item := decode[[]server.Review](d, "review", "list")[0]
	id := item.ID.String()
	d.says(d.run("review", "show", id), "Worker of Tablet-1", "Tablet-2", "2023-11-1", "signature sha-of-1", "signature sha-of-2", "43.70000 20.70000", second,
		"satchel review decide "+id+" accepted")

	d.says(d.run("review", "assign", id, "ana"), "Assigned to Ana Anić.")
	d.says(d.run("review"), "Ana Anić")
	d.says(d.run("review", "assign", id, "--nobody"), "Assigned to nobody.")
	d.refused("nothing was changed", "review", "assign", id)
	d.refused(`nobody with the login "mira"`, "review", "assign", id, "mira")

	d.says(d.run("review", "decide", id, "accepted", "--reason", "two families"), "satchel review reopen "+id)
	d.says(d.run("review"), "No review is open.")
	d.says(d.run("review", "list", "--state", "decided"), id)
	d.says(d.run("review", "show", id), "accepted by Ana Anić", "two families")
	d.refused("decided meanwhile", "review", "decide", id, "accepted")
	d.run("review", "reopen", id, "--reason", "one family")
	d.refused("No decision holds", "review", "reopen", id)
	d.says(d.run("review"), id)

	two.hand("deliveries", second, version, map[string]any{"cancelled_why": "entered twice"})
	d.says(d.run("review"), "No review is open.")
	d.says(d.run("review", "list", "--state", "closed"), id)
	d.refused("no review of that id", "review", "show", household)
	d.says(d.run("audit", "verify"), "Rows that hold:")
}

// A decision names what was shown: nobody decides on what came in between.
func TestAReviewIsDecidedAsItWasSeen(t *testing.T) {
	d := newDesk(t)
	_, second, version, two := deliverTwice(d)
	id := decode[[]server.Review](d, "review", "list")[0].ID.String()
	command := regexp.MustCompile(`satchel (review decide ` + id + ` accepted --seen [0-9a-f]+) --reason TEXT`)
	suggested := func() []string {
		t.Helper()
		found := command.FindStringSubmatch(d.run("review", "show", id))
		if found == nil {
			t.Fatal("review show suggests no decision")
		}
		return strings.Fields(found[1])
	}
	decide := suggested()
	two.hand("deliveries", second, version, map[string]any{"quantity": 5})
	d.refused("not as you saw it", decide...)
	d.says(d.run("review"), "6 delivered")
	d.says(d.run(suggested()...), "Decided")
}

func TestADeletedHouseholdWithADeliveryIsShown(t *testing.T) {
	d := newDesk(t)
	household, second, _, _ := deliverTwice(d)
	d.open(func(srv *server.Server) {
		_, err := srv.Engine.Save(t.Context(), uuid.Nil, []server.OfficeEdit{{
			Collection: "households", Record: uuid.MustParse(household), Fields: map[string]syncproto.Value{"deleted": syncproto.True},
		}})
		if err != nil {
			t.Fatal(err)
		}
	})
	out := d.run("review")
	d.says(out, "orphan", "medium", "2 records belong to it")
	item := decode[[]server.Review](d, "review")[0]
	d.says(d.run("review", "show", item.ID.String()), "deliveries "+second, "Petar Petrović")
}

// Conflicts, held changes and clocks are in the one list, and each says how it is decided.
func TestWhatTabletsBroughtIsInTheList(t *testing.T) {
	d := newDesk(t)
	household, version, _ := clash(d, "phone", "060 222", "060 333", "060 444")
	_ = version
	d.says(d.run("review"), "conflict", "medium", "Petar Petrović ("+household+")", "phone (2 sides)")
	item := decode[[]server.Review](d, "review", "list", "--kind", "conflict", "--severity", "medium", "--area", "Srbija", "--unassigned")[0]
	id := item.ID.String()
	d.says(d.run("review", "show", id), "Worker of Tablet-1 on Tablet-1", "060 333", "060 444", "satchel conflict settle "+household+" phone", "satchel review decide "+id)
	d.run("review", "assign", id, "ana")
	for _, none := range [][]string{{"--kind", "held"}, {"--severity", "high"}, {"--area", "Vranje"}, {"--unassigned"}} {
		d.says(d.run(append([]string{"review", "list"}, none...)...), "No review is open.")
	}
	d.says(d.run("review", "list", "--assignee", "ana"), id)
	d.refused("no area", "review", "list", "--area", "Atlantis")
	d.refused(`nobody with the login "mira"`, "review", "list", "--assignee", "mira")
	d.says(d.run("review", "decide", id, "accepted"), "Decided")
	d.says(d.run("conflict", "list"), household)
}

func TestHeldChangesAreInTheList(t *testing.T) {
	d := newDesk(t)
	one := d.tablet("Tablet-1", "Kraljevo")
	household := uuid.Must(uuid.NewV7()).String()
	wrong := one.hand("households", household, syncproto.Version{}, map[string]any{"head_name": "Petar", "status": "rich", "area": d.ids("areas", "name")["Kraljevo"]})
	d.says(d.run("review"), "held", "medium", "Kraljevo (", "1 changes of Tablet-1: invalid")
	id := decode[[]server.Review](d, "review")[0].ID.String()
	d.says(d.run("review", "show", id), "Worker of Tablet-1 on Tablet-1", `status:`, wrong.String(), "satchel held apply")
	d.refused("applied or discarded", "review", "decide", id, "accepted")
	d.run("held", "apply", wrong.String(), "--set", "status=idp")
	d.says(d.run("review"), "No review is open.")
}
