package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// A stage is where the time before a sync is played: a server, the tablet that is going to sync, and
// another one. It is played in this program, by the rooms that the real programs are made of: what is
// at stake begins with the sync. The first thing that goes wrong stays in err, and nothing that comes
// after it does anything.
type stage struct {
	ctx context.Context // a stage lives as long as the one call that plays it
	err error
	bin Binaries
	// dir is what both sides leave; aside is for what is not theirs.
	dir, aside string
	address    string
	// ago is how long before now everything is played.
	ago time.Duration

	server *server.Server
	halt   func() error

	admin                            uuid.UUID
	kraljevo, vranje, project, parts uuid.UUID
	tablet, other                    *clientlib.Store
	// saved is what the devices were told was saved, and names who they are.
	saved []saved
	names map[uuid.UUID]string
}

// A saved change was reported as saved on a device.
type saved struct {
	record uuid.UUID
	fields map[string]syncproto.Value
}

func (s *stage) now() time.Time { return time.Now().Add(-s.ago) }

// do does one thing, unless something went wrong before.
func (s *stage) do(what string, thing func() error) {
	if s.err != nil {
		return
	}
	if err := thing(); err != nil {
		s.err = fmt.Errorf("%s: %w", what, err)
	}
}

// begin has an office with two areas, and two tablets that are enrolled and have never synced.
func (s *stage) begin() {
	s.open()
	s.do("add the administrator", func() error {
		ana, err := s.server.Accounts.AddUser(s.ctx, uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator", Password: "long enough"})
		s.admin = ana.ID
		return err
	})
	s.kraljevo = s.decide("areas", map[string]any{"name": "Kraljevo", "level": "municipality"})
	s.vranje = s.decide("areas", map[string]any{"name": "Vranje", "level": "municipality"})
	s.project = s.decide("projects", map[string]any{"code": "P1", "title": "Houses", "institution": "kirs"})
	s.parts = s.decide("assistance_types", map[string]any{"code": "BMP", "name": "Building material", "category": "housing", "unit": "package"})
	s.tablet = s.enrol("tablet", filepath.Join(s.dir, storeFile), s.kraljevo)
	s.other = s.enrol("other", filepath.Join(s.aside, "other.db"), s.kraljevo, s.vranje)
}

// end leaves both sides as programs leave them that have ended.
func (s *stage) end() error {
	for _, device := range []*clientlib.Store{s.tablet, s.other} {
		if device != nil {
			s.err = errors.Join(s.err, device.Close())
		}
	}
	s.close()
	return s.err
}

// open opens the office and has it serve.
func (s *stage) open() {
	s.do("open the office", func() (err error) {
		config := s.bin.config(s.dir)
		config.Now = s.now
		if s.server, err = server.Open(s.ctx, config); err != nil {
			return err
		}
		listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", s.address)
		if err != nil {
			return errors.Join(err, s.server.Close())
		}
		ctx, stop := context.WithCancel(s.ctx)
		ended := make(chan error, 1)
		go func() { ended <- s.server.Serve(ctx, listener) }()
		s.halt = func() error {
			stop()
			return errors.Join(<-ended, s.server.Close())
		}
		return nil
	})
}

func (s *stage) close() {
	if s.halt != nil {
		s.err = errors.Join(s.err, s.halt())
		s.halt = nil
	}
}

// decide has the office make a record.
func (s *stage) decide(collection string, fields map[string]any) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	s.do("save at the office", func() error {
		values, err := valuesOf(fields)
		if err != nil {
			return err
		}
		_, err = s.server.Engine.Save(s.ctx, s.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: values}})
		return err
	})
	return id
}

// enrol makes a tablet. Its PIN costs nothing to try: the programs open it hundreds of times.
func (s *stage) enrol(name, path string, areas ...uuid.UUID) (device *clientlib.Store) {
	s.do("enrol "+name, func() error {
		code, err := s.server.Accounts.Invite(s.ctx, s.admin, s.admin, name, areas)
		if err != nil {
			return err
		}
		if device, err = clientlib.Create(s.ctx, path, pin, s.options()); err != nil {
			return err
		}
		if err := device.Enrol(s.ctx, "http://"+s.address, code.Code, ""); err != nil {
			return err
		}
		status, err := device.Status(s.ctx)
		s.names[status.Device] = name
		return err
	})
	return device
}

func (s *stage) options() clientlib.Options {
	return clientlib.Options{Clock: s.now, Program: "kill", PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}}
}

// household has a device register a family.
func (s *stage) household(on *clientlib.Store, name string, more map[string]any) uuid.UUID {
	fields := map[string]any{"head_name": name, "status": "idp", "area": s.kraljevo}
	maps.Copy(fields, more)
	return s.add(on, "households", fields)
}

