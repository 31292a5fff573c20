package syncproto

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// A Change is one edit of one record, by one author, on one device, at one moment.
type Change struct {
	// N counts the device's changes: 1, 2, 3 … without gaps.
	N int64
	// Form is the N of the first change that was saved in the same form. Changes of one form are
	// applied together.
	Form       int64
	Collection string
	Record     uuid.UUID
	// Author is the worker who was logged in when the change was made, whoever sends it.
	Author uuid.UUID
	// Claimed is the time that the device claims, in milliseconds; see [TimeOf].
	Claimed int64
	// Fields, Base and Seen are those of [Edit].
	Fields map[string]Value
	Base   map[string][]Version
	Seen   map[string][]Version
}

// Edit gives the change as the merge sees it, under the name and at the time that were decided.
func (c Change) Edit(version Version, time int64) Edit {
	return Edit{
		Version: version,
		Time:    time,
		Fields:  c.Fields,
		Base:    c.Base,
		Seen:    c.Seen,
	}
}

// Creates reports whether the author had seen nothing of the record: the change makes it.
func (c Change) Creates() bool {
	for _, versions := range c.Base {
		if len(versions) > 0 {
			return false
		}
	}
	return true
}

// A Hash is the rolling hash over a device's changes from the first to some n. Two histories are the
// same up to n if and only if their hashes at n are.
type Hash [sha256.Size]byte

// String gives the hash as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Print gives the first four bytes, as a number: what tells the change there from others of its device and number.
func (h Hash) Print() uint32 { return binary.BigEndian.Uint32(h[:]) }

// MarshalText gives the hexadecimal form.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the hexadecimal form.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != 2*len(h) {
		return fmt.Errorf("a hash has %d hexadecimal digits, this has %d characters", 2*len(h), len(text))
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("a hash is written in hexadecimal digits: %w", err)
	}
	return nil
}

// Chain gives the hash up to and with c, where prev is the hash before it; the zero Hash stands
// before the first. It is the SHA-256 of prev, 32 bytes, and the JSON array
//
//	[n, form, collection, record, author, fields, base, seen]
//
// as compact JSON with sorted members, versions in text form, and values as they stand: a change that
// is held because a value is not canonical has a hash too. A field without versions is left out of base
// and seen. The claimed time stays out: a change that is
// sent again to a restored server claims the time that it was once given, and is the same change.
func (c Change) Chain(prev Hash) Hash {
	return hashed(func(out []byte) []byte {
		out = append(out, prev[:]...)
		out = strconv.AppendInt(append(out, '['), c.N, 10)
		out = strconv.AppendInt(append(out, ','), c.Form, 10)
		out = AppendText(append(out, ','), c.Collection)
		out = appendID(append(out, ','), c.Record)
		out = appendID(append(out, ','), c.Author)
		out = AppendValues(append(out, ','), c.Fields)
		out = appendObject(append(out, ','), given(c.Base), appendVersions)
		out = appendObject(append(out, ','), given(c.Seen), appendVersions)
		return append(out, ']')
	})
}

// given leaves out the fields for which no version is given: that says no more than their absence.
func given(by map[string][]Version) map[string][]Version {
	if len(by) == 0 {
		return nil
	}
	out := map[string][]Version{}
	for field, versions := range by {
		if len(versions) > 0 {
			out[field] = versions
		}
	}
	return out
}

// changeBody is the part of a change that stores keep as one JSON document.
type changeBody struct {
	Fields map[string]Value     `json:"fields,omitempty"`
	Base   map[string][]Version `json:"base,omitempty"`
	Seen   map[string][]Version `json:"seen,omitempty"`
}

// Body encodes what was written and seen, for a store that keeps the rest in columns.
func (c Change) Body() []byte {
	out := make([]byte, 0, 1024)
	if len(c.Fields) > 0 {
		out = AppendValues(append(out, `,"fields":`...), c.Fields)
	}
	if len(c.Base) > 0 {
		out = appendObject(append(out, `,"base":`...), c.Base, appendVersions)
	}
	if len(c.Seen) > 0 {
		out = appendObject(append(out, `,"seen":`...), c.Seen, appendVersions)
	}
	if len(out) == 0 {
		return []byte("{}")
	}
	out[0] = '{'
	return append(out, '}')
}

// SetBody is the inverse of [Change.Body].
func (c *Change) SetBody(text []byte) error {
	var body changeBody
	if err := json.Unmarshal(text, &body); err != nil {
		return fmt.Errorf("decode change %d: %w", c.N, err)
	}
	c.Fields, c.Base, c.Seen = body.Fields, body.Base, body.Seen
	return nil
}
