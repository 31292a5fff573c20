package clientlib_test

import (
	"net/http"
	"testing"
	"time"

	"satchel/clientlib"
	"satchel/syncproto"
)

func TestTheOfficeIsToldWhatASyncCameTo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := newDevice(t)
	d.enrol(o, vranje)
	d.household(vranje, "Ana")
	d.household(vranje, "Milan")
	result := d.sync()
	d.household(vranje, "Vera")
	o.change(func() {
		o.lie = func(r *syncproto.Reply) { r.Digests[vranje] = syncproto.Digest{1} }
	})
	differing, err := d.store.Sync(t.Context(), nil)
	if err != nil || !differing.Complete || differing.Safe {
		t.Fatalf("with a server that differs: %+v, %v", differing, err)
	}
	d.link.up = 0
	d.household(vranje, "Zoran")
	if _, err := d.store.Sync(t.Context(), nil); err == nil {
		t.Fatal("a sync over a broken link was complete")
	}
	o.change(func() {
		tips := o.books.tablets[d.status().Device].hashes
		is(t, "endings: none of the one that broke off", len(o.endings), 2)
		is(t, "the first", o.endings[0], syncproto.Ending{Epoch: "first", Known: syncproto.Tip{N: 2, Hash: tips[2]}, Up: 2, Down: result.Records})
		is(t, "the second", o.endings[1], syncproto.Ending{Epoch: "first", Known: syncproto.Tip{N: 3, Hash: tips[3]}, Differs: 1, Up: 1, Down: differing.Records})
	})
}

func TestWhatIsSavedAsASyncEndsIsNoSecret(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	saved := false
	result, err := d.store.Sync(t.Context(), func(p clientlib.Progress) {
		if p.Changes == 1 && !saved { // everything has come through
			saved = true
			d.household(vranje, "Vera")
		}
	})
	if err != nil || !result.Complete {
		t.Fatalf("%+v, %v", result, err)
	}
	o.change(func() { is(t, "changes that wait", o.endings[len(o.endings)-1].Unsent, 1) })
}

// An office that is not told, because it is old, busy or gone silent, changes nothing.
func TestASyncIsWhatItIsWhetherOrNotTheOfficeIsTold(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, refusal := range map[string]http.HandlerFunc{
		"old": http.NotFound, "busy": refuse(syncproto.CodeBusy, "60"), "ended": refuse(syncproto.CodeTokenReused, ""), "silent": silent,
	} {
		w := waits(t, "/sync/end", time.Hour, refusal)
		if w.err != nil || !w.result.Safe || len(w.gaps) > 0 || w.took > 10*time.Second {
			t.Errorf("%s: %+v, %v after %v and %d repetitions", name, w.result, w.err, w.took, len(w.gaps))
		}
	}
	w := waits(t, "/sync/end", time.Second, silent)
	if w.err != nil || !w.result.Safe || w.took != time.Second {
		t.Errorf("a sync that was stopped while it told the office: %+v, %v after %v", w.result, w.err, w.took)
	}
}
