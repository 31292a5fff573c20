// Package blobs keeps the content of photos and signatures, each under the SHA-256 of its bytes: it takes them in from
// devices in chunks, checks them, and gives them out.
//
// It promises that content that was said to be complete is on the disk, whole, and is what its name says; that a device
// spoils nothing that another one sends; and that it holds no more of what is unfinished than records name. Who may send
// and see what is the engine's to say. It never changes content, and never logs a name or a key.
package blobs

import (
	"context"
	"errors"
	"io"
	"iter"
)

// ErrMissing means that there is no content under a name.
var ErrMissing = errors.New("there is no such content")

// A Store keeps content under names: the SHA-256 of the content in 64 lower-case hexadecimal digits. It is safe for use by
// many goroutines, and by many programs at once.
type Store interface {
	// Put keeps content of that many bytes, and returns once it is as safe as the store makes it. What is under the name
	// already is replaced by it in one step: nobody ever sees a part.
	Put(ctx context.Context, name string, content io.Reader, bytes int64) error
	// Open gives the content; [ErrMissing] if there is none. Its reads fail if ctx ends.
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Delete forgets the content. It is no error if there is none.
	Delete(ctx context.Context, name string) error
	// List gives the names of all content, in no order. What else lies beside it is left out.
	List(ctx context.Context) iter.Seq2[string, error]
}
