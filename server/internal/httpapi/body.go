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

// openBody gives the body of a request of the given media type, decompressed, and cut off with an
// error where it goes beyond the limits of the protocol.
func openBody(c echo.Context, mediaType string) (io.Reader, error) {
	req := c.Request()
	if got, _, err := mime.ParseMediaType(req.Header.Get(echo.HeaderContentType)); err != nil || got != mediaType {
		return nil, syncproto.Refuse(syncproto.CodeMediaType, "The body has to be %s. Nothing was changed.", mediaType)
	}
	if req.ContentLength > syncproto.MaxBodyBytes {
		return nil, tooLarge()
	}
	raw := &meter{from: http.MaxBytesReader(c.Response(), req.Body, syncproto.MaxBodyBytes)}
	switch req.Header.Get(echo.HeaderContentEncoding) {
	case "", "identity":
		return raw, nil
	case "gzip":
		plain, err := gzip.NewReader(raw)
		if err != nil {
			return nil, syncproto.Refuse(syncproto.CodeFrameInvalid, "The body says that it is gzip and is not. Nothing was changed.")
		}
		return &inflated{plain: plain, raw: raw}, nil
	default:
		return nil, syncproto.Refuse(syncproto.CodeMediaType, "The body may be compressed with gzip only. Nothing was changed.")
	}
}

func tooLarge() error {
	return syncproto.Refuse(syncproto.CodeBodyTooLarge, "The body is larger than the server takes: %d bytes as it travels, %d bytes decompressed. Nothing was changed; send fewer changes at once.", syncproto.MaxBodyBytes, syncproto.MaxInflatedBytes)
}

// A meter counts what was read, and names the error of a body that is too large.
type meter struct {
	from io.Reader
	read int64
}

// Read reads and counts.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.read += int64(n)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = tooLarge()
	}
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
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		err = syncproto.Refuse(syncproto.CodeFrameInvalid, "The compressed body is damaged. Nothing was changed; send it again.")
	}
	return n, err
}
