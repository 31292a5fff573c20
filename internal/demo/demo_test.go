package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// published is the programme's table of results, as the demo has to print it.
const published = `
Commissariat for Refugees and Migration: prefabricated houses delivered: 21
Commissariat for Refugees and Migration: building material packages provided: 134
Commissariat for Refugees and Migration: village houses provided: 29
Commissariat for Refugees and Migration: families with a durable housing solution: 184
Commissariat for Refugees and Migration: income-generation grants distributed: 86
Commissariat for Refugees and Migration: people who started their own business: 86
Commissariat for Refugees and Migration: people trained (VET, agriculture, safety at work): 437
Commissariat for Refugees and Migration: people reached by outreach (estimate): 12,000+
Commissariat for Refugees and Migration: local action plans supported: 11
Office for Kosovo and Metohija: families enabled to return: 67
Office for Kosovo and Metohija: grants for own business or agriculture: 57
Office for Kosovo and Metohija: participants of go-and-see visits: 97
Office for Kosovo and Metohija: families supported with return transport: 67
Office for Kosovo and Metohija: families with furniture and white-goods packages: 67
Office for Kosovo and Metohija: event participants (estimate): 1,000+
Office for Kosovo and Metohija: people reached by information campaigns (estimate): 40,000+
Office for Kosovo and Metohija: people trained (VET, IT, bus and truck driving): 415
Office for Kosovo and Metohija: income-generation grants (machinery, equipment): 69
`

// happened is what the demo has to tell of what went wrong.
func happened() []incident {
	return []incident{
		{"An acknowledgement was lost.", "The server had taken 339 changes of nis when the reply was cut off; the tablet kept 339 and sent them again; the server still has 339."},
		{"Two tablets edited different fields of one household.", "Both edits show: the phone +381 60 000 1111 of kraljevo-1, the address Ustanička 14 of kraljevo-2. Open conflicts: 0."},
		{"Two tablets edited the same field of one household.", "The later phone, +381 60 000 3333, shows on both; the other one is kept. Open conflicts: 1. Values that kraljevo-1 is told were overtaken: 1."},
		{"A household was deleted on one tablet and edited on another.", `kragujevac did not know of the deletion and came later, so the household shows, with the note "Moved in, the roof is finished."; deleted: false. Open conflicts: 1.`},
		{"The clock of a tablet said 2038.", "What prokuplje recorded claims the year 2038. Satchel set it to 5 minutes after it came, and the tablet tells its worker to set the clock: true. So the address that raska wrote afterwards, Toplička 3, shows. Open conflicts: 0."},
		{"A household moved to a municipality that its worker's tablet does not have.", "The edit was held (out_of_scope) until the administrator applied it. Now krusevac has the household, with its people (5) and deliveries (1); nis has it: false."},
		{"A tablet was restored from an old copy of its file.", "smederevo took a new identity: true. The server has two histories of it, with 244 and 1 changes. The two families have the visits of their registration, the one recorded before the copy came back, and the one after: 4."},
		{"A family was registered by two workers.", "People trained: 438, and once the administrator had merged the two: 437. Nothing was moved, so the merger can be undone."},
		{"A delivery was entered twice.", "Prefabricated houses: 22, and the server put the family into review: 2 delivered, entitled to 1, limit 1. Once the worker had cancelled the second entry, with the reason: 21; open reviews: 0."},
	}
}

