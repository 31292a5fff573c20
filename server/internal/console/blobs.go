package console

import (
	"github.com/google/uuid"

	"satchel/server/internal/blobs"
	"satchel/syncproto"
)

// BlobPath is where the photos and signatures are that pages show.
const BlobPath = "/blobs/:record/:sha256"

// blob gives the content of a photo or a signature that a record of the visitor's areas names.
func (c *Console) blob(v *Visit) error {
	record, err := v.id("record")
	if err != nil {
		return err
	}
	within, err := v.within()
	if err != nil {
		return err
	}
	content, err := c.Blobs.Within(v.ctx(), map[uuid.UUID]bool(within), syncproto.BlobOf{Record: record, SHA256: v.Request.PathValue("sha256")})
	if err != nil {
		return err
	}
	blobs.Serve(v.Response, v.Request, content)
	return content.Close()
}
