package disk

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sectorSize is what a disk writes whole or not at all.
const sectorSize = 512

// A file is what a name on the disk leads to.
type file struct {
	// durable is what was synced, pending what was done to it since, in order.
	durable []byte
	pending []edit
	// size is how long the file is now.
	size int64
	// handles is how often it is open.
	handles int
}

// An edit is a write or, if data is nil, a truncation to offset bytes.
type edit struct {
	offset int64
	data   []byte
}

// An entry is a step of a directory: the name leads to the file, or to none.
type entry struct {
	path string
	file *file
}

// note writes down an edit.
func (d *Disk) note(f *file, e edit) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f.pending = append(f.pending, e)
	f.size = max(f.size, e.offset+int64(len(e.data)))
	if e.data == nil {
		f.size = e.offset
	}
}

// noteSync makes the edits of a file durable, and the entries of its directory if that was synced too.
func (d *Disk) noteSync(f *file, path string, directory bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lie != "" && strings.HasSuffix(path, d.lie) {
		return
	}
	for _, e := range f.pending {
		f.durable = e.apply(f.durable, nil)
	}
	f.pending = nil
	if directory {
		d.syncDirectory(filepath.Dir(path))
	}
}

func (d *Disk) syncDirectory(dir string) {
	d.entries = slices.DeleteFunc(d.entries, func(e entry) bool {
		synced := filepath.Dir(e.path) == dir
		if synced {
			e.apply(d.durable)
		}
		return synced
	})
}

// noteDelete writes down that a file was deleted.
func (d *Disk) noteDelete(path string, directory bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[path] != nil {
		delete(d.files, path)
		d.entries = append(d.entries, entry{path, nil})
	}
	if directory {
		d.syncDirectory(filepath.Dir(path))
	}
}

func (e entry) apply(files map[string]*file) {
	if e.file == nil {
		delete(files, e.path)
		return
	}
	files[e.path] = e.file
}

// apply does an edit. What it leaves between the former end and the new one is taken from filler.
func (e edit) apply(content []byte, filler func([]byte)) []byte {
	end := int(e.offset) + len(e.data)
	if e.data == nil && end <= len(content) {
		return content[:end]
	}
	if before := len(content); end > before {
		content = slices.Grow(content, end-before)[:end]
		clear(content[before:])
		if hole := content[before:max(before, int(e.offset))]; filler != nil && e.data != nil {
			filler(hole)
		}
	}
	copy(content[e.offset:], e.data)
	return content
}

// sectors gives an edit in the parts that a disk does whole or not at all.
func (e edit) sectors() (parts []edit) {
	for at := e.offset; len(e.data) > 0; {
		n := min(sectorSize-int(at%sectorSize), len(e.data))
		parts = append(parts, edit{at, e.data[:n]})
		at, e.data = at+int64(n), e.data[n:]
	}
	return parts
}

// Image writes into the directory to, which it makes, what a power cut at this very moment may leave:
// all that is durable, and of the rest whatever r chooses. It can be called any number of times, also
// while the databases are in use. With the same operations before it, the same r gives the same image.
func (d *Disk) Image(to string, r *rand.Rand) error {
	for path, content := range d.after(r) {
		name, err := filepath.Rel(d.dir, path)
		if err != nil {
			return fmt.Errorf("write the image of a disk: %w", err)
		}
		name = filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return fmt.Errorf("write the image of a disk: %w", err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return fmt.Errorf("write the image of a disk: %w", err)
		}
	}
	return nil
}

// after gives what is on the disk after a power cut now.
func (d *Disk) after(r *rand.Rand) map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	luck := newLuck(r)
	files := maps.Clone(d.durable)
	for _, e := range d.entries {
		if luck.survives() {
			e.apply(files)
		}
	}
	out := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		out[path] = luck.contentOf(files[path])
	}
	return out
}

// luck is how the pending operations of one image fare.
type luck struct {
	r *rand.Rand
	// keep is the chance of each.
	keep float64
	// tears is set if the sectors of one write fare differently; garbage, if what was never written is
	// not zeros.
	tears, garbage bool
}

// newLuck often chooses the extremes: nothing of what is pending survives, or everything does.
func newLuck(r *rand.Rand) luck {
	keep := []float64{0, 1, r.Float64(), r.Float64()}
	return luck{r, keep[r.IntN(len(keep))], r.IntN(2) == 0, r.IntN(2) == 0}
}

func (l luck) survives() bool { return l.r.Float64() < l.keep }

const rubbish = "\x00\xff\x01\x0d\x7f\x80 SQLite"

func (l luck) fill(hole []byte) {
	for i := range hole {
		if l.garbage {
			hole[i] = rubbish[l.r.IntN(len(rubbish))]
		}
	}
}

func (l luck) contentOf(f *file) []byte {
	content := bytes.Clone(f.durable)
	for _, e := range f.pending {
		parts := []edit{e}
		if l.tears && e.data != nil {
			parts = e.sectors()
		}
		for _, part := range parts {
			if l.survives() {
				content = part.apply(content, l.fill)
			}
		}
	}
	return content
}
