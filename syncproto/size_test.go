package syncproto

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/village"
)

// entered gives what a device sends of what a worker recorded.
func entered(t testing.TB, v *village.Village, entries []village.Entry) []Change {
	var out []Change
	for i, e := range entries {
		c := Change{N: int64(i + 101), Form: int64(i + 101), Collection: e.Collection, Record: e.Record, Author: v.Worker, Claimed: e.At, Fields: map[string]Value{}}
		for name, x := range e.Fields {
			value, err := ValueOf(x)
			if err != nil {
				t.Fatal(err)
			}
			c.Fields[name] = value
		}
		out = append(out, c)
	}
	return out
}

// gzipped counts the bytes that write writes, compressed.
func gzipped(t testing.TB, write func(io.Writer) error) int {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := write(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// The bytes that a record takes on the way up, compressed, with all that goes with it but the header;
// and for comparison what one JSON object on a line takes. The records are such that the latter is
// about what it was on the records of the design: 85, 66 and 63 bytes.
func TestFrameSize(t *testing.T) {
	for _, size := range []struct{ rows, most int }{{20, 85}, {200, 48}, {2000, 38}} {
		v, w := village.New(7), village.New(8)
		households, deliveries := entered(t, v, v.Households(size.rows)), entered(t, w, w.Deliveries(size.rows))
		up := func(batch []Change) float64 {
			with := gzipped(t, func(w io.Writer) error { return WriteRequest(w, Request{Changes: batch}) })
			without := gzipped(t, func(w io.Writer) error { return WriteRequest(w, Request{}) })
			return float64(with-without) / float64(size.rows)
		}
		down := func(batch []Change) float64 {
			page := told(v, batch)
			with := gzipped(t, func(w io.Writer) error { return WriteReply(w, Reply{Records: page}) })
			without := gzipped(t, func(w io.Writer) error { return WriteReply(w, Reply{}) })
			return float64(with-without) / float64(size.rows)
		}
		mean := (up(households) + up(deliveries)) / 2
		t.Logf("%4d rows: %.1f bytes a record up (household %.1f, delivery %.1f), down %.1f and %.1f; one object a line: %.1f and %.1f",
			size.rows, mean, up(households), up(deliveries), down(households), down(deliveries), aLineEach(t, households), aLineEach(t, deliveries))
		if mean > float64(size.most) {
			t.Errorf("%d rows: %.1f bytes a record, want at most %d", size.rows, mean, size.most)
		}
	}
}

// aLineEach gives the bytes of a change when each is one JSON object on a line.
func aLineEach(t *testing.T, batch []Change) float64 {
	size := gzipped(t, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, c := range batch {
			line := map[string]any{"n": c.N, "id": c.Record, "time": c.Claimed}
			for field, v := range c.Fields {
				line[field] = v
			}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(size) / float64(len(batch))
}

// told gives what a server tells of the changes, each of a new record.
func told(v *village.Village, changes []Change) []Record {
	var out []Record
	devices := []uuid.UUID{v.ID(), v.ID(), v.ID()}
	for _, c := range changes {
		s := Merge(nil, c.Edit(Version{devices[v.IntN(len(devices))], c.N, c.Chain(Hash{}).Print()}, c.Claimed), nil)
		out = append(out, RecordOf(c.Collection, c.Record, v.Area, s))
	}
	return out
}

func BenchmarkWriteRequest(b *testing.B) {
	v := village.New(7)
	r := Request{Changes: entered(b, v, v.Households(2000))}
	for b.Loop() {
		if err := WriteRequest(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadRequest(b *testing.B) {
	v := village.New(7)
	stream := requestBytes(b, Request{Changes: entered(b, v, v.Households(2000))})
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequest(bytes.NewReader(stream)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	v := village.New(7)
	batch := entered(b, v, v.Households(2000))
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range batch {
			if err := c.Check(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkChain(b *testing.B) {
	v := village.New(7)
	batch := entered(b, v, v.Households(2000))
	b.ReportAllocs()
	for b.Loop() {
		var hash Hash
		for _, c := range batch {
			hash = c.Chain(hash)
		}
	}
}
