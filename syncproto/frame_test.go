package syncproto

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/google/uuid"
)

func TestFrameRoundTrip(t *testing.T) {
	id := uuid.Must(uuid.NewV7())
	v := Version{Device: id, N: 3}
	req := Request{
		Protocol: CurrentProtocol, Device: id, Known: Tip{N: 2, Hash: Hash{1}}, Clock: 5,
		Cursors: map[uuid.UUID]int64{id: 9},
		Changes: []Change{{N: 3, Form: 3, Collection: "households", Record: id, Author: id, Claimed: 77, Fields: map[string]Value{"phone": `"<1>"`, "x": "1e400", "notes": Null}, Base: map[string][]Version{"phone": {v}}}},
	}
	var buf bytes.Buffer
	if err := WriteRequest(&buf, req); err != nil {
		t.Fatal(err)
	}
	back, err := ReadRequest(&buf)
	if err != nil || !reflect.DeepEqual(req, back) {
		t.Fatalf("got %+v, %v", back, err)
	}
	rep := Reply{
		Protocol: CurrentProtocol, Now: 5, Epoch: "e", Tip: Tip{N: 3}, Areas: []uuid.UUID{id},
		Receipts:   []Receipt{{N: 3, Time: 77, Status: Applied}},
		Records:    []Record{{Collection: "households", ID: id, Area: id, Whole: true, Fields: map[string]Cell{"phone": {Value: `"1"`, Version: v, Time: 4}}}},
		Departures: []Departure{{Area: id, ID: id}}, Cursors: map[uuid.UUID]int64{id: 9}, Digests: map[uuid.UUID]Digest{id: {1}},
	}
	if err := WriteReply(&buf, rep); err != nil {
		t.Fatal(err)
	}
	again, err := ReadReply(&buf, nil)
	if err != nil || !reflect.DeepEqual(rep, again) {
		t.Fatalf("got %+v, %v", again, err)
	}
}
