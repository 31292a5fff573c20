package storetest

import (
	"database/sql"
	"errors"
	"testing"
)

// Tiles writes an archive of map tiles, each by its zoom level, its column from the west and its row from the north.
func Tiles(t testing.TB, file, format string, pictures map[[3]int]string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `CREATE TABLE metadata (name text, value text);
CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
INSERT INTO metadata VALUES ('format', ?), ('attribution', '© <a href="x">Somebody</a>')`, format)
	for at, picture := range pictures {
		_, one := db.ExecContext(t.Context(), "INSERT INTO tiles VALUES (?, ?, ?, ?)", at[0], at[1], 1<<at[0]-1-at[2], []byte(picture))
		err = errors.Join(err, one)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
