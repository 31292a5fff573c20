package syncproto

import "github.com/google/uuid"

// A Request is one half of an exchange: what a device tells the server.
type Request struct {
	Protocol Protocol  `json:"protocol"`
	Device   uuid.UUID `json:"device"`
	// Proof is a refresh token that was once given to Device, where that is an identity which the
	// sender had before: it hands in what it recorded under it. Of the rest only Epoch, Mark, Known,
	// Clock, Held and Changes count then, and the reply brings no records.
	Proof string `json:"proof,omitempty"`
	// Branch is set instead of Proof where Device is the identity of a branch.
	Branch Branch `json:"branch,omitzero"`
	// Epoch is that of the database whose state the device holds, empty before the first exchange.
	Epoch string `json:"epoch,omitempty"`
	// Mark is the last [Reply.Mark] that the device was given in this epoch, as it stands.
	Mark string `json:"mark,omitempty"`
	// Known is the last change that the device knows the server to have.
	Known Tip `json:"known"`
	// Clock is what the device's own clock says, in milliseconds, without correction.
	Clock int64 `json:"clock"`
	// Cursors holds, for each area that the device has, how far, as the last reply said it; an area that
	// is missing starts from nothing.
	Cursors map[uuid.UUID]int64 `json:"cursors,omitempty"`
	// Held asks what became of these changes of the device, which were held when it last asked.
	Held []int64 `json:"held,omitempty"`
	// Page is the most records that the device wants in the reply; 0 leaves it to the server.
	Page   int    `json:"page,omitempty"`
	Health Health `json:"health"`
	// Changes is the batch, in order of N.
	Changes []Change `json:"-"`
}

// A Tip is the last of a device's changes that somebody has. The zero Tip is before the first.
type Tip struct {
	N    int64 `json:"n"`
	Hash Hash  `json:"hash"`
}

// Version names the change at the tip of a device's history.
func (t Tip) Version(device uuid.UUID) Version {
	return Version{Device: device, N: t.N, Print: t.Hash.Print()}
}

// Health is how a device is, for those who look after it.
type Health struct {
	// Unsent is how many changes wait on the device, this batch among them.
	Unsent int `json:"unsent"`
	// Complete is when the device last ended an exchange with nothing left on either side, in ms of
	// the server's clock.
	Complete int64 `json:"complete,omitempty"`
	// Program is the name and version of the device's program, at most [MaxNameBytes] long.
	Program string `json:"program,omitempty"`
	// FreeBytes is the free space on the device, 0 if not known.
	FreeBytes int64 `json:"free_bytes,omitempty"`
	// Up is how many changes were acknowledged in the sync under way before this exchange, Down how many records and
	// departures it has brought, and DownLeft how many the last reply in it said to be still to come.
	Up       int `json:"up,omitempty"`
	Down     int `json:"down,omitempty"`
	DownLeft int `json:"down_left,omitempty"`
}

// An Ending is what a device tells the server when a sync has left nothing to do on either side. That the server
// gets it changes nothing for the device; it is for those who look after the device.
type Ending struct {
	// Epoch is that of the database whose state the device holds, Known the last change that it knows the server to have.
	Epoch string `json:"epoch"`
	Known Tip    `json:"known"`
	// Unsent is how many changes wait on the device: such as were saved while the sync came to its end.
	Unsent int `json:"unsent"`
	// Differs is how many areas do not agree with the digests of the server.
	Differs int `json:"differs"`
	// Up is how many changes were acknowledged in the sync, Down how many records and departures it brought.
	Up   int `json:"up,omitempty"`
	Down int `json:"down,omitempty"`
	// Blobs is how many blobs that the device holds the server lacks and wants.
	Blobs int `json:"blobs,omitempty"`
}

