package syncproto

import (
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// anyID draws a UUID: one of a few, which repeat, or one of its own.
func anyID() *rapid.Generator[uuid.UUID] {
	few := rapid.Custom(func(t *rapid.T) uuid.UUID { return uuid.UUID{15: rapid.Byte().Draw(t, "id") % 4} })
	own := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		binary.BigEndian.PutUint64(id[:8], rapid.Uint64().Draw(t, "high"))
		binary.BigEndian.PutUint64(id[8:], rapid.Uint64().Draw(t, "low"))
		return id
	})
	timed := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		at := 1_585_728_000_000 + rapid.Uint64Range(0, 1e6).Draw(t, "time")
		binary.BigEndian.PutUint64(id[:8], at<<16|0x7abc)
		return id
	})
	return rapid.OneOf(few, own, timed)
}

func anyTime() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(1_585_728_000_000, 1_585_729_000_000), rapid.Int64())
}

func anyVersion() *rapid.Generator[Version] {
	return rapid.Custom(func(t *rapid.T) Version {
		return Version{
			Device: anyID().Draw(t, "device"), N: rapid.Int64Range(1, 1<<60).Draw(t, "n")>>rapid.IntRange(0, 59).Draw(t, "small") | 1,
			Print: rapid.OneOf(rapid.Just[uint32](0), rapid.Uint32()).Draw(t, "print"),
		}
	})
}

func anyVersions() *rapid.Generator[[]Version] { return rapid.SliceOfN(anyVersion(), 1, 3) }

func anyName() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"phone", "head_name", "position", "deleted", "answers", "новое_поле", `"odd\name"`, "a b"})
}

// anyValue draws values as they come from people, and as they come from programs gone wrong: any
// compact JSON has to travel.
func anyValue() *rapid.Generator[Value] {
	odd := rapid.SampledFrom([]Value{
		Null, True, False, `""`, `0`, `-0`, `1.0`, `1e400`, `9007199254740993`, `-9223372036854775808`, `123456789012345678901234567890`,
		`"2020-04-30"`, `"2020-02-30"`, `"0000-01-01"`, `"9999-12-31"`, `{}`, `[]`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `"\u0041"`, `"\ud800"`,
		`"<&>"`, "\"\u2028\"", `"01890a5d-ac96-774b-bcce-b302099a8057"`, `"01890A5D-AC96-774B-BCCE-B302099A8057"`, `[[[1]]]`, `"\u0000"`,
		`{"a":{"b":{"c":[{"d":null}]}}}`, `"Đorđević 🏠"`, `{"":0}`,
	})
	text := rapid.Custom(func(t *rapid.T) Value { return textValue(rapid.String().Draw(t, "text")) })
	number := rapid.Custom(func(t *rapid.T) Value { return numberValue(rapid.Int64().Draw(t, "number")) })
	date := rapid.Custom(func(t *rapid.T) Value { return dateValue(rapid.Int64Range(10_000, 20_000).Draw(t, "day")) })
	id := rapid.Custom(func(t *rapid.T) Value { return idValue(anyID().Draw(t, "reference")) })
	place := rapid.Custom(func(t *rapid.T) Value {
		out := `{"lat":` + strconv.FormatFloat(rapid.Float64Range(-90, 90).Draw(t, "lat"), 'f', 5, 64)
		if rapid.Bool().Draw(t, "source") {
			out += `,"source":"gps"`
		}
		return Value(out + "}")
	})
	return rapid.OneOf(odd, text, number, date, id, place, rapid.SampledFrom([]Value{`"idp"`, `"host"`}))
}

// anyFields draws values that are alike within a field in most runs, so that every shape of a column
// comes up.
func anyFields(t *rapid.T, kinds map[string]*rapid.Generator[Value]) map[string]Value {
	var out map[string]Value
	for _, name := range rapid.SliceOfNDistinct(anyName(), 0, 5, rapid.ID).Draw(t, "fields") {
		if out == nil {
			out = map[string]Value{}
		}
		if kinds[name] == nil {
			kinds[name] = rapid.OneOf(anyValue(), rapid.Just(anyValue().Draw(t, "same")))
		}
		out[name] = kinds[name].Draw(t, name)
	}
	return out
}

