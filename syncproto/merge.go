package syncproto

import (
	"cmp"
	"maps"
	"slices"
)

// FieldDeleted is the field, of every collection, that says whether a record is deleted.
const FieldDeleted = "deleted"

// An Edit is what the merge needs to know of a change: its name, its time, what it wrote, and what
// its author was looking at. An edit with nothing but a Version and Fields is valid: it was written
// by somebody who had seen nothing.
type Edit struct {
	Version Version
	// Time is what last-writer-wins compares, in milliseconds; see [TimeOf].
	Time   int64
	Fields map[string]Value
	// Base holds, for each field, the heads whose value the author was looking at. The edit replaces
	// those of the fields that it writes. Base[FieldDeleted] may be given without writing that field:
	// the author knew that the record was deleted.
	Base map[string][]Version
	// Seen goes with a deletion: the heads of every field that its author was looking at.
	Seen map[string][]Version
}

// A Head is a write of one field that no other write has replaced.
type Head struct {
	Version Version
	Time    int64
	Value   Value
	// Seen is the Seen of the edit, kept for heads of [FieldDeleted].
	Seen map[string][]Version
	// Saw names the deletions that the author of the write knew of.
	Saw []Version
}

// compare orders heads: the one to show first.
func (h Head) compare(other Head) int {
	if c := cmp.Compare(other.Time, h.Time); c != 0 {
		return c
	}
	return other.Version.Compare(h.Version)
}

// A Register is what is known of one field: its heads, and the versions that were replaced before
// they arrived.
type Register struct {
	// Heads is never empty once something arrived that was not gone. The first is shown.
	Heads []Head
	// Gone names versions that a base named before they arrived.
	Gone []Version
}

// Shown gives the head that is shown: the one with the largest time. ok is false if there is none.
func (r Register) Shown() (head Head, ok bool) {
	if len(r.Heads) == 0 {
		return Head{}, false
	}
	return r.Heads[0], true
}

// Known gives the versions of all heads that hold the shown value: what somebody who looks at the
// field has seen of it, the shown head first.
func (r Register) Known() []Version {
	return r.versions(func(h Head) bool { return h.Value == r.Heads[0].Value })
}

// Open gives the versions of the heads that hold another value than the shown one: the field's open
// conflict, if there is any.
func (r Register) Open() []Version {
	return r.versions(func(h Head) bool { return h.Value != r.Heads[0].Value })
}

func (r Register) versions(of func(Head) bool) []Version {
	var out []Version
	for _, h := range r.Heads {
		if of(h) {
			out = append(out, h.Version)
		}
	}
	return out
}

// State is everything that is known of a record: a register for each field.
type State map[string]Register

// Merge gives the state after an edit has arrived, and leaves the given one as it was. It has to be
// called once for each edit of the record, in any order that respects each device's numbers; it is
// the caller who recognises repetitions.
//
// arrived reports whether the edit of that name was merged into this record before. It is asked
// only for versions in the edit's base that are not heads.
func Merge(s State, e Edit, arrived func(Version) bool) State {
	out := make(State, len(s)+len(e.Fields))
	maps.Copy(out, s)
	fresh := make([]Head, 0, len(e.Fields)) // of one piece: what makes a record writes many fields
	for field, value := range e.Fields {
		head := Head{Version: e.Version, Time: e.Time, Value: value, Saw: e.Base[FieldDeleted]}
		if field == FieldDeleted {
			head.Seen, head.Saw = e.Seen, nil
		}
		if _, there := s[field]; !there && len(e.Base[field]) == 0 {
			fresh = append(fresh, head)
			out[field] = Register{Heads: slices.Clip(fresh[len(fresh)-1:])}
			continue
		}
		out[field] = s[field].write(head, e.Base[field], arrived)
	}
	return out
}

// write replaces the heads that base names by the given one.
func (r Register) write(head Head, base []Version, arrived func(Version) bool) Register {
	out := Register{Heads: slices.Clone(r.Heads), Gone: slices.Clone(r.Gone)}
	for _, b := range base {
		if b.Device == head.Version.Device && b.N >= head.Version.N {
			continue // nobody has seen a change before making it
		}
		at := slices.IndexFunc(out.Heads, func(h Head) bool { return h.Version == b })
		switch {
		case at >= 0:
			out.Heads = slices.Delete(out.Heads, at, at+1)
		case !arrived(b) && !slices.Contains(out.Gone, b):
			out.Gone = append(out.Gone, b)
		}
	}
	if at := slices.Index(out.Gone, head.Version); at >= 0 {
		out.Gone = slices.Delete(out.Gone, at, at+1)
		return out
	}
	at, _ := slices.BinarySearchFunc(out.Heads, head, Head.compare)
	out.Heads = slices.Insert(out.Heads, at, head)
	return out
}

// A FieldVersion is one head of one field.
type FieldVersion struct {
	Field   string
	Version Version
}

// Deletion tells whether the record is shown as deleted, and which heads are in conflict with its
// deletion: written by somebody who had not seen it, and not seen by who deleted. Of the deletion
// and those heads, the later shows.
func (s State) Deletion() (deleted bool, unseen []FieldVersion) {
	deletion, ok := s[FieldDeleted].Shown()
	if !ok || deletion.Value != True {
		return false, nil
	}
	deleted = true
	for _, field := range sortedKeys(s) {
		if field == FieldDeleted {
			continue
		}
		for _, h := range s[field].Heads {
			if slices.Contains(deletion.Seen[field], h.Version) || slices.Contains(h.Saw, deletion.Version) {
				continue
			}
			unseen = append(unseen, FieldVersion{Field: field, Version: h.Version})
			deleted = deleted && h.Time <= deletion.Time
		}
	}
	return deleted, unseen
}

// Conflicts names the fields with an open conflict, sorted. [FieldDeleted] is among them if the
// deletion is contested, be it by another value of that field or by an edit of any other.
func (s State) Conflicts() []string {
	_, unseen := s.Deletion()
	var out []string
	for field, register := range s {
		if len(register.Heads) > 1 && len(register.Open()) > 0 || field == FieldDeleted && len(unseen) > 0 {
			out = append(out, field)
		}
	}
	slices.Sort(out)
	return out
}

// TimeOf gives the time of a change: what its author's device claimed, cut to what the server's
// clock said on receipt plus [ClockSlack], and in any case later than everything that its author was
// looking at. All in milliseconds.
func TimeOf(claimed, received int64, bases ...int64) int64 {
	t := min(claimed, received+ClockSlack)
	for _, b := range bases {
		t = max(t, b+1)
	}
	return t
}

// sortedKeys gives the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	out := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(out)
	return out
}
