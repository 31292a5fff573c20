package fleet

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/oracle"
	"satchel/syncproto"
)

// A saving is a change of the ledger with who has it.
type saving struct {
	oracle.Change
	// certain says that Save returned without an error, or that the change was found after a crash.
	certain bool
	// denied says that Save returned an error that said that nothing was saved.
	denied bool
	// tried says that somebody tried to hand it in: the office may have decided about it already.
	tried bool
	// atOffice says that the office of now has acknowledged it.
	atOffice bool
}

// ledger is what people did, as they would tell it.
type ledger struct {
	mu      sync.Mutex
	savings []*saving
	names   map[uuid.UUID]string
	ids     []uuid.UUID
	// areas holds every area that a record was ever given, by the record's name.
	areas map[string]map[uuid.UUID]bool
	// parents holds what a record hangs on, by name.
	parents map[string]string
	texts   int
}

func newLedger() *ledger {
	return &ledger{names: map[uuid.UUID]string{}, areas: map[string]map[uuid.UUID]bool{}, parents: map[string]string{}}
}

// name gives a record a short name: the first letter of its collection and a number.
func (l *ledger) name(collection string, id uuid.UUID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names[id] == "" {
		l.names[id] = fmt.Sprint(collection[:1], len(l.ids))
		l.ids = append(l.ids, id)
	}
	return l.names[id]
}

// text gives a value that nobody ever wrote before, with the record's name in it: whoever finds it
// somewhere knows of which record it is.
func (l *ledger) text(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts++
	return fmt.Sprintf("%s.w%d.š", name, l.texts)
}

// canary finds such values.
var canary = regexp.MustCompile(`([a-z]\d+)\.w\d+\.`)

// note writes down a change. Writes holds what was written, saw what was on the screen.
func (l *ledger) note(by, collection string, record uuid.UUID, writes map[string]string, saw map[string][]oracle.Sight) *saving {
	name := l.name(collection, record)
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &saving{Change: oracle.Change{
		ID: len(l.savings), By: by, Record: record.String(), Collection: collection, Writes: writes, Saw: saw,
	}}
	s.Form = s.ID
	l.savings = append(l.savings, s)
	for _, field := range []string{"area", "household", "person", "activity"} {
		id, err := syncproto.ParseID(syncproto.Value(writes[field]).Text())
		switch {
		case err != nil:
		case field == "area":
			if l.areas[name] == nil {
				l.areas[name] = map[uuid.UUID]bool{}
			}
			l.areas[name][id] = true
		case l.parents[name] == "":
			l.parents[name] = l.names[id]
		}
	}
	return s
}

// writes counts the changes of a record.
func (l *ledger) writes(record string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.savings {
		if s.Record == record {
			n++
		}
	}
	return n
}

// all gives the ids of all records that there ever were.
func (l *ledger) all() []uuid.UUID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ids)
}

// areasOf gives every area that a record was ever in; none for what everybody has.
func (l *ledger) areasOf(name string) []uuid.UUID {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.parents[name] != "" {
		name = l.parents[name]
	}
	return slices.Collect(maps.Keys(l.areas[name]))
}

// homes names for each record the one that says in which area it is.
func (l *ledger) homes() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	named := map[string]uuid.UUID{}
	for id, name := range l.names {
		named[name] = id
	}
	out := map[string]string{}
	for id, name := range l.names {
		for l.parents[name] != "" {
			name = l.parents[name]
		}
		out[id.String()] = named[name].String()
	}
	return out
}

// changes gives the ledger as the oracle wants it. owed says which changes have to be at the office.
func (l *ledger) changes(owed func(*saving) bool) []oracle.Change {
	var out []oracle.Change
	l.each(func(s *saving) {
		c := s.Change
		c.Owed = s.certain && owed(s)
		out = append(out, c)
	})
	return out
}

// each does something with every change; nobody writes one down meanwhile.
func (l *ledger) each(do func(*saving)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.savings {
		do(s)
	}
}

// sightsOf gives what is on the screen of a record in some fields, and that it is deleted, if it is.
func sightsOf(r *clientlib.Record, fields ...string) map[string][]oracle.Sight {
	out := map[string][]oracle.Sight{}
	if r.Deleted {
		fields = append(fields, oracle.Deleted)
	}
	for _, name := range fields {
		if f, there := r.Fields[name]; there {
			out[name] = []oracle.Sight{{Value: string(f.Value), Time: f.Time}}
		}
	}
	return out
}

// valuesOf gives values as JSON.
func valuesOf(fields map[string]any) map[string]string {
	out := map[string]string{}
	for name, content := range fields {
		if id, is := content.(uuid.UUID); is {
			content = id.String()
		}
		v, err := syncproto.ValueOf(content)
		if err != nil {
			panic(err) // the simulation makes no such values
		}
		out[name] = string(v)
	}
	return out
}
