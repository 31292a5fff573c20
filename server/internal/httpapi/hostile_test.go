package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A push is a bad sync and its documented answer. Where code is empty the sync is answered with 200,
// and held is what becomes of its one change: "" if it has none, "applied" if nothing is wrong with it.
type push struct {
	name   string
	body   func(d *tablet) []byte
	header map[string]string
	status int
	code   syncproto.Code
	held   string
}

// safe is what every refusal has to tell the worker in some words.
var safe = regexp.MustCompile(`(?i)nothing was changed|nothing of it was taken|is safe|nothing is lost`)

// A village is an office with a neighbour of the hostile device, in the same area, who must not notice
// anything, and a stranger in another.
type village struct {
	*office
	worker              uuid.UUID
	neighbour, stranger *tablet
	// shown holds the names of the households that the neighbour has to see.
	shown   map[uuid.UUID]string
	foreign uuid.UUID
}

func newVillage(t testing.TB) *village {
	t.Helper()
	v := &village{office: newOffice(t), shown: map[uuid.UUID]string{}}
	v.worker = v.person("worker", "worker", "", v.a)
	v.neighbour = v.tablet("neighbour", v.worker, v.a)
	v.stranger = v.tablet("stranger", v.person("stranger", "worker", "", v.b), v.b)
	own, other := v.neighbour.household(v.a, "Neighbour", "060 1"), v.stranger.household(v.b, "Stranger", "060 2")
	v.neighbour.sync(own)
	v.stranger.sync(other)
	v.shown[own.Record], v.foreign = "Neighbour", other.Record
	return v
}

// peace checks that a device which fetches everything gets what it should, and nothing else.
func (v *village) peace(t testing.TB) {
	t.Helper()
	got := map[uuid.UUID]string{}
	sums := map[uuid.UUID]syncproto.Digest{}
	reply := v.neighbour.sync()
	for _, r := range reply.Records {
		sums[r.Area] = sums[r.Area].Plus(r.Digest())
		if r.Collection == "households" {
			got[r.ID] = r.Fields["head_name"].Value.Text()
		}
	}
	if !maps.Equal(got, v.shown) {
		t.Errorf("the neighbour is shown %v, want %v", got, v.shown)
		v.shown = got
	}
	if !maps.Equal(sums, reply.Digests) {
		t.Errorf("the neighbour's digests come to %v, the server's are %v", sums, reply.Digests)
	}
}

// hostile gives a new device of the neighbour's area.
func (v *village) hostile() *tablet { return v.tablet("hostile", v.worker, v.a) }

