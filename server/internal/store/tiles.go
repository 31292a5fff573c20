package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
)

// Tiles is an archive of pictures that make up a map: an MBTiles file, version 1.3 (Mapbox), which is an SQLite database. It is
// not the programme's data: whoever runs the server has put it there, and it is only read.
type Tiles struct {
	db *sql.DB
	// Kind is the media type of the tiles.
	Kind string
	// Attribution says whom the map is from, in HTML or plain text; "" if the file does not say.
	Attribution string
}

// tileKinds are the formats of tiles that browsers show as they are, by their name in the file.
var tileKinds = map[string]string{"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}

// OpenTiles opens an archive; nil if there is no file.
func OpenTiles(ctx context.Context, file string) (*Tiles, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	query := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)"}}
	db, err := sql.Open("sqlite", fileDSN(file, query))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	t := &Tiles{db: db}
	if err := t.describe(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return t, nil
}

// describe reads what the file says of itself.
func (t *Tiles) describe(ctx context.Context) error {
	for name, into := range map[string]*string{"format": &t.Kind, "attribution": &t.Attribution} {
		err := t.db.QueryRowContext(ctx, "SELECT value FROM metadata WHERE name = ?", name).Scan(into)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("it is no archive of map tiles (MBTiles): %w", err)
		}
	}
	kind, known := tileKinds[t.Kind]
	if !known {
		return fmt.Errorf("its tiles are in the format %q; they have to be pictures: png, jpg or webp", t.Kind)
	}
	t.Kind = kind
	return nil
}

// Zooms gives the first and the last zoom level that the archive has. Each is looked up by itself, for which an index serves.
func (t *Tiles) Zooms(ctx context.Context) (least, most int, err error) {
	err = t.db.QueryRowContext(ctx, "SELECT (SELECT min(zoom_level) FROM tiles), (SELECT max(zoom_level) FROM tiles)").Scan(&least, &most)
	if err != nil {
		err = fmt.Errorf("the archive has no tiles: %w", err)
	}
	return least, most, err
}

// Tile gives the picture of a tile, by its zoom level, its column from the west and its row from the north; [ErrNotFound] if
// the archive has none.
func (t *Tiles) Tile(ctx context.Context, zoom, column, row int) (picture []byte, err error) {
	if zoom < 0 {
		return nil, ErrNotFound
	}
	fromSouth := 1<<zoom - 1 - row
	err = t.db.QueryRowContext(ctx, "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?", zoom, column, fromSouth).Scan(&picture)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read tile %d/%d/%d: %w", zoom, column, row, err)
	}
	return picture, nil
}

// Close closes the archive.
func (t *Tiles) Close() error { return t.db.Close() }
