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

	"golang.org/x/crypto/argon2"
)

// A rescue file is what a device hands in without a link: requests as it would have sent them, encrypted
// under a passphrase. It is text. The first line is a [rescueHeader] as JSON; each further line is one
// part in base64: AES-256-GCM over a gzipped frame stream of one [Request]. The key is Argon2id of the
// passphrase and the salt, which no two files share; the nonce of a part is its number from 0, as 12
// bytes big-endian; its associated data is the first line without its line feed. A file has as many
// parts as its header says.
type rescueHeader struct {
	Satchel string `json:"satchel"` // "rescue"
	KDF     string `json:"kdf"`     // "argon2id"
	// Memory is in KiB.
	Memory  uint32 `json:"memory"`
	Passes  uint32 `json:"passes"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Parts   int    `json:"parts"`
}

// RescueSaltBytes is how long the random salt of a rescue file is.
const RescueSaltBytes = 16

// The most that a rescue file may ask of who reads it.
const (
	maxRescueMemory = 256 << 10 // KiB
	maxRescuePasses = 10
	maxRescueLine   = 4 << 20
)

// The errors of reading a rescue file. The file stays as it is, and so does what is on the device.
var (
	ErrNotRescue  = errors.New("this is not a rescue file of Satchel, or it is damaged; copy it from the device again")
	ErrPassphrase = errors.New("the passphrase is wrong, or the rescue file is damaged; the file is as it was")
)

// WriteRescue writes a rescue file. salt is [RescueSaltBytes] random bytes, made for this file alone. Of
// each request, only the device, the known tip and the changes count.
func WriteRescue(w io.Writer, passphrase string, salt []byte, requests []Request) error {
	if len(salt) != RescueSaltBytes {
		return fmt.Errorf("the salt of a rescue file has %d bytes, this has %d", RescueSaltBytes, len(salt))
	}
	header := rescueHeader{
		Satchel: "rescue", KDF: "argon2id",
		Memory: 64 << 10, Passes: 3, Threads: 2, Salt: salt, Parts: len(requests),
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
	for i, r := range requests {
		var part bytes.Buffer
		packer := gzip.NewWriter(&part)
		if err := errors.Join(WriteRequest(packer, r), packer.Close()); err != nil {
			return fmt.Errorf("write part %d of a rescue file: %w", i, err)
		}
		sealed := aead.Seal(nil, rescueNonce(i), part.Bytes(), first)
		fmt.Fprintf(out, "%s\n", base64.StdEncoding.EncodeToString(sealed))
	}
	return out.Flush()
}

// ReadRescue reads a rescue file, whole: part is called with each of its requests in order, and what it
// fails with ends the reading. It fails with [ErrNotRescue] or [ErrPassphrase].
func ReadRescue(r io.Reader, passphrase string, part func(Request) error) error {
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
		request, err := readPart(aead, read, first, lines.Bytes())
		if err != nil {
			return err
		}
		if err := part(request); err != nil {
			return err
		}
	}
	if lines.Err() != nil || read != header.Parts {
		return ErrNotRescue
	}
	return nil
}

func (h rescueHeader) valid() bool {
	return h.Satchel == "rescue" && h.KDF == "argon2id" && len(h.Salt) == RescueSaltBytes &&
		h.Memory >= 8 && h.Memory <= maxRescueMemory && h.Passes >= 1 && h.Passes <= maxRescuePasses && h.Threads >= 1
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

func readPart(aead cipher.AEAD, number int, first, line []byte) (Request, error) {
	sealed, err := base64.StdEncoding.DecodeString(string(line))
	if err != nil {
		return Request{}, ErrNotRescue
	}
	packed, err := aead.Open(nil, rescueNonce(number), sealed, first)
	if err != nil {
		return Request{}, ErrPassphrase
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return Request{}, ErrNotRescue
	}
	return ReadRequest(io.LimitReader(unpacked, MaxInflatedBytes))
}
