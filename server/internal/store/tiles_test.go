package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
)

func TestAnArchiveOfTilesIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a map.mbtiles")
	if tiles, err := store.OpenTiles(t.Context(), file); tiles != nil || err != nil {
		t.Fatalf("no file: %v, %v", tiles, err)
	}
	storetest.Tiles(t, file, "png", map[[3]int]string{{7, 70, 46}: "picture", {8, 1, 2}: "other"})
	tiles, err := store.OpenTiles(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer tiles.Close()
	least, most, err := tiles.Zooms(t.Context())
	if err != nil || tiles.Kind != "image/png" || least != 7 || most != 8 || tiles.Attribution != "© <a href=\"x\">Somebody</a>" {
		t.Errorf("it says of itself %+v, levels %d to %d, %v", tiles, least, most, err)
	}
	if picture, err := tiles.Tile(t.Context(), 7, 70, 46); string(picture) != "picture" || err != nil {
		t.Errorf("the tile is %q, %v", picture, err)
	}
	for _, at := range [][3]int{{7, 70, 47}, {9, 0, 0}, {-1, 0, 0}} {
		if _, err := tiles.Tile(t.Context(), at[0], at[1], at[2]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("tile %v: %v, want none", at, err)
		}
	}
}

func TestWhatIsNoArchiveOfPicturesIsRefused(t *testing.T) {
	vector, other := filepath.Join(t.TempDir(), "v.mbtiles"), filepath.Join(t.TempDir(), "o.mbtiles")
	storetest.Tiles(t, vector, "pbf", map[[3]int]string{{7, 70, 46}: "x"})
	db, err := sql.Open("sqlite", "file:"+other)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "CREATE TABLE x (y)")
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for file, says := range map[string]string{vector: "png, jpg or webp", other: "no archive of map tiles"} {
		if _, err := store.OpenTiles(t.Context(), file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