// frames puts the lines of a body together.
func frames(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// head is the first line of a device's next request, with more members.
func (d *tablet) head(members ...string) string {
	line, _, _ := strings.Cut(string(encode(d.o.t, d.request())), "\n")
	return strings.TrimSuffix(line, "}") + strings.Join(append([]string{""}, members...), ",") + "}"
}

// block is a line with the device's next change: a household in area a with more columns of fields.
func (d *tablet) block(fields ...string) string {
	return d.blockOf(d.o.a, fmt.Sprintf(`"n":[%d],"time":[%d]`, d.tip.N+1, d.o.now().UnixMilli()), fields...)
}

func (d *tablet) blockOf(area uuid.UUID, numbers string, fields ...string) string {
	all := append([]string{fmt.Sprintf(`"head_name":["Hostile"],"status":["idp"],"area":[%q]`, area)}, fields...)
	return fmt.Sprintf(`{"changes":{"collection":"households","rows":1,%s,"author":[%q],"record":[%q],"fields":{%s}}}`,
		numbers, d.worker, newID(d.o.t), strings.Join(all, ","))
}

func end(changes int) string { return fmt.Sprintf(`{"end":{"changes":%d}}`, changes) }

// fields makes a body of a change that is good but for these columns.
func fields(columns ...string) func(*tablet) []byte {
	return func(d *tablet) []byte { return frames(d.head(), d.block(columns...), end(1)) }
}

// header makes a body without changes that is good but for these members of its header.
func header(members ...string) func(*tablet) []byte {
	return func(d *tablet) []byte { return frames(d.head(members...), end(0)) }
}

// numbered makes a body of a change that is good but for its numbers and times.
func numbered(columns string) func(*tablet) []byte {
	return func(d *tablet) []byte { return frames(d.head(), d.blockOf(d.o.a, columns), end(1)) }
}

// batch makes a body of good changes with these numbers.
func batch(known int64, ns ...int64) func(*tablet) []byte {
	return func(d *tablet) []byte {
		request := d.request()
		request.Known.N = known
		for _, n := range ns {
			c := d.household(d.o.a, "Hostile", "")
			c.N, c.Form = n, n
			request.Changes = append(request.Changes, c)
		}
		return encode(d.o.t, request)
	}
}

func gzipped(t testing.TB, from io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, from); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func manyColumns(n int) string {
	columns := make([]string, n)
	for i := range columns {
		columns[i] = fmt.Sprintf(`"field_%d":[1]`, i)
	}
	return strings.Join(columns, ",")
}

// badFrames are bodies that break the rules of the frames.
func badFrames() []push {
	return []push{
		{name: "an empty body", body: func(*tablet) []byte { return nil }},
		{name: "an empty line", body: func(d *tablet) []byte { return frames(d.head(), "", end(0)) }},
		{name: "something else", body: func(*tablet) []byte { return []byte("name,phone\nAna,060\n") }},
		{name: "an array", body: func(*tablet) []byte { return frames("[]", end(0)) }},
		{name: "a header without an end", body: func(d *tablet) []byte { return frames(d.head()) }},
		{name: "a change without an end", body: func(d *tablet) []byte { return frames(d.head(), d.block()) }},
		{name: "an end that announces more", body: func(d *tablet) []byte { return frames(d.head(), d.block(), end(2)) }},
		{name: "an end that announces less", body: func(d *tablet) []byte { return frames(d.head(), d.block(), end(0)) }},
		{name: "a change behind the end", body: func(d *tablet) []byte { return frames(d.head(), end(0), d.block()) }},
		{name: "a gap in the batch", body: batch(0, 1, 3)},
		{name: "a number twice", body: batch(0, 1, 1)},
		{name: "a batch that begins too late", body: batch(0, 2)},
		{name: "a batch that begins too early", body: batch(1, 1)},
		{name: "the second batch before the first", body: batch(0, 3, 4)},
		{name: "a number of 0", body: numbered(`"n":[0],"time":[0]`)},
		{name: "a negative number", body: numbered(`"n":[-1],"time":[0]`)},
		{name: "a number that is too large", body: numbered(`"n":[9223372036854775808],"time":[0]`)},
		{name: "a number with a fraction", body: numbered(`"n":[1.5],"time":[0]`)},
		{name: "a number as text", body: numbered(`"n":["1"],"time":[0]`)},
		{name: "a form ahead", body: numbered(`"n":[1],"after":[-1],"time":[0]`)},
		{name: "a form before the first", body: numbered(`"n":[1],"after":[1],"time":[0]`)},
		{name: "a time that is too large", body: numbered(`"n":[1],"time":[9223372036854775808]`)},
		{name: "a time that no other language can hold", body: numbered(`"n":[1],"time":[-9223372036854775808]`)},
		{name: "negative rows", body: func(d *tablet) []byte {
			return frames(d.head(), `{"changes":{"collection":"households","rows":-1}}`, end(-1))
		}},
		{name: "more rows than there are", body: func(d *tablet) []byte {
			return frames(d.head(), strings.Replace(d.block(), `"rows":1`, `"rows":2000`, 1), end(2000))
		}},
		{name: "a negative known change", body: header(`"known":{"n":-1,"hash":"` + strings.Repeat("0", 64) + `"}`)},
		{name: "a hash that is none", body: header(`"known":{"n":0,"hash":"xyz"}`)},
		{name: "a negative page", body: header(`"page":-1`)},
		{name: "a page as text", body: header(`"page":"1"`)},
		{name: "an area that is no id", body: header(`"cursors":{"Kraljevo":1}`)},
		{name: "a program of a long name", body: header(`"health":{"program":"` + strings.Repeat("x", 1000) + `"}`)},
		{name: "a raw NUL", body: fields("\"notes\":[\"a\x00b\"]")},
		{name: "a NUL in a field's name", body: fields(`"no\u0000tes":["x"]`)},
		{name: "text that is not UTF-8", body: fields("\"notes\":[\"a\xffb\"]")},
		{name: "a field twice", body: fields(`"notes":["x"],"notes":["y"]`)},
		{name: "a field's name that is too long", body: fields(`"` + strings.Repeat("x", syncproto.MaxNameBytes+1) + `":["x"]`)},
		{name: "a field's name that is too long by far", body: fields(`"` + strings.Repeat("x", 1<<20) + `":["x"]`)},
		{name: "more columns than a block has", body: fields(manyColumns(1001))},
		{name: "a value that nests without end", body: fields(`"notes":[` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`)},
		{name: "columns that nest without end", body: fields(`"notes":` + strings.Repeat(`{"where":"1","is":`, 1000) + `["x"]` + strings.Repeat("}", 1000))},
		{name: "a column that lacks a value", body: fields(`"notes":[]`)},
		{name: "a column with a value too many", body: fields(`"notes":["x","y"]`)},
		{name: "an index beyond its column", body: fields(`"notes":{"of":["x"],"at":[7]}`)},
		{name: "a version of no device", body: func(d *tablet) []byte {
			return frames(d.head(), strings.Replace(d.block(), `"fields":`, `"base":{"notes":{"device":[3],"n":[1]}},"fields":`, 1), end(1))
		}},
		{name: "a record that is no id", body: func(d *tablet) []byte {
			return frames(d.head(), regexp.MustCompile(`"record":\["[^"]*"\]`).ReplaceAllString(d.block(), `"record":["1"]`), end(1))
		}},
		{name: "gzip that is none", body: header(), header: map[string]string{"Content-Encoding": "gzip"}},
		{name: "a cursor ahead of the server", body: func(d *tablet) []byte {
			reply := d.sync()
			return frames(d.head(fmt.Sprintf(`"epoch":%q,"cursors":{%q:%d}`, reply.Epoch, d.o.a, 1<<60)), d.block(), end(1))
		}},
	}
}

// badRequests are refused for what they ask, or for who asks.
func badRequests() []push {
	sync := syncproto.MediaType
	return []push{
		{"a batch too large", batch(0, upTo(syncproto.MaxBatchChanges+1)...), nil, 413, syncproto.CodeBatchTooLarge, ""},
		{"a huge number of rows", func(d *tablet) []byte {
			return frames(d.head(), `{"changes":{"collection":"households","rows":9223372036854775807}}`, end(0))
		}, nil, 413, syncproto.CodeBatchTooLarge, ""},
		{"an unknown protocol", header(`"protocol":"2099-01-01"`), nil, 400, syncproto.CodeProtocol, ""},
		{"no protocol", header(`"protocol":""`), nil, 400, syncproto.CodeProtocol, ""},
		{"an endless protocol", header(`"protocol":"` + strings.Repeat("x", 1<<20) + `"`), nil, 400, syncproto.CodeProtocol, ""},
		{"another device's id", func(d *tablet) []byte {
			return frames(d.head(fmt.Sprintf(`"device":%q`, newID(d.o.t))), d.block(), end(1))
		}, nil, 403, syncproto.CodeForbidden, ""},
		{"no token", fields(), map[string]string{"Authorization": ""}, 401, syncproto.CodeUnauthorized, ""},
		{"a token that is none", fields(), map[string]string{"Authorization": "Bearer x.y.z"}, 401, syncproto.CodeUnauthorized, ""},
		{"no media type", fields(), map[string]string{"Content-Type": ""}, 415, syncproto.CodeMediaType, ""},
		{"a wrong media type", fields(), map[string]string{"Content-Type": "application/json"}, 415, syncproto.CodeMediaType, ""},
		{"a wrong encoding", fields(), map[string]string{"Content-Type": sync, "Content-Encoding": "br"}, 415, syncproto.CodeMediaType, ""},
		{"two encodings", fields(), map[string]string{"Content-Type": sync, "Content-Encoding": "gzip, gzip"}, 415, syncproto.CodeMediaType, ""},
		{"a body that is too large", func(*tablet) []byte { return make([]byte, syncproto.MaxBodyBytes+1) }, nil, 413, syncproto.CodeBodyTooLarge, ""},
		{"a known change that the server has not", header(`"known":{"n":7,"hash":"` + strings.Repeat("0", 64) + `"}`), nil, 409, syncproto.CodeResendFrom, ""},
		{"the largest number that there is", batch(1<<63-2, 1<<63-1), nil, 409, syncproto.CodeResendFrom, ""},
	}
}

// badChanges are taken in and held, so that they block nothing behind them.
func badChanges() []push {
	long := `"` + strings.Repeat("x", syncproto.MaxValueBytes) + `"`
	one := func(name, column string) push {
		return push{name: name, body: fields(column), status: 200, held: syncproto.HeldInvalid}
	}
	return []push{
		{"an unknown collection", func(d *tablet) []byte {
			return frames(d.head(), strings.Replace(d.block(), `"households"`, `"weather"`, 1), end(1))
		}, nil, 200, "", syncproto.HeldUnknown},
		{"another area", func(d *tablet) []byte {
			return frames(d.head(), d.blockOf(d.o.b, `"n":[1],"time":[0]`), end(1))
		}, nil, 200, "", syncproto.HeldOutOfScope},
		{"an author who does not work here", func(d *tablet) []byte {
			return frames(d.head(), strings.Replace(d.block(), d.worker.String(), d.o.admin.String(), 1), end(1))
		}, nil, 200, "", syncproto.HeldUnknownAuthor},
		{"a record that nobody knows", func(d *tablet) []byte {
			return frames(d.head(), strings.Replace(d.block(), `"rows":1`, fmt.Sprintf(`"rows":1,"devices":[%q],"base":{"notes":{"device":[0],"n":[1]}}`, newID(d.o.t)), 1), end(1))
		}, nil, 200, "", syncproto.WaitsForRecord},
		one("a wrong type", `"notes":[7]`),
		one("a position without a place", `"position":[{"source":"gps"}]`),
		one("a number beyond 2^53", `"displaced_on":[1e400]`),
		one("an escaped NUL", `"notes":["a\u0000b"]`),
		one("half of a surrogate pair", `"notes":["\ud83d"]`),
		one("the other half of a surrogate pair", `"notes":["\ude00"]`),
		one("a surrogate pair the wrong way round", `"notes":["\ude00\ud83d"]`),
		one("text that is not NFC", `"notes":["e\u0301"]`),
		one("a member twice", `"position":[{"lat":1,"lat":2}]`),
		one("a value that nests too deep", `"other":[`+strings.Repeat("[", 17)+strings.Repeat("]", 17)+`]`),
		one("a value that is too long", `"notes":[`+long+`]`),
		one("too many fields", manyColumns(syncproto.MaxFields)),
	}
}

// oddPushes look bad and are good, or harm only who sends them.
func oddPushes() []push {
	return []push{
		{"a good push", fields(), nil, 200, "", "applied"},
		{"a form in the wrong order", func(d *tablet) []byte {
			return frames(d.head(), d.blockOf(d.o.a, `"n":[2],"time":[0]`), d.blockOf(d.o.a, `"n":[1],"time":[0]`), end(2))
		}, nil, 200, "", "applied"},
		{"an unknown epoch", header(`"epoch":"another"`), nil, 200, "", ""},
		{"a cursor of another epoch", func(d *tablet) []byte {
			return frames(d.head(fmt.Sprintf(`"epoch":"another","cursors":{%q:%d}`, d.o.a, 1<<60)), end(0))
		}, nil, 200, "", ""},
		{"a negative cursor", func(d *tablet) []byte {
			return frames(d.head(fmt.Sprintf(`"epoch":%q,"cursors":{%q:-1}`, d.sync().Epoch, d.o.a)), end(0))
		}, nil, 200, "", ""},
		{"a forged mark", func(d *tablet) []byte {
			reply := d.sync()
			_, mac, _ := strings.Cut(reply.Mark, ".")
			return frames(d.head(fmt.Sprintf(`"epoch":%q,"mark":"999999.%s"`, reply.Epoch, mac)), end(0))
		}, nil, 200, "", ""},
		{"a negative health", header(`"health":{"unsent":-1,"complete":-1,"free_bytes":-1}`), nil, 200, "", ""},
		{"held changes that there are not", header(`"held":[-1,0,9223372036854775807]`), nil, 200, "", ""},
		{"members and lines of a newer version", func(d *tablet) []byte {
			return frames(d.head(`"mood":"good"`), `{"weather":{"rows":3}}`, d.block(`"field_of_2031":[{"x":[1.50,null]}]`), end(1))
		}, nil, 200, "", "applied"},
	}
}

// upTo gives 1, 2, 3 … n.
func upTo(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i + 1)
	}
	return out
}

