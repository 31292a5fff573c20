package clientlib_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// TestMain is also the program that the crash test kills: with a store named in its environment, it
// saves one form after another and prints each once it is saved.
func TestMain(m *testing.M) {
	if path := os.Getenv("SATCHEL_CRASH_STORE"); path != "" {
		fmt.Fprintln(os.Stdout, saveForEver(path))
		return
	}
	// A check of a property plays days of a fleet on real files: -rapid.checks asks for more of them.
	check(flag.Set("rapid.checks", "40"))
	m.Run()
}

func saveForEver(path string) error {
	ctx := context.Background()
	store, err := clientlib.Open(ctx, path, pin, clientlib.Options{})
	if err != nil {
		return err
	}
	for {
		var f clientlib.Form
		h := f.Create("households", map[string]any{"head_name": "Ana", "status": "idp", "area": vranje})
		p := f.Create("people", map[string]any{"household": h.ID, "name": "Luka"})
		if err := store.Save(ctx, &f); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "saved", h.ID, p.ID)
	}
}

func TestWhatWasSavedIsThereAfterKillAtAnyMoment(t *testing.T) {
	t.Parallel()
	d := enrolled(t, newOffice(t), vranje)
	d.store.Close()
	var saved []uuid.UUID
	for range 20 {
		saved = append(saved, killWhileSaving(t, d.path, 1+rand.IntN(20))...)
	}
	d.reopen()
	for _, id := range saved {
		if _, err := d.store.Get(t.Context(), id); err != nil {
			t.Errorf("record %s was reported as saved: %v", id, err)
		}
	}
	changes := d.outbox(false)
	if len(changes)%2 != 0 || len(changes) < len(saved) {
		t.Errorf("%d records were reported as saved, %d changes are there", len(saved), len(changes))
	}
	var hash syncproto.Hash
	for i, c := range changes {
		is(t, "number", c.N, int64(i+1))
		is(t, "form", c.Form, int64(i/2*2+1))
		hash = c.Chain(hash)
	}
	is(t, "changes that the office takes", d.sync().Changes, len(changes))
}

// killWhileSaving starts the program that saves, kills it while it goes on after so many forms, and
// gives the records that it said were saved.
func killWhileSaving(t *testing.T, path string, forms int) (saved []uuid.UUID) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), self)
	program.Env = append(os.Environ(), "SATCHEL_CRASH_STORE="+path)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "saved" {
			t.Errorf("the program said %q", lines.Text())
			break
		}
		saved = append(saved, uuid.MustParse(words[1]), uuid.MustParse(words[2]))
		if len(saved) == 2*forms {
			if err := program.Process.Kill(); err != nil { // what it printed before it died is read too
				t.Fatal(err)
			}
		}
	}
	_ = program.Wait() // it was killed: that is what it says
	return saved
}

func TestASyncThatIsCancelledGoesOnLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(func() { o.page = 2 })
	d := enrolled(t, o, vranje)
	for i := range 20 {
		o.write(o.newID(), "households", map[string]any{"head_name": fmt.Sprint("H ", i), "status": "idp", "area": vranje})
	}
	for n := range 8 {
		d.household(vranje, "Ana")
		ctx, cancel := context.WithCancel(t.Context())
		_, err := d.store.Sync(ctx, func(p clientlib.Progress) {
			if p.Exchanges > n/3 && p.Records > n/2 {
				cancel()
			}
		})
		if err == nil && n < 4 {
			t.Error("a cancelled sync reports no error")
		}
		cancel()
	}
	d.sync()
	is(t, "households", len(headNames(t, d, clientlib.Meta{})), 28)
	is(t, "changes at the office", o.changesOf(d.status().Device), 8)
}