// families has a device register many in one form.
func (s *stage) families(on *clientlib.Store, many int) {
	s.do("register families", func() error {
		var form clientlib.Form
		var all []saved
		for i := range many {
			fields := map[string]any{"head_name": fmt.Sprint("Family ", i), "status": "idp", "area": s.kraljevo}
			values, err := valuesOf(fields)
			if err != nil {
				return err
			}
			all = append(all, saved{form.Create("households", fields).ID, values})
		}
		s.saved = append(s.saved, all...)
		return on.Save(s.ctx, &form)
	})
}

// delivery has a device record that something was handed over.
func (s *stage) delivery(on *clientlib.Store, household uuid.UUID) uuid.UUID {
	return s.deliveryWith(on, household, nil)
}

func (s *stage) deliveryWith(on *clientlib.Store, household uuid.UUID, more map[string]any) uuid.UUID {
	fields := map[string]any{
		"household": household, "project": s.project, "assistance_type": s.parts, "quantity": 1, "delivered_at": s.now().UnixMilli(),
	}
	maps.Copy(fields, more)
	return s.add(on, "deliveries", fields)
}

// photograph has a device keep a photo of so many bytes, and gives what proves a delivery by it.
func (s *stage) photograph(on *clientlib.Store, size int) (proofs map[string]any) {
	s.do("keep a photo", func() error {
		content := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("."), size)...)
		blob, err := on.AddBlob(s.ctx, content)
		proofs = map[string]any{"photos": []clientlib.Proof{{Blob: blob, At: s.now().UnixMilli()}}}
		return err
	})
	return proofs
}

func (s *stage) add(on *clientlib.Store, collection string, fields map[string]any) (id uuid.UUID) {
	s.do("add to "+collection, func() error {
		var form clientlib.Form
		id = form.Create(collection, fields).ID
		return s.save(on, &form, id, fields)
	})
	return id
}

// edit has a device change a record that it holds.
func (s *stage) edit(on *clientlib.Store, id uuid.UUID, fields map[string]any) {
	s.do("edit", func() error {
		r, err := on.Get(s.ctx, id)
		if err != nil {
			return err
		}
		var form clientlib.Form
		form.Edit(r, fields)
		return s.save(on, &form, id, fields)
	})
}

func (s *stage) remove(on *clientlib.Store, id uuid.UUID) {
	s.do("delete", func() error {
		r, err := on.Get(s.ctx, id)
		if err != nil {
			return err
		}
		var form clientlib.Form
		form.Delete(r)
		return s.save(on, &form, id, map[string]any{syncproto.FieldDeleted: true})
	})
}

// save saves a form and notes what was saved.
func (s *stage) save(on *clientlib.Store, form *clientlib.Form, id uuid.UUID, fields map[string]any) error {
	values, err := valuesOf(fields)
	if err != nil {
		return err
	}
	if err := on.Save(s.ctx, form); err != nil {
		return err
	}
	s.saved = append(s.saved, saved{id, values})
	return nil
}

func (s *stage) sync(devices ...*clientlib.Store) {
	for _, device := range devices {
		s.do("sync", func() error {
			result, err := device.Sync(s.ctx, nil)
			if err == nil && !result.Safe {
				err = errors.New("both sides do not hold the same")
			}
			return err
		})
	}
}

// copyTablet has somebody copy the tablet's file, and gives the copy.
func (s *stage) copyTablet() (double *clientlib.Store) {
	s.do("copy the tablet", func() error {
		path, copied := filepath.Join(s.dir, storeFile), filepath.Join(s.aside, "double.db")
		if err := s.tablet.Close(); err != nil {
			return err
		}
		file, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			return err
		}
		if err := os.WriteFile(copied, file, 0o600); err != nil { //nolint:gosec // G703: both are in the stage's own folders
			return err
		}
		if s.tablet, err = clientlib.Open(s.ctx, path, pin, s.options()); err != nil {
			return err
		}
		double, err = clientlib.Open(s.ctx, copied, pin, s.options())
		return err
	})
	return double
}

// backup copies the office's database aside; restore puts the copy in its place.
func (s *stage) backup() string {
	path := filepath.Join(s.aside, "backup.db")
	if s.bin.Postgres == "" {
		s.do("back up", func() error { return s.server.Store.Backup(s.ctx, path) })
		return path
	}
	s.close()
	s.do("back up", func() error { return s.bin.copyDatabase(s.ctx, s.dir, s.aside) })
	s.open()
	return path
}

func (s *stage) restore(backup string) {
	s.close()
	if s.bin.Postgres == "" {
		s.do("restore", func() error { return server.Restore(s.ctx, filepath.Join(s.dir, dataDir), backup) })
		s.open()
		return
	}
	s.do("restore", func() error {
		return errors.Join(s.bin.dropDatabase(s.ctx, s.dir), s.bin.copyDatabase(s.ctx, s.aside, s.dir), s.bin.dropDatabase(s.ctx, s.aside))
	})
	s.open()
	s.do("tell the server", func() error { return s.server.Restored(s.ctx) })
}

func valuesOf(fields map[string]any) (map[string]syncproto.Value, error) {
	out := map[string]syncproto.Value{}
	for name, content := range fields {
		value, err := syncproto.ValueOf(content)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}
