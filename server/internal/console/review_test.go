package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A sender is a device of municipality a, and what it last sent.
type sender struct {
	*office
	id, worker uuid.UUID
	tip        syncproto.Tip
	// ago is how long ago, by its clock, it writes what it sends; ahead by how much that clock is ahead.
	ago, ahead time.Duration
}

func (o *office) sender(name string, ago time.Duration) *sender {
	o.t.Helper()
	d := &sender{office: o, id: uuid.New(), worker: uuid.New(), ago: ago}
	err := o.srv.Store.Write(o.t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.AddUser(o.t.Context(), store.User{ID: d.worker, Login: name, Name: "Worker of " + name, Role: "worker", Active: true, Areas: []uuid.UUID{o.a}}),
			tx.AddDevice(o.t.Context(), store.Device{ID: d.id, Name: name, Holder: d.worker, Areas: []uuid.UUID{o.a}}),
		)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

// A noted is what somebody wrote of one record.
type noted struct {
	collection string
	record     uuid.UUID
	fields     map[string]any
}

// send sends one change of somebody who had seen of the record only its area, and gives what became of it.
func (d *sender) send(collection string, record uuid.UUID, fields map[string]any) syncproto.Receipt {
	d.t.Helper()
	return d.sendForm(noted{collection, record, fields})[0]
}

// sendForm sends what was saved at once.
func (d *sender) sendForm(form ...noted) []syncproto.Receipt {
	d.t.Helper()
	now, first, known := time.Now().UnixMilli(), d.tip.N+1, d.tip
	var changes []syncproto.Change
	for _, w := range form {
		c := d.change(w)
		c.N, c.Form, c.Claimed = d.tip.N+1, first, now-d.ago.Milliseconds()
		d.tip = syncproto.Tip{N: c.N, Hash: c.Chain(d.tip.Hash)}
		changes = append(changes, c)
	}
	request := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: d.id, Known: known, Clock: now + d.ahead.Milliseconds(), Changes: changes}
	reply, err := d.srv.Engine.Exchange(d.t.Context(), d.id, request)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply.Receipts
}

