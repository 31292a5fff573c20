package registry

import (
	"context"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Picture is a photo or a signature that a record names, and whether it has arrived.
type Picture struct {
	syncproto.Blob
	Arrived bool `json:"arrived"`
}

// pictures finds what records name.
func (g *gathering) pictures(ctx context.Context, lists ...[]Record) error {
	var names []string
	g.file.Pictures = map[uuid.UUID][]Picture{}
	for _, list := range lists {
		for _, r := range list {
			for _, b := range syncproto.BlobsOf(r.Collection, r.Fields) {
				names = append(names, b.SHA256)
				g.file.Pictures[r.ID] = append(g.file.Pictures[r.ID], Picture{Blob: b})
			}
		}
	}
	arrived, err := g.tx.Blobs(ctx, names)
	for _, of := range g.file.Pictures {
		for i := range of {
			_, of[i].Arrived = arrived[of[i].SHA256]
		}
	}
	return err
}
