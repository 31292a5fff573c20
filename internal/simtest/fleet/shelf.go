package fleet

import (
	"context"
	"io"
	"maps"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// A shelf is a tablet's store, whichever program keeps it. What it gives and fails with is said in the words of clientlib;
// records that it gave are those that a sheet edits.
type shelf interface {
	Enrol(ctx context.Context, server, code, name string) error
	Sync(ctx context.Context, progress func(clientlib.Progress)) (clientlib.SyncResult, error)
	Status(ctx context.Context) (clientlib.Status, error)
	Get(ctx context.Context, id uuid.UUID) (*clientlib.Record, error)
	List(ctx context.Context, collection string, under uuid.UUID) ([]*clientlib.Record, error)
	// Fill saves a sheet, and brings its records up to date.
	Fill(ctx context.Context, s *sheet) error
	// AddPhoto keeps a photo, a PNG, and gives what a record names it by. Photo gives one that was taken here.
	AddPhoto(ctx context.Context, content []byte) (syncproto.Blob, error)
	Photo(ctx context.Context, name string) ([]byte, error)
	WriteRescue(ctx context.Context, w io.Writer, passphrase string, history bool) (clientlib.Rescued, error)
	Close() error
}

// A sheet is what somebody writes on one screen.
type sheet struct {
	clientlib.Form
	parts []*part
}

// A part is what a sheet does to one record.
type part struct {
	record  *clientlib.Record
	fields  map[string]any
	creates bool
	deletes bool
}

// Create makes a record.
func (s *sheet) Create(collection string, fields map[string]any) *clientlib.Record {
	record := s.Form.Create(collection, fields)
	s.parts = append(s.parts, &part{record: record, fields: maps.Clone(fields), creates: true})
	return record
}

// Edit sets fields of a record.
func (s *sheet) Edit(record *clientlib.Record, fields map[string]any) {
	s.Form.Edit(record, fields)
	for _, p := range s.parts {
		if p.record == record {
			maps.Copy(p.fields, fields)
			return
		}
	}
	s.parts = append(s.parts, &part{record: record, fields: maps.Clone(fields)})
}

// Delete deletes a record.
func (s *sheet) Delete(record *clientlib.Record) {
	s.Form.Delete(record)
	s.parts = append(s.parts, &part{record: record, deletes: true})
}

// A library is a store that clientlib keeps.
type library struct{ *clientlib.Store }

// Fill saves a sheet.
func (l library) Fill(ctx context.Context, s *sheet) error { return l.Save(ctx, &s.Form) }

// AddPhoto keeps a photo.
func (l library) AddPhoto(ctx context.Context, content []byte) (syncproto.Blob, error) {
	return l.AddBlob(ctx, content)
}

// Photo gives a photo that was taken here.
func (l library) Photo(ctx context.Context, name string) ([]byte, error) { return l.Blob(ctx, name) }
