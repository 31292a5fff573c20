package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"satchel/syncproto"
)

//go:embed all:assets
var assetFiles embed.FS

// An asset is a file that pages load.
type asset struct {
	body []byte
	// hash stands in its address, so that browsers keep it as long as it is the same.
	hash, kind string
}

func readAssets() (map[string]asset, error) {
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	out := map[string]asset{}
	for _, entry := range entries {
		body, err := fs.ReadFile(assetFiles, path.Join("assets", entry.Name()))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		out[entry.Name()] = asset{body, hex.EncodeToString(sum[:8]), mime.TypeByExtension(path.Ext(entry.Name()))}
	}
	return out, nil
}

// assetPath gives the address of an asset.
func (s *shown) assetPath(name string) (string, error) {
	a, known := s.assets[name]
	if !known {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return "/assets/" + name + "?" + a.hash, nil
}

// asset answers with one.
func (c *Console) asset(v *Visit) error {
	a, known := c.shown().assets[v.Request.PathValue("name")]
	if !known {
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no such address on this server.")
	}
	h := v.Response.Header()
	h.Set("Content-Type", a.kind)
	if v.Request.URL.RawQuery == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	v.Response.WriteHeader(http.StatusOK)
	_, err := v.Response.Write(a.body)
	return err
}
