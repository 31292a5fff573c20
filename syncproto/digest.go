package syncproto

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/google/uuid"
)

// A Digest is a sum over the records of an area that does not depend on their order: two sides with
// equal digests hold the same. It is a 128-bit number, added and taken away modulo 2^128.
type Digest [16]byte

// Plus gives the digest with another one added: a record that comes, or a whole area.
func (d Digest) Plus(e Digest) Digest {
	lo, carry := bits.Add64(d.low(), e.low(), 0)
	hi, _ := bits.Add64(d.high(), e.high(), carry)
	return numberOf(hi, lo)
}

// Minus gives the digest with another one taken away: a record that goes.
func (d Digest) Minus(e Digest) Digest {
	lo, borrow := bits.Sub64(d.low(), e.low(), 0)
	hi, _ := bits.Sub64(d.high(), e.high(), borrow)
	return numberOf(hi, lo)
}

func (d Digest) high() uint64 { return binary.BigEndian.Uint64(d[:8]) }
func (d Digest) low() uint64  { return binary.BigEndian.Uint64(d[8:]) }

func numberOf(hi, lo uint64) (d Digest) {
	binary.BigEndian.PutUint64(d[:8], hi)
	binary.BigEndian.PutUint64(d[8:], lo)
	return d
}

// MarshalText gives the digest in unpadded base64url.
func (d Digest) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, d[:]), nil
}

// UnmarshalText reads unpadded base64url.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(b) != len(d) || bytes.ContainsAny(text, "\r\n") { // decoding passes over line ends
		return fmt.Errorf("a digest is %d bytes in base64url", len(d))
	}
	copy(d[:], b)
	return nil
}

// Digest gives the digest of one record: the first 16 bytes of the SHA-256 of the JSON array
//
//	[collection, id, deleted, {field: [value, version, time, same, open]}]
//
// as compact JSON with sorted members, versions in text form. The record has to be whole.
func (r Record) Digest() Digest {
	return digestOf(r.Collection, r.ID, r.Deleted, r.Fields, appendCell)
}

// DigestOf gives the digest of what [RecordOf] gives.
func DigestOf(collection string, id uuid.UUID, s State) Digest {
	for _, register := range s {
		if len(register.Heads) == 0 { // all that was written was replaced before it came
			return RecordOf(collection, id, uuid.Nil, s).Digest()
		}
	}
	deleted, _ := s.Deletion()
	return digestOf(collection, id, deleted, s, func(out []byte, r Register) []byte { return appendCell(out, r.cell()) })
}

func digestOf[V any](collection string, id uuid.UUID, deleted bool, fields map[string]V, cell func([]byte, V) []byte) (d Digest) {
	sum := hashed(func(out []byte) []byte {
		out = AppendText(append(out, '['), collection)
		out = appendID(append(out, ','), id)
		out = strconv.AppendBool(append(out, ','), deleted)
		return append(appendObject(append(out, ','), fields, cell), ']')
	})
	return Digest(sum[:len(d)])
}

func appendCell(out []byte, c Cell) []byte {
	out = AppendValue(append(out, '['), c.Value)
	out = c.Version.quote(append(out, ','))
	out = strconv.AppendInt(append(out, ','), c.Time, 10)
	out = appendVersions(append(out, ','), c.Same)
	out = appendVersions(append(out, ','), c.Open)
	return append(out, ']')
}

// RecordOf gives what a device is told of a record: the whole of its state.
func RecordOf(collection string, id, area uuid.UUID, s State) Record {
	deleted, _ := s.Deletion()
	r := Record{Collection: collection, ID: id, Area: area, Deleted: deleted, Whole: true, Fields: make(map[string]Cell, len(s))}
	for name, register := range s {
		if len(register.Heads) > 0 {
			r.Fields[name] = register.cell()
		}
	}
	return r
}

// cell gives what a device is told of a register that has a head.
func (r Register) cell() Cell {
	shown := r.Heads[0]
	c := Cell{Value: shown.Value, Version: shown.Version, Time: shown.Time}
	if len(r.Heads) > 1 {
		c.Same, c.Open = r.Known()[1:], r.Open()
	}
	return c
}
