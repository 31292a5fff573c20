package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"satchel/internal/village"
)

// A load is what one device records: new records in batches, and then an edit of each.
type load struct {
	village *village.Village
	made    [][]village.Entry
	edited  [][]village.Entry
}

// batchRecords is how many records a device sends at once, and a bare database writes in one transaction.
const batchRecords = 1000

// loads deals records out to devices: half of them households, and as many deliveries to them.
func loads(seed uint64, records, devices int) []load {
	out := make([]load, devices)
	for i := range out {
		v := village.New(seed + uint64(i))
		out[i].village = v
		for left := records / devices; left > 0; left -= batchRecords {
			n := min(left, batchRecords)
			out[i].made = append(out[i].made, append(v.Households(n-n/2), v.Deliveries(n/2)...))
		}
		for _, batch := range out[i].made {
			out[i].edited = append(out[i].edited, v.Edits(batch))
		}
	}
	return out
}

// count gives how many records there are.
func count(ls []load) (records int) {
	for _, l := range ls {
		for _, batch := range l.made {
			records += len(batch)
		}
	}
	return records
}

// A system is something that takes records in and gives them out again.
type system interface {
	// name says what it is, and its version.
	name() string
	// promise says what an acknowledgement of it means on the disk, and what becomes of what two devices write.
	promise() string
	// begin starts it, empty, in a directory, and gives a client for each load, which has encoded already what it
	// is going to send.
	begin(ctx context.Context, dir string, ls []load) ([]client, error)
	// spent says what it has used since it began.
	spent() (usage, error)
	// end stops it, also where it did not begin entirely.
	end() error
}

// A client is one device's side of a system. A nil func is something that the system does not do.
type client struct {
	// push sends the new records, edit the edits of them. Each returns once everything is acknowledged.
	push, edit func(ctx context.Context) error
	// pull fetches everything that a new device in the same place would, and gives how many records came.
	pull func(ctx context.Context) (records int, err error)
}

// A usage is what a system took of the machine.
type usage struct {
	// Memory is the most that was resident, in bytes.
	Memory int64
	// CPU is the time of all processors.
	CPU time.Duration
}

// together has every client do something at once, and gives how long it took until the last was done.
func together(cs []client, do func(client) error) (time.Duration, error) {
	errs := make([]error, len(cs))
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range cs {
		all.Go(func() { errs[i] = do(c) })
	}
	all.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return took, err
		}
	}
	return took, nil
}

// usageOf reads what a process has used; on systems other than Linux it is nothing.
func usageOf(pid int) (u usage, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, nil // the figure is left out where the system has none
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			if err != nil {
				return u, fmt.Errorf("read the memory of process %d: %w", pid, err)
			}
			u.Memory = n << 10
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, fmt.Errorf("read the time of process %d: %w", pid, err)
	}
	// Behind the name, which may hold anything and ends with the last bracket: utime and stime are the 12th and 13th.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, ticks := range fields[11:13] {
		n, err := strconv.ParseInt(ticks, 10, 64)
		if err != nil {
			return u, fmt.Errorf("read the time of process %d: %w", pid, err)
		}
		u.CPU += time.Duration(n) * (time.Second / 100) // the kernel's tick, as it is told to programs
	}
	return u, nil
}

// diskUsage gives how many bytes the files of a directory have.
func diskUsage(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
