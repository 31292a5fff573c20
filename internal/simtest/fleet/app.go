package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	node "satchel/fieldapp/tablet"
	"satchel/syncproto"
)

// An app is a store that the field app keeps, in a process of Node.js. The process lasts as long as the history; what the
// store holds is in the tablet's file whenever it is switched off.
type app struct {
	process *node.Tablet
	machine *machine
	path    func() string
	told    chan node.Progress
	// seen are the records that it gave, as it gave them.
	seen map[*clientlib.Record]json.RawMessage
}

// useApp has the field app keep the tablet's store, which is switched off at first.
func (t *tablet) useApp(ctx context.Context, seed uint64) error {
	program, err := node.Load(t.w.app)
	if err != nil {
		return err
	}
	a := &app{machine: t.machine, path: t.path, told: make(chan node.Progress, 10_000), seen: map[*clientlib.Record]json.RawMessage{}}
	a.process, err = node.Start(ctx, program, node.World{
		HTTP: t.wire.client(), URL: address, Step: t.step,
		Clock: func() time.Time { return time.Now().Add(time.Duration(t.astray.Load())) },
		Seed:  [4]uint32{uint32(seed), uint32(len(t.name)), uint32(t.name[len(t.name)-1]), 1}, //nolint:gosec // it makes up a story
		Told:  func(p node.Progress) { a.told <- p },
	}, nil)
	if err != nil {
		return err
	}
	t.app = a
	_, err = a.process.Off()
	return err
}

// open switches the tablet on, with what its file holds, and lets the worker in.
func (a *app) open(ctx context.Context) error {
	image, err := os.ReadFile(a.path())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	clear(a.seen)
	if err := a.process.On(image); err != nil {
		return err
	}
	var door struct {
		State string
		Keys  []struct{ Worker string }
	}
	if err := a.call(ctx, &door, "door"); err != nil || door.State != "locked" {
		return err
	}
	return a.call(ctx, nil, "unlock", door.Keys[0].Worker, pin)
}

// Close switches the tablet off, and leaves what it holds in its file.
func (a *app) Close() error {
	image, err := a.process.Off()
	if err == nil {
		err = os.WriteFile(a.path(), image, 0o600)
	}
	return err
}

// cutAt cuts the power before the message that comes after so many others.
func (a *app) cutAt(messages int, r *rand.Rand) {
	a.process.OffAfter(messages, func(image node.Image) {
		if a.machine.dead.Swap(true) {
			return
		}
		err := os.MkdirAll(a.machine.next(), 0o700)
		if err == nil {
			err = os.WriteFile(filepath.Join(a.machine.next(), filepath.Base(a.path())), image, 0o600)
		}
		if err != nil {
			panic(err) // the machine of the simulation itself is full
		}
		a.machine.cuts(r)
	})
}

// call has the app do something, and says in the words of clientlib how that failed.
func (a *app) call(ctx context.Context, out any, method string, args ...any) error {
	err := a.process.Call(context.WithoutCancel(ctx), out, method, args...)
	var failure *node.Failure
	if !errors.As(err, &failure) {
		return err
	}
	for code, known := range map[string]error{
		"link": clientlib.ErrLink, "enrol-again": clientlib.ErrEnrolAgain, "not-enrolled": clientlib.ErrNotEnrolled,
		"not-found": clientlib.ErrNotFound, "nothing-to-rescue": clientlib.ErrNothingToRescue, "locked": clientlib.ErrNotEnrolled,
	} {
		if failure.Code == code {
			return fmt.Errorf("%w (%s)", known, failure.Detail)
		}
	}
	if code, _, refused := strings.Cut(failure.Detail, ": "); refused && !strings.Contains(code, " ") {
		return syncproto.Refuse(syncproto.Code(code), "%s", failure.Detail)
	}
	return failure
}

// Enrol enrols the tablet, and makes its store if there is none.
func (a *app) Enrol(ctx context.Context, _, code, _ string) error {
	var door struct{ State string }
	if err := a.call(ctx, &door, "door"); err != nil {
		return err
	}
	if door.State == "none" {
		return a.call(ctx, nil, "enrol", code, pin)
	}
	return a.call(ctx, nil, "enrolAgain", code)
}

// Sync syncs; progress is called while it goes on.
func (a *app) Sync(ctx context.Context, progress func(clientlib.Progress)) (out clientlib.SyncResult, err error) {
	var result struct {
		Changes, Records      int
		Complete, Safe, Wiped bool
	}
	ended := make(chan error, 1)
	go func() { ended <- a.call(ctx, &result, "sync") }()
	stop := ctx.Done()
	for {
		select {
		case p := <-a.told:
			out.Progress = clientlib.Progress{
				BytesUp: p.BytesUp, BytesDown: p.BytesDown, Changes: p.Changes, ChangesToSend: p.ChangesToSend,
				Records: p.Records, RecordsToFetch: p.RecordsToFetch, Exchanges: p.Exchanges, WaitSeconds: p.Wait,
			}
			progress(out.Progress)
		case <-stop:
			stop = nil
			_ = a.call(ctx, nil, "stopSync") // the sync says how it ended
		case err := <-ended:
			for len(a.told) > 0 {
				p := <-a.told
				out.Changes, out.Records, out.Exchanges = p.Changes, p.Records, p.Exchanges
			}
			out.Complete, out.Safe = result.Complete, result.Safe
			if err == nil && result.Wiped {
				err = clientlib.ErrWiped
			}
			var failure *node.Failure
			if stop == nil && errors.As(err, &failure) && failure.Code == "busy" { // it was stopped while it waited for the office
				err = errors.Join(err, ctx.Err())
			}
			return out, err
		}
	}
}

