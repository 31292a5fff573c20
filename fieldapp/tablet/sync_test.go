package tablet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/fieldapp/tablet"
	"satchel/syncproto"
)

func TestWhatIsRecordedComesToTheOfficeAndBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, other := enrolled(t, o, 1, o.a), enrolled(t, o, 2, o.a)
	var ids []string
	for i := range 10 {
		ids = append(ids, d.household(o.a, fmt.Sprintf("Đorđević %d", i)))
	}
	if s := d.status(); s.Unsent != 10 || s.Safe {
		t.Errorf("before the sync: %+v", s)
	}
	if r := d.sync(); r.Changes != 10 {
		t.Errorf("the sync came to %+v", r)
	}
	if s := d.status(); s.Unsent != 0 || !s.Safe {
		t.Errorf("after the sync: %+v", s)
	}
	if r := other.sync(); r.Records != 10 {
		t.Errorf("the other's sync came to %+v", r)
	}
	for i, id := range ids {
		if got, want := other.text(id, "head_name"), fmt.Sprintf("%q", fmt.Sprintf("Đorđević %d", i)); got != want {
			t.Errorf("the other shows %s, want %s", got, want)
		}
	}
	d.edit(ids[0], "phone", "064")
	d.sync()
	other.sync()
	if got := other.text(ids[0], "phone"); got != `"064"` {
		t.Errorf("the other shows the phone number %s", got)
	}
}

// Whatever request of a sync breaks, and wherever, nothing is lost, and nothing counts twice.
func TestALinkIsCutAtEveryRequest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, where := range []string{"before", "after", "within"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			d := enrolled(t, o, 3, o.a)
			d.trap.where = where
			for n := int64(0); ; n++ {
				var ids []string
				for i := range 4 {
					ids = append(ids, d.household(o.a, fmt.Sprint(where, n, i)))
				}
				d.ahead.Add(int64(20 * time.Minute)) // the access token has to be renewed
				d.trap.sprung.Store(false)
				d.trap.left.Store(n)
				err := d.Call(t.Context(), nil, "sync")
				if err != nil && !errors.Is(err, &tablet.Failure{Code: "link"}) {
					t.Fatalf("the sync that was cut at request %d: %v", n, err)
				}
				if n%2 == 0 {
					image, err := d.Off()
					if err = errors.Join(err, d.On(image)); err != nil {
						t.Fatal(err)
					}
					d.unlock(o)
				}
				d.trap.left.Store(1 << 40)
				d.sync()
				for _, id := range ids {
					if _, known := o.knows(id); !known {
						t.Errorf("a household is lost")
					}
				}
				if !d.trap.sprung.Load() {
					return
				}
			}
		})
	}
}

