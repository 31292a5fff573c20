package syncproto_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"satchel/syncproto"
)

// The spellings in testdata/fold.json are in groups: those of one name come to the same.
func TestFoldIsBlindToScriptAndDiacritics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "fold.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct{ Text, Fold string } `json:"cases"`
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Cases) == 0 {
		t.Fatal("there is no vector", err)
	}
	for _, c := range file.Cases {
		if got := syncproto.Fold(c.Text); got != c.Fold {
			t.Errorf("the fold of %q is %q, want %q", c.Text, got, c.Fold)
		}
	}
}

func ExampleFold() {
	fmt.Println(syncproto.Fold("Ђорђе ПЕТРОВИЋ") == syncproto.Fold("Djordje Petrovic"))
	// Output: true
}
