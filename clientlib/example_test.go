package clientlib_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// exampleStore gives a store that is enrolled at an office with one area, and has synced once.
func exampleStore() (store *clientlib.Store, area uuid.UUID, done func()) {
	ctx, o := context.Background(), newOffice(exampleT{})
	dir := must(os.MkdirTemp("", "satchel"))
	store = must(clientlib.Create(ctx, filepath.Join(dir, "store.db"), "246810", clientlib.Options{}))
	check(store.Enrol(ctx, o.url, o.invite(vranje), "Tablet 1"))
	must(store.Sync(ctx, nil))
	return store, vranje, func() { check(errors.Join(store.Close(), os.RemoveAll(dir))) }
}

// exampleT stands for a test where there is none: examples end with their process.
type exampleT struct{ testing.TB }

func (exampleT) Cleanup(func()) {}
func (exampleT) Helper()        {}

// check ends an example that cannot be set up.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A new device makes its store, enrols with a code from the office, and syncs.
func Example() {
	ctx := context.Background()
	o := newOffice(exampleT{})
	server, code := o.url, o.invite(vranje) // what the office gives the worker
	dir := must(os.MkdirTemp("", "satchel"))
	defer func() { check(os.RemoveAll(dir)) }()

	store, err := clientlib.Create(ctx, filepath.Join(dir, "store.db"), "246810", clientlib.Options{Program: "my app 1.0"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if err := store.Enrol(ctx, server, code, "Tablet 1"); err != nil {
		log.Fatal(err)
	}
	result, err := store.Sync(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	areas, err := clientlib.List[clientlib.Area](ctx, store, uuid.Nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(areas[0].Name, result.Safe)
	// Output: Vranje true
}

// A form's records are saved together, and are on disk when Save returns.
func ExampleStore_Save() {
	ctx := context.Background()
	store, area, done := exampleStore()
	defer done()

	household := &clientlib.Household{HeadName: "Ana Đorđević", Status: "idp", Area: area}
	var form clientlib.Form
	form.Put(household) // gives it its ID
	form.Put(&clientlib.Person{Household: household.ID, Name: "Luka Đorđević", Sex: "male"})
	if err := store.Save(ctx, &form); err != nil {
		log.Fatal(err)
	}

	household.Phone = "063 123 4567"
	var edit clientlib.Form
	edit.Put(household) // writes the phone alone
	if err := store.Save(ctx, &edit); err != nil {
		log.Fatal(err)
	}

	status, err := store.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("unsent changes:", status.Unsent)
	// Output: unsent changes: 3
}

// Collections that a program has no struct for are read and written by field names.
func ExampleForm_Edit() {
	ctx := context.Background()
	store, area, done := exampleStore()
	defer done()

	var form clientlib.Form
	household := form.Create("households", map[string]any{"head_name": "Ana", "status": "idp", "area": area})
	if err := store.Save(ctx, &form); err != nil {
		log.Fatal(err)
	}
	record, err := store.Get(ctx, household.ID)
	if err != nil {
		log.Fatal(err)
	}
	var edit clientlib.Form
	edit.Edit(record, map[string]any{"notes": "Roof leaks."})
	if err := store.Save(ctx, &edit); err != nil {
		log.Fatal(err)
	}
	fmt.Println(record.Text("notes"), record.Fields["notes"].Pending)
	// Output: Roof leaks. true
}

// A worker types a name in whichever script.
func ExampleStore_Search() {
	ctx := context.Background()
	store, area, done := exampleStore()
	defer done()
	var form clientlib.Form
	form.Put(&clientlib.Household{HeadName: "Љиљана Ђорђевић", Status: "idp", Area: area})
	if err := store.Save(ctx, &form); err != nil {
		log.Fatal(err)
	}

	found, err := store.Search(ctx, "djordjevic ljilj", 10)
	if err != nil {
		log.Fatal(err)
	}
	for _, record := range found {
		fmt.Println(record.Collection, record.Text("head_name"))
	}
	// Output: households Љиљана Ђорђевић
}

// A sync tells how far it has come, and what came of it.
func ExampleStore_Sync() {
	ctx := context.Background()
	store, area, done := exampleStore()
	defer done()
	var form clientlib.Form
	form.Put(&clientlib.Household{HeadName: "Ana", Status: "idp", Area: area})
	if err := store.Save(ctx, &form); err != nil {
		log.Fatal(err)
	}

	result, err := store.Sync(ctx, func(p clientlib.Progress) {
		_ = p // draw p.Changes of p.ChangesToSend, p.Records, p.BytesUp and p.BytesDown
	})
	if err != nil {
		log.Fatal(err) // nothing is lost; sync again
	}
	fmt.Println(result.Changes, "sent,", result.Records, "received, safe to take away:", result.Safe)
	// Output: 1 sent, 1 received, safe to take away: true
}
