package syncproto

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A Blob is the content of a photo or a signature, as a record names it: a JSON object with these members, and any
// others. The content itself travels by itself once the record is in.
type Blob struct {
	// SHA256 is that of the content, as 64 lower-case hexadecimal digits: its name everywhere.
	SHA256 string `json:"sha256"`
	// Type is the media type, one of [BlobTypes].
	Type string `json:"type"`
	// Bytes is how long the content is.
	Bytes int64 `json:"bytes"`
}

// A BlobOf is a blob that a record names, as devices and the server speak of it.
type BlobOf struct {
	Record uuid.UUID `json:"record"`
	SHA256 string    `json:"sha256"`
}

// BlobsAsked is what a device asks: which of these blobs the server wants.
type BlobsAsked struct {
	Blobs []BlobOf `json:"blobs"`
}

// BlobsMissing is the answer. The server has those of the question that are in neither list.
type BlobsMissing struct {
	Missing []BlobWanted `json:"missing"`
	// Unnamed are those that the record does not name any more, or with which the device has no business.
	Unnamed []BlobOf `json:"unnamed"`
}

// A BlobWanted is a blob that the server wants, and how many bytes of it have come from the device.
type BlobWanted struct {
	BlobOf
	Have int64 `json:"have"`
}

// A BlobProgress says how much of a blob has come, and whether the server has it whole, on its disk.
type BlobProgress struct {
	Have     int64 `json:"have"`
	Complete bool  `json:"complete"`
}

// HeaderUploadOffset says where in a blob a chunk of it begins.
const HeaderUploadOffset = "Upload-Offset"

// BlobTypes gives the media types that a blob may have. Each is recognised by how the content begins.
func BlobTypes() []string { return []string{"image/jpeg", "image/png", "image/webp"} }

// Check says what is wrong with what names a blob.
func (b Blob) Check() error {
	if !IsBlobName(b.SHA256) || !slices.Contains(BlobTypes(), b.Type) || b.Bytes < 1 || b.Bytes > MaxBlobBytes {
		return fmt.Errorf("what has a sha256 has to name a blob: sha256 of 64 lower-case hexadecimal digits, type (%s), and bytes from 1 to %d",
			strings.Join(BlobTypes(), ", "), MaxBlobBytes)
	}
	return nil
}

// IsBlobName reports whether a text is the SHA-256 of a blob as it is written.
func IsBlobName(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32 && text == strings.ToLower(text)
}

// blobMark stands in every value that names a blob: canonical JSON writes it in this way only.
const blobMark = `"sha256"`

// Blobs gives the blobs that a value of the field names: the objects anywhere in it that have a sha256 and are a whole
// [Blob], each once, in order of their names. A field that names none by its kind has none.
func (f Field) Blobs(v Value) []Blob {
	found, _ := f.blobs(v)
	return found
}

// checkBlobs says what is wrong with the blobs that a value names.
func (f Field) checkBlobs(v Value) error {
	found, err := f.blobs(v)
	if err != nil {
		return err
	}
	for i, b := range found {
		if i > 0 && found[i-1].SHA256 == b.SHA256 {
			return fmt.Errorf("one blob cannot have two types or lengths")
		}
	}
	if len(found) > MaxBlobs {
		return fmt.Errorf("the value names %d blobs, %d is the most", len(found), MaxBlobs)
	}
	return nil
}

// blobs gives those that are whole, and what is wrong with another.
func (f Field) blobs(v Value) (found []Blob, wrong error) {
	if !f.NamesBlobs || !strings.Contains(string(v), blobMark) {
		return nil, nil
	}
	gatherBlobs([]byte(v), func(b Blob, err error) {
		if err == nil {
			found = append(found, b)
		}
		wrong = cmp.Or(wrong, err)
	})
	return sortBlobs(found), wrong
}

// gatherBlobs tells of each object in a JSON text, at any depth, that has a sha256.
func gatherBlobs(text []byte, tell func(Blob, error)) {
	var list []json.RawMessage
	var object map[string]json.RawMessage
	switch {
	case json.Unmarshal(text, &object) == nil:
		if _, names := object["sha256"]; names {
			b := readBlob(object)
			tell(b, b.Check())
		}
		for _, name := range sortedKeys(object) {
			gatherBlobs(object[name], tell)
		}
	case json.Unmarshal(text, &list) == nil:
		for _, item := range list {
			gatherBlobs(item, tell)
		}
	}
}

// readBlob reads what an object says of a blob; what it does not say is empty.
func readBlob(object map[string]json.RawMessage) (b Blob) {
	for name, into := range map[string]any{"sha256": &b.SHA256, "type": &b.Type, "bytes": &b.Bytes} {
		if json.Unmarshal(object[name], into) != nil {
			return Blob{}
		}
	}
	return b
}

// sortBlobs gives each blob once, in order of their names.
func sortBlobs(list []Blob) []Blob {
	slices.SortFunc(list, func(a, b Blob) int {
		return cmp.Or(strings.Compare(a.SHA256, b.SHA256), strings.Compare(a.Type, b.Type), cmp.Compare(a.Bytes, b.Bytes))
	})
	return slices.Compact(list)
}

// BlobsOf gives the blobs that a record or a change of a collection names by these fields, each once, in order of their
// names.
func BlobsOf(collection string, fields map[string]Value) (out []Blob) {
	c, _ := CollectionOf(collection)
	for _, f := range c.Fields {
		out = append(out, f.Blobs(fields[f.Name])...)
	}
	return sortBlobs(out)
}

// Blobs gives the blobs that a record of a collection names by any of its heads: those that lost a conflict among them,
// as somebody has to look at them too. Each comes once, in order of their names.
func (s State) Blobs(collection string) (out []Blob) {
	c, _ := CollectionOf(collection)
	for _, f := range c.Fields {
		if !f.NamesBlobs {
			continue
		}
		for _, head := range s[f.Name].Heads {
			out = append(out, f.Blobs(head.Value)...)
		}
	}
	return sortBlobs(out)
}

// WhyNoProof gives the reason that the proofs of a delivery give for there being none, "" if they give none.
func WhyNoProof(proofs Value) string {
	var said map[string]json.RawMessage
	var why string
	if json.Unmarshal([]byte(proofs), &said) != nil || json.Unmarshal(said["none"], &why) != nil {
		return ""
	}
	return strings.TrimSpace(why)
}
