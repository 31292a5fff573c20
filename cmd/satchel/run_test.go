package main

import (
	"bufio"
	"database/sql"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"rsc.io/qr"

	"satchel/server"
	"satchel/syncproto"
)

// A serving is a server that runs until it is stopped.
type serving struct {
	d       *desk
	process *exec.Cmd
	log     strings.Builder
	said    string // up to and with the line that has the address
	address string
}

func (d *desk) serve(args ...string) *serving {
	d.t.Helper()
	s := &serving{d: d, process: d.command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)}
	s.process.Stderr = &s.log
	out, err := s.process.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for s.address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			d.t.Fatalf("the server ended: %v\n%s", s.process.Wait(), s.log.String())
		}
		s.said += line
		if found := regexp.MustCompile(`listens on (\S+)\. `).FindStringSubmatch(line); found != nil {
			s.address = found[1]
		}
	}
	return s
}

// stop stops the server as systemd does, and expects it to end well.
func (s *serving) stop() {
	s.d.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.d.t.Fatal(err)
	}
	if err := s.process.Wait(); err != nil {
		s.d.t.Errorf("the server stopped with %v\n%s", err, s.log.String())
	}
}

func TestTheFirstStartSaysHowToBegin(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: filepath.Join(t.TempDir(), "deep", "data")}
	d.refused("make one with satchel serve", "user", "list")
	s := d.serve()
	d.says(s.said, "There is no administrator yet")
	command := regexp.MustCompile(`(?m)^  satchel (.*)$`).FindStringSubmatch(s.said)
	if command == nil {
		t.Fatalf("no command in:\n%s", s.said)
	}
	args := strings.Fields(strings.NewReplacer("LOGIN", "ana", `"FULL NAME"`, "Ana").Replace(command[1]))
	d.says(d.run(args...), "Added ana as administrator.")
	if status := s.post("/api/v1/session", `{"login":"ana","password":"long enough"}`); status != http.StatusCreated {
		t.Errorf("the first administrator logs in: %d", status)
	}
	s.stop()
	s = d.serve()
	if strings.Contains(s.said, "administrator") {
		t.Errorf("on the second start: %s", s.said)
	}
	s.stop()
}

func TestTheSetupCodeMakesTheFirstAdministratorFromElsewhere(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: filepath.Join(t.TempDir(), "data")}
	s := d.serve()
	code := regexp.MustCompile(`one-time code: (\S+)`).FindStringSubmatch(s.said)
	if code == nil {
		t.Fatalf("no code in:\n%s", s.said)
	}
	body := `{"code":"` + code[1] + `","login":"ana","name":"Ana","password":"long enough"}`
	if status := s.post("/api/v1/setup", body); status != http.StatusCreated {
		t.Errorf("with the code: %d", status)
	}
	if status := s.post("/api/v1/setup", strings.Replace(body, "ana", "eva", 1)); status != http.StatusUnauthorized {
		t.Errorf("with the code again: %d", status)
	}
	s.stop()
	if strings.Contains(s.log.String(), code[1]) || !strings.Contains(s.log.String(), "/api/v1/setup") {
		t.Errorf("the log:\n%s", s.log.String())
	}
}