// A Reply is the other half: what the server answers.
type Reply struct {
	Protocol Protocol `json:"protocol"`
	// Now is the server's clock, in milliseconds.
	Now   int64  `json:"now"`
	Epoch string `json:"epoch"`
	// Mark proves to the server, when it is shown it again, how far it once was.
	Mark string `json:"mark"`
	// Revoked tells the device that it is no longer one of the programme's: its changes are taken
	// and held, it gets nothing, and wipes itself once its outbox is empty.
	Revoked bool `json:"revoked,omitempty"`
	// Tip is the last change that the server has of the device.
	Tip Tip `json:"tip"`
	// Receipts are those of the batch and of the changes that were asked for, in order of N.
	Receipts []Receipt `json:"-"`
	// Areas is what the device's scope comes to now, sorted. What the device holds of other areas it
	// drops, except what it has not sent. [Everyone] is always among them.
	Areas []uuid.UUID `json:"areas,omitempty"`
	// Workers are the people who may work on this device, by id.
	Workers map[uuid.UUID]string `json:"workers,omitempty"`
	// Blobs names the last time that the server lost photos or signatures which it had, "" if it never did. To a device that
	// knew another name, it has none of those that the device sent.
	Blobs string `json:"blobs,omitempty"`
	// Left is how many records and departures are still to come behind this reply, as far as is known now.
	Left int `json:"left,omitempty"`

	Records    []Record    `json:"-"`
	Departures []Departure `json:"-"`

	// Cursors replaces those that the device has. They are the server's to read: one that lies in the
	// middle of a pull is negative, and the pull goes on from there with whole records.
	Cursors map[uuid.UUID]int64 `json:"-"`
	// More says that there is more to fetch.
	More bool `json:"-"`
	// Digests holds, once there is no more, the digest of each area as the server has it.
	Digests map[uuid.UUID]Digest `json:"-"`
}

// A Status is what became of a change that the server took in.
type Status string

// The statuses.
const (
	// Applied is a change that was merged.
	Applied Status = "applied"
	// Held is a change that waits for an administrator.
	Held Status = "held"
	// Waiting is a change that is applied by itself as soon as the record or parent arrives that it
	// needs.
	Waiting Status = "waiting"
	// Discarded is a change that was held and that an administrator turned down, with a reason.
	Discarded Status = "discarded"
)

// A Receipt is the server's acknowledgement of one change: it is on the server's disk.
type Receipt struct {
	N int64
	// Time is what was decided; see [TimeOf].
	Time   int64
	Status Status
	// Code says why a change is not applied, for programs: one of the held codes.
	Code string
	// Reason says it for people.
	Reason string
	// Conflicts names the fields that were in conflict after the change was merged.
	Conflicts []string
}

// The codes of receipts that are not applied.
const (
	HeldInvalid       = "invalid"            // the change breaks a rule of its collection
	HeldUnknown       = "unknown_collection" // the server does not know the collection yet
	HeldOutOfScope    = "out_of_scope"       // the record is, or would come, outside the device's areas
	HeldUnknownAuthor = "unknown_author"     // the author is nobody who may work on the device
	HeldRevoked       = "device_revoked"     // the device was revoked before it sent the change
	HeldManyHeads     = "too_many_heads"     // the field has as many open values as it may have
	HeldWithForm      = "with_form"          // another change of the same form is held
	HeldCorrected     = "corrected"          // the office applied a corrected copy in its place
	WaitsForRecord    = "no_record"          // the record that the change edits has not arrived
	WaitsForParent    = "no_parent"          // the record that the change belongs to has not arrived
)

// A Record is what a device is told of a record.
type Record struct {
	Collection string
	ID         uuid.UUID
	Area       uuid.UUID
	// Deleted is whether the record is shown as deleted; see [State.Deletion].
	Deleted bool
	// Whole says that Fields are all there are; otherwise the device keeps those it has beside them.
	Whole  bool
	Fields map[string]Cell
}

// A Cell is a field as a device holds it.
type Cell struct {
	Value   Value
	Version Version
	// Time is that of the version, in milliseconds.
	Time int64
	// Same names other heads with the same value: whoever has seen the cell has seen them.
	Same []Version
	// Open names the heads that hold another value: the field's open conflict.
	Open []Version
}

// Known gives the versions that somebody who looks at the cell has seen: the base of an edit.
func (c Cell) Known() []Version {
	if c.Version.N == 0 {
		return nil
	}
	return append([]Version{c.Version}, c.Same...)
}

// A Departure tells that a record is no longer in an area.
type Departure struct {
	Area uuid.UUID
	ID   uuid.UUID
}
