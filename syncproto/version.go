package syncproto

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// A Version names one change, and every value that the change wrote: the N-th change of a device.
// N counts from 1 without gaps. A version never depends on a clock.
type Version struct {
	Device uuid.UUID
	N      int64
}

// Compare orders versions by device and then by number. It breaks ties between equal times and has
// no other meaning.
func (v Version) Compare(w Version) int {
	if c := bytes.Compare(v.Device[:], w.Device[:]); c != 0 {
		return c
	}
	return cmp.Compare(v.N, w.N)
}

// String gives the text form, "device:n".
func (v Version) String() string {
	return v.Device.String() + ":" + strconv.FormatInt(v.N, 10)
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

// ParseVersion reads the text form, "device:n" with n from 1.
func ParseVersion(text string) (Version, error) {
	device, number, _ := strings.Cut(text, ":")
	id, err := ParseID(device)
	if err != nil {
		return Version{}, fmt.Errorf("version %q: %w", text, err)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || number[0] == '+' || number[0] == '0' {
		return Version{}, fmt.Errorf("version %q: the number after the colon has to be 1 or more", text)
	}
	return Version{Device: id, N: n}, nil
}

// ParseID reads a UUID in its one accepted form: 36 lower-case characters.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return uuid.Nil, fmt.Errorf("%q is not a UUID in lower case with hyphens", text)
	}
	return id, nil
}
