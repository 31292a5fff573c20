package clientlib

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// An identity is who the device is for one server.
type identity struct {
	Device uuid.UUID `json:"device"`
	Name   string    `json:"name"`
	Holder uuid.UUID `json:"holder"`
	Server string    `json:"server"`
}

func (identity) property() string { return "identity" }

// tokens are the device's proof of who it is.
type tokens struct {
	Access string `json:"access"`
	// Expires is when the access token ends, in ms of the server's clock.
	Expires int64  `json:"expires"`
	Refresh string `json:"refresh"`
}

func (tokens) property() string { return "tokens" }

// exchange is how far the device's exchange with the server has come.
type exchange struct {
	Epoch string `json:"epoch"`
	Mark  string `json:"mark"`
	// Blobs is the server's name for the last time that it lost photos or signatures.
	Blobs string `json:"blobs,omitempty"`
	// Known is the last change that the server is known to have.
	Known syncproto.Tip `json:"known"`
	// Offset is what to add to the device's clock for the server's, in ms.
	Offset int64 `json:"offset"`
	// Contact and Complete are when the last exchange took place, and the last that left nothing to
	// do on either side; in ms of the server's clock.
	Contact  int64 `json:"contact"`
	Complete int64 `json:"complete"`
	// Differs is how many areas did not agree with the server's at the end of the last complete sync.
	Differs int `json:"differs"`
	// Revoked is set once the server has said that the device is no longer one of the programme's.
	Revoked bool `json:"revoked"`
}

func (exchange) property() string { return "exchange" }

// property reads one of the store's properties; ok is false if it was never written.
func property[P interface{ property() string }](ctx context.Context, t *tx) (p P, ok bool, err error) {
	err = t.each(ctx, "SELECT sealed FROM properties WHERE name = ?", []any{p.property()}, func(scan func(...any) error) error {
		var sealed []byte
		if err := scan(&sealed); err != nil {
			return err
		}
		ok = true
		return t.unpack("properties", p.property(), sealed, &p)
	})
	return p, ok && err == nil, err
}

// setProperty writes one of the store's properties.
func setProperty[P interface{ property() string }](ctx context.Context, t *tx, p P) error {
	sealed, err := t.pack("properties", p.property(), p)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO properties (name, sealed) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`, p.property(), sealed)
}

// pack encodes x as JSON and seals it.
func (t *tx) pack(kind, id string, x any) ([]byte, error) {
	text, err := encode(x)
	if err != nil {
		return nil, err
	}
	return t.box.seal(kind, id, text), nil
}

// unpack is the inverse of pack.
func (t *tx) unpack(kind, id string, sealed []byte, x any) error {
	text, err := t.box.open(kind, id, sealed)
	if err != nil {
		return err
	}
	return decode(text, x)
}

// encode gives x as JSON in which values keep their text, byte for byte.
func encode(x any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return nil, fmt.Errorf("encode for the store: %w", err)
	}
	return buf.Bytes(), nil
}

func decode(text []byte, x any) error {
	if err := json.Unmarshal(text, x); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
