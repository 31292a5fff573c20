package console_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/store"
)

// upload sends a file with a form, with the token of the page that somebody has.
func (b *browser) upload(path, file string, fields ...string) page {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if token := csrf.FindStringSubmatch(b.get("/login").body); token != nil {
		fields = append(fields, "csrf", token[1])
	}
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "table.csv")
	if err == nil {
		_, err = io.WriteString(part, file)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(answer)}
}

// user finds somebody by login.
func (o *office) user(login string) (u store.User) {
	o.t.Helper()
	u, err := o.srv.Person(o.t.Context(), login)
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

// todo counts the steps that an office still has to take.
func (b *browser) todo() int { return strings.Count(b.get("/settings").body, `<li class="open">`) }

func TestAnEmptyOfficeIsToldWhatItNeedsNext(t *testing.T) {
	o := newEmptyOffice(t)
	o.admin = o.person("ana", "administrator")
	b := o.as("ana")
	if n := b.todo(); n != 6 {
		t.Errorf("an empty office has %d steps to take, want 6", n)
	}
	b.get("/settings/areas").shows(t, "There are no areas yet")
	b.fill("/records/areas/new", "f.name", "Kraljevo", "f.level", "municipality").shows(t, "Kraljevo")
	b.send("/settings/users/new", "login", "cora", "name", "Cora", "role", "coordinator", "password", password, "area", o.areaCalled("Kraljevo").String()).shows(t, "Added.")
	if n := b.todo(); n != 4 {
		t.Errorf("with an area and a coordinator it has %d steps to take, want 4", n)
	}
	if u := o.user("cora"); u.Role != "coordinator" || len(u.Areas) != 1 || !u.Active {
		t.Errorf("the coordinator is %+v", u)
	}
	o.tablet(o.areaCalled("Kraljevo"))
	b.get("/settings").shows(t, "Tablets 1")
}

func (o *office) areaCalled(name string) uuid.UUID {
	o.t.Helper()
	id, err := o.srv.Area(o.t.Context(), name)
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func TestTheLastAdministratorStays(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	at := "/settings/users/" + o.admin.String()
	page := b.get(at)
	page.shows(t, "This is you")
	for _, change := range [][]string{{"role", "coordinator", "area", o.a.String()}, {"active", ""}} {
		got := b.send(at, page.filled(change...)...)
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("the last administrator with %v is answered %d", change, got.status)
		}
		got.shows(t, "no administrator")
	}
	if u := o.user("ana"); u.Role != "administrator" || !u.Active {
		t.Errorf("the last administrator has become %+v", u)
	}
}

func TestAPersonIsChangedInWhatTheFormSaysOtherwise(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	at := "/settings/users/" + o.cora.String()
	open := b.get(at)
	role := "administrator"
	if err := o.srv.Accounts.ChangeUser(t.Context(), o.admin, o.cora, server.UserChange{Role: &role}); err != nil {
		t.Fatal(err)
	}
	b.send(at, open.filled("name", "Cora Corić")...).shows(t, "Changed.")
	if u := o.user("cora"); u.Name != "Cora Corić" || u.Role != "administrator" || len(u.Areas) != 1 {
		t.Errorf("after a change of the name it is %+v", u)
	}
	b.fill(at, "area", o.b.String(), "password", "another long password").shows(t, "Changed.")
	if u := o.user("cora"); len(u.Areas) != 1 || u.Areas[0] != o.b {
		t.Errorf("after a change of the areas it is %+v", u)
	}
	if got := o.browser().send("/login", "login", "cora", "password", "another long password"); got.status != http.StatusOK {
		t.Errorf("with the new password cora is answered %d", got.status)
	}
	b.fill(at, "active", "").shows(t, "Changed.")
	if o.user("cora").Active {
		t.Error("cora works here still")
	}
}

func TestWhoCouldDoNothingIsNotAdded(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	for what, fields := range map[string][]string{
		"no area":       {"login", "x", "name", "X", "role", "worker"},
		"no password":   {"login", "x", "name", "X", "role", "coordinator", "area", o.a.String()},
		"no name":       {"login", "x", "role", "worker", "area", o.a.String()},
		"a taken login": {"login", "cora", "name", "X", "role", "worker", "area", o.a.String()},
	} {
		if got := b.send("/settings/users/new", fields...); got.status != http.StatusUnprocessableEntity {
			t.Errorf("somebody with %s is answered %d", what, got.status)
		}
	}
}

func TestATableIsImportedOnceItWasSeen(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	file := "name,level,official_code,parent\nRaška,district,RS-18,\nŽiča,settlement,RS-18-1,Kraljevo\n"
	seen := b.upload("/settings/import", file, "collection", "areas")
	seen.shows(t, "Import these? Areas")
	seen.shows(t, "New 2")
	if _, err := o.srv.Area(t.Context(), "Raška"); err == nil {
		t.Fatal("a table is saved before it was confirmed")
	}
	done := b.send("/settings/import/confirm", seen.filled()...)
	done.shows(t, "2 records were saved.")
	if o.record(o.areaCalled("Žiča")).Value("parent").ID() != o.a {
		t.Error("Žiča is not part of Kraljevo")
	}
	if again := b.send("/settings/import/confirm", seen.filled()...); again.status != http.StatusConflict {
		t.Errorf("a table that is confirmed twice is answered %d", again.status)
	}
	b.upload("/settings/import", file, "collection", "areas").shows(t, "The file says nothing new.")
	b.upload("/settings/import", "name;level;official_code\nRaška2;district;RS-18\n", "collection", "areas").shows(t, "Raška → Raška2")
}

func TestWhatIsWrongInATableIsShown(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	got := b.upload("/settings/import", "name,level\n<b>Raška</b>,kingdom\n", "collection", "areas")
	got.shows(t, "kingdom")
	got.hides(t, "<b>Raška")
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong table is answered %d", got.status)
	}
	for name, try := range map[string][]string{"no table": {"\x00\x01", "areas"}, "visits": {"name\n", "visits"}, "no columns": {"a,b\n1,2\n", "areas"}} {
		if got := b.upload("/settings/import", try[0], "collection", try[1]); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d", name, got.status)
		}
	}
}

