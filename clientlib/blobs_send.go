package clientlib

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"satchel/syncproto"
)

// How long a chunk of a blob is, in bytes, and how long it should take: on a slow link a short one.
const (
	shortestChunk = 16 << 10
	firstChunk    = 64 << 10
	quick         = 5 * time.Second
	slow          = 30 * time.Second
)

// sendBlobs sends the photos and signatures that the server wants and has not got, each from where it got to before. It
// counts those that it has to leave.
func (r *run) sendBlobs(ctx context.Context) error {
	var x exchange
	var after syncproto.BlobOf
	for {
		var asked []syncproto.BlobOf
		err := r.store.read(ctx, func(t *tx) (err error) {
			if x, _, err = property[exchange](ctx, t); err != nil {
				return err
			}
			asked, err = t.blobsToAsk(ctx, x, after)
			return err
		})
		if err != nil || len(asked) == 0 {
			return errors.Join(err, r.countBlobs(ctx))
		}
		if err := r.sendSome(ctx, x, asked); err != nil {
			return errors.Join(err, r.countBlobs(ctx))
		}
		after = asked[len(asked)-1]
	}
}

// countBlobs notes how many blobs are left to send: with any, the device is not safe to take away.
func (r *run) countBlobs(ctx context.Context) error {
	left := 0
	err := r.store.read(ctx, func(t *tx) error {
		x, _, err := property[exchange](ctx, t)
		if err == nil {
			left, err = t.blobsLeft(ctx, x)
		}
		return err
	})
	r.note(func(now *SyncResult) {
		now.BlobsLeft = left
		now.Safe = now.Safe && left == 0 && err == nil
	})
	return err
}

// sendSome asks which of these blobs are wanted, and sends them.
func (r *run) sendSome(ctx context.Context, x exchange, asked []syncproto.BlobOf) error {
	var said syncproto.BlobsMissing
	err := r.patiently(ctx, func() error {
		return r.store.authorised(ctx, func(me identity, access string) error {
			return r.store.post(ctx, me.Server, "api/v1/blobs/missing", access, syncproto.BlobsAsked{Blobs: asked}, &said)
		})
	})
	if err != nil {
		return err
	}
	err = r.store.write(ctx, func(t *tx) error { return t.setBlobs(ctx, x, asked, said) })
	if err != nil {
		return err
	}
	r.note(func(now *SyncResult) { now.BlobsToSend += len(said.Missing) })
	for _, wanted := range said.Missing {
		err := r.sendBlob(ctx, x, wanted)
		if spoilt(err) { // the others need not wait for what never comes
			r.spoilt, err = err, nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// spoilt reports whether an error says of a blob that its content on the device is damaged, or gone.
func spoilt(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotFound) || hasCode(err, syncproto.CodeBlobWrong)
}

// patiently does something, and again where the server is busy and says when to come.
func (r *run) patiently(ctx context.Context, do func() error) error {
	for {
		err := do()
		var told *later
		if !errors.As(err, &told) {
			return err
		}
		if err := r.await(ctx, err); err != nil {
			return err
		}
	}
}

// sendBlob sends one blob, and notes that the server has it.
func (r *run) sendBlob(ctx context.Context, x exchange, wanted syncproto.BlobWanted) error {
	content, err := r.store.Blob(ctx, wanted.SHA256)
	if err != nil {
		return fmt.Errorf("read a photo or signature for sending: %w", err)
	}
	u := upload{run: r, of: wanted.BlobOf, content: content, have: wanted.Have, chunk: r.chunk}
	var gone bool
	for complete := false; !complete && !gone; {
		err := r.patiently(ctx, func() (err error) {
			complete, err = u.step(ctx)
			return err
		})
		if gone = hasCode(err, syncproto.CodeNotFound); err != nil && !gone {
			return err
		}
	}
	r.chunk = u.chunk
	err = r.store.write(ctx, func(t *tx) error {
		said := syncproto.BlobsMissing{}
		if gone {
			said.Unnamed = []syncproto.BlobOf{wanted.BlobOf}
		}
		return t.setBlobs(ctx, x, []syncproto.BlobOf{wanted.BlobOf}, said)
	})
	r.note(func(now *SyncResult) { now.Blobs++ })
	return err
}

// An upload is one blob on its way.
type upload struct {
	run     *run
	of      syncproto.BlobOf
	content []byte
	// have is how much the server has, chunk how much to send at once.
	have  int64
	chunk int
	// astray counts how often the server had another part than expected, wrong how often it found that the whole is not what
	// its name says.
	astray, wrong int
}

// maxAstray is how often a server may have another part of a blob than expected.
const maxAstray = 20

// step sends one chunk, and reports whether the server has all.
func (u *upload) step(ctx context.Context) (complete bool, err error) {
	if u.have < 0 || u.have > int64(len(u.content)) {
		return false, fmt.Errorf("%w (it has more of a photo than there is)", ErrProtocol)
	}
	part := u.content[u.have:min(int64(len(u.content)), u.have+int64(u.chunk))]
	begun := time.Now()
	said, err := u.run.sendChunk(ctx, u.of, u.have, part)
	var problem *syncproto.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == syncproto.CodeBlobOffset && problem.Have != nil && u.astray < maxAstray:
		u.have, u.astray = *problem.Have, u.astray+1
		return false, nil
	case hasCode(err, syncproto.CodeBlobWrong) && u.wrong == 0: // what came before may have been spoilt
		u.have, u.wrong = 0, 1
		return false, nil
	case err != nil:
		return false, err
	case !said.Complete && said.Have <= u.have:
		return false, fmt.Errorf("%w (it took nothing of a photo)", ErrProtocol)
	}
	u.have = said.Have
	u.adapt(time.Since(begun))
	return said.Complete, nil
}

// adapt chooses how much to send at once, by how long the last chunk took.
func (u *upload) adapt(took time.Duration) {
	switch {
	case took > slow:
		u.chunk = max(u.chunk/2, shortestChunk)
	case took < quick:
		u.chunk = min(u.chunk*2, syncproto.MaxChunkBytes)
	}
}

// sendChunk sends a part of a blob, and gives up on a link that has gone silent.
func (r *run) sendChunk(ctx context.Context, of syncproto.BlobOf, offset int64, part []byte) (said syncproto.BlobProgress, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(r.store.stall, func() { cancel(errors.New("the link has gone silent")) })
	defer silence.Stop()
	sent := func(n int) {
		silence.Reset(r.store.stall)
		r.note(func(now *SyncResult) { now.BytesUp += int64(n) })
	}
	err = r.store.authorised(ctx, func(me identity, access string) error {
		body := meter{bytes.NewReader(part), sent} // of its own for each try
		req, err := newRequest(ctx, http.MethodPatch, me.Server, "api/v1/blobs/"+of.Record.String()+"/"+of.SHA256, access, body)
		if err != nil {
			return err
		}
		req.ContentLength = int64(len(part))
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set(syncproto.HeaderUploadOffset, strconv.FormatInt(offset, 10))
		return r.store.answer(ctx, req, &said)
	})
	return said, err
}

// answer makes a request, and reads the JSON that comes back into out.
func (s *Store) answer(ctx context.Context, req *http.Request, out any) error {
	res, err := s.options.HTTP.Do(req)
	if err != nil {
		return linkError(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return refusal(res)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswerBytes)).Decode(out); err != nil {
		return linkError(ctx, err)
	}
	return nil
}
