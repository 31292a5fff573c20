package syncproto

// A Protocol is a dated version of the protocol.
type Protocol string

// The versions that were shipped, the newest first. A server speaks all of them.
//
//   - 2026-11-29: the first.
const (
	Protocol20261129 Protocol = "2026-11-29"

	// CurrentProtocol is what this program speaks when it has the choice.
	CurrentProtocol = Protocol20261129
)

// Supported reports whether this program speaks the version.
func (p Protocol) Supported() bool { return p == Protocol20261129 }

// MediaType is the type of a frame stream: JSON texts, one on a line.
const MediaType = "application/vnd.satchel.sync+jsonl"
