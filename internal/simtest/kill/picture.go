package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// look checks what a sync left in dir, and gives it as text, without what differs from one time to the
// next: equal syncs leave equal pictures.
func (s *stage) look(ctx context.Context, dir string) (string, error) {
	var p picture
	office, err := server.Open(ctx, s.bin.config(dir))
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.lookAtOffice(ctx, &p, office), office.Close(), s.checkPages(ctx, dir)); err != nil {
		return "", err
	}
	device, err := clientlib.Open(ctx, filepath.Join(dir, storeFile), pin, s.options())
	if err != nil {
		return "", err
	}
	err = errors.Join(s.lookAtDevice(ctx, &p, device), device.Close())
	return p.text.String(), err
}

// A picture is what both sides hold, a line for each thing.
type picture struct{ text strings.Builder }

func (p *picture) line(parts ...any) { fmt.Fprintln(&p.text, parts...) }

// checkPages has the whole database checked, if it is a file, as a restore does before it takes one for a backup.
func (s *stage) checkPages(ctx context.Context, dir string) error {
	if s.bin.Postgres != "" {
		return nil
	}
	aside, err := os.MkdirTemp(dir, "restored-")
	if err != nil {
		return err
	}
	return errors.Join(server.Restore(ctx, aside, filepath.Join(dir, dataDir, server.DatabaseFile)), os.RemoveAll(aside))
}

func (s *stage) lookAtOffice(ctx context.Context, p *picture, office *server.Server) error {
	report, err := office.VerifyAudit(ctx, "")
	if err == nil && report.Broken != 0 {
		err = fmt.Errorf("the audit log is broken at row %d: %s", report.Broken, report.Why)
	}
	if err != nil {
		return err
	}
	photos, err := office.CheckBlobs(ctx, false)
	if err == nil && len(photos.Lost)+len(photos.Found) > 0 {
		err = fmt.Errorf("photos are lost, or nobody knows that they are there: %+v", photos)
	}
	if err != nil {
		return err
	}
	p.line("photos", photos.Whole)
	for _, record := range s.records() {
		if err := s.lookAtHistory(ctx, p, office, record); err != nil {
			return err
		}
	}
	for _, c := range syncproto.Collections() {
		var table bytes.Buffer
		if _, err := office.ExportTable(ctx, server.Selection{Collection: c.Name}, server.TableStyle{}, &table); err != nil {
			return err
		}
		p.line("the office's", c.Name, table.String())
	}
	conflicts, err := office.Engine.Conflicts(ctx, 0, 1000)
	for _, c := range conflicts {
		p.line("conflict", c.Record, c.Field)
	}
	return err
}

// records gives what was ever written.
func (s *stage) records() []uuid.UUID {
	all := map[uuid.UUID]bool{}
	for _, change := range s.saved {
		all[change.record] = true
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// lookAtHistory checks that the history of a record has everything that was saved of it, once, and
// nothing else.
func (s *stage) lookAtHistory(ctx context.Context, p *picture, office *server.Server, record uuid.UUID) error {
	history, err := office.Engine.History(ctx, record)
	if err != nil {
		return fmt.Errorf("record %s: %w", record, err)
	}
	due := slices.DeleteFunc(slices.Clone(s.saved), func(c saved) bool { return c.record != record })
	for _, entry := range history {
		at := slices.IndexFunc(due, func(c saved) bool { return maps.Equal(c.fields, entry.Fields) })
		if at < 0 {
			return fmt.Errorf("record %s: the history has %v, which was saved once less or never", record, entry.Fields)
		}
		due = slices.Delete(due, at, at+1)
		p.line("history", record, s.who(entry.Version), entry.Status, entry.Code, entry.Note, entry.Fields)
	}
	if len(due) > 0 {
		return fmt.Errorf("record %s: lost %v", record, due[0].fields)
	}
	return nil
}

// who names the author of a version: an identity that was given out in the sync is "new".
func (s *stage) who(v syncproto.Version) string {
	name, known := s.names[v.Device]
	if !known {
		name = "new"
	}
	return fmt.Sprint(name, "/", v.N)
}

func (s *stage) lookAtDevice(ctx context.Context, p *picture, device *clientlib.Store) error {
	status, err := device.Status(ctx)
	if err == nil && !status.Safe {
		err = fmt.Errorf("the device is not safe to take away: %+v", status)
	}
	if err != nil {
		return err
	}
	p.line("device", s.who(syncproto.Version{Device: status.Device}), status.Held, status.Records)
	for _, c := range syncproto.Collections() {
		records, err := device.List(ctx, c.Name, uuid.Nil)
		if err != nil {
			return err
		}
		for _, r := range records {
			p.record(r)
		}
	}
	items, err := device.Attention(ctx)
	for _, item := range items {
		p.line("attention", item.Kind, item.Record, item.Code, item.Field, item.Own, item.Shown)
	}
	return err
}

func (p *picture) record(r *clientlib.Record) {
	p.line("on the device", r.Collection, r.ID, r.Area, r.Deleted)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		f := r.Fields[name]
		p.line(" ", name, f.Value, f.Pending, f.Conflict)
	}
}

// differ says where two pictures part, if they do.
func differ(want, got string) error {
	if want == got {
		return nil
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Errorf("undisturbed, it comes to\n\t%s\nand here to\n\t%s", a[i], b[i])
		}
	}
	return fmt.Errorf("undisturbed, it comes to %d lines, and here to %d", len(a), len(b))
}
