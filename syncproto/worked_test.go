package syncproto

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestTheWorkedBytesOfTheProtocolPage builds the exchange that docs/protocol.md shows byte by byte, and
// looks for each of its lines there.
func TestTheWorkedBytesOfTheProtocolPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, worked, _ := strings.Cut(string(page), "## 9. Worked bytes")
	for name, text := range workedBytes(t) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); !strings.Contains(worked, line) {
				t.Errorf("%s: the page does not show\n%s", name, line)
			}
		}
	}
}

func workedBytes(t *testing.T) map[string]string {
	t.Helper()
	var (
		device    = uuid.MustParse("019a5b00-0000-7000-8000-00000000000d")
		worker    = uuid.MustParse("019a5b00-0000-7000-8000-00000000000a")
		area      = uuid.MustParse("019a5b00-0000-7000-8000-00000000000e")
		household = uuid.MustParse("019a5b1e-4c00-7abc-8def-0123456789ab")
	)
	change := Change{
		N: 1, Form: 1, Collection: "households", Record: household, Author: worker, Claimed: 1762465303557,
		Fields: map[string]Value{
			"area": Value(`"` + area.String() + `"`), "head_name": `"Милица Ђорђевић"`, "phone": `"060 000 111"`, "status": `"idp"`,
		},
	}
	text := byEncoder(t, []any{change.N, change.Form, change.Collection, change.Record, change.Author, change.Fields, map[string]any{}, map[string]any{}})
	hash := change.Chain(Hash{})
	record := RecordOf("households", household, area, Merge(nil, change.Edit(Version{device, change.N, hash.Print()}, change.Claimed), nil))
	digest := record.Digest()
	sum, err := digest.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var request, reply bytes.Buffer
	err = WriteRequest(&request, Request{
		Protocol: CurrentProtocol, Device: device, Clock: change.Claimed + 60_000, Health: Health{Unsent: 1, Program: "example 1.0"},
		Changes: []Change{change},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = WriteReply(&reply, Reply{
		Protocol: CurrentProtocol, Now: change.Claimed + 61_000, Epoch: "E1", Mark: "2.m", Tip: Tip{N: 1, Hash: hash},
		Receipts: []Receipt{{N: 1, Time: change.Claimed, Status: Applied}}, Areas: []uuid.UUID{Everyone, area},
		Workers: map[uuid.UUID]string{worker: "Mila Milić"}, Records: []Record{record},
		Cursors: map[uuid.UUID]int64{Everyone: 2, area: 2}, Digests: map[uuid.UUID]Digest{Everyone: {}, area: digest},
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"hashed text": string(text), "hash": hash.String(), "request": request.String(), "reply": reply.String(), "digest": string(sum),
	}
}
