package fieldapp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"satchel/fieldapp/bundle"
	"satchel/syncproto"
)

// What TypeScript writes means to Go what the golden requests do.
func TestGoReadsWhatTypeScriptWrites(t *testing.T) {
	t.Parallel()
	program, dir := node(t), t.TempDir()
	if err := bundle.Node(".", "test/echo.ts", dir); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, filepath.Join(dir, "echo.mjs")).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	for _, line := range lines {
		var request struct {
			Name    string
			Written []byte
		}
		if err := json.Unmarshal(line, &request); err != nil {
			t.Fatal(err)
		}
		golden, err := os.ReadFile(filepath.Join("..", "syncproto", "testdata", "frames", request.Name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := syncproto.ReadRequest(bytes.NewReader(golden))
		if err != nil {
			t.Fatal(err)
		}
		got, err := syncproto.ReadRequest(bytes.NewReader(request.Written))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: TypeScript wrote\n%s\nwhich is read as %+v, %v\nwant %+v", request.Name, request.Written, got, err, want)
		}
		t.Logf("%s: %d bytes by Go, %d by TypeScript", request.Name, len(golden), len(request.Written))
	}
	if len(lines) < 5 {
		t.Errorf("%d requests were written", len(lines))
	}
}
