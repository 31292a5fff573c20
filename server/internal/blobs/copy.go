package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"

	"satchel/syncproto"
)

// ErrDamaged means that content is not what its name says.
var ErrDamaged = errors.New("the content is damaged")

// Read gives content that is what its name says; [ErrMissing] or [ErrDamaged] otherwise.
func Read(ctx context.Context, s Store, name string) ([]byte, error) {
	from, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(from, syncproto.MaxBlobBytes+1))
	if err := errors.Join(err, from.Close()); err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != name {
		return nil, ErrDamaged
	}
	return content, nil
}

// KindOf gives what names content that is whole, as far as that can be told from the content.
func KindOf(name string, content []byte) syncproto.Blob {
	return syncproto.Blob{SHA256: name, Type: http.DetectContentType(content), Bytes: int64(len(content))}
}

// Copy puts content from one store into another one that has not got it, and reports whether it had to. It never copies
// what is damaged: it fails with [ErrMissing] or [ErrDamaged].
func Copy(ctx context.Context, from, to Store, name string) (copied bool, err error) {
	there, err := to.Open(ctx, name)
	if err == nil {
		return false, there.Close()
	}
	if !errors.Is(err, ErrMissing) {
		return false, err
	}
	return true, transfer(ctx, from, to, name)
}

// Mend has content be whole in a store: what is missing or damaged there is put there from another one. It fails with
// [ErrMissing] or [ErrDamaged] if it is not whole in either.
func Mend(ctx context.Context, from, to Store, name string) error {
	_, err := Read(ctx, to, name)
	if errors.Is(err, ErrMissing) || errors.Is(err, ErrDamaged) {
		return transfer(ctx, from, to, name)
	}
	return err
}

// transfer puts content that is whole from one store into another one.
func transfer(ctx context.Context, from, to Store, name string) error {
	content, err := Read(ctx, from, name)
	if err != nil {
		return err
	}
	return to.Put(ctx, name, bytes.NewReader(content), int64(len(content)))
}
