package syncproto

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// A Branch is a history that parts from that of a device, of which somebody else, who has a copy of the
// device's store, has sent another continuation. Its changes count from 1 under an identity of its own,
// which follows from where it parts: whoever has the same changes names them the same, so that of any
// number of copies the server takes each change once.
type Branch struct {
	// Of is the identity, given by a server, from which the branch parts, or from a branch of which.
	Of uuid.UUID `json:"of"`
	// First is the rolling hash of the first change of its own, as it was in the history from which it
	// parts. Only who has that history knows it, so it needs no other proof.
	First Hash `json:"first"`
}

// Device gives the identity of the branch: a UUID of version 8 (RFC 9562), made of the first 16 bytes of
// the SHA-256 of "branch", Of and First.
func (b Branch) Device() uuid.UUID {
	sum := sha256.New()
	sum.Write([]byte("branch"))
	sum.Write(b.Of[:])
	sum.Write(b.First[:])
	id := uuid.UUID(sum.Sum(nil)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
