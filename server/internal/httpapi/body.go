package httpapi

import (
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"satchel/syncproto"
)

// openBody gives the body of a request of the given media type as it travels, cut off with an error
// where it goes beyond the limit of the protocol.
func openBody(c echo.Context, mediaType string) (io.Reader, error) {
	req := c.Request()
	if got, _, err := mime.ParseMediaType(req.Header.Get(echo.HeaderContentType)); err != nil || got != mediaType {
		return nil, syncproto.Refuse(syncproto.CodeMediaType, "The body has to be %s. Nothing was changed.", mediaType)
	}
	if encoding := req.Header.Get(echo.HeaderContentEncoding); encoding != "" && encoding != "identity" && encoding != "gzip" {
		return nil, syncproto.Refuse(syncproto.CodeMediaType, "The body may be compressed with gzip only. Nothing was changed.")
	}
	if req.ContentLength > syncproto.MaxBodyBytes {
		return nil, tooLarge()
	}
	return travelling{http.MaxBytesReader(c.Response(), req.Body, syncproto.MaxBodyBytes)}, nil
}

// inflate gives what a body says that has travelled, cut off with an error where it goes beyond the
// limits of the protocol.
func inflate(c echo.Context, travelled io.Reader) (io.Reader, error) {
	if c.Request().Header.Get(echo.HeaderContentEncoding) != "gzip" {
		return travelled, nil
	}
	raw := &meter{from: travelled}
	plain, err := gzip.NewReader(raw)
	var told *syncproto.Problem
	switch {
	case errors.As(err, &told):
		return nil, told
	case err != nil:
		return nil, syncproto.Refuse(syncproto.CodeFrameInvalid, "The body says that it is gzip and is not. Nothing was changed.")
	}
	return &inflated{plain: plain, raw: raw}, nil
}

func tooLarge() error {
	return syncproto.Refuse(syncproto.CodeBodyTooLarge, "The body is larger than the server takes: %d bytes as it travels, %d bytes decompressed. Nothing was changed; send fewer changes at once.", syncproto.MaxBodyBytes, syncproto.MaxInflatedBytes)
}

// travelling names the errors of a body that comes over the network.
type travelling struct{ from io.Reader }

// Read reads.
func (t travelling) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		err = tooLarge()
	case err != nil && !errors.Is(err, io.EOF):
		err = syncproto.Refuse(syncproto.CodeFrameInvalid, "The request broke off. Nothing was changed, and what is on the device is safe; send it again.")
	}
	return n, err
}

// A meter counts what was read.
type meter struct {
	from io.Reader
	read int64
}

// Read reads and counts.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.read += int64(n)
	return n, err
}

// inflated reads decompressed text, and stops a small body from becoming a large one.
type inflated struct {
	plain *gzip.Reader
	raw   *meter
	read  int64
}

// Read decompresses some more.
func (r *inflated) Read(p []byte) (int, error) {
	n, err := r.plain.Read(p)
	r.read += int64(n)
	if r.read > syncproto.MaxInflatedBytes || r.read > syncproto.MaxLineBytes && r.read > syncproto.MaxInflation*r.raw.read {
		return 0, tooLarge()
	}
	var told *syncproto.Problem
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &told) {
		err = syncproto.Refuse(syncproto.CodeFrameInvalid, "The compressed body is damaged or was cut off. Nothing was changed; send it again.")
	}
	return n, err
}