// Each shows the same as a device of clientlib, and whose value does not show is told so.
func TestBothProgramsAgreeOnAConflict(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, g := enrolled(t, o, 4, o.a), o.goDevice(o.a)
	id := d.household(o.a, "Ana")
	d.sync()
	syncGo(t, g)
	setPhone(t, g, id, "1")
	d.edit(id, "phone", "2")
	d.edit(id, "notes", "a house")
	syncGo(t, g)
	d.sync()
	syncGo(t, g)
	h, err := clientlib.Get[clientlib.Household](t.Context(), g, uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	shown := d.get(id)
	if h.Notes != "a house" || shown.Fields["phone"].Text != fmt.Sprintf("%q", h.Phone) || !shown.Fields["phone"].Conflict {
		t.Errorf("clientlib shows %q, %q; the app %+v", h.Phone, h.Notes, shown.Fields["phone"])
	}
	theirs, err := g.Attention(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ours := d.attention()
	if len(ours)+len(theirs) != 1 {
		t.Fatalf("the app tells %+v, clientlib %+v; want one that was overtaken", ours, theirs)
	}
	if len(ours) == 1 && (ours[0].Kind != "overtaken" || ours[0].Own != `"2"` || ours[0].Shown != `"1"`) {
		t.Errorf("the app tells %+v", ours)
	}
}

func setPhone(t *testing.T, g *clientlib.Store, id, phone string) {
	t.Helper()
	var f clientlib.Form
	f.Set(uuid.MustParse(id), map[string]any{"phone": phone})
	if err := g.Save(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
}

// A tablet whose store was copied goes on under another identity, and what both recorded arrives once.
func TestACopiedStoreParts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 5, o.a)
	first := d.household(o.a, "before the copy")
	copied := d.copied(o, 6)
	here, there := d.household(o.a, "here"), copied.household(o.a, "there")
	copied.edit(there, "phone", "2")
	copied.edit(there, "phone", "3")
	d.sync()
	copied.sync()
	if d.status().Device == copied.status().Device {
		t.Error("both have one identity")
	}
	d.sync()
	for _, tab := range []*device{d, copied} {
		for _, id := range []string{first, here, there} {
			if !tab.holds(id) {
				t.Error("a household is missing")
			}
		}
		if got := tab.text(there, "phone"); got != `"3"` {
			t.Errorf("the phone number is %s", got)
		}
		if a := tab.attention(); len(a) != 0 {
			t.Errorf("there is something to attend to: %+v", a)
		}
	}
	copied.edit(there, "phone", "4")
	copied.sync()
	if phone, _ := o.knows(there); phone != "4" {
		t.Errorf("the office has the phone number %s", phone)
	}
}

// A server that is restored gets from the tablets what it has lost, also from copies of one tablet and what builds on it.
func TestARestoredServerGetsWhatItLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 7, o.a)
	early := d.household(o.a, "early")
	d.sync()
	restore := o.backup()
	copied := d.copied(o, 8)
	late := d.household(o.a, "late")
	d.edit(late, "phone", "1")
	d.sync()
	other := copied.household(o.a, "of the copy")
	copied.sync()
	copied.edit(other, "phone", "2")
	copied.sync()
	restore()
	copied.edit(other, "phone", "3")
	err := copied.Call(t.Context(), nil, "sync")
	if !errors.Is(err, &tablet.Failure{Code: "enrol-again"}) {
		t.Fatalf("the office does not know the identity of the copy: %v", err)
	}
	copied.call(nil, "enrolAgain", o.invite(o.a))
	copied.sync()
	d.sync()
	copied.sync()
	for _, tab := range []*device{d, copied} {
		for _, id := range []string{early, late, other} {
			if !tab.holds(id) {
				t.Error("a household is lost")
			}
		}
		if got := tab.text(other, "phone"); got != `"3"` {
			t.Errorf("the phone number is %s", got)
		}
		if a := tab.attention(); len(a) != 0 {
			t.Errorf("there is something to attend to: %+v", a)
		}
	}
}

// A tablet that has learnt that the server was restored, and was cut off before it asked what that has lost of what it
// recorded under an earlier identity, is not safe to take away.
func TestARestoredServerIsNotBelievedToHaveEverything(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 6, o.a)
	home := d.household(o.a, "Đorđević")
	d.call(nil, "enrolAgain", o.invite(o.a))
	restore := o.backup()
	d.sync()
	restore()
	d.trap.where = "before"
	d.trap.left.Store(1)
	if err := d.Call(t.Context(), nil, "sync"); err == nil || !d.trap.sprung.Load() {
		t.Fatalf("the link was not cut: %v", err)
	}
	if _, err := o.srv.Engine.History(t.Context(), uuid.MustParse(home)); err == nil || d.status().Safe {
		t.Errorf("the office lacks the household: %v, and the tablet is %+v", err, d.status())
	}
	d.trap.left.Store(1 << 40)
	d.sync()
	if _, known := o.knows(home); !known || !d.status().Safe {
		t.Errorf("the office has the household: %v, and the tablet is %+v", known, d.status())
	}
}

func TestARevokedTabletHandsInAndWipesItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 9, o.a)
	for i := range 4 { // more than one exchange brings
		d.household(o.a, fmt.Sprint("pending ", i))
	}
	if err := o.srv.Accounts.RevokeDevice(t.Context(), o.admin, uuid.MustParse(d.status().Device)); err != nil {
		t.Fatal(err)
	}
	var r result
	d.call(&r, "sync")
	if !r.Wiped || r.Changes != 4 {
		t.Errorf("the sync came to %+v", r)
	}
	if held, err := o.srv.Engine.Held(t.Context()); err != nil || len(held) != 4 {
		t.Errorf("the office holds %+v, %v", held, err)
	}
	var door struct{ State string }
	d.call(&door, "door")
	if door.State != "wiped" {
		t.Errorf("the store is %s", door.State)
	}
}

