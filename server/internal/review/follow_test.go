package review_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/pgtest"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// unlike gives a name that is like no other.
func unlike(name string) string { return named(name).String() }

// many gives households, each of which was given 3 of something without a limit.
func (o *office) many(count int) (edits []engine.OfficeEdit) {
	for i := range count {
		name := fmt.Sprint("household ", i)
		h := o.household(name)
		h.Fields["head_name"] = syncproto.Value(`"` + unlike(name) + `"`)
		edits = append(edits, h, o.delivery(fmt.Sprint("delivery ", i), name, 3))
	}
	return edits
}

// waitFor waits until so many items are open.
func (o *office) waitFor(count int) {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(o.list(review.Open)) != count; {
		if time.Now().After(deadline) {
			o.t.Fatalf("%d items are open, want %d", len(o.list(review.Open)), count)
		}
	}
}

func TestALimitThatIsSetLaterIsLookedAtInSteps(t *testing.T) {
	o := newOffice(t)
	o.save(edit("assistance_types", o.kind, "limit_per_household", nil))
	const households = 1203
	o.save(o.many(households)...)
	o.none("there is no limit")
	o.save(edit("assistance_types", o.kind, "limit_per_household", 2))
	if first := len(o.list(review.Open)); first == 0 {
		t.Error("nothing was found with the change itself")
	}
	o.waitFor(households) // the engine goes on by itself
	o.save(edit("assistance_types", o.kind, "limit_per_household", 3))
	o.waitFor(0)
}

// A queue that stopped in the middle goes on where it was, and one that missed something looks at everything.
func TestWhatWasMissedIsFoundAfterARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("catches up with 1,203 households, one step after the other")
	}
	o := newOffice(t)
	const households = 1203
	o.engine.Close()
	o.start(nil)
	o.save(o.many(households)...)
	o.none("nobody followed")
	now := o.now.UnixMilli()
	step := func() (behind bool) {
		err := o.store.Write(t.Context(), func(tx *store.Tx) (err error) {
			behind, err = o.queue.CatchUp(t.Context(), tx, now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return behind
	}
	steps := 0
	var found []int
	for behind := true; behind && steps < 100; steps++ {
		behind = step()
		o.queue = review.New(o.store, func() time.Time { return o.now }) // it has nothing but what is in the store
		found = append(found, len(o.list(review.Open)))
	}
	if steps < 3 || found[0] == 0 || found[0] == households || found[len(found)-1] != households {
		t.Errorf("after each step open are %v, want some at first and %d in the end", found, households)
	}
	if step() {
		t.Error("it is behind when it has caught up")
	}
	o.engine.Close()
	o.start(o.queue)
	o.save(edit("deliveries", named("delivery 7"), "cancelled_why", "x"))
	o.waitFor(households - 1)
}

func TestAnEngineThatStartsBehindCatchesUp(t *testing.T) {
	o := newOffice(t)
	o.engine.Close()
	o.start(nil)
	o.save(o.many(2)...)
	o.engine.Close()
	o.start(o.queue)
	o.waitFor(2)
}

// What is wrong with the queue is no reason to refuse what somebody recorded.
func TestAQueueThatFailsLosesNoBatchAndComesBack(t *testing.T) {
	o := newOffice(t)
	o.property("review_seq", "no number at all")
	o.save(o.many(2)...)
	if err := o.queue.Settle(t.Context(), nil); err == nil {
		t.Error("nobody is told that the queue is behind, and why")
	}
	if _, _, err := o.queue.List(t.Context(), review.Open, 0, 1); err == nil {
		t.Error("a list that lacks something is given as if it were whole")
	}
	if r, ok := o.shown()[named("delivery 1")]; !ok || r.Value("quantity") != "3" {
		t.Error("what was recorded is not there")
	}
	o.property("review_seq", "0")
	o.save(o.household("one more"))
	o.waitFor(2)
}

// What a queue wrote before it failed is undone, and done again with what comes next.
func TestWhatAQueueWroteBeforeItFailedIsUndone(t *testing.T) {
	o := newOffice(t)
	o.property("review_walk", "no id at all")
	o.save(o.many(2)...)
	o.none("the step of the walk failed behind it")
	o.save(o.household("one more"))
	o.waitFor(2)
}

// A group that touches nothing that counts writes nothing about it, and one that is followed again changes nothing.
func TestLookingAgainChangesNothing(t *testing.T) {
	o := newOffice(t)
	o.save(o.many(3)...)
	before := o.list(review.Open)
	o.now = o.now.Add(time.Hour)
	o.property("review_seq", "0")
	o.settle()
	if after := o.list(review.Open); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Errorf("looking again made\n%+v\nof\n%+v", after, before)
	}
}

// Two servers over one database give one family one item, whichever of them takes in what.
func TestTwoServersOverOnePostgres(t *testing.T) {
	url := pgtest.URL(t)
	open := func() *store.Store {
		s, err := store.OpenPostgres(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one := officeOn(t, open())
	other := *one
	other.store = open()
	other.queue = review.New(other.store, func() time.Time { return other.now })
	other.start(other.queue)
	t.Cleanup(other.engine.Close)
	one.save(one.household("h"))
	var both sync.WaitGroup
	for i, o := range []*office{one, &other} {
		both.Go(func() {
			for n := range 10 {
				name := fmt.Sprintf("delivery %d of %d", n, i)
				if _, err := o.engine.Save(t.Context(), o.admin, []engine.OfficeEdit{o.delivery(name, "h", 1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	for _, o := range []*office{one, &other} {
		if got := o.open(); got.Facts.Delivered != "20" || len(got.Facts.Records) != 20 {
			t.Errorf("the item is %+v", got)
		}
	}
	other.save(edit("assistance_types", one.kind, "limit_per_household", 20))
	one.none("the other server raised the limit")
	var ids []uuid.UUID
	for _, i := range one.list(review.Closed) {
		ids = append(ids, i.ID)
	}
	if len(ids) != 1 {
		t.Errorf("there are the items %v, want one", ids)
	}
}