func TestATableIsConfirmedByWhoSentIt(t *testing.T) {
	o := newOffice(t)
	o.person("zora", "administrator")
	ana := o.as("ana")
	earlier := ana.upload("/settings/import", "name,level\nŽiča,district\n", "collection", "areas")
	seen := ana.upload("/settings/import", "name,level\nRaška,district\n", "collection", "areas")
	if got := ana.send("/settings/import/confirm", earlier.filled()...); got.status != http.StatusConflict {
		t.Errorf("an earlier table than the last is answered %d", got.status)
	}
	if got := o.as("zora").send("/settings/import/confirm", seen.filled()...); got.status != http.StatusConflict {
		t.Errorf("a table that somebody else sent is answered %d", got.status)
	}
}

func TestTheAuditLogIsReadInWords(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	got := b.get("/settings/audit")
	got.shows(t, "The log is whole")
	got.shows(t, "Person added")
	got.shows(t, "Name of cora")
	got.shows(t, "areas: Kraljevo")
	got.hides(t, o.cora.String())
	if first := strings.Index(got.body, "Logged in"); first < 0 || first > strings.Index(got.body, "Person added") {
		t.Error("the last decision is not the first that is shown")
	}
	for range 60 {
		name := "Cora"
		if err := o.srv.Accounts.ChangeUser(t.Context(), o.admin, o.cora, server.UserChange{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	next := regexp.MustCompile(`/settings/audit\?before=\d+`).FindString(b.get("/settings/audit").body)
	older := b.get(next)
	older.shows(t, "Person added")
	older.hides(t, ">Older<")

	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.dir, server.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{"DROP TRIGGER audit_rows_stay", "UPDATE audit SET actor = 'somebody else' WHERE seq = 3"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	b.get("/settings/audit").shows(t, "does not hold from row 3 on")
}

// rows gives a table of new households of municipality a.
func rows(n int) string {
	var out strings.Builder
	out.WriteString("card_number,head_name,status,area\n")
	for i := range n {
		fmt.Fprintf(&out, "K-%d,Family %d,idp,Kraljevo\n", i, i)
	}
	return out.String()
}

// counted counts the records of a collection that are shown.
func (o *office) counted(collection string) (n int) {
	o.t.Helper()
	err := o.srv.Store.Read(o.t.Context(), func(tx *store.Tx) error {
		return tx.EachShown(o.t.Context(), collection, func(store.Listed) error { n++; return nil })
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func TestAnImportThatEndsHalfWaySaysWhatIsSaved(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.dir, server.DatabaseFile)+"?_pragma=busy_timeout(9000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	full := "CREATE TRIGGER full BEFORE INSERT ON records WHEN (SELECT count(*) FROM records WHERE collection = 'households') >= 550 BEGIN SELECT RAISE(ABORT, 'no more'); END"
	if _, err := db.ExecContext(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	checked := b.upload("/settings/import", rows(600), "collection", "households")
	half := b.send("/settings/import/confirm", "token", checked.held(t, "token"))
	half.shows(t, "500 of 600 rows were saved. Send the file again")
	half.hides(t, "Nothing was changed")
	if half.status < 500 || o.counted("households") != 500 {
		t.Errorf("it is answered %d, with %d households", half.status, o.counted("households"))
	}
	if _, err := db.ExecContext(t.Context(), "DROP TRIGGER full"); err != nil {
		t.Fatal(err)
	}
	checked = b.upload("/settings/import", rows(600), "collection", "households")
	checked.shows(t, "New 100 Changed 0 Unchanged 500")
	b.send("/settings/import/confirm", "token", checked.held(t, "token")).shows(t, "Imported")
}

func TestAnImportSaysWhatWasDeletedBefore(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	b.upload("/settings/import", rows(1), "collection", "households").hides(t, "Deleted before")
	deleted := o.family("Mira Mirić", "card_number", "K-0")
	o.edit("households", deleted, map[string]any{"deleted": true})
	p := b.upload("/settings/import", rows(1), "collection", "households")
	p.shows(t, "Deleted before 1")
	p.shows(t, "Made anew. The card number was of a household that was deleted: Mira Mirić")
}

func TestAClosedPageDoesNotEndAnImport(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	checked := b.upload("/settings/import", rows(2100), "collection", "households")
	form := url.Values{"token": {checked.held(t, "token")}, "csrf": {csrf.FindStringSubmatch(checked.body)[1]}}
	ctx, closePage := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/settings/import/confirm", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	closed := make(chan error)
	go func() {
		res, err := b.client.Do(r)
		if err == nil {
			err = res.Body.Close()
		}
		closed <- err
	}()
	for o.counted("households") == 0 {
		runtime.Gosched()
	}
	closePage()
	if err := <-closed; !errors.Is(err, context.Canceled) {
		t.Fatalf("the page was closed too late: %v", err)
	}
	for noted := ""; !strings.Contains(noted, "Table imported"); { // which is noted however it ends
		noted = b.get("/settings/audit").body
	}
	if n := o.counted("households"); n != 2100 {
		t.Errorf("%d of 2100 households are saved", n)
	}
}

func TestSettingsAreForAdministrators(t *testing.T) {
	o := newOffice(t)
	cora := o.as("cora")
	cora.get("/tablets").hides(t, `href="/settings"`)
	for _, path := range []string{"/settings", "/settings/users", "/settings/audit", "/settings/import"} {
		if got := cora.get(path); got.status != http.StatusForbidden {
			t.Errorf("%s is answered %d to a coordinator", path, got.status)
		}
	}
	ana := o.as("ana")
	for _, path := range []string{"/settings/projects", "/settings/assistance_types", "/settings/questionnaires", "/settings/users", "/settings/users/new", "/settings/import"} {
		if got := ana.get(path); got.status != http.StatusOK {
			t.Errorf("%s is answered %d to an administrator: %s", path, got.status, got.text())
		}
	}
}