// The clock of a tablet decides nothing, and its worker is told of it.
func TestAClockThatIsAYearAhead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, other := start(t, o, 10, nil), enrolled(t, o, 11, o.a)
	d.ahead.Store(int64(365 * 24 * time.Hour))
	d.call(nil, "enrol", o.invite(o.a), pin)
	d.sync()
	if s := d.status(); !s.ClockOff {
		t.Errorf("%+v", s)
	}
	if a := d.attention(); len(a) != 1 || a[0].Kind != "clock" {
		t.Errorf("the worker is told %+v", a)
	}
	id := d.household(o.a, "ahead")
	d.sync()
	other.sync()
	other.edit(id, "phone", "later")
	other.sync()
	d.sync()
	if got := d.text(id, "phone"); got != `"later"` {
		t.Errorf("the phone number is %s", got)
	}
	if at := d.get(id).Fields["head_name"].Time; at > time.Now().Add(time.Minute).UnixMilli() {
		t.Errorf("the household was written at %v", time.UnixMilli(at))
	}
}

func TestAHouseholdThatMovesLeavesItsArea(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, there, both := enrolled(t, o, 12, o.a), enrolled(t, o, 13, o.b), enrolled(t, o, 14, o.a, o.b)
	id := both.household(o.a, "moves")
	both.sync()
	d.sync()
	there.sync()
	if !d.holds(id) || there.holds(id) {
		t.Error("the household is not where it should be before it moves")
	}
	both.edit(id, "area", o.b)
	both.sync()
	d.sync()
	there.sync()
	if d.holds(id) || !there.holds(id) {
		t.Error("the household is not where it should be after it moved")
	}
}

func TestAScopeIsNarrowedAndWidened(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 15, o.a, o.b)
	a, b := d.household(o.a, "a"), d.household(o.b, "b")
	d.sync()
	device := uuid.MustParse(d.status().Device)
	if err := o.srv.Accounts.SetDeviceAreas(t.Context(), o.admin, device, []uuid.UUID{o.a}); err != nil {
		t.Fatal(err)
	}
	unsent := d.household(o.b, "not sent yet")
	d.sync()
	if !d.holds(a) || d.holds(b) || !d.holds(unsent) {
		t.Error("what was pulled of the area is still there, or what was recorded in it is not")
	}
	if s := d.status(); s.Held != 1 {
		t.Errorf("%+v", s)
	}
	if all := d.attention(); len(all) != 1 || all[0].Kind != "held" || all[0].Code != syncproto.HeldOutOfScope {
		t.Errorf("the worker is told %+v", all)
	}
	if err := o.srv.Accounts.SetDeviceAreas(t.Context(), o.admin, device, []uuid.UUID{o.a, o.b}); err != nil {
		t.Fatal(err)
	}
	d.sync()
	if !d.holds(b) {
		t.Error("the area did not come back")
	}
}

