package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// photoNames finds the names of photos in a value.
var photoNames = regexp.MustCompile(`"sha256":"([0-9a-f]{64})"`)

// namesIn gives the names of the photos in a value.
func namesIn(value string) (names []string) {
	for _, found := range photoNames.FindAllStringSubmatch(value, -1) {
		names = append(names, found[1])
	}
	return names
}

// An album is a form that is not saved yet, with the photos for it.
type album struct {
	form  *sheet
	draft draft
	begun time.Time
}

// photographs has the worker prove a delivery by photos: a new one, or one that is on the tablet. Now and then the new one is
// saved at another time.
func (t *tablet) photographs(ctx context.Context, r *rand.Rand) {
	if a := t.album; a != nil {
		t.album = nil
		if time.Since(a.begun) < 20*24*time.Hour { // photos are kept for a month
			t.save(ctx, a.form, a.draft)
		}
		return
	}
	if done := t.any(ctx, r, "deliveries"); done != nil && r.IntN(2) == 0 {
		if proofs, ok := t.takePhotos(ctx, r, t.w.ledger.name("deliveries", done.ID)); ok {
			t.saveEdit(ctx, done, map[string]any{"proofs": proofs})
		}
		return
	}
	form, handed, ok := t.handOver(ctx, r)
	if !ok {
		return
	}
	proofs, ok := t.takePhotos(ctx, r, t.w.ledger.name("deliveries", handed.record.ID))
	if !ok {
		return
	}
	handed.fields["proofs"] = proofs
	form.Edit(handed.record, map[string]any{"proofs": proofs})
	if t.app == nil && r.IntN(3) == 0 { // the app keeps photos for as long as a draft of its own names them
		t.album = &album{form, handed, time.Now()}
		return
	}
	t.save(ctx, form, handed)
}

// takePhotos takes one photo or two for a record of a name, one of five so large that it may take several requests.
func (t *tablet) takePhotos(ctx context.Context, r *rand.Rand, of string) (proofs map[string]any, ok bool) {
	var photos []syncproto.Blob
	for range 1 + r.IntN(2) {
		size := 100 + r.IntN(4000)
		if r.IntN(5) == 0 {
			size = 20_000 + r.IntN(150_000)
		}
		content := bytes.NewBufferString("\x89PNG\r\n\x1a\n" + t.w.ledger.text(of))
		for content.Len() < size {
			fmt.Fprint(content, r.Uint64())
		}
		photo, err := t.store.AddPhoto(ctx, content.Bytes())
		if t.expect("keep a photo", err); err != nil {
			return nil, false
		}
		photos = append(photos, photo)
	}
	t.say("takes %d photos of %s", len(photos), of)
	return map[string]any{"photos": photos}, true
}

// has reports whether the office has what its name says of a photo that a record names.
func (o *office) has(ctx context.Context, record, name string) bool {
	content, err := o.srv.Blobs.Within(ctx, nil, syncproto.BlobOf{Record: uuid.MustParse(record), SHA256: name})
	if err != nil {
		return false
	}
	sum := sha256.New()
	_, err = io.Copy(sum, content)
	return errors.Join(err, content.Close()) == nil && hex.EncodeToString(sum.Sum(nil)) == name
}

// mustBeKept looks whether the office has the photos of a tablet that may be taken away, or emptied itself: those that the
// records name that it shows.
func (t *tablet) mustBeKept(ctx context.Context, since int64) {
	photos := map[string]string{}
	for _, s := range t.saves {
		for _, name := range namesIn(s.Writes["proofs"]) {
			photos[name] = s.Record
		}
	}
	o := t.w.office
	for _, name := range slices.Sorted(maps.Keys(photos)) {
		record := photos[name]
		o.meanwhile(func() error {
			if o.has(ctx, record, name) || o.decayed[name] {
				return nil
			}
			shown := t.w.look(ctx).records[record]
			if o.acts.Load() == since && slices.Contains(namesIn(shown.Values["proofs"]), name) && !o.has(ctx, record, name) {
				t.w.broke("who is safe has brought the photos", "the office lacks %s of record %s from %s", name, record, t.name)
			}
			return nil
		})
	}
}

