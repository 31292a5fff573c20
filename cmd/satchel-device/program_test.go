package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// asProgram makes the test binary be the program.
const asProgram = "SATCHEL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// An office is a real server with an administrator, a municipality, a project and an assistance type.
type office struct {
	t     *testing.T
	srv   *server.Server
	web   *httptest.Server
	admin uuid.UUID
	area  uuid.UUID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Config{Dir: t.TempDir(), PasswordCost: server.PasswordCost{Memory: 8, Passes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, srv: srv, web: httptest.NewServer(srv.Handler())}
	t.Cleanup(func() {
		o.web.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := srv.Accounts.AddUser(t.Context(), uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator", Password: "long enough"})
	if err != nil {
		t.Fatal(err)
	}
	o.admin = u.ID
	o.area = o.save("areas", map[string]syncproto.Value{"name": `"Kraljevo"`, "level": `"municipality"`})
	o.save("projects", map[string]syncproto.Value{"code": `"KV-2"`, "title": `"Village houses"`})
	o.save("assistance_types", map[string]syncproto.Value{"code": `"MATERIAL"`, "name": `"Building material"`, "category": `"housing"`, "limit_per_household": "2"})
	return o
}

func (o *office) save(collection string, fields map[string]syncproto.Value) uuid.UUID {
	o.t.Helper()
	id := uuid.Must(uuid.NewV7())
	if _, err := o.srv.Engine.Save(o.t.Context(), o.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: fields}}); err != nil {
		o.t.Fatal(err)
	}
	return id
}

func (o *office) code() string {
	o.t.Helper()
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.admin, "Tablet 1", []uuid.UUID{o.area})
	if err != nil {
		o.t.Fatal(err)
	}
	return made.Code
}

// A worker is somebody with a device and a command line.
type worker struct {
	t     *testing.T
	store string
	env   []string
	in    string // what the next command reads
}

// newWorker has a device that is not enrolled.
func newWorker(t *testing.T) *worker {
	store := filepath.Join(t.TempDir(), "new", "device.db")
	return &worker{t: t, store: store, env: append(os.Environ(), asProgram+"=1", "TZ=UTC", "SATCHEL_PIN=4711-4711",
		"SATCHEL_STORE="+store, "SATCHEL_PASSPHRASE=correct horse battery")}
}

// enrolled has a device that is enrolled and has synced. Its PIN costs nothing to try: the program opens it many times.
func enrolled(t *testing.T, o *office) *worker {
	w := newWorker(t)
	if err := os.Mkdir(filepath.Dir(w.store), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := clientlib.Create(t.Context(), w.store, "4711-4711", clientlib.Options{PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.run("enrol", o.web.URL, o.code())
	w.run("sync")
	return w
}

// result runs the program to its end.
func (w *worker) result(args ...string) (status int, out, errs string) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(w.t.Context(), self, args...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = w.env, strings.NewReader(w.in), &stdout, &stderr
	w.in = ""
	err = c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// run expects success, and gives what was printed.
func (w *worker) run(args ...string) string {
	w.t.Helper()
	status, out, errs := w.result(args...)
	if status != 0 {
		w.t.Fatalf("satchel-device %s: exit status %d\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// fails expects an exit status, and words in what the program says then.
func (w *worker) fails(want int, says string, args ...string) {
	w.t.Helper()
	status, _, errs := w.result(args...)
	if status != want || !strings.Contains(errs, says) {
		w.t.Errorf("satchel-device %s: exit status %d, %q; want %d and %q", strings.Join(args, " "), status, errs, want, says)
	}
}

// into runs a command with --json and reads what it prints.
func (w *worker) into(x any, args ...string) {
	w.t.Helper()
	out := w.run(append([]string{"--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), x); err != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// has expects words in what was printed.
func has(t *testing.T, out string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("%q is not in:\n%s", word, out)
		}
	}
}

func TestAWorkersDay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := enrolled(t, o)
	out := w.run("household", "add", "Милица Ђорђевић", "--area", "Краљево", "--card", "SRB-12345", "--phone", "060 000 111")
	has(t, out, "Saved on this device: household")
	has(t, w.run("household", "find", "djordjevic"), "Милица Ђорђевић", "SRB-12345")
	var hits []hit
	w.into(&hits, "household", "find", "60000111")
	if len(hits) != 1 {
		t.Fatalf("found by phone: %+v", hits)
	}
	w.run("visit", "add", "SRB-12345", "--findings", "The roof leaks.", "--next", "2020-05-30", "--project", "KV-2")
	w.run("deliver", hits[0].ID.String()[:13], "material", "--project", "kv-2", "--quantity", "1.5", "--yes")
	w.run("household", "edit", "milica", "--set", "phone=060 000 222", "--set", "notes=ask again")
	has(t, w.run("household", "show", "SRB-12345"), "The roof leaks.", "060 000 222", "saved on this device", "1.5")
	var status clientlib.Status
	w.into(&status, "status")
	if status.Unsent != 4 || status.Safe {
		t.Errorf("before the sync: %+v", status)
	}
	has(t, w.run("status"), "Not yet sent:", "Not safe to take away yet")
	has(t, w.run("sync"), "Sent 4 changes", "Safe to take away")
	has(t, w.run("status"), "Tablet 1", "Safe to take away")
	devices, err := o.srv.Accounts.Devices(t.Context(), o.admin)
	if err != nil || len(devices) != 1 || devices[0].Contact.FreeBytes <= 0 {
		t.Errorf("the office knows the devices as %+v, %v; want one with some space left", devices, err)
	}
	has(t, w.run("attention"), "Nothing needs attention.")
	other := enrolled(t, o)
	has(t, other.run("household", "show", "SRB-12345"), "The roof leaks.", "060 000 222")
}

func TestAHouseholdThatIsThereAlreadyIsShownBeforeItIsRegistered(t *testing.T) {
	t.Parallel()
	w := enrolled(t, newOffice(t))
	w.run("household", "add", "Милица Ђорђевић", "--area", "Kraljevo", "--card", "12345")
	again := []string{"household", "add", "Djordjevic Milica", "--area", "Kraljevo", "--card", "12345"}
	w.fails(1, "you did not say y, so nothing was saved", again...)
	_, _, told := w.result(again...)
	has(t, told, "may be a household that is there already", `Милица Ђорђевић, card "12345"`, "the same card number", "Register it all the same? [y/N]")
	w.run("household", "add", "Agim Krasniqi", "--area", "Kraljevo", "--card", "99")
	w.run(append(again, "--yes")...)
	var hits []hit
	w.into(&hits, "household", "find", "djordjevic")
	if len(hits) != 2 {
		t.Errorf("%d are there, want 2: %+v", len(hits), hits)
	}
}

func TestAnOvertakenValueIsToldInWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, two := enrolled(t, o), enrolled(t, o)
	one.run("household", "add", "Ana", "--area", "Kraljevo", "--card", "1", "--phone", "060")
	one.run("sync")
	two.run("sync")
	one.run("household", "edit", "1", "--set", "phone=061")
	two.run("household", "edit", "1", "--set", "phone=062")
	one.run("sync")
	two.run("sync")
	one.run("sync")
	out := one.run("attention")
	has(t, out, "households Ana: you wrote phone = 061; somebody else wrote 062, which shows.")
	has(t, two.run("household", "show", "1"), "another value; an administrator decides")
	item := strings.TrimSuffix(strings.SplitN(out, "(item ", 2)[1], ")\n")
	one.run("attention", "--dismiss", item)
	has(t, one.run("attention"), "Nothing needs attention.")
}

func TestEveryFailureHasItsExitStatusAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := newWorker(t)
	w.fails(exitLocked, "enrol this device", "status")
	w.fails(exitFailed, "https://", "enrol", "http://office.example.org", "CODE")
	w.fails(exitStranger, "not enrolled", "sync")
	w.fails(exitFailed, "code", "enrol", o.web.URL, "WRONG-CODE")
	w.run("enrol", o.web.URL, o.code(), "--name", "Laptop")
	w.fails(80, "unexpected", "household", "lose")
	w.run("sync")
	w.fails(exitFailed, "there are: Kraljevo", "household", "add", "Ana", "--area", "Nowhere")
	w.run("household", "add", "Ana", "--area", "Kraljevo")
	w.fails(exitFailed, "no field", "household", "edit", "Ana", "--set", "fone=1")
	w.fails(exitFailed, "household find", "household", "show", "Nobody")
	locked := *w
	locked.env = append(locked.env, "SATCHEL_PIN=0000-0000")
	locked.fails(exitLocked, "PIN is wrong", "status")
	o.web.Close()
	w.fails(exitLink, "nothing is lost", "sync")
	has(t, w.run("household", "show", "Ana"), "Ana")
}

func TestAPINAndAPassphraseComeFromWhereTheHelpSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := newWorker(t)
	file := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(file, []byte("8888-8888\nnot this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run("--pin-file", file, "enrol", o.web.URL, o.code())
	w.run("--pin-file", file, "sync")
	w.fails(exitLocked, "PIN is wrong", "status")
	w.env = append(w.env, "SATCHEL_PIN=8888-8888")
	w.run("household", "add", "Ana", "--area", "Kraljevo")
	target := filepath.Join(t.TempDir(), "tablet.rescue")
	has(t, w.run("rescue", target), "with 1 changes, and 0 photos and signatures. Carry it to the office")
	w.fails(exitFailed, "exists", "rescue", target)
	content, err := os.Open(target)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	changes := 0
	err = syncproto.ReadRescue(content, "correct horse battery", func(r syncproto.Request) error {
		changes += len(r.Changes)
		return nil
	}, nil)
	if err != nil || changes != 1 {
		t.Errorf("the rescue file has %d changes, %v", changes, err)
	}
	w.run("sync")
	w.fails(exitFailed, "nothing to rescue", "rescue", target+"2")
	if _, err := os.Stat(target + "2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty rescue file was left: %v", err)
	}
}

func TestAWorkerAnswersWhatTheOfficeAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := enrolled(t, o)
	has(t, w.run("question", "list"), "The office asks nothing.")
	w.run("household", "add", "Milica", "--area", "Kraljevo", "--card", "1")
	w.run("sync")
	var hits []hit
	w.into(&hits, "household", "find", "milica")
	question, err := o.srv.Engine.Ask(t.Context(), o.admin, hits[0].ID, "phone", "Whose number is it?")
	if err != nil {
		t.Fatal(err)
	}
	w.run("sync")
	has(t, w.run("question", "list"), question.String(), "Milica phone", "Whose number is it?")
	w.fails(exitFailed, "no question of that id", "question", "answer", hits[0].ID.String(), "hers")
	w.fails(exitFailed, "say what the answer is", "question", "answer", question.String(), " ")
	has(t, w.run("question", "answer", question.String(), "the sister's"), "Saved on this device: answer")
	has(t, w.run("question", "list"), "The office asks nothing.")
	has(t, w.run("question", "list", "--all"), "the sister's")
	w.run("sync")
	history, err := o.srv.Engine.History(t.Context(), question)
	if err != nil || len(history) != 2 || history[1].Fields["answer"] != `"the sister's"` || history[1].Fields["answered_at"].IsNull() {
		t.Errorf("at the office the question has the history %+v, %v; want the answer and when", history, err)
	}
}

func TestEveryCommandExplainsItselfWithAnExample(t *testing.T) {
	t.Parallel()
	w := newWorker(t)
	has(t, w.run("--help"), "Exit status:", "--pin-file", "SATCHEL_STORE")
	for _, command := range []string{
		"enrol", "household add", "household find", "household show", "household edit", "visit add", "deliver", "cancel",
		"question list", "question answer", "sync", "status", "attention", "rescue",
	} {
		has(t, w.run(append(strings.Fields(command), "--help")...), "satchel-device "+command, "Example")
	}
}

func TestTheBarIsHonest(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]clientlib.Progress{
		"[--------------------] sent 0 of 8 changes, 999 B; fetched 0 records, 0 B": {ChangesToSend: 8, BytesUp: 999},
		"[#####---------------] sent 2 of 8 changes, 1.5 kB; fetched 3 records, 2.0 MB": {
			Changes: 2, ChangesToSend: 8, BytesUp: 1500, Records: 3, BytesDown: 2e6,
		},
		"[####################] sent 0 of 0 changes, 0 B; fetched 9 records, 0 B": {Records: 9},
		"[##########----------] sent 2 of 2 changes, 0 B; fetched 48 of 98 records, 0 B": {
			Changes: 2, ChangesToSend: 2, Records: 48, RecordsToFetch: 98,
		},
		"[####################] sent 1 of 1 changes, 0 B; fetched 98 records, 0 B": {
			Changes: 1, ChangesToSend: 1, Records: 98, RecordsToFetch: 98,
		},
		"the office is busy, trying again in 12 s; nothing is lost": {ChangesToSend: 8, WaitSeconds: 12},
	} {
		if got := progressLine(p); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