// What a rescue file brings and is synced later counts once.
func TestARescueFileIsReadByTheOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 16, o.a)
	id := d.household(o.a, "rescued")
	photo := append([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte("a village house "), 30_000)...)
	delivery := d.photograph(id, photo)
	err := d.Call(t.Context(), nil, "rescue", "short")
	if !errors.Is(err, &tablet.Failure{Code: "weak-passphrase"}) {
		t.Errorf("a weak passphrase: %v", err)
	}
	var file tablet.Bytes
	d.call(&file, "rescue", "a long passphrase")
	if bytes.Contains(file, []byte("village")) {
		t.Error("the photo is not encrypted")
	}
	for range 2 {
		begin := func() (io.Reader, error) { return bytes.NewReader(file), nil }
		came, err := o.srv.Engine.ImportRescue(t.Context(), o.admin, "a long passphrase", begin, o.srv.Blobs.Rescue)
		if err != nil || came.Changes != 2 || came.ByStatus[syncproto.Applied] != 2 || came.Photos != 1 || came.PhotosRefused != 0 {
			t.Errorf("the file brought %+v, %v", came, err)
		}
	}
	o.has(delivery, photo)
	var result struct{ Proofs int }
	d.call(&result, "sync")
	if s := d.status(); result.Proofs != 0 || !s.Safe {
		t.Errorf("the sync after the rescue brought %d photos: %+v", result.Proofs, s)
	}
	d.call(nil, "keepProof", tablet.Bytes("\xff\xd8\xff that no record names"), "image/jpeg")
	if err := d.Call(t.Context(), nil, "rescue", "a long passphrase"); !errors.Is(err, &tablet.Failure{Code: "nothing-to-rescue"}) {
		t.Errorf("after the sync: %v", err)
	}
}

// A rescue file has all of a long outbox, under each name that the tablet had, and the photos of what the office has already.
func TestARescueFileLeavesNothingOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 19, o.a)
	of := d.photograph(d.household(o.a, "sent"), []byte("\xff\xd8\xff a photo"))
	d.trap.left.Store(1)
	if err := d.Call(t.Context(), nil, "sync"); !errors.Is(err, &tablet.Failure{Code: "link"}) || d.status().Unsent != 0 {
		t.Fatalf("the link is cut behind the changes: %v, %+v", err, d.status())
	}
	d.trap.left.Store(1 << 40)
	var edits []any
	for range 500 { // a form as large as it may be fills a request
		fields := map[string]string{}
		for name, value := range values(t, map[string]any{"head_name": "of a large form", "status": "idp", "area": o.a}) {
			fields[name] = string(value)
		}
		edits = append(edits, map[string]any{"kind": "create", "collection": "households", "id": newID(t), "fields": fields})
	}
	d.call(nil, "save", map[string]any{"edits": edits})
	d.household(o.a, "behind it")
	d.call(nil, "enrolAgain", o.invite(o.a))
	d.household(o.a, "under another name")

	var file tablet.Bytes
	d.call(&file, "rescue", "a long passphrase")
	begin := func() (io.Reader, error) { return bytes.NewReader(file), nil }
	came, err := o.srv.Engine.ImportRescue(t.Context(), o.admin, "a long passphrase", begin, o.srv.Blobs.Rescue)
	if err != nil || came.Changes != 502 || came.ByStatus[syncproto.Applied] != 502 || came.Photos != 1 || came.PhotosRefused != 0 {
		t.Errorf("the file brought %+v, %v", came, err)
	}
	o.has(of, []byte("\xff\xd8\xff a photo"))
}

func TestTokensOfAFormerIdentityAreNotKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 19, o.a)
	id := d.household(o.a, "before")
	before := d.status().Device
	d.ahead.Add(int64(20 * time.Minute)) // the access token has to be renewed
	d.trap.meantime = func() { d.call(nil, "enrolAgain", o.invite(o.a)) }
	if err := d.Call(t.Context(), nil, "sync"); d.trap.meantime != nil {
		t.Fatalf("no tokens were renewed: %v", err)
	}
	d.sync()
	if _, known := o.knows(id); !known || d.status().Device == before {
		t.Errorf("the tablet is %v, and was %v; the office knows what it recorded: %v", d.status().Device, before, known)
	}
}

func TestACodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	code := o.invite(o.a)
	d, other := start(t, o, 17, nil), start(t, o, 18, nil)
	d.call(nil, "enrol", code, pin)
	if err := other.Call(t.Context(), nil, "enrol", code, pin); !errors.Is(err, &tablet.Failure{Code: "code-refused"}) {
		t.Errorf("the code a second time: %v", err)
	}
	id := d.household(o.a, "of the first enrolment")
	was := d.status().Device
	d.call(nil, "enrolAgain", o.invite(o.a))
	if d.status().Device == was {
		t.Error("it has the same identity")
	}
	d.sync()
	if _, known := o.knows(id); !known {
		t.Error("what was recorded before is lost")
	}
}
