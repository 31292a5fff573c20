package syncproto

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"satchel/internal/village"
)

func written(t interface{ Fatal(...any) }, write func(io.Writer) error) []byte {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func requestBytes(t interface{ Fatal(...any) }, r Request) []byte {
	return written(t, func(w io.Writer) error { return WriteRequest(w, r) })
}

func replyBytes(t interface{ Fatal(...any) }, r Reply) []byte {
	return written(t, func(w io.Writer) error { return WriteReply(w, r) })
}

// What a device writes, the server reads, byte for byte in every value.
func TestRequestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyRequest().Draw(t, "request")
		stream := requestBytes(t, want)
		got, err := ReadRequest(iotest.OneByteReader(bytes.NewReader(stream)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, %v\nwrote %+v\n%s", got, err, want, stream)
		}
	})
}

// What the server writes, a device reads.
func TestReplyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyReply().Draw(t, "reply")
		stream := replyBytes(t, want)
		heard := 0
		got, err := ReadReply(bytes.NewReader(stream), func(records int) { heard = records })
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, %v\nwrote %+v\n%s", got, err, want, stream)
		}
		if heard != len(want.Records) {
			t.Fatalf("progress came to %d of %d records", heard, len(want.Records))
		}
	})
}

// A batch larger than a block goes into several, and comes back whole and in order of n.
func TestLargeBatch(t *testing.T) {
	v := village.New(3)
	batch := entered(t, v, v.Households(MaxBatchChanges))
	for i := range batch {
		batch[i].Fields["notes"] = textValue(strings.Repeat("x", 1200+i))
		if i%3 == 0 {
			batch[i].Collection = "people"
		}
	}
	stream := requestBytes(t, Request{Changes: batch})
	got, err := ReadRequest(bytes.NewReader(stream))
	if err != nil || !reflect.DeepEqual(got.Changes, batch) {
		t.Fatalf("read %d changes of %d, %v", len(got.Changes), len(batch), err)
	}
	if blocks := bytes.Count(stream, []byte(`{"changes":{`)); blocks < 3 {
		t.Errorf("%d bytes went into %d blocks", len(stream), blocks)
	}
}

// So does a batch in which every change has a field of its own.
func TestManyFields(t *testing.T) {
	v := village.New(4)
	batch := entered(t, v, v.Households(MaxBatchChanges))
	for i := range batch {
		name := fmt.Sprintf("field_%d", i)
		batch[i].Fields = map[string]Value{name: True}
		batch[i].Base = map[string][]Version{name: {{N: 1}}}
	}
	got, err := ReadRequest(bytes.NewReader(requestBytes(t, Request{Changes: batch})))
	if err != nil || !reflect.DeepEqual(got.Changes, batch) {
		t.Fatalf("read %d changes of %d, %v", len(got.Changes), len(batch), err)
	}
}

// More receipts and departures than a block has rows go into several.
func TestManyReceipts(t *testing.T) {
	want := Reply{Departures: make([]Departure, MaxBlockRows+1)}
	for i := range MaxBlockRows + 1 {
		want.Receipts = append(want.Receipts, Receipt{N: int64(i), Status: Applied})
	}
	got, err := ReadReply(bytes.NewReader(replyBytes(t, want)), nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("read %d receipts and %d departures, %v", len(got.Receipts), len(got.Departures), err)
	}
}

// sample is a small request with something of everything.
func sample(t testing.TB) Request {
	v := village.New(5)
	r := Request{Protocol: CurrentProtocol, Device: v.ID(), Known: Tip{N: 100}, Cursors: map[uuid.UUID]int64{v.Area: 4}}
	r.Changes = entered(t, v, v.Households(4))
	r.Changes[3].Base = map[string][]Version{"phone": {{r.Device, 7, 0xfedcba98}, {v.ID(), 8, 0}}}
	r.Changes[3].Seen = map[string][]Version{"notes": {{r.Device, 9, 1}}}
	return r
}

func sampleReply(t testing.TB) Reply {
	v := village.New(6)
	return Reply{
		Protocol: CurrentProtocol, Now: 1, Epoch: "e", Records: told(v, entered(t, v, v.Households(4))),
		Receipts: []Receipt{{N: 1, Time: 5, Status: Held, Code: HeldInvalid, Reason: "why", Conflicts: []string{"phone"}}},
		Cursors:  map[uuid.UUID]int64{v.Area: 9}, Departures: []Departure{{Area: v.Area, ID: v.ID()}},
	}
}

// A stream that breaks off anywhere is never taken for a whole one.
func TestTruncation(t *testing.T) {
	request, reply := requestBytes(t, sample(t)), replyBytes(t, sampleReply(t))
	for n := range len(request) - 1 { // the last new line may go
		if _, err := ReadRequest(bytes.NewReader(request[:n])); !errors.Is(err, &Problem{Code: CodeFrameInvalid}) {
			t.Fatalf("%d of %d bytes of a request: %v", n, len(request), err)
		}
	}
	for n := range len(reply) - 1 {
		if _, err := ReadReply(bytes.NewReader(reply[:n]), nil); !errors.Is(err, &Problem{Code: CodeFrameInvalid}) {
			t.Fatalf("%d of %d bytes of a reply: %v", n, len(reply), err)
		}
	}
}

