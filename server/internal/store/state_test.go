package store

import (
	"reflect"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"satchel/syncproto"
)

// anyState draws what edits of a few devices come to, and what touched each field last.
func anyState(t *rapid.T) (syncproto.State, map[string]int64) {
	state, touched := syncproto.State{}, map[string]int64{}
	names := rapid.SampledFrom([]string{"phone", "head_name", "deleted", "новое_поле", `"odd\name"`})
	version := rapid.Custom(func(t *rapid.T) syncproto.Version {
		return syncproto.Version{Device: uuid.UUID{rapid.Byte().Draw(t, "device") % 3}, N: rapid.Int64Range(1, 30).Draw(t, "n"), Print: rapid.Uint32Range(0, 2).Draw(t, "print")}
	})
	bases := rapid.MapOfN(names, rapid.SliceOfN(version, 1, 3), 0, 3)
	for seq := range rapid.Int64Range(1, 5).Draw(t, "edits") {
		e := syncproto.Edit{
			Version: version.Draw(t, "version"), Time: rapid.Int64().Draw(t, "time"),
			Fields: rapid.MapOfN(names, rapid.SampledFrom([]syncproto.Value{"1", `"Đorđe"`, `{"a":[1,"x"]}`, "null", "true"}), 1, 4).Draw(t, "fields"),
			Base:   bases.Draw(t, "base"), Seen: bases.Draw(t, "seen"),
		}
		state = syncproto.Merge(state, e, func(syncproto.Version) bool { return rapid.Bool().Draw(t, "arrived") })
		for field := range e.Fields {
			touched[field] = seq + 1
		}
	}
	return state, touched
}

// What is written of a record is read again, and says nothing else than it did.
func TestStateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, touched := anyState(t)
		doc, text, err := encodeState(state, touched)
		if err != nil {
			t.Fatal(err)
		}
		got, when, err := decodeState(doc, text, 0)
		if err != nil || !reflect.DeepEqual(when, touched) {
			t.Fatalf("%s and %s say that fields were touched at %v, %v; they were at %v", doc, text, when, err, touched)
		}
		for field := range state {
			if !same(got[field], state[field]) {
				t.Fatalf("%s and %s give %+v of %s, it was %+v", doc, text, got[field], field, state[field])
			}
		}
		again, textAgain, err := encodeState(got, when)
		if err != nil || again != doc || textAgain != text {
			t.Fatalf("%s and %s became %s and %s, %v", doc, text, again, textAgain, err)
		}
	})
}

// same reports whether two registers say the same; a list may be empty or missing.
func same(a, b syncproto.Register) bool {
	if len(a.Heads) != len(b.Heads) || len(a.Gone) != len(b.Gone) || len(a.Gone) > 0 && !reflect.DeepEqual(a.Gone, b.Gone) {
		return false
	}
	for i, h := range a.Heads {
		g := b.Heads[i]
		if len(h.Seen)+len(g.Seen) == 0 {
			h.Seen, g.Seen = nil, nil
		}
		if len(h.Saw)+len(g.Saw) == 0 {
			h.Saw, g.Saw = nil, nil
		}
		if !reflect.DeepEqual(h, g) {
			return false
		}
	}
	return true
}

// What is damaged is told, and never panics.
func TestDamagedState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, text, err := encodeState(anyState(t))
		if err != nil {
			t.Fatal(err)
		}
		at, with := rapid.IntRange(0, len(text)-1).Draw(t, "at"), rapid.Byte().Draw(t, "with")
		_, _, _ = decodeState(doc, text[:at]+string([]byte{with})+text[at+1:], 0)
		if _, _, err := decodeState(doc, text[:at], 0); err == nil {
			t.Fatalf("%s was taken for a whole document", text[:at])
		}
	})
}
