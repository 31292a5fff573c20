package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Room takes content in and gives it out. It is safe for use by many goroutines.
type Room struct {
	engine *engine.Engine
	kept   Store
	stage  stage
	// locks has a lock for each blob under way, shared by some: what comes of one comes in order.
	locks [64]sync.Mutex
}

// New gives the room over a store. What is unfinished is staged in a folder of this machine, from which it drops what is
// old as of now.
func New(e *engine.Engine, kept Store, stageDir string, now time.Time) (*Room, error) {
	r := &Room{engine: e, kept: kept, stage: stage{stageDir}}
	return r, r.stage.sweep(now)
}

// maxLooks is at how many blobs one answer of [Room.Missing] looks, so that it takes seconds at the most.
const maxLooks = 100

// Missing says which of the blobs that a device asks for are wanted, and how much of each it has sent. What is here
// although it is not known to have arrived, as when an older backup was restored beside it, is taken up and not wanted.
func (r *Room) Missing(ctx context.Context, device uuid.UUID, asked []syncproto.BlobOf) (syncproto.BlobsMissing, error) {
	out := syncproto.BlobsMissing{Missing: []syncproto.BlobWanted{}, Unnamed: []syncproto.BlobOf{}}
	standings, err := r.engine.BlobStandings(ctx, device, asked)
	looks := 0
	for _, s := range standings {
		switch {
		case len(s.Named) == 0:
			out.Unnamed = append(out.Unnamed, s.BlobOf)
		case !s.Arrived:
			have, err := r.stage.have(device, s.SHA256)
			taken := false
			if err == nil && have == 0 && looks < maxLooks {
				looks++
				taken, err = r.takeUp(ctx, device, s)
			}
			if err != nil {
				return out, err
			}
			if !taken {
				out.Missing = append(out.Missing, syncproto.BlobWanted{BlobOf: s.BlobOf, Have: have})
			}
		}
	}
	return out, err
}

// takeUp keeps content that is here already and whole, and reports whether it is. It is written once more: whoever wrote it
// may have come to an end before it was safe on the disk.
func (r *Room) takeUp(ctx context.Context, device uuid.UUID, s engine.BlobStanding) (bool, error) {
	content, err := Read(ctx, r.kept, s.SHA256)
	if err != nil { // missing, damaged or not to be read: it is sent again, and takes the place of what is there
		return false, ctx.Err()
	}
	return r.keepAsNamed(ctx, device, s, content)
}

// keepAsNamed keeps content if it is what one of its names says, and reports whether it is.
func (r *Room) keepAsNamed(ctx context.Context, device uuid.UUID, s engine.BlobStanding, content []byte) (bool, error) {
	for _, b := range s.Named {
		if b.Bytes == int64(len(content)) && flaw(content, b) == "" {
			return true, r.keep(ctx, device, b, content)
		}
	}
	return false, nil
}

// Add takes a chunk of a blob from a device, which begins at an offset. Where it is the last one, the blob is on the disk
// and noted as arrived when Add returns. It fails as not_found, blob_offset or blob_wrong. Add keeps no part of the chunk.
func (r *Room) Add(ctx context.Context, device uuid.UUID, of syncproto.BlobOf, offset int64, chunk []byte) (syncproto.BlobProgress, error) {
	lock, err := r.lockOf(of.SHA256)
	if err != nil {
		return syncproto.BlobProgress{}, err
	}
	lock.Lock()
	defer lock.Unlock()
	standings, err := r.engine.BlobStandings(ctx, device, []syncproto.BlobOf{of})
	if err != nil {
		return syncproto.BlobProgress{}, err
	}
	s := standings[0]
	switch {
	case len(s.Named) == 0:
		return syncproto.BlobProgress{}, noBlob()
	case s.Arrived:
		return syncproto.BlobProgress{Have: longest(s.Named), Complete: true}, r.stage.drop(device, of.SHA256)
	}
	have, err := r.append(device, s, offset, chunk)
	if err != nil {
		return syncproto.BlobProgress{}, err
	}
	complete, err := r.finish(ctx, device, s, have)
	return syncproto.BlobProgress{Have: have, Complete: complete}, err
}

// lockOf gives the lock of a blob, by the first of its digits.
func (r *Room) lockOf(name string) (*sync.Mutex, error) {
	if !syncproto.IsBlobName(name) {
		return nil, noBlob()
	}
	sum, err := hex.DecodeString(name[:2])
	if err != nil {
		return nil, noBlob()
	}
	return &r.locks[int(sum[0])%len(r.locks)], nil
}

