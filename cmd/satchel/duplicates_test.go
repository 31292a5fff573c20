package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates/truth"
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
