package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The form of the two documents of a record.
//
// doc is an object of the shown values by field. state holds the registers:
//
//	{"d": [device, …],
//	 "w": [[device index, n, time, seq, print, field …], …],
//	 "x": {field: {"h": [head, …], "g": [version, …], "s": seq}}}
//
// A field with one plain head stands under the write that made it. The first write names no fields:
// all that stand nowhere else are its; a print of 0 is left out. So a record that was written once, as most are, has
// a state of 100 bytes. What is not plain (several heads, versions gone before they came, a deletion and what
// its author had seen) stands in x.
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

// encodeState makes the two documents. touched holds, for each field to which something happened
// since the record came to its area, the sequence of the last; of the others it is 0.
func encodeState(state syncproto.State, touched map[string]int64) (doc, text string, err error) {
	values := append(make([]byte, 0, 512), '{')
	var plain []*writing
	odd := map[string]registerDoc{}
	fields := slices.AppendSeq(make([]string, 0, len(state)), maps.Keys(state))
	slices.Sort(fields)
	for _, field := range fields {
		register := state[field]
		if shown, ok := register.Shown(); ok {
			values = append(syncproto.AppendText(comma(values, len(values)-1), field), ':')
			values = syncproto.AppendValue(values, shown.Value)
		}
		if w, ok := plainWrite(register, touched[field]); ok {
			plain = addField(plain, w, field, len(fields))
		} else {
			odd[field] = complexRegister(register, touched[field])
		}
	}
	out := appendPlain(make([]byte, 0, 128), plain)
	if len(odd) > 0 {
		text, err := marshal(odd)
		if err != nil {
			return "", "", fmt.Errorf("encode a record's registers: %w", err)
		}
		out = append(append(out, `,"x":`...), text...)
	}
	return string(append(values, '}')), string(append(out, '}')), nil
}

// A writing is a write and the fields, in order, that it left plain.
type writing struct {
	write
	fields []string
}

// addField adds a field, of so many, to the write that made it what it is.
func addField(plain []*writing, w write, field string, fields int) []*writing {
	for _, p := range plain {
		if p.write == w {
			p.fields = append(p.fields, field)
			return plain
		}
	}
	return append(plain, &writing{w, append(make([]string, 0, fields), field)})
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

// appendPlain begins the document of the registers with those that are plain: the write with the most fields comes
// first, without their names.
func appendPlain(out []byte, plain []*writing) []byte {
	slices.SortFunc(plain, func(a, b *writing) int {
		return cmp.Or(len(b.fields)-len(a.fields), a.version.Compare(b.version), cmp.Compare(a.time, b.time), cmp.Compare(a.seq, b.seq))
	})
	var devices []uuid.UUID
	for _, w := range plain {
		if !slices.Contains(devices, w.version.Device) {
			devices = append(devices, w.version.Device)
		}
	}
	out = append(out, `{"d":[`...)
	for i, d := range devices {
		out = syncproto.AppendText(comma(out, i), d.String())
	}
	out = append(out, `],"w":[`...)
	for i, w := range plain {
		out = strconv.AppendInt(append(comma(out, i), '['), int64(slices.Index(devices, w.version.Device)), 10)
		for _, n := range []int64{w.version.N, w.time, w.seq} {
			out = strconv.AppendInt(append(out, ','), n, 10)
		}
		if w.version.Print != 0 {
			out = strconv.AppendUint(append(out, ','), uint64(w.version.Print), 10)
		}
		if i > 0 {
			for _, field := range w.fields {
				out = syncproto.AppendText(append(out, ','), field)
			}
		}
		out = append(out, ']')
	}
	return append(out, ']')
}

// comma goes before all items of a list but the first.
func comma(out []byte, i int) []byte {
	if i == 0 {
		return out
	}
	return append(out, ',')
}

// decodeState is the inverse of encodeState, of a record that came to its area at a sequence.
func decodeState(doc, text string, entered int64) (state syncproto.State, touched map[string]int64, err error) {
	values, err := syncproto.ReadValues(doc)
	if err != nil {
		return nil, nil, fmt.Errorf("decode a record's values: %w", err)
	}
	state = make(syncproto.State, len(values))
	err = readRegisters(text, values, state, func(field string, seq int64) {
		if seq <= entered {
			return
		}
		if touched == nil {
			touched = map[string]int64{}
		}
		touched[field] = seq
	})
	if err != nil {
		return nil, nil, fmt.Errorf("decode a record's registers: %w", err)
	}
	return state, touched, nil
}

// readRegisters adds the registers of a document to a state, and tells of each when it was touched.
func readRegisters(text string, values map[string]syncproto.Value, state syncproto.State, touched func(field string, seq int64)) error {
	parts, err := syncproto.ReadValues(text)
	if err != nil {
		return err
	}
	if odd, ok := parts["x"]; ok {
		var registers map[string]registerDoc
		if err := json.Unmarshal([]byte(odd), &registers); err != nil {
			return err
		}
		for field, r := range registers {
			state[field] = r.register()
			touched(field, r.Seq)
		}
	}
	devices, err := readDevices(parts["d"])
	if err != nil {
		return err
	}
	entries, err := syncproto.ReadList(string(parts["w"]))
	if err != nil {
		return err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		w, fields, err := readWrite(entries[i], devices)
		if err != nil {
			return err
		}
		if i == 0 { // all that stand nowhere else
			fields = slices.AppendSeq(make([]string, 0, len(values)), maps.Keys(values))
		}
		heads := make([]syncproto.Head, len(fields)) // of one piece
		for j, field := range fields {
			if _, done := state[field]; !done {
				heads[j] = syncproto.Head{Version: w.version, Time: w.time, Value: values[field]}
				state[field] = syncproto.Register{Heads: heads[j : j+1 : j+1]}
				touched(field, w.seq)
			}
		}
	}
	return nil
}

func readDevices(list syncproto.Value) ([]uuid.UUID, error) {
	names, err := syncproto.ReadList(string(list))
	if err != nil {
		return nil, err
	}
	out := make([]uuid.UUID, len(names))
	for i, name := range names {
		if out[i], err = syncproto.ParseID(syncproto.Value(name).Text()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readWrite reads one write, and the fields that it names.
func readWrite(entry string, devices []uuid.UUID) (w write, fields []string, err error) {
	parts, err := syncproto.ReadList(entry)
	if err != nil || len(parts) < 4 {
		return w, nil, cmp.Or(err, fmt.Errorf("a write has %d parts", len(parts)))
	}
	var numbers [4]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(parts[i], 10, 64); err != nil {
			return w, nil, err
		}
	}
	parts = parts[4:]
	var bits uint64
	if len(parts) > 0 && parts[0][0] != '"' {
		if bits, err = strconv.ParseUint(parts[0], 10, 32); err != nil {
			return w, nil, err
		}
		parts = parts[1:]
	}
	if numbers[0] < 0 || numbers[0] >= int64(len(devices)) {
		return w, nil, fmt.Errorf("there is no device %d", numbers[0])
	}
	for _, name := range parts {
		fields = append(fields, syncproto.Value(name).Text())
	}
	return write{syncproto.Version{Device: devices[numbers[0]], N: numbers[1], Print: uint32(bits)}, numbers[2], numbers[3]}, fields, nil
}

func (r registerDoc) register() syncproto.Register {
	out := syncproto.Register{Gone: r.Gone}
	for _, h := range r.Heads {
		out.Heads = append(out.Heads, syncproto.Head(h))
	}
	return out
}