func TestTheProgrammeComesOutAsItWasPublished(t *testing.T) {
	var out bytes.Buffer
	d, err := start(t.Context(), Options{Seed: 1, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}()
	err = d.play(t.Context())
	if err == nil {
		err = d.report(t.Context())
	}
	if err != nil {
		t.Fatalf("%v, after\n%s", err, &out)
	}
	if got := figures(t, d); got != published {
		t.Errorf("the figures are%s", got)
	}
	if !reflect.DeepEqual(d.incidents, happened()) {
		t.Errorf("what is told of the incidents is\n%+v", d.incidents)
	}
	if got := strings.Count(out.String(), "  yes"); got != 18 {
		t.Errorf("%d figures are printed as the same, want 18, in\n%s", got, &out)
	}
	if got := conflictsSeenFrom(t, d.url, d.password); got != 2 {
		t.Errorf("who logs in as it was printed sees %d conflicts, want 2", got)
	}
	waits(t, d)
	breakAFigure(t, d, &out)
}

// waits expects in review two families that were given something twice, and those that were registered twice.
func waits(t *testing.T, d *demo) {
	t.Helper()
	open, _, err := d.server.Reviews.List(t.Context(), "open", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	over, twice := 0, map[uuid.UUID]bool{}
	for _, r := range open {
		switch r.Kind {
		case "over_delivery":
			over++
		case "duplicate":
			twice[r.Record], twice[*r.Subject] = true, true
		}
	}
	if over != 2 {
		t.Errorf("%d families are in review that were given something twice, want 2", over)
	}
	for i, id := range d.again {
		if !twice[id] || len(d.again) != 3 {
			t.Errorf("of %d families that were registered twice, number %d is not in review", len(d.again), i)
		}
	}
}

// figures writes the table as [published] is written.
func figures(t *testing.T, d *demo) string {
	t.Helper()
	table, err := d.figures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := "\n"
	for _, f := range table {
		out += fmt.Sprintf("%s: %s: %s\n", f.Institution, f.Title, f.Reported())
	}
	return out
}

// breakAFigure cancels one delivery on a tablet: the table has to say so.
func breakAFigure(t *testing.T, d *demo, out *bytes.Buffer) {
	t.Helper()
	out.Reset()
	tablet := d.tablet("krusevac")
	delivery, err := tablet.firstDelivery(t.Context(), tablet.families[0].household.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := tablet.cancel(t.Context(), delivery, "the house was not finished"); err != nil {
		t.Fatal(err)
	}
	if err := d.report(t.Context()); !errors.Is(err, ErrDiffers) {
		t.Errorf("with a delivery cancelled, the report ends with %v, want %v", err, ErrDiffers)
	}
	want := strings.NewReplacer("houses delivered: 21", "houses delivered: 20", "solution: 184", "solution: 183").Replace(published)
	if got := figures(t, d); got != want {
		t.Errorf("with a delivery cancelled, the figures are%s", got)
	}
	if got := strings.Count(out.String(), "  NO\n"); got != 2 {
		t.Errorf("%d figures are printed as differing, want 2, in\n%s", got, out)
	}
}

// conflictsSeenFrom logs in over HTTP and counts the open conflicts.
func conflictsSeenFrom(t *testing.T, address, password string) int {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	body, err := json.Marshal(map[string]string{"login": "admin", "password": password})
	if err != nil {
		t.Fatal(err)
	}
	login, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	login.Header.Set("Content-Type", "application/json")
	list, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/api/v1/conflicts", nil)
	if err != nil {
		t.Fatal(err)
	}
	var answer []byte
	for _, request := range []*http.Request{login, list} {
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if answer, err = io.ReadAll(response.Body); err != nil {
			t.Fatal(err)
		}
	}
	var open struct{ Conflicts []any }
	if err := json.Unmarshal(answer, &open); err != nil {
		t.Fatal(err)
	}
	return len(open.Conflicts)
}

func TestTheDemoTouchesNoDataDirectoryThatHoldsAnything(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "satchel.db"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Options{Dir: dir, Once: true, Out: &bytes.Buffer{}}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("the demo ends with %v, want %v", err, ErrNotEmpty)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory has %d entries afterwards (%v), want the one that it had", len(entries), err)
	}
}

func TestNobodyIsGivenMoreThanTheTypeAllows(t *testing.T) {
	shares, err := plan()
	if err != nil {
		t.Fatal(err)
	}
	homes := map[string]bool{"PREFAB": true, "MATERIAL": true, "VILLAGE": true}
	for _, s := range shares {
		for i, codes := range s.gifts() {
			seen, housed := map[string]bool{}, false
			for _, code := range codes {
				if seen[code] || housed && homes[code] {
					t.Errorf("family %d of %s in %s is given %v", i, s.project, s.municipality, codes)
				}
				seen[code], housed = true, housed || homes[code]
			}
		}
	}
}
