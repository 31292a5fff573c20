package httpapi_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"satchel/syncproto"
)

// problemHeading is a code's heading in the protocol's documentation, and the status behind it.
var problemHeading = regexp.MustCompile(`(?m)^### ([a-z_]+)\n\n([0-9]{3})\. `)

func TestEveryCodeIsDocumentedWithItsStatus(t *testing.T) {
	text, err := os.ReadFile("../../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[syncproto.Code]int{}
	for _, m := range problemHeading.FindAllStringSubmatch(string(text), -1) {
		code := syncproto.Code(m[1])
		if _, twice := documented[code]; twice {
			t.Errorf("docs/protocol.md has the heading %q twice", code)
		}
		documented[code], _ = strconv.Atoi(m[2])
	}
	for code, status := range syncproto.Codes() {
		if documented[code] != status {
			t.Errorf("docs/protocol.md says %d of code %s (0: it has no heading), the server answers %d", documented[code], code, status)
		}
	}
	for code := range documented {
		if _, known := syncproto.Codes()[code]; !known {
			t.Errorf("docs/protocol.md has a heading for %q, which is no code", code)
		}
	}
}
