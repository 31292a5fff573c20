package syncproto

// The limits of the protocol. A server refuses what goes beyond them with the problem that stands
// beside each, and a device keeps to them by itself.
const (
	// MaxBodyBytes is the most that the body of one request may have as it travels (body_too_large).
	MaxBodyBytes = 2 << 20
	// MaxInflatedBytes is the most that a body may have after decompression (body_too_large).
	MaxInflatedBytes = 16 << 20
	// MaxInflation is how many times larger a body may get by decompression, once it is larger than
	// [MaxLineBytes] (body_too_large).
	MaxInflation = 200
	// MaxLineBytes is the longest line of a frame stream (frame_invalid).
	MaxLineBytes = 2 << 20
	// MaxBlockRows is the most rows of one block of columns (frame_invalid).
	MaxBlockRows = 2000
	// MaxBatchChanges is the most changes in one request (batch_too_large).
	MaxBatchChanges = 2000
	// MaxPageRecords is the most records in one reply; a device may ask for fewer.
	MaxPageRecords = 2000
	// MaxFields is the most fields that one change may write (change held: invalid).
	MaxFields = 100
	// MaxNameBytes is the longest name of a field, collection or program (frame_invalid).
	MaxNameBytes = 64
	// MaxProofBytes is the longest proof of a former identity (frame_invalid).
	MaxProofBytes = 256
	// MaxValueBytes is the longest value, as canonical JSON text (change held: invalid).
	MaxValueBytes = 32 << 10
	// MaxNesting is how deep a value may nest (change held: invalid).
	MaxNesting = 16
	// MaxBase is the most versions that a change may name for one field (change held: invalid).
	MaxBase = 64
	// MaxHeads is the most heads that a field may come to have; a change that would add another is
	// held (change held: too_many_heads).
	MaxHeads = 64
	// MaxCursors is the most areas of one device (frame_invalid).
	MaxCursors = 20_000
	// MaxRecordBytes is the most that all values of a record come to, those in conflict among them; a
	// change that would make it more is held (change held: invalid).
	MaxRecordBytes = 256 << 10
	// MaxRecordFields is the most fields that a record may have; a change that would give it more is held
	// (change held: invalid). It is also the most of which a change may name the base.
	MaxRecordFields = 400
	// MaxBlobBytes is the longest blob (change held: invalid).
	MaxBlobBytes = 2 << 20
	// MaxBlobs is the most blobs that one value may name (change held: invalid).
	MaxBlobs = 20
	// MaxChunkBytes is the most of a blob that one request may bring (body_too_large).
	MaxChunkBytes = 256 << 10
	// MaxBlobsAsked is the most blobs after which one request may ask (batch_too_large).
	MaxBlobsAsked = 1000
	// ClockSlack is how far, in milliseconds, a claimed time may lie beyond the server's clock
	// before it is cut back.
	ClockSlack = 5 * 60 * 1000
	// ClockWarning is how far off, in milliseconds, a device's clock may be before its worker is told.
	ClockWarning = 2 * 60 * 1000
	// KeptDays is for how many days a device keeps a change that the server has acknowledged, to
	// send it again to a server that was restored from a backup.
	KeptDays = 180
)