// A link that breaks is the caller's error, not a problem of the stream.
func TestBrokenLink(t *testing.T) {
	stream, broken := requestBytes(t, sample(t)), errors.New("the link broke")
	for _, n := range []int{0, 10, len(stream) / 2, len(stream)} {
		_, err := ReadRequest(io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("a link that breaks after %d of %d bytes: %v", n, len(stream), err)
		}
	}
}

// A compressed stream is read to its end, where its checksum is.
func TestChecksum(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(WriteRequest(z, sample(t)), z.Close()); err != nil {
		t.Fatal(err)
	}
	packed.Bytes()[packed.Len()-5] ^= 1
	in, err := gzip.NewReader(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRequest(in); !errors.Is(err, gzip.ErrChecksum) {
		t.Errorf("a stream with a wrong checksum: %v", err)
	}
}

// What a newer version adds is passed over.
func TestNewerVersion(t *testing.T) {
	want := sample(t)
	stream := string(requestBytes(t, want))
	stream = strings.Replace(stream, `{"protocol":`, `{"mood":[1,{"a":null}],"protocol":`, 1)
	stream = strings.Replace(stream, "\n"+`{"changes":{`, "\n"+`{"photos":{"rows":3}}`+"\n"+`{"why":1,"changes":{"weather":{"all":1},`, 1)
	stream = strings.Replace(stream, `{"end":{`, `{"end":{"photos":3,`, 1)
	got, err := ReadRequest(strings.NewReader(stream))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v\nwant %+v", got, err, want)
	}
}

// The header is there even when the rest cannot be read: a server that does not speak the version
// has to say so.
func TestHeaderOfUnreadable(t *testing.T) {
	got, err := ReadRequest(strings.NewReader(`{"protocol":"2031-01-01"}` + "\n" + `{"changes":"another way"}` + "\n"))
	if err == nil || got.Protocol != "2031-01-01" {
		t.Errorf("header %+v, %v", got, err)
	}
}

// The memory that a hostile stream takes is bounded by what it may come to, whatever it asks for.
func TestHostileMemory(t *testing.T) {
	row := `"n":{"all":1},"time":{"all":1},"author":{"all":"` + uuid.Nil.String() + `"},"record":{"all":"` + uuid.Nil.String() + `"}`
	block := func(members string) string {
		return "{}\n" + `{"changes":{"collection":"c","rows":2000,` + row + `,` + members + `}}` + "\n" + `{"end":{"changes":2000}}` + "\n"
	}
	repeated := func(n int, text string) string { return strings.TrimSuffix(strings.Repeat(text, n), ",") }
	numbered := func(n int, text string) string {
		var out []string
		for i := range n {
			out = append(out, strings.ReplaceAll(text, "#", "f"+string(numberValue(int64(i)))))
		}
		return strings.Join(out, ",")
	}
	wide := strings.Repeat("x", 30_000)
	codes := map[string]Code{ // what is not here is simply invalid
		"one long value for all rows": CodeBodyTooLarge, "many columns of one value": CodeBodyTooLarge, "long objects": CodeBodyTooLarge,
		"objects in objects": CodeBodyTooLarge, "many versions": CodeBodyTooLarge, "lines of nothing": CodeBodyTooLarge,
		"a million rows": CodeBatchTooLarge,
	}
	for name, stream := range map[string]string{
		"one long value for all rows":     block(`"fields":{"a":{"all":"` + wide + `"}}`),
		"many columns of one value":       block(`"fields":{` + numbered(1000, `"#":{"all":1}`) + `}`),
		"too many columns":                block(`"fields":{` + numbered(100_000, `"#":1`) + `}`),
		"long objects":                    block(`"fields":{"a":{"members":{"b":{"all":"` + wide + `"}}}}`),
		"objects in objects":              block(`"fields":{"a":{"members":{` + numbered(900, `"#":{"members":{`+numbered(20, `"#":{"all":1}`)+`}}`) + `}}}`),
		"many versions":                   block(`"devices":["` + uuid.Nil.String() + `"],"base":{"a":{"counts":{"all":10000},"device":{"all":0},"n":{"all":1}}}`),
		"more versions than a number has": block(`"base":{"a":{"counts":{"all":9000000000000000000},"device":{"all":0},"n":{"all":1}}}`),
		"a long array":                    block(`"fields":{"a":[` + repeated(1_000_000, "1,") + `]}`),
		"a million rows":                  strings.Replace(block(`"fields":{}`), `"rows":2000`, `"rows":1000000000`, 1),
		"deep columns":                    block(`"fields":{"a":` + strings.Repeat(`{"where":"1","is":`, 50_000) + `1` + strings.Repeat(`}`, 50_000) + `}`),
		"a line without end":              "{}\n{" + strings.Repeat(" ", 3*MaxLineBytes),
		"lines of nothing":                "{}\n" + strings.Repeat(`{"photos":"`+strings.Repeat("x", 1<<20)+`"}`+"\n", 20),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ReadRequest(strings.NewReader(stream))
			runtime.ReadMemStats(&after)
			if want := (&Problem{Code: cmp.Or(codes[name], CodeFrameInvalid)}); !errors.Is(err, want) {
				t.Errorf("%v, want %s", err, want.Code)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
				t.Errorf("it took %d MiB to say: %v", took, err)
			}
		})
	}
}
