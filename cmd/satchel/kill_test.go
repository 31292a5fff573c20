package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// A killing is the real programs, which are killed and started again.
type killing struct {
	t        *testing.T
	bin      string
	data     string
	address  string
	serving  *exec.Cmd
	env      []string
	hit      map[string]int
	saved    map[uuid.UUID]string
	attempts int
	// usual is how long a command takes here; kills come within a little more.
	usual time.Duration
}

// TestKilledAtAnyMomentNothingIsLostOrDoubled kills the server or the device with SIGKILL, in the
// middle of what it does, again and again. At the end every household that a command said was saved
// is in the server's history, once.
func TestKilledAtAnyMomentNothingIsLostOrDoubled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills real programs for half a minute")
	}
	k := &killing{t: t, bin: t.TempDir(), data: filepath.Join(t.TempDir(), "data"), hit: map[string]int{}, saved: map[uuid.UUID]string{}}
	k.build()
	k.address = freeAddress(t)
	code := k.prepare()
	k.serve()
	k.env = append(os.Environ(), "SATCHEL_PIN=4711-4711", "SATCHEL_STORE="+filepath.Join(t.TempDir(), "device.db"))
	if out, err := k.device(t.Context(), "enrol", "http://"+k.address, code); err != nil {
		t.Fatalf("enrol: %v\n%s", err, out)
	}
	begun := time.Now()
	k.mustSync()
	k.usual = time.Since(begun)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const kills = 50
	for done := 0; done < kills; k.attempts++ {
		if k.attempts > 10*kills {
			t.Fatalf("only %d kills in %d attempts", done, k.attempts)
		}
		if k.round(random) {
			done++
		}
	}
	k.mustSync()
	k.stop()
	k.check()
	t.Logf("%d households saved; kills: %v", len(k.saved), k.hit)
}

func (k *killing) build() {
	for _, program := range []string{"satchel", "satchel-device"} {
		build := exec.CommandContext(k.t.Context(), "go", "build", "-o", filepath.Join(k.bin, program), "satchel/cmd/"+program)
		if out, err := build.CombinedOutput(); err != nil {
			k.t.Fatalf("build %s: %v\n%s", program, err, out)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// prepare makes the data directory with an administrator, an area and an invitation.
func (k *killing) prepare() string {
	k.t.Helper()
	ctx := k.t.Context()
	srv, err := server.Open(ctx, server.Config{Dir: k.data})
	if err != nil {
		k.t.Fatal(err)
	}
	defer srv.Close()
	admin, err := srv.Accounts.AddUser(ctx, uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator", Password: "long enough"})
	if err != nil {
		k.t.Fatal(err)
	}
	area := uuid.Must(uuid.NewV7())
	_, err = srv.Engine.Save(ctx, admin.ID, []server.OfficeEdit{{Collection: "areas", Record: area, Fields: map[string]syncproto.Value{
		"name": `"Kraljevo"`, "level": `"municipality"`,
	}}})
	if err != nil {
		k.t.Fatal(err)
	}
	made, err := srv.Accounts.Invite(ctx, admin.ID, admin.ID, "Tablet", []uuid.UUID{area})
	if err != nil {
		k.t.Fatal(err)
	}
	return made.Code
}

// serve starts the server and waits until it listens.
func (k *killing) serve() {
	k.t.Helper()
	k.serving = exec.CommandContext(k.t.Context(), filepath.Join(k.bin, "satchel"), "--data", k.data, "serve", "--listen", k.address)
	out, err := k.serving.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.serving.Start(); err != nil {
		k.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "listens") {
		k.t.Fatalf("the server said %q, %v", line, err)
	}
}

// stop ends the server as Ctrl-C does.
func (k *killing) stop() {
	k.t.Helper()
	if err := k.serving.Process.Signal(os.Interrupt); err != nil {
		k.t.Fatal(err)
	}
	if err := k.serving.Wait(); err != nil {
		k.t.Fatalf("the server stopped with %v", err)
	}
}

func (k *killing) device(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, filepath.Join(k.bin, "satchel-device"), args...)
	c.Env = k.env
	out, err := c.CombinedOutput()
	return string(out), err
}

func (k *killing) mustSync() {
	k.t.Helper()
	if out, err := k.device(k.t.Context(), "sync"); err != nil || !strings.Contains(out, "Safe to take away") {
		k.t.Fatalf("sync: %v\n%s", err, out)
	}
}

// round does one thing on the device and kills one of the two programs meanwhile. It reports whether
// the kill came while the device was at work.
func (k *killing) round(random *rand.Rand) bool {
	name := fmt.Sprintf("Household %d", k.attempts)
	args := []string{"--json", "household", "add", name, "--area", "Kraljevo"}
	what := "saving"
	if random.IntN(2) == 0 {
		args, what = []string{"sync"}, "syncing"
	}
	ctx, killDevice := context.WithCancel(k.t.Context())
	defer killDevice()
	type result struct {
		out string
		err error
	}
	ended := make(chan result, 1)
	go func() {
		out, err := k.device(ctx, args...)
		ended <- result{out, err}
	}()
	var early *result
	select {
	case r := <-ended:
		early = &r
	case <-time.After(time.Duration(random.Int64N(int64(k.usual * 3 / 2)))):
	}
	victim := "device"
	if what == "syncing" && random.IntN(2) == 0 {
		victim = "server"
	}
	if early == nil && victim == "device" {
		killDevice()
	}
	if victim == "server" {
		if err := k.serving.Process.Kill(); err != nil {
			k.t.Fatal(err)
		}
		_ = k.serving.Wait() // it was killed: that is what it says
		defer k.serve()
	}
	if early == nil {
		r := <-ended
		k.hit[what+", "+victim]++
		k.note(what, name, r.out, r.err)
		return true
	}
	k.note(what, name, early.out, early.err)
	return false
}

// note remembers what a command said was saved.
func (k *killing) note(what, name, out string, err error) {
	k.t.Helper()
	if what != "saving" || err != nil {
		return
	}
	var said struct{ ID uuid.UUID }
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		k.t.Fatalf("the device said %q: %v", out, err)
	}
	k.saved[said.ID] = name
}

// check looks for every household that was saved in the server's history.
func (k *killing) check() {
	k.t.Helper()
	srv, err := server.Open(k.t.Context(), server.Config{Dir: k.data})
	if err != nil {
		k.t.Fatal(err)
	}
	defer srv.Close()
	if len(k.saved) == 0 {
		k.t.Error("nothing was ever saved: the test shows nothing")
	}
	for id, name := range k.saved {
		history, err := srv.Engine.History(k.t.Context(), id)
		if err != nil || len(history) != 1 || history[0].Status != syncproto.Applied || history[0].Fields["head_name"].Text() != name {
			k.t.Errorf("%s was saved on the device; the server has %+v, %v", name, history, err)
		}
	}
	report, err := srv.VerifyAudit(k.t.Context(), "")
	if err != nil || report.Broken != 0 {
		k.t.Errorf("the audit log: %+v, %v", report, err)
	}
}
