package main

import (
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

func TestWhatAFamilyIsDueAndReceivedIsShown(t *testing.T) {
	d := newDesk(t)
	household, second, version, two := deliverTwice(d)
	two.hand("deliveries", second, version, map[string]any{"proxy": "Mira: he is ill", "note": "at the gate"})
	out := d.run("household", "show", household)
	d.says(out, "Petar Petrović ("+household+")", "Kraljevo", "kept", "Stove", "-1", "Worker of Tablet-1", "Tablet-2", "2023-11-14", "43.70000 20.70000",
		"signature sha-of-1", "signature sha-of-2", second, "Project", "Mira: he is ill")

	kept := uuid.Must(uuid.NewV7())
	d.open(func(srv *server.Server) {
		_, err := srv.Engine.Save(t.Context(), uuid.Nil, []server.OfficeEdit{{Collection: "households", Record: kept, Fields: map[string]syncproto.Value{
			"head_name": `"P. Petrović"`, "status": `"idp"`, "card_number": `"12 345"`, "area": syncproto.Value(`"` + d.ids("areas", "name")["Vranje"] + `"`),
		}}})
		if err != nil {
			t.Fatal(err)
		}
	})
	d.says(d.run("household", "show", "12 345"), "P. Petrović", "Vranje", "It is entitled to nothing, and nothing was delivered.")
	d.run("duplicates", "merge", household, kept.String(), "--reason", "one family")
	d.says(d.run("household", "show", "12 345"), "a duplicate", "Worker of Tablet-1")
	aid := decode[server.Aid](d, "household", "show", household)
	if aid.Household != kept || len(aid.Shares) != 1 || aid.Shares[0].Remaining.String() != "-1" || len(aid.Shares[0].Deliveries) != 2 {
		t.Errorf("as JSON it is %+v", aid)
	}
	two.hand("deliveries", second, version, map[string]any{"cancelled_why": "entered twice"})
	d.says(d.run("household", "show", "12 345"), "entered twice", "signature sha-of-2")

	d.refused("no household with that id or card number", "household", "show", "99")
	d.load("households", "head_name,status,area,card_number\nAna,idp,Kraljevo,99\n")
	d.open(func(srv *server.Server) {
		_, err := srv.Engine.Save(t.Context(), uuid.Nil, []server.OfficeEdit{{Collection: "households", Record: uuid.Must(uuid.NewV7()), Fields: map[string]syncproto.Value{
			"head_name": `"Eva"`, "status": `"idp"`, "card_number": `"99"`, "area": syncproto.Value(`"` + d.ids("areas", "name")["Vranje"] + `"`),
		}}})
		if err != nil {
			t.Fatal(err)
		}
	})
	d.refused("2 households have that card number; name the one you mean by its id", "household", "show", "99")
}

func TestAPlaceAndProofsAreWrittenForPeople(t *testing.T) {
	for v, want := range map[syncproto.Value]string{
		`{"lat":43.7,"lon":-20.123456}`:                         "43.70000 -20.12346",
		`{"accuracy":8.4,"lat":43.7,"lon":20.7,"source":"gps"}`: "43.70000 20.70000 ± 8 m by gps",
		"": "-", syncproto.Null: "-", `"nowhere"`: "-",
	} {
		if got := place(v); got != want {
			t.Errorf("the place %s is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[syncproto.Value]string{
		`{"signature":"0123456789abcdef","photo":"fedcba9876543210"}`: `photo fedcba987654, signature 0123456789ab`,
		"": "-", syncproto.Null: "-", `{}`: "-", `7`: "-",
	} {
		if got := proofs(v); got != want {
			t.Errorf("the proofs %s are %q, want %q", v, got, want)
		}
	}
}
