package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/disk"
	"satchel/internal/simtest/link"
	"satchel/server"
	"satchel/syncproto"
)

// A village is an office and its tablets, each on a disk of its own, and the promises that they made.
type village struct {
	root    string
	office  *office
	tablets []*tablet
	// here and there are the areas. The first tablet has the one, the second both; home is a household
	// here that everybody knows.
	here, there, home uuid.UUID
	// words counts the values that were made up, so that each is found again.
	words int
	// late is how much later it is here than elsewhere.
	late atomic.Int64

	net     link.Network
	web     *http.Server
	handler atomic.Pointer[http.Handler]
	client  *http.Client
	log     journal

	// mu guards the ledgers, which are read while a disk is in the middle of an operation.
	mu sync.Mutex
}

// A site is a directory on a disk of its own.
type site struct {
	name string
	dir  string
	disk *disk.Disk
}

// An office is a server.
type office struct {
	site
	ledger
	srv   *server.Server
	admin uuid.UUID
}

// A tablet is a device.
type tablet struct {
	site
	ledger
	village *village
	areas   []uuid.UUID
	store   *clientlib.Store
}

// newVillage makes an empty village below root, with its disks.
func newVillage(root string) (*village, error) {
	v := &village{root: root, office: &office{}}
	v.tablets = []*tablet{{village: v}, {village: v}}
	if err := v.mount(); err != nil {
		return nil, err
	}
	for _, id := range []*uuid.UUID{&v.here, &v.there} {
		var err error
		if *id, err = uuid.NewV7(); err != nil {
			return nil, fmt.Errorf("make an id: %w", err)
		}
	}
	v.tablets[0].areas, v.tablets[1].areas = []uuid.UUID{v.here}, []uuid.UUID{v.here, v.there}
	return v, nil
}

// sites gives the disks of a village, the office's first.
func (v *village) sites() []*site {
	out := []*site{&v.office.site}
	for _, t := range v.tablets {
		out = append(out, &t.site)
	}
	return out
}

// mount puts every site on a disk, and the office on the network.
func (v *village) mount() (err error) {
	for i, s := range v.sites() {
		s.name = "the office's disk"
		if i > 0 {
			s.name = fmt.Sprintf("the disk of tablet %d", i)
		}
		s.dir = filepath.Join(v.root, fmt.Sprint("site-", i))
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return fmt.Errorf("make a site: %w", err)
		}
		if s.disk, err = disk.New(s.dir); err != nil {
			return err
		}
	}
	v.web = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*v.handler.Load()).ServeHTTP(w, r)
	})}
	listener := v.net.Listen()
	go func() { _ = v.web.Serve(listener) }() // it ends when the village does
	v.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return v.net.Dial(ctx, link.Good(0))
	}}}
	return nil
}

const (
	address = "http://office"
	pin     = "246810"
)

func (v *village) now() time.Time { return time.Now().Add(time.Duration(v.late.Load())) }

func (v *village) options() clientlib.Options {
	return clientlib.Options{
		Clock: v.now, Program: "crash 1", HTTP: v.client, PlainHTTP: true,
		PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1},
	}
}