// Status says how the tablet is.
func (a *app) Status(ctx context.Context) (out clientlib.Status, err error) {
	var s struct {
		Enrolled     bool
		Device       string
		Unsent, Held int
		Safe         bool
	}
	if err := a.call(ctx, &s, "status"); err != nil || !s.Enrolled {
		if errors.Is(err, clientlib.ErrNotEnrolled) { // nobody has made the store yet
			err = nil
		}
		return out, err
	}
	id, err := syncproto.ParseID(s.Device)
	return clientlib.Status{Enrolled: true, Device: id, Unsent: s.Unsent, Held: s.Held, Safe: s.Safe}, err
}

// Get gives a record as it is shown.
func (a *app) Get(ctx context.Context, id uuid.UUID) (*clientlib.Record, error) {
	var text json.RawMessage
	if err := a.call(ctx, &text, "get", id.String()); err != nil {
		return nil, err
	}
	return a.record(text)
}

// List gives the records of a collection that are not deleted.
func (a *app) List(ctx context.Context, collection string, _ uuid.UUID) (out []*clientlib.Record, err error) {
	var texts []json.RawMessage
	if err := a.call(ctx, &texts, "list", collection, ""); err != nil {
		return nil, err
	}
	for _, text := range texts {
		r, err := a.record(text)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// record reads a record as the app gives it.
func (a *app) record(text json.RawMessage) (*clientlib.Record, error) {
	var in struct {
		Collection, ID, Area string
		Deleted              bool
		Fields               map[string]struct {
			Value             string
			Time              int64
			Pending, Conflict bool
		}
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("read a record of the field app: %w", err)
	}
	out := &clientlib.Record{Collection: in.Collection, ID: uuid.MustParse(in.ID), Deleted: in.Deleted, Fields: map[string]clientlib.Field{}}
	if in.Area != "" {
		out.Area = uuid.MustParse(in.Area)
	}
	for name, f := range in.Fields {
		out.Fields[name] = clientlib.Field{Value: syncproto.Value(f.Value), Time: f.Time, Pending: f.Pending, Conflict: f.Conflict}
	}
	a.seen[out] = text
	return out, nil
}

// Fill saves a sheet.
func (a *app) Fill(ctx context.Context, s *sheet) error {
	var edits []map[string]any
	for _, p := range s.parts {
		switch {
		case p.creates:
			edits = append(edits, map[string]any{"kind": "create", "collection": p.record.Collection, "id": p.record.ID, "fields": valuesOf(p.fields)})
		case p.deletes:
			edits = append(edits, map[string]any{"kind": "delete", "record": a.seen[p.record]})
		default:
			edits = append(edits, map[string]any{"kind": "edit", "record": a.seen[p.record], "fields": valuesOf(p.fields)})
		}
	}
	err := a.call(ctx, nil, "save", map[string]any{"edits": edits})
	if errors.Is(err, node.ErrOff) {
		return err
	}
	if err != nil {
		return fmt.Errorf("nothing of this step was saved: %w", err)
	}
	for _, p := range s.parts {
		now, err := a.Get(ctx, p.record.ID)
		if errors.Is(err, clientlib.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		*p.record = *now
		a.seen[p.record] = a.seen[now]
	}
	return nil
}

// AddPhoto keeps a photo.
func (a *app) AddPhoto(ctx context.Context, content []byte) (syncproto.Blob, error) {
	b := syncproto.Blob{Type: "image/png", Bytes: int64(len(content))}
	err := a.call(ctx, &b.SHA256, "keepProof", node.Bytes(content), b.Type)
	return b, err
}

// Photo gives a photo that was taken here.
func (a *app) Photo(ctx context.Context, name string) ([]byte, error) {
	var photo *struct{ Content node.Bytes }
	err := a.call(ctx, &photo, "proof", name)
	if err != nil || photo == nil {
		return nil, cmp.Or(err, clientlib.ErrNotFound)
	}
	return photo.Content, nil
}

// WriteRescue writes a rescue file.
func (a *app) WriteRescue(ctx context.Context, w io.Writer, passphrase string, _ bool) (clientlib.Rescued, error) {
	var file node.Bytes
	if err := a.call(ctx, &file, "rescue", passphrase); err != nil {
		return clientlib.Rescued{}, err
	}
	_, err := w.Write(file)
	return clientlib.Rescued{}, err // nobody asks
}
