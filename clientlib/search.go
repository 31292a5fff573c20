package clientlib

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// touched holds the records whose shown state a transaction changed, as they are shown now; nil for
// those of which nothing is left.
type touched map[uuid.UUID]*Record

// An index is what [Store.Search] and [Store.Similar] look through. It lives in memory only: on disk, nothing is readable
// without the PIN.
type index struct {
	mu sync.Mutex
	// revision is that of the store which the entries show, 0 before there are any.
	revision int64
	entries  map[uuid.UUID]entry
	families *families
}

// An entry is what a household or person is found by.
type entry struct {
	collection string
	// name and rest are folded words, with a space before and behind each.
	name, rest string
	// numbers are folded, without spaces.
	numbers []string
}

// Search gives the households and people that match every word of the text, the best match first: a
// whole word before the beginning of one before a part of one, a name before an address or place of
// origin. It is blind to Cyrillic and Latin script and to diacritics; see [syncproto.Fold]. A number of 3 digits
// or more also finds cards, documents and phones that it is a part of, however they are punctuated, and
// with or without the country's prefix. limit is the most that it gives.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]*Record, error) {
	var out []*Record
	err := s.read(ctx, func(t *tx) error {
		found, err := s.index.find(ctx, t, text)
		if err != nil {
			return err
		}
		for _, id := range found[:min(limit, len(found))] {
			r, err := t.record(ctx, id)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// find gives the ids of what matches, the best first.
func (x *index) find(ctx context.Context, t *tx, text string) ([]uuid.UUID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.build(ctx, t); err != nil {
		return nil, err
	}
	type hit struct {
		entry
		id    uuid.UUID
		score int
	}
	var hits []hit
	q := queryOf(text)
	for id, e := range x.entries {
		if score := q.score(e); score > 0 {
			hits = append(hits, hit{e, id, score})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.collection, b.collection),
			strings.Compare(a.name, b.name), strings.Compare(a.id.String(), b.id.String()))
	})
	out := make([]uuid.UUID, len(hits))
	for i, h := range hits {
		out[i] = h.id
	}
	return out, nil
}

// build reads all households and people, unless the index shows the store's revision already.
func (x *index) build(ctx context.Context, t *tx) error {
	var revision int64
	if err := t.QueryRowContext(ctx, "SELECT n FROM revision").Scan(&revision); err != nil {
		return err
	}
	if x.entries != nil && x.revision == revision {
		return nil
	}
	x.entries, x.families = map[uuid.UUID]entry{}, newFamilies()
	for _, collection := range []string{"households", "people"} {
		records, err := t.list(ctx, collection, uuid.Nil)
		if err != nil {
			x.entries = nil
			return err
		}
		for _, r := range records {
			x.put(r)
		}
	}
	x.revision = revision
	return nil
}

// follow brings the index up to what a transaction changed. An index that missed a transaction is built
// anew at the next search.
func (x *index) follow(revision int64, changed touched) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.entries == nil || revision != x.revision+1 {
		return
	}
	x.revision = revision
	for id, r := range changed {
		delete(x.entries, id)
		x.families.drop(id)
		if r != nil && !r.Deleted && (r.Collection == "households" || r.Collection == "people") {
			x.put(r)
		}
	}
}

// put takes in what a household or person is now.
func (x *index) put(r *Record) {
	x.entries[r.ID] = entryOf(r)
	x.families.put(r)
}

// forget drops the index.
func (x *index) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.entries = nil
}

func entryOf(r *Record) entry {
	e := entry{collection: r.Collection}
	numbers := []string{"phone", "document_number"}
	if r.Collection == "households" {
		numbers = []string{"phone", "card_number"}
		e.name = words(r.Text("head_name"))
		e.rest = words(r.Text("card_number"), r.Text("address"), r.Text("place_of_origin"))
	} else {
		e.name = words(r.Text("name"))
		e.rest = words(r.Text("document_number"))
	}
	for _, field := range numbers {
		if squeezed := squeeze(r.Text(field)); squeezed != "" {
			e.numbers = append(e.numbers, squeezed)
		}
	}
	return e
}

func words(texts ...string) string { return " " + syncproto.Fold(strings.Join(texts, " ")) + " " }

// squeeze folds a number and leaves out what punctuates it.
func squeeze(number string) string { return strings.ReplaceAll(syncproto.Fold(number), " ", "") }

// A query is what somebody typed.
type query struct {
	words []string
	// number is what was typed as one number, "" if it is none.
	number string
}

func queryOf(text string) query {
	q := query{words: strings.Fields(syncproto.Fold(text))}
	number := strings.TrimLeft(squeeze(text), "0")
	if digits := strings.Map(onlyDigits, number); len(digits) >= 3 {
		q.number = number
	}
	return q
}

func onlyDigits(r rune) rune {
	if unicode.IsDigit(r) {
		return r
	}
	return -1
}

// score says how well an entry matches, 0 if it does not.
func (q query) score(e entry) int {
	sum := 0
	for _, word := range q.words {
		best := max(scoreWord(e.name, word, 1), scoreWord(e.rest, word, 0))
		if best == 0 {
			return q.scoreNumber(e)
		}
		sum += best
	}
	return max(sum, q.scoreNumber(e))
}

// scoreWord says how well a word matches one of the folded words in text.
func scoreWord(text, word string, bonus int) int {
	switch {
	case strings.Contains(text, " "+word+" "):
		return 6 + bonus
	case strings.Contains(text, " "+word):
		return 4 + bonus
	case strings.Contains(text, word):
		return 2 + bonus
	}
	return 0
}

func (q query) scoreNumber(e entry) int {
	best := 0
	for _, number := range e.numbers {
		switch {
		case q.number == "":
		case strings.TrimLeft(number, "0") == q.number:
			best = max(best, 6)
		case strings.Contains(number, q.number):
			best = max(best, 3)
		}
	}
	return best
}
