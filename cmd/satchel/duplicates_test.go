package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates/truth"
	"satchel/server"
	"satchel/syncproto"
)

func TestHouseholdsAreMergedAndUnmerged(t *testing.T) {
	d := newDesk(t)
	tablet := d.tablet("Tablet-1", "Kraljevo")
	register := func(name string) string {
		id := uuid.Must(uuid.NewV7()).String()
		tablet.hand("households", id, syncproto.Version{}, map[string]any{"head_name": name, "status": "idp", "area": d.ids("areas", "name")["Kraljevo"]})
		person := uuid.Must(uuid.NewV7()).String()
		tablet.hand("people", person, syncproto.Version{}, map[string]any{"household": id, "name": "Vera " + name, "born_on": "1980-05-02"})
		return id
	}
	kept, again := register("Petrović"), register("Петровић")
	d.says(d.run("duplicates", "merge", again, kept, "--reason", "one family"), again+" is a duplicate of "+kept, "1 of its people", "unmerge "+again)
	d.says(d.run("history", again), "merged_into", kept, "one family")
	d.refused("is this one, or a duplicate of it", "duplicates", "merge", kept, again)
	d.says(d.run("duplicates", "unmerge", again), "of its own again", "1 of its people")
	d.refused("no duplicate of another one", "duplicates", "unmerge", again)
	d.says(d.run("audit", "verify"), "Rows that hold:")
}

func TestPossibleDuplicatesAreScannedShownAndDecided(t *testing.T) {
	d := newDesk(t)
	d.says(d.run("duplicates", "scan"), "Households compared: 0", "from 14 bits on: 0")
	tablet := d.tablet("Tablet-1", "Kraljevo")
	register := func(name, phone, member string) string {
		id := uuid.Must(uuid.NewV7()).String()
		tablet.hand("households", id, syncproto.Version{}, map[string]any{"head_name": name, "phone": phone, "status": "idp", "area": d.ids("areas", "name")["Kraljevo"]})
		tablet.hand("people", uuid.Must(uuid.NewV7()).String(), syncproto.Version{}, map[string]any{"household": id, "name": member, "birth_year": 1980})
		return id
	}
	first, second := register("Đorđe Petrović", "063 123 456", "Ana"), register("Ђорђе Петрвић", "063/123456", "Мира")
	d.says(d.run("duplicates", "scan"), "BITS", "medium", "Đorđe Petrović ("+first+")", "Ђорђе Петрвић ("+second+")", "the same phone number, the same village", "Households compared: 2", "from 14 bits on: 1")
	item := decode[[]server.Review](d, "duplicates", "scan")[0]
	id := item.ID.String()
	d.says(d.run("review"), "duplicate", "bits for one family with Ђорђе Петрвић ("+second+")")
	out := d.run("review", "show", id)
	d.says(out, "ONE", "OTHER", "recorded by", "Worker of Tablet-1 on Tablet-1", "063/123456", "Ana, 1980", "Мира, 1980", "+13.6", "the same phone number", "-3.3", "no member in common", "in all",
		"satchel duplicates merge "+second+" "+first, "satchel review decide "+id+" not_duplicate")
	if strings.Contains(out, "card number") {
		t.Errorf("a field that neither has is shown:\n%s", out)
	}
	d.refused("What can be decided about duplicate is: not_duplicate", "review", "decide", id, "accepted")
	d.run("review", "decide", id, "not_duplicate", "--reason", "father and son")
	d.says(d.run("duplicates", "scan"), "from 14 bits on: 0")
	d.says(d.run("review", "show", id), "not_duplicate by Ana Anić", "father and son")
	d.run("review", "reopen", id)
	d.says(d.run("duplicates", "merge", second, first), "is a duplicate of")
	d.says(d.run("review"), "No review is open.")
	d.says(d.run("review", "show", id), "closed", "merged into", first)
}