func TestBadPushesGetTheirDocumentedAnswers(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	peak := watchHeap(t)
	for _, p := range badFrames() {
		p.status, p.code = 400, syncproto.CodeFrameInvalid
		v.try(t, p)
	}
	for _, p := range slices.Concat(badRequests(), badChanges(), oddPushes()) {
		v.try(t, p)
	}
	peak.check()
}

// try makes a push from a new device and checks its answer, and that nothing else has happened.
func (v *village) try(t *testing.T, p push) {
	t.Run(p.name, func(t *testing.T) {
		d := v.hostile()
		body := p.body(d)
		header := d.bearer()
		maps.Copy(header, p.header)
		before := v.rows()
		got := v.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(body)})
		if problem := got.problem(); got.status != p.status || problem.Code != p.code {
			t.Errorf("it is answered %d %.300s, want %d %s", got.status, got.body, p.status, p.code)
		} else if p.code != "" && !safe.MatchString(problem.Detail) {
			t.Errorf("the worker is not told that the data is safe: %s", problem.Detail)
		}
		if len(got.body) > 4096 {
			t.Errorf("the answer has %d bytes", len(got.body))
		}
		if p.code == "" && got.status == http.StatusOK {
			v.taken(t, p, got, before)
		} else {
			sameRows(t, p.name, before, v.rows())
		}
		v.peace(t)
	})
}

// taken checks the receipts of a push that was let in, and that a held change has touched no record.
func (v *village) taken(t *testing.T, p push, got answer, before map[string]string) {
	t.Helper()
	reply, err := syncproto.ReadReply(strings.NewReader(got.body), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Receipts) == 0 && p.held != "" {
		t.Error("there is no receipt")
	}
	for _, r := range reply.Receipts {
		if r.Status == syncproto.Applied && p.held == "applied" {
			continue
		}
		if r.Code != p.held {
			t.Errorf("change %d is %s %s (%s), want %q", r.N, r.Status, r.Code, r.Reason, p.held)
		}
	}
	after := v.rows()
	if p.held == "applied" {
		for _, r := range reply.Records {
			if r.Fields["head_name"].Value.Text() == "Hostile" {
				v.shown[r.ID] = "Hostile"
			}
		}
		return
	}
	for _, table := range []string{"changes", "devices", "moments", "properties", "reviews"} { // that it is held is in review
		delete(before, table)
	}
	sameRows(t, p.name, before, after)
}
