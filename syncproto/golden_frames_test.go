package syncproto

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// goldenRequest is what a request frame means.
type goldenRequest struct {
	Request Request        `json:"request"`
	Changes []goldenChange `json:"changes"`
}

// goldenReply is what a reply frame means.
type goldenReply struct {
	Reply      Reply                `json:"reply"`
	Receipts   []goldenReceipt      `json:"receipts"`
	Records    []goldenRecord       `json:"records"`
	Departures []goldenDeparture    `json:"departures"`
	Cursors    map[uuid.UUID]int64  `json:"cursors"`
	More       bool                 `json:"more"`
	Digests    map[uuid.UUID]Digest `json:"digests"`
}

type goldenReceipt struct {
	N         int64    `json:"n"`
	Time      int64    `json:"time"`
	Status    Status   `json:"status"`
	Code      string   `json:"code,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"`
}

type goldenDeparture struct {
	Area uuid.UUID `json:"area"`
	ID   uuid.UUID `json:"id"`
}

func (g goldenRequest) request() Request {
	out := g.Request
	for _, c := range g.Changes {
		out.Changes = append(out.Changes, Change(c))
	}
	return out
}

func goldenRequestOf(r Request) goldenRequest {
	out := goldenRequest{Request: r}
	for _, c := range r.Changes {
		out.Changes = append(out.Changes, goldenChange(c))
	}
	out.Request.Changes = nil
	return out
}

func (g goldenReply) reply() Reply {
	out := g.Reply
	for _, r := range g.Receipts {
		out.Receipts = append(out.Receipts, Receipt(r))
	}
	for _, r := range g.Records {
		out.Records = append(out.Records, r.record())
	}
	for _, d := range g.Departures {
		out.Departures = append(out.Departures, Departure(d))
	}
	out.Cursors, out.More, out.Digests = g.Cursors, g.More, g.Digests
	return out
}

func goldenReplyOf(r Reply) goldenReply {
	out := goldenReply{Cursors: r.Cursors, More: r.More, Digests: r.Digests}
	for _, x := range r.Receipts {
		out.Receipts = append(out.Receipts, goldenReceipt(x))
	}
	for _, x := range r.Records {
		out.Records = append(out.Records, goldenRecordOf(x))
	}
	for _, x := range r.Departures {
		out.Departures = append(out.Departures, goldenDeparture(x))
	}
	r.Receipts, r.Records, r.Departures, r.Cursors, r.More, r.Digests = nil, nil, nil, nil, false, nil
	out.Reply = r
	return out
}

// Every request in testdata/frames means what the file beside it says. Those that this program wrote
// it still writes with the same bytes.
func TestGoldenRequests(t *testing.T) {
	for _, path := range framesOf(t, "request-*.jsonl") {
		stream := readFile(t, path)
		got, err := ReadRequest(bytes.NewReader(stream))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		meaning := strings.TrimSuffix(path, "l")
		if *update {
			g := goldenRequestOf(got)
			writeGolden(t, meaning, member{"request", oneLine(t, g.Request)}, member{"changes", eachOnItsLine(t, g.Changes)})
			rewrite(t, path, requestBytes(t, got))
		}
		var want goldenRequest
		if err := json.Unmarshal(readFile(t, meaning), &want); err != nil {
			t.Fatalf("%s: %v", meaning, err)
		}
		if !reflect.DeepEqual(got, want.request()) {
			t.Errorf("%s: read %+v\nwant %+v", path, got, want.request())
		}
		sameBytes(t, path, requestBytes(t, want.request()))
	}
}

// The same for replies.
func TestGoldenReplies(t *testing.T) {
	for _, path := range framesOf(t, "reply-*.jsonl") {
		stream := readFile(t, path)
		got, err := ReadReply(bytes.NewReader(stream), nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		meaning := strings.TrimSuffix(path, "l")
		if *update {
			g := goldenReplyOf(got)
			writeGolden(
				t, meaning, member{"reply", oneLine(t, g.Reply)}, member{"receipts", eachOnItsLine(t, g.Receipts)},
				member{"records", eachOnItsLine(t, g.Records)}, member{"departures", eachOnItsLine(t, g.Departures)},
				member{"cursors", oneLine(t, g.Cursors)}, member{"more", oneLine(t, g.More)}, member{"digests", oneLine(t, g.Digests)},
			)
			rewrite(t, path, replyBytes(t, got))
		}
		var want goldenReply
		if err := json.Unmarshal(readFile(t, meaning), &want); err != nil {
			t.Fatalf("%s: %v", meaning, err)
		}
		if !reflect.DeepEqual(got, want.reply()) {
			t.Errorf("%s: read %+v\nwant %+v", path, got, want.reply())
		}
		sameBytes(t, path, replyBytes(t, want.reply()))
	}
}

// byHand marks files that were written by hand, in shapes that this program reads and does not write.
const byHand = "by-hand"

func rewrite(t *testing.T, path string, stream []byte) {
	if strings.Contains(path, byHand) {
		return
	}
	if err := os.WriteFile(path, stream, 0o644); err != nil {
		t.Fatal(err)
	}
}

func sameBytes(t *testing.T, path string, stream []byte) {
	if want := readFile(t, path); !strings.Contains(path, byHand) && !bytes.Equal(stream, want) {
		t.Errorf("%s is now written as\n%s\nand not as\n%s", path, stream, want)
	}
}

func framesOf(t *testing.T, pattern string) []string {
	paths, err := filepath.Glob(filepath.Join("testdata", "frames", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return paths
}

func readFile(t testing.TB, path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// invalidCase is a stream that has to be refused.
type invalidCase struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"`
	Lines []string `json:"lines"`
	Code  Code     `json:"code"`
}

// What has to be refused, is.
func TestGoldenInvalid(t *testing.T) {
	var file cases[invalidCase]
	if err := json.Unmarshal(readFile(t, filepath.Join("testdata", "frames", "invalid.json")), &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		stream := strings.NewReader(strings.Join(c.Lines, "\n") + "\n")
		var err error
		if c.Kind == "request" {
			_, err = ReadRequest(stream)
		} else {
			_, err = ReadReply(stream, nil)
		}
		if !errors.Is(err, &Problem{Code: c.Code}) {
			t.Errorf("%s: %v, want %s", c.Name, err, c.Code)
		}
	}
}
