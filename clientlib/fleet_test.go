package clientlib_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// A fleet is some devices of one office in bad luck: links that break, tablets that are copied, an
// office that goes back to a backup.
type fleet struct {
	t       *testing.T
	o       *office
	devices []*device
	ids     []uuid.UUID
	backup  books
	// saved is every value that any device saved.
	saved []syncproto.Value
}

// TestNothingSavedIsEverMissing plays random days. At the end every device syncs, and then each value
// that was ever saved has arrived at the office, once, and all devices show what the office shows.
func TestNothingSavedIsEverMissing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFleet(t)
		defer func() {
			for _, d := range f.devices {
				d.store.Close()
			}
		}()
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			f.step(rt)
		}
		for range 3 { // a device may bring what another one waits for
			for _, d := range f.devices {
				f.finish(rt, d)
			}
		}
		f.check(rt)
	})
}

func newFleet(t *testing.T) *fleet {
	f := &fleet{t: t, o: newOffice(t)}
	for i := range 2 {
		id := f.o.newID()
		f.o.write(id, "households", map[string]any{"head_name": fmt.Sprint("Household ", i), "status": "idp", "area": vranje})
		f.ids = append(f.ids, id)
	}
	f.devices = []*device{enrolled(t, f.o, vranje), enrolled(t, f.o, vranje)}
	f.backup = f.o.backup()
	return f
}

// step does one thing on one device, or to the office.
func (f *fleet) step(rt *rapid.T) {
	d := rapid.SampledFrom(f.devices).Draw(rt, "device")
	d.clock.Add(rapid.Int64Range(-1000, 60_000).Draw(rt, "time passes"))
	switch what := rapid.IntRange(0, 12).Draw(rt, "what"); {
	case what == 12:
		d.enrol(f.o, vranje)
	case what < 6:
		f.edit(rt, d)
	case what < 8:
		f.try(rt, d, -1, -1)
	case what < 9:
		f.try(rt, d, rapid.IntRange(0, 700).Draw(rt, "up"), -1)
	case what < 10:
		f.try(rt, d, -1, rapid.IntRange(0, 700).Draw(rt, "down"))
	case what < 11 && len(f.devices) < 4:
		f.devices = append(f.devices, copyOf(d))
	case rapid.Bool().Draw(rt, "restore"):
		f.o.restore(f.backup)
	default:
		f.backup = f.o.backup()
	}
}

// edit saves a value that nobody saved before.
func (f *fleet) edit(rt *rapid.T, d *device) {
	field := rapid.SampledFrom([]string{"phone", "address"}).Draw(rt, "field")
	value := fmt.Sprintf("%s %d", field, len(f.saved))
	r, err := d.store.Get(f.t.Context(), rapid.SampledFrom(f.ids).Draw(rt, "household"))
	if err != nil {
		rt.Fatal(err)
	}
	var form clientlib.Form
	form.Edit(r, map[string]any{field: value})
	if err := d.store.Save(f.t.Context(), &form); err != nil {
		rt.Fatal(err)
	}
	f.saved = append(f.saved, must(syncproto.ValueOf(value)))
}

// try syncs over a link that may break, and enrols again if the office went back to before it knew the
// device.
func (f *fleet) try(rt *rapid.T, d *device, up, down int) {
	err := d.try(up, down)
	if errors.Is(err, clientlib.ErrEnrolAgain) {
		d.enrol(f.o, vranje)
		err = d.try(up, down)
	}
	if err != nil && !errors.Is(err, clientlib.ErrLink) {
		rt.Fatal(err)
	}
}

func (f *fleet) finish(rt *rapid.T, d *device) {
	f.try(rt, d, -1, -1)
	if s := d.status(); !s.Safe || s.Unsent > 0 {
		rt.Fatalf("after the last sync: %+v", s)
	}
}

func count(all []syncproto.Value, value syncproto.Value) (n int) {
	for _, v := range all {
		if v == value {
			n++
		}
	}
	return n
}

func (f *fleet) check(rt *rapid.T) {
	f.o.mu.Lock()
	defer f.o.mu.Unlock()
	for _, value := range f.saved {
		if n := count(f.o.books.values, value); n != 1 {
			rt.Errorf("%s was saved once, and has come to the office %d times", value, n)
		}
	}
	for _, id := range f.ids {
		for _, d := range f.devices {
			for name, register := range f.o.books.records[id].state {
				shown, _ := register.Shown()
				field := d.get(id).Record().Fields[name]
				if field.Value != shown.Value || field.Pending || field.Conflict != (len(register.Open()) > 0) {
					rt.Errorf("%s: the office shows %s, a device %+v", name, shown.Value, field)
				}
			}
		}
	}
}
