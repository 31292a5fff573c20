package syncproto

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"
)

// A rescue file is what a device hands in without a link: requests as it would have sent them, and the photos and
// signatures that the server has not got whole, encrypted under a passphrase. It is text. The first line is a
// [rescueHeader] as JSON; each further line is one piece in base64, sealed with AES-256-GCM: first the parts, each a
// gzipped frame stream of one [Request], then the blobs, each the 16 bytes of the device's id, the 16 of the record's, and
// the content as it is. The key is Argon2id of the passphrase and the salt, which no two files share; the nonce of a piece
// is its number from 0, as 12 bytes big-endian; its associated data is the first line without its line feed. A file has as
// many parts and blobs as its header says.
type rescueHeader struct {
	Satchel string `json:"satchel"` // "rescue"
	KDF     string `json:"kdf"`     // "argon2id"
	// Memory is in KiB.
	Memory  uint32 `json:"memory"`
	Passes  uint32 `json:"passes"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Parts   int    `json:"parts"`
	Blobs   int    `json:"blobs,omitempty"`
}

// A RescuedBlob is a photo or a signature in a rescue file. Its name is the SHA-256 of its content, whatever the device
// called it: content that was damaged there is named by no record.
type RescuedBlob struct {
	// Record is the one that names it, Device the identity that recorded so.
	Device, Record uuid.UUID
	Content        []byte
}

// RescueSaltBytes is how long the random salt of a rescue file is.
const RescueSaltBytes = 16

// The most that a rescue file may ask of who reads it.
const (
	maxRescueMemory = 256 << 10 // KiB
	maxRescuePasses = 10
	maxRescueLine   = 4 << 20
)

// rescuedID is how many bytes an id has before the content of a blob.
const rescuedID = len(uuid.UUID{})

// The errors of reading a rescue file. The file stays as it is, and so does what is on the device.
var (
	ErrNotRescue  = errors.New("this is not a rescue file of Satchel, or it is damaged; copy it from the device again")
	ErrPassphrase = errors.New("the passphrase is wrong, or the rescue file is damaged; the file is as it was")
)

// WriteRescue writes a rescue file. salt is [RescueSaltBytes] random bytes, made for this file alone. Of
// each request, only the device, the known tip and the changes count. Each of blobs is called when its blob is to be
// written, so that no more than one of them has to be in the memory.
func WriteRescue(w io.Writer, passphrase string, salt []byte, requests []Request, blobs ...func() (RescuedBlob, error)) error {
	if len(salt) != RescueSaltBytes {
		return fmt.Errorf("the salt of a rescue file has %d bytes, this has %d", RescueSaltBytes, len(salt))
	}
	header := rescueHeader{
		Satchel: "rescue", KDF: "argon2id",
		Memory: 64 << 10, Passes: 3, Threads: 2, Salt: salt, Parts: len(requests), Blobs: len(blobs),
	}
	first, err := json.Marshal(header)
	if err != nil {
		return fmt.Errorf("write a rescue file: %w", err)
	}
	aead, err := header.cipher(passphrase)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n", first)
	seal := func(number int, content []byte) {
		sealed := aead.Seal(nil, rescueNonce(number), content, first)
		fmt.Fprintf(out, "%s\n", base64.StdEncoding.EncodeToString(sealed))
	}
	for i, r := range requests {
		var part bytes.Buffer
		packer := gzip.NewWriter(&part)
		if err := errors.Join(WriteRequest(packer, r), packer.Close()); err != nil {
			return fmt.Errorf("write part %d of a rescue file: %w", i, err)
		}
		seal(i, part.Bytes())
	}
	for i, give := range blobs {
		b, err := give()
		if err != nil {
			return fmt.Errorf("write photo %d of a rescue file: %w", i, err)
		}
		seal(len(requests)+i, slices.Concat(b.Device[:], b.Record[:], b.Content))
	}
	return out.Flush()
}

// ReadRescue reads a rescue file, whole: part is called with each of its requests in order, then blob, unless it is nil,
// with each of its blobs, whose content is its own. What they fail with ends the reading. It fails with [ErrNotRescue] or
// [ErrPassphrase].
func ReadRescue(r io.Reader, passphrase string, part func(Request) error, blob func(RescuedBlob) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxRescueLine)
	lines.Scan()
	first := bytes.Clone(lines.Bytes())
	var header rescueHeader
	if json.Unmarshal(first, &header) != nil || !header.valid() {
		return ErrNotRescue
	}
	aead, err := header.cipher(passphrase)
	if err != nil {
		return err
	}
	read := 0
	for ; lines.Scan(); read++ {
		content, err := openPiece(aead, read, first, lines.Bytes())
		if err != nil {
			return err
		}
		if read < header.Parts {
			err = readPart(content, part)
		} else {
			err = readRescued(content, blob)
		}
		if err != nil {
			return err
		}
	}
	if lines.Err() != nil || read-header.Parts != header.Blobs {
		return ErrNotRescue
	}
	return nil
}

func (h rescueHeader) valid() bool {
	return h.Satchel == "rescue" && h.KDF == "argon2id" && len(h.Salt) == RescueSaltBytes &&
		h.Memory >= 8 && h.Memory <= maxRescueMemory && h.Passes >= 1 && h.Passes <= maxRescuePasses && h.Threads >= 1 &&
		h.Parts >= 0 && h.Blobs >= 0
}

func (h rescueHeader) cipher(passphrase string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase), h.Salt, h.Passes, h.Memory, h.Threads, 32))
	if err != nil {
		return nil, fmt.Errorf("make the cipher of a rescue file: %w", err)
	}
	return cipher.NewGCM(block)
}

func rescueNonce(part int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4), uint64(part)) //nolint:gosec // parts are counted from 0
}

// openPiece gives what is sealed in a line.
func openPiece(aead cipher.AEAD, number int, first, line []byte) ([]byte, error) {
	sealed, err := base64.StdEncoding.AppendDecode(nil, line)
	if err != nil {
		return nil, ErrNotRescue
	}
	content, err := aead.Open(sealed[:0], rescueNonce(number), sealed, first)
	if err != nil {
		return nil, ErrPassphrase
	}
	return content, nil
}

func readPart(packed []byte, part func(Request) error) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return ErrNotRescue
	}
	request, err := ReadRequest(io.LimitReader(unpacked, MaxInflatedBytes))
	if err != nil {
		return err
	}
	return part(request)
}

func readRescued(content []byte, blob func(RescuedBlob) error) error {
	if len(content) < 2*rescuedID {
		return ErrNotRescue
	}
	if blob == nil {
		return nil
	}
	return blob(RescuedBlob{
		Device: uuid.UUID(content[:rescuedID]), Record: uuid.UUID(content[rescuedID : 2*rescuedID]), Content: content[2*rescuedID:],
	})
}