// open starts everything that was made and is not running.
func (v *village) open(ctx context.Context) error {
	if err := v.openOffice(ctx); err != nil {
		return err
	}
	for _, t := range v.tablets {
		if err := t.open(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (v *village) openOffice(ctx context.Context) (err error) {
	if v.office.srv != nil {
		return nil
	}
	config := server.Config{Dir: v.office.dir, Now: v.now, Log: slog.New(slog.NewTextHandler(&v.log, nil))}
	if v.office.srv, err = server.Open(ctx, config); err != nil {
		return fmt.Errorf("open the server: %w", err)
	}
	handler := v.office.srv.Handler() //nolint:contextcheck // each request has a context of its own
	v.handler.Store(&handler)
	return nil
}

func (t *tablet) path() string { return filepath.Join(t.dir, "tablet.db") }

// open opens the tablet's store, if it was made, is not wiped and is not open.
func (t *tablet) open(ctx context.Context) (err error) {
	if t.store != nil || !t.made || t.wiped {
		return nil
	}
	t.store, err = clientlib.Open(ctx, t.path(), pin, t.village.options())
	if errors.Is(err, clientlib.ErrWiped) && t.revoked {
		t.village.note(func() { t.wiped = true })
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the tablet's store: %w", err)
	}
	return nil
}

// close stops what runs. On a disk that is well, that has to work.
func (v *village) close() error {
	err := v.office.close()
	for _, t := range v.tablets {
		err = errors.Join(err, t.close())
	}
	return err
}

func (o *office) close() error {
	if o.srv == nil {
		return nil
	}
	srv := o.srv
	o.srv = nil
	return srv.Close()
}

func (t *tablet) close() error {
	if t.store == nil {
		return nil
	}
	store := t.store
	t.store = nil
	return store.Close()
}

// remove ends a village and deletes its files.
func (v *village) remove() {
	_ = v.close() // its disk may be broken, and it is not needed any more
	for _, s := range v.sites() {
		s.disk.Close()
	}
	_ = v.web.Close() // it holds nothing
	v.client.CloseIdleConnections()
	_ = os.RemoveAll(v.root) // scratch
}

// copy gives a village that is closed once more, below another root.
func (v *village) copy(root string) (*village, error) {
	return v.again(root, func(s *site, dir string) error { return os.CopyFS(dir, os.DirFS(s.dir)) })
}

// after gives the village as it may be after the power is cut everywhere at this moment.
func (v *village) after(root string, r *rand.Rand) (*village, error) {
	return v.again(root, func(s *site, dir string) error {
		return errors.Join(os.MkdirAll(dir, 0o700), s.disk.Image(dir, r))
	})
}

// again gives another village with the same promises; files gives its sites their files.
func (v *village) again(root string, files func(s *site, dir string) error) (*village, error) {
	for i, s := range v.sites() {
		if err := files(s, filepath.Join(root, fmt.Sprint("site-", i))); err != nil {
			return nil, fmt.Errorf("copy a village: %w", err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &village{root: root, here: v.here, there: v.there, home: v.home, words: v.words}
	out.late.Store(v.late.Load())
	out.office = &office{admin: v.office.admin, ledger: v.office.clone()}
	for _, t := range v.tablets {
		out.tablets = append(out.tablets, &tablet{village: out, areas: t.areas, ledger: t.clone()})
	}
	return out, out.mount()
}

// found makes an office with an administrator and the two areas.
func (v *village) found(ctx context.Context) error {
	if err := v.openOffice(ctx); err != nil {
		return err
	}
	if v.office.admin == uuid.Nil {
		u, err := v.office.srv.Accounts.AddUser(ctx, uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator"})
		if err != nil {
			return err
		}
		v.note(func() { v.office.admin = u.ID })
	}
	level := map[string]any{"level": "municipality"}
	if err := v.write(ctx, "areas", v.here, "name", v.word("Kraljevo"), level); err != nil {
		return err
	}
	return v.write(ctx, "areas", v.there, "name", v.word("Vranje"), level)
}

// write has the office write one value, with others that nobody looks for.
func (v *village) write(ctx context.Context, collection string, id uuid.UUID, field, text string, others map[string]any) error {
	values := map[string]syncproto.Value{}
	for name, content := range others {
		value, err := syncproto.ValueOf(content)
		if err != nil {
			return err
		}
		values[name] = value
	}
	value, err := syncproto.ValueOf(text)
	if err != nil {
		return err
	}
	values[field] = value
	v.note(func() { v.office.saving = form{{id, field, value}} })
	_, err = v.office.srv.Engine.Save(ctx, v.office.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: values}})
	v.note(func() {
		if v.office.saved(err) {
			v.office.acked = v.office.changes()
		}
	})
	return err
}

func (v *village) note(fn func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fn()
}

// make makes a tablet's store, or opens the one that was made although its disk did not confirm it.
func (t *tablet) make(ctx context.Context) (err error) {
	t.store, err = clientlib.Create(ctx, t.path(), pin, t.village.options())
	if errors.Is(err, clientlib.ErrExists) {
		t.store, err = clientlib.Open(ctx, t.path(), pin, t.village.options())
	}
	if err == nil {
		t.village.note(func() { t.made = true })
	}
	return err
}

// enrol makes a tablet one of the office's, as whoever it was before.
func (t *tablet) enrol(ctx context.Context) error {
	office := t.village.office
	made, err := office.srv.Accounts.Invite(ctx, office.admin, office.admin, "tablet", t.areas)
	if err != nil {
		return err
	}
	return t.store.Enrol(ctx, address, made.Code, "")
}

// save saves a form in which these facts are written.
func (t *tablet) save(ctx context.Context, f *clientlib.Form, facts form) error {
	t.village.note(func() { t.saving = facts })
	err := t.store.Save(ctx, f)
	t.village.note(func() { t.saved(err) })
	return err
}

// errUnsafe means that a sync ended well, and the tablet could not be lost then.
var errUnsafe = errors.New("after a sync the tablet could not be lost, and nothing said so")

// sync syncs a tablet, and notes what is acknowledged while it does.
func (t *tablet) sync(ctx context.Context) error {
	before := t.acked
	t.village.note(func() { t.syncing = true })
	result, err := t.store.Sync(ctx, func(p clientlib.Progress) {
		t.village.note(func() { t.acked = min(before+p.Changes, t.changes()) })
	})
	t.village.note(func() { t.syncing = false })
	if errors.Is(err, clientlib.ErrWiped) {
		t.village.note(func() { t.acked, t.wiped = t.changes(), true })
		return t.close()
	}
	if err == nil && !result.Safe {
		err = errUnsafe
	}
	return err
}

// word makes up a value that nobody has written yet.
func (v *village) word(kind string) string {
	v.words++
	return fmt.Sprintf("%s %d", kind, v.words)
}

// A journal keeps what a server logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes some text.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// panics gives the log if somebody panicked.
func (j *journal) panics() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if text := j.text.String(); strings.Contains(text, "panic") {
		return fmt.Errorf("the server panicked: %s", text)
	}
	return nil
}