func (d *sender) change(w noted) syncproto.Change {
	d.t.Helper()
	c := syncproto.Change{
		Collection: w.collection, Record: w.record, Author: d.worker, Fields: map[string]syncproto.Value{}, Base: map[string][]syncproto.Version{},
	}
	for name, x := range w.fields {
		v, err := syncproto.ValueOf(x)
		if err != nil {
			d.t.Fatal(err)
		}
		c.Fields[name] = v
	}
	err := d.srv.Store.Read(d.t.Context(), func(tx *store.Tx) error {
		r, err := tx.Record(d.t.Context(), w.record)
		if known := r.State["area"].Known(); err == nil && len(known) > 0 {
			c.Base["area"] = known
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// family makes a household of municipality a.
func (o *office) family(name string, more ...any) uuid.UUID {
	o.t.Helper()
	fields := map[string]any{"head_name": name, "status": "idp", "area": o.a}
	for i := 0; i < len(more); i += 2 {
		fields[more[i].(string)] = more[i+1]
	}
	return o.save("households", fields)
}

// value gives what is shown of a field.
func (o *office) value(record uuid.UUID, field string) string {
	o.t.Helper()
	var out syncproto.Value
	err := o.srv.Store.Read(o.t.Context(), func(tx *store.Tx) error {
		r, err := tx.Record(o.t.Context(), record)
		out = r.Value(field)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if text := out.Text(); text != "" {
		return text
	}
	return string(out)
}

// item gives the address of the only open item.
func (o *office) item() string {
	o.t.Helper()
	list, _, err := o.srv.Reviews.List(o.t.Context(), "open", 0, 9)
	if err != nil || len(list) != 1 {
		o.t.Fatalf("open are %+v, %v; want one", list, err)
	}
	return "/review/" + list[0].ID.String()
}

// held gives what a hidden or chosen input of a page holds, the first of that name.
func (p page) held(t *testing.T, name string) string {
	t.Helper()
	match := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `" value="([^"]*)"`).FindStringSubmatch(p.body)
	if match == nil {
		t.Fatalf("%s has no input %q", p.path, name)
	}
	return match[1]
}

// taking gives the version of the side of a page that has a value.
func (p page) taking(t *testing.T, field, value string) string {
	t.Helper()
	match := regexp.MustCompile(`name="take.` + field + `" value="([^"]*)" data-device="[^"]*" data-text="` + regexp.QuoteMeta(value) + `"`).FindStringSubmatch(p.body)
	if match == nil {
		t.Fatalf("%s offers no %s %q", p.path, field, value)
	}
	return match[1]
}

// clashing gives a household whose phone and address two tablets wrote, not knowing of each other.
func (o *office) clashing() uuid.UUID {
	o.t.Helper()
	h := o.family("Petar Petrović", "card_number", "K-0012")
	o.sender("tablet 7", time.Hour).send("households", h, map[string]any{"phone": "7", "address": "Seven"})
	o.sender("tablet 8", 0).send("households", h, map[string]any{"phone": "8", "address": "Eight"})
	return h
}

func TestAConflictIsSettledWithoutScripts(t *testing.T) {
	o := newOffice(t)
	h := o.clashing()
	ana := o.as("ana")
	ana.get("/review").shows(t, "Petar Petrović (K-0012) 2 fields clash: Address, Phone")
	at := o.item()
	p := ana.get(at)
	p.shows(t, "From tablet 7")
	p.shows(t, "Worker of tablet 8, tablet 8")
	form := []string{"field", "phone", "heads.phone", p.held(t, "heads.phone"), "field", "address", "heads.address", p.held(t, "heads.address")}
	with := func(more ...string) page { return ana.send(at+"/settle", append(form, more...)...) }
	undecided := with("take.phone", p.taking(t, "phone", "7"))
	undecided.shows(t, "It is not decided yet what becomes of")
	if undecided.status != http.StatusUnprocessableEntity || !regexp.MustCompile(`data-text="7" checked`).MatchString(undecided.body) {
		t.Errorf("a form that decides half is answered %d, and has lost what was chosen", undecided.status)
	}
	all := []string{"take.phone", p.taking(t, "phone", "7"), "take.address", "other", "other.address", "Nine"}
	with(all...).shows(t, "A reason has to be given")
	if o.value(h, "phone") != "8" {
		t.Error("something was settled by a form that was refused")
	}
	for _, wrong := range []string{"delete", uuid.NewString() + ":1"} { // what nobody wrote is no value, and clears nothing
		if got := with("take.phone", wrong, "take.address", "other", "other.address", "Nine", "reason", "x"); got.status != http.StatusConflict {
			t.Errorf("taking %q is answered %d", wrong, got.status)
		}
	}
	if o.value(h, "phone") != "8" {
		t.Error("a field was settled by what nobody wrote")
	}
	done := with(append(all, "reason", "he called")...)
	done.shows(t, "Decided by Name of ana")
	done.shows(t, "he called")
	if o.value(h, "phone") != "7" || o.value(h, "address") != "Nine" {
		t.Errorf("the household has %s, %s", o.value(h, "phone"), o.value(h, "address"))
	}
	back := ana.send("/review/undo", "version", done.held(t, "version"), "what", "form", "reason", "it was another", "back", at)
	back.shows(t, "Undone")
	back.shows(t, "From tablet 7")
	ana.get("/review/decided").shows(t, "undone")
}

func TestEveryOfficeSideOfAConflictCanBeChosen(t *testing.T) {
	o := newOffice(t)
	h := o.family("Petar Petrović", "phone", "0")
	o.person("bora", "administrator")
	at := "/records/households/" + h.String()
	forms := map[string][]string{}
	logins := []string{"cora", "bora", "ana"}
	for i, login := range logins {
		forms[login] = o.as(login).get(at).filled("f.phone", fmt.Sprint(i+1))
	}
	for _, login := range logins {
		o.as(login).send(at, forms[login]...)
	}
	ana, item := o.as("ana"), o.item()
	p := ana.get(item)
	for i, login := range logins {
		if who := "Name of " + login; strings.Count(p.body[strings.Index(p.body, "<thead>"):strings.Index(p.body, "</thead>")], who) != 1 {
			t.Errorf("no column of its own says that it is of %s", who)
		}
		p.taking(t, "phone", fmt.Sprint(i+1))
	}
	ana.send(item+"/settle", "field", "phone", "heads.phone", p.held(t, "heads.phone"), "take.phone", p.taking(t, "phone", "1"), "reason", "she asked")
	if got := o.value(h, "phone"); got != "1" {
		t.Errorf("the phone is %s, want the one that was chosen", got)
	}
}

func TestPositionsThatClashAreOnAMap(t *testing.T) {
	o := newOffice(t)
	h := o.family("Petar Petrović")
	place := func(lat float64) map[string]any {
		return map[string]any{"phone": fmt.Sprint(lat), "position": map[string]any{"lat": lat, "lon": 20.68}}
	}
	o.sender("seven", time.Hour).send("households", h, place(43.72))
	o.sender("eight", 0).send("households", h, place(43.729))
	p := o.as("ana").get(o.item())
	p.shows(t, "1 43.72900°, 20.68000°")
	p.shows(t, "2 43.72000°, 20.68000°")
	p.shows(t, "The positions are 1,001 m apart")
	p.shows(t, "Phone nothing 43.729 ")
}

func TestKeepingWhatIsShownNeedsNoReason(t *testing.T) {
	o := newOffice(t)
	o.clashing()
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	form := []string{"next", "1"}
	for _, field := range []string{"phone", "address"} {
		shown := map[string]string{"phone": "8", "address": "Eight"}[field]
		form = append(form, "field", field, "heads."+field, p.held(t, "heads."+field), "take."+field, p.taking(t, field, shown))
	}
	if next := ana.send(at+"/settle", form...); !strings.HasPrefix(next.path, "/review?") {
		t.Errorf("the last one leads to %s", next.path)
	}
}

func TestWhoDecidesSecondIsToldWhatTheFirstChose(t *testing.T) {
	o := newOffice(t)
	h := o.clashing()
	o.person("bora", "administrator")
	ana, bora, at := o.as("ana"), o.as("bora"), o.item()
	p := ana.get(at)
	form := func(choice string) (out []string) {
		for field, value := range map[string]string{"phone": choice, "address": map[string]string{"7": "Seven", "8": "Eight"}[choice]} {
			out = append(out, "field", field, "heads."+field, p.held(t, "heads."+field), "take."+field, p.taking(t, field, value))
		}
		return append(out, "reason", "chose "+choice)
	}
	bora.send(at+"/settle", form("7")...).shows(t, "Saved")
	late := ana.send(at+"/settle", form("8")...)
	late.shows(t, "Decided by Name of bora")
	late.shows(t, "chose 7")
	if late.status != http.StatusNotFound || o.value(h, "phone") != "7" {
		t.Errorf("the second is answered %d, and the phone is %s", late.status, o.value(h, "phone"))
	}
	typed := ana.send(at+"/settle", "field", "phone", "heads.phone", p.held(t, "heads.phone"), "take.phone", "other", "other.phone", "9", "reason", "x")
	if typed.status != http.StatusNotFound {
		t.Errorf("who typed a value for what was decided is answered %d", typed.status)
	}
	for _, e := range late.shown() {
		if strings.Contains(e, "Save and next") {
			t.Error("what was decided is offered to be decided")
		}
	}
}

// shown gives the buttons of a page.
func (p page) shown() []string {
	return regexp.MustCompile(`<button[^>]*>[^<]*`).FindAllString(p.body, -1)
}

func TestAContestedDeletionIsExplainedAndSettled(t *testing.T) {
	o := newOffice(t)
	h := o.family("Slaviša Lazić")
	o.sender("seven", time.Hour).send("households", h, map[string]any{"deleted": true})
	o.sender("eight", 0).send("households", h, map[string]any{"notes": "Moved in."})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Notes = Moved in.")
	form := []string{"field", "deleted", "heads.deleted", p.held(t, "heads.deleted"), "take.deleted", "delete"}
	ana.send(at+"/settle", form...).shows(t, "A reason has to be given")
	ana.send(at+"/settle", append(form, "reason", "they left")...).shows(t, "Deleted = yes")
	if o.value(h, "deleted") != "true" {
		t.Error("the household is not deleted")
	}
}

func TestAnotherValueOfAConflictHasLinesAsEverywhere(t *testing.T) {
	o := newOffice(t)
	h := o.family("Petar Petrović")
	o.sender("seven", time.Hour).send("households", h, map[string]any{"notes": "7"})
	o.sender("eight", 0).send("households", h, map[string]any{"notes": "8\n8"})
	ana, at := o.as("ana"), o.item()
	form := []string{"field", "notes", "heads.notes", ana.get(at).held(t, "heads.notes"), "take.notes", "other"}
	ana.send(at+"/settle", append(form, "other.notes", "8\r\n8")...).shows(t, "Saved")
	o.holds(h, "notes", `"8\n8"`)
}

func TestTwoHouseholdsAreMergedAndPartedAgain(t *testing.T) {
	o := newOffice(t)
	kind := o.save("assistance_types", map[string]any{"code": "STOVE", "name": "Stove", "category": "furniture", "limit_per_household": 1})
	var pair [2]uuid.UUID
	for i := range pair {
		pair[i] = o.family("Zejna Asanović", "card_number", fmt.Sprint("K-123456", i), "phone", "060 1")
		o.save("deliveries", map[string]any{"household": pair[i], "project": o.save("projects", map[string]any{"code": "P", "title": "P"}), "assistance_type": kind, "quantity": 1, "delivered_at": 5})
	}
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Zejna Asanović (K-1234560) · Zejna Asanović (K-1234561)")
	for _, h := range pair {
		if !strings.Contains(p.body, `href="/households/`+h.String()+`"`) {
			t.Errorf("no link leads to household %s", h)
		}
	}
	p.shows(t, "Stove more than allowed 1 1 2 1")
	ana.send(at+"/decide", "decision", "not_duplicate", "digest", p.held(t, "digest")).shows(t, "A reason has to be given")
	ana.send(at+"/merge", "into", pair[1].String(), "digest", "of another time").shows(t, "not as you saw it")
	merged := ana.send(at+"/merge", "into", pair[1].String(), "digest", p.held(t, "digest"), "reason", "one family")
	merged.shows(t, "Zejna Asanović (K-1234560) counts as Zejna Asanović (K-1234561)")
	if o.value(pair[0], "merged_into") != pair[1].String() {
		t.Errorf("the first was merged into %s", o.value(pair[0], "merged_into"))
	}
	ana.send(at+"/merge", "part", pair[0].String()).shows(t, "A reason has to be given")
	ana.send(at+"/merge", "part", pair[0].String(), "reason", "cousins").shows(t, "two households again")
	if o.value(pair[0], "merged_into") != "null" {
		t.Error("the first is merged still")
	}
	q := ana.get(at)
	ana.send(at+"/decide", "decision", "not_duplicate", "digest", q.held(t, "digest"), "reason", "cousins").shows(t, "Two families")
	ana.send(at+"/reopen", "reason", "we know more").shows(t, "It is open again")
}

func TestOneOfTwoDeliveriesIsCancelled(t *testing.T) {
	o := newOffice(t)
	kind := o.save("assistance_types", map[string]any{"code": "STOVE", "name": "Stove", "category": "furniture", "limit_per_household": 1})
	project := o.save("projects", map[string]any{"code": "P", "title": "P"})
	h := o.family("Sadik Ibrić")
	var last uuid.UUID
	for range 2 {
		last = o.save("deliveries", map[string]any{"household": h, "project": project, "assistance_type": kind, "quantity": 1, "delivered_at": 5})
	}
	other := o.save("deliveries", map[string]any{"household": o.family("Luan"), "project": project, "assistance_type": kind, "quantity": 1, "delivered_at": 5})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Stove: 2 delivered, 1 allowed")
	ana.send(at+"/cancel", "digest", p.held(t, "digest"), "delivery", other.String(), "reason", "x").shows(t, "none of that family")
	ana.send(at+"/cancel", "digest", p.held(t, "digest"), "delivery", last.String()).shows(t, "A reason has to be given")
	for deed, what := range map[string][]string{"/cancel": {"delivery", last.String()}, "/decide": {"decision", "accepted"}} {
		stale := ana.send(at+deed, append(what, "digest", "of another time", "reason", "what I typed")...)
		if stale.shows(t, "not as you saw it"); strings.Count(stale.body, ">what I typed</textarea>") != 1 || !strings.Contains(stale.body, " open>") {
			t.Errorf("what was typed for %s is not in its place on the page that answers", deed)
		}
	}
	ana.send(at+"/cancel", "digest", p.held(t, "digest"), "delivery", last.String(), "reason", "entered twice").shows(t, "No more than allowed")
	if o.value(last, "cancelled_why") != "entered twice" || o.value(other, "cancelled_why") != "" {
		t.Error("the wrong delivery was cancelled")
	}
}

func TestARuleIsPreviewedAppliedAndUndone(t *testing.T) {
	o := newOffice(t)
	seven, eight := o.sender("seven", time.Hour), o.sender("eight", 0)
	var families []uuid.UUID
	for n := range 3 {
		h := o.family(fmt.Sprintf("Family %c", 'A'+n))
		families = append(families, h)
		seven.send("households", h, map[string]any{"phone": "7"})
		eight.send("households", h, map[string]any{"phone": "8"})
	}
	ana := o.as("ana")
	ana.get("/review/bulk").shows(t, "Household: Phone 3")
	p := ana.get("/review/bulk?collection=households&field=phone&keep=earlier")
	p.shows(t, "Phone: 3 conflicts, keep what was written first")
	rule := []string{"collection", "households", "field", "phone", "keep", "earlier"}
	ana.send("/review/bulk", append(rule, "digest", p.held(t, "digest"))...).shows(t, "A reason has to be given")
	ana.send("/review/bulk", append(rule, "digest", "of another time", "reason", "x")...).shows(t, "something else by now")
	done := ana.send("/review/bulk", append(rule, "digest", p.held(t, "digest"), "reason", "the first visit asked")...)
	done.shows(t, "3 conflicts are settled")
	if o.value(families[2], "phone") != "7" {
		t.Error("the rule kept another value")
	}
	link := regexp.MustCompile(`href="(/review/bulk\?done=[^"]*)"`).FindStringSubmatch(ana.get("/review/decided").body)
	if link == nil {
		t.Fatal("the list of decisions does not lead to the rule")
	}
	ana.get(link[1]).shows(t, "3 of them still hold")
	closed, _, err := o.srv.Reviews.List(t.Context(), "closed", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	one := ana.get("/review/" + closed[0].ID.String())
	ana.send("/review/undo", "version", one.held(t, "version"), "what", one.held(t, "what"), "reason", "not this one").shows(t, "Undone")
	ana.get(link[1]).shows(t, "2 of them still hold")
	undone := ana.send("/review/undo", "version", done.held(t, "version"), "what", "bulk", "reason", "it did not", "back", "/review/bulk")
	undone.shows(t, "Household: Phone 3")
	ana.get("/review/bulk?collection=deliveries&field=quantity").shows(t, "one by one, not by a rule")
}

func TestTheFieldIsAskedAboutAConflict(t *testing.T) {
	o := newOffice(t)
	o.clashing()
	ana, at := o.as("ana"), o.item()
	ana.send(at+"/ask", "about", "phone", "text", "").shows(t, "has to say what is asked")
	asked := ana.send(at+"/ask", "about", "phone", "text", "Which phone is it?")
	asked.shows(t, "Phone: Which phone is it?")
	asked.shows(t, "waiting for an answer")
	ana.send(at+"/ask", "close", asked.held(t, "close")).shows(t, "No answer is wanted any more")
}

func TestTheQueueIsFilteredAndGoesOn(t *testing.T) {
	o := newOffice(t)
	kind := o.save("assistance_types", map[string]any{"code": "STOVE", "name": "Stove", "category": "furniture", "limit_per_household": 1})
	project := o.save("projects", map[string]any{"code": "P", "title": "P"})
	for n := range 52 {
		h := o.save("households", map[string]any{"head_name": fmt.Sprintf("Family %02d", n), "status": "idp", "area": []uuid.UUID{o.a, o.b}[n%2]})
		o.save("deliveries", map[string]any{"household": h, "project": project, "assistance_type": kind, "quantity": 2, "delivered_at": 5})
	}
	ana := o.as("ana")
	first := ana.get("/review")
	first.shows(t, "All 52")
	first.shows(t, "Family 49")
	first.hides(t, "Family 50")
	next := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(first.body)
	second := ana.get(strings.ReplaceAll(next[1], "&amp;", "&"))
	second.shows(t, "Family 50")
	second.hides(t, "Family 49")
	previous := regexp.MustCompile(`href="([^"]*)" rel="prev"`).FindStringSubmatch(second.body)
	assign := regexp.MustCompile(`action="(/review/[^"]*/assign[^"]*)"`).FindStringSubmatch(second.body)
	ana.send(strings.ReplaceAll(assign[1], "&amp;", "&"), "user", "me", "from_list", "1").shows(t, "Family 51")
	item := regexp.MustCompile(`class="item" href="([^"]*)"`).FindStringSubmatch(second.body)
	home := regexp.MustCompile(`href="([^"]*)">← Back to the list`).FindStringSubmatch(ana.get(strings.ReplaceAll(item[1], "&amp;", "&")).body)
	ana.get(strings.ReplaceAll(home[1], "&amp;", "&")).shows(t, "Family 51")
	back := ana.get(strings.ReplaceAll(previous[1], "&amp;", "&"))
	back.shows(t, "Family 49")
	back.hides(t, "Family 50")
	inB := ana.get("/review?group=area&area=" + o.b.String())
	inB.shows(t, "All 26")
	inB.hides(t, "Family 00")
	ana.get("/review?severity=low").shows(t, "Nothing here is like that")
	list, _, err := o.srv.Reviews.List(t.Context(), "open", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	ana.send("/review/"+list[0].ID.String()+"/assign", "user", "me", "from_list", "1").shows(t, "Name of ana")
	ana.get("/review?assignee=me").shows(t, "All 2")
	if got := o.as("cora").get("/review"); got.status != http.StatusForbidden {
		t.Errorf("a coordinator is answered %d", got.status)
	}
}

func TestWhatADeletionLeftBehindIsRestoredOrAccepted(t *testing.T) {
	o := newOffice(t)
	h := o.family("Mira Mirić")
	o.save("people", map[string]any{"household": h, "name": "Ana Mirić"})
	o.edit("households", h, map[string]any{"deleted": true})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Deleted, but 1 record still belongs to it")
	p.shows(t, "Ana Mirić Person Name of ana, the office")
	p.shows(t, "4 fields of the deleted record")
	ana.send(at+"/decide", "decision", "accepted", "digest", p.held(t, "digest"), "reason", "they left").shows(t, "Accepted as it is")
	ana.send(at+"/restore", "digest", p.held(t, "digest"), "reason", "they are back").shows(t, "not as you saw it")
	ana.send(at+"/reopen", "reason", "they are back").shows(t, "It is open again")
	ana.send(at+"/restore", "digest", p.held(t, "digest")).shows(t, "A reason has to be given")
	ana.send(at+"/restore", "digest", p.held(t, "digest"), "reason", "they are back").shows(t, "The record is shown again")
	if o.value(h, "deleted") != "false" {
		t.Error("the household is deleted still")
	}
}

func TestAClockThatIsOffIsTold(t *testing.T) {
	o := newOffice(t)
	seven := o.sender("Tablet 7", 0)
	seven.ahead = 49 * time.Hour
	seven.send("households", uuid.New(), map[string]any{"head_name": "Mira", "status": "idp", "area": o.a})
	p := o.as("ana").get(o.item())
	p.shows(t, "Tablet 7 The clock is 2 days ahead")
	p.shows(t, "It is with Worker of Tablet 7.")
}
