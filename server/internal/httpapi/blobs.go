package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"satchel/server/internal/blobs"
	"satchel/syncproto"
)

const (
	// missingPath is where devices ask which blobs are wanted, blobPath where these are.
	missingPath = "/api/v1/blobs/missing"
	blobPath    = "/api/v1/blobs/:record/:sha256"
)

// maxUploads is how many chunks of blobs may be under way at once: 16 MiB of memory, and a few times what it takes to keep
// an office's line busy.
const maxUploads = 64

// maxAskedBytes bounds the body of a question for blobs.
const maxAskedBytes = 256 << 10

// maxKeeping is how long it may take to keep a chunk whose sender has gone.
const maxKeeping = time.Minute

// missingBlobs says which of the blobs that a device asks for are wanted.
func (a *API) missingBlobs(c echo.Context) error {
	var in syncproto.BlobsAsked
	if err := readJSONUpTo(c, &in, maxAskedBytes); err != nil {
		return err
	}
	if len(in.Blobs) > syncproto.MaxBlobsAsked {
		return syncproto.Refuse(syncproto.CodeBatchTooLarge, "The question is after %d photos and signatures, %d is the most. Nothing was changed; ask in parts.", len(in.Blobs), syncproto.MaxBlobsAsked)
	}
	out, err := a.Blobs.Missing(c.Request().Context(), deviceOf(c).ID, in.Blobs)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// blobOf reads which blob of which record the path names.
func blobOf(c echo.Context) (of syncproto.BlobOf, err error) {
	if of.Record, err = pathID(c, "record"); err != nil {
		return of, err
	}
	if of.SHA256 = c.Param("sha256"); !syncproto.IsBlobName(of.SHA256) {
		return of, syncproto.Refuse(syncproto.CodeBadRequest, "The address has to name a photo or signature by its SHA-256, in 64 lower-case hexadecimal digits. Nothing was changed.")
	}
	return of, nil
}

// addToBlob takes a chunk of a blob. Of one that breaks off, it keeps what came.
func (a *API) addToBlob(c echo.Context) error {
	of, err := blobOf(c)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseInt(c.Request().Header.Get(syncproto.HeaderUploadOffset), 10, 64)
	if err != nil || offset < 0 || offset > syncproto.MaxBlobBytes {
		return syncproto.Refuse(syncproto.CodeBadRequest, "The header %s has to say where the chunk begins, in bytes from 0. Nothing was changed.", syncproto.HeaderUploadOffset)
	}
	chunk, broken := readChunk(c)
	if broken != nil && len(chunk) == 0 {
		return broken
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), maxKeeping)
	defer cancel()
	progress, err := a.Blobs.Add(ctx, deviceOf(c).ID, of, offset, chunk)
	if err := errors.Join(err, broken); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, progress)
}

// readChunk reads a chunk, which is not compressed. Of one that breaks off it gives what came, and the error.
func readChunk(c echo.Context) ([]byte, error) {
	if c.Request().Header.Get(echo.HeaderContentEncoding) != "" {
		return nil, syncproto.Refuse(syncproto.CodeMediaType, "A chunk of a photo or signature cannot be compressed. Nothing was changed.")
	}
	body, err := openBody(c, echo.MIMEOctetStream)
	if err != nil {
		return nil, err
	}
	chunk, err := io.ReadAll(io.LimitReader(body, syncproto.MaxChunkBytes+1))
	if len(chunk) > syncproto.MaxChunkBytes {
		return nil, syncproto.Refuse(syncproto.CodeBodyTooLarge, "A chunk has at most %d bytes. Nothing was changed; send less at once.", syncproto.MaxChunkBytes)
	}
	return chunk, err
}

// blob gives the content of a blob to a device.
func (a *API) blob(c echo.Context) error {
	of, err := blobOf(c)
	if err != nil {
		return err
	}
	content, err := a.Blobs.For(c.Request().Context(), deviceOf(c).ID, of)
	if err != nil {
		return err
	}
	blobs.Serve(c.Response(), c.Request(), content)
	return content.Close()
}
