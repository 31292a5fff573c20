// Package fieldapp is the app that field workers hold: a web app that is installed on a tablet from the server's own
// address, and works for months without a connection. It is written in TypeScript, in src; what a browser gets of it is
// built by `go generate` into dist, which is committed, so that the Go toolchain alone builds the server.
//
// The package promises that every file is either named after its content, and then is the same for ever, or is to be
// asked for each time. It never knows anything of people: the app gets data by the protocol, like any device.
package fieldapp

import (
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
)

//go:generate go run ./cmd/build

//go:embed dist
var built embed.FS

// Policy is the content security policy of the app: nothing comes from elsewhere, and nothing inline is run. SQLite is
// WebAssembly, for which browsers want a word of its own.
const Policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
	"media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A File is one file of the app.
type File struct {
	Content []byte
	// Brotli is the content compressed, nil if that would save nothing.
	Brotli []byte
	// Type is the media type.
	Type string
	// Immutable is set if the name changes with the content.
	Immutable bool
}

// Open gives a file by its path below /app/, the page itself for "". It fails with [fs.ErrNotExist].
func Open(name string) (File, error) {
	if name == "" {
		name = "index.html"
	}
	content, err := built.ReadFile("dist/" + name)
	if err != nil || path.Ext(name) == ".br" { // a folder is no file either
		return File{}, fmt.Errorf("open %q of the field app: %w", name, fs.ErrNotExist)
	}
	packed, err := built.ReadFile("dist/" + name + ".br")
	if err != nil {
		packed = nil
	}
	return File{content, packed, typeOf(name), strings.HasPrefix(name, "assets/")}, nil
}

// typeOf gives the media type of a file, whatever the machine has installed.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