func anyRequest() *rapid.Generator[Request] {
	return rapid.Custom(func(t *rapid.T) Request {
		out := Request{
			Protocol: CurrentProtocol, Device: anyID().Draw(t, "device"), Epoch: rapid.String().Draw(t, "epoch"),
			Known:  Tip{N: rapid.Int64Range(0, 1<<50).Draw(t, "known"), Hash: Hash{1, 2, 3}},
			Clock:  anyTime().Draw(t, "clock"),
			Health: Health{Unsent: 3, Program: "satchel-device 1.0", FreeBytes: 1 << 40},
		}
		if areas := rapid.SliceOfN(anyID(), 0, 3).Draw(t, "areas"); len(areas) > 0 {
			out.Cursors = map[uuid.UUID]int64{}
			for i, area := range areas {
				out.Cursors[area] = int64(i)
			}
		}
		kinds := map[string]*rapid.Generator[Value]{}
		for i := range rapid.IntRange(0, 12).Draw(t, "changes") {
			n := out.Known.N + int64(i) + 1
			out.Changes = append(out.Changes, Change{
				N: n, Form: n - min(n-1, rapid.Int64Range(0, 3).Draw(t, "after")),
				Collection: rapid.SampledFrom([]string{"households", "visits", "not_known_yet"}).Draw(t, "collection"),
				Record:     anyID().Draw(t, "record"), Author: anyID().Draw(t, "author"), Claimed: anyTime().Draw(t, "claimed"),
				Fields: anyFields(t, kinds), Base: anyBase(t), Seen: anyBase(t),
			})
		}
		return out
	})
}

func anyBase(t *rapid.T) map[string][]Version {
	if rapid.Bool().Draw(t, "no base") {
		return nil
	}
	return rapid.MapOfN(anyName(), anyVersions(), 1, 3).Draw(t, "base")
}

func anyReply() *rapid.Generator[Reply] {
	return rapid.Custom(func(t *rapid.T) Reply {
		out := Reply{
			Protocol: CurrentProtocol, Now: anyTime().Draw(t, "now"), Epoch: "e", Mark: "m", Tip: Tip{N: 3},
			Areas: []uuid.UUID{Everyone}, Workers: map[uuid.UUID]string{{1}: "Петар"}, More: rapid.Bool().Draw(t, "more"),
			Cursors: map[uuid.UUID]int64{{1}: 7}, Digests: map[uuid.UUID]Digest{{1}: {2}},
		}
		for range rapid.IntRange(0, 8).Draw(t, "receipts") {
			out.Receipts = append(out.Receipts, Receipt{
				N: rapid.Int64().Draw(t, "n"), Time: anyTime().Draw(t, "time"), Status: rapid.SampledFrom([]Status{Applied, Held, "new"}).Draw(t, "status"),
				Code: rapid.SampledFrom([]string{"", HeldInvalid}).Draw(t, "code"), Reason: rapid.String().Draw(t, "reason"),
				Conflicts: rapid.SampledFrom([][]string{nil, {"phone"}, {"a", "b"}}).Draw(t, "conflicts"),
			})
		}
		kinds := map[string]*rapid.Generator[Value]{}
		for _, collection := range []string{"households", "not_known_yet"} {
			for range rapid.IntRange(0, 8).Draw(t, "records") {
				out.Records = append(out.Records, anyRecord(t, collection, kinds))
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "departures") {
			out.Departures = append(out.Departures, Departure{Area: anyID().Draw(t, "area"), ID: anyID().Draw(t, "id")})
		}
		return out
	})
}

func anyRecord(t *rapid.T, collection string, kinds map[string]*rapid.Generator[Value]) Record {
	out := Record{
		Collection: collection, ID: anyID().Draw(t, "id"), Area: anyID().Draw(t, "area"),
		Deleted: rapid.Bool().Draw(t, "deleted"), Whole: rapid.Bool().Draw(t, "whole"), Fields: map[string]Cell{},
	}
	main := Cell{Version: anyVersion().Draw(t, "version"), Time: anyTime().Draw(t, "time")}
	for name, v := range anyFields(t, kinds) {
		c := main
		if rapid.IntRange(0, 3).Draw(t, "own") == 0 {
			c = Cell{Version: anyVersion().Draw(t, "version"), Time: anyTime().Draw(t, "time")}
			c.Same = rapid.SampledFrom([][]Version{nil, {c.Version}}).Draw(t, "same")
			c.Open = rapid.OneOf(rapid.Just[[]Version](nil), anyVersions()).Draw(t, "open")
		}
		c.Value = v
		out.Fields[name] = c
	}
	return out
}