// post gives the status of the answer.
func (s *serving) post(path, body string) int {
	s.d.t.Helper()
	req, err := http.NewRequestWithContext(s.d.t.Context(), http.MethodPost, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		s.d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.d.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestPlainHTTPLeavesTheMachineOnlyWhenTold(t *testing.T) {
	d := newDesk(t)
	d.refused("plain HTTP on 0.0.0.0:0 would send names and passwords in the clear", "serve", "--listen", "0.0.0.0:0")
}

func TestABackupOfARunningServerIsRestoredOnceItIsStopped(t *testing.T) {
	d := newDesk(t)
	s := d.serve()
	backup := filepath.Join(d.dir, "backup.db")
	d.says(d.run("backup", backup), "Wrote and checked")
	d.refused("exists already", "backup", backup)
	d.load("projects", "code,title\nP1,Houses\n")
	d.refused("in use by another satchel program", "restore", backup)
	s.stop()
	d.refused("the backup cannot be restored, and nothing was changed", "restore", d.write("text.db", "no database"))
	d.says(d.run("export", "projects"), "P1")
	d.says(d.run("restore", backup), "Start the server again")
	if out := d.run("export", "projects"); strings.Contains(out, "P1") {
		t.Errorf("after the restore:\n%s", out)
	}
	d.says(d.run("audit", "verify"), "Rows that hold:")
	former, err := filepath.Glob(filepath.Join(d.data, server.DatabaseFile+".before-*"))
	if err != nil || len(former) == 0 {
		t.Errorf("no former database is kept: %v", err)
	}
}

func TestTheAuditLogTellsThatARowWasChanged(t *testing.T) {
	d := newDesk(t)
	head := decode[struct{ Head string }](d, "audit", "verify").Head
	d.run("user", "add", "eva", "--name", "Eva", "--role", "worker")
	d.run("audit", "verify", "--head", head)
	d.refused("rows are missing at the end", "audit", "verify", "--head", strings.Repeat("0", 64))
	db, err := sql.Open("sqlite", filepath.Join(d.data, server.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"DROP TRIGGER audit_rows_stay", "UPDATE audit SET actor = 'nobody' WHERE seq = 2"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	d.refused("the audit log is broken at row 2", "audit", "verify")
}

func TestAnInvitationLeadsToTheServer(t *testing.T) {
	d := newDesk(t)
	d.run("user", "add", "mila", "--name", "Mila", "--role", "worker", "--area", "Kraljevo")
	invite := []string{"device", "invite", "Tablet 1", "--holder", "mila", "--area", "Kraljevo"}
	d.refused("Say it with --url, here or with satchel serve; no code was made", invite...)
	d.serve("--url", "https://aid.example.org/").stop()
	out := d.run(invite...)
	code := regexp.MustCompile(`https://aid\.example\.org/enrol#code=([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})`).FindStringSubmatch(out)
	if code == nil {
		t.Fatalf("no address in:\n%s", out)
	}
	d.says(out, "works once, until ", "satchel-device enrol https://aid.example.org "+code[1])
	made := decode[struct {
		URL     string
		Expires int64
	}](d, append(invite, "--url", "http://10.0.0.5:8080")...)
	if left := time.Until(time.UnixMilli(made.Expires)); !strings.HasPrefix(made.URL, "http://10.0.0.5:8080/enrol#code=") || left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("%+v, for %v", made, left)
	}
	d.refused(`there is no area`, "device", "invite", "Tablet 1", "--holder", "mila", "--area", "Atlantis", "--url", "http://x")
	d.refused(`nobody with the login "eva"`, "device", "invite", "Tablet 1", "--holder", "eva", "--area", "Kraljevo", "--url", "http://x")
}

func TestADeviceIsListedScopedAndRevoked(t *testing.T) {
	d := newDesk(t)
	a := d.tablet("Tablet-1", "Kraljevo")
	d.says(d.run("device", "list"), "Tablet-1", "tablet-1", "Kraljevo", "never", "ok", a.id.String())
	d.run("device", "scope", "Tablet-1", "--area", "Vranje", "--area", "Kraljevo")
	d.says(d.run("device", "list"), "Kraljevo, Vranje")
	d.refused("0 devices are called", "device", "revoke", "Tablet 9")
	d.says(d.run("device", "revoke", a.id.String()), "Revoked.")
	list := decode[[]struct{ Name, Holder, State string }](d, "device", "list")
	if len(list) != 1 || list[0].Holder != "tablet-1" || !strings.HasPrefix(list[0].State, "revoked 20") {
		t.Errorf("%+v", list)
	}
}

// TestAPictureSaysWhatItShould reads the half blocks back into modules.
func TestAPictureSaysWhatItShould(t *testing.T) {
	const text = "https://aid.example.org/enrol#code=7K2M-QF9D-0XWB"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(picture(text), "\n"), "\n")
	for y := -quiet; y < code.Size+quiet; y++ {
		line := strings.TrimSuffix(strings.TrimPrefix(lines[(y+quiet)/2], pictureColours), terminalColours)
		for x, r := range []rune(line) {
			black := r == '█' || r == '▀' && (y+quiet)%2 == 0 || r == '▄' && (y+quiet)%2 == 1
			if black != code.Black(x-quiet, y) {
				t.Fatalf("module %d, %d is black: %v", x-quiet, y, black)
			}
		}
	}
	if size := len([]rune(lines[0])) - len([]rune(pictureColours+terminalColours)); size != code.Size+2*quiet || picture(strings.Repeat("x", 5000)) != "" {
		t.Errorf("the picture is %d modules wide", size)
	}
}

func TestATerminalObeysNothingThatATabletSays(t *testing.T) {
	d := newDesk(t)
	a := d.tablet("Tablet-1", "Kraljevo")
	household := uuid.Must(uuid.NewV7()).String()
	a.hand("households", household, syncproto.Version{}, map[string]any{"head_name": "Mila\x1b[2J\u202e\nroot\tok", "status": "rich"})
	for _, out := range []string{d.run("held", "list"), d.run("history", household)} {
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("an escape reaches the terminal: %q", out)
		}
		d.says(out, "Mila\uFFFD[2J\uFFFD root ok")
	}
}

func TestTheDatabaseMovesAndTheFormerOneIsNotUsedAgain(t *testing.T) {
	d := newDesk(t)
	to := filepath.Join(t.TempDir(), "new")
	s := d.serve()
	d.refused("in use by another satchel program", "migrate-store", to)
	s.stop()
	d.says(d.run("migrate-store", to), "Moved and compared", "satchel serve --data "+to)
	d.refused("was moved to another one", "user", "list")
	d.refused("was moved to another one", "migrate-store", filepath.Join(t.TempDir(), "newer"))
	d.data = to
	d.says(d.run("user", "list"), "ana")
}
