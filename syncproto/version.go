package syncproto

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// A Version names one change, and every value that the change wrote: the N-th change of a device, with the
// history that Print tells. N counts from 1 without gaps. A version never depends on a clock.
type Version struct {
	Device uuid.UUID
	N      int64
	// Print is the beginning of the rolling hash there, [Hash.Print]. Copies of a tablet go on with the same
	// numbers, and after a restore any of them may be the one whose changes the server takes under these: without
	// Print, a base that named the change of one would name that of another. It is 0 in what was written by
	// programs from before it was there.
	Print uint32
}

// Compare orders versions by device, then by number, then by print. It breaks ties between equal times and has
// no other meaning.
func (v Version) Compare(w Version) int {
	if c := bytes.Compare(v.Device[:], w.Device[:]); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(v.N, w.N), cmp.Compare(v.Print, w.Print))
}

// String gives the text form, "device:n:print", the print as eight hexadecimal digits, and without it where it is 0.
func (v Version) String() string { return string(v.append(nil)) }

func (v Version) append(out []byte) []byte {
	out = strconv.AppendInt(append(appendHex(out, v.Device), ':'), v.N, 10)
	if v.Print != 0 {
		var digits [4]byte
		binary.BigEndian.PutUint32(digits[:], v.Print)
		out = hex.AppendEncode(append(out, ':'), digits[:])
	}
	return out
}

// MarshalText gives the text form.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the text form; see [ParseVersion].
func (v *Version) UnmarshalText(text []byte) error {
	parsed, err := ParseVersion(string(text))
	if err == nil {
		*v = parsed
	}
	return err
}

// ParseVersion reads the text form, "device:n:print" or "device:n", with n from 1.
func ParseVersion(text string) (Version, error) {
	device, rest, _ := strings.Cut(text, ":")
	number, digits, printed := strings.Cut(rest, ":")
	id, err := ParseID(device)
	if err != nil {
		return Version{}, fmt.Errorf("version %q: %w", text, err)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || number[0] == '+' || number[0] == '0' {
		return Version{}, fmt.Errorf("version %q: the number after the colon has to be 1 or more", text)
	}
	var bits uint64
	if printed {
		bits, err = strconv.ParseUint(digits, 16, 32)
		if err != nil || len(digits) != 8 || bits == 0 || digits != strings.ToLower(digits) {
			return Version{}, fmt.Errorf("version %q: its end has to be eight hexadecimal digits in lower case, not all of them 0", text)
		}
	}
	return Version{Device: id, N: n, Print: uint32(bits)}, nil
}

// ParseID reads a UUID in its one accepted form: 36 lower-case characters.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return uuid.Nil, fmt.Errorf("%q is not a UUID in lower case with hyphens", text)
	}
	return id, nil
}