// What review show suggests can be done, whichever of the two was merged into a third one.
func TestAPairOfWhichOneIsMergedIsMergedAsSuggested(t *testing.T) {
	for _, c := range []struct{ merged, deleted []bool }{
		{[]bool{false, false}, []bool{false, false}},
		{[]bool{true, false}, []bool{false, false}},
		{[]bool{false, true}, []bool{false, false}},
		{[]bool{true, true}, []bool{false, false}},
		{[]bool{true, false}, []bool{true, false}},
		{[]bool{false, true}, []bool{false, true}},
	} {
		merged := c.merged
		d := newDesk(t)
		tablet := d.tablet("Tablet-1", "Kraljevo")
		register := func(name string) string {
			id := uuid.Must(uuid.NewV7()).String()
			tablet.hand("households", id, syncproto.Version{}, map[string]any{"head_name": name, "phone": "063 123 456", "status": "idp", "area": d.ids("areas", "name")["Kraljevo"]})
			return id
		}
		pair := []string{register("Đorđe Petrović"), register("Ђорђе Петровић")}
		kept := slices.Clone(pair)
		for i, id := range pair {
			if merged[i] {
				kept[i] = uuid.Must(uuid.NewV7()).String()
				tablet.hand("households", kept[i], syncproto.Version{}, map[string]any{"head_name": []string{"Ana", "Luka"}[i], "status": "idp", "area": d.ids("areas", "name")["Kraljevo"]})
				d.run("duplicates", "merge", id, kept[i])
			}
			if c.deleted[i] {
				tablet.hand("households", kept[i], syncproto.Version{}, map[string]any{"deleted": true})
			}
		}
		command := regexp.MustCompile(`satchel (duplicates merge \S+ \S+) `)
		found := command.FindStringSubmatch(d.run("review", "show", decode[[]server.Review](d, "review")[0].ID.String()))
		if found == nil {
			t.Fatalf("with %v merged, review show suggests no merger", merged)
		}
		d.says(d.run(strings.Fields(found[1])...), "is a duplicate of")
		d.says(d.run("review", "list", "--kind", "duplicate"), "No review")
	}
}

func TestTheRulesAreShownSetAndTakenBack(t *testing.T) {
	d := newDesk(t)
	d.says(d.run("duplicates", "use"), "from 14 bits on, by the program's own weights")
	d.says(d.run("duplicates", "use", "--threshold", "16.5"), "from 16.5 bits on, by the program's own weights")
	own := d.run("duplicates", "weights")
	weights := strings.Replace(own, "0.85", "0.8", 1)
	d.says(d.run("duplicates", "use", d.write("mine.csv", weights)), "from 16.5 bits on, by weights of your own", "weights --used")
	if got := d.run("duplicates", "weights", "--used"); got != weights {
		t.Errorf("in use are\n%s\nwant\n%s", got, weights)
	}
	if got := d.run("duplicates", "weights"); got != own {
		t.Error("the program's own weights are others now")
	}
	d.says(d.run("duplicates", "scan"), "from 16.5 bits on: 0")
	d.refused("nothing was changed", "duplicates", "use", "--default", "--threshold", "3")
	d.refused("above 0", "duplicates", "use", "--threshold", "0")
	d.refused("nothing was changed", "duplicates", "use", d.write("spoilt.csv", "x"))
	d.says(d.run("duplicates", "use"), "from 16.5 bits on, by weights of your own")
	d.says(d.run("duplicates", "use", "--default"), "from 14 bits on, by the program's own weights")
	d.says(d.run("audit", "verify"), "Rows that hold:")
}

func TestDuplicatesAreMeasured(t *testing.T) {
	d := newDesk(t)
	made := filepath.Join(t.TempDir(), "made.csv")
	d.run("duplicates", "measure", "--households", "1500", "--seed", "3", "--write", made)
	own := decode[[]truth.Figures](d, "duplicates", "measure", made)
	if made := decode[[]truth.Figures](d, "duplicates", "measure", "--households", "1500", "--seed", "3"); len(own) != 5 || own[2] != made[2] || own[2].Recall < 0.8 {
		t.Errorf("the households that were written measure %+v, those made up %+v", own, made)
	}
	d.says(d.run("duplicates", "measure", made, "--threshold", "20"), "1500 households", "* ", "20 bits", "PRECISION")

	weights := d.write("weights.csv", d.run("duplicates", "weights"))
	if same := decode[[]truth.Figures](d, "duplicates", "measure", made, "--weights", weights); same[2] != own[2] {
		t.Errorf("the same weights from a file measure %+v, want %+v", same[2], own[2])
	}
	text, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := d.write("spoilt.csv", strings.Replace(string(text), "0.85", "85", 1))
	d.refused("numbers between 0 and 1", "duplicates", "measure", made, "--weights", spoilt)
	d.refused("no column truth", "duplicates", "measure", weights)
}