func noBlob() error {
	return syncproto.Refuse(syncproto.CodeNotFound, "No record that the device has to do with names this photo or signature. Nothing was taken, and what is on the device is safe.")
}

// longest gives how many bytes a blob has at the most, as it is named.
func longest(named []syncproto.Blob) int64 {
	return slices.MaxFunc(named, func(a, b syncproto.Blob) int { return int(a.Bytes - b.Bytes) }).Bytes
}

// append adds a chunk to what has come, unless it is there already, and gives how much there is then.
func (r *Room) append(device uuid.UUID, s engine.BlobStanding, offset int64, chunk []byte) (int64, error) {
	have, err := r.stage.have(device, s.SHA256)
	end := offset + int64(len(chunk))
	switch {
	case err != nil || end <= have || len(chunk) == 0:
		return have, err
	case offset != have:
		refusal := syncproto.Refuse(syncproto.CodeBlobOffset, "The chunk does not begin where the server has got to. Nothing of it was taken; go on from there.")
		refusal.Have = &have
		return 0, refusal
	case end > longest(s.Named):
		return 0, r.wrong(device, s.SHA256, "longer than its record says")
	}
	return end, r.stage.add(device, s.SHA256, chunk)
}

// wrong drops what has come of a blob, and says why.
func (r *Room) wrong(device uuid.UUID, name, why string) error {
	return errors.Join(r.stage.drop(device, name), syncproto.Refuse(syncproto.CodeBlobWrong,
		"What came of the photo or signature is %s. All of it was dropped here; what is on the device is safe. Send it again from its beginning.", why))
}

// finish keeps a blob if all of it has come, and reports whether it has.
func (r *Room) finish(ctx context.Context, device uuid.UUID, s engine.BlobStanding, have int64) (complete bool, err error) {
	at := slices.IndexFunc(s.Named, func(b syncproto.Blob) bool { return b.Bytes == have })
	if at < 0 {
		return false, nil
	}
	content, err := r.stage.read(device, s.SHA256)
	if err != nil {
		return false, err
	}
	if why := flaw(content, s.Named[at]); why != "" {
		if have < longest(s.Named) {
			return false, nil
		}
		return false, r.wrong(device, s.SHA256, why)
	}
	err = r.keep(ctx, device, s.Named[at], content)
	return err == nil, err
}

// keep keeps a blob that is what its name says, and forgets what is staged of it.
func (r *Room) keep(ctx context.Context, device uuid.UUID, b syncproto.Blob, content []byte) error {
	if err := r.kept.Put(ctx, b.SHA256, bytes.NewReader(content), b.Bytes); err != nil {
		return diskError("keep a blob", err)
	}
	if err := r.engine.BlobArrived(ctx, b); err != nil {
		return err
	}
	return r.stage.drop(device, b.SHA256)
}

// Rescue takes in a blob of a rescue file, unless it is here already. It fails as not_found or blob_wrong.
func (r *Room) Rescue(ctx context.Context, rescued syncproto.RescuedBlob) error {
	sum := sha256.Sum256(rescued.Content)
	of := syncproto.BlobOf{Record: rescued.Record, SHA256: hex.EncodeToString(sum[:])}
	lock, err := r.lockOf(of.SHA256)
	if err != nil {
		return err
	}
	lock.Lock()
	defer lock.Unlock()
	standings, err := r.engine.BlobStandings(ctx, rescued.Device, []syncproto.BlobOf{of})
	switch {
	case errors.Is(err, store.ErrNotFound): // nobody knows the device
		return noBlob()
	case err != nil:
		return err
	case len(standings[0].Named) == 0:
		return noBlob()
	case standings[0].Arrived:
		return nil
	}
	if kept, err := r.keepAsNamed(ctx, rescued.Device, standings[0], rescued.Content); kept || err != nil {
		return err
	}
	return syncproto.Refuse(syncproto.CodeBlobWrong, "The photo or signature is not as long as its record says, or no picture of that kind. It was not taken in.")
}

// flaw says what is wrong with content, "" if it is what its name says.
func flaw(content []byte, b syncproto.Blob) string {
	switch sum := sha256.Sum256(content); {
	case hex.EncodeToString(sum[:]) != b.SHA256:
		return "not what its name says"
	case http.DetectContentType(content) != b.Type:
		return "no picture of the kind that its record says"
	}
	return ""
}