// judgePhotos looks whether the office has every photo that a record names by what it shows, a side of a conflict or a change
// that is held or waits, as far as a tablet still has it, and whether nothing happened to what it has.
func (w *world) judgePhotos(ctx context.Context, e oracle.Evidence) {
	shown, unseen := map[string]string{}, map[string]string{} // the records, by the names of their photos
	owe := func(owed map[string]string, record, value string) {
		for _, name := range namesIn(value) {
			owed[name] = record
		}
	}
	for id, record := range e.Records {
		if !record.Deleted {
			owe(shown, id, record.Values["proofs"])
		}
	}
	for _, c := range e.Conflicts {
		for _, side := range c.Sides {
			owe(shown, c.Record, side.Value)
		}
	}
	for _, c := range e.Entries {
		if c.Status == string(syncproto.Held) || c.Status == string(syncproto.Waiting) {
			owe(unseen, c.Record, c.Writes["proofs"])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		delete(unseen, name)
		w.mustHave(ctx, shown[name], name, func(*tablet) bool { return true })
	}
	for _, name := range slices.Sorted(maps.Keys(unseen)) { // of which only those know who saved it
		w.mustHave(ctx, unseen[name], name, func(t *tablet) bool {
			return slices.ContainsFunc(t.saves, func(s *saving) bool { return slices.Contains(namesIn(s.Writes["proofs"]), name) })
		})
	}
	for _, t := range w.tablets {
		if !t.gone {
			t.mustHavePhotos(ctx)
		}
	}
	report, err := w.office.srv.CheckBlobs(ctx, false)
	if err != nil || len(report.Lost) > 0 {
		w.broke("what came of photos stays", "%+v, %v", report, err)
	}
}

// mustHave looks whether the office has a photo that a tablet still has which knows of it.
func (w *world) mustHave(ctx context.Context, record, name string, knows func(*tablet) bool) {
	if w.office.has(ctx, record, name) {
		w.out.Photos++
		return
	}
	for _, t := range w.tablets {
		if t.gone || !knows(t) {
			continue
		}
		content, err := t.store.Photo(ctx, name)
		if !errors.Is(err, clientlib.ErrNotFound) {
			w.broke("photos come through", "%s has %s of record %s (%d bytes, %v), and the office has not", t.name, name, record, len(content), err)
		}
	}
}

// mustHavePhotos looks whether a tablet still has the photos that it took, or has as a copy: for half a year the office may
// have to ask for them again.
func (t *tablet) mustHavePhotos(ctx context.Context) {
	for _, s := range t.saves {
		for _, name := range namesIn(s.Writes["proofs"]) {
			if _, err := t.store.Photo(ctx, name); err != nil && s.certain {
				t.w.broke("a tablet keeps its photos", "%s lacks %s of record %s: %v", t.name, name, s.Record, err)
			}
		}
	}
}

// loseDisk goes back to the backup on a new disk, mostly to one of just now. Photos are there as far as they are beside the
// backup, or not even there; or some of them are spoilt, and those beside the backup are not.
func (o *office) loseDisk(ctx context.Context, r *rand.Rand) {
	if !o.db.onDisk() {
		return // of PostgreSQL, the database alone is copied here
	}
	if r.IntN(4) > 0 {
		o.back(ctx)
	}
	o.w.fault("photos of the office lost")
	o.w.say("office", "goes back to its backup on a new disk")
	left := r.IntN(4)
	o.goBack(ctx, o.backup, func(dir string) (err error) {
		switch kept := filepath.Join(dir, server.BlobsDir); left {
		case 0:
			_, err = spoil(kept, r)
		case 1:
			err = os.RemoveAll(kept)
		default:
			err = errors.Join(os.RemoveAll(kept), os.RemoveAll(filepath.Join(o.w.root, server.BackupBlobsDir)))
		}
		if err != nil {
			return fmt.Errorf("lose photos: %w", err)
		}
		return o.db.restore(ctx, dir, o.backup.name)
	})
}

// decay has the disk of the office spoil or lose some of its photos.
func (o *office) decay(r *rand.Rand) {
	names, err := spoil(filepath.Join(o.machine.dir(), server.BlobsDir), r)
	if err != nil {
		panic(err) // the disk of the simulation itself
	}
	for _, name := range names {
		o.decayed[name] = true
	}
	o.w.fault("photos of the office damaged")
	o.w.say("office", "has %d photos damaged", len(names))
}

// spoil spoils or removes some of the photos in a folder, and names them.
func spoil(dir string, r *rand.Rand) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // there are none yet
			return nil
		case err != nil || !syncproto.IsBlobName(entry.Name()) || r.IntN(3) > 0:
			return err
		case r.IntN(2) == 0:
			err = os.Remove(path) //nolint:gosec // it is in the history's own directory, and so is the other
		default:
			err = os.WriteFile(path, []byte("mould"), 0o600) //nolint:gosec // as above
		}
		names = append(names, entry.Name())
		return err
	})
	return names, err
}

// findDecay has the office look at all of its photos, so that tablets send those again that are damaged.
func (o *office) findDecay(ctx context.Context) {
	report, err := o.srv.CheckBlobs(ctx, true)
	o.expect("check the photos", err)
	if err == nil {
		maps.Copy(o.missed, o.decayed)
		o.decayed = map[string]bool{}
	}
	o.w.say("office", "checks its photos: %d are lost%s", len(report.Lost), orError(err))
}

// survive copies the folders of a machine that lost power; of the files beside them the disk knows what is left. Files with a
// photo's name were flushed before they got it, and of others nobody knows how much is there.
func survive(from, to string, r *rand.Rand) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch onDisk := filepath.Dir(path) == from; {
		case onDisk && !entry.IsDir():
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, below), 0o700)
		}
		content, err := os.ReadFile(path)   //nolint:gosec // all of this is in the history's own directory
		if errors.Is(err, fs.ErrNotExist) { // what was unfinished has got its name just now
			return nil
		}
		if err == nil && !syncproto.IsBlobName(entry.Name()) {
			content = content[:r.IntN(len(content)+1)]
		}
		return errors.Join(err, os.WriteFile(filepath.Join(to, below), content, 0o600)) //nolint:gosec // so is the other one
	})
}
