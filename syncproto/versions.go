package syncproto

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"
)

// versionsColumn holds versions: none, one or more for each row of a block.
type versionsColumn struct {
	// Counts is how many versions each row has, where a row without a value has none. If it is left
	// out, each row has one; if N is left out too, none has any.
	Counts column `json:"counts,omitempty"`
	// Device, N and Print have a value for each version: the index of its device among the block's devices, its number,
	// and its print. If Print is left out, each is 0.
	Device column `json:"device,omitempty"`
	N      column `json:"n,omitempty"`
	Print  column `json:"print,omitempty"`
	timeColumn
}

// timeColumn holds a time for each row, in one of two ways.
type timeColumn struct {
	// Time is the time itself, in milliseconds.
	Time column `json:"time,omitempty"`
	// Lag is the time minus the one in the UUIDv7 of the row's record: close to nothing where the
	// record is new.
	Lag column `json:"lag,omitempty"`
}

// timesOf gives the shorter column for times of these records.
func timesOf(times []int64, records []uuid.UUID) timeColumn {
	var at, lag []Value
	for i, t := range times {
		at = append(at, numberValue(t))
		lag = append(lag, numberValue(t-timeOf(records[i])))
	}
	out := timeColumn{Time: columnOf(at), Lag: columnOf(lag)}
	if len(out.Lag) < len(out.Time) {
		return timeColumn{Lag: out.Lag}
	}
	return timeColumn{Time: out.Time}
}

// times gives the times of these records.
func (b *blockReader) times(c timeColumn, records []uuid.UUID) []int64 {
	if c.Lag == "" {
		return read(b, "time", c.Time, len(records), asNumber)
	}
	out := read(b, "lag", c.Lag, len(records), asNumber)
	for i := range out {
		out[i] += timeOf(records[i])
	}
	return out
}

// A stamp is a version and its time.
type stamp struct {
	Version
	Time int64
}

// deviceList numbers the devices of a block in order of appearance.
type deviceList struct {
	texts []string
	index map[uuid.UUID]int64
	err   error
}

func (d *deviceList) indexOf(v Version) int64 {
	if v.N < 1 {
		d.err = fmt.Errorf("%s is not a version: they count from 1", v)
	}
	at, ok := d.index[v.Device]
	if !ok {
		at = int64(len(d.texts))
		if d.index == nil {
			d.index = map[uuid.UUID]int64{}
		}
		d.index[v.Device] = at
		d.texts = append(d.texts, v.Device.String())
	}
	return at
}

// column gives the column of each row's versions.
func (d *deviceList) column(rows [][]Version) versionsColumn {
	var device, n, prints []Value
	printed := false
	counts := make([]Value, len(rows))
	for i, list := range rows {
		if len(list) > 0 {
			counts[i] = numberValue(int64(len(list)))
		}
		for _, v := range list {
			device = append(device, numberValue(d.indexOf(v)))
			n = append(n, numberValue(v.N))
			prints = append(prints, numberValue(int64(v.Print)))
			printed = printed || v.Print != 0
		}
	}
	out := versionsColumn{Device: columnOf(device), N: columnOf(n)}
	if printed {
		out.Print = columnOf(prints)
	}
	if slices.ContainsFunc(counts, func(v Value) bool { return v != "1" }) {
		out.Counts = columnOf(counts)
	}
	return out
}

// columns gives a column for each field that has any version.
func (d *deviceList) columns(by map[string][][]Version) named[versionsColumn] {
	out := named[versionsColumn]{}
	for _, field := range sortedKeys(by) {
		if c := d.column(by[field]); c.N != "" {
			out[field] = c
		}
	}
	return out
}

// stamps gives the column of each row's stamp, nil for a row that has none.
func (d *deviceList) stamps(rows []*stamp, records []uuid.UUID) versionsColumn {
	versions := make([][]Version, len(rows))
	var times []int64
	var stamped []uuid.UUID
	for i, s := range rows {
		if s != nil {
			versions[i] = []Version{s.Version}
			times, stamped = append(times, s.Time), append(stamped, records[i])
		}
	}
	out := d.column(versions)
	out.timeColumn = timesOf(times, stamped)
	return out
}

// counts reads how many versions each row has, and all rows together.
func (b *blockReader) counts(c versionsColumn) (counts []int64, total int) {
	if c.Counts == "" && c.N != "" {
		c.Counts = `{"all":1}`
	}
	counts = read(b, "counts", c.Counts, b.rows, func(v Value) (int64, error) {
		if v == "" {
			return 0, nil
		}
		n, err := asNumber(v)
		if err != nil || n < 0 || n > MaxInflatedBytes {
			return 0, errors.New("it has something else than counts")
		}
		if err := b.spend(cellCost * int(n)); err != nil {
			return 0, err
		}
		total += int(n)
		return n, nil
	})
	return counts, total
}

// flat reads the versions of all rows, one behind the other.
func (b *blockReader) flat(c versionsColumn, total int) []Version {
	device := read(b, "device", c.Device, total, asNumber)
	n := read(b, "n", c.N, total, asNumber)
	prints := make([]int64, total)
	if c.Print != "" {
		prints = read(b, "print", c.Print, total, asNumber)
	}
	if b.err != nil {
		return nil
	}
	out := make([]Version, total)
	for i := range out {
		if device[i] < 0 || device[i] >= int64(len(b.devices)) || n[i] < 1 {
			b.fail("device", errors.New("a version is of none of the block's devices, or has no number from 1"))
			return nil
		}
		if prints[i] < 0 || prints[i] > math.MaxUint32 {
			b.fail("print", errors.New("a print has 32 bits"))
			return nil
		}
		out[i] = Version{b.devices[device[i]], n[i], uint32(prints[i])}
	}
	return out
}

// versions gives the versions by field of each row, nil for a row that has none.
func (b *blockReader) versions(by named[versionsColumn]) []map[string][]Version {
	out := make([]map[string][]Version, b.rows)
	for _, field := range sortedKeys(by) {
		counts, total := b.counts(by[field])
		list := b.flat(by[field], total)
		if b.err != nil {
			return out
		}
		for i, count := range counts {
			if count == 0 {
				continue
			}
			if out[i] == nil {
				out[i] = map[string][]Version{}
			}
			out[i][field], list = slices.Clip(list[:count]), list[count:]
		}
	}
	return out
}

// stamps gives each row's stamp, nil for a row that has none.
func (b *blockReader) stamps(c versionsColumn, records []uuid.UUID) []*stamp {
	out := make([]*stamp, b.rows)
	counts, total := b.counts(c)
	list := b.flat(c, total)
	var stamped []uuid.UUID
	for i, count := range counts {
		if count > 1 {
			b.fail("counts", errors.New("a value has several versions"))
		}
		if count > 0 {
			stamped = append(stamped, records[i])
		}
	}
	times := b.times(c.timeColumn, stamped)
	if b.err != nil {
		return out
	}
	for i, count := range counts {
		if count > 0 {
			out[i] = &stamp{list[0], times[0]}
			list, times = list[1:], times[1:]
		}
	}
	return out
}
