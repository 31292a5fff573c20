package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Content is that of a blob, to be read and closed.
type Content struct {
	io.ReadSeekCloser
	syncproto.Blob
}

// For gives content to a device, if it may see it; not_found otherwise, and if the content has not arrived.
func (r *Room) For(ctx context.Context, device uuid.UUID, of syncproto.BlobOf) (Content, error) {
	return r.open(ctx)(r.engine.BlobFor(ctx, device, of))
}

// Within gives content to somebody at the office who may see these areas; nil is all.
func (r *Room) Within(ctx context.Context, within map[uuid.UUID]bool, of syncproto.BlobOf) (Content, error) {
	return r.open(ctx)(r.engine.BlobWithin(ctx, within, of))
}

// open opens the content of a blob that was found.
func (r *Room) open(ctx context.Context) func(store.Blob, error) (Content, error) {
	return func(b store.Blob, err error) (Content, error) {
		if err != nil {
			return Content{}, err
		}
		content, err := r.kept.Open(ctx, b.SHA256)
		if errors.Is(err, ErrMissing) {
			return Content{}, fmt.Errorf("content that has arrived is not there; satchel proofs check tells more: %w", err)
		}
		return Content{content, b.Blob}, err
	}
}

// Serve answers a request with content: all of it, or the range that the request asks for. Whoever
// keeps it asks again before it is shown again, as they may not see it any more. What a browser makes of it is a picture
// and nothing else.
func Serve(w http.ResponseWriter, r *http.Request, content Content) {
	h := w.Header()
	h.Set("Content-Type", content.Type)
	h.Set("ETag", `"`+content.SHA256+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", `inline; filename="`+content.SHA256[:12]+"."+strings.TrimPrefix(content.Type, "image/")+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
}
