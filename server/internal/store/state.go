package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The form of the two documents of a record.
//
// doc is an object of the shown values by field. state holds the registers:
//
//	{"d": [device, …],
//	 "w": [[device index, n, time, seq, field …], …],
//	 "x": {field: {"h": [head, …], "g": [version, …], "s": seq}}}
//
// A field with one plain head stands under the write that made it. The first write names no fields:
// all that stand nowhere else are its. So a record that was written once, as most are, has a state
// of 90 bytes. What is not plain (several heads, versions gone before they came, a deletion and what
// its author had seen) stands in x.
type stateDoc struct {
	Devices  []uuid.UUID            `json:"d"`
	Writes   [][]any                `json:"w"`
	Complex  map[string]registerDoc `json:"x,omitempty"`
	devices  map[uuid.UUID]int
	position map[write]int
}

type write struct {
	version   syncproto.Version
	time, seq int64
}

type registerDoc struct {
	Heads []headDoc           `json:"h"`
	Gone  []syncproto.Version `json:"g,omitempty"`
	Seq   int64               `json:"s"`
}

type headDoc struct {
	Version syncproto.Version              `json:"v"`
	Time    int64                          `json:"t"`
	Value   syncproto.Value                `json:"a"`
	Seen    map[string][]syncproto.Version `json:"seen,omitempty"`
	Saw     []syncproto.Version            `json:"saw,omitempty"`
}

// encodeState makes the two documents. touched holds, for each field, the sequence of the last thing
// that happened to it.
func encodeState(state syncproto.State, touched map[string]int64) (doc, text string, err error) {
	values := map[string]syncproto.Value{}
	out := stateDoc{devices: map[uuid.UUID]int{}, position: map[write]int{}, Complex: map[string]registerDoc{}}
	plain := map[write][]string{}
	for _, field := range slices.Sorted(maps.Keys(state)) {
		register := state[field]
		if shown, ok := register.Shown(); ok {
			values[field] = shown.Value
		}
		if w, ok := plainWrite(register, touched[field]); ok {
			plain[w] = append(plain[w], field)
			continue
		}
		out.Complex[field] = complexRegister(register, touched[field])
	}
	out.add(plain)
	if doc, err = marshal(values); err != nil {
		return "", "", fmt.Errorf("encode a record's values: %w", err)
	}
	if text, err = marshal(out); err != nil {
		return "", "", fmt.Errorf("encode a record's registers: %w", err)
	}
	return doc, text, nil
}

// plainWrite gives the write that says all there is to say of a register.
func plainWrite(r syncproto.Register, touched int64) (write, bool) {
	if len(r.Heads) != 1 || len(r.Gone) > 0 {
		return write{}, false
	}
	h := r.Heads[0]
	return write{h.Version, h.Time, touched}, len(h.Seen) == 0 && len(h.Saw) == 0
}

func complexRegister(r syncproto.Register, touched int64) registerDoc {
	out := registerDoc{Heads: make([]headDoc, len(r.Heads)), Gone: r.Gone, Seq: touched}
	for i, h := range r.Heads {
		out.Heads[i] = headDoc(h)
	}
	return out
}

// add writes the plain registers, those of the write with the most fields without their names.
func (s *stateDoc) add(plain map[write][]string) {
	order := slices.SortedFunc(maps.Keys(plain), func(a, b write) int {
		if c := len(plain[b]) - len(plain[a]); c != 0 {
			return c
		}
		return a.version.Compare(b.version)
	})
	for i, w := range order {
		if _, ok := s.devices[w.version.Device]; !ok {
			s.devices[w.version.Device] = len(s.Devices)
			s.Devices = append(s.Devices, w.version.Device)
		}
		entry := []any{s.devices[w.version.Device], w.version.N, w.time, w.seq}
		if i > 0 {
			for _, field := range plain[w] {
				entry = append(entry, field)
			}
		}
		s.Writes = append(s.Writes, entry)
	}
}

// decodeState is the inverse of encodeState.
func decodeState(doc, text string) (syncproto.State, map[string]int64, error) {
	var values map[string]syncproto.Value
	if err := json.Unmarshal([]byte(doc), &values); err != nil {
		return nil, nil, fmt.Errorf("decode a record's values: %w", err)
	}
	var in struct {
		Devices []uuid.UUID            `json:"d"`
		Writes  [][]json.RawMessage    `json:"w"`
		Complex map[string]registerDoc `json:"x"`
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, nil, fmt.Errorf("decode a record's registers: %w", err)
	}
	state, touched := syncproto.State{}, map[string]int64{}
	for field, r := range in.Complex {
		state[field], touched[field] = r.register(), r.Seq
	}
	for i := len(in.Writes) - 1; i >= 0; i-- {
		w, fields, err := decodeWrite(in.Writes[i], in.Devices)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			fields = slices.Collect(maps.Keys(values))
		}
		for _, field := range fields {
			if _, done := state[field]; !done {
				state[field], touched[field] = w.register(values[field]), w.seq
			}
		}
	}
	return state, touched, nil
}

func (r registerDoc) register() syncproto.Register {
	out := syncproto.Register{Gone: r.Gone}
	for _, h := range r.Heads {
		out.Heads = append(out.Heads, syncproto.Head(h))
	}
	return out
}

func (w write) register(value syncproto.Value) syncproto.Register {
	return syncproto.Register{Heads: []syncproto.Head{{Version: w.version, Time: w.time, Value: value}}}
}

func decodeWrite(entry []json.RawMessage, devices []uuid.UUID) (w write, fields []string, err error) {
	if len(entry) < 4 {
		return w, nil, fmt.Errorf("decode a record's registers: a write has %d parts", len(entry))
	}
	var numbers [4]int64
	if err := json.Unmarshal(array(entry[:4]), &numbers); err != nil {
		return w, nil, fmt.Errorf("decode a record's registers: %w", err)
	}
	if err := json.Unmarshal(array(entry[4:]), &fields); err != nil {
		return w, nil, fmt.Errorf("decode a record's registers: %w", err)
	}
	if numbers[0] < 0 || numbers[0] >= int64(len(devices)) {
		return w, nil, fmt.Errorf("decode a record's registers: there is no device %d", numbers[0])
	}
	w = write{syncproto.Version{Device: devices[numbers[0]], N: numbers[1]}, numbers[2], numbers[3]}
	return w, fields, nil
}

// array joins JSON texts to the text of an array.
func array(items []json.RawMessage) []byte {
	parts := make([][]byte, len(items))
	for i, item := range items {
		parts[i] = item
	}
	return slices.Concat([]byte("["), bytes.Join(parts, []byte(",")), []byte("]"))
}
